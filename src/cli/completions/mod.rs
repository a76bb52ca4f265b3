use clap::{Args, ValueHint};
use clap_complete::{Shell, generate};

use super::{Invocation, definition};
use crate::app::agent::{Question, Reply};
use crate::app::card::Codes;
use crate::app::request::{Answer, Request};
use crate::failure::{Failure, Kind};

/// The commands whose words are names of accounts, and what clap calls those words.
const NAMED: [(&str, &str); 9] = [
    ("code", "names"),
    ("show", "account"),
    ("edit", "account"),
    ("pin", "names"),
    ("unpin", "names"),
    ("tag", "account"),
    ("rename", "account"),
    ("remove", "names"),
    ("qr", "account"),
];
/// What stands in the generated scripts where a name belongs, for want of a hint of our own: no word of ours is a host.
const HINT: ValueHint = ValueHint::Hostname;
/// How zsh is told to complete a host.
const HOSTS_OF_ZSH: &str = ":_hosts'";

/// Print what a shell completes commands, options and names of accounts by
///
/// Names come from the vault while it is unlocked (authr unlock): pressing Tab never asks for a password. In PowerShell
/// and Elvish, commands and options alone are completed.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// `authr complete-names`, which the scripts run: the names of all accounts, where that needs no password.
#[derive(Debug)]
pub(super) struct CompleteNames {}

impl Completions {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let script = script(self.shell)?;
        invocation.output.bytes(script.as_bytes())
    }
}

fn script(shell: Shell) -> Result<String, Failure> {
    let mut command = definition();
    for (name, words) in NAMED {
        command = command.mut_subcommand(name, |command| {
            command.mut_args(|word| {
                if word.get_id() == words {
                    word.value_hint(HINT)
                } else {
                    word
                }
            })
        });
    }
    let mut script = Vec::new();
    generate(shell, &mut command, "authr", &mut script);
    let mut script = String::from_utf8(script)
        .map_err(|_| Failure::new(Kind::Failed, "the completions are no text"))?;
    let commands = NAMED.map(|(name, _)| name);
    match shell {
        Shell::Bash => {
            let own = include_str!("names.bash")
                .replace("COMMANDS", &commands.join("|"))
                .replace("OPTIONS", &options_with_values(&command).join("|"));
            script = script.replace("complete -F _authr ", "complete -F _authr_with_names ");
            script.push_str(&own);
        }
        Shell::Zsh => {
            script = script.replace(HOSTS_OF_ZSH, ":_authr_names'");
            let (first, rest) = script.split_once('\n').unwrap_or_default();
            script = format!("{first}\n\n{}{rest}", include_str!("names.zsh"));
        }
        Shell::Fish => {
            for name in commands {
                script.push_str(&format!(
                    "complete -c authr -n \"__fish_authr_using_subcommand {name}\" -f -a \"(command authr complete-names 2>/dev/null)\"\n"
                ));
            }
        }
        _ => {}
    }
    Ok(script)
}

/// The options of these commands that take a value, as they are typed.
fn options_with_values(command: &clap::Command) -> Vec<String> {
    let named = NAMED
        .iter()
        .filter_map(|(name, _)| command.find_subcommand(name));
    let all = named
        .chain([command])
        .flat_map(clap::Command::get_arguments);
    let with_value = all.filter(|option| option.get_action().takes_values());
    let mut options: Vec<String> = with_value
        .flat_map(|option| {
            let long = option.get_long().map(|long| format!("--{long}"));
            let short = option.get_short().map(|short| format!("-{short}"));
            long.into_iter().chain(short)
        })
        .collect();
    options.sort();
    options.dedup();
    options
}

impl CompleteNames {
    /// Whatever is in the way of names: there are none.
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let output = &invocation.output;
        let Ok(Some(mut agent)) = invocation.reach_agent() else {
            return Ok(());
        };
        let question = Question::Use(Request::List {
            tag: None,
            query: String::new(),
            order: None,
            codes: Codes::Hidden,
        });
        let Ok(Reply::Done(Answer::List(listing))) = agent.ask(&question) else {
            return Ok(());
        };
        let names = listing.cards.iter().map(|card| card.name.as_str());
        // A name that would be shown otherwise than it is, or looks like an option, is not one to be typed.
        let mut names = names.filter(|name| !name.starts_with('-') && output.shows(name));
        names.try_for_each(|name| output.line(name))
    }
}
