//! What an attacker tries on codes and on what is stored.

use std::sync::Arc;

use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::list::{DeviceList, Expect, ListError};
use authr_api::path;
use authr_api::sync::ListPage;

use crate::person::*;
use crate::running::{NOW, Running, random};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_parallel_uses_of_a_devices_code_one_is_accepted() {
    let running = Running::start().await;
    let site_id = running.site_user(PHONE).await;
    let device = Device::first(&running, PHONE).await;
    let code = device.native_code(NOW);
    let uses: Vec<_> = (0..50)
        .map(|_| {
            let (running, code) = (Arc::clone(&running), code.clone());
            tokio::spawn(async move { running.verify(site_id, &code).await })
        })
        .collect();
    let mut accepted = 0;
    for one in uses {
        accepted += usize::from(one.await.unwrap() == 200);
    }
    assert_eq!(accepted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_code_passes_after_many_wrong_ones_and_no_more_after_the_fiftieth() {
    let running = Running::start().await;
    let site_id = running.site_user(PHONE).await;
    let device = Device::first(&running, PHONE).await;
    let right: Vec<String> = (-3..=3)
        .map(|step| device.native_code(NOW + step * 10))
        .collect();
    let wrong = (0..)
        .map(|number: u32| format!("{number:07}"))
        .find(|code| !right.contains(code))
        .unwrap();
    let guess = async |times: usize| {
        for at in 0..times {
            let status = running.verify(site_id, &wrong).await;
            assert_eq!(status, if at < 4 { 401 } else { 429 });
        }
    };
    guess(49).await;
    assert_eq!(running.verify(site_id, &device.native_code(NOW)).await, 200);
    guess(60).await;
    running.clock.advance(10);
    assert_eq!(
        running.verify(site_id, &device.native_code(NOW + 10)).await,
        429
    );
    running.storage.unlock_user(device.user).await.unwrap();
    assert_eq!(
        running.verify(site_id, &device.native_code(NOW + 10)).await,
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_goes_back_or_forks_is_seen_by_its_devices() {
    let running = Running::start().await;
    let mut first = Device::first(&running, PHONE).await;
    let second = Device::restored(&running, PHONE).await;
    first.refresh().await;
    let before: ListPage = first.get("/v1/list?after=0").await.json();
    first.remove(&[(second.id(), ChainHead::EMPTY)]).await;
    // What a server that hides the removal would show.
    let went_back = first.list.compare(&before.head);
    assert!(matches!(went_back, Err(ListError::WentBack { .. })));
    let mut forked = before.head;
    forked.sequence = first.list.head().sequence;
    assert!(matches!(
        first.list.compare(&forked),
        Err(ListError::Forked { .. })
    ));
    let old = DeviceList::verify(&before.entries, &Expect::Nothing).unwrap();
    assert_eq!(old.active().count(), 2);
    // The removed device is shown nothing, and sends nothing.
    assert_eq!(
        second.get("/v1/list?after=0").await.code(),
        ErrorCode::DeviceRemoved
    );
    let (append, _) = second.removal(&[(first.id(), ChainHead::EMPTY)], PASSWORD);
    assert_eq!(second.append(append).await.code(), ErrorCode::DeviceRemoved);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_key_that_was_ever_used_makes_no_device() {
    let running = Running::start().await;
    let first = Device::first(&running, PHONE).await;
    let mut second = Device::restored(&running, PHONE).await;
    second.remove(&[(first.id(), ChainHead::EMPTY)]).await;
    // The removed device's keys, for another number.
    let (request, status) = Request::proven(&running, "+12015550199").await;
    let user = status.proven.unwrap().user;
    let joining = Joining::first_with(&running, user, first.keys);
    assert_eq!(
        request.finish(joining.append).await.code(),
        ErrorCode::BadEntries
    );
    let joining = Joining::first(&running, user);
    let reply = request.finish(copy(&joining.append)).await;
    joining.joined(&running, &reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_files_hold_no_number_name_seed_or_secret_in_any_encoding() {
    use authr_api::sealed::Content;

    let running = Running::start().await;
    running.site_user(PHONE).await;
    let mut device = Device::first(&running, PHONE).await;
    let secret = format!("canary {}", data_encoding::HEXLOWER.encode(&random::<8>()));
    device.write(1, 0, &secret).await;
    let second = Device::restored(&running, PHONE).await;
    let share = {
        let answer = device.get(path::LOCKER).await.json();
        let content: authr_api::answer::LockerContent =
            unseal(&running, &device.keys, device.user, &answer);
        content.share.to_vec()
    };
    let mut needles: Vec<Vec<u8>> = [
        PHONE,
        &PHONE[2..],
        "u@example.com",
        "laptop",
        PASSWORD,
        &secret,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    needles.push(share);
    for account in device.accounts.iter().chain(&second.accounts) {
        needles.push(account.seed.expose_secret().to_vec());
        assert!(account.encode().len() > 20);
    }
    needles.push(device.data_key.expose_secret().to_vec());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(running.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with("root.key") {
            files.extend(std::fs::read(path).unwrap());
        }
    }
    assert!(files.len() > 10_000);
    let holds = |needle: &[u8]| files.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"drchrono"), "the search does not look");
    for needle in needles {
        let encodings = [
            needle.clone(),
            data_encoding::HEXLOWER.encode(&needle).into_bytes(),
            data_encoding::BASE64.encode(&needle).into_bytes(),
            data_encoding::BASE64URL_NOPAD.encode(&needle).into_bytes(),
            data_encoding::BASE32_NOPAD.encode(&needle).into_bytes(),
        ];
        for encoding in encodings {
            assert!(!holds(&encoding), "{}", String::from_utf8_lossy(&encoding));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_is_deleted_leaves_nothing_and_the_number_begins_anew() {
    let running = Running::start().await;
    running.site_user(PHONE).await;
    let mut device = Device::first(&running, PHONE).await;
    device.write(1, 0, "gone").await;
    let (request, _) = Device::asks(&running, PHONE).await;
    running.storage.delete_user(device.user).await.unwrap();
    assert_eq!(running.storage.rows_of(device.user).await.unwrap(), []);
    assert_eq!(device.get(path::STATUS).await.code(), ErrorCode::UnknownKey);
    assert_eq!(
        request.get(path::REGISTRATION).await.code(),
        ErrorCode::UnknownKey
    );
    let anew = Device::first(&running, PHONE).await;
    assert_ne!(anew.user, device.user);
}

/// All that this process logs, at every level.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_holds_no_number_code_seed_or_password_of_a_device() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // The other tests of this process log into it too: what they say is looked at as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let running = Running::start().await;
    let site_id = running.site_user(PHONE).await;
    let request = Request::new(&running, PHONE).await;
    let code = running.code().await;
    let status = request.prove(&code).await.json();
    let status: authr_api::registration::RegistrationStatus = status;
    let joining = Joining::first(&running, status.proven.unwrap().user);
    let reply = request.finish(copy(&joining.append)).await;
    let device = joining.joined(&running, &reply);
    let native = device.native_code(NOW);
    assert_eq!(running.verify(site_id, &native).await, 200);
    let (restoring, terms) = Device::asks(&running, PHONE).await;
    restoring.open(&terms, "a wrong password").await.refusal();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in [path::FINISH, path::OPEN, "wrong_password", "message.sent"] {
        assert!(log.contains(expected), "{expected} is not in the log");
    }
    let seed = device.accounts[0].seed.expose_secret();
    let personal = [
        PHONE[2..].to_owned(),
        code,
        native,
        data_encoding::HEXLOWER.encode(seed),
        data_encoding::BASE64URL_NOPAD.encode(seed),
        request.id.to_string(),
        "u@example.com".to_owned(),
        "wrong password".to_owned(),
    ];
    for one in personal {
        assert!(!log.contains(&one), "{one} is in the log");
    }
}
