//! A command as the command line knows it, and helpers for its arguments.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use crate::log::Escaped;
use crate::settings::Env;

/// The exit status for yes: right, sent, healthy, or a line matched.
pub(super) const YES: i32 = 0;
/// The exit status for no: wrong, failed, unhealthy, or nothing matched.
pub(super) const NO: i32 = 1;

/// A command of the command line.
pub(crate) struct Command {
    /// The word that the user types.
    pub(crate) name: &'static str,
    /// Its arguments, as a usage line shows them.
    pub(crate) arguments: &'static str,
    /// The description in the help, in lines that are indented already.
    pub(crate) help: &'static str,
    /// Runs it with its arguments and returns the exit status.
    pub(crate) run: fn(&Env, &[OsString]) -> Result<i32, BadArguments>,
}

/// The arguments of a command are wrong; the text names the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadArguments(pub(crate) String);

impl BadArguments {
    /// Names arguments that a command does not know.
    pub(crate) fn unknown(arguments: &[OsString]) -> Self {
        let mut text = "unknown arguments:".to_owned();
        for word in arguments {
            text.push(' ');
            text.push_str(&Escaped(word.as_bytes()).to_string());
        }
        Self(text)
    }
}

/// Returns the exit status for a yes or a no.
pub(super) const fn exit_status(yes: bool) -> i32 {
    if yes { YES } else { NO }
}

/// Returns whether the only switch of a command is given.
pub(super) fn only_switch(arguments: &[OsString], switch: &str) -> Result<bool, BadArguments> {
    match arguments {
        [] => Ok(false),
        [word] if word == switch => Ok(true),
        _ => Err(BadArguments::unknown(arguments)),
    }
}
