//! Messages survive a gateway that is down and a worker that dies, as long as they are worth it.

use std::sync::atomic::Ordering;

use super::*;
use crate::tests::Site;

async fn queued() -> Site {
    let site = Site::new().await;
    let id = site.user("201-555-0123").await;
    site.get(&format!("/protected/json/sms/{id}")).await;
    site
}

fn delivered(site: &Site) -> usize {
    site.gateway.messages.lock().unwrap().len()
}

#[tokio::test]
async fn a_message_waits_for_a_gateway_that_is_down_and_goes_out_once() {
    let site = queued().await;
    site.gateway.refuses.store(true, Ordering::SeqCst);
    send_due(&site.server).await.unwrap();
    site.gateway.refuses.store(false, Ordering::SeqCst);
    send_due(&site.server).await.unwrap();
    assert_eq!(delivered(&site), 0);
    site.clock.advance(FIRST_WAIT);
    for _ in 0..2 {
        send_due(&site.server).await.unwrap();
        assert_eq!(delivered(&site), 1);
    }
}

#[tokio::test]
async fn a_message_is_given_up_after_its_last_attempt() {
    let site = queued().await;
    site.gateway.refuses.store(true, Ordering::SeqCst);
    for _ in 0..ATTEMPTS {
        send_due(&site.server).await.unwrap();
        site.clock.advance(60);
    }
    site.gateway.refuses.store(false, Ordering::SeqCst);
    site.clock.advance(LEASE);
    send_due(&site.server).await.unwrap();
    assert_eq!(delivered(&site), 0);
}

#[tokio::test]
async fn a_message_whose_code_is_dead_is_not_sent() {
    let site = queued().await;
    site.clock.advance(600);
    send_due(&site.server).await.unwrap();
    assert_eq!(delivered(&site), 0);
    let left = site.server.storage.claim_messages(i64::MAX, 0, 9).await;
    assert!(left.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_worker_left_behind_when_it_died_is_sent_by_the_next() {
    let site = queued().await;
    let now = site.server.clock.now();
    let taken = site.server.storage.claim_messages(now, now + LEASE, 9);
    assert_eq!(taken.await.unwrap().len(), 1);
    send_due(&site.server).await.unwrap();
    assert_eq!(delivered(&site), 0);
    site.clock.advance(LEASE);
    send_due(&site.server).await.unwrap();
    assert_eq!(delivered(&site), 1);
}
