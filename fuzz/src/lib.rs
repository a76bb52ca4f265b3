//! What the targets share: one for each format that is read, and what must hold of whatever is read.
//!
//! Under `--cfg fuzzing` authr-formats derives no key and checks no seal: what it would decrypt it takes as it stands. So
//! the parsers behind a password get every byte, and no execution waits for a KDF.

use std::panic;
use std::sync::Once;

use authr_formats::write::{Exported, Target, write};
use authr_formats::{Imported, MAX_ENTRIES, Options, Parsed, parse, parse_with};
use authr_otp::otp::UnixSeconds;

pub use authr_formats::Format;
pub use libfuzzer_sys::fuzz_target;

/// The target of one format: any bytes, read as a file of it.
#[macro_export]
macro_rules! reads_files_of {
    ($format:ident) => {
        $crate::fuzz_target!(|file: &[u8]| $crate::read(Some($crate::Format::$format), file));
    };
}

/// The reader of QR codes panics at some pictures, which is caught where it is called: the fuzzer must not end at it.
static CAUGHT: Once = Once::new();

/// Reads a file and holds what comes out against what every reader promises.
pub fn read(format: Option<Format>, file: &[u8]) {
    CAUGHT.call_once(|| {
        let found = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !authr_formats::catches_panics() {
                found(panic);
            }
        }));
    });
    let options = Options {
        format,
        password: Some("password"),
        companion: None,
    };
    if let Ok(parsed) = parse_with(file, &options) {
        check(&parsed);
    }
}

/// Bounded, in codes that can be computed, and whole after a way through our own format.
pub fn check(parsed: &Parsed) {
    assert!(parsed.accounts.len() + parsed.rejected.len() <= MAX_ENTRIES);
    let few: Vec<Exported> = parsed.accounts.iter().take(4).map(exported).collect();
    for one in &few {
        let code = one.account.otp.code_at(UnixSeconds(1_800_000_000));
        assert!(!code.expose_secret().is_empty());
    }
    let file = write(Target::Json, &few, None).expect("an imported account is written");
    let again = parse(&file).expect("what was written is read");
    assert!(again.rejected.is_empty() && again.accounts.len() == few.len());
    for (read, written) in again.accounts.iter().map(exported).zip(&few) {
        let (one, other) = (&read.account, &written.account);
        assert_eq!(one.otp.kind, other.otp.kind);
        assert!(one.otp.same_secret(&other.otp));
        assert_eq!((&one.issuer, &one.label), (&other.issuer, &other.label));
        assert_eq!((&one.tags, &read.note), (&other.tags, &written.note));
    }
}

fn exported(imported: &Imported) -> Exported {
    Exported {
        account: authr_otp::uri::UriAccount {
            issuer: imported.account.issuer.clone(),
            label: imported.account.label.clone(),
            otp: imported.account.otp.duplicate(),
            tags: imported.account.tags.clone(),
        },
        note: imported.note.clone(),
        icon: imported.icon.clone(),
        pinned: imported.pinned,
    }
}
