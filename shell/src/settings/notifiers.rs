//! The notifiers' variables.

use std::fmt;

use alertik_core::limits::{BODY_BYTES_MAX, HEAD_BYTES_MAX};
use alertik_core::{
    Encoding, NotifierId, NotifierSet, Pacing, ParseMode, Rate, Telegram, Template,
};

use rustls::pki_types::TrustAnchor;

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
    if env.bytes("MINREQ_TIMEOUT").is_some() {
        problems.error(
            "MINREQ_TIMEOUT",
            format_args!("must not be set; the time limit is HTTP_TIMEOUT_SECS"),
        );
    }
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

/// Keeps a text for the life of the program.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// Reads one notifier's variables.
struct Reader<'e, 'p> {
    env: &'e Env,
    problems: &'p mut Problems,
    prefix: String,
}

impl<'e> Reader<'e, '_> {
    fn name(&self, suffix: &str) -> String {
        [&self.prefix, suffix].concat()
    }

    fn optional(&mut self, suffix: &str) -> Option<&'e str> {
        let name = self.name(suffix);
        self.env.text(&name, self.problems)
    }

    fn required(&mut self, suffix: &str, what: &str) -> Option<&'e str> {
        let name = self.name(suffix);
        if self.env.bytes(&name).is_none() {
            self.problem(suffix, format_args!("is not set; set it to {what}"));
            return None;
        }
        self.env.text(&name, self.problems)
    }

    fn problem(&mut self, suffix: &str, what: fmt::Arguments<'_>) {
        let name = self.name(suffix);
        self.problems.error(&name, what);
    }

    fn url(&mut self, suffix: &str, text: &str) -> Option<Url> {
        match Url::parse(text) {
            Ok(url) => Some(url),
            Err(error) => {
                self.problem(suffix, format_args!("{error}"));
                None
            }
        }
    }

    fn webhook(&mut self) -> Option<Url> {
        let text = self.required("_WEBHOOK_URL", "the webhook's URL")?;
        self.url("_WEBHOOK_URL", text)
    }

    fn flag(&mut self, suffix: &str) -> bool {
        match self.optional(suffix) {
            None | Some("0" | "no" | "false" | "") => false,
            Some("1" | "yes" | "true") => true,
            Some(_) => {
                self.problem(suffix, format_args!("must be 1 or 0"));
                false
            }
        }
    }

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

    fn telegram(&mut self) -> Option<Target> {
        let token = self.required("_BOT_TOKEN", "the token that @BotFather gave you");
        let chat = self.required("_CHAT_ID", "a chat's number or a channel's @name");
        let base = match self.optional("_API_URL") {
            Some(text) => self.url("_API_URL", text),
            None => self.url("_API_URL", "https://api.telegram.org"),
        };
        let thread = self.thread_id();
        let silent = self.flag("_SILENT");
        let token = token.filter(|token| self.check_token(token));
        let mut form = chat.and_then(|chat| self.chat(chat))?;
        if thread.is_some() {
            form.thread_id = thread;
        }
        form.silent |= silent;
        // A forum's general topic has the number 1, which Telegram refuses.
        form.thread_id = form.thread_id.filter(|&thread| thread != 1);
        let (base, token) = (base?, token?);
        let path = [
            base.path().trim_end_matches('/'),
            "/bot",
            token,
            "/sendMessage",
        ]
        .concat();
        let url = base.with_path_and_query(&path, "");
        let service = Service::Telegram(form);
        Some(Target::Http(Box::new(Endpoint { url, service })))
    }

    fn thread_id(&mut self) -> Option<i32> {
        let text = self.optional("_THREAD_ID")?;
        match positive(text) {
            Some(thread) => Some(thread),
            None => {
                self.problem(
                    "_THREAD_ID",
                    format_args!("must be a topic's number, digits only"),
                );
                None
            }
        }
    }

    /// What the Bot API server itself demands of a token.
    fn check_token(&mut self, token: &str) -> bool {
        let (number, secret) = token.split_once(':').unwrap_or((token, ""));
        let right = !number.is_empty()
            && !number.starts_with('0')
            && number.bytes().all(|b| b.is_ascii_digit())
            && !secret.is_empty()
            && secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            && token.len() <= 80;
        if !right {
            self.problem(
                "_BOT_TOKEN",
                format_args!(
                    "is not a bot's token; it looks like 123456789:AAbb-cc_dd, \
                     without blanks, quotes or \"bot\" before it"
                ),
            );
        }
        right
    }

    /// Reads a chat id. The predecessor pasted it into a query, so set-ups
    /// exist that carry more of Telegram's parameters behind it.
    fn chat(&mut self, text: &str) -> Option<Telegram<'static>> {
        let mut pairs = text.split('&');
        let chat = pairs.next().unwrap_or_default();
        let digits = chat.strip_prefix('-').unwrap_or(chat);
        let number = !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && chat.parse::<i64>().is_ok();
        let name = chat.strip_prefix('@').is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if !number && !name {
            self.problem(
                "_CHAT_ID",
                format_args!("must be a chat's number, like 123456 or -100123456, or @name"),
            );
            return None;
        }
        let mut form = Telegram {
            chat_id: keep(chat),
            thread_id: None,
            silent: false,
            protected: false,
            parse_mode: ParseMode::Plain,
        };
        for pair in pairs {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let on = matches!(value, "1" | "true" | "True" | "yes");
            let known = match (key, value) {
                ("message_thread_id", _) => {
                    form.thread_id = positive(value);
                    form.thread_id.is_some()
                }
                ("disable_notification", _) => {
                    form.silent = on;
                    true
                }
                ("protect_content", _) => {
                    form.protected = on;
                    true
                }
                // Previews are always off.
                ("disable_web_page_preview", _) => true,
                ("parse_mode", "HTML" | "html") => {
                    form.parse_mode = ParseMode::Html;
                    true
                }
                ("parse_mode", "Markdown" | "markdown") => {
                    form.parse_mode = ParseMode::Markdown;
                    true
                }
                _ => false,
            };
            if !known {
                self.problem(
                    "_CHAT_ID",
                    format_args!(
                        "has \"{}\" behind the chat, which is not supported; there may be \
                         message_thread_id=NUMBER, disable_notification=true, \
                         protect_content=true, parse_mode=HTML and parse_mode=Markdown",
                        pair.escape_default()
                    ),
                );
            }
        }
        Some(form)
    }

    fn plain(&mut self, service: Service) -> Option<Target> {
        let url = self.webhook()?;
        Some(Target::Http(Box::new(Endpoint { url, service })))
    }

    fn generic(&mut self) -> Option<Target> {
        let webhook = self.required("_WEBHOOK_URL", "the webhook's URL");
        let (url, template) = webhook.and_then(|text| self.url_template(text)).unzip();
        let method = self.method();
        let headers = self.headers();
        let text = self.optional("_BODY");
        let content_type = self.content_type(text);
        let default = match (text, content_type) {
            (_, Some(content_type)) if content_type.contains("urlencoded") => Encoding::Url,
            (Some(text), _) if looks_like_json(text) => Encoding::Json,
            (_, Some(content_type)) if content_type.contains("json") => Encoding::Json,
            _ => Encoding::Raw,
        };
        // Half of a request's buffer is the text's.
        let body = text.map(|text| self.template("_BODY", text, default, BODY_BYTES_MAX / 4));
        let service = Service::Generic(Box::new(Generic {
            url: template?,
            method: method?,
            headers: headers?,
            body: match body {
                Some(body) => Some(body?),
                None => None,
            },
            content_type: content_type?,
        }));
        Some(Target::Http(Box::new(Endpoint { url: url?, service })))
    }

    /// Reads a URL with or without placeholders. Those may stand in the path
    /// and the query: a host that came from a log line would be an open door.
    fn url_template(&mut self, text: &str) -> Option<(Url, Option<Template<'static>>)> {
        if !text.contains("{{") {
            return Some((self.url("_WEBHOOK_URL", text)?, None));
        }
        let template = self.template("_WEBHOOK_URL", text, Encoding::Url, HEAD_BYTES_MAX / 2)?;
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            filled.push_str(before);
            filled.push('x');
            rest = behind.split_once("}}").map_or("", |(_, rest)| rest);
        }
        filled.push_str(rest);
        let url = self.url("_WEBHOOK_URL", &filled)?;
        if template.literal_prefix().len() <= url.site().len() {
            self.problem(
                "_WEBHOOK_URL",
                format_args!("has a placeholder before its path; only path and query may have any"),
            );
            return None;
        }
        Some((url, Some(template)))
    }

    fn template(
        &mut self,
        suffix: &str,
        text: &str,
        default: Encoding,
        longest: usize,
    ) -> Option<Template<'static>> {
        if text.len() > longest {
            self.problem(suffix, format_args!("is longer than {longest} bytes"));
            return None;
        }
        match Template::parse(keep(text), default) {
            Ok(template) => Some(template),
            Err(error) => {
                let offset = error.offset;
                self.problem(suffix, format_args!("at byte {offset}: {error}"));
                None
            }
        }
    }

    fn method(&mut self) -> Option<&'static str> {
        match self.optional("_METHOD") {
            None | Some("POST") => Some("POST"),
            Some("PUT") => Some("PUT"),
            Some("GET") => Some("GET"),
            Some("PATCH") => Some("PATCH"),
            Some(_) => {
                self.problem("_METHOD", format_args!("must be POST, PUT, PATCH or GET"));
                None
            }
        }
    }

    fn content_type(&mut self, body: Option<&str>) -> Option<&'static str> {
        let suffix = "_CONTENT_TYPE";
        if let Some(text) = self.optional(suffix) {
            let right = text.contains('/') && text.bytes().all(|b| (b' '..0x7F).contains(&b));
            if !right {
                self.problem(
                    suffix,
                    format_args!("must be a media type, like application/json"),
                );
                return None;
            }
            return Some(keep(text));
        }
        Some(match body {
            None => "application/json",
            Some(body) if looks_like_json(body) => "application/json",
            Some(_) => "text/plain; charset=utf-8",
        })
    }

    /// Reads `Name: value` pairs, separated by `|` or a newline.
    fn headers(&mut self) -> Option<Vec<(&'static str, Template<'static>)>> {
        let mut headers = Vec::new();
        let mut right = true;
        let text = self.optional("_HEADERS").unwrap_or_default();
        for line in separate(text) {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            match self.header(line) {
                Some(header) => headers.push(header),
                None => right = false,
            }
        }
        right.then_some(headers)
    }

    fn header(&mut self, line: &str) -> Option<(&'static str, Template<'static>)> {
        let suffix = "_HEADERS";
        let Some((name, value)) = line.split_once(':') else {
            self.problem(
                suffix,
                format_args!("has an entry without \":\"; write Name: value | Name: value"),
            );
            return None;
        };
        let name = name.trim_end();
        // RFC 9110, section 5.6.2: tokens.
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            self.problem(
                suffix,
                format_args!(
                    "has the name \"{}\", which no header can have",
                    name.escape_default()
                ),
            );
            return None;
        }
        let ours = [
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "content-type",
        ];
        if ours.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            let remedy = if name.eq_ignore_ascii_case("content-type") {
                "set GENERICn_CONTENT_TYPE instead"
            } else {
                "leave it out, alertik sets it"
            };
            self.problem(suffix, format_args!("has the header {name}; {remedy}"));
            return None;
        }
        let value = value.trim();
        if value.chars().any(char::is_control) {
            self.problem(
                suffix,
                format_args!("has a control character in the value of {name}"),
            );
            return None;
        }
        let template = self.template(suffix, value, Encoding::Header, HEAD_BYTES_MAX / 2)?;
        Some((keep(name), template))
    }
}

/// Splits at `|` and newlines outside of placeholders, which have a `|` of
/// their own.
fn separate(text: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if text[at..].starts_with("{{") => inside = true,
            b'}' if text[at..].starts_with("}}") => inside = false,
            b'|' if !inside => {
                entries.push(&text[start..at]);
                start = at + 1;
            }
            b'\n' => {
                entries.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    entries.push(&text[start..]);
    entries
}

/// Returns whether a body's template is JSON: it begins with a bracket that is
/// not a placeholder's.
fn looks_like_json(body: &str) -> bool {
    body.starts_with(['{', '[']) && !body.starts_with("{{")
}

/// Parses a positive decimal number.
fn positive(text: &str) -> Option<i32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&number| digits && number > 0)
}

#[cfg(test)]
#[path = "notifiers_tests.rs"]
mod tests;
