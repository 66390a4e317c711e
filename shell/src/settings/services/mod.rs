//! The notifiers' variables.

mod generic;
mod reader;
mod telegram;
#[cfg(test)]
mod tests;

use alertik_core::delivery::{Pacing, Rate, Telegram, Template};
use alertik_core::ids::{NotifierId, NotifierSet};

use rustls::pki_types::TrustAnchor;

use reader::Reader;

use super::numbers::whole;
use super::url::Url;
use super::{Env, Problems, trust};

/// The configuration of everything that can be notified.
pub(crate) struct Notifiers {
    pub(crate) list: Vec<Notifier>,
    /// How long one attempt may take, in seconds.
    pub(crate) timeout_secs: u64,
    /// How long a notification may wait, in seconds.
    pub(crate) max_age_secs: u64,
    /// What servers are verified with besides the built-in anchors.
    pub(crate) anchors: Vec<TrustAnchor<'static>>,
    /// The rules' names in their order, for `{{rule}}`. The daemon fills them
    /// in once it has read its rules.
    pub(crate) rule_names: Vec<String>,
}

/// The configuration of one notifier.
pub(crate) struct Notifier {
    pub(crate) id: NotifierId,
    pub(crate) pacing: Pacing,
    pub(crate) target: Target,
}

/// Where a notifier's messages go.
#[derive(Clone)]
pub(crate) enum Target {
    /// Standard output.
    Console,
    /// A service.
    Http(Box<Endpoint>),
}

/// A service behind a URL.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The URL; that of a generic webhook with a letter for each placeholder.
    pub(crate) url: Url,
    pub(crate) service: Service,
}

/// How a service is spoken to. Texts live as long as the program, as the
/// configuration does.
#[derive(Clone)]
pub(crate) enum Service {
    Telegram(Telegram<'static>),
    Slack,
    Teams,
    Discord,
    /// A Discord URL that is meant to take Slack's form.
    DiscordAsSlack,
    Generic(Box<Generic>),
}

/// A generic webhook's request.
#[derive(Clone)]
pub(crate) struct Generic {
    /// The URL, where it holds placeholders.
    pub(crate) url: Option<Template<'static>>,
    pub(crate) method: &'static str,
    pub(crate) headers: Vec<(&'static str, Template<'static>)>,
    /// `{"text":…}` where it is not set.
    pub(crate) body: Option<Template<'static>>,
    pub(crate) content_type: &'static str,
}

impl Generic {
    /// Returns all templates of the request.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template<'static>> {
        let headers = self.headers.iter().map(|(_, value)| value);
        self.url.iter().chain(&self.body).chain(headers)
    }
}

impl Notifiers {
    /// Adds nothing and starts nothing: for a daemon without notifiers.
    pub(crate) const fn none() -> Self {
        Self {
            list: Vec::new(),
            timeout_secs: TIMEOUT_SECS,
            max_age_secs: MAX_AGE_SECS,
            anchors: Vec::new(),
            rule_names: Vec::new(),
        }
    }
}

/// `HTTP_TIMEOUT_SECS` where it is not set.
const TIMEOUT_SECS: u64 = 15;
/// `NOTIFY_MAX_AGE_SECS` where it is not set.
const MAX_AGE_SECS: u64 = 3_600;

/// Returns the notifiers whose first variable, or for Telegram one of its two,
/// is set, and Console.
pub(crate) fn configured(env: &Env) -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    for id in NotifierId::ALL {
        let variable = match id {
            NotifierId::CONSOLE => None,
            NotifierId::TELEGRAM if env.bytes("TELEGRAM_CHAT_ID").is_some() => None,
            NotifierId::TELEGRAM => Some("TELEGRAM_BOT_TOKEN".to_owned()),
            _ => Some(prefix(id) + "_WEBHOOK_URL"),
        };
        if variable.is_none_or(|variable| env.bytes(&variable).is_some()) {
            set.insert(id);
        }
    }
    set
}

/// Reads the variables of the notifiers in `used`. Every mistake becomes a
/// problem; a notifier with mistakes is left out.
pub(crate) fn read(env: &Env, used: NotifierSet, problems: &mut Problems) -> Notifiers {
    let mut notifiers = Notifiers::none();
    notifiers.timeout_secs = whole(env, "HTTP_TIMEOUT_SECS", 1..=300, TIMEOUT_SECS, problems);
    notifiers.max_age_secs = whole(
        env,
        "NOTIFY_MAX_AGE_SECS",
        1..=604_800,
        MAX_AGE_SECS,
        problems,
    );
    notifiers.anchors = trust::read(env, problems);
    for id in used.iter() {
        let mut reader = Reader {
            env,
            problems: &mut *problems,
            prefix: prefix(id),
        };
        let target = match id {
            NotifierId::CONSOLE => Some(Target::Console),
            NotifierId::TELEGRAM => reader.telegram(),
            NotifierId::SLACK => reader.plain(Service::Slack),
            NotifierId::TEAMS => reader.plain(Service::Teams),
            NotifierId::DISCORD => reader.discord(),
            _ => reader.generic(),
        };
        let pacing = reader.pacing(id);
        if let Some(target) = target {
            notifiers.list.push(Notifier { id, pacing, target });
        }
    }
    notifiers
}

/// Returns what the names of a notifier's variables begin with.
fn prefix(id: NotifierId) -> String {
    id.name().to_ascii_uppercase()
}

impl Reader<'_, '_> {
    fn pacing(&mut self, id: NotifierId) -> Pacing {
        let name = self.name("_MIN_INTERVAL_MS");
        if self.env.bytes(&name).is_some() {
            let millis = whole(self.env, &name, 0..=3_600_000, 0, self.problems);
            return Pacing::new(Rate::every(millis), Rate::UNLIMITED);
        }
        match id {
            NotifierId::CONSOLE => Pacing::NONE,
            NotifierId::TELEGRAM => Pacing::TELEGRAM,
            NotifierId::SLACK => Pacing::SLACK,
            NotifierId::TEAMS => Pacing::TEAMS,
            NotifierId::DISCORD => Pacing::DISCORD,
            _ => Pacing::GENERIC,
        }
    }

    fn plain(&mut self, service: Service) -> Option<Target> {
        let url = self.webhook()?;
        Some(Target::Http(Box::new(Endpoint { url, service })))
    }

    fn discord(&mut self) -> Option<Target> {
        let url = self.webhook()?;
        let as_slack = match self.optional("_FORMAT") {
            None | Some("discord") => false,
            Some("slack") => true,
            Some(_) => {
                self.problem("_FORMAT", format_args!("must be discord or slack"));
                return None;
            }
        };
        // The predecessor appended /slack itself, users may have done so, too.
        let path = url.path().trim_end_matches('/');
        let path = path
            .strip_suffix("/slack")
            .or_else(|| path.strip_suffix("/github"))
            .unwrap_or(path);
        let path = if as_slack {
            [path, "/slack"].concat()
        } else {
            path.to_owned()
        };
        let mut query = String::from("?wait=true");
        for pair in url.query().trim_start_matches('?').split('&') {
            if !pair.is_empty() && !pair.starts_with("wait=") {
                query.push('&');
                query.push_str(pair);
            }
        }
        let url = url.with_path_and_query(&path, &query);
        let service = if as_slack {
            Service::DiscordAsSlack
        } else {
            Service::Discord
        };
        Some(Target::Http(Box::new(Endpoint { url, service })))
    }
}
