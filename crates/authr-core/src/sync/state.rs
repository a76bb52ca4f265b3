//! How far a device has read the feed, and what it knows of each record (vault-format.md section 7.5).

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::stamp::{MAX_LINE, Stamp};
use crate::tlv::{CRITICAL, FieldError, Reader, Writer};

const CURSOR: u16 = CRITICAL | 1;
const LOCKER: u16 = CRITICAL | 2;
const CHAIN: u16 = CRITICAL | 3;
const KNOWN: u16 = CRITICAL | 4;
const SET_ASIDE: u16 = CRITICAL | 5;

const FLAG_PRESENT: u8 = 1;
const FLAG_TRASHED: u8 = 2;
const FLAG_UNSENT: u8 = 4;

/// The most devices whose chains are followed: each came by an entry of the list.
pub const MAX_CHAINS: usize = 2048;
/// The most records of a user.
pub const MAX_KNOWN: usize = 20_000;
/// The most records that are set aside.
pub const MAX_SET_ASIDE: usize = 64;
/// The longest record that is set aside, in bytes.
pub const MAX_SET_ASIDE_BYTES: usize = 16 * 1024;

/// What a device knows of the records at its server.
#[derive(Default)]
pub struct SyncState {
    /// The revision up to which the feed was read.
    pub cursor: u64,
    /// The locker whose password opens this vault, once it was seen.
    pub locker: Option<SeenLocker>,
    /// How far each device's chain was verified, this device's own among them.
    pub chains: BTreeMap<[u8; 16], ChainEnd>,
    /// The records, by id.
    pub known: BTreeMap<[u8; 16], Known>,
    /// Records that are not taken in yet, by id.
    pub set_aside: BTreeMap<[u8; 16], SetAside>,
}

/// A version of the locker, and the cost of its derivation: a later one must not be cheaper to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenLocker {
    /// Its version.
    pub version: u64,
    /// Memory of Argon2id, in KiB.
    pub memory_kib: u32,
    /// Passes of Argon2id.
    pub passes: u32,
    /// Lanes of Argon2id.
    pub lanes: u32,
}

/// The last record of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainEnd {
    /// Its number.
    pub dseq: u64,
    /// The link after it.
    pub link: [u8; 32],
}

/// The version of an account that this device and its server last agreed on, or that a merge made of both.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// The revision of the record at the server; 0 while there is none.
    pub revision: u64,
    /// SHA-256 of the account's encoding with its counter at zero; none once the account itself is gone.
    pub account: Option<[u8; 32]>,
    /// The counter of an account that counts, else 0.
    pub counter: u64,
    /// SHA-256 of what makes the account's codes.
    pub codes: [u8; 32],
    /// When it was edited.
    pub stamp: Stamp,
    /// When its secret was set.
    pub secret_stamp: Stamp,
    /// The earlier secrets that this one replaced, ascending.
    pub line: BTreeSet<Stamp>,
    /// Whether the account was in the trash.
    pub trashed: bool,
    /// Whether the server has another version than this one.
    pub unsent: bool,
}

/// A record that is not taken in yet.
#[derive(Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its revision.
    pub revision: u64,
    /// What it decrypts to.
    pub plaintext: Zeroizing<Vec<u8>>,
}

impl SyncState {
    /// The same state held twice.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            cursor: self.cursor,
            locker: self.locker,
            chains: self.chains.clone(),
            known: self.known.clone(),
            set_aside: self.set_aside.clone(),
        }
    }

    /// The fields of the state.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer =
            Writer::with_capacity(64 + 64 * self.chains.len() + 192 * self.known.len());
        writer.number(CURSOR, self.cursor);
        if let Some(locker) = &self.locker {
            writer.field(LOCKER, &locker.to_bytes());
        }
        for (device, end) in &self.chains {
            writer.field(
                CHAIN,
                &[device.as_slice(), &end.dseq.to_be_bytes(), &end.link].concat(),
            );
        }
        for (id, known) in &self.known {
            writer.field(KNOWN, &known.to_bytes(id));
        }
        for (id, record) in &self.set_aside {
            let mut bytes = Zeroizing::new(Vec::with_capacity(24 + record.plaintext.len()));
            bytes.extend_from_slice(id);
            bytes.extend_from_slice(&record.revision.to_be_bytes());
            bytes.extend_from_slice(&record.plaintext);
            writer.field(SET_ASIDE, &bytes);
        }
        writer.finish()
    }

    /// The state of the fields.
    ///
    /// # Errors
    /// [`FieldError`], also for ids that do not ascend, and beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut state = Self::default();
        let mut cursor = None;
        let mut reader = Reader::new(bytes, &[CHAIN, KNOWN, SET_ASIDE]);
        while let Some(field) = reader.next()? {
            let taken = match field.tag {
                CURSOR => {
                    cursor = Some(field.u64()?);
                    Some(())
                }
                LOCKER => SeenLocker::read(Cut(field.value)).map(|seen| state.locker = Some(seen)),
                CHAIN => ChainEnd::read(Cut(field.value)).and_then(|(device, end)| {
                    ascending(&mut state.chains, device, end, MAX_CHAINS)
                }),
                KNOWN => Known::read(Cut(field.value))
                    .and_then(|(id, known)| ascending(&mut state.known, id, known, MAX_KNOWN)),
                SET_ASIDE => SetAside::read(Cut(field.value)).and_then(|(id, record)| {
                    ascending(&mut state.set_aside, id, record, MAX_SET_ASIDE)
                }),
                _ => return Err(field.unknown()),
            };
            taken.ok_or(field.malformed())?;
        }
        state.cursor = cursor.ok_or(FieldError::Malformed { at: bytes.len() })?;
        Ok(state)
    }
}

/// Puts in what must come after all that is there.
fn ascending<T>(
    map: &mut BTreeMap<[u8; 16], T>,
    id: [u8; 16],
    value: T,
    limit: usize,
) -> Option<()> {
    let after = map.last_key_value().is_none_or(|(last, _)| *last < id);
    (after && map.len() < limit).then(|| {
        map.insert(id, value);
    })
}

/// Bytes that are cut from the front.
struct Cut<'a>(&'a [u8]);

impl Cut<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (part, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*part)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn small(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(u8::from_be_bytes)
    }

    fn stamp(&mut self) -> Option<Stamp> {
        self.take().map(Stamp::from_bytes)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

impl SeenLocker {
    /// `version u64 || memory KiB u32 || passes u32 || lanes u32`.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.version.to_be_bytes().to_vec();
        for number in [self.memory_kib, self.passes, self.lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    fn read(mut cut: Cut<'_>) -> Option<Self> {
        let seen = Self {
            version: cut.number()?,
            memory_kib: cut.small()?,
            passes: cut.small()?,
            lanes: cut.small()?,
        };
        cut.end().map(|()| seen)
    }
}

impl ChainEnd {
    /// `device[16] || dseq u64 || link[32]`.
    fn read(mut cut: Cut<'_>) -> Option<([u8; 16], Self)> {
        let device = cut.take()?;
        let end = Self {
            dseq: cut.number()?,
            link: cut.take()?,
        };
        cut.end().map(|()| (device, end))
    }
}

impl Known {
    /// `id[16] || revision u64 || flags u8 || account[32] || counter u64 || codes[32] || stamp[24] || secret stamp[24]
    /// || count u8 || count × stamp[24]`; flags are 1 present, 2 trashed, 4 unsent.
    ///
    /// # Panics
    /// Never: a line has at most [`MAX_LINE`] stamps.
    fn to_bytes(&self, id: &[u8; 16]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(192 + Stamp::BYTES * self.line.len());
        let flag = |flag, is_set: bool| if is_set { flag } else { 0 };
        let flags = flag(FLAG_PRESENT, self.account.is_some())
            | flag(FLAG_TRASHED, self.trashed)
            | flag(FLAG_UNSENT, self.unsent);
        let count = u8::try_from(self.line.len()).expect("because a line has a limit");
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(&self.revision.to_be_bytes());
        bytes.push(flags);
        bytes.extend_from_slice(&self.account.unwrap_or_default());
        bytes.extend_from_slice(&self.counter.to_be_bytes());
        bytes.extend_from_slice(&self.codes);
        bytes.extend_from_slice(&self.stamp.to_bytes());
        bytes.extend_from_slice(&self.secret_stamp.to_bytes());
        bytes.push(count);
        for stamp in &self.line {
            bytes.extend_from_slice(&stamp.to_bytes());
        }
        bytes
    }

    fn read(mut cut: Cut<'_>) -> Option<([u8; 16], Self)> {
        let (id, revision, flags) = (cut.take()?, cut.number()?, cut.byte()?);
        let is_set = |flag| flags & flag != 0;
        let account: [u8; 32] = cut.take()?;
        let plain_flags = flags & !(FLAG_PRESENT | FLAG_TRASHED | FLAG_UNSENT) == 0;
        let zero_when_gone = is_set(FLAG_PRESENT) || account == [0; 32];
        let mut known = Self {
            revision,
            account: is_set(FLAG_PRESENT).then_some(account),
            counter: cut.number()?,
            codes: cut.take()?,
            stamp: cut.stamp()?,
            secret_stamp: cut.stamp()?,
            line: BTreeSet::new(),
            trashed: is_set(FLAG_TRASHED),
            unsent: is_set(FLAG_UNSENT),
        };
        let count = usize::from(cut.byte()?);
        for _ in 0..count {
            let stamp = cut.stamp()?;
            if known.line.last().is_some_and(|last| *last >= stamp) {
                return None;
            }
            known.line.insert(stamp);
        }
        cut.end()?;
        (plain_flags && zero_when_gone && count <= MAX_LINE).then_some((id, known))
    }
}

impl SetAside {
    /// `id[16] || revision u64 || plaintext`.
    fn read(mut cut: Cut<'_>) -> Option<([u8; 16], Self)> {
        let (id, revision) = (cut.take()?, cut.number()?);
        let plaintext = Zeroizing::new(cut.0.to_vec());
        let fits = plaintext.len() <= MAX_SET_ASIDE_BYTES;
        fits.then_some((
            id,
            Self {
                revision,
                plaintext,
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(line: u64) -> Known {
        let stamp = |clock| Stamp {
            clock,
            author: [9; 16],
        };
        Known {
            revision: 7,
            account: Some([1; 32]),
            counter: 3,
            codes: [2; 32],
            stamp: stamp(u64::MAX),
            secret_stamp: stamp(5),
            line: (0..line).map(stamp).collect(),
            trashed: true,
            unsent: false,
        }
    }

    fn state() -> SyncState {
        let mut state = SyncState {
            cursor: 9,
            locker: Some(SeenLocker {
                version: 2,
                memory_kib: 131_072,
                passes: 3,
                lanes: 4,
            }),
            ..SyncState::default()
        };
        for id in 1..4 {
            let end = ChainEnd {
                dseq: id.into(),
                link: [id; 32],
            };
            state.chains.insert([id; 16], end);
            state.known.insert([id; 16], known(id.into()));
            let record = SetAside {
                revision: id.into(),
                plaintext: Zeroizing::new(vec![id; 5]),
            };
            state.set_aside.insert([id; 16], record);
        }
        let gone = Known {
            account: None,
            ..known(0)
        };
        state.known.insert([4; 16], gone);
        state
    }

    #[test]
    fn a_state_comes_back_as_it_was_written() {
        let bytes = state().encode();
        let read = SyncState::decode(&bytes).unwrap();
        assert!(read.known == state().known && read.set_aside == state().set_aside);
        assert_eq!(read.chains, state().chains);
        assert_eq!((read.cursor, read.locker), (9, state().locker));
        assert!(read.duplicate().encode() == bytes);
    }

    #[test]
    fn a_state_cut_anywhere_inside_a_field_is_refused() {
        let bytes = state().encode();
        // Between two fields stands a shorter state, and a whole one, once the cursor is there.
        let mut boundaries = Vec::new();
        let mut reader = Reader::new(&bytes, &[CHAIN, KNOWN, SET_ASIDE]);
        while let Some(field) = reader.next().unwrap() {
            boundaries.push(field.at + field.value.len());
        }
        for cut in 0..bytes.len() {
            let whole = boundaries.contains(&cut);
            assert_eq!(
                SyncState::decode(&bytes[..cut]).is_ok(),
                whole,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn one_beyond_each_limit_is_refused() {
        let reads = |state: &SyncState| SyncState::decode(&state.encode()).is_ok();
        let id = |number: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            id
        };
        for (count, fits) in [(MAX_SET_ASIDE, true), (MAX_SET_ASIDE + 1, false)] {
            let record = SetAside {
                revision: 1,
                plaintext: Zeroizing::new(vec![1]),
            };
            let state = SyncState {
                set_aside: (0..count).map(|n| (id(n), record.clone())).collect(),
                ..SyncState::default()
            };
            assert_eq!(reads(&state), fits);
        }
        for (count, fits) in [(MAX_CHAINS, true), (MAX_CHAINS + 1, false)] {
            let end = ChainEnd {
                dseq: 1,
                link: [1; 32],
            };
            let state = SyncState {
                chains: (0..count).map(|n| (id(n), end)).collect(),
                ..SyncState::default()
            };
            assert_eq!(reads(&state), fits);
        }
        for (count, fits) in [(MAX_KNOWN, true), (MAX_KNOWN + 1, false)] {
            let state = SyncState {
                known: (0..count).map(|n| (id(n), known(0))).collect(),
                ..SyncState::default()
            };
            assert_eq!(reads(&state), fits);
        }
        for (line, fits) in [(16, true), (17, false)] {
            let mut state = SyncState::default();
            state.known.insert([1; 16], known(line));
            assert_eq!(reads(&state), fits);
        }
        for (bytes, fits) in [
            (MAX_SET_ASIDE_BYTES, true),
            (MAX_SET_ASIDE_BYTES + 1, false),
        ] {
            let record = SetAside {
                revision: 1,
                plaintext: Zeroizing::new(vec![1; bytes]),
            };
            let mut state = SyncState::default();
            state.set_aside.insert([1; 16], record);
            assert_eq!(reads(&state), fits);
        }
    }

    #[test]
    fn ids_that_do_not_ascend_and_flags_that_are_not_known_are_refused() {
        let write = |entries: &[Vec<u8>]| {
            let mut writer = Writer::with_capacity(512);
            writer.number(CURSOR, 0);
            for entry in entries {
                writer.field(KNOWN, entry);
            }
            SyncState::decode(&writer.finish()).is_ok()
        };
        let (one, two) = (known(0).to_bytes(&[1; 16]), known(0).to_bytes(&[2; 16]));
        assert!(write(&[one.clone(), two.clone()]));
        assert!(!write(&[two, one.clone()]));
        assert!(!write(&[one.clone(), one.clone()]));
        let mut flagged = one;
        flagged[24] |= 8;
        assert!(!write(&[flagged]));
    }
}
