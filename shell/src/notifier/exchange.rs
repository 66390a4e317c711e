//! A request with its answer, and both the failure and the answer in words.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use alertik_core::delivery::{Advice, Response};
use alertik_core::time::Instant;

use super::secrets::Secrets;
use crate::net::connection::{Connection, Failure, Phase};
use crate::net::resolve::{Unresolved, resolve};
use crate::net::tls::{self, Tls};
use crate::settings::Url;

/// Sends a request to the site of a URL and takes the answer, until the deadline of an
/// attempt, which has so many milliseconds.
pub(super) fn exchange(
    url: &Url,
    tls: &Arc<Tls>,
    request: &[u8],
    (deadline, millis): (Instant, u64),
    response: &mut Response<'_>,
) -> Result<(), Failure> {
    let mut connection = connect(url, (deadline, millis))?;
    if url.is_https() {
        connection.secure(tls, url.host())?;
    }
    connection.exchange(request, response)
}

/// Connects to the site of a URL, without TLS, until the deadline of an attempt, which
/// has so many milliseconds.
pub(super) fn connect(
    url: &Url,
    (deadline, millis): (Instant, u64),
) -> Result<Connection, Failure> {
    let addresses = resolve(url.host(), url.port(), deadline).map_err(|why| match why {
        Unresolved::NoAddress => Failure::Unresolved,
        Unresolved::Deadline => Failure::Deadline(Phase::Resolving),
    })?;
    Connection::open(&addresses, deadline, millis)
}

/// Says what was answered, without secrets, and which of the user's `variables` to check.
pub(super) fn describe(response: &Response<'_>, secrets: &Secrets, variables: &[String]) -> String {
    let status = response.status().unwrap_or(0);
    let mut words = format!("HTTP {status}");
    let excerpt = secrets.excerpt(response.body());
    if !excerpt.is_empty() {
        let _ = write!(words, ": {excerpt}");
    }
    let before = match response.advice() {
        Advice::None => return words,
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
    for (index, variable) in variables.iter().enumerate() {
        words.push_str(if index == 0 { " " } else { " and " });
        words.push_str(variable);
    }
    words
}

/// Says why there was no answer from `host` within so many seconds.
pub(super) fn explain(failure: &Failure, host: &str, secs: u64) -> String {
    match failure {
        Failure::Unresolved => {
            format!("the name {host} cannot be resolved: check the host and the router's DNS")
        }
        Failure::Connection(error) | Failure::Broken(error) => explain_io(error, host),
        Failure::Tls(error) => tls::explain(error),
        Failure::NoStatusLine => "the connection ended without an answer".to_owned(),
        Failure::Malformed => "the answer is no proper HTTP, or its header is too long".to_owned(),
        Failure::Deadline(phase) => match phase {
            Phase::Resolving => format!("no answer from DNS for {host} within {secs} s"),
            Phase::Connecting => format!("no connection to {host} within {secs} s"),
            Phase::Securing | Phase::Sent => format!("no answer from {host} within {secs} s"),
        },
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
