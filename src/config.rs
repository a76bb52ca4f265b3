//! What the environment says: the only reader of environment variables.
//!
//! No secret is ever taken from it, and nothing in it can make the program less careful.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the program wants to know of its environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `AUTHR_HOME`: the folder of this installation, as `--home` names it.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: the folder of what lives as long as a person is signed in.
    pub runtime: Option<PathBuf>,
    /// `TMPDIR`: the folder of what nobody keeps.
    pub temporary: Option<PathBuf>,
    /// `NO_COLOR` (no-color.org): set and not empty.
    pub no_color: bool,
    /// `TERM=dumb`: a terminal that understands no escape sequence.
    pub dumb: bool,
    /// Whether `LC_ALL`, `LC_CTYPE` or `LANG`, the first that is set, names UTF-8.
    pub utf8: bool,
    /// `SSH_CONNECTION` or `SSH_TTY`: the person sits at another machine.
    pub remote: bool,
    /// `DISPLAY` or `WAYLAND_DISPLAY`: a desktop is shown. A Mac has no other way to show anything.
    pub display: bool,
    /// `DBUS_SESSION_BUS_ADDRESS`: the way to the services of a person's session.
    pub session_bus: bool,
    /// `TMUX`: the terminal is one of tmux.
    pub tmux: bool,
    /// `STY`: the terminal is one of GNU screen.
    pub screen: bool,
    /// `COLUMNS`, for a terminal that does not know its own width.
    pub columns: Option<usize>,
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one reader of the environment"
    )]
    pub fn of_this_process() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// Reads any environment. A variable that is set to nothing counts as not set.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name| variable(name).filter(|value: &OsString| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable)
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        Self {
            home: variable("AUTHR_HOME").map(PathBuf::from),
            runtime: variable("XDG_RUNTIME_DIR").map(PathBuf::from),
            temporary: variable("TMPDIR").map(PathBuf::from),
            no_color: variable("NO_COLOR").is_some(),
            dumb: variable("TERM").is_some_and(|term| term == "dumb"),
            utf8: locale.contains("utf-8") || locale.contains("utf8"),
            remote: variable("SSH_CONNECTION").is_some() || variable("SSH_TTY").is_some(),
            display: cfg!(target_os = "macos")
                || variable("DISPLAY").is_some()
                || variable("WAYLAND_DISPLAY").is_some(),
            session_bus: variable("DBUS_SESSION_BUS_ADDRESS").is_some(),
            tmux: variable("TMUX").is_some(),
            screen: variable("STY").is_some(),
            columns: variable("COLUMNS")
                .and_then(|columns| columns.to_str()?.parse().ok())
                .filter(|columns| *columns > 0),
        }
    }
}

impl Environment {
    /// The folder of the agent's sockets: of this user alone, whoever else has the folder above it.
    #[must_use]
    pub(crate) fn sockets(&self) -> PathBuf {
        // Relative ones mean nothing, says the standard.
        match self.runtime.as_ref().filter(|path| path.is_absolute()) {
            Some(runtime) => runtime.join("authr"),
            None => {
                let temporary = self.temporary.as_deref().unwrap_or(Path::new("/tmp"));
                temporary.join(format!("authr-{}", rustix::process::geteuid().as_raw()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_variables(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        assert_eq!(
            environment(&[("NO_COLOR", ""), ("AUTHR_HOME", ""), ("COLUMNS", "")]),
            Environment::default()
        );
    }

    #[test]
    fn sockets_lie_in_the_runtime_folder_or_in_one_that_names_the_user() {
        let sockets = |variables: &[(&str, &str)]| environment(variables).sockets();
        let runtime = ("XDG_RUNTIME_DIR", "/run/user/1");
        assert_eq!(sockets(&[runtime]), Path::new("/run/user/1/authr"));
        let user = rustix::process::geteuid().as_raw();
        for relative in ["", "run"] {
            let found = sockets(&[("XDG_RUNTIME_DIR", relative), ("TMPDIR", "/var/tmp")]);
            assert_eq!(found, Path::new(&format!("/var/tmp/authr-{user}")));
        }
        let found = sockets(&[]);
        assert_eq!(found, Path::new(&format!("/tmp/authr-{user}")));
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(!environment(&[]).utf8);
        assert!(!environment(&[("LANG", "C")]).utf8);
        assert!(environment(&[("LANG", "de_DE.UTF-8")]).utf8);
        assert!(environment(&[("LC_ALL", ""), ("LANG", "en_US.utf8")]).utf8);
        assert!(!environment(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]).utf8);
        assert!(environment(&[("LC_CTYPE", "C.UTF-8"), ("LANG", "C")]).utf8);
    }

    #[test]
    fn columns_that_are_no_width_are_no_columns() {
        for nonsense in ["0", "-1", "wide", "99999999999999999999999"] {
            assert_eq!(environment(&[("COLUMNS", nonsense)]).columns, None);
        }
        assert_eq!(environment(&[("COLUMNS", "40")]).columns, Some(40));
    }
}
