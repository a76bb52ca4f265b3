//! SQLite's own claims, and the suite that every storage passes.

use std::collections::BTreeSet;

use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::record::USER_STEPS;

use super::*;
use crate::storage::conformance::fixtures::*;
use crate::storage::conformance::{Made, NOW, conformance, holder, id, opened};

fn make() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let storage = Sqlite::open(&folder.path().join("authr.db")).unwrap();
    (Arc::new(storage), Box::new(folder))
}

conformance!(make);

#[test]
fn every_table_is_known_to_the_deletion_of_a_user() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authr.db");
    let storage = Sqlite::open(&path).unwrap();
    let known: BTreeSet<String> = users::OF_USERS
        .iter()
        .map(|(table, _)| *table)
        .chain(users::NOT_OF_USERS.iter().copied())
        .map(str::to_owned)
        .collect();
    let reader = connection::open_reader(storage.path()).unwrap();
    let tables: BTreeSet<String> = reader
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(tables, known);
}

#[tokio::test]
async fn an_operation_that_fails_or_panics_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Sqlite::open(&folder.path().join("authr.db")).unwrap();
    const ADD: &str = "INSERT INTO root_key VALUES (1, 1, x'00')";
    // Queued together, so that they share a transaction.
    let slow = storage.write(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        Ok(())
    });
    let fails = storage.write(|db| {
        db.execute_batch(ADD)?;
        Err::<(), _>(StorageError::Conflict("test"))
    });
    let panics = storage.write(|db| -> Result<(), StorageError> {
        db.execute_batch(ADD)?;
        panic!("as a bug would")
    });
    let works = storage.write(|db| Ok(db.execute_batch(ADD)?));
    slow.await.unwrap();
    assert!(matches!(fails.await, Err(StorageError::Conflict("test"))));
    assert!(matches!(panics.await, Err(StorageError::Unavailable(_))));
    works.await.unwrap();
}

#[tokio::test]
async fn of_a_batch_that_sqlite_rolled_back_by_itself_nothing_stays_and_nobody_is_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authr.db");
    let storage = Sqlite::open(&path).unwrap();
    // Queued while the writer is at another batch, so that they share a transaction.
    let ((begun, begins), (go_on, waits)) =
        (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let another = storage.write(move |_| {
        begun.send(()).unwrap();
        waits.recv().unwrap();
        Ok(())
    });
    begins.recv().unwrap();
    let before =
        storage.write(|db| Ok(db.execute_batch("INSERT INTO root_key VALUES (1, 1, x'00')")?));
    let fills_the_disk = storage.write(|db| {
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        let full = db.execute_batch("INSERT INTO nonces VALUES (x'01', zeroblob(200000), 1)");
        assert!(full.is_err() && db.is_autocommit());
        db.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))?;
        Ok(full?)
    });
    let add_key =
        |db: &Connection| Ok(db.execute_batch("INSERT INTO sealing_key VALUES (1, x'00')")?);
    let after = storage.write(add_key);
    go_on.send(()).unwrap();
    another.await.unwrap();
    for told in [before.await, fills_the_disk.await, after.await] {
        assert!(matches!(told, Err(StorageError::Unavailable(_))));
    }
    let reader = connection::open_reader(&path).unwrap();
    let count = "SELECT (SELECT count(*) FROM root_key) + (SELECT count(*) FROM sealing_key)";
    let rows: u32 = reader.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
    // The next batch is one like any other.
    storage.write(add_key).await.unwrap();
}

#[tokio::test]
async fn the_log_of_a_burst_is_folded_in_before_the_timer_comes() {
    const MIB: u64 = 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authr.db");
    let storage = Sqlite::open(&path).unwrap();
    for number in 0..48 {
        let one = storage.write(move |db| {
            let insert = "INSERT INTO nonces VALUES (?1, zeroblob(1048576), 1)";
            Ok(db.execute(insert, [[number; 16]])?)
        });
        one.await.unwrap();
    }
    let log = std::fs::metadata(folder.path().join("authr.db-wal")).unwrap();
    assert!(log.len() < 20 * MIB, "{} MiB", log.len() / MIB);
}

#[tokio::test]
async fn of_a_signer_so_many_answers_are_kept_and_the_next_change_waits() {
    let (storage, device, _folder) = with_device().await;
    let answers = "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
                   INSERT INTO answers SELECT ?1, CAST(n AS BLOB), x'00', 200, x'00', 1 FROM n";
    let filled = storage.write(move |db| Ok(db.execute(answers, (device.0, ANSWERS - 1))?));
    // One was kept when the device joined.
    assert_eq!(filled.await.unwrap(), usize::try_from(ANSWERS - 2).unwrap());
    let user = UserId(id(1));
    let storage: Arc<dyn Storage> = Arc::new(storage);
    let append = async |change: Change, number: u8| {
        let new = next_entry(&storage, user, number).await;
        storage.append_entries(change, new, told()).await
    };
    let last = change(by(7), NOW);
    append(last, 1).await.unwrap().unwrap();
    let refused = append(change(by(7), NOW), 2).await.unwrap().unwrap_err();
    assert_eq!(refused, Denied::until(ErrorCode::RateLimited, 3600));
    assert_eq!(
        storage.newest(user).await.unwrap().unwrap().head.sequence,
        2
    );
    // What was answered is answered again, and another signer has answers of its own.
    append(again(last), 1).await.unwrap().unwrap();
    append(change(by(8), NOW), 3).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_feed_of_a_user_has_so_many_steps_and_no_more() {
    let (storage, device, _folder) = with_device().await;
    let almost = "UPDATE lists SET revision = ?1";
    let set = storage.write(move |db| Ok(db.execute(almost, [USER_STEPS - 1])?));
    set.await.unwrap();
    let known = storage.device(device).await.unwrap().unwrap();
    let push = async |base: u64, chain: ChainHead| {
        let record = record(7, 1, chain, 1);
        let after = record.header().chain_after(&record.hash());
        let change = change(by(7), NOW);
        let pushed = storage.push_records(change, known, vec![NewRecord { base, record }], told());
        (pushed.await, after)
    };
    let (pushed, chain) = push(0, ChainHead::EMPTY).await;
    assert_eq!(told_text(pushed), format!("[{USER_STEPS}]"));
    let (refused, _) = push(USER_STEPS, chain).await;
    assert_eq!(denied(refused), ErrorCode::LimitReached);
}

/// A storage with a user who has a device.
async fn with_device() -> (Sqlite, DeviceId, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authr.db");
    let storage: Arc<dyn Storage> = Arc::new(Sqlite::open(&path).unwrap());
    opened(&storage).await;
    let device = holder(&storage, 7).await;
    (Sqlite::open(&path).unwrap(), device, folder)
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart_and_for_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authr.db");
    let check = |index_key| RootKeyCheck {
        index_key,
        check: Sealed(vec![1]),
    };
    let one = Sqlite::open(&path).unwrap();
    let beside = Sqlite::open(&path).unwrap();
    one.fix_root_key(check(1)).await.unwrap();
    assert_eq!(beside.fix_root_key(check(2)).await.unwrap(), check(1));
    drop((one, beside));
    let again = Sqlite::open(&path).unwrap();
    assert_eq!(again.fix_root_key(check(3)).await.unwrap(), check(1));
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authr.db");
    drop(Sqlite::open(&path).unwrap());
    let connection = connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let Err(StorageError::Unavailable(source)) = Sqlite::open(&path).map(drop) else {
        panic!("it opened");
    };
    assert!(source.to_string().contains("schema 99"), "{source}");
    let version: u32 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}
