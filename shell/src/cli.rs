//! The command line: what to do. How to do it is in the environment.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::commands::match_lines;

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// Receive, match and notify until told to stop.
    Run,
    /// The same with sample rules and lines; `once` ends after the sample.
    Demo {
        /// End after the sample.
        once: bool,
    },
    /// Say what is wrong with the configuration and what was understood.
    Check,
    /// Run lines of a file through the rules.
    Match(match_lines::Options<'a>),
    /// Send a test message through the notifiers with these names, or all.
    NotifyTest(&'a [OsString]),
    /// Ask the running daemon how it is.
    Health {
        /// Print JSON.
        json: bool,
    },
    /// Print the version.
    Version,
    /// Print the help.
    Help,
}

/// The text of `--help`.
pub(crate) const HELP: &str = "\
alertik: an alarm bell for MikroTik routers

usage: alertik [COMMAND]

Without a command it receives syslog datagrams, matches each one against the
rules in the environment, and notifies.

commands:
  check          say what is wrong with the configuration and what was
                 understood; ends with 0 if it is right, with 1 if not
  match [FILE] [--all] [--json] [--regex EXPRESSION [--mask MASK]]
                 show what the rules, or the expression given, make of the log
                 lines in FILE or standard input: matches, groups, messages;
                 cooldowns are off. --all lists lines without a match too,
                 --json writes an object per line. Ends with 0 if a line
                 matched, with 1 if none did, with 2 on errors
  notify-test [NAME...]
                 send a test message through every notifier that is set up, or
                 those named, and say what happened; ends with 1 if one failed
  health [--json]
                 ask the daemon that runs here with the same SYSLOG_PORT how it
                 is; ends with 0 if it is healthy, with 1 if not
  demo [--once]  run with sample rules, send itself a dozen log lines, and stay
                 until Ctrl-C; with --once end after the sample
  --version      print the version
  --help         print this text

A configuration that works:
  ENV_EVENTS=1 EVENT0_NOTIFIER=Console EVENT0_MATCH_TYPE=substr \\
  EVENT0_MATCH_STR='login failure' EVENT0_MASK_MSG='Somebody failed to log in' alertik

Every variable is in the README.
";

/// Reads the arguments behind the program's name.
///
/// # Errors
///
/// Returns what is wrong with them.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Command<'_>, String> {
    let Some((command, rest)) = arguments.split_first() else {
        return Ok(Command::Run);
    };
    let parsed = match (command.to_str(), rest) {
        (Some("check"), []) => Some(Command::Check),
        (Some("demo"), _) => only_switch(rest, "--once").map(|once| Command::Demo { once }),
        (Some("health"), _) => only_switch(rest, "--json").map(|json| Command::Health { json }),
        (Some("match"), _) => return parse_match(rest).map(Command::Match),
        (Some("notify-test"), _) => Some(Command::NotifyTest(rest)),
        (Some("--version" | "-V"), []) => Some(Command::Version),
        (Some("--help" | "-h" | "help"), []) => Some(Command::Help),
        _ => None,
    };
    parsed.ok_or_else(|| {
        let mut text = "unknown arguments:".to_owned();
        for word in arguments {
            text.push(' ');
            text.push_str(&word.to_string_lossy());
        }
        text
    })
}

/// Returns whether the one switch there can be is there, or nothing if anything
/// else is.
fn only_switch(rest: &[OsString], switch: &str) -> Option<bool> {
    match rest {
        [] => Some(false),
        [word] if word == switch => Some(true),
        _ => None,
    }
}

fn parse_match(arguments: &[OsString]) -> Result<match_lines::Options<'_>, String> {
    let mut options = match_lines::Options::default();
    let mut words = arguments.iter().map(OsString::as_os_str);
    while let Some(word) = words.next() {
        let (name, attached) = split_at_equals(word);
        let mut value = || {
            let value = attached.or_else(|| words.next());
            value.ok_or_else(|| format!("{} takes a value", name.to_string_lossy()))
        };
        match name.to_str() {
            Some("--regex") => options.regex = Some(value()?.as_bytes()),
            Some("--mask") => options.mask = Some(value()?.as_bytes()),
            Some("--all") if attached.is_none() => options.all = true,
            Some("--json") if attached.is_none() => options.json = true,
            Some(other) if other.starts_with("--") => {
                return Err(format!("match: unknown option {}", word.to_string_lossy()));
            }
            _ if options.file.is_some() => {
                return Err("match: one file at a time; join several with cat".to_owned());
            }
            _ => options.file = Some(word),
        }
    }
    if options.mask.is_some() && options.regex.is_none() {
        return Err("match: --mask needs --regex; the rules have masks of their own".to_owned());
    }
    Ok(options)
}

/// Splits `--name=value`.
fn split_at_equals(word: &OsStr) -> (&OsStr, Option<&OsStr>) {
    let bytes = word.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) if bytes.starts_with(b"--") => (
            OsStr::from_bytes(&bytes[..at]),
            Some(OsStr::from_bytes(&bytes[at + 1..])),
        ),
        _ => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<String, String> {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        parse(&words).map(|command| format!("{command:?}"))
    }

    #[test]
    fn options_of_match() {
        let words: Vec<_> = ["match", "--regex=a=b", "log", "--mask", "--all", "--json"]
            .map(OsString::from)
            .into();
        let options = match_lines::Options {
            file: Some(OsStr::new("log")),
            all: false,
            json: true,
            regex: Some(b"a=b"),
            mask: Some(b"--all"),
        };
        assert_eq!(parse(&words), Ok(Command::Match(options)));
    }

    #[test]
    fn mistakes() {
        for (words, part) in [
            (&["serve"][..], "unknown arguments: serve"),
            (&["check", "x"], "unknown arguments: check x"),
            (&["demo", "--twice"], "unknown arguments: demo --twice"),
            (&["match", "--regex"], "--regex takes a value"),
            (&["match", "--mask", "x"], "--mask needs --regex"),
            (&["match", "--all=1"], "unknown option --all=1"),
            (&["match", "a", "b"], "one file at a time"),
        ] {
            let error = parse_words(words).expect_err("a mistake");
            assert!(error.contains(part), "{words:?}: {error}");
        }
    }
}
