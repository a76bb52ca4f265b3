//! Times as people and JSON read them: RFC 3339, in UTC.

use authr_otp::UnixSeconds;
use chrono::{DateTime, SecondsFormat};

/// A time of RFC 3339, or `@` and the seconds since 1970, as `--at` takes it.
pub(super) fn parse(text: &str) -> Result<UnixSeconds, String> {
    let seconds = match text.strip_prefix('@') {
        Some(seconds) => seconds.parse().ok(),
        None => DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(|time| u64::try_from(time.timestamp()).ok()),
    };
    seconds.map(UnixSeconds).ok_or_else(|| {
        "a time is written 2026-11-24T09:30:00Z, or @1795512600 in seconds since 1970".to_owned()
    })
}

/// The time as RFC 3339; `@` and the seconds where a calendar has no such year.
pub(super) fn rfc3339(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map_or_else(
            || format!("@{seconds}"),
            |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
        )
}

/// The time as a page for people has it; as RFC 3339 where a calendar has no such year.
pub(super) fn in_words(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map_or_else(
            || rfc3339(seconds),
            |time| time.format("on %-d %B %Y at %H:%M UTC").to_string(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_time_mean_the_same_second() {
        assert_eq!(
            parse("2026-11-24T09:30:00Z"),
            Ok(UnixSeconds(1_795_512_600))
        );
        assert_eq!(parse("2026-11-24T10:30:00+01:00"), parse("@1795512600"));
        assert_eq!(rfc3339(1_795_512_600), "2026-11-24T09:30:00Z");
    }

    #[test]
    fn what_is_no_time_is_an_error_and_never_now() {
        for text in [
            "",
            "@",
            "@-1",
            "now",
            "2026-11-24",
            "1969-12-31T23:59:59Z",
            "@99999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(rfc3339(u64::MAX), "@18446744073709551615");
    }
}
