//! Requests of the notifiers that are reached over HTTP, and what becomes of
//! them.

use std::fmt::Write;
use std::io;
use std::sync::Arc;

use alertik_core::delivery::{Answer, Courier, Field, FixedStr, Form, Response, Template, Verdict};
use alertik_core::ids::{NotifierId, RuleId};
use alertik_core::limits::{
    ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX, BODY_BYTES_MAX, HEAD_BYTES_MAX,
};
use alertik_core::time::Instant;
use rustls::ClientConfig;

use super::secrets::Secrets;
use crate::net::connection::{Connection, Failure, Phase};
use crate::net::request;
use crate::net::resolve::{Unresolved, resolve};
use crate::net::tls;
use crate::settings::Url;
use crate::settings::services::{Endpoint, Service};
use crate::sys::clock;

/// The store of a notifier's outbox.
pub(super) type Store = Box<[u8]>;

/// A notifier that is reached over HTTP.
pub(super) struct Http {
    id: NotifierId,
    endpoint: Box<Endpoint>,
    secrets: Secrets,
    timeout_millis: u64,
    tls: Arc<ClientConfig>,
}

/// The outcome of an attempt: what to do, and why in words without secrets.
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) words: String,
}

impl Outcome {
    /// Returns the outcome of writing to standard output.
    pub(super) fn of_console(result: io::Result<()>) -> Self {
        match result {
            Ok(()) => Self {
                verdict: Verdict::Delivered {
                    pause_millis: 0,
                    odd: false,
                },
                words: String::new(),
            },
            Err(error) => Self {
                verdict: Verdict::Refused,
                words: format!("standard output cannot be written: {error}"),
            },
        }
    }
}

/// Returns the form of a service's messages.
const fn form(service: &Service) -> Form<'_> {
    match service {
        Service::Telegram(form) => Form::Telegram(*form),
        Service::Slack => Form::Slack,
        Service::Teams => Form::Teams,
        Service::Discord => Form::Discord,
        Service::DiscordAsSlack => Form::DiscordAsSlack,
        Service::Generic(generic) => match &generic.body {
            Some(body) => Form::Template(body),
            None => Form::Text,
        },
    }
}

impl Http {
    pub(super) fn new(
        id: NotifierId,
        endpoint: Box<Endpoint>,
        timeout_secs: u64,
        tls: &Arc<ClientConfig>,
    ) -> Self {
        let mut secrets = Secrets::default();
        secrets.add(endpoint.url.path());
        secrets.add(endpoint.url.query());
        if let Service::Generic(generic) = &endpoint.service {
            for (_, value) in &generic.headers {
                value.literals().for_each(|text| secrets.add(text));
            }
            if let Some(url) = &generic.url {
                url.literals().skip(1).for_each(|text| secrets.add(text));
            }
            if let Some(body) = &generic.body {
                body.literals().for_each(|text| secrets.add_body(text));
            }
        }
        Self {
            id,
            endpoint,
            secrets,
            timeout_millis: timeout_secs * 1_000,
            tls: Arc::clone(tls),
        }
    }

    /// Returns the scheme, host and port.
    pub(super) fn site(&self) -> &str {
        self.endpoint.url.site()
    }

    /// Begins an attempt in the courier and returns the request for it.
    pub(super) fn begin(
        &self,
        now: Instant,
        courier: &mut Courier<Store>,
        rule_name: &dyn Fn(RuleId, &mut dyn Write),
    ) -> Vec<u8> {
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        let mut same = heapless::Vec::<Field, 3>::new();
        let mut most = usize::MAX;
        if let Service::Generic(generic) = &self.endpoint.service {
            for field in [Field::Rule, Field::Source, Field::Time] {
                if generic.templates().any(|template| template.uses(field)) {
                    let _ = same.push(field);
                }
            }
            if let Some(url) = generic.url.as_ref().filter(|url| url.uses(Field::Text)) {
                most = courier.fitting(now, url);
            }
        }
        courier.begin(
            now,
            &form(&self.endpoint.service),
            &same,
            rule_name,
            most,
            &mut body,
        );
        self.request(now, body.as_str(), courier, rule_name)
    }

    fn request(
        &self,
        now: Instant,
        body: &str,
        courier: &Courier<Store>,
        rule_name: &dyn Fn(RuleId, &mut dyn Write),
    ) -> Vec<u8> {
        let url = &self.endpoint.url;
        let mut target = [url.path(), url.query()].concat();
        let (mut method, mut content_type) = ("POST", "application/json");
        let mut headers: &[_] = &[];
        if let Service::Generic(generic) = &self.endpoint.service {
            (method, content_type) = (generic.method, generic.content_type);
            headers = &generic.headers;
            if let Some(template) = &generic.url {
                let url = expand(now, courier, template, rule_name);
                target = request::target(&url, self.site().len());
            }
        }
        let mut request = request::Head::new(method, &target, url.authority());
        for (name, value) in headers {
            request.field(name, &expand(now, courier, value, rule_name));
        }
        request.finish(content_type, body)
    }

    /// Sends a request and waits for what becomes of it, at most until the
    /// deadline of one attempt or `end`.
    pub(super) fn send(&self, request: &[u8], end: Option<Instant>) -> Outcome {
        let own = clock::now().after(self.timeout_millis);
        let deadline = end.map_or(own, |end| own.min(end));
        let mut head = vec![0; ANSWER_HEAD_BYTES_MAX];
        let mut body = vec![0; ANSWER_BODY_BYTES_MAX];
        let mut response = Response::new(&mut head, &mut body);
        match self.exchange(request, deadline, &mut response) {
            Ok(()) => self.judge(&response),
            Err(failure) => self.explain(&failure),
        }
    }

    fn exchange(
        &self,
        request: &[u8],
        deadline: Instant,
        response: &mut Response<'_>,
    ) -> Result<(), Failure> {
        let url = &self.endpoint.url;
        let addresses = resolve(url.host(), url.port(), deadline).map_err(|why| match why {
            Unresolved::NoAddress => Failure::Unresolved,
            Unresolved::Deadline => Failure::Deadline(Phase::Resolving),
        })?;
        let share = self.timeout_millis / CONNECT_SHARE;
        let mut connection = Connection::open(&addresses, deadline, share)?;
        if url.is_https() {
            connection.secure(&self.tls, url.host())?;
        }
        let wants_body = match self.id {
            NotifierId::SLACK | NotifierId::TEAMS => |_| true,
            _ => |status| !(200..300).contains(&status),
        };
        connection.exchange(request, wants_body, response)
    }

    fn judge(&self, response: &Response<'_>) -> Outcome {
        let status = response.status().unwrap_or(0);
        let answer = Answer {
            status,
            retry_after: response.header("retry-after"),
            date: response.header("date"),
            remaining: response.header("x-ratelimit-remaining"),
            reset_after: response.header("x-ratelimit-reset-after"),
            body: response.body(),
        };
        let verdict = answer.judge(self.id, clock::wall().unix_secs);
        let mut words = format!("HTTP {status}");
        let excerpt = self.secrets.excerpt(response.body());
        if !excerpt.is_empty() {
            let _ = write!(words, ": {excerpt}");
        }
        if let Some(advice) = self.advice(status, response) {
            let _ = write!(words, "; {advice}");
        }
        Outcome { verdict, words }
    }

    /// Returns what the user should check.
    fn advice(&self, status: u16, response: &Response<'_>) -> Option<String> {
        let variables = match self.id {
            NotifierId::TELEGRAM => "TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID".to_owned(),
            id => id.name().to_ascii_uppercase() + "_WEBHOOK_URL",
        };
        Some(match status {
            300..=399 => {
                let to = response
                    .header("location")
                    .and_then(|location| Url::parse(location).ok())
                    .map_or_else(|| "elsewhere".to_owned(), |url| url.site().to_owned());
                format!("it redirects to {to}, which is never followed: check {variables}")
            }
            400 | 413..=415 | 422 => {
                format!("the service did not like the message: check {variables}")
            }
            401..=410 => format!("check {variables}"),
            _ => return None,
        })
    }

    fn explain(&self, failure: &Failure) -> Outcome {
        let secs = self.timeout_millis / 1_000;
        let host = self.endpoint.url.host();
        let mut verdict = Verdict::Retry;
        let words = match failure {
            Failure::Unresolved => {
                format!("the name {host} cannot be resolved: check the host and the router's DNS")
            }
            Failure::Connection(error) => explain_io(error, host),
            Failure::Tls(error) => tls::explain(error),
            Failure::NoStatusLine => "the connection ended without an answer".to_owned(),
            // A server that answers in such a way has taken the request.
            Failure::Malformed => {
                verdict = Verdict::Unanswered;
                "the answer is no proper HTTP, or its header is too long".to_owned()
            }
            Failure::Deadline(phase) => match phase {
                Phase::Resolving => format!("no answer from DNS for {host} within {secs} s"),
                Phase::Connecting => format!("no connection to {host} within {secs} s"),
                Phase::Securing | Phase::Sent => {
                    if *phase == Phase::Sent {
                        verdict = Verdict::Unanswered;
                    }
                    format!("no answer from {host} within {secs} s")
                }
            },
        };
        Outcome { verdict, words }
    }
}

/// One address may take this part of an attempt's time to connect.
const CONNECT_SHARE: u64 = 3;

/// Puts an error of the connection into words.
fn explain_io(error: &io::Error, host: &str) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("{host} refused the connection: is the service running, the port right?")
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            format!("no route to {host}")
        }
        io::ErrorKind::ConnectionAborted | io::ErrorKind::TimedOut => {
            format!("no connection to {host} in time")
        }
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => {
            format!("{host} closed the connection")
        }
        _ => format!("the connection to {host} failed: {error}"),
    }
}

fn expand(
    now: Instant,
    courier: &Courier<Store>,
    template: &Template<'_>,
    rule_name: &dyn Fn(RuleId, &mut dyn Write),
) -> String {
    let mut bytes = vec![0; HEAD_BYTES_MAX];
    let mut text = FixedStr::new(&mut bytes);
    courier.expand(now, template, rule_name, &mut text);
    text.as_str().to_owned()
}
