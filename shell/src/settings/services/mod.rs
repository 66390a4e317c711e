//! The notifiers' variables, one file per service.
//!
//! # Adding one
//!
//! Its file reads its variables into a core `Form`; the compiler lists the
//! matches in this file that lack it.

mod discord;
mod foreign;
mod generic;
pub(crate) mod mail;
mod reader;
mod slack;
mod teams;
mod telegram;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

use alertik_core::delivery::{Form, Notifier, Pacing, Rate};
use alertik_core::ids::NotifierSet;
use alertik_core::limits::MAX_AGE_SECS;
use rustls::pki_types::TrustAnchor;

use super::numbers::whole;
use super::url::Url;
use super::{Env, Problems, trust};
use reader::Reader;

/// The configuration of everything that can be notified.
pub(crate) struct Notifiers {
    pub(crate) list: Vec<NotifierSettings>,
    /// Those that no rule notifies, although they have a variable.
    pub(crate) unused: NotifierSet,
    /// How long one attempt may take, in seconds.
    pub(crate) timeout_secs: u64,
    /// How long a notification may wait, in seconds.
    pub(crate) max_age_secs: u64,
    /// How long the end of the process may take for what waits, in seconds.
    pub(crate) stop_secs: u64,
    /// Where what waits at the end is kept for the next process, if anywhere.
    pub(crate) spool_file: Option<PathBuf>,
    /// The anchors that servers are verified with besides the built-in ones.
    pub(crate) anchors: Vec<TrustAnchor<'static>>,
}

/// The configuration of one notifier.
pub(crate) struct NotifierSettings {
    pub(crate) notifier: Notifier,
    pub(crate) pacing: Pacing,
    /// Where its service is; `None` is standard output.
    pub(crate) endpoint: Option<Box<Endpoint>>,
}

/// A service that a URL leads to. Texts live as long as the program, as the
/// configuration does.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The URL; that of a generic webhook with a letter for each placeholder.
    pub(crate) url: Url,
    /// The request that the service wants.
    pub(crate) form: Form<'static>,
}

impl Notifiers {
    /// Settings without any notifier.
    pub(crate) const fn none() -> Self {
        Self {
            list: Vec::new(),
            unused: NotifierSet::EMPTY,
            timeout_secs: TIMEOUT_SECS,
            max_age_secs: MAX_AGE_SECS,
            stop_secs: STOP_SECS,
            spool_file: None,
            anchors: Vec::new(),
        }
    }
}

/// The default of `HTTP_TIMEOUT_SECS`.
const TIMEOUT_SECS: u64 = 15;
/// The default of `STOP_SECS`: RouterOS kills a container 10 s after it asked it to
/// stop, and matching and the log take some of it.
const STOP_SECS: u64 = 8;

/// Up to this, in milliseconds, seconds are more likely meant.
const SECONDS_MEANT_MAX: u64 = 60;

/// Returns the suffixes of the variables that say where a notifier's messages
/// go. A service that refuses a notifier's messages for good means one of these.
pub(crate) const fn address_variables(notifier: Notifier) -> &'static [&'static str] {
    match notifier {
        Notifier::Telegram => telegram::ADDRESS,
        Notifier::Slack
        | Notifier::Teams
        | Notifier::Discord
        | Notifier::Generic1
        | Notifier::Generic2
        | Notifier::Generic3
        | Notifier::Generic4 => &["_WEBHOOK_URL"],
        Notifier::Console => &[],
        Notifier::Mail => mail::ADDRESS,
    }
}

/// Returns the notifiers of which an address variable is set, and Console.
pub(crate) fn configured(env: &Env) -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    for notifier in Notifier::ALL {
        let suffixes = address_variables(notifier);
        let is_set = |suffix: &&str| env.bytes(&(prefix(notifier) + *suffix)).is_some();
        if suffixes.is_empty() || suffixes.iter().any(is_set) {
            set.insert(notifier.id());
        }
    }
    set
}

/// Returns the notifiers that are not in `used` and have a variable.
fn unused(env: &Env, used: NotifierSet) -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    for notifier in Notifier::ALL {
        let start = prefix(notifier) + "_";
        if !used.contains(notifier.id()) && env.names().any(|name| name.starts_with(&start)) {
            set.insert(notifier.id());
        }
    }
    set
}

/// Reads the variables of the notifiers in `used`. Every mistake becomes a
/// problem; a notifier with mistakes is left out.
pub(crate) fn read(env: &Env, used: NotifierSet, problems: &mut Problems) -> Notifiers {
    let mut notifiers = Notifiers::none();
    notifiers.unused = unused(env, used);
    notifiers.timeout_secs = whole(env, "HTTP_TIMEOUT_SECS", 1..=300, TIMEOUT_SECS, problems);
    notifiers.max_age_secs = whole(
        env,
        "NOTIFY_MAX_AGE_SECS",
        1..=604_800,
        MAX_AGE_SECS,
        problems,
    );
    notifiers.stop_secs = whole(env, "STOP_SECS", 1..=60, STOP_SECS, problems);
    let spool_file = env.text("SPOOL_FILE", problems);
    notifiers.spool_file = spool_file
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    if notifiers.spool_file.is_some() && env.bytes("SPOOL_FILE") == env.bytes("LOG_FILE") {
        problems.error("SPOOL_FILE", format_args!("is the same file as LOG_FILE"));
    }
    notifiers.anchors = trust::read(env, problems);
    for notifier in Notifier::members(used) {
        let mut reader = Reader {
            env,
            problems: &mut *problems,
            prefix: prefix(notifier),
            title: None,
        };
        let endpoint = read_endpoint(notifier, &mut reader);
        let pacing = read_pacing(notifier, &mut reader);
        if let Some(endpoint) = endpoint {
            if let Some(endpoint) = &endpoint {
                foreign::check(notifier, &endpoint.url, problems);
            }
            notifiers.list.push(NotifierSettings {
                notifier,
                pacing,
                endpoint: endpoint.map(Box::new),
            });
        }
    }
    notifiers
}

/// Reads where a notifier's service is. `None` if that is wrong, `Some(None)`
/// for standard output.
#[expect(
    clippy::option_option,
    reason = "a mistake and standard output are different things"
)]
fn read_endpoint(notifier: Notifier, reader: &mut Reader<'_, '_>) -> Option<Option<Endpoint>> {
    let endpoint = match notifier {
        Notifier::Telegram => telegram::read(reader),
        Notifier::Slack => slack::read(reader),
        Notifier::Teams => teams::read(reader),
        Notifier::Discord => discord::read(reader),
        Notifier::Generic1 | Notifier::Generic2 | Notifier::Generic3 | Notifier::Generic4 => {
            generic::read(reader)
        }
        Notifier::Mail => mail::read(reader),
        Notifier::Console => return Some(None),
    };
    endpoint.map(Some)
}

fn read_pacing(notifier: Notifier, reader: &mut Reader<'_, '_>) -> Pacing {
    let name = reader.name("_MIN_INTERVAL_MS");
    if reader.env.bytes(&name).is_none() {
        return notifier.pacing();
    }
    let millis = whole(reader.env, &name, 0..=3_600_000, 0, reader.problems);
    if (1..=SECONDS_MEANT_MAX).contains(&millis) {
        reader.problems.warning(
            &name,
            format_args!("is {millis} milliseconds; write {millis}000 for {millis} s"),
        );
    }
    Pacing::new(Rate::every(millis), Rate::UNLIMITED)
}

/// Writes what a notifier is, without anything that must not be shown to others:
/// path and query of its URL, its token, its headers.
///
/// # Errors
///
/// Returns the writer's error.
pub(crate) fn describe(
    env: &Env,
    settings: &NotifierSettings,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let Some(endpoint) = &settings.endpoint else {
        return out.write_str("standard output");
    };
    out.write_str(endpoint.url.site())?;
    match &endpoint.form {
        Form::Telegram(form) => telegram::describe(env, form, out),
        Form::Generic(form) => generic::describe(form, out),
        Form::Mail(form, _) => mail::describe(form, out),
        Form::Slack(title) | Form::Teams(title) | Form::Discord(title) => {
            out.write_str(if title.is_some() {
                "/***, with a title"
            } else {
                "/***"
            })
        }
        Form::DiscordAsSlack | Form::Console => out.write_str("/***"),
    }
}

/// Returns the beginning of the names of a notifier's variables.
pub(crate) fn prefix(notifier: Notifier) -> String {
    notifier.name().to_ascii_uppercase()
}
