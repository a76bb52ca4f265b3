//! Native accounts: what sites issued through the server, as it hands them to this device.

use std::collections::HashSet;

use authr_api::answer::{NATIVE_ACCOUNTS, NativeAccount};
use authr_api::sealed::{Route, Sealed};
use authr_core::account::{Account, AccountId};
use authr_core::content::Content;
use authr_crypto::seal::Opener;
use authr_otp::{Kind, Name, Otp, UnixSeconds};

use super::error::Error;

/// What changed among the native accounts, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NativeChanges {
    /// Issued since the last time.
    pub(crate) new: Vec<String>,
    /// Issued anew: the codes are others.
    pub(crate) renewed: Vec<String>,
    /// Ended by their site.
    pub(crate) ended: Vec<String>,
    /// Of a kind that this version makes no codes of.
    pub(crate) unusable: Vec<String>,
}

/// Opens what the server sealed to this device.
pub(crate) fn open(
    sealed: &[Sealed],
    opener: &Opener,
    route: &Route<'_>,
) -> Result<Vec<NativeAccount>, Error> {
    if sealed.len() > NATIVE_ACCOUNTS {
        return Err(Error::BadAnswer("more native accounts than allowed"));
    }
    let accounts: Result<Vec<NativeAccount>, _> =
        sealed.iter().map(|one| one.open(opener, route)).collect();
    let accounts =
        accounts.map_err(|_| Error::BadAnswer("a native account that does not open here"))?;
    let ids: HashSet<_> = accounts.iter().map(|account| account.application).collect();
    if ids.len() < accounts.len() {
        return Err(Error::BadAnswer("one native account twice"));
    }
    Ok(accounts)
}

/// Makes the vault's native accounts the server's. What the person added to one (a tag, a pin) stays.
pub(crate) fn take_in(
    content: &mut Content,
    issued: Vec<NativeAccount>,
    now: UnixSeconds,
) -> NativeChanges {
    let mut changes = NativeChanges::default();
    let ids: HashSet<AccountId> = issued
        .iter()
        .map(|account| AccountId(account.application))
        .collect();
    content.accounts.retain(|account| {
        let stays = !account.is_native() || ids.contains(&account.id);
        if !stays {
            changes.ended.push(account.name());
        }
        stays
    });
    for native in issued {
        let same_kind = native.digits == Kind::Native.digits().get()
            && Kind::Native
                .period()
                .is_some_and(|period| period.seconds() == native.period);
        let (Ok(issuer), true) = (Name::new(&native.name), same_kind) else {
            changes.unusable.push(native.name);
            continue;
        };
        let otp = Otp {
            secret: native.seed,
            kind: Kind::Native,
        };
        let id = AccountId(native.application);
        match content.account_mut(id) {
            // An own account under this id is not the server's to change.
            Some(account) if !account.is_native() => changes.unusable.push(native.name),
            Some(account) => {
                if !account.otp.secret.ct_eq(&otp.secret) {
                    changes.renewed.push(native.name);
                }
                account.issuer = issuer;
                account.otp = otp;
            }
            None => {
                let account = Account::new(id, issuer, Name::default(), otp, now.0);
                content.accounts.push(account);
                changes.new.push(native.name);
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use authr_crypto::secret::OtpSecret;

    use super::*;

    fn native(id: u8, name: &str, seed: u8) -> NativeAccount {
        NativeAccount {
            application: [id; 16],
            name: name.to_owned(),
            generation: 1,
            digits: 7,
            period: 10,
            seed: OtpSecret::new(vec![seed; 20]).unwrap(),
        }
    }

    const NOW: UnixSeconds = UnixSeconds(9);

    #[test]
    fn accounts_appear_change_and_end_as_the_server_says() {
        let mut content = Content::default();
        let both = || vec![native(1, "drchrono", 1), native(2, "bank", 2)];
        assert_eq!(take_in(&mut content, both(), NOW).new, ["drchrono", "bank"]);
        assert_eq!(take_in(&mut content, both(), NOW), NativeChanges::default());
        let changes = take_in(&mut content, vec![native(1, "drchrono", 3)], NOW);
        assert_eq!(
            (changes.renewed, changes.ended),
            (vec!["drchrono".to_owned()], vec!["bank".to_owned()])
        );
        assert_eq!(content.accounts.len(), 1);
        assert_eq!(content.accounts[0].otp.secret.expose_secret(), [3; 20]);
    }

    #[test]
    fn what_the_person_added_stays() {
        let mut content = Content::default();
        take_in(&mut content, vec![native(1, "drchrono", 1)], NOW);
        content.accounts[0].pinned = true;
        take_in(&mut content, vec![native(1, "drchrono two", 1)], NOW);
        let account = &content.accounts[0];
        assert!(account.pinned);
        assert_eq!(account.issuer.as_str(), "drchrono two");
    }

    #[test]
    fn codes_that_this_version_cannot_make_are_named_and_not_guessed() {
        let mut content = Content::default();
        let mut eight = native(1, "eight digits", 1);
        eight.digits = 8;
        let mut slow = native(2, "slow", 1);
        slow.period = 30;
        let changes = take_in(&mut content, vec![eight, slow], NOW);
        assert_eq!(changes.unusable, ["eight digits", "slow"]);
        assert!(content.accounts.is_empty());
    }

    #[test]
    fn the_server_cannot_replace_an_own_account() {
        let mut content = Content::default();
        take_in(&mut content, vec![native(1, "drchrono", 1)], NOW);
        content.accounts[0].otp.kind = Kind::Totp {
            algorithm: authr_otp::Algorithm::Sha1,
            digits: authr_otp::Digits::SIX,
            period: authr_otp::Period::THIRTY,
        };
        let changes = take_in(&mut content, vec![native(1, "evil", 7)], NOW);
        assert_eq!(changes.unusable, ["evil"]);
        assert_eq!(content.accounts[0].issuer.as_str(), "drchrono");
        assert!(take_in(&mut content, Vec::new(), NOW).ended.is_empty());
        assert_eq!(content.accounts.len(), 1);
    }
}
