//! What must always work, from the first message to the code of the device that is left.

use authr_api::chain::ChainHead;
use authr_api::error::ErrorCode;
use authr_api::path;
use authr_api::registration::{Flow, State};
use authr_api::sync::{Devices, NativeAccounts, Status};

use crate::person::*;
use crate::running::{NOW, Running, application};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn register_verify_restore_and_remove_the_lost_device() {
    let running = Running::start().await;
    let site_id = running.site_user(PHONE).await;

    let request = Request::new(&running, PHONE).await;
    let (to, text) = running.message().await;
    assert_eq!(to, PHONE);
    let letters = &request.asked.letters;
    assert!(text.contains(&format!("request {letters}.")) && text.contains("Never tell it"));
    let status = request.prove(&text[..7]).await.json();
    let status: authr_api::registration::RegistrationStatus = status;
    let proven = status.proven.unwrap();
    assert_eq!((status.state, proven.flow), (State::Proven, Flow::First));
    assert_eq!(proven.applications, ["drchrono"]);
    let joining = Joining::first(&running, proven.user);
    let reply = request.finish(copy(&joining.append)).await;
    let first = joining.joined(&running, &reply);
    let status = request.status().await;
    assert_eq!(
        (status.state, status.device),
        (State::Active, Some(first.id()))
    );
    // A device that is removed later still has the request's key.
    assert!(status.proven.is_none());

    assert_eq!(first.accounts[0].name, "drchrono");
    assert_eq!(
        (first.accounts[0].digits, first.accounts[0].period),
        (7, 10)
    );
    let code = first.native_code(NOW);
    assert_eq!(running.verify(site_id, &code).await, 200);
    assert_eq!(running.verify(site_id, &code).await, 401);

    let mut second = Device::restored(&running, PHONE).await;
    let now = NOW + 1200;
    assert_ne!(second.native_code(now), first.native_code(now));
    // Two devices' codes in one step are both accepted.
    assert_eq!(running.verify(site_id, &first.native_code(now)).await, 200);
    assert_eq!(running.verify(site_id, &second.native_code(now)).await, 200);

    second.remove(&[(first.id(), ChainHead::EMPTY)]).await;
    running.clock.advance(10);
    let (dead, alive) = (first.native_code(now + 10), second.native_code(now + 10));
    assert_eq!(running.verify(site_id, &dead).await, 401);
    assert_eq!(running.verify(site_id, &alive).await, 200);
    let refused = first.get(path::STATUS).await;
    assert_eq!(refused.code(), ErrorCode::DeviceRemoved);
    let devices: Devices = second.get(path::DEVICES).await.json();
    assert_eq!(devices.devices.len(), 1);
    assert_eq!(devices.devices[0].device, second.id());
    assert_eq!(devices.devices[0].last_seen % 3600, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_restarted_in_the_middle_takes_up_where_it_was() {
    let running = Running::start().await;
    running.site_user(PHONE).await;
    let mut request = Request::new(&running, PHONE).await;
    let code = running.code().await;
    let proving = request.prove_draft(&code);
    let proved = request.send(&proving).await;
    let status: authr_api::registration::RegistrationStatus = proved.json();

    let running = running.restarted().await;
    assert_eq!(running.info.server, request.running.info.server);
    request.running = running.clone();
    // What was sealed and answered before is the same, and what was seen before stays seen.
    let again = request.send(&proving.again(&running)).await;
    assert_eq!(again.body, proved.body);
    assert_eq!(request.send(&proving).await.code(), ErrorCode::Replay);
    let joining = Joining::first(&running, status.proven.unwrap().user);
    let finishing = request.finish_draft(copy(&joining.append));
    let finished = request.send(&finishing).await;

    // The answer was lost with the server: the device asks for it again.
    let running = running.restarted().await;
    request.running = running.clone();
    let again = request.send(&finishing.again(&running)).await;
    assert_eq!(again.body, finished.body);
    let device = joining.joined(&running, &again);
    let record = device.record(1, device.chain, "seed");
    let pushing = device.push_draft(&[(0, &record)]);
    let pushed = device.send(&pushing).await;
    let running = running.restarted().await;
    let device = Device { running, ..device };
    let again = device.send(&pushing.again(&device.running)).await;
    assert_eq!((again.status, again.body), (200, pushed.body));
    let status: Status = device.get(path::STATUS).await.json();
    assert_eq!(status.revision, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_comes_later_is_received_and_one_that_ends_is_gone() {
    let running = Running::start().await;
    let device = Device::first(&running, PHONE).await;
    assert!(device.accounts.is_empty());
    let before: Status = device.get(path::STATUS).await.json();
    let site_id = running.site_user(PHONE).await;
    let status: Status = device.get(path::STATUS).await.json();
    assert!(status.accounts > before.accounts);

    let given: NativeAccounts = device.get(path::ACCOUNTS).await.json();
    assert_eq!(given.revision, status.accounts);
    let account = unseal(&running, &device.keys, device.user, &given.accounts[0]);
    let device = Device {
        accounts: vec![account],
        ..device
    };
    let seen = running
        .site(
            "GET",
            &format!("/protected/json/users/{site_id}/status"),
            "",
        )
        .await;
    let seen: serde_json::Value = seen.json();
    assert_eq!(seen["status"]["registered"], true);
    assert_eq!(running.verify(site_id, &device.native_code(NOW)).await, 200);

    // The end of one site's account leaves the person, the list and the other site's account.
    application(&running.storage, "other", 2).await;
    let path = format!("/protected/json/users/{site_id}/delete");
    assert_eq!(running.site("POST", &path, "").await.status, 200);
    let after: Status = device.get(path::STATUS).await.json();
    assert!(after.accounts > given.revision);
    assert_eq!(after.head, status.head);
    let given: NativeAccounts = device.get(path::ACCOUNTS).await.json();
    assert!(given.accounts.is_empty());
    assert_ne!(
        running.verify(site_id, &device.native_code(NOW + 10)).await,
        200
    );
}
