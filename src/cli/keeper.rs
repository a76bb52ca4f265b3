//! Whoever holds the vault open for a command: the agent, or this process.

use std::rc::Rc;

use authr_core::account::AccountId;
use authr_core::content::BroughtBack;
use authr_formats::Imported;
use authr_otp::UnixSeconds;
use authr_otp::uri::UriAccount;

use super::Invocation;
use super::prompt::PasswordSource;
use crate::app::agent::{self, Agent, IpcError, Limits, Question, Reply, VERSION};
use crate::app::backup::Sealed;
use crate::app::card::{Card, Codes};
use crate::app::codes::{ShownCode, Which};
use crate::app::edit::Edit;
use crate::app::import::Status;
use crate::app::request::{Answer, Listing, Request};
use crate::app::settings::settings;
use crate::app::{Error, Session};
use crate::failure::{Failure, Kind};

/// Whoever holds the vault open, and does what a command asks of it.
pub(super) struct Keeper<'i, 'a> {
    invocation: &'i Invocation<'a>,
    holder: Holder<'a>,
}

enum Holder<'a> {
    Agent(Agent),
    Here(Box<Session<'a>>),
}

impl<'a> Invocation<'a> {
    /// The agent, where one runs and the command line names no other way to open the vault; else this process, with what the
    /// keyring keeps, or once the password was asked for.
    pub(super) fn keeper(&self) -> Result<Keeper<'_, 'a>, Failure> {
        match self.keeper_by_agent() {
            Some(keeper) => Ok(keeper),
            None => Ok(self.kept_here(self.unlock_unasked()?)),
        }
    }

    /// The agent, where one runs and the command line names no other way to open the vault.
    pub(super) fn keeper_by_agent(&self) -> Option<Keeper<'_, 'a>> {
        if !self.agent_may_answer() {
            return None;
        }
        match self.reach_agent() {
            Ok(agent) => Some(self.kept_by(Holder::Agent(agent?))),
            Err(error) => {
                // The vault opens without it.
                self.output.warning(&Failure::from(error).message());
                None
            }
        }
    }

    /// Whoever holds the vault that is there, or this process with one that its first edit creates.
    pub(super) fn keeper_of_new_accounts(&self) -> Result<Keeper<'_, 'a>, Failure> {
        if self.store()?.exists() {
            return self.keeper();
        }
        Ok(self.kept_here(self.create()?))
    }

    /// The agent of this home, if one runs.
    pub(super) fn find_agent(&self) -> Result<Option<Agent>, Error> {
        Agent::find(self.context, &Session::store(self.home.as_deref())?)
    }

    /// The same, without a word from it yet.
    pub(super) fn reach_agent(&self) -> Result<Option<Agent>, Error> {
        Agent::reach(self.context, &Session::store(self.home.as_deref())?)
    }

    /// Ends an agent of another version, and starts one of this with the vault that is opened for it.
    fn succeed(&self, theirs: &str) -> Result<Session<'a>, Failure> {
        self.output.warning(&format!(
            "the agent is of authr {theirs}, this is {VERSION}: it ends, and a new one starts"
        ));
        let store = self.store()?;
        agent::lock(self.context, &store)?;
        let session = self.unlock_unasked()?;
        agent::start(self.context, &session, Limits::of(&settings(&store)?))?;
        Ok(session)
    }

    /// Who names a password, a code or an exception wants the vault opened by it.
    pub(super) fn agent_may_answer(&self) -> bool {
        matches!(self.source, PasswordSource::Prompt { .. })
            && self.recovery.is_none()
            && !self.accept_rollback
    }

    /// This process: the vault was opened for another reason already.
    pub(super) fn kept_here(&self, session: Session<'a>) -> Keeper<'_, 'a> {
        self.kept_by(Holder::Here(Box::new(session)))
    }

    fn kept_by(&self, holder: Holder<'a>) -> Keeper<'_, 'a> {
        Keeper {
            invocation: self,
            holder,
        }
    }
}

impl Keeper<'_, '_> {
    /// The codes of the accounts with these names; no counter moves for those of another time.
    pub(super) fn codes(
        &mut self,
        names: &[String],
        at: Option<UnixSeconds>,
        which: Which,
    ) -> Result<Vec<ShownCode>, Failure> {
        let at = at.map(|at| at.0);
        let names = names.to_vec();
        match self.ask(Request::Codes { names, at, which })? {
            Answer::Codes(shown) => Ok(shown),
            _ => Err(beside_the_question()),
        }
    }

    /// Remembers that the codes of an answer were shown, once they were. An agent has done it by itself.
    pub(super) fn codes_were_shown(&self, shown: &[ShownCode]) {
        if let Holder::Here(session) = &self.holder {
            session.remember(&session.shown_now(shown.iter().map(|shown| shown.id)));
        }
    }

    /// Remembers that the codes of these accounts are shown from now on.
    pub(super) fn remember_use(&mut self, ids: &[AccountId]) -> Result<(), Failure> {
        match &self.holder {
            Holder::Here(session) => session.remember(&session.shown_now(ids.iter().copied())),
            Holder::Agent(_) => {
                self.ask(Request::Used { ids: ids.to_vec() })?;
            }
        }
        Ok(())
    }

    /// What a [`Request::List`] wants.
    pub(super) fn list(&mut self, wanted: Request) -> Result<Listing, Failure> {
        match self.ask(wanted)? {
            Answer::List(listing) => Ok(listing),
            _ => Err(beside_the_question()),
        }
    }

    /// The accounts with these names, in their order.
    pub(super) fn find(&mut self, names: &[String], codes: Codes) -> Result<Vec<Card>, Failure> {
        let names = names.to_vec();
        self.cards(Request::Find { names, codes })
    }

    /// The account with this name.
    pub(super) fn find_one(&mut self, name: &str) -> Result<Card, Failure> {
        only(self.find(&[name.to_owned()], Codes::Hidden)?)
    }

    /// The name of a listed account that gives the same codes.
    pub(super) fn twin(&mut self, account: &Rc<UriAccount>) -> Result<Option<String>, Failure> {
        match self.ask(Request::Twin(Rc::clone(account)))? {
            Answer::Twin(name) => Ok(name),
            _ => Err(beside_the_question()),
        }
    }

    /// What importing each of these would do.
    pub(super) fn plan_import(
        &mut self,
        entries: &Rc<Vec<Imported>>,
    ) -> Result<Vec<Status>, Failure> {
        match self.ask(Request::PlanImport(Rc::clone(entries)))? {
            Answer::Plan(plan) if plan.len() == entries.len() => Ok(plan),
            _ => Err(beside_the_question()),
        }
    }

    /// What is in the trash.
    pub(super) fn trash(&mut self) -> Result<Vec<Card>, Failure> {
        self.cards(Request::Trash)
    }

    /// What undoing the last change would do.
    pub(super) fn plan_undo(&mut self) -> Result<BroughtBack, Failure> {
        self.brought_back(Request::PlanUndo)
    }

    /// Undoes the last change.
    pub(super) fn undo(&mut self) -> Result<BroughtBack, Failure> {
        self.brought_back(Request::Edit(Edit::Undo))
    }

    /// A backup to be written.
    pub(super) fn seal_backup(&mut self) -> Result<Sealed, Failure> {
        match self.ask(Request::Backup)? {
            Answer::Backup(sealed) => Ok(sealed),
            _ => Err(beside_the_question()),
        }
    }

    /// Makes a change of accounts; what became of them.
    pub(super) fn edit(&mut self, edit: Edit) -> Result<Vec<Card>, Failure> {
        self.cards(Request::Edit(edit))
    }

    /// Makes a change of one account; what became of it.
    pub(super) fn edit_one(&mut self, edit: Edit) -> Result<Card, Failure> {
        only(self.edit(edit)?)
    }

    /// Makes a change that tells how many accounts it met.
    pub(super) fn edit_number(&mut self, edit: Edit) -> Result<usize, Failure> {
        match self.ask(Request::Edit(edit))? {
            Answer::Number(number) => Ok(number),
            _ => Err(beside_the_question()),
        }
    }

    fn cards(&mut self, request: Request) -> Result<Vec<Card>, Failure> {
        match self.ask(request)? {
            Answer::Cards(cards) => Ok(cards),
            _ => Err(beside_the_question()),
        }
    }

    fn brought_back(&mut self, request: Request) -> Result<BroughtBack, Failure> {
        match self.ask(request)? {
            Answer::BroughtBack(done) => Ok(done),
            _ => Err(beside_the_question()),
        }
    }

    fn ask(&mut self, request: Request) -> Result<Answer, Failure> {
        let agent = match &mut self.holder {
            Holder::Here(session) => return Ok(session.answer(&request)?),
            Holder::Agent(agent) => agent,
        };
        let question = Question::Use(request);
        let why = match agent.ask(&question) {
            Ok(Reply::Done(answer)) => return Ok(answer),
            Ok(Reply::Refused(refusal)) => {
                let kind = Kind::of_exit_code(refusal.exit_code);
                let failure = Failure::new(kind, refusal.message);
                return Err(refusal.hints.into_iter().fold(failure, Failure::hint));
            }
            Ok(Reply::Status(_)) => return Err(beside_the_question()),
            Ok(Reply::Locked) => "The agent has locked.",
            Err(Error::Agent(IpcError::TooLarge)) => {
                "This is more than the agent takes in at once: it is done without it."
            }
            Err(Error::Agent(IpcError::OtherVersion { theirs })) => {
                self.holder = Holder::Here(Box::new(self.invocation.succeed(&theirs)?));
                return self.ask_again(question);
            }
            // A change that it may have made is not asked for again.
            Err(error @ Error::Unanswered { .. }) => return Err(error.into()),
            // The vault opens without it.
            Err(error) => {
                let output = &self.invocation.output;
                output.warning(&Failure::from(error).message());
                return self.ask_here(question);
            }
        };
        self.invocation.output.note(why);
        self.ask_here(question)
    }

    fn ask_here(&mut self, question: Question) -> Result<Answer, Failure> {
        self.holder = Holder::Here(Box::new(self.invocation.unlock_unasked()?));
        self.ask_again(question)
    }

    fn ask_again(&mut self, question: Question) -> Result<Answer, Failure> {
        match question {
            Question::Use(request) => self.ask(request),
            Question::Status => Err(beside_the_question()),
        }
    }
}

/// The one card of an answer.
fn only(mut cards: Vec<Card>) -> Result<Card, Failure> {
    Ok(cards.pop().ok_or(Error::Vanished)?)
}

fn beside_the_question() -> Failure {
    Failure::new(Kind::Failed, "the agent answered another question")
}
