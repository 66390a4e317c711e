//! The command line: what to do. How to do it is in the environment.

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Receive, match and notify until told to stop.
    Run,
    /// The same with sample rules and lines; `once` ends after the sample.
    Demo {
        /// End after the sample.
        once: bool,
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
pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => Ok(Command::Run),
        ["demo"] => Ok(Command::Demo { once: false }),
        ["demo", "--once"] => Ok(Command::Demo { once: true }),
        ["--version" | "-V"] => Ok(Command::Version),
        ["--help" | "-h" | "help"] => Ok(Command::Help),
        _ => Err(format!("unknown arguments: {}", words.join(" "))),
    }
}
