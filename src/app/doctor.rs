//! What is wrong with this installation: as far as it shows without the password, and with it what the server says.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use authr_core::identity::Pending;
use authr_core::vault::{Header, OpenError, SlotKind, VaultFile};
use authr_crypto::kdf::KdfParams;

use super::agent::{Agent, IpcError};
use super::backup;
use super::damage::{Damage, damage};
use super::error::Error;
use super::session::Session;
use super::sync::{self, DRIFT_SECONDS};
use crate::context::Context;
use crate::store::{State, Store, StoreError};

/// How old the newest copy elsewhere may be, in seconds: 30 days.
const OLD_COPY_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Something that is not as it should be.
#[derive(Debug)]
pub(crate) enum Finding {
    /// What the person has set is not understood.
    BadSettings {
        /// The file.
        path: PathBuf,
        /// What is wrong in it, with its line.
        error: Error,
    },
    /// The agent is one of another version.
    OtherAgent {
        /// Its version.
        theirs: String,
    },
    /// An agent runs, and the vault that it held open is gone.
    AgentWithoutVault,
    /// The folder of the agent's socket is not this person's alone.
    SocketFolder {
        /// The folder.
        path: PathBuf,
        /// As in "is a symbolic link".
        problem: &'static str,
    },
    /// A registration was begun.
    Unfinished {
        /// `register` or `restore`.
        command: &'static str,
        /// Whether the code that was sent is still good.
        code_is_good: bool,
        /// The number.
        phone: String,
    },
    /// The file of a registration is not what was written.
    DamagedRequest(PathBuf),
    /// A device was made, and the server has not said yes to it yet.
    Unanswered,
    /// A temporary file of a process that was killed.
    Leftover(PathBuf),
    /// There is no vault.
    NoVault,
    /// The vault's file is not what was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: OpenError,
        /// When the newest earlier generation was saved that is whole, in seconds since 1970.
        whole_of: Option<u64>,
    },
    /// A newer vault was seen here than the one that is here.
    OlderThanSeen {
        /// The generation that is here.
        here: u64,
        /// The highest that was seen.
        seen: u64,
    },
    /// What is remembered beside the vault is not what was written.
    DamagedState(PathBuf),
    /// Other users of this machine can read, or enter.
    Open(PathBuf),
    /// No copy was made elsewhere.
    NoCopy,
    /// The last copy elsewhere is older than a month.
    OldCopy {
        /// When it was made, in seconds since 1970.
        at: u64,
    },
    /// Nothing but the password opens the vault.
    NoRecoveryCode,
    /// A guess at the password is cheaper than in a new vault.
    CheapPassword,
    /// Earlier generations that are no vaults any more.
    DamagedGenerations(usize),
    /// This machine's clock is off.
    Clock {
        /// The server's time less this machine's, in seconds.
        offset: i64,
    },
    /// The server does not answer this device as it should.
    Server(Error),
}

impl Finding {
    /// The vault in this file is damaged.
    pub(crate) fn of_damage(damage: &Damage, path: PathBuf) -> Self {
        Self::Damaged {
            path,
            source: damage.source,
            whole_of: damage.whole_of(),
        }
    }
}

/// Looks at the files of this installation, and for its agent. The network is left alone, and nothing is changed.
pub(crate) fn examine(context: &Context, store: &Store) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if let Err(error @ StoreError::Settings { .. }) = store.settings() {
        let (path, error) = (store.settings_path(), error.into());
        findings.push(Finding::BadSettings { path, error });
    }
    findings.extend(of_agent(context, store));
    findings.extend(of_requests(context, store));
    findings.extend(of_leftovers(store));
    if !store.exists() {
        findings.push(Finding::NoVault);
        return Ok(findings);
    }
    let path = store.vault_path();
    let folder = path.parent().map(Path::to_owned);
    for path in folder.into_iter().chain([path.clone()]) {
        let mode = std::fs::metadata(&path).map(|about| about.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o077 != 0) {
            findings.push(Finding::Open(path));
        }
    }
    let state = match store.state() {
        Ok(state) => Some(state),
        Err(StoreError::StateDamaged { path }) => {
            findings.push(Finding::DamagedState(path));
            None
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(damage) = damage(context, store)? {
        findings.push(Finding::of_damage(&damage, path));
        return Ok(findings);
    }
    let bytes = store.read()?;
    let file =
        VaultFile::parse(&bytes, &*context.kdf).map_err(|source| Error::Open { path, source })?;
    findings.extend(of_slots(file.header()));
    if let Some(state) = &state {
        findings.extend(of_state(context, state, file.header()));
    }
    let kept = backup::generations(context, store)?;
    let damaged = kept.iter().filter(|kept| kept.saved_at.is_none()).count();
    if damaged > 0 {
        findings.push(Finding::DamagedGenerations(damaged));
    }
    Ok(findings)
}

/// Asks the server of an open vault; none where it has none.
pub(crate) fn examine_server(session: &Session<'_>) -> Option<Vec<Finding>> {
    let content = session.content();
    // It has no identity before the answer.
    if matches!(content.pending, Some(Pending::Finish { .. })) {
        return Some(vec![Finding::Unanswered]);
    }
    content.identity.as_ref()?;
    let found = match sync::server_offset(session) {
        Ok(offset) => of_clock(offset),
        Err(error) => Some(Finding::Server(error)),
    };
    Some(found.into_iter().collect())
}

fn of_clock(offset: i64) -> Option<Finding> {
    (offset.unsigned_abs() > DRIFT_SECONDS).then_some(Finding::Clock { offset })
}

fn of_agent(context: &Context, store: &Store) -> Option<Finding> {
    match Agent::find(context, store) {
        Ok(Some(_)) if !store.exists() => Some(Finding::AgentWithoutVault),
        Err(Error::Agent(IpcError::OtherVersion { theirs })) => {
            Some(Finding::OtherAgent { theirs })
        }
        Err(Error::Agent(IpcError::UnsafeFolder { path, problem })) => {
            Some(Finding::SocketFolder { path, problem })
        }
        // Nothing else keeps a command from opening the vault by itself.
        _ => None,
    }
}

/// Registrations that were begun: the one that was answered, else the one that was not.
fn of_requests(context: &Context, store: &Store) -> Option<Finding> {
    let request = match store.request() {
        Ok(None) => store.unanswered_request(),
        found => found,
    };
    match request {
        Ok(request) => request.map(|request| {
            let now = context.clock.now();
            let mut answer = request.answer.iter();
            Finding::Unfinished {
                command: if request.restore {
                    "restore"
                } else {
                    "register"
                },
                code_is_good: answer.any(|answer| answer.expires_at > now),
                phone: request.phone,
            }
        }),
        Err(StoreError::RequestDamaged { path }) => Some(Finding::DamagedRequest(path)),
        Err(_) => None,
    }
}

fn of_leftovers(store: &Store) -> Vec<Finding> {
    if store.leftovers().is_empty() {
        return Vec::new();
    }
    // Where somebody saves at the moment, they are that process's.
    let Some(_lock) = store.lock_if_free() else {
        return Vec::new();
    };
    let leftovers = store.leftovers().into_iter();
    leftovers.map(Finding::Leftover).collect()
}

fn of_slots(header: &Header) -> Vec<Finding> {
    let mut findings = Vec::new();
    let slots = &header.slots;
    if !slots.iter().any(|slot| slot.kind() == SlotKind::Recovery) {
        findings.push(Finding::NoRecoveryCode);
    }
    let mut costs = slots.iter().filter_map(authr_core::vault::Slot::params);
    if costs.any(|cost| cost.is_cheaper_than(KdfParams::DEFAULT)) {
        findings.push(Finding::CheapPassword);
    }
    findings
}

/// What does not fit what is remembered beside the vault.
fn of_state(context: &Context, state: &State, header: &Header) -> Vec<Finding> {
    let mut findings = Vec::new();
    let seen = state.highest(header.vault_id);
    if let Some(seen) = seen.filter(|seen| *seen > header.generation) {
        let (here, seen) = (header.generation.number(), seen.number());
        findings.push(Finding::OlderThanSeen { here, seen });
    }
    match state.backup_at {
        None => findings.push(Finding::NoCopy),
        Some(at) if at + OLD_COPY_SECONDS < context.clock.now() => {
            findings.push(Finding::OldCopy { at });
        }
        Some(_) => {}
    }
    findings.extend(of_clock(sync::known_offset(&*context.clock, state)));
    findings
}
