//! Requests of the notifiers that are reached over HTTP, and their outcomes.

use std::sync::Arc;

use alertik_core::delivery::{
    Courier, Doubt, FixedStr, Form, Notifier, Response, Template, Verdict,
};
use alertik_core::limits::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX, HEAD_BYTES_MAX};
use alertik_core::time::Instant;

use super::exchange;
use super::outcome::Outcome;
use super::secrets::Secrets;
use crate::net::connection::{Failure, Phase};
use crate::net::request;
use crate::net::tls::Tls;
use crate::settings::services::{Endpoint, address_variables, prefix};
use crate::sys::clock;

/// A notifier that is reached over HTTP.
pub(super) struct Http {
    notifier: Notifier,
    endpoint: Box<Endpoint>,
    secrets: Secrets,
    timeout_millis: u64,
    tls: Arc<Tls>,
}

impl Http {
    pub(super) fn new(
        notifier: Notifier,
        endpoint: Box<Endpoint>,
        timeout_secs: u64,
        tls: &Arc<Tls>,
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
        let times = (deadline, self.timeout_millis);
        let url = &self.endpoint.url;
        match exchange::exchange(url, &self.tls, request, times, &mut response) {
            Ok(()) => self.judge(&response),
            Err(failure) => self.explain(&failure),
        }
    }

    fn judge(&self, response: &Response<'_>) -> Outcome {
        let prefix = prefix(self.notifier);
        let suffixes = address_variables(self.notifier).iter();
        let variables: Vec<String> = suffixes.map(|suffix| [&prefix, *suffix].concat()).collect();
        Outcome {
            verdict: response.judge(clock::wall().unix_secs),
            words: exchange::describe(response, &self.secrets, &variables),
        }
    }

    fn explain(&self, failure: &Failure) -> Outcome {
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
        let host = self.endpoint.url.host();
        Outcome {
            verdict: Verdict::Retry(doubt),
            words: exchange::explain(failure, host, self.timeout_millis / 1_000),
        }
    }
}

fn expand(courier: &Courier, template: &Template<'_>) -> String {
    let mut bytes = vec![0; HEAD_BYTES_MAX];
    let mut text = FixedStr::new(&mut bytes);
    courier.expand(template, &mut text);
    text.as_str().to_owned()
}
