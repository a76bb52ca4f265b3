#![no_main]
authr_fuzz::reads_files_of!(AuthrTable);
