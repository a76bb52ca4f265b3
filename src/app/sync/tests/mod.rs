//! Devices of one person at a real server, with a wire in between that loses and changes what a test says.

mod hostile;
mod killed;
mod password;
mod removal;
mod stories;
mod wire;

use std::cell::Cell;

use authr_api::registration::Channel;
use authr_core::account::{Account, AccountId};
use authr_crypto::secret::{OtpSecret, Password};
use authr_otp::{Algorithm, Counter, Digits, Kind, Name, Otp};
use authr_testkit::{CheapKdf, TestServer};
use tempfile::TempDir;

use self::wire::Wire;
use super::{Synced, sync};
use crate::app::phone::Phone;
use crate::app::registration::{Intent, Registration, ServerChoice};
use crate::app::{Error, Rollback, Session};
use crate::clock::{Clock, SystemClock};
use crate::context::{Context, Machine};

const PHONE: &str = "+12015550123";
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41";
const SETTINGS: &str = "[messages]\nregistration = { gap_seconds = 0, an_hour = 100, a_day = 100, kept_for_new_networks = 0 }\n";

/// A server, and the wire to it.
struct World {
    server: TestServer,
    wire: Wire,
    messages: Cell<usize>,
}

/// A machine of the person.
struct Computer {
    folder: TempDir,
    context: Context,
    password: Password,
}

impl World {
    fn new() -> Self {
        let wire = Wire::new();
        // A person's requests are signed for the address that they know.
        let settings = format!("public_url = \"{}\"\n{SETTINGS}", wire.url());
        let server = TestServer::with_settings(&settings);
        wire.leads_to(server.address());
        Self {
            server,
            wire,
            messages: Cell::new(0),
        }
    }

    fn begin<'a>(&self, computer: &'a Computer, intent: Intent) -> Registration<'a> {
        let choice = ServerChoice::new(&self.wire.url(), None).unwrap();
        let phone = Phone::parse(PHONE).unwrap();
        let store = computer.store();
        let via = Channel::Sms;
        let begun = Registration::begin(&computer.context, store, &choice, &phone, via, intent);
        begun.unwrap().0
    }

    fn code(&self) -> String {
        self.messages.set(self.messages.get() + 1);
        self.server.code_of_message(PHONE, self.messages.get())
    }

    /// The first device.
    fn register(&self, name: &str) -> Computer {
        let computer = Computer::new(name, 0);
        let registration = self.begin(&computer, Intent::Register);
        let proven = registration.prove(&self.code()).unwrap();
        let mut session = computer.create();
        let password = &computer.password;
        registration
            .finish_first(&mut session, &proven, password)
            .unwrap();
        drop(session);
        computer
    }

    /// One more device, which has synced.
    fn restore(&self, name: &str) -> Computer {
        let computer = Computer::new(name, 0);
        self.restore_on(&computer, computer.create());
        computer.sync();
        computer
    }

    fn restore_on(&self, computer: &Computer, mut session: Session<'_>) {
        let registration = self.begin(computer, Intent::Restore);
        let proven = registration.prove(&self.code()).unwrap();
        let opened = registration.open_locker(&proven, &computer.password, None);
        registration
            .finish_restore(&mut session, &proven, opened.unwrap())
            .unwrap();
    }
}

impl Computer {
    /// A machine whose clock is so many seconds off.
    fn new(name: &str, clock_off: i64) -> Self {
        let mut context = Context::unattended();
        context.kdf = Box::new(CheapKdf);
        context.machine = Machine::new(name, "Linux");
        context.clock = Box::new(move || SystemClock.now().saturating_add_signed(clock_off));
        Self {
            folder: TempDir::new().unwrap(),
            context,
            password: Password::new(PASSWORD),
        }
    }

    fn store(&self) -> crate::store::Store {
        Session::store(Some(self.folder.path())).unwrap()
    }

    fn create(&self) -> Session<'_> {
        Session::create(&self.context, self.store(), &self.password).unwrap()
    }

    fn open_with(&self, password: &str) -> Result<Session<'_>, Error> {
        let password = Password::new(password);
        Session::open(&self.context, self.store(), &password, Rollback::Refuse)
    }

    fn session(&self) -> Session<'_> {
        Session::open(
            &self.context,
            self.store(),
            &self.password,
            Rollback::Refuse,
        )
        .unwrap()
    }

    fn try_sync(&self) -> Result<Synced, Error> {
        let mut synced = Synced::default();
        sync(&mut self.session(), &mut synced).map(|()| synced)
    }

    fn sync(&self) -> Synced {
        self.try_sync().unwrap()
    }

    /// Adds an account that counts; its secret and its id are this number's.
    fn add(&self, number: u16) -> AccountId {
        let id = AccountId([number.to_be_bytes(); 8].concat().try_into().unwrap());
        let mut session = self.session();
        session
            .edit(|content, planning| {
                let label = Name::new(&format!("account {number}")).unwrap();
                let account = Account::new(id, Name::default(), label, otp(number), planning.now.0);
                content.accounts.push(account);
                Ok(())
            })
            .unwrap();
        id
    }

    fn edit(&self, id: AccountId, edit: impl FnOnce(&mut Account)) {
        let mut session = self.session();
        session
            .edit(|content, planning| {
                let account = content.account_mut(id).unwrap();
                edit(account);
                account.changed_at = planning.now.0;
                Ok(())
            })
            .unwrap();
    }

    /// Label and secret of every listed own account.
    fn accounts(&self) -> Vec<(String, u16)> {
        let session = self.session();
        let mut accounts: Vec<(String, u16)> = (session.content().listed())
            .filter(|account| !account.is_native())
            .map(|account| {
                let secret = account.otp.secret.expose_secret();
                let number = u16::from_be_bytes(*secret.first_chunk().unwrap());
                (account.label.as_str().to_owned(), number)
            })
            .collect();
        accounts.sort();
        accounts
    }

    fn unsent(&self) -> usize {
        self.session().content().unsent()
    }
}

fn otp(number: u16) -> Otp {
    Otp {
        secret: OtpSecret::new(number.to_be_bytes().repeat(10)).unwrap(),
        kind: Kind::Hotp {
            algorithm: Algorithm::Sha1,
            digits: Digits::SIX,
            counter: Counter::ZERO,
        },
    }
}

fn labels(numbers: impl IntoIterator<Item = u16>) -> Vec<(String, u16)> {
    let mut labels: Vec<(String, u16)> = numbers
        .into_iter()
        .map(|number| (format!("account {number}"), number))
        .collect();
    labels.sort();
    labels
}
