//! What failed for the user.

use std::path::PathBuf;

use authr_api::append::AppendError;
use authr_api::chain::ChainError;
use authr_api::error::ErrorCode;
use authr_api::list::{EpochError, ListError};
use authr_api::locker::LockerError;
use authr_api::record::RecordError;
use authr_core::sync::TooManySetAside;
use authr_core::vault::{OpenError, SealError};
use authr_formats::paper::{PaperError, TooManyCodes};
use authr_otp::resync::ResyncError;

use super::damage::is_damage;
use crate::ipc::IpcError;
use crate::keyring::KeyringError;
use crate::remote::RemoteError;
use crate::store::StoreError;

/// Why a use case did not succeed. Nothing was changed, unless the error says so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no vault yet.
    #[error("there is no vault in {} yet", path.display())]
    NoVault {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is one, made since this command looked.
    #[error("another authr has just created a vault in {}", path.display())]
    VaultAppeared {
        /// Where.
        path: PathBuf,
    },
    /// A vault or backup does not open.
    #[error("cannot open {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The vault that is here is not what was written any more.
    #[error("cannot open {}", path.display())]
    Damaged {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        source: OpenError,
    },
    /// The new content cannot be written.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was about to be written does not open again: the old vault was left in place.
    #[error(
        "the vault that was about to be written does not open again; the old one is still in place"
    )]
    WouldNotOpen {
        /// Why.
        source: OpenError,
    },
    /// What was written is not what lies on the disk.
    #[error("{} is not what was written", path.display())]
    WrittenOtherwise {
        /// Which file.
        path: PathBuf,
    },
    /// The password was changed by another process since the vault was opened.
    #[error("the backups password was changed by another authr just now")]
    PasswordChanged,
    /// Another vault lies where the one was that was opened.
    #[error("another vault was put in the place of {}", path.display())]
    OtherVault {
        /// Its file.
        path: PathBuf,
    },
    /// An account without issuer and label could not be named.
    #[error("an account needs an issuer or a label")]
    Nameless,
    /// More tags than an account has room for.
    #[error("an account has at most {} tags", authr_core::account::MAX_TAGS)]
    TooManyTags,
    /// No account of that name.
    #[error("no account is named '{name}'")]
    NotFound {
        /// What was typed.
        name: String,
        /// Names near it.
        nearest: Vec<String>,
    },
    /// Several accounts of that name.
    #[error("'{name}' names several accounts:\n  {}", matches.join("\n  "))]
    Ambiguous {
        /// What was typed.
        name: String,
        /// Their names, each with the beginning of its id.
        matches: Vec<String>,
    },
    /// An account that was there when the command began.
    #[error("the account was removed by another authr just now")]
    Vanished,
    /// A code beside the present one, of an account that counts.
    #[error("{name} counts: each of its codes is shown once, at its turn")]
    Counts {
        /// Which account.
        name: String,
    },
    /// An account without a counter, where one is needed.
    #[error("{name} follows the time: it has no counter that could be elsewhere")]
    NoCounter {
        /// Which account.
        name: String,
    },
    /// Two codes that say nothing of an account's counter.
    #[error("the counter of {name} stays as it is: {source}")]
    Resync {
        /// Which account.
        name: String,
        /// Why.
        source: ResyncError,
    },
    /// A code before the first of all.
    #[error("there is no such code at that time")]
    NoSuchCode,
    /// A counter at its end.
    #[error("the counter of {name} is used up: its site must issue a new secret")]
    CounterUsedUp {
        /// Which account.
        name: String,
    },
    /// A file of another program.
    #[error("cannot import {}", path.display())]
    Import {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: authr_formats::FormatError,
    },
    /// A picture of a kit on paper, or the text of one.
    #[error("cannot read {}", path.display())]
    Paper {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: PaperError,
    },
    /// The codes of a kit on paper, taken together.
    #[error("{source}{}", no_code_in(without_code))]
    Kit {
        /// Why they give no backup.
        source: PaperError,
        /// The pictures in which no code was found.
        without_code: Vec<PathBuf>,
    },
    /// Among pictures of a kit on paper.
    #[error("{} is no picture of a paper kit; a backup in one file is passed alone", path.display())]
    NoPicture {
        /// Which file.
        path: PathBuf,
    },
    /// A backup that is too large for paper.
    #[error(transparent)]
    TooManyCodes(#[from] TooManyCodes),
    /// No earlier generation differs.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// The new password is the old one.
    #[error("the new password is the old one")]
    SamePassword,
    /// The server, or the way to it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What the server answered breaks the protocol.
    #[error("the server gave {0}: nothing of it was taken in")]
    BadAnswer(&'static str),
    /// What was typed is no code of a message.
    #[error("the code of the message has seven digits")]
    NotACode,
    /// No registration is under way.
    #[error("no registration was begun here")]
    NoRequest,
    /// `restore` of a number that never had a device.
    #[error("{phone} has no device yet: there is nothing to restore")]
    NothingToRestore {
        /// The number.
        phone: String,
    },
    /// `register` of a number that has devices.
    #[error("{phone} is registered on another device already")]
    NumberHasDevices {
        /// The number.
        phone: String,
    },
    /// The vault is a device already.
    #[error("this vault is registered for {phone} already")]
    RegisteredHere {
        /// The number.
        phone: String,
    },
    /// The vault is no device of a server.
    #[error("this vault is not registered at a server")]
    NotRegistered,
    /// Another device removed this one.
    #[error(
        "this device is no device of {phone} any more: it was removed. All accounts are still here; codes that sites issued for it are refused"
    )]
    DeviceRemoved {
        /// The number.
        phone: String,
    },
    /// Another process talks to the server.
    #[error("another authr is talking to the server")]
    Busy,
    /// Other devices push faster than this one merges.
    #[error("other devices keep changing the records")]
    KeepsMoving,
    /// The server's list does not verify.
    #[error("the server's list of devices cannot be trusted, nothing of it was taken in: {0}")]
    List(#[from] ListError),
    /// The server's records do not verify.
    #[error("the server's records cannot be trusted, they were not taken in: {0}")]
    Chain(ChainError),
    /// The server has fewer records than it had.
    #[error(
        "the server's records went back: they are of an earlier day than those that this device has seen"
    )]
    RecordsWentBack,
    /// The data key of the list does not open.
    #[error("the key of the records cannot be had: {0}")]
    Epoch(#[from] EpochError),
    /// A record cannot be made or read.
    #[error(transparent)]
    Record(RecordError),
    /// More records wait than there is room for.
    #[error(transparent)]
    SetAside(#[from] TooManySetAside),
    /// What was written ahead here is not what this program writes.
    #[error("a request that this vault has written ahead cannot be read")]
    NotOurs,
    /// No active device of that name.
    #[error("no device is named {name}")]
    NoSuchDevice {
        /// What was typed.
        name: String,
    },
    /// Several active devices of that name.
    #[error("{name} names several devices: {}", ids.join(", "))]
    AmbiguousDevice {
        /// What was typed.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// A device does not remove itself.
    #[error("this device cannot remove itself: another one can")]
    ThisDevice,
    /// Neither password opens the locker.
    #[error("your other devices have another backups password, and it is neither of these two")]
    OtherPassword,
    /// The locker, or what the server gave for it.
    #[error(transparent)]
    Locker(#[from] LockerError),
    /// The way to the agent.
    #[error(transparent)]
    Agent(#[from] IpcError),
    /// The agent was asked to save, and did not answer.
    #[error("whether the change was saved is not known")]
    Unanswered {
        /// Why.
        source: IpcError,
    },
    /// The agent that was started had to give up.
    #[error("the agent did not start: {message}")]
    AgentDidNotStart {
        /// What it said.
        message: String,
    },
    /// This program runs inside another one.
    #[error("no agent can be started here")]
    NoAgentHere,
    /// The operating system's keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The vault has a slot for a keyring, and the keyring nothing for it.
    #[error("the keyring keeps nothing for this vault any more")]
    NothingKept,
    /// The vault's slot is gone, and the keyring's entry stays.
    #[error("the keyring opens this vault no more, but what it keeps for it may still be there")]
    StillKept(#[source] KeyringError),
    /// The key of the vault might be written to the disk as it is.
    #[error("the vault key cannot be kept out of the swap")]
    KeyInSwap(#[source] std::io::Error),
    /// The device list cannot be extended so.
    #[error(transparent)]
    Append(AppendError),
}

/// `; no code was found in …`, where that is so.
fn no_code_in(pictures: &[PathBuf]) -> String {
    let pictures: Vec<String> = (pictures.iter())
        .map(|path| path.display().to_string())
        .collect();
    match pictures.is_empty() {
        true => String::new(),
        false => format!("; no code was found in {}", pictures.join(", ")),
    }
}

impl Error {
    /// Whether the password of another program's file may be typed again.
    pub(crate) fn is_wrong_file_password(&self) -> bool {
        use authr_formats::FormatError as Format;
        matches!(
            self,
            Self::Import {
                source: Format::WrongPassword
                    | Format::WrongPasswordOrDamaged
                    | Format::NothingOpens,
                ..
            }
        )
    }

    /// Of reading a file that is to be a vault: one that is too large for that is no vault, whatever it is.
    pub(super) fn reading_vault(error: StoreError) -> Self {
        match error {
            StoreError::TooLarge { path, .. } => Self::Open {
                path,
                source: OpenError::TooLarge,
            },
            error => Self::Store(error),
        }
    }

    /// Of the vault that is here, which does not open.
    pub(super) fn opening(path: PathBuf, source: OpenError) -> Self {
        if is_damage(source) {
            Self::Damaged { path, source }
        } else {
            Self::Open { path, source }
        }
    }

    /// Of reading the file of the vault that is here.
    pub(super) fn reading_own_vault(error: StoreError) -> Self {
        match Self::reading_vault(error) {
            Self::Open { path, source } => Self::opening(path, source),
            error => error,
        }
    }

    /// Whether an agent has no business to go on.
    pub(crate) fn ends_agent(&self) -> bool {
        matches!(
            self,
            Self::PasswordChanged | Self::OtherVault { .. } | Self::KeyInSwap(_)
        )
    }

    /// The code with which the server refused, if it did.
    pub(crate) fn server_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Remote(error) => error.code(),
            _ => None,
        }
    }

    /// How many tries the server leaves, where it counts them.
    pub(crate) fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Remote(RemoteError::Refused(body)) => body.tries_left,
            _ => None,
        }
    }

    /// Whether the person has set what cannot be.
    pub(crate) fn is_wrong_setting(&self) -> bool {
        matches!(self, Self::Store(StoreError::Settings { .. }))
    }

    /// Whether it is the state file, and not the vault, that is damaged.
    pub(crate) fn is_damaged_state(&self) -> bool {
        matches!(self, Self::Store(StoreError::StateDamaged { .. }))
    }
}
