//! The command line: one file a command. A command parses, calls one use case, and prints.

mod add;
mod agent;
mod backup;
mod batches;
mod code;
mod completions;
mod config;
mod copy;
mod devices;
mod doctor;
mod drawing;
mod edit;
mod explain;
mod export;
mod import;
mod keeper;
mod list;
mod manual;
mod output;
mod password;
mod pictures;
mod pin;
mod profile;
mod prompt;
mod qr;
mod quick;
mod recovery;
mod register;
mod registration;
mod remove;
mod rename;
mod restore;
mod resync;
mod show;
mod sync;
mod tag;
mod trash;
mod undo;
mod unlock;
mod watch;
mod when;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use authr_crypto::secret::Password;
use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::output::{Dress, Format, Notes, Output, wrapped};
use self::prompt::{Consent, PasswordSource, Prompt, Weak};
use crate::context::Context;
use crate::failure::{Failure, Kind};

/// Help is not set wider than this, for the eye.
const WIDEST_HELP: usize = 100;
/// What `authr` alone presents, where a person may want to begin.
const FIRST_STEPS: [&str; 5] = ["add", "code", "list", "import", "backup"];

/// An authenticator for the terminal, with its own self-hosted server.
#[derive(Debug, Parser)]
#[command(name = "authr", version, max_term_width = WIDEST_HELP, disable_help_subcommand = true)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    Code(code::ShowCode),
    List(list::List),
    Show(show::Show),
    Edit(edit::Edit),
    Pin(pin::Pin),
    Unpin(pin::Unpin),
    Tag(tag::ChangeTags),
    Import(import::Import),
    Export(export::Export),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Resync(resync::Resync),
    Rename(rename::Rename),
    Remove(remove::Remove),
    Undo(undo::Undo),
    Qr(qr::Qr),
    Password(password::Password),
    Recovery(recovery::Recovery),
    Trash(trash::Trash),
    Doctor(doctor::Doctor),
    Unlock(agent::Unlock),
    Lock(agent::Lock),
    Agent(agent::Agent),
    Register(register::Register),
    Sync(sync::Sync),
    Devices(devices::Devices),
    Profile(profile::Profile),
    Config(config::Config),
    Completions(completions::Completions),
    #[command(skip)]
    CompleteNames(completions::CompleteNames),
    Man(manual::Man),
}

impl Command {
    fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        match self {
            Self::Add(command) => command.run(invocation),
            Self::Code(command) => command.run(invocation),
            Self::List(command) => command.run(invocation),
            Self::Show(command) => command.run(invocation),
            Self::Edit(command) => command.run(invocation),
            Self::Pin(command) => command.run(invocation),
            Self::Unpin(command) => command.run(invocation),
            Self::Tag(command) => command.run(invocation),
            Self::Import(command) => command.run(invocation),
            Self::Export(command) => command.run(invocation),
            Self::Backup(command) => command.run(invocation),
            Self::Restore(command) => command.run(invocation),
            Self::Resync(command) => command.run(invocation),
            Self::Rename(command) => command.run(invocation),
            Self::Remove(command) => command.run(invocation),
            Self::Undo(command) => command.run(invocation),
            Self::Qr(command) => command.run(invocation),
            Self::Password(command) => command.run(invocation),
            Self::Recovery(command) => command.run(invocation),
            Self::Trash(command) => command.run(invocation),
            Self::Doctor(command) => command.run(invocation),
            Self::Unlock(command) => command.run(invocation),
            Self::Lock(command) => command.run(invocation),
            Self::Agent(command) => command.run(invocation),
            Self::Register(command) => command.run(invocation),
            Self::Sync(command) => command.run(invocation),
            Self::Devices(command) => command.run(invocation),
            Self::Profile(command) => command.run(invocation),
            Self::Config(command) => command.run(invocation),
            Self::Completions(command) => command.run(invocation),
            Self::CompleteNames(command) => command.run(invocation),
            Self::Man(command) => command.run(invocation),
        }
    }
}

/// What every command takes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options of every command")]
struct Options {
    /// Keep every file of this installation under DIR
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print results and failures as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Print whole lines for a screen reader: no bars, no titles, nothing drawn anew
    #[arg(long, global = true)]
    plain: bool,
    /// Read the backups password from FILE; one line end is dropped
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "password_fd"
    )]
    password_file: Option<PathBuf>,
    /// Read the backups password from file descriptor N
    #[arg(long, global = true, value_name = "N")]
    password_fd: Option<u32>,
    /// Open the vault with the recovery code in FILE
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    #[arg(conflicts_with_all = ["password_file", "password_fd", "recovery_code_fd"])]
    recovery_code_file: Option<PathBuf>,
    /// Open the vault with the recovery code from file descriptor N
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    #[arg(conflicts_with_all = ["password_file", "password_fd"])]
    recovery_code_fd: Option<u32>,
    /// Go on where a question would be asked
    #[arg(long, short = 'y', global = true)]
    yes: bool,
    /// Print results, warnings and errors alone
    #[arg(long, short = 'q', global = true)]
    quiet: bool,
    /// Open a vault that is older than the one last seen here
    #[arg(long, global = true, hide_short_help = true)]
    accept_rollback: bool,
}

/// One command line being run: what a command needs besides its own arguments.
pub(crate) struct Invocation<'a> {
    /// Clock, randomness, KDF.
    pub(crate) context: &'a Context,
    /// Prints.
    pub(crate) output: Output<'a>,
    /// Asks.
    pub(crate) prompt: Prompt<'a>,
    /// Where the backups password comes from.
    pub(crate) source: PasswordSource,
    /// Where the recovery code comes from that opens the vault in its stead.
    pub(crate) recovery: Option<PasswordSource>,
    /// The folder of this installation; none: where the platform keeps a person's files.
    pub(crate) home: Option<PathBuf>,
    /// Whether a vault older than the one last seen is opened.
    pub(crate) accept_rollback: bool,
}

impl Invocation<'_> {
    /// The backups password, of a vault that exists.
    pub(crate) fn password(&self, question: &str) -> Result<Password, Failure> {
        self.source.existing(question, &self.prompt, &self.output)
    }

    /// Asks before a file is replaced; that the person says no is a failure.
    pub(crate) fn confirm_replacing(&self, file: &Path) -> Result<(), Failure> {
        match (self.prompt).confirm(&format!("Replace {}?", file.display()))? {
            true => Ok(()),
            false => Err(Failure::declined("Nothing was written.")),
        }
    }

    /// A new backups password.
    pub(crate) fn new_password(&self, question: &str) -> Result<Password, Failure> {
        let weak = Weak::Warned;
        self.source
            .fresh(question, weak, &self.prompt, &self.output)
    }

    /// A new backups password that also opens a locker.
    pub(crate) fn new_strong_password(&self, question: &str) -> Result<Password, Failure> {
        let weak = Weak::Refused;
        self.source
            .fresh(question, weak, &self.prompt, &self.output)
    }
}

/// Runs a command line; everything that goes wrong is printed here and becomes the exit code.
pub(crate) fn run(arguments: Vec<OsString>, context: &Context) -> u8 {
    // Known before the arguments are understood, since a wrong one is reported as JSON too.
    let wants_json = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json");
    let format = if wants_json {
        Format::Json
    } else {
        Format::Text
    };
    let early = Output::new(&context.terminal, format, Notes::Shown);
    let outcome = parse(arguments, context)
        .and_then(|parsed| match parsed {
            Parsed::Help(help) => early.help(&help),
            Parsed::Run(line) => dispatch(*line, context),
        })
        .and_then(|()| early.finish());
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            early.failure(&failure);
            failure.kind().exit_code()
        }
    }
}

enum Parsed {
    Help(StyledStr),
    Run(Box<CommandLine>),
}

fn parse(arguments: Vec<OsString>, context: &Context) -> Result<Parsed, Failure> {
    if let Some(line) = quick::parse(&arguments) {
        return Ok(Parsed::Run(Box::new(line)));
    }
    let width = context.terminal.stdout.columns().unwrap_or(WIDEST_HELP);
    let command = definition().term_width(width.min(WIDEST_HELP));
    let matches = command.try_get_matches_from(arguments);
    match matches.and_then(|matches| CommandLine::from_arg_matches(&matches)) {
        Ok(line) => Ok(Parsed::Run(Box::new(line))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Ok(Parsed::Help(error.render()))
            }
            _ => Err(wrong_usage(&error)),
        },
    }
}

/// What clap says of a wrong command line, in the form of every other failure.
fn wrong_usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.trim().split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let mut failure = Failure::new(Kind::Usage, message.to_owned());
    for paragraph in paragraphs {
        let paragraph = paragraph.trim();
        if let Some(tip) = paragraph.strip_prefix("tip: ") {
            failure = failure.hint(tip);
        } else if let Some(usage) = paragraph.strip_prefix("Usage: ") {
            failure = failure.hint(usage);
        }
    }
    failure.hint("authr --help")
}

fn dispatch(line: CommandLine, context: &Context) -> Result<(), Failure> {
    let options = line.options;
    let format = if options.json {
        Format::Json
    } else {
        Format::Text
    };
    let notes = if options.quiet {
        Notes::Silenced
    } else {
        Notes::Shown
    };
    let consent = if options.yes {
        Consent::Given
    } else {
        Consent::Ask
    };
    let dress = if options.plain {
        Dress::Plain
    } else {
        Dress::ForTheEye
    };
    let recovery = match (options.recovery_code_file, options.recovery_code_fd) {
        (None, None) => None,
        (file, descriptor) => Some(PasswordSource::new(file, descriptor)),
    };
    let invocation = Invocation {
        context,
        output: Output::new(&context.terminal, format, notes).dressed(dress),
        prompt: Prompt::new(context, consent),
        source: PasswordSource::new(options.password_file, options.password_fd),
        recovery,
        home: options.home.or_else(|| context.home.clone()),
        accept_rollback: options.accept_rollback,
    };
    match line.command {
        None if format == Format::Json => {
            let message = "no command is named whose results could be JSON";
            Err(Failure::new(Kind::Usage, message).hint("authr --help"))
        }
        None => {
            let columns = context.terminal.stdout.columns();
            invocation.output.lines(&first_steps(columns))
        }
        Some(command) => command.run(&invocation),
    }
}

/// What `authr` alone says: under fifteen lines, and no command that does not exist.
fn first_steps(columns: Option<usize>) -> String {
    // Where the second column begins.
    const ABOUT: usize = "  authr register  ".len();
    let command = CommandLine::command();
    let shows = "authr shows the codes that sites ask for when you sign in.";
    let mut text = format!("{}\n\n", wrapped(shows, columns));
    for name in FIRST_STEPS {
        if let Some(step) = command.find_subcommand(name) {
            let about = step.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            let about = wrapped(&about, columns.map(|columns| columns.saturating_sub(ABOUT)));
            let about = about.replace('\n', &format!("\n{:ABOUT$}", ""));
            text.push_str(&format!("  authr {name:<8}  {about}\n"));
        }
    }
    text.push_str("\nAll commands: authr --help\nOne command:  authr COMMAND --help\n");
    text
}

/// The command line as clap knows it.
fn definition() -> clap::Command {
    CommandLine::command().after_long_help(exit_codes())
}

fn exit_codes() -> String {
    let mut text = String::from("Exit codes:\n  0  ok\n");
    for kind in Kind::ALL {
        text.push_str(&format!("  {}  {}\n", kind.exit_code(), kind.meaning()));
    }
    text
}

#[cfg(test)]
mod tests;
