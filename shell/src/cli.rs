//! The command line: finds the command and runs it, or shows help.

use std::ffi::OsString;

use crate::commands::{BadArguments, COMMANDS, Command, serve};
use crate::settings::{Env, variables};
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

`alertik help variables` lists every variable, `alertik help COMMAND` explains one.
";

/// Runs the command that the arguments after the program's name call for, and
/// returns the exit status.
pub(crate) fn run(env: Env, arguments: &[OsString]) -> i32 {
    let Some((name, rest)) = arguments.split_first() else {
        return serve(env, |_| true);
    };
    let command = COMMANDS.iter().find(|command| name == command.name);
    let result = match (command, rest) {
        (Some(command), [word]) if is_help(word) => {
            print(&help_of(command));
            Ok(0)
        }
        (Some(command), _) => (command.run)(&env, rest),
        (None, [] | [_]) if is_help(name) || name == "help" => help_on(rest.first()),
        (None, []) if name == "--version" || name == "-V" => {
            print(concat!("alertik ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(0)
        }
        (None, _) => Err(unknown_command(name, arguments)),
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

/// Prints the help on a command or on the variables, or the whole.
fn help_on(topic: Option<&OsString>) -> Result<i32, BadArguments> {
    let command = COMMANDS
        .iter()
        .find(|command| topic.is_some_and(|topic| topic == command.name));
    let text = match (topic, command) {
        (None, _) => help(),
        (_, Some(command)) => help_of(command),
        (Some(topic), _) if topic == "variables" => variables::help(),
        (Some(topic), _) => return Err(unknown_command(topic, std::slice::from_ref(topic))),
    };
    print(&text);
    Ok(0)
}

/// Names a command that does not exist, and the one that was probably meant.
fn unknown_command(name: &OsString, arguments: &[OsString]) -> BadArguments {
    let BadArguments(mut text) = BadArguments::unknown(arguments);
    let commands = COMMANDS.iter().map(|command| command.name);
    let others = ["help", "--help", "--version", "variables"];
    let meant = variables::nearest(&name.to_string_lossy(), commands.chain(others));
    if let Some((cost, meant)) = meant
        && (1..5).contains(&cost)
    {
        for part in ["; did you mean ", meant, "?"] {
            text.push_str(part);
        }
    }
    BadArguments(text)
}

fn is_help(word: &OsString) -> bool {
    word == "--help" || word == "-h"
}

fn usage(command: &Command) -> String {
    ["usage: alertik ", &synopsis(command), "\n"].concat()
}

fn help_of(command: &Command) -> String {
    [&usage(command), "\n", command.help].concat()
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
