mod readings;
mod refusals;
mod round_trip;

use super::*;
use crate::{Algorithm, Counter, Digits, Kind, Period, Pin};

fn read(uri: &str) -> UriAccount {
    parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
}

fn refused(uri: &str) -> UriError {
    parse(uri).expect_err(uri)
}

fn names(uri: &str) -> (String, String) {
    let account = read(uri);
    (account.issuer.to_string(), account.label.to_string())
}

fn named(issuer: &str, label: &str) -> (String, String) {
    (issuer.to_owned(), label.to_owned())
}

fn totp(algorithm: Algorithm, digits: u8, period: u32) -> Kind {
    Kind::Totp {
        algorithm,
        digits: Digits::new(digits).unwrap(),
        period: Period::new(period).unwrap(),
    }
}

fn hotp(counter: u64) -> Kind {
    Kind::Hotp {
        algorithm: Algorithm::Sha1,
        digits: Digits::SIX,
        counter: Counter::new(counter).unwrap(),
    }
}
