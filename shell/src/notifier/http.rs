//! Requests of the notifiers that are reached over HTTP, and their outcomes.

use std::fmt::Write;
use std::io;
use std::sync::Arc;

use alertik_core::delivery::{
    Advice, Courier, Doubt, FixedStr, Form, Notifier, Response, Template, Verdict,
};
use alertik_core::limits::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX, HEAD_BYTES_MAX};
use alertik_core::time::Instant;
use rustls::ClientConfig;

use super::outcome::Outcome;
use super::secrets::Secrets;
use crate::net::connection::{Connection, Failure, Phase};
use crate::net::request;
use crate::net::resolve::{Unresolved, resolve};
use crate::net::tls;
use crate::settings::Url;
use crate::settings::services::{Endpoint, address_variables, prefix};
use crate::sys::clock;

/// A notifier that is reached over HTTP.
pub(super) struct Http {
    notifier: Notifier,
    endpoint: Box<Endpoint>,
    secrets: Secrets,
    timeout_millis: u64,
    tls: Arc<ClientConfig>,
}

impl Http {
    pub(super) fn new(
        notifier: Notifier,
        endpoint: Box<Endpoint>,
        timeout_secs: u64,
        tls: &Arc<ClientConfig>,
    ) -> Self {
        let mut secrets = Secrets::default();
        secrets.add(endpoint.url.path());
        secrets.add(endpoint.url.query());
        if let Form::Generic(generic) = &endpoint.form {
            for (_, value) in &generic.headers {
                value.literals().for_each(|text| secrets.add(text));
            }
            if let Some(url) = &generic.url {
                // The first literal holds scheme and host, which are no secret.
                url.literals().skip(1).for_each(|text| secrets.add(text));
            }
            if let Some(body) = &generic.body {
                body.literals().for_each(|text| secrets.add_body(text));
            }
        }
        Self {
            notifier,
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

    /// Returns the request that the service wants.
    pub(super) fn form(&self) -> &Form<'static> {
        &self.endpoint.form
    }

    /// Returns the bytes of the request for the attempt that was begun in the
    /// courier, whose body is `body`.
    pub(super) fn request(&self, body: &str, courier: &Courier) -> Vec<u8> {
        let Endpoint { url, form } = &*self.endpoint;
        let target = match form.url() {
            Some(template) => request::target(&expand(courier, template), url.site().len()),
            None => [url.path(), url.query()].concat(),
        };
        let mut request = request::Head::new(form.method(), &target, url.authority());
        for (name, value) in form.headers() {
            request.field(name, &expand(courier, value));
        }
        request.finish(form.content_type(), body)
    }

    /// Sends a request and waits for its outcome, at most until the deadline of
    /// one attempt or `end`.
    pub(super) fn send(&self, request: &[u8], end: Option<Instant>) -> Outcome {
        let own = clock::now().after(self.timeout_millis);
        let deadline = end.map_or(own, |end| own.min(end));
        let mut head = vec![0; ANSWER_HEAD_BYTES_MAX];
        let mut body = vec![0; ANSWER_BODY_BYTES_MAX];
        let mut response = Response::new(self.notifier, &mut head, &mut body);
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
        let mut connection = Connection::open(&addresses, deadline, self.timeout_millis)?;
        if url.is_https() {
            connection.secure(&self.tls, url.host())?;
        }
        connection.exchange(request, response)
    }

    fn judge(&self, response: &Response<'_>) -> Outcome {
        let verdict = response.judge(clock::wall().unix_secs);
        let status = response.status().unwrap_or(0);
        let mut words = format!("HTTP {status}");
        let excerpt = self.secrets.excerpt(response.body());
        if !excerpt.is_empty() {
            let _ = write!(words, ": {excerpt}");
        }
        self.advise(response, &mut words);
        Outcome { verdict, words }
    }

    /// Adds what the user should check, with the names of the variables.
    fn advise(&self, response: &Response<'_>, words: &mut String) {
        let before = match response.advice() {
            Advice::None => return,
            Advice::Redirect => {
                let to = response
                    .header("location")
                    .and_then(|location| Url::parse(location).ok())
                    .map_or_else(|| "elsewhere".to_owned(), |url| url.site().to_owned());
                let _ = write!(words, "; it redirects to {to}, which is never followed");
                ": "
            }
            Advice::Message => "; the service did not accept the message: ",
            Advice::Address => "; ",
        };
        words.push_str(before);
        words.push_str("check");
        let prefix = prefix(self.notifier);
        for (index, suffix) in address_variables(self.notifier).iter().enumerate() {
            words.push_str(if index == 0 { " " } else { " and " });
            words.push_str(&prefix);
            words.push_str(suffix);
        }
    }

    fn explain(&self, failure: &Failure) -> Outcome {
        let secs = self.timeout_millis / 1_000;
        let host = self.endpoint.url.host();
        let doubt = match failure {
            // The request left; a server that answers in a strange way has it.
            Failure::Broken(_)
            | Failure::NoStatusLine
            | Failure::Malformed
            | Failure::Deadline(Phase::Sent) => Doubt::Unanswered,
            Failure::Unresolved
            | Failure::Connection(_)
            | Failure::Tls(_)
            | Failure::Deadline(_) => Doubt::None,
        };
        let words = match failure {
            Failure::Unresolved => {
                format!("the name {host} cannot be resolved: check the host and the router's DNS")
            }
            Failure::Connection(error) | Failure::Broken(error) => explain_io(error, host),
            Failure::Tls(error) => tls::explain(error),
            Failure::NoStatusLine => "the connection ended without an answer".to_owned(),
            Failure::Malformed => {
                "the answer is no proper HTTP, or its header is too long".to_owned()
            }
            Failure::Deadline(phase) => match phase {
                Phase::Resolving => format!("no answer from DNS for {host} within {secs} s"),
                Phase::Connecting => format!("no connection to {host} within {secs} s"),
                Phase::Securing | Phase::Sent => {
                    format!("no answer from {host} within {secs} s")
                }
            },
        };
        let verdict = Verdict::Retry(doubt);
        Outcome { verdict, words }
    }
}

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

fn expand(courier: &Courier, template: &Template<'_>) -> String {
    let mut bytes = vec![0; HEAD_BYTES_MAX];
    let mut text = FixedStr::new(&mut bytes);
    courier.expand(template, &mut text);
    text.as_str().to_owned()
}
