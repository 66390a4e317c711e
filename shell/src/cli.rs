//! The command line: finds the command and runs it, or shows help.

use std::ffi::OsString;

use crate::commands::{BadArguments, COMMANDS, Command, serve};
use crate::settings::Env;
use crate::sys::terminal::{print, warn};

/// The exit status if the command line is wrong.
const EXIT_USAGE: i32 = 2;

/// The help before the list of commands.
const HELP_HEAD: &str = "\
alertik: an alarm bell for MikroTik routers

usage: alertik [COMMAND]

Without a command it receives syslog datagrams, matches each one against the
rules in the environment, and notifies.

commands:
";

/// The help after the list of commands.
const HELP_TAIL: &str = "  --version
      Print the version.
  --help
      Print this text; after a command, only its part.

A configuration that works:
  ENV_EVENTS=1 EVENT0_NOTIFIER=Console EVENT0_MATCH_TYPE=substr \\
  EVENT0_MATCH_STR='login failure' EVENT0_MASK_MSG='Somebody failed to log in' alertik

Every variable is in the README.
";

/// Runs the command that the arguments after the program's name call for, and
/// returns the exit status.
pub(crate) fn run(env: &Env, arguments: &[OsString]) -> i32 {
    let Some((name, rest)) = arguments.split_first() else {
        return serve(env, |_| true);
    };
    let command = COMMANDS.iter().find(|command| name == command.name);
    let result = match (command, rest) {
        (Some(command), [word]) if is_help(word) => {
            print(&[&usage(command), "\n", command.help].concat());
            Ok(0)
        }
        (Some(command), _) => (command.run)(env, rest),
        (None, []) if is_help(name) || name == "help" => {
            print(&help());
            Ok(0)
        }
        (None, []) if name == "--version" || name == "-V" => {
            print(concat!("alertik ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(0)
        }
        (None, _) => Err(BadArguments::unknown(arguments)),
    };
    result.unwrap_or_else(|BadArguments(wrong)| {
        let name = command.map_or("", |command| command.name);
        let colon = if name.is_empty() { "" } else { ": " };
        let usage = command.map_or_else(|| "usage: alertik [COMMAND]\n".to_owned(), usage);
        let more = "`alertik --help` lists the commands.\n";
        warn(&["alertik: ", name, colon, &wrong, "\n", &usage, more].concat());
        EXIT_USAGE
    })
}

fn is_help(word: &OsString) -> bool {
    word == "--help" || word == "-h"
}

fn usage(command: &Command) -> String {
    ["usage: alertik ", &synopsis(command), "\n"].concat()
}

fn synopsis(command: &Command) -> String {
    let blank = if command.arguments.is_empty() {
        ""
    } else {
        " "
    };
    [command.name, blank, command.arguments].concat()
}

fn help() -> String {
    let mut text = HELP_HEAD.to_owned();
    for command in &COMMANDS {
        for part in ["  ", &synopsis(command), "\n", command.help] {
            text.push_str(part);
        }
    }
    text + HELP_TAIL
}
