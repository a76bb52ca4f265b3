use authr_crypto::random::OsRandom;

use super::*;
use crate::chain::{ChainError, Chains, Step, Superseded};
use crate::fixtures::{TestDevice, TestUser, place};
use crate::list::Body;

const ACCOUNT: &[u8] = b"an account, encoded by someone else";

struct Writer {
    device: TestDevice,
    chain: ChainHead,
}

impl Writer {
    fn new(number: u8) -> Self {
        Self {
            device: TestDevice::new(number),
            chain: ChainHead::EMPTY,
        }
    }

    fn write(&mut self, user: &TestUser, id: u8, plaintext: &[u8]) -> SealedRecord {
        let new = NewRecord {
            id: RecordId([id; 16]),
            kind: RecordKind::Account,
            presence: Presence::Present,
            device: self.device.id,
            chain: self.chain,
        };
        let signer = &self.device.signer;
        let keys = user.epoch_keys();
        let record =
            SealedRecord::seal(&place().user, &new, plaintext, &keys, signer, &OsRandom).unwrap();
        self.chain = record.header().chain_after(&record.hash());
        record
    }
}

fn one() -> (TestUser, Writer, SealedRecord) {
    let mut writer = Writer::new(1);
    let user = TestUser::new(&writer.device);
    let record = writer.write(&user, 7, ACCOUNT);
    (user, writer, record)
}

fn left_of(record: &SealedRecord) -> Superseded {
    Superseded {
        device: record.header().device,
        dseq: record.header().dseq,
        hash: record.hash(),
    }
}

fn verify(
    chains: &mut Chains,
    user: &TestUser,
    records: &[&SealedRecord],
) -> Result<(), ChainError> {
    chains.verify(
        &user.list,
        records.iter().map(|record| Step::Record(record)),
    )
}

#[test]
fn a_record_comes_back_as_it_was_sealed() {
    let (user, writer, record) = one();
    let read = SealedRecord::parse(&record.to_wire()).unwrap();
    assert_eq!(read, record);
    let key = writer.device.signer.verifying_key();
    assert!(read.verify(&place().user, &key).is_ok());
    let plaintext = read.open(&place().user, &user.epoch_keys()).unwrap();
    assert_eq!(plaintext.as_slice(), ACCOUNT);
    assert_eq!((read.header().dseq, read.header().epoch), (1, 1));
}

#[test]
fn every_flipped_bit_and_every_truncation_of_a_record_is_refused() {
    let (_, writer, record) = one();
    let key = writer.device.signer.verifying_key();
    let wire = record.to_wire();
    let accepted = |wire: &[u8]| {
        SealedRecord::parse(wire).is_ok_and(|read| read.verify(&place().user, &key).is_ok())
    };
    assert!(accepted(&wire));
    for byte in 0..wire.len() {
        let mut changed = wire.clone();
        changed[byte] ^= 1 << (byte % 8);
        assert!(!accepted(&changed), "byte {byte}");
        assert!(!accepted(&wire[..byte]), "cut at {byte}");
    }
}

#[test]
fn a_record_of_another_user_or_key_does_not_open() {
    let (user, writer, record) = one();
    let (keys, other) = (user.epoch_keys(), UserId([9; 16]));
    let key = writer.device.signer.verifying_key();
    assert!(record.verify(&other, &key).is_err());
    assert_eq!(
        record.open(&other, &keys).unwrap_err(),
        RecordError::WrongKey
    );
}

#[test]
fn a_header_that_its_own_device_changes_afterwards_does_not_open() {
    // Signed anew, so that only the encryption can tell.
    let (user, writer, record) = one();
    let keys = user.epoch_keys();
    let tombstone_at = HEADER_BYTES - SALT_BYTES - COMMITMENT_BYTES - 1;
    let mut bytes = record.bytes.clone();
    bytes[tombstone_at] = 1;
    let signature = writer.device.signer.sign(&signed(&place().user, &bytes));
    let changed = SealedRecord::parse(&[&bytes[..], &signature].concat()).unwrap();
    let key = writer.device.signer.verifying_key();
    assert!(changed.verify(&place().user, &key).is_ok());
    assert_eq!(changed.header().presence, Presence::Tombstone);
    assert_eq!(
        changed.open(&place().user, &keys).unwrap_err(),
        RecordError::Tampered
    );
}

#[test]
fn lengths_of_accounts_do_not_show() {
    let (user, mut writer, record) = one();
    let longer = writer.write(&user, 8, &[7; 200]);
    assert_eq!(record.to_wire().len(), longer.to_wire().len());
}

#[test]
fn a_record_has_at_most_16_kib() {
    let (user, mut writer, _) = one();
    let most = writer.write(&user, 8, &[7; 15_868]);
    assert!(most.to_wire().len() <= RECORD_BYTES);
    let new = NewRecord {
        id: RecordId([9; 16]),
        kind: RecordKind::Account,
        presence: Presence::Present,
        device: writer.device.id,
        chain: writer.chain,
    };
    let (keys, signer) = (user.epoch_keys(), &writer.device.signer);
    let refused = SealedRecord::seal(&place().user, &new, &[7; 15_869], &keys, signer, &OsRandom);
    assert_eq!(refused.unwrap_err(), RecordError::TooLong);
    let mut wire = most.to_wire();
    wire.resize(RECORD_BYTES + 1, 0);
    let malformed = Malformed { at: RECORD_BYTES };
    assert_eq!(SealedRecord::parse(&wire), Err(malformed));
}

#[test]
fn a_chain_takes_records_and_what_is_left_of_superseded_ones() {
    let (user, mut writer, first) = one();
    let second = writer.write(&user, 7, b"newer");
    let third = writer.write(&user, 8, b"another");
    let mut chains = Chains::default();
    let left = left_of(&first);
    let steps = [
        Step::Superseded(&left),
        Step::Record(&second),
        Step::Record(&third),
    ];
    assert_eq!(chains.verify(&user.list, steps.into_iter()), Ok(()));
    assert_eq!(chains.head(&writer.device.id), writer.chain);
}

#[test]
fn a_record_left_out_twice_or_out_of_order_is_a_gap_and_nothing_is_taken_in() {
    let (user, mut writer, first) = one();
    let second = writer.write(&user, 7, b"newer");
    let third = writer.write(&user, 8, b"another");
    let gap = |records: &[&SealedRecord], dseq, expected| {
        let mut chains = Chains::default();
        let result = verify(&mut chains, &user, records);
        assert_eq!(result, Err(ChainError::Gap { dseq, expected }));
        assert_eq!(chains, Chains::default());
    };
    gap(&[&second], 2, 1);
    gap(&[&first, &third], 3, 2);
    gap(&[&first, &first], 1, 2);
    gap(&[&first, &third, &second], 3, 2);
}

#[test]
fn a_superseded_record_with_another_hash_breaks_the_link_of_the_next() {
    let (user, mut writer, first) = one();
    let second = writer.write(&user, 7, b"newer");
    let mut left = left_of(&first);
    left.hash.0[0] ^= 1;
    let steps = [Step::Superseded(&left), Step::Record(&second)];
    let result = Chains::default().verify(&user.list, steps.into_iter());
    assert_eq!(result, Err(ChainError::BrokenLink { dseq: 2 }));
}

#[test]
fn a_record_of_a_stranger_or_signed_by_another_device_is_refused() {
    let (user, _, record) = one();
    let mut stranger = Writer::new(9);
    let strange = stranger.write(&user, 7, ACCOUNT);
    let result = verify(&mut Chains::default(), &user, &[&strange]);
    assert_eq!(result, Err(ChainError::UnknownDevice));

    let signature = stranger
        .device
        .signer
        .sign(&signed(&place().user, &record.bytes));
    let forged = SealedRecord::parse(&[&record.bytes[..], &signature].concat()).unwrap();
    let result = verify(&mut Chains::default(), &user, &[&forged]);
    assert_eq!(result, Err(ChainError::BadSignature { dseq: 1 }));
}

/// Device 1 wrote two records, and device 2 removes it stating the first `stated` of them.
fn removed(stated: u64) -> (TestUser, [SealedRecord; 2]) {
    let (mut user, mut writer, first) = one();
    let two = TestDevice::new(2);
    user.join(&two);
    let after_first = writer.chain;
    let second = writer.write(&user, 8, b"another");
    let last = match stated {
        0 => ChainHead::EMPTY,
        1 => after_first,
        _ => writer.chain,
    };
    let (mut append, _) = user.removal(&two, &writer.device.id);
    let mut draft = user.draft();
    for entry in append.entries.drain(..) {
        let body = match entry.entry().body.clone() {
            Body::Remove { device, .. } => Body::Remove { device, last },
            body => body,
        };
        draft.sign(two.author(), body, &two.signer);
    }
    let list = crate::fixtures::wires(&draft.finish());
    user.list.extend(&list).unwrap();
    (user, [first, second])
}

#[test]
fn records_after_the_one_that_a_removal_states_are_refused() {
    let (user, [first, second]) = removed(1);
    let mut chains = Chains::default();
    assert_eq!(verify(&mut chains, &user, &[&first]), Ok(()));
    assert_eq!(chains.complete(&user.list), Ok(()));
    let result = verify(&mut chains, &user, &[&second]);
    assert_eq!(result, Err(ChainError::AfterRemoval { dseq: 2 }));
    let (user, [first, _]) = removed(0);
    let result = verify(&mut Chains::default(), &user, &[&first]);
    assert_eq!(result, Err(ChainError::AfterRemoval { dseq: 1 }));
}

#[test]
fn records_of_a_removed_device_that_are_held_back_show() {
    let (user, [first, second]) = removed(2);
    let mut chains = Chains::default();
    assert_eq!(verify(&mut chains, &user, &[&first]), Ok(()));
    let missing = ChainError::Missing { dseq: 1, stated: 2 };
    assert_eq!(chains.complete(&user.list), Err(missing));
    assert_eq!(verify(&mut chains, &user, &[&second]), Ok(()));
    assert_eq!(chains.complete(&user.list), Ok(()));
}

#[test]
fn records_from_before_a_removal_open_afterwards_and_new_ones_are_of_the_new_epoch() {
    let (mut user, mut writer, old) = one();
    let two = TestDevice::new(2);
    user.join(&two);
    user.remove(&writer.device, &two.id);
    let keys = user.epoch_keys();
    let opened = old.open(&place().user, &keys).unwrap();
    assert_eq!(opened.as_slice(), ACCOUNT);
    let new = writer.write(&user, 8, b"new");
    assert_eq!(new.header().epoch, 2);

    // What the removed device has opens nothing newer.
    let before = TestUser::new(&writer.device).epoch_keys();
    let refused = new.open(&place().user, &before);
    assert_eq!(refused.unwrap_err(), RecordError::NoKey { epoch: 2 });
}
