//! A file of whatever format, told by content.
#![no_main]

authr_fuzz::fuzz_target!(|file: &[u8]| authr_fuzz::read(None, file));
