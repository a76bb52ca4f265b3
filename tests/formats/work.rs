//! Files of a size that is allowed, made to take long: each is read in seconds, since no entry looks through all of something else.

use std::fmt::Write;
use std::time::{Duration, Instant};

use authr_formats::{Damage, Format, FormatError, Options, parse, parse_with};
use rusqlite::{Connection, MAIN_DB};

const ENTRIES: usize = 10_000;

/// Reads a file; the time that one look at each of the others would take is minutes.
#[track_caller]
fn is_read_soon(file: &str) -> authr_formats::Parsed {
    assert!(file.len() < authr_formats::MAX_FILE_BYTES, "{}", file.len());
    let begun = Instant::now();
    let parsed = parse(file.as_bytes()).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!((parsed.accounts.len(), parsed.rejected.len()), (ENTRIES, 0));
    parsed
}

fn joined(count: usize, one: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0..count {
        let comma = if at == 0 { "" } else { "," };
        write!(text, "{comma}{}", one(at)).unwrap();
    }
    text
}

#[test]
fn as_many_groups_as_a_file_has_room_for_are_looked_up_once() {
    let groups = |id: &str| joined(250_000, |at| format!(r#"{{"{id}":"{at:09}","name":"g"}}"#));
    let last = "000249999";
    let aegis = format!(
        r#"{{"version":1,"header":{{}},"db":{{"groups":[{}],"entries":[{}]}}}}"#,
        groups("uuid"),
        joined(ENTRIES, |_| format!(
            r#"{{"type":"totp","name":"a","info":{{"secret":"AAAA"}},"groups":["{last}"]}}"#
        ))
    );
    let two_fas = format!(
        r#"{{"schemaVersion":4,"groups":[{}],"services":[{}]}}"#,
        groups("id"),
        joined(ENTRIES, |_| format!(
            r#"{{"name":"a","secret":"AAAA","groupId":"{last}"}}"#
        ))
    );
    let bitwarden = format!(
        r#"{{"encrypted":false,"folders":[{}],"items":[{}]}}"#,
        groups("id"),
        joined(ENTRIES, |_| format!(
            r#"{{"name":"a","folderId":"{last}","login":{{"totp":"AAAA"}}}}"#
        ))
    );
    let lastpass = format!(
        r#"{{"localDeviceId":"","folders":[{}],"accounts":[{}]}}"#,
        groups("id"),
        joined(ENTRIES, |_| format!(
            r#"{{"userName":"a","secret":"AAAA","folderData":{{"folderId":"{last}"}}}}"#
        ))
    );
    for file in [aegis, two_fas, bitwarden, lastpass] {
        let parsed = is_read_soon(&file);
        assert_eq!(parsed.accounts[0].account.tags[0].as_str(), "g");
    }
}

#[test]
fn as_many_bindings_of_categories_as_a_file_has_room_for_are_looked_up_once() {
    let file = format!(
        r#"{{"Categories":[{{"Id":"c","Name":"g"}}],"AuthenticatorCategories":[{}],"Authenticators":[{}]}}"#,
        joined(200_000, |_| {
            r#"{"CategoryId":"c","AuthenticatorSecret":"BBBB"}"#.to_owned()
        }),
        joined(ENTRIES, |at| format!(
            r#"{{"Type":2,"Secret":"{}","Username":"a"}}"#,
            if at == 0 { "BBBB" } else { "AAAA" }
        ))
    );
    let parsed = is_read_soon(&file);
    assert_eq!(parsed.accounts[0].account.tags.len(), 1);
}

#[test]
fn an_order_of_a_million_names_is_looked_up_once() {
    let file = format!(
        r#"{{"tokenOrder":[{}],"tokens":[{}]}}"#,
        joined(1_000_000, |at| format!("\"{at:09}\"")),
        joined(ENTRIES, |_| r#"{"type":"TOTP","secret":[1],"label":"a"}"#
            .to_owned())
    );
    is_read_soon(&file);
}

#[test]
fn a_folder_of_a_name_that_fills_the_file_is_not_copied_for_each_entry() {
    let file = format!(
        r#"{{"encrypted":false,"folders":[{{"id":"f","name":"{}"}}],"items":[{}]}}"#,
        "n".repeat(15 << 20),
        joined(ENTRIES, |_| {
            r#"{"name":"a","folderId":"f","login":{"totp":"AAAA"}}"#.to_owned()
        })
    );
    let parsed = is_read_soon(&file);
    assert_eq!(parsed.accounts[0].account.tags[0].as_str().len(), 64);
    assert_eq!(parsed.accounts[0].remarks[0], authr_formats::Remark::TagCut);
}

#[test]
fn a_table_of_a_million_columns_is_looked_through_once() {
    let many = ",".repeat(1_000_000);
    let rows = |row: &str| format!("{row}\n").repeat(ENTRIES);
    is_read_soon(&format!("name,login_totp{many}\n{}", rows("a,AAAA")));
    let uri = "a,otpauth://totp/a?secret=AAAA";
    is_read_soon(&format!("Title,TOTP{many}\n{}", rows(uri)));
}

/// A database of a person's choosing, read as Google's.
fn as_google(schema: &str) -> FormatError {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(schema).unwrap();
    let file = connection.serialize(MAIN_DB).unwrap().to_vec();
    let options = Options {
        format: Some(Format::Google),
        ..Options::default()
    };
    parse_with(&file, &options).unwrap_err()
}

#[test]
fn a_view_or_a_computed_column_is_never_asked_whatever_format_is_named() {
    let damaged = FormatError::Damaged {
        what: Damage::NotSqlite,
    };
    let view = "CREATE VIEW accounts AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n)
                SELECT x AS _id, x AS email, x AS secret, x AS counter, x AS type FROM n WHERE x = 2";
    assert_eq!(as_google(view), damaged);
    let computed = "CREATE TABLE accounts (_id INTEGER, email TEXT, counter INTEGER, type INTEGER,
                    secret TEXT AS (hex(zeroblob(400000000))));
                    INSERT INTO accounts (_id) VALUES (1), (2), (3)";
    assert_eq!(as_google(computed), damaged);
}
