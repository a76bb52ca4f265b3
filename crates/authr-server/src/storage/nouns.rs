//! The nouns of the storage.

use std::fmt;

use super::{DeviceId, UserId};

/// A moment, in seconds since 1970.
pub type UnixSeconds = i64;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }
    };
}

id! {
    /// An application: a site that uses the server.
    ApplicationId, 16
}
id! {
    /// A user at an application.
    AccountId, 16
}
id! {
    /// A message, and the token in it.
    MessageId, 16
}
id! {
    /// A row of its own that has no better name.
    RowId, 16
}
id! {
    /// The hash that stands for an API key.
    KeyHash, 32
}
id! {
    /// A keyed hash that stands for a phone number, a prefix, a network or an address.
    Index, 32
}

/// The number that a site knows a user by: random per application, 1 to 2^31-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SiteId(pub u32);

/// Ciphertext under the root key ring, bound to its table, column and row: `key id || aead`.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Which root key the indexes of a database are made with, and something that only the right ring opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKeyCheck {
    /// The key of the indexes.
    pub index_key: u32,
    /// A constant, sealed.
    pub check: Sealed,
}

/// Whether `force` sends a token to a user who has the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForcedSms {
    /// It does.
    Allow,
    /// It does not: the app's code is asked for.
    Refuse,
}

/// A site that uses the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub application: ApplicationId,
    /// Its name, as people see it.
    pub name: String,
    /// How long a token lives, in seconds; `None` is until used or replaced.
    pub token_lifetime: Option<u32>,
    /// What `force` may do.
    pub forced_sms: ForcedSms,
    /// When it was added.
    pub created_at: UnixSeconds,
}

/// An account to open. The ids and what is sealed are offers: they are used if the phone or the pair is new.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// At which application.
    pub application: ApplicationId,
    /// Whose phone.
    pub phone: Index,
    /// The user's id, if the phone is new.
    pub user: UserId,
    /// The phone, sealed for that user.
    pub phone_sealed: Sealed,
    /// The account's id, if the pair is new.
    pub account: AccountId,
    /// The site's number for it.
    pub site_id: SiteId,
    /// The root seed of its native codes, sealed for that account.
    pub seed_sealed: Sealed,
    /// The address that the site knows.
    pub email: NewEmail,
    /// Addresses an account keeps at most; more are not added.
    pub max_emails: u32,
    /// When.
    pub now: UnixSeconds,
}

/// An address to add.
#[derive(Debug, Clone)]
pub struct NewEmail {
    /// Its row.
    pub row: RowId,
    /// Its index: one account has an address once.
    pub index: Index,
    /// The address, sealed for that row.
    pub sealed: Sealed,
}

/// An account as its site may see it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub account: AccountId,
    /// Whose.
    pub user: UserId,
    /// The user's phone.
    pub phone: Index,
    /// The user's phone, sealed for the user.
    pub phone_sealed: Sealed,
    /// The newest address, sealed for its row.
    pub email: Option<(RowId, Sealed)>,
    /// Whether a code was ever accepted.
    pub confirmed: bool,
    /// When the site removed it.
    pub removed_at: Option<UnixSeconds>,
    /// The devices that hold it.
    pub devices: Vec<DeviceSummary>,
}

/// A device as a site may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSummary {
    /// Its id.
    pub device: DeviceId,
    /// When it got the account.
    pub issued_at: UnixSeconds,
    /// When it last spoke to the server.
    pub last_seen: UnixSeconds,
}

/// What a code is checked against.
#[derive(Debug, Clone)]
pub struct CodeCheck {
    /// The account.
    pub account: AccountId,
    /// The root seed of its native codes, sealed for the account.
    pub seed_sealed: Sealed,
    /// Wrong codes in a row.
    pub failures: u32,
    /// The devices that hold it, and the generation of the seed that each has.
    pub devices: Vec<(DeviceId, u32)>,
    /// The newest token that was sent.
    pub token: Option<SentToken>,
}

/// A token that was sent.
#[derive(Debug, Clone)]
pub struct SentToken {
    /// Its id.
    pub token: MessageId,
    /// The MAC of its code.
    pub code_mac: [u8; 32],
}

/// A try at a code, and what it matched.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The account.
    pub account: AccountId,
    /// Each device, generation and start of a step whose code it is.
    pub steps: Vec<MatchedStep>,
    /// The token whose code it is.
    pub token: Option<MessageId>,
    /// From this many wrong codes in a row on, steps do not count.
    pub cap: u32,
    /// A token is dead after this many wrong codes.
    pub token_tries: u32,
    /// When.
    pub now: UnixSeconds,
}

/// A code of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchedStep {
    /// The device.
    pub device: DeviceId,
    /// The generation of its seed.
    pub generation: u32,
    /// When its step began.
    pub start: UnixSeconds,
}

/// How a try at a code ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// By a device's code.
    AcceptedDevice(DeviceId),
    /// By the token that was sent.
    AcceptedToken,
    /// It was right, and used before.
    Reused,
    /// It was wrong: so many in a row now.
    Wrong {
        /// Wrong codes in a row, this one among them.
        failures: u32,
    },
    /// The account was closed meanwhile.
    Gone,
}

/// A token to send.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Of which account.
    pub account: AccountId,
    /// The MAC of its code.
    pub code_mac: [u8; 32],
    /// When it dies by itself.
    pub expires_at: Option<UnixSeconds>,
}

/// What a message is for: each has limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A site's token.
    Token,
    /// The registration of a device.
    Registration,
}

/// A message to queue, and what it counts against.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Its id; a token's message has the token's.
    pub message: MessageId,
    /// What it is for.
    pub purpose: Purpose,
    /// To which number.
    pub phone: Index,
    /// Of which block of numbers.
    pub prefix: Index,
    /// Asked for from which network, where a person asked.
    pub network: Option<Index>,
    /// Asked for by which application.
    pub application: Option<ApplicationId>,
    /// The message, sealed for its id.
    pub sealed: Sealed,
    /// When.
    pub now: UnixSeconds,
    /// Not worth sending after this.
    pub expires_at: UnixSeconds,
}

/// A message that is due.
#[derive(Debug, Clone)]
pub struct QueuedMessage {
    /// Its id.
    pub message: MessageId,
    /// The message, sealed for its id.
    pub sealed: Sealed,
    /// When it was asked for.
    pub created_at: UnixSeconds,
    /// Not worth sending after this.
    pub expires_at: UnixSeconds,
    /// How often it was tried, this time among them.
    pub attempts: u32,
}

/// What was sent lately, as far as a rule asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendHistory {
    /// To this number for this purpose in the last day, oldest first: when, and from which network.
    pub number: Vec<(UnixSeconds, Option<Index>)>,
    /// To this prefix for this purpose in the last hour.
    pub prefix: u32,
    /// Of these, how many led to a right code.
    pub prefix_verified: u32,
    /// By this application in the last day.
    pub application: u32,
    /// Asked for from this network in the last hour.
    pub network: u32,
    /// To everyone for this purpose in the last day.
    pub day: u32,
}

/// Decides whether one more message goes out, given what was sent lately.
pub type SendRule = Box<dyn FnOnce(&SendHistory) -> Result<(), Refusal> + Send>;

/// Why a message does not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many to this number; in so many seconds again.
    Number {
        /// Seconds until the next is let through.
        retry_after: i64,
    },
    /// This block of numbers gets many messages and hardly confirms any.
    Prefix,
    /// The application's day is used up.
    Application,
    /// This network asked for too many.
    Network,
    /// The whole server's day is used up, for this purpose.
    All,
}
