//! Files that were made to hurt: each is refused, in little time and memory, or loses the bad entry alone.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use authr_formats::{Damage, Format, FormatError, Options, Parsed, Reason, parse, parse_with};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn with_password(file: &[u8]) -> Result<Parsed, FormatError> {
    let options = Options {
        password: Some("password"),
        ..Options::default()
    };
    parse_with(file, &options)
}

#[track_caller]
fn refused_at_once(file: &str, expected: FormatError) {
    let begun = Instant::now();
    let error = with_password(file.as_bytes()).expect_err("because it is hostile");
    assert_eq!(error, expected);
    assert!(begun.elapsed() < Duration::from_secs(1), "it took long");
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in members {
        writer.start_file(*name, options).expect("a member");
        writer.write_all(content).expect("its content");
    }
    writer.finish().expect("a zip file").into_inner()
}

#[test]
fn a_kdf_beyond_its_ceiling_is_refused_before_it_runs() {
    let aegis = |n: u64, r: u64, p: u64| {
        format!(
            r#"{{"version":1,"header":{{"slots":[{{"type":1,"n":{n},"r":{r},"p":{p},"salt":"00","key":"00",
            "key_params":{{"nonce":"00","tag":"00"}}}}],"params":{{"nonce":"00","tag":"00"}}}},"db":"AAAA"}}"#
        )
    };
    let scrypt = FormatError::KdfOutOfRange { kdf: "scrypt" };
    for (n, r, p) in [
        (1 << 21, 8, 1),
        (1 << 15, 1 << 30, 1),
        (1 << 15, 8, 5),
        (u64::MAX, 8, 1),
        (3, 8, 1),
        (0, 8, 1),
        (1 << 15, 0, 1),
        (1 << 15, 8, 0),
    ] {
        refused_at_once(&aegis(n, r, p), scrypt);
    }
    let ente = |memory: u64, passes: u64| {
        format!(
            r#"{{"version":1,"kdfParams":{{"memLimit":{memory},"opsLimit":{passes},"salt":"AAAAAAAAAAAAAAAAAAAAAA=="}},
            "encryptedData":"AAAA","encryptionNonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#
        )
    };
    let argon2 = FormatError::KdfOutOfRange { kdf: "Argon2id" };
    for (memory, passes) in [
        ((1 << 30) + 1024, 1),
        (1 << 20, 21),
        (1 << 30, 9),
        (u64::MAX, 1),
        (0, 1),
        (1 << 20, 0),
    ] {
        refused_at_once(&ente(memory, passes), argon2);
    }
    let bitwarden = |kdf: &str| {
        format!(
            r#"{{"encrypted":true,"passwordProtected":true,"salt":"x",{kdf},"encKeyValidation_DO_NOT_EDIT":"2.","data":"2."}}"#
        )
    };
    refused_at_once(
        &bitwarden(r#""kdfType":0,"kdfIterations":10000001"#),
        FormatError::KdfOutOfRange { kdf: "PBKDF2" },
    );
    refused_at_once(
        &bitwarden(r#""kdfType":0,"kdfIterations":0"#),
        FormatError::KdfOutOfRange { kdf: "PBKDF2" },
    );
    refused_at_once(
        &bitwarden(r#""kdfType":1,"kdfIterations":3,"kdfMemory":1025,"kdfParallelism":4"#),
        argon2,
    );
}

#[test]
fn a_keepass_header_that_asks_for_too_much_is_refused_before_anything_is_derived() {
    let argon2d = b"\xef\x63\x6d\xdf\x8c\x29\x44\x4b\x91\xf7\xa9\xa4\x03\xe3\x0a\x0c";
    let file = |memory: u64, passes: u64, lanes: u64| {
        let mut dictionary = vec![0, 1, 0x42, 5, 0, 0, 0];
        dictionary.extend_from_slice(b"$UUID\x10\0\0\0");
        dictionary.extend_from_slice(argon2d);
        for (name, value) in [("M", memory), ("I", passes), ("P", lanes)] {
            dictionary.push(5);
            dictionary.extend_from_slice(&1_u32.to_le_bytes());
            dictionary.extend_from_slice(name.as_bytes());
            dictionary.extend_from_slice(&8_u32.to_le_bytes());
            dictionary.extend_from_slice(&value.to_le_bytes());
        }
        dictionary.push(0);
        let mut file = vec![
            0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 1, 0, 4, 0, 11,
        ];
        let length = u32::try_from(dictionary.len()).expect("a short dictionary");
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(&dictionary);
        file.extend_from_slice(&[0, 0, 0, 0, 0]);
        file
    };
    let argon2 = FormatError::KdfOutOfRange { kdf: "Argon2" };
    for (memory, passes, lanes) in [
        ((1 << 30) + 1, 1, 1),
        (1 << 20, 10_001, 1),
        (1 << 30, 65, 1),
        (1 << 20, 1, 65),
    ] {
        let file = file(memory, passes, lanes);
        assert_eq!(with_password(&file).unwrap_err(), argon2);
    }
    let lying = [&file(1, 1, 1)[..13], &[0xff; 4]].concat();
    let not_keepass = FormatError::Damaged {
        what: Damage::NotKeePass,
    };
    assert_eq!(with_password(&lying).unwrap_err(), not_keepass);
}

#[test]
fn rounds_of_aes_beyond_the_ceiling_are_refused_in_both_versions() {
    let refused = FormatError::KdfOutOfRange { kdf: "AES-KDF" };
    let rounds = 200_000_001_u64.to_le_bytes();
    let signature = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];
    let three = [&signature[..], &[1, 0, 3, 0, 6, 8, 0], &rounds, &[0, 0, 0]].concat();
    assert_eq!(with_password(&three).unwrap_err(), refused);
    let uuid = b"\xc9\xd9\xf3\x9a\x62\x8a\x44\x60\xbf\x74\x0d\x08\xc1\x8a\x4f\xea";
    let dictionary = [
        &[0, 1, 0x42, 5, 0, 0, 0][..],
        b"$UUID\x10\0\0\0",
        uuid,
        b"\x05\x01\0\0\0R\x08\0\0\0",
        &rounds,
        &[0],
    ]
    .concat();
    let length = u32::try_from(dictionary.len()).expect("a short dictionary");
    let four = [
        &signature[..],
        &[0, 0, 4, 0, 11],
        &length.to_le_bytes(),
        &dictionary,
        &[0; 5],
    ]
    .concat();
    assert_eq!(with_password(&four).unwrap_err(), refused);
}

#[test]
fn a_member_that_unpacks_to_a_hundred_times_its_size_is_too_large() {
    let bomb = zip(&[("export.data", &vec![b' '; 8 << 20])]);
    assert!(bomb.len() < 32 << 10);
    assert_eq!(parse(&bomb).unwrap_err(), FormatError::TooLarge);
}

#[test]
fn a_zip_of_65_members_is_refused() {
    let names: Vec<String> = (0..65).map(|at| format!("{at}.txt")).collect();
    let members: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    assert_eq!(
        parse(&zip(&members)).unwrap_err(),
        FormatError::TooManyEntries
    );
    assert!(parse(&zip(&members[..64])).is_ok());
}

#[test]
fn json_nested_a_million_deep_is_damaged_and_no_overflow() {
    for deep in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 20)] {
        let error = parse(deep.as_bytes()).unwrap_err();
        assert!(matches!(error, FormatError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_java_stream_of_another_class_or_with_a_lying_length_is_refused() {
    let stream = |class: &str, pairs: u32| {
        let length = u16::try_from(class.len()).expect("a short name");
        let mut stream = b"\xac\xed\x00\x05sr".to_vec();
        stream.extend_from_slice(&length.to_be_bytes());
        stream.extend_from_slice(class.as_bytes());
        stream.extend_from_slice(&[0; 8]);
        stream.extend_from_slice(&[3, 0, 0, 0x78, 0x70, 0x77, 8, 0, 0, 0, 16]);
        stream.extend_from_slice(&pairs.to_be_bytes());
        stream.push(0x78);
        stream
    };
    let not_java = FormatError::Damaged {
        what: Damage::NotJava,
    };
    for file in [
        stream("java.util.PriorityQueue", 0),
        stream("java.util.HashMap", u32::MAX),
        stream("java.util.HashMap", 1),
    ] {
        assert_eq!(with_password(&file).unwrap_err(), not_java);
    }
    // A map without a master key is a map.
    let empty = with_password(&stream("java.util.HashMap", 0)).unwrap_err();
    assert!(matches!(
        empty,
        FormatError::Damaged {
            what: Damage::Field { .. }
        }
    ));
}

#[test]
fn a_wrong_field_costs_one_entry_and_says_which() {
    let file = br#"[
        {"secret":"AAAA","issuer":"one","label":"a","type":"TOTP","digits":6},
        {"secret":"AAAA","issuer":"two","label":"b","type":"TOTP","digits":{}},
        {"secret":7,"issuer":"three","label":"c","type":"TOTP"},
        {"secret":"AAAA","issuer":"four","label":"d","type":"TOTP","algorithm":"MD5"},
        {"secret":"AAAA","issuer":"five","label":"e","type":"TOTP","period":0},
        7
    ]"#;
    let parsed = parse(file).unwrap();
    assert_eq!(parsed.format, Format::AndOtp);
    assert_eq!(parsed.accounts.len(), 1);
    let said: Vec<(usize, String)> = parsed
        .rejected
        .iter()
        .map(|one| (one.position, one.reason.to_string()))
        .collect();
    let said: Vec<(usize, &str)> = said.iter().map(|(at, text)| (*at, text.as_str())).collect();
    assert_eq!(
        said,
        [
            (2, "the field digits is missing or not what it should be"),
            (3, "the field secret is missing or not what it should be"),
            (4, "unknown algorithm, known are SHA1, SHA256 and SHA512"),
            (5, "a period has 1 to 86400 seconds"),
            (6, "the field type is missing or not what it should be"),
        ]
    );
}

#[test]
fn the_entry_10_001_is_one_too_many_in_json_too() {
    let entry = r#"{"secret":"AAAA","issuer":"","label":"a","type":"TOTP"}"#;
    let file = |count: usize| format!("[{}]", vec![entry; count].join(","));
    assert_eq!(
        parse(file(10_000).as_bytes()).unwrap().accounts.len(),
        10_000
    );
    assert_eq!(
        parse(file(10_001).as_bytes()).unwrap_err(),
        FormatError::TooManyEntries
    );
}

#[test]
fn the_entry_10_001_is_one_too_many_in_a_table_and_in_xml() {
    let table = |count: usize| {
        let row = ",a,,AAAA\n";
        format!("Title,Username,Tags,OTPAuth\n{}", row.repeat(count))
    };
    let xml = |count: usize| {
        let entry = "<Entry><String><Key>TOTP Seed</Key><Value>AAAA</Value></String></Entry>";
        let entries = entry.repeat(count);
        format!("<KeePassFile><Root><Group>{entries}</Group></Root></KeePassFile>")
    };
    let files: [fn(usize) -> String; 2] = [table, xml];
    for file in files {
        let most = parse(file(10_000).as_bytes()).unwrap();
        assert_eq!(most.accounts.len(), 10_000);
        let error = parse(file(10_001).as_bytes()).unwrap_err();
        assert_eq!(error, FormatError::TooManyEntries);
    }
    // Those without a code are counted too.
    let idle = "<Entry/>".repeat(100_001);
    let idle = format!("<KeePassFile><Root><Group>{idle}</Group></Root></KeePassFile>");
    refused_at_once(&idle, FormatError::TooManyEntries);
}

#[test]
fn an_entity_is_never_expanded_and_xml_that_lies_is_refused() {
    let not_xml = FormatError::Damaged {
        what: Damage::NotXml,
    };
    let entry = |value: &str| {
        format!(
            "<KeePassFile><Root><Group><Entry><String><Key>otp</Key><Value>{value}</Value></String></Entry></Group></Root></KeePassFile>"
        )
    };
    let mut laughs = "<!ENTITY a \"otpauth://totp/a?secret=AAAA\">".to_owned();
    for (name, before) in ('b'..='j').zip('a'..) {
        let ten = format!("&{before};").repeat(10);
        laughs.push_str(&format!("<!ENTITY {name} \"{ten}\">"));
    }
    let bomb = format!("<!DOCTYPE KeePassFile [{laughs}]>{}", entry("&j;"));
    refused_at_once(&bomb, not_xml);
    let file = "<!DOCTYPE KeePassFile [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    refused_at_once(&format!("{file}{}", entry("&a;")), not_xml);
    refused_at_once(&entry("&#x110000;"), not_xml);
    refused_at_once(&entry("</Key>"), not_xml);
    refused_at_once("<KeePassFile>", not_xml);
    let nested = "<Group>".repeat(1 << 20);
    refused_at_once(&format!("<KeePassFile><Root>{nested}"), not_xml);

    // A text of megabytes is one bad entry.
    let long = parse(entry(&"A".repeat(8 << 20)).as_bytes()).unwrap();
    assert_eq!((long.accounts.len(), long.rejected.len()), (0, 1));
}

#[test]
fn a_vault_under_the_key_of_its_account_is_refused_with_what_to_do_instead() {
    let file =
        br#"{"encrypted":true,"encKeyValidation_DO_NOT_EDIT":"2.a|b|c","folders":[],"items":[]}"#;
    let error = with_password(file).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("export it again with a password"),
        "{error}"
    );
}

#[test]
fn a_view_that_calls_itself_a_table_is_not_asked() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE VIEW accounts AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
             SELECT x AS email, x AS secret, x AS counter, x AS type FROM n",
        )
        .unwrap();
    let file = connection.serialize(rusqlite::MAIN_DB).unwrap().to_vec();
    assert_eq!(parse(&file).unwrap_err(), FormatError::NotRecognised);
}

#[test]
fn a_secret_under_the_key_of_a_device_is_named_and_the_others_are_read() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT, secret TEXT, counter INTEGER,
                                    type INTEGER, issuer TEXT, isencrypted INTEGER);
             INSERT INTO accounts VALUES (1, 'a', 'AAAA', 0, 0, 'one', 1), (2, 'b', 'AAAA', 9, 1, 'two', 0)",
        )
        .unwrap();
    let file = connection.serialize(rusqlite::MAIN_DB).unwrap().to_vec();
    let parsed = parse(&file).unwrap();
    assert_eq!(parsed.format, Format::Google);
    assert_eq!(parsed.rejected[0].reason, Reason::DeviceKey);
    assert_eq!(
        parsed.accounts[0].account.otp.kind.counter().unwrap().get(),
        9
    );
}

#[test]
fn what_an_app_wrote_last_stands_in_the_log_beside_its_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE accounts (name TEXT, username TEXT, account_type INTEGER, oath_secret_key TEXT);
             INSERT INTO accounts VALUES ('one', 'a', 0, 'AAAA');
             PRAGMA wal_checkpoint(TRUNCATE);
             INSERT INTO accounts VALUES ('two', 'b', 1, 'AQIDBAUGBwgJCg==')",
        )
        .unwrap();
    let file = std::fs::read(&path).unwrap();
    let log = std::fs::read(folder.path().join("db-wal")).unwrap();
    let with_log = |log: Option<&[u8]>| {
        let options = Options {
            companion: log,
            ..Options::default()
        };
        parse_with(&file, &options).unwrap().accounts.len()
    };
    assert_eq!(with_log(None), 1);
    assert_eq!(with_log(Some(&log)), 2);
    // A log that is cut off, or of another database, changes nothing.
    assert_eq!(with_log(Some(&log[..log.len() - 1])), 1);
    let mut damaged = log.clone();
    damaged[40] ^= 1;
    assert_eq!(with_log(Some(&damaged)), 1);
    assert_eq!(with_log(Some(b"x")), 1);
}

#[test]
fn every_prefix_of_every_export_is_read_or_refused_and_never_a_panic() {
    let files: [&[u8]; 8] = [
        b"<?xml version=\"1.0\"?><KeePassFile><Meta><RecycleBinUUID>AA</RecycleBinUUID></Meta><Root><Group><Name>&#65;&amp;</Name><Entry><String><Key>otp</Key><Value Protected=\"True\">AA==</Value></String><History><Entry/></History></Entry></Group></Root></KeePassFile>",
        b"Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\na,,\"b\"\"c\",,AAAA,true,false,x;y,\"n\nn\"\n",
        br#"{"version":1,"header":{"slots":null,"params":null},"db":{"version":2,"entries":[{"type":"totp","name":"a","issuer":"b","info":{"secret":"AAAA","algo":"SHA1","digits":6,"period":30}}]}}"#,
        br#"{"schemaVersion":4,"services":[{"name":"a","secret":"AAAA","otp":{"tokenType":"TOTP"}}],"groups":[]}"#,
        b"<?xml version='1.0'?>\n<map><string name=\"tokenOrder\">[]</string><string name=\"a\">{&quot;type&quot;:&quot;TOTP&quot;,&quot;secret&quot;:[1,-2]}</string></map>",
        b"\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\",\"TOTP\"\n\"Root/x\",\"a\",\"b\",\"\",\"\",\"\",\"otpauth://totp/a?secret=AAAA\"\n",
        b"AUTHENTICATORPRO0123456789abcdef0123456789abcdef0123456789abcdef",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0",
    ];
    for file in files {
        for end in 0..=file.len() {
            let _ = parse(&file[..end]);
        }
    }
}

#[test]
fn a_picture_of_nothing_but_corners_of_codes_is_given_up() {
    let corner = |x: u32, y: u32| {
        let (x, y) = (x / 2 % 9, y / 2 % 9);
        let ring = x < 7 && y < 7 && (x % 6 == 0 || y % 6 == 0);
        ring || ((2..5).contains(&x) && (2..5).contains(&y))
    };
    let sheet = image::GrayImage::from_fn(512, 512, |x, y| {
        image::Luma([if corner(x, y) { 0 } else { 255 }])
    });
    let mut file = Cursor::new(Vec::new());
    sheet.write_to(&mut file, image::ImageFormat::Png).unwrap();
    let file = file.into_inner();
    assert!(file.len() < 16 * 1024, "{} bytes", file.len());
    let error = parse(&file).unwrap_err();
    assert!(matches!(
        error,
        FormatError::Damaged {
            what: Damage::NoCode
        }
    ));
}

#[test]
fn a_picture_whose_corners_point_far_away_is_given_up() {
    // Found by a fuzzer: the reader looked for minutes where no picture is.
    let file = "/9j/4AAQMEZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0L//v/////////////////7////////////////////woLDg4NDxMgFRMSEhNraW5kJx\
         weFyAuKTEwLilaUGBKUVJP/8AACwgAQgBCAQERAP/EAB8AAAEFAQEBAQEAAAAAAAEAAAABAgMEBQYHCAkKCf/EALUQAAIBAwMCBAMFBQQEAAAB\
         fQECAwAEEQUSITFBBhNRYQcicRQzgZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCk1NjQqNzg5OkNERUZHSElKU1RVVldYWVpjZHplZmdoaW\
         pzdHV2d3h5eoOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnKJywrKikoJyba4eLj5BPmW+jp6vHy8/T19vd4+fr/\
         2gAIAQEAAD8A9OooooooooojxNE8P6V4T0W+v9B/AQAAAAAAAAC0Li/8Y291bnRl/e/2ySLGyTA0GUAdCPTpW94ftVsAAAAAAAAnVdg+3T0o9s\
         8/5ftbVHLfj2HWsH4ez2mn39xq1/Zbrez2773zWwlbCSAgICAxMTExMTExMTExMTGKK//Z";
    let file = data_encoding::BASE64.decode(file.as_bytes()).unwrap();
    let error = parse(&file).unwrap_err();
    let no_code = FormatError::Damaged {
        what: Damage::NoCode,
    };
    assert_eq!(error, no_code);
}
