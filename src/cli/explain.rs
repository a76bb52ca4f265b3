//! From what failed for the user to what the program says and ends with: the one map.

use authr_api::error::ErrorCode;
use authr_api::locker::LockerError;
use authr_core::vault::OpenError;
use authr_formats::paper::PaperError;

use crate::app::agent::IpcError;
use crate::app::{Error, RemoteError};
use crate::failure::{Failure, Kind};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = kind(&error);
        let hints = hints(&error);
        hints.into_iter().fold(Self::new(kind, error), Self::hint)
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::NotFound { .. }
        | Error::Ambiguous { .. }
        | Error::NoVault { .. }
        | Error::NoSuchDevice { .. }
        | Error::AmbiguousDevice { .. }
        | Error::Vanished => Kind::NotFound,
        Error::PasswordChanged | Error::OtherVault { .. } | Error::OtherPassword => Kind::Locked,
        Error::Damaged { .. } => Kind::Damaged,
        error if error.is_wrong_file_password() => Kind::Locked,
        Error::DeviceRemoved { .. }
        | Error::KeepsMoving
        | Error::List(_)
        | Error::Chain(_)
        | Error::RecordsWentBack
        | Error::Epoch(_) => Kind::Server,
        Error::Open { source, .. } => match source {
            OpenError::NoSlotOpened
            | OpenError::NoRecoverySlotOpened
            | OpenError::NoKeyringSlotOpened => Kind::Locked,
            OpenError::OutOfMemory => Kind::Failed,
            _ => Kind::Damaged,
        },
        Error::NoPicture { .. } => Kind::Usage,
        Error::Paper { source, .. } | Error::Kit { source, .. } => match source {
            PaperError::Malformed | PaperError::DamagedPart { .. } | PaperError::Damaged => {
                Kind::Damaged
            }
            _ => Kind::Failed,
        },
        Error::Remote(_) | Error::BadAnswer(_) => match error.server_code() {
            Some(
                ErrorCode::WrongPassword
                | ErrorCode::LockerLocked
                | ErrorCode::LockerWaits
                | ErrorCode::TriesUsed,
            ) => Kind::Locked,
            _ => Kind::Server,
        },
        Error::NotACode
        | Error::Nameless
        | Error::TooManyTags
        | Error::Counts { .. }
        | Error::NoCounter { .. }
        | Error::NoSuchCode => Kind::Usage,
        Error::NothingToRestore { .. } | Error::NumberHasDevices { .. } => Kind::Server,
        Error::Locker(error) => match error {
            LockerError::WrongPassword => Kind::Locked,
            LockerError::Kdf(_) => Kind::Failed,
            _ => Kind::Server,
        },
        _ => Kind::Failed,
    }
}

fn hints(error: &Error) -> Vec<String> {
    let one = |hint: &str| vec![hint.to_owned()];
    match error {
        Error::NotRegistered => vec![
            "authr register PHONE".to_owned(),
            "authr restore PHONE".to_owned(),
        ],
        Error::DeviceRemoved { phone } => vec![format!("authr restore {phone}")],
        Error::Busy | Error::KeepsMoving => one("run the command again"),
        Error::NoSuchDevice { .. } | Error::ThisDevice => one("authr devices list"),
        Error::AmbiguousDevice { .. } => one("name it by its id"),
        Error::OtherPassword => one("authr password change, to the one of your other devices"),
        Error::Locker(LockerError::WrongPassword) => {
            one("authr password change, to the one of your other devices")
        }
        Error::List(_) | Error::Chain(_) | Error::Epoch(_) | Error::RecordsWentBack => {
            one("do not go on: ask whoever runs the server what happened to it")
        }
        Error::NoVault { .. } => vec!["authr add".to_owned(), "authr restore FILE".to_owned()],
        Error::NotFound { nearest, .. } if nearest.is_empty() => one("authr list"),
        Error::NotFound { nearest, .. } => nearest
            .iter()
            .map(|name| format!("authr code '{name}'"))
            .collect(),
        Error::Ambiguous { .. } => one("name it as issuer:label, or by the beginning of its id"),
        Error::PasswordChanged => one("run the command again with the new password"),
        Error::VaultAppeared { .. } | Error::OtherVault { .. } => one("run the command again"),
        Error::Damaged { .. } => ["authr doctor", "authr undo", "authr restore FILE"]
            .map(str::to_owned)
            .to_vec(),
        Error::Open { source, .. } => open_hints(source),
        Error::Paper { source, .. } | Error::Kit { source, .. } => paper_hints(source),
        Error::TooManyCodes(error) => vec![
            format!("about {} accounts would fit", error.accounts_that_fit),
            "authr backup create FILE".to_owned(),
        ],
        Error::Agent(IpcError::UnsafeFolder { .. }) => one("see who made it, and remove it"),
        Error::Unanswered { .. } => {
            vec!["look before you run the command again: authr list, authr trash".to_owned()]
        }
        Error::NothingKept => one("authr unlock --remember"),
        Error::StillKept(_) => one("authr unlock --forget, once the keyring is within reach"),
        Error::KeyInSwap(_) => one("raise the limit of locked memory: ulimit -l"),
        Error::Counts { name } => vec![format!("authr code '{name}'")],
        Error::Resync { .. } => one("wait for the next two codes, and type them in their order"),
        Error::NoRequest => one("authr register PHONE"),
        Error::NothingToRestore { phone } => vec![format!("authr register {phone}")],
        Error::NumberHasDevices { phone } => vec![format!("authr restore {phone}")],
        Error::RegisteredHere { .. } => {
            vec!["authr sync".to_owned(), "authr devices list".to_owned()]
        }
        Error::Remote(error) => remote_hints(error),
        Error::Locker(
            LockerError::TooWeak
            | LockerError::WrongShare
            | LockerError::Tampered
            | LockerError::OtherServer
            | LockerError::ListForged,
        ) => one("do not go on: ask whoever runs the server what happened to it"),
        error => file_hints(error),
    }
}

fn file_hints(error: &Error) -> Vec<String> {
    let hint = match error {
        error if error.is_wrong_setting() => {
            "mend the line, or take it out: authr config path says where"
        }
        error if error.is_damaged_state() => {
            "pass --accept-rollback to begin it anew, if you trust the vault that is there"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

fn open_hints(error: &OpenError) -> Vec<String> {
    let one = |hint: &str| vec![hint.to_owned()];
    match error {
        OpenError::NoSlotOpened => one(
            "a vault opens with its backups password, a backup with that of the day it was made",
        ),
        OpenError::NoRecoverySlotOpened => {
            one("a new code and a new password end every code before; authr recovery new makes one")
        }
        OpenError::Rollback { .. } => {
            one("pass --accept-rollback if you put the older vault there yourself")
        }
        OpenError::UnsupportedVersion { .. } => one("update authr"),
        OpenError::Malformed { .. } | OpenError::Tampered { .. } | OpenError::NotAVault => {
            vec!["authr doctor".to_owned(), "authr restore FILE".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn paper_hints(error: &PaperError) -> Vec<String> {
    let hint = match error {
        PaperError::Missing { .. } => {
            "pass the pictures of the other codes too, or larger and sharper ones"
        }
        PaperError::NoPart => "make a larger and sharper picture",
        PaperError::OtherKit { .. } => "pass the pictures of one kit",
        PaperError::UnknownVersion => "update authr",
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

fn remote_hints(error: &RemoteError) -> Vec<String> {
    let one = |hint: &str| vec![hint.to_owned()];
    match error {
        RemoteError::Unreachable { .. } | RemoteError::Lost { .. } => {
            one("check the address and that the server runs, then run the command again")
        }
        RemoteError::NotAuthr { .. } => one("check the address"),
        RemoteError::OtherProtocol { .. } => one("update authr, or the server"),
        RemoteError::OtherServer { .. } => {
            one("do not go on: ask whoever runs the server what happened to it")
        }
        RemoteError::Refused(body) => match body.code {
            ErrorCode::LockerLocked => {
                one("authr-server user unlock PHONE --locker, on the server")
            }
            ErrorCode::WrongCode | ErrorCode::WrongPassword => match body.tries_left {
                Some(1) => one("one more try is left"),
                Some(left) => one(&format!("{left} more tries are left")),
                None => Vec::new(),
            },
            ErrorCode::Expired | ErrorCode::TriesUsed => {
                one("ask for a new code: the same command again")
            }
            ErrorCode::DeviceRemoved => vec![
                "authr restore PHONE".to_owned(),
                "what is in the vault stays; its native codes are refused".to_owned(),
            ],
            ErrorCode::RateLimited | ErrorCode::LockerWaits | ErrorCode::Unavailable => body
                .retry_after
                .map(|seconds| format!("try again in {}", wait(seconds)))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A time to wait, in the unit that a person counts it in.
fn wait(seconds: u64) -> String {
    match seconds {
        0..=120 => format!("{seconds} s"),
        121..=7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}
