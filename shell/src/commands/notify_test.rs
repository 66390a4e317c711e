//! `alertik notify-test`: a test message through each notifier, at once, by the
//! code that sends the daemon's.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use alertik_core::delivery::Notifier;
use alertik_core::ids::NotifierSet;
use alertik_core::text::TextBuffer;

use super::command::{BadArguments, Command, NO, exit_status};
use crate::log::Escaped;
use crate::notifier::{self, Trial};
use crate::settings::{Env, Problems, rules, services, variables};
use crate::sys::clock;
use crate::sys::terminal::{self, warn};

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "notify-test",
    arguments: "[NAME...]",
    help: "      Send a test message through every notifier that is set up, or through
      those named, and report the outcomes. Ends with 0 if all of them took the
      message, with 1 otherwise.
",
    run,
};

/// See [`COMMAND`].
fn run(env: &Env, names: &[OsString]) -> Result<i32, BadArguments> {
    Ok(match try_notifiers(env, names) {
        Ok(all_delivered) => exit_status(all_delivered),
        Err(message) => {
            warn(&message);
            NO
        }
    })
}

/// Sends the messages and returns whether every notifier took its own.
///
/// # Errors
///
/// Returns a message for the user if nothing can be tried at all.
fn try_notifiers(env: &Env, names: &[OsString]) -> Result<bool, String> {
    let wanted = wanted(env, names)?;
    let mut problems = Problems::default();
    variables::check(env, &mut problems);
    let notifiers = services::read(env, wanted, &mut problems);
    problems.print();
    let all_set_up = problems.errors().is_empty();
    if notifiers.list.is_empty() {
        return Ok(false);
    }
    let mut text = TextBuffer::new();
    text.push_mask("Test message of alertik: this notifier works, and nothing has happened");
    text.push_tail(format_args!(", at: {}", clock::wall()));
    let count = notifiers.list.len();
    let trials = notifier::try_all(notifiers, text.as_text())
        .map_err(|error| format!("alertik: cannot start the test: {error}\n"))?;
    let mut delivered = 0;
    for _ in 0..count {
        let trial = trials.next();
        delivered += usize::from(trial.delivered);
        print(&trial);
    }
    Ok(all_set_up && delivered == count)
}

/// Returns the notifiers to try: those named, or all that are set up or that a
/// rule uses.
fn wanted(env: &Env, names: &[OsString]) -> Result<NotifierSet, String> {
    let mut wanted = NotifierSet::EMPTY;
    for name in names {
        match name.to_str().and_then(Notifier::from_name) {
            Some(notifier) => wanted.insert(notifier.id()),
            None => {
                return Err(format!(
                    "alertik: '{}' is not a notifier; known are {}\n",
                    Escaped(name.as_bytes()),
                    Notifier::names(Notifier::all())
                ));
            }
        }
    }
    if !names.is_empty() {
        return Ok(wanted);
    }
    // Console needs no variable, so it is tried if a rule uses it.
    let (_, used) = rules::read(env, false, &mut Problems::default());
    let mut configured = services::configured(env);
    configured.remove(Notifier::Console.id());
    wanted = configured.union(used);
    if wanted.is_empty() {
        return Err(
            "alertik: no notifier is set up: set TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID, or \
             SLACK_WEBHOOK_URL, TEAMS_WEBHOOK_URL, DISCORD_WEBHOOK_URL, GENERIC1_WEBHOOK_URL, \
             MAIL_SERVER\n"
                .to_owned(),
        );
    }
    Ok(wanted)
}

fn print(trial: &Trial) {
    let verdict = if trial.delivered { "ok" } else { "FAILED" };
    let mut line = String::new();
    let _ = write!(
        line,
        "{:9} {verdict} after {} ms: {}",
        trial.notifier.name(),
        trial.millis,
        trial.site
    );
    if !trial.words.is_empty() {
        let _ = write!(line, ": {}", trial.words);
    }
    line.push('\n');
    terminal::print(&line);
}
