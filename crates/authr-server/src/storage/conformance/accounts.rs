//! Applications, accounts and users.

use authr_api::chain::ChainHead;

use super::*;

pub(crate) async fn a_second_open_answers_the_first_id_and_adds_the_address(
    storage: Arc<dyn Storage>,
) {
    let (application, account, site_id) = opened(&storage).await;
    let again = storage.open_account(new_account(application, 1, 2)).await;
    assert_eq!(again.unwrap(), site_id);
    let seen = storage
        .account(application, site_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen.account, account);
    assert_eq!(seen.user, UserId(id(1)));
    assert_eq!(seen.phone_sealed, Sealed(vec![1; 40]));
    let rows = storage.rows_of(UserId(id(1))).await.unwrap();
    assert_eq!(
        rows,
        [
            ("emails".into(), 2),
            ("accounts".into(), 1),
            ("users".into(), 1)
        ]
    );
    assert_eq!(storage.rows_of(UserId(id(2))).await.unwrap(), []);
}

pub(crate) async fn addresses_have_a_maximum(storage: Arc<dyn Storage>) {
    let (application, ..) = opened(&storage).await;
    for offer in 2..=9 {
        storage
            .open_account(new_account(application, 1, offer))
            .await
            .unwrap();
    }
    let rows = storage.rows_of(UserId(id(1))).await.unwrap();
    assert_eq!(rows[0], ("emails".into(), 3));
}

pub(crate) async fn an_id_that_is_taken_is_a_conflict_and_leaves_no_user(
    storage: Arc<dyn Storage>,
) {
    let (application, _, SiteId(taken)) = opened(&storage).await;
    let clash = NewAccount {
        site_id: SiteId(taken),
        ..new_account(application, 2, 2)
    };
    assert!(matches!(
        storage.open_account(clash).await,
        Err(StorageError::Conflict(_))
    ));
    assert_eq!(storage.user_by_phone(Index([2; 32])).await.unwrap(), None);
}

pub(crate) async fn closing_ends_one_application_and_keeps_a_shell_without_a_seed(
    storage: Arc<dyn Storage>,
) {
    let (one, _, site_id) = opened(&storage).await;
    let other = application(&storage, 2).await;
    let elsewhere = storage
        .open_account(new_account(other, 1, 2))
        .await
        .unwrap();
    let device = holder(&storage, 7).await;
    let before = storage.hand_out_accounts(device, NOW).await.unwrap();
    assert_eq!(before.accounts.len(), 2);
    send(&storage, 20, None).await;

    assert!(!storage.close_account(other, site_id, NOW).await.unwrap());
    assert!(storage.close_account(one, site_id, NOW).await.unwrap());
    assert!(!storage.close_account(one, site_id, NOW).await.unwrap());

    let shell = storage.account(one, site_id).await.unwrap().unwrap();
    assert_eq!(shell.removed_at, Some(NOW));
    assert!(shell.email.is_none() && shell.devices.is_empty());
    assert!(storage.code_check(one, site_id).await.unwrap().is_none());
    assert!(
        storage
            .claim_messages(NOW, NOW, 9)
            .await
            .unwrap()
            .is_empty()
    );

    let kept = storage.account(other, elsewhere).await.unwrap().unwrap();
    assert!(kept.removed_at.is_none() && kept.email.is_some());
    assert_eq!(kept.devices.len(), 1);
    let native = storage.hand_out_accounts(device, NOW).await.unwrap();
    assert_eq!(native.accounts.len(), 1);
    assert_eq!(native.accounts[0].name, "site 2");
    assert!(native.revision > before.revision);
}

pub(crate) async fn a_closed_account_may_be_opened_anew_with_another_id(storage: Arc<dyn Storage>) {
    let (application, _, site_id) = opened(&storage).await;
    storage
        .close_account(application, site_id, NOW)
        .await
        .unwrap();
    let anew = storage
        .open_account(new_account(application, 1, 2))
        .await
        .unwrap();
    assert_ne!(anew, site_id);
    let check = storage
        .code_check(application, anew)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(check.account, AccountId(id(2)));
    assert!(
        storage
            .account(application, site_id)
            .await
            .unwrap()
            .is_some()
    );
}

/// A sweep of everything before a moment.
fn kept_since(moment: UnixSeconds) -> Kept {
    Kept {
        closed: moment,
        sent: moment,
        seen: moment,
        answered: moment,
        ended: moment,
    }
}

pub(crate) async fn a_sweep_takes_shells_and_users_who_never_had_a_device(
    storage: Arc<dyn Storage>,
) {
    let (application, _, site_id) = opened(&storage).await;
    let other = storage
        .open_account(new_account(application, 2, 2))
        .await
        .unwrap();
    holder(&storage, 7).await;
    send(&storage, 20, None).await;
    for closed in [site_id, other] {
        storage
            .close_account(application, closed, NOW)
            .await
            .unwrap();
    }
    assert!(!storage.sweep(kept_since(NOW)).await.unwrap());
    assert!(
        storage
            .account(application, site_id)
            .await
            .unwrap()
            .is_some()
    );
    assert!(!storage.sweep(kept_since(NOW + 1)).await.unwrap());
    assert!(
        storage
            .account(application, site_id)
            .await
            .unwrap()
            .is_none()
    );
    // Who had a device stays, until the operator or the person says otherwise.
    assert_eq!(
        storage.rows_of(UserId(id(1))).await.unwrap(),
        [
            ("entries".into(), 1),
            ("lists".into(), 1),
            ("devices".into(), 1),
            ("users".into(), 1)
        ]
    );
    assert_eq!(storage.user_by_phone(Index([2; 32])).await.unwrap(), None);
}

pub(crate) async fn deleting_a_user_leaves_no_row_in_any_table(storage: Arc<dyn Storage>) {
    let (one, ..) = opened(&storage).await;
    let two = application(&storage, 2).await;
    storage.open_account(new_account(two, 1, 2)).await.unwrap();
    let bystander = storage.open_account(new_account(one, 3, 3)).await.unwrap();
    let device = fixtures::with_locker(&storage, 7).await;
    send(&storage, 20, None).await;
    fixtures::requested(&storage, 21).await;
    fixtures::proven(&storage, 22).await;
    let known = storage.device(device).await.unwrap().unwrap();
    let record = NewRecord {
        base: 0,
        record: fixtures::record(7, 1, ChainHead::EMPTY, 1),
    };
    let change = fixtures::change(fixtures::by(7), NOW);
    let pushed = storage.push_records(change, known, vec![record], fixtures::told());
    pushed.await.unwrap().unwrap();
    let user = UserId(id(1));
    let tables: Vec<String> = storage
        .rows_of(user)
        .await
        .unwrap()
        .into_iter()
        .map(|(table, _)| table)
        .collect();
    assert_eq!(
        tables,
        [
            "outbox",
            "sends",
            "tokens",
            "emails",
            "device_accounts",
            "accounts",
            "nonces",
            "answers",
            "registrations",
            "records",
            "lockers",
            "entries",
            "lists",
            "devices",
            "users"
        ]
    );
    for _ in 0..2 {
        storage.delete_user(user).await.unwrap();
        assert_eq!(storage.rows_of(user).await.unwrap(), []);
    }
    assert_eq!(storage.user_by_phone(Index([1; 32])).await.unwrap(), None);
    assert!(
        storage
            .claim_messages(NOW, NOW, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(storage.account(one, bystander).await.unwrap().is_some());
}

pub(crate) async fn a_name_is_taken_once_and_a_key_finds_its_application(
    storage: Arc<dyn Storage>,
) {
    let one = application(&storage, 1).await;
    let clash = Application {
        application: ApplicationId(id(9)),
        name: "site 1".into(),
        token_lifetime: None,
        forced_sms: ForcedSms::Refuse,
        created_at: NOW,
    };
    assert!(matches!(
        storage
            .create_application(clash.clone(), KeyHash([9; 32]))
            .await,
        Err(StorageError::Conflict("name"))
    ));
    assert_eq!(
        storage.application_by_key(KeyHash([9; 32])).await.unwrap(),
        None
    );
    let other = Application {
        name: "another".into(),
        ..clash
    };
    storage
        .create_application(other.clone(), KeyHash([9; 32]))
        .await
        .unwrap();
    assert_eq!(
        storage.application_by_key(KeyHash([9; 32])).await.unwrap(),
        Some(other.clone())
    );
    let all = storage.applications().await.unwrap();
    assert_eq!(all[0], other);
    assert_eq!(all[1].application, one);
}

pub(crate) async fn the_first_root_key_stays(storage: Arc<dyn Storage>) {
    let offer = |index_key| RootKeyCheck {
        index_key,
        check: Sealed(vec![1]),
    };
    assert_eq!(storage.fix_root_key(offer(3)).await.unwrap(), offer(3));
    assert_eq!(storage.fix_root_key(offer(4)).await.unwrap(), offer(3));
}
