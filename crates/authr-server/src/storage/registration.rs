//! The nouns of registrations: from a number to an active device.

use authr_api::error::ErrorCode;
use authr_api::id::RegistrationId;
use authr_api::registration::{
    CODE_TRIES, Flow, LOCKER_REQUEST_TRIES, LOCKER_TRIES, LOCKER_WAIT_SECONDS, State,
};
use authr_crypto::seal::SealingKey;
use authr_crypto::sign::VerifyingKey;

use super::{Denied, DeviceId, Index, Sealed, UnixSeconds, UserId};

/// A registration to begin.
#[derive(Debug, Clone)]
pub struct NewRegistration {
    /// Its id.
    pub registration: RegistrationId,
    /// The key that its requests are signed with.
    pub signing: VerifyingKey,
    /// The key that answers are sealed to.
    pub sealing: SealingKey,
    /// The number.
    pub phone: Index,
    /// The number, sealed for this registration.
    pub phone_sealed: Sealed,
    /// Two letters that the message shows too.
    pub letters: String,
    /// The code of the message.
    pub code: NewCode,
}

/// A code that goes out.
#[derive(Debug, Clone, Copy)]
pub struct NewCode {
    /// The MAC of its digits.
    pub code_mac: [u8; 32],
    /// When it dies.
    pub expires_at: UnixSeconds,
}

/// A registration as it stands in the database.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its id.
    pub registration: RegistrationId,
    /// The key that its requests are signed with.
    pub signing: VerifyingKey,
    /// The key that answers are sealed to.
    pub sealing: SealingKey,
    /// The number.
    pub phone: Index,
    /// The number, sealed for this registration.
    pub phone_sealed: Sealed,
    /// Two letters that the message shows too.
    pub letters: String,
    /// Its state, but for the time that has passed: [`Self::state_at`].
    pub state: State,
    /// Where the proven number leads to.
    pub flow: Option<Flow>,
    /// Whose number it is, once that is proven.
    pub user: Option<UserId>,
    /// The device that it became.
    pub device: Option<DeviceId>,
    /// Wrong codes.
    pub code_tries: u8,
    /// Wrong backups passwords.
    pub locker_tries: u8,
    /// When its state ends.
    pub expires_at: UnixSeconds,
    /// The applications that the user has an account at.
    pub applications: Vec<String>,
    /// The user's locker.
    pub locker: Option<Locker>,
}

impl Registration {
    /// Its state, now.
    #[must_use]
    pub fn state_at(&self, now: UnixSeconds) -> State {
        match self.state {
            State::Requested | State::Pending | State::Proven if now >= self.expires_at => {
                State::Expired
            }
            state => state,
        }
    }

    /// Whether a call is for one of these states.
    ///
    /// # Errors
    /// `expired` or `wrong_state`.
    pub fn permits(&self, states: &[State], now: UnixSeconds) -> Result<(), Denied> {
        match self.state_at(now) {
            state if states.contains(&state) => Ok(()),
            State::Expired => Err(ErrorCode::Expired.into()),
            _ => Err(ErrorCode::WrongState.into()),
        }
    }

    /// How many wrong codes are left.
    #[must_use]
    pub fn code_tries_left(&self) -> u8 {
        CODE_TRIES.saturating_sub(self.code_tries)
    }

    /// How many wrong backups passwords are left to this request.
    #[must_use]
    pub fn locker_tries_left(&self) -> u8 {
        LOCKER_REQUEST_TRIES.saturating_sub(self.locker_tries)
    }
}

/// A user's locker, and the wrong tries of its version.
#[derive(Debug, Clone)]
pub struct Locker {
    /// Its version.
    pub version: u64,
    /// Its content, sealed for the user.
    pub content: Sealed,
    /// How many wrong tries it had.
    pub tries: u8,
    /// When the fifth of them was.
    pub fifth_at: Option<UnixSeconds>,
}

impl Locker {
    /// When it takes the next try, if that is not now.
    #[must_use]
    pub fn opens_at(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let wait = i64::try_from(LOCKER_WAIT_SECONDS).unwrap_or(i64::MAX);
        let opens_at = self.fifth_at?.saturating_add(wait);
        (self.tries == LOCKER_TRIES / 2 && opens_at > now).then_some(opens_at)
    }

    /// Whether a try is taken, by a request with so many wrong ones.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn takes_try(
        &self,
        version: u64,
        request_tries: u8,
        now: UnixSeconds,
    ) -> Result<(), Denied> {
        if self.version != version {
            return Err(ErrorCode::LockerMoved.into());
        }
        if request_tries >= LOCKER_REQUEST_TRIES {
            return Err(ErrorCode::TriesUsed.into());
        }
        if self.tries >= LOCKER_TRIES {
            return Err(ErrorCode::LockerLocked.into());
        }
        match self.opens_at(now) {
            Some(opens_at) => Err(Denied::until(ErrorCode::LockerWaits, opens_at - now)),
            None => Ok(()),
        }
    }
}

/// A code that was typed.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Of which registration.
    pub registration: RegistrationId,
    /// The MAC of its digits.
    pub code_mac: [u8; 32],
    /// The user's id, if the number is new.
    pub user: UserId,
    /// The number, sealed for that user.
    pub phone_sealed: Sealed,
    /// When a number that is proven now is proven no longer.
    pub proven_until: UnixSeconds,
}

/// What a try at a code or at a locker led to.
#[derive(Debug)]
pub enum Tried {
    /// It was right.
    Right(Box<Registration>),
    /// It was wrong, and is counted.
    Wrong {
        /// How many are left to the registration.
        tries_left: u8,
    },
}
