//! The way to a notifier: standard output, a service over HTTP, or a mail server.

use std::io;
use std::sync::Arc;

use alertik_core::delivery::{Courier, FixedStr, Form, Merging, Verdict};
use alertik_core::limits::BODY_BYTES_MAX;
use alertik_core::time::Instant;

use super::console::Console;
use super::http::Http;
use super::mail::MailServer;
use super::outcome::Outcome;
use crate::net::tls::Tls;
use crate::settings::services::NotifierSettings;

/// The way to a notifier.
pub(super) enum Transport {
    Console(Console),
    Http(Box<Http>),
    Mail(Box<MailServer>),
}

impl Transport {
    /// Returns the way to a notifier. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If standard output cannot be duplicated.
    pub(super) fn new(
        settings: NotifierSettings,
        timeout_secs: u64,
        tls: &Arc<Tls>,
    ) -> io::Result<Self> {
        Ok(match settings.endpoint {
            None => Self::Console(Console::open()?),
            Some(endpoint) => match endpoint.form {
                Form::Mail(mail, _) => Self::Mail(Box::new(MailServer::new(
                    endpoint.url,
                    mail,
                    timeout_secs,
                    tls,
                ))),
                _ => Self::Http(Box::new(Http::new(
                    settings.notifier,
                    endpoint,
                    timeout_secs,
                    tls,
                ))),
            },
        })
    }

    /// Returns the name of the other end: scheme, host and port, if it has any.
    pub(super) fn site(&self) -> &str {
        match self {
            Self::Console(_) => "standard output",
            Self::Http(http) => http.site(),
            Self::Mail(server) => server.site(),
        }
    }

    /// Returns what one record of the notifier's outbox may hold.
    pub(super) fn merging(&self) -> Merging {
        match self {
            Self::Console(_) => Form::Console.merging(),
            Self::Http(http) => http.form().merging(),
            Self::Mail(server) => server.form().merging(),
        }
    }

    /// Begins an attempt in the courier and returns the bytes to send.
    pub(super) fn begin(&self, now: Instant, courier: &mut Courier) -> Vec<u8> {
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        match self {
            Self::Console(_) => {
                courier.begin(now, &Form::Console, &mut body);
                body.as_str().as_bytes().to_vec()
            }
            Self::Http(http) => {
                courier.begin(now, http.form(), &mut body);
                http.request(body.as_str(), courier)
            }
            Self::Mail(server) => {
                courier.begin(now, &server.form(), &mut body);
                body.as_str().as_bytes().to_vec()
            }
        }
    }

    /// Sends the bytes of an attempt and waits for its outcome, at most until the
    /// deadline of one attempt or `end`. A console blocks as long as its reader.
    pub(super) fn send(&mut self, bytes: &[u8], end: Option<Instant>) -> Outcome {
        match self {
            Self::Console(console) => match console.write(bytes) {
                Ok(()) => Outcome {
                    verdict: Verdict::Delivered {
                        pause_millis: 0,
                        odd: false,
                    },
                    words: String::new(),
                },
                Err(error) => Outcome {
                    verdict: Verdict::Refused,
                    words: format!("standard output cannot be written: {error}"),
                },
            },
            Self::Http(http) => http.send(bytes, end),
            Self::Mail(server) => server.send(bytes, end),
        }
    }
}
