//! What every storage must do, whatever database is behind it. A second one adds `conformance!(make)` to its tests.

use std::any::Any;
use std::sync::Arc;

use super::*;

pub(crate) mod accounts;
pub(crate) mod codes;
pub(crate) mod fixtures;
pub(crate) mod lists;
pub(crate) mod messages;
pub(crate) mod records;
pub(crate) mod registrations;
pub(crate) mod requests;

/// An empty storage, and what must live as long as it.
pub(crate) type Made = (Arc<dyn Storage>, Box<dyn Any>);

/// One test for each claim.
macro_rules! conformance {
    ($make:path) => {
        $crate::storage::conformance::claims! { $make =>
            accounts::a_second_open_answers_the_first_id_and_adds_the_address
            accounts::an_id_that_is_taken_is_a_conflict_and_leaves_no_user
            accounts::closing_ends_one_application_and_keeps_a_shell_without_a_seed
            accounts::a_closed_account_may_be_opened_anew_with_another_id
            accounts::a_sweep_takes_shells_and_users_who_never_had_a_device
            accounts::deleting_a_user_leaves_no_row_in_any_table
            accounts::a_name_is_taken_once_and_a_key_finds_its_application
            accounts::the_first_root_key_stays
            accounts::addresses_have_a_maximum
            codes::of_fifty_uses_of_one_step_exactly_one_is_accepted
            codes::of_fifty_uses_of_one_token_exactly_one_is_accepted
            codes::a_step_before_the_last_one_is_used
            codes::two_devices_in_one_step_are_both_accepted_once
            codes::a_removed_device_and_another_generation_are_wrong_at_once
            codes::wrong_codes_count_and_a_right_one_resets
            codes::at_the_cap_a_right_step_is_wrong_and_a_right_token_is_right
            codes::no_try_escapes_the_counter_however_many_come_at_once
            codes::a_token_dies_by_age_by_tries_and_by_a_newer_one
            codes::a_closed_account_takes_no_code
            codes::a_device_is_given_the_accounts_of_its_user_alone_and_keeps_their_last_step
            messages::a_refused_message_leaves_the_older_token_alive
            messages::a_rule_sees_what_was_sent_lately_and_what_was_verified
            messages::what_strangers_have_sent_by_registering_counts_against_no_token
            messages::a_claimed_message_is_not_claimed_again_before_its_time
            messages::a_newer_token_takes_the_older_message_off_the_queue
            requests::of_fifty_notes_of_one_nonce_one_is_new
            requests::a_change_made_again_is_answered_as_before_and_made_once
            requests::a_denied_change_is_forgotten_and_its_nonce_is_not
            requests::an_answer_that_cannot_be_made_undoes_its_change
            requests::what_is_remembered_of_requests_is_swept_in_its_time
            registrations::a_registration_is_its_signers_alone
            registrations::a_refused_message_leaves_no_registration
            registrations::of_twenty_wrong_codes_at_once_five_are_counted_and_the_right_one_is_late
            registrations::a_resend_kills_the_code_before_and_forgives_no_try
            registrations::a_number_has_one_proven_registration_and_no_list_is_a_first_device
            registrations::a_registration_that_led_to_nothing_is_swept_with_the_user_it_made
            registrations::a_sweep_leaves_a_running_request_its_message_and_what_was_sent
            lists::of_twenty_first_lists_at_once_one_is_kept
            lists::entries_that_follow_another_head_are_denied
            lists::a_removal_that_states_another_record_changes_nothing
            lists::an_id_or_a_key_that_was_ever_used_makes_no_device
            lists::only_a_proven_registration_of_the_user_becomes_a_device
            lists::of_fifty_wrong_tries_at_once_five_are_judged_and_the_sixth_waits_a_day
            lists::at_ten_wrong_tries_a_locker_is_shut_until_unlocked_or_replaced
            lists::a_right_try_takes_its_own_count_back
            lists::who_has_no_locker_tries_none
            records::a_push_that_breaks_the_order_leaves_nothing
            records::a_record_that_is_there_is_done_and_another_under_its_number_is_denied
            records::of_two_devices_that_replace_one_version_one_does
            records::a_removed_device_pushes_nothing_and_what_it_pushed_stays
        }
    };
}

macro_rules! claims {
    ($make:path => $($area:ident::$claim:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                let (storage, _alive) = $make();
                $crate::storage::conformance::$area::$claim(storage).await;
            }
        )*
    };
}

pub(crate) use {claims, conformance};

/// A moment to start from.
pub(crate) const NOW: UnixSeconds = 1_000_000_000;

/// An id for a number.
pub(crate) fn id(number: u8) -> [u8; 16] {
    [number; 16]
}

/// An application, already stored.
pub(super) async fn application(storage: &Arc<dyn Storage>, number: u8) -> ApplicationId {
    let application = ApplicationId(id(number));
    storage
        .create_application(
            Application {
                application,
                name: format!("site {number}"),
                token_lifetime: Some(600),
                forced_sms: ForcedSms::Allow,
                created_at: NOW,
            },
            KeyHash([number; 32]),
        )
        .await
        .unwrap();
    application
}

/// An account to open: phone, ids and address follow from the numbers.
pub(super) fn new_account(application: ApplicationId, phone: u8, offer: u8) -> NewAccount {
    NewAccount {
        application,
        phone: Index([phone; 32]),
        user: UserId(id(offer)),
        phone_sealed: Sealed(vec![phone; 40]),
        account: AccountId(id(offer)),
        site_id: SiteId(u32::from(offer)),
        seed_sealed: Sealed(vec![offer; 40]),
        email: NewEmail {
            row: RowId(id(offer)),
            index: Index([offer; 32]),
            sealed: Sealed(vec![offer; 40]),
        },
        max_emails: 3,
        now: NOW,
    }
}

/// One application with one open account.
pub(crate) async fn opened(storage: &Arc<dyn Storage>) -> (ApplicationId, AccountId, SiteId) {
    let application = application(storage, 1).await;
    let site_id = storage
        .open_account(new_account(application, 1, 1))
        .await
        .unwrap();
    (application, AccountId(id(1)), site_id)
}

/// A device of the user of [`opened`] that holds its account.
pub(crate) async fn holder(storage: &Arc<dyn Storage>, number: u8) -> DeviceId {
    fixtures::join(storage, UserId(id(1)), number).await
}

/// A try that matched nothing.
pub(super) fn attempt() -> Attempt {
    Attempt {
        account: AccountId(id(1)),
        steps: Vec::new(),
        token: None,
        cap: 50,
        token_tries: 10,
        now: NOW,
    }
}

/// A try that matched a step of a device.
pub(super) fn step(device: DeviceId, start: UnixSeconds) -> Attempt {
    Attempt {
        steps: vec![MatchedStep {
            device,
            generation: 1,
            start,
        }],
        ..attempt()
    }
}

/// A try that matched a token.
pub(super) fn token(token: MessageId) -> Attempt {
    Attempt {
        token: Some(token),
        ..attempt()
    }
}

/// Sends a token to the user of [`opened`].
pub(super) async fn send(
    storage: &Arc<dyn Storage>,
    number: u8,
    expires_at: Option<UnixSeconds>,
) -> MessageId {
    let message = message(number, NOW);
    let id = message.message;
    let sent = storage
        .send_token(new_token(expires_at), message, Box::new(|_| Ok(())))
        .await;
    assert_eq!(sent.unwrap(), Ok(()));
    id
}

pub(super) fn new_token(expires_at: Option<UnixSeconds>) -> NewToken {
    NewToken {
        account: AccountId(id(1)),
        code_mac: [9; 32],
        expires_at,
    }
}

pub(super) fn message(number: u8, now: UnixSeconds) -> NewMessage {
    NewMessage {
        message: MessageId(id(number)),
        purpose: Purpose::Token,
        phone: Index([1; 32]),
        prefix: Index([100; 32]),
        network: Some(Index([200; 32])),
        application: Some(ApplicationId(id(1))),
        sealed: Sealed(vec![number; 40]),
        now,
        expires_at: now + 600,
    }
}
