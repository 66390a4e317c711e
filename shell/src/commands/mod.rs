//! What the program does besides being the daemon: say whether a set-up is
//! right, before and while it runs. None of these opens the daemon's socket, so
//! each can be used beside it.

mod check;
pub(crate) mod demo;
mod health;
pub(crate) mod match_lines;
mod notify_test;

use crate::cli::Command;
use crate::settings::Env;
use crate::sys::terminal::{print, warn};

/// The answer is no: wrong, failed, unhealthy, or nothing matched.
const EXIT_NO: i32 = 1;
/// `match` could not do its work.
const EXIT_ERROR: i32 = 2;

/// Runs one of the commands in this folder and returns the exit status.
pub(crate) fn run(env: &Env, command: &Command<'_>) -> i32 {
    let (result, on_error) = match command {
        Command::Check => (Ok(check::run(env)), EXIT_NO),
        Command::Health { json } => (Ok(health::run(env, *json)), EXIT_NO),
        Command::Match(options) => (match_lines::run(env, options), EXIT_ERROR),
        Command::NotifyTest(names) => (notify_test::run(env, names), EXIT_NO),
        Command::Demo { .. } | Command::Help | Command::Run | Command::Version => return 0,
    };
    match result {
        Ok(true) => 0,
        Ok(false) => EXIT_NO,
        Err(text) => {
            warn(&text);
            on_error
        }
    }
}
