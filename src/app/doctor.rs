//! What is wrong with this installation, as far as it shows without the password.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use authr_core::vault::{SlotKind, VaultFile};
use authr_crypto::kdf::KdfParams;

use super::backup;
use super::error::Error;
use crate::context::Context;
use crate::store::Store;

/// How old the newest copy elsewhere may be, in seconds: 30 days.
const OLD_COPY_SECONDS: u64 = 30 * 24 * 60 * 60;

/// Something that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// There is no vault.
    NoVault,
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
}

/// Looks at the files of this installation.
pub(crate) fn examine(context: &Context, store: &Store) -> Result<Vec<Finding>, Error> {
    let path = store.vault_path();
    if !store.exists() {
        return Ok(vec![Finding::NoVault]);
    }
    let mut findings = Vec::new();
    let folder = path.parent().map(Path::to_owned);
    for path in folder.into_iter().chain([path.clone()]) {
        let mode = std::fs::metadata(&path).map(|about| about.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o077 != 0) {
            findings.push(Finding::Open(path));
        }
    }
    let bytes = store.read()?;
    let file =
        VaultFile::parse(&bytes, &*context.kdf).map_err(|source| Error::Open { path, source })?;
    let slots = &file.header().slots;
    if !slots.iter().any(|slot| slot.kind() == SlotKind::Recovery) {
        findings.push(Finding::NoRecoveryCode);
    }
    let mut costs = slots.iter().filter_map(authr_core::vault::Slot::params);
    if costs.any(|cost| cost.is_cheaper_than(KdfParams::DEFAULT)) {
        findings.push(Finding::CheapPassword);
    }
    match backup::last_backup(store)? {
        None => findings.push(Finding::NoCopy),
        Some(last) if last.at + OLD_COPY_SECONDS < context.clock.now() => {
            findings.push(Finding::OldCopy { at: last.at });
        }
        Some(_) => {}
    }
    let kept = backup::generations(context, store)?;
    let damaged = kept.iter().filter(|kept| kept.saved_at.is_none()).count();
    if damaged > 0 {
        findings.push(Finding::DamagedGenerations(damaged));
    }
    Ok(findings)
}
