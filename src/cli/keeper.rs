//! Whoever holds the vault open for a command: the agent, or this process.

use authr_core::account::AccountId;
use authr_otp::UnixSeconds;

use super::Invocation;
use super::prompt::PasswordSource;
use crate::app::agent::{self, Agent, IpcError, Limits, Question, Reply, VERSION};
use crate::app::card::{Card, Codes};
use crate::app::codes::{ShownCode, Which};
use crate::app::request::{Answer, Listing, Request};
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
    /// The agent, where one runs and the command line names no other way to open the vault; else this process, once the
    /// password was asked for.
    pub(super) fn keeper(&self) -> Result<Keeper<'_, 'a>, Failure> {
        let mut ended = None;
        if self.agent_may_answer() {
            match self.find_agent() {
                Ok(Some(agent)) => return Ok(self.kept_by(Holder::Agent(agent))),
                Ok(None) => {}
                Err(Error::Agent(IpcError::OtherVersion { theirs })) => {
                    self.output.warning(&format!(
                        "the agent is of authr {theirs}, this is {VERSION}: it ends, and a new one starts"
                    ));
                    agent::lock(self.context, &self.store()?)?;
                    ended = Some(Limits::default());
                }
                // The vault opens without it.
                Err(error) => {
                    let failure = Failure::from(error);
                    self.output.warning(&failure.message());
                }
            }
        }
        let session = self.unlock()?;
        if let Some(limits) = ended {
            agent::start(self.context, &session, limits)?;
        }
        Ok(self.kept_by(Holder::Here(Box::new(session))))
    }

    /// The agent of this home, if one runs.
    pub(super) fn find_agent(&self) -> Result<Option<Agent>, Error> {
        Agent::find(self.context, &Session::store(self.home.as_deref())?)
    }

    /// Who names a password, a code or an exception wants the vault opened by it.
    fn agent_may_answer(&self) -> bool {
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
            let ids: Vec<_> = shown.iter().map(|shown| shown.id).collect();
            session.remember_use(&ids);
        }
    }

    /// Remembers that the codes of these accounts are shown from now on.
    pub(super) fn remember_use(&mut self, ids: &[AccountId]) -> Result<(), Failure> {
        match &self.holder {
            Holder::Here(session) => session.remember_use(ids),
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
        match self.ask(Request::Find { names, codes })? {
            Answer::Cards(cards) => Ok(cards),
            _ => Err(beside_the_question()),
        }
    }

    fn ask(&mut self, request: Request) -> Result<Answer, Failure> {
        let agent = match &mut self.holder {
            Holder::Here(session) => return Ok(session.answer(&request)?),
            Holder::Agent(agent) => agent,
        };
        let question = Question::Use(request);
        match agent.ask(&question)? {
            Reply::Done(answer) => Ok(answer),
            Reply::Refused(refusal) => {
                let kind = Kind::of_exit_code(refusal.exit_code);
                let failure = Failure::new(kind, refusal.message);
                Err(refusal.hints.into_iter().fold(failure, Failure::hint))
            }
            Reply::Locked => {
                self.invocation.output.note("The agent has locked.");
                let session = self.invocation.unlock()?;
                self.holder = Holder::Here(Box::new(session));
                match question {
                    Question::Use(request) => self.ask(request),
                    Question::Status => Err(beside_the_question()),
                }
            }
            Reply::Status(_) => Err(beside_the_question()),
        }
    }
}

fn beside_the_question() -> Failure {
    Failure::new(Kind::Failed, "the agent answered another question")
}
