use authr_crypto::secret::SigningSeed;

use super::*;
use crate::error::ErrorCode;

const NOW: u64 = 1_800_000_000;
const BODY: &[u8] = br#"{"hello": "world"}"#;

fn signer() -> Signer {
    // RFC 9421 appendix B.1.4, test-key-ed25519.
    let seed = BASE64URL_NOPAD.decode(b"n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU");
    Signer::new(&SigningSeed::from_slice(&seed.unwrap()).unwrap())
}

fn parts() -> Parts<'static> {
    Parts {
        method: Method::Post,
        authority: "example.com",
        path: "/foo",
        query: "param=Value&Pet=dog",
        body: BODY,
    }
}

fn claim() -> Claim {
    Claim {
        key_id: KeyId::Device(DeviceId([1; 16])),
        created: NOW,
        nonce: Nonce([2; 16]),
        idempotency_key: Some(IdempotencyKey([3; 16])),
    }
}

fn signed() -> Vec<(&'static str, String)> {
    sign(&parts(), &claim(), &signer())
}

fn verify(
    parts: &Parts<'_>,
    headers: &[(&'static str, String)],
    now: u64,
) -> Result<Claim, Refusal> {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let unverified = Announced::read(parts.method, headers)?.with_body(parts, now)?;
    let known = unverified.key_id() == claim().key_id;
    let key = signer().verifying_key();
    Ok(*unverified.verify(known.then_some(&key))?.claim())
}

/// The signed headers with one text in one of them replaced.
fn with(name: &str, from: &str, to: &str) -> Vec<(&'static str, String)> {
    let mut headers = signed();
    let header = headers.iter_mut().find(|header| header.0 == name).unwrap();
    assert!(header.1.contains(from), "{} has no {from}", header.1);
    header.1 = header.1.replacen(from, to, 1);
    headers
}

fn refused_profile(headers: &[(&'static str, String)]) {
    let refusal = verify(&parts(), headers, NOW).unwrap_err();
    assert_eq!(refusal.code(), ErrorCode::BadProfile, "{headers:?}");
}

#[test]
fn what_was_signed_verifies_within_the_skew() {
    assert_eq!(verify(&parts(), &signed(), NOW), Ok(claim()));
    assert_eq!(verify(&parts(), &signed(), NOW - 60), Ok(claim()));
    assert_eq!(verify(&parts(), &signed(), NOW + 60), Ok(claim()));
}

#[test]
fn a_signature_61_seconds_away_is_refused_with_the_time_of_the_server() {
    for now in [NOW - 61, NOW + 61, 0, u64::MAX] {
        let refusal = Refusal::Skew {
            created: NOW,
            server_time: now,
        };
        assert_eq!(verify(&parts(), &signed(), now), Err(refusal));
        assert_eq!(refusal.code(), ErrorCode::ClockSkew);
    }
}

#[test]
fn every_component_of_the_request_is_signed() {
    let headers = signed();
    let signed = parts();
    let changed = [
        Parts {
            method: Method::Delete,
            ..signed
        },
        Parts {
            authority: "example.com:8443",
            ..signed
        },
        Parts {
            path: "/Foo",
            ..signed
        },
        Parts {
            query: "param=value&Pet=dog",
            ..signed
        },
        Parts {
            query: "",
            ..signed
        },
    ];
    for parts in changed {
        assert_eq!(
            verify(&parts, &headers, NOW),
            Err(Refusal::Signature),
            "{parts:?}"
        );
    }
    let parts = Parts {
        body: b"",
        ..signed
    };
    assert_eq!(verify(&parts, &headers, NOW), Err(Refusal::Digest));
}

#[test]
fn a_body_changed_together_with_its_digest_is_refused() {
    let mut headers = signed();
    headers[0].1 = digest(b"other");
    let parts = Parts {
        body: b"other",
        ..parts()
    };
    assert_eq!(verify(&parts, &headers, NOW), Err(Refusal::Signature));
}

#[test]
fn another_time_nonce_or_idempotency_key_is_refused() {
    let other_time = with(SIGNATURE_INPUT, "created=1800000000", "created=1800000001");
    let other_nonce = with(SIGNATURE_INPUT, "nonce=\"Ag", "nonce=\"Aw");
    let other_change = with(IDEMPOTENCY_KEY, "AwMD", "AwME");
    for headers in [other_time, other_nonce, other_change] {
        assert_eq!(verify(&parts(), &headers, NOW), Err(Refusal::Signature));
    }
}

#[test]
fn an_unknown_key_id_and_the_key_of_another_are_told_apart() {
    let unknown = with(SIGNATURE_INPUT, "keyid=\"AQ", "keyid=\"AA");
    assert_eq!(verify(&parts(), &unknown, NOW), Err(Refusal::UnknownKey));

    let headers = signed();
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let announced = Announced::read(parts().method, headers).unwrap();
    let unverified = announced.with_body(&parts(), NOW).unwrap();
    let other = Signer::new(&SigningSeed::new(&[9; 32])).verifying_key();
    assert_eq!(
        unverified.verify(Some(&other)).unwrap_err(),
        Refusal::Signature
    );
}

#[test]
fn a_missing_header_and_one_that_stands_twice_are_refused() {
    for at in 0..4 {
        let mut missing = signed();
        missing.remove(at);
        refused_profile(&missing);
        let mut twice = signed();
        twice.push(twice[at].clone());
        refused_profile(&twice);
    }
}

#[test]
fn any_other_spelling_of_the_profile_is_refused() {
    let input = [
        ("\"ed25519\"", "\"hmac-sha256\""),
        ("\"authr-1\"", "\"authr-2\""),
        (";tag=\"authr-1\"", ""),
        (";alg=\"ed25519\"", ""),
        ("\"@path\" ", ""),
        ("(\"@method\"", "(\"@scheme\" \"@method\""),
        ("\"idempotency-key\")", "\"idempotency-key\" \"date\")"),
        (" \"idempotency-key\")", ")"),
        ("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
        (";created=1800000000", ";created=01800000000"),
        (";created=1800000000", ";created=+1800000000"),
        (
            ";created=1800000000",
            ";created=1800000000;expires=1900000000",
        ),
        (";created=", "; created="),
        ("authr=(", "sig1=("),
        ("authr-1\"", "authr-1\", second=(\"@method\");created=1"),
        ("authr-1\"", "authr-1\";keyid=\"x\""),
        ("nonce=\"Ag", "nonce=\"Ag="),
        ("keyid=\"AQ", "keyid=\""),
    ];
    for (from, to) in input {
        refused_profile(&with(SIGNATURE_INPUT, from, to));
    }
    for (from, to) in [
        ("authr=:", "sig1=:"),
        ("authr=:", "authr=:AA"),
        ("authr=:", "second=:AAAA:, authr=:"),
        ("==:", ":"),
        ("==:", "==:, second=:AAAA:"),
    ] {
        refused_profile(&with(SIGNATURE, from, to));
    }
    for (from, to) in [
        ("\"A", "A"),
        ("\"A", " \"A"),
        ("w\"", "w==\""),
        ("w\"", "x\""),
    ] {
        refused_profile(&with(IDEMPOTENCY_KEY, from, to));
    }
    let sha512 = with(CONTENT_DIGEST, "sha-256", "sha-512");
    assert_eq!(verify(&parts(), &sha512, NOW), Err(Refusal::Digest));
}

#[test]
fn every_flipped_bit_of_every_header_is_refused() {
    for at in 0..4 {
        let headers = signed();
        for byte in 0..headers[at].1.len() {
            for bit in 0..7 {
                let mut changed = headers.clone();
                let mut value = changed[at].1.clone().into_bytes();
                value[byte] ^= 1 << bit;
                changed[at].1 = String::from_utf8(value).unwrap();
                assert!(
                    verify(&parts(), &changed, NOW).is_err(),
                    "{:?}",
                    changed[at]
                );
            }
        }
    }
}

#[test]
fn a_reading_request_has_no_idempotency_key_and_a_changing_one_has() {
    let reading = Parts {
        method: Method::Get,
        body: b"",
        ..parts()
    };
    let without = Claim {
        idempotency_key: None,
        ..claim()
    };
    let mut headers = sign(&reading, &without, &signer());
    assert_eq!(verify(&reading, &headers, NOW), Ok(without));
    refused_profile(&headers);
    headers.push((IDEMPOTENCY_KEY, quoted(&IdempotencyKey([3; 16]))));
    let refusal = verify(&reading, &headers, NOW).unwrap_err();
    assert_eq!(refusal.code(), ErrorCode::BadProfile);
}

// RFC 9421 appendix B.2.6: the lines that its example and this profile share are spelled the same, and its signature
// verifies over a base of such lines.
#[test]
fn the_base_agrees_with_rfc_9421() {
    let example = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let signature = BASE64
        .decode(b"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
        .unwrap();
    let key = signer().verifying_key();
    assert_eq!(key.verify(example.as_bytes(), &signature), Ok(()));

    let ours = base(&parts(), &claim());
    for line in &example.lines().collect::<Vec<_>>()[1..4] {
        assert!(ours.lines().any(|our| our == *line), "{line}");
    }
}

#[test]
fn the_base_is_this_text() {
    assert_eq!(
        base(&parts(), &claim()),
        "\"@method\": POST\n\
         \"@authority\": example.com\n\
         \"@path\": /foo\n\
         \"@query\": ?param=Value&Pet=dog\n\
         \"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n\
         \"idempotency-key\": \"AwMDAwMDAwMDAwMDAwMDAw\"\n\
         \"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \"idempotency-key\");created=1800000000;nonce=\"AgICAgICAgICAgICAgICAg\";keyid=\"AQEBAQEBAQEBAQEBAQEBAQ\";alg=\"ed25519\";tag=\"authr-1\""
    );
}

#[test]
fn a_key_id_names_a_request_by_its_key_and_a_device_by_its_id() {
    for id in [
        KeyId::Request(VerifyingKey([7; 32])),
        KeyId::Device(DeviceId([7; 16])),
    ] {
        assert_eq!(KeyId::parse(&id.to_string()), Some(id));
    }
    assert_eq!(KeyId::parse("AAAA"), None);
}

#[test]
fn the_authority_is_lower_case_and_without_the_port_of_its_scheme() {
    for (url, expected) in [
        ("https://Auth.Example:443/x", Some("auth.example")),
        ("https://auth.example:80", Some("auth.example:80")),
        ("http://127.0.0.1:8300/", Some("127.0.0.1:8300")),
        ("http://[::1]:80?x", Some("[::1]")),
        ("http://user@host/", None),
        ("ftp://host/", None),
        ("https:///x", None),
        ("https://:443/x", None),
        ("host", None),
    ] {
        assert_eq!(authority(url).as_deref(), expected, "{url}");
    }
}
