//! Parts of a vault on paper, as lines of a text.
#![no_main]

use authr_formats::paper::{PaperError, Parts};

authr_fuzz::fuzz_target!(|file: &[u8]| {
    let mut parts = Parts::default();
    if file.is_ascii() && parts.take_file(file).is_ok() {
        // No part gets here without its check.
        assert!(!matches!(parts.file(), Err(PaperError::NoPart)));
    }
});
