//! Mails to a submission server, and their outcomes.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use alertik_core::delivery::{
    Dialogue, Doubt, END_OF_MAIL, FixedStr, Form, Lack, Mail, Next, Stage, Verdict,
};
use alertik_core::limits::MAIL_COMMAND_BYTES_MAX;
use alertik_core::time::Instant;

use super::exchange;
use super::outcome::Outcome;
use super::secrets::Secrets;
use crate::net::connection::{Connection, Failure};
use crate::net::local::is_local;
use crate::net::tls::Tls;
use crate::settings::Url;
use crate::settings::services::mail::Way;
use crate::sys::clock;

/// How long the reply to a mail may take, in milliseconds, if an attempt may not take
/// longer anyway. Servers look for spam and viruses first, and a mail whose reply is
/// not waited for comes twice (RFC 1047).
const REPLY_MILLIS: u64 = 60_000;
/// How long the server may take to say goodbye, in milliseconds.
const GOODBYE_MILLIS: u64 = 500;

/// A notifier that is reached over SMTP.
pub(super) struct MailServer {
    url: Url,
    mail: &'static Mail<'static>,
    secrets: Secrets,
    timeout_millis: u64,
    tls: Arc<Tls>,
}

impl MailServer {
    pub(super) fn new(
        url: Url,
        mail: &'static Mail<'static>,
        timeout_secs: u64,
        tls: &Arc<Tls>,
    ) -> Self {
        let mut secrets = Secrets::default();
        if let Some((user, password)) = mail.login {
            secrets.add(password);
            // As they are sent, should a server repeat that.
            for text in [password, &["\0", user, "\0", password].concat()] {
                let mut bytes = [0; MAIL_COMMAND_BYTES_MAX];
                let mut encoded = FixedStr::new(&mut bytes);
                encoded.push_base64(text);
                secrets.add(encoded.as_str());
            }
        }
        Self {
            url,
            mail,
            secrets,
            timeout_millis: timeout_secs * 1_000,
            tls: Arc::clone(tls),
        }
    }

    /// Returns the scheme, host and port.
    pub(super) fn site(&self) -> &str {
        self.url.site()
    }

    /// Returns the form of a mail that begins now.
    pub(super) fn form(&self) -> Form<'static> {
        Form::Mail(self.mail, clock::wall())
    }

    /// Sends a mail and waits for its outcome, at most until the deadline of one attempt
    /// or `end`.
    pub(super) fn send(&self, text: &[u8], end: Option<Instant>) -> Outcome {
        let own = clock::now().after(self.timeout_millis);
        let deadline = end.map_or(own, |end| own.min(end));
        let mut doubt = Doubt::None;
        match self.deliver(text, (deadline, end), &mut doubt) {
            Ok(outcome) => outcome,
            Err(failure) => Outcome {
                verdict: Verdict::Retry(doubt),
                words: self.explain(&failure, doubt),
            },
        }
    }

    /// Connects and talks. `doubt` says whether the mail may have arrived if that fails.
    fn deliver(
        &self,
        text: &[u8],
        (deadline, end): (Instant, Option<Instant>),
        doubt: &mut Doubt,
    ) -> Result<Outcome, Failure> {
        let mut connection = exchange::connect(&self.url, (deadline, self.timeout_millis))?;
        let [ours, theirs] = connection.addresses().map_err(Failure::Connection)?;
        let way = Way::of(&self.url);
        if way == Way::Plain && self.mail.login.is_some() && !is_local(theirs) {
            return Ok(Outcome {
                verdict: Verdict::Gone,
                words: format!(
                    "{theirs} is not on a local network, and MAIL_PASSWORD is not sent there \
                     without encryption; use smtps:// or smtp+starttls:// in MAIL_SERVER"
                ),
            });
        }
        if way == Way::Tls {
            connection.secure(&self.tls, self.url.host())?;
        }
        // An address in the form of RFC 5321, section 4.1.3.
        let kind = if ours.is_ipv6() { "IPv6:" } else { "" };
        let literal = format!("[{kind}{ours}]");
        let name = self.mail.name.unwrap_or(&literal);
        let mut dialogue = Dialogue::new(self.mail, name, way == Way::StartTls);
        let result = self.talk(&mut connection, &mut dialogue, text, end);
        *doubt = dialogue.doubt();
        result.map(|()| Outcome {
            verdict: dialogue.verdict(),
            words: self.describe(&dialogue),
        })
    }

    /// Carries a dialogue to its end.
    fn talk(
        &self,
        connection: &mut Connection,
        dialogue: &mut Dialogue<'_>,
        text: &[u8],
        end: Option<Instant>,
    ) -> Result<(), Failure> {
        let mut command = [0; MAIL_COMMAND_BYTES_MAX];
        let mut chunk = [0; 1_024];
        loop {
            let count = connection.receive(&mut chunk)?;
            if count == 0 {
                return Err(Failure::Connection(io::ErrorKind::UnexpectedEof.into()));
            }
            let mut out = FixedStr::new(&mut command);
            let mut next = dialogue.take(&chunk[..count], &mut out);
            if next == Next::Secure {
                connection.secure(&self.tls, self.url.host())?;
                next = dialogue.secured(&mut out);
            }
            match next {
                Next::Text => {
                    connection.send(&[text, END_OF_MAIL.as_bytes()].concat())?;
                    let long = clock::now().after(REPLY_MILLIS.max(self.timeout_millis));
                    connection.set_deadline(end.map_or(long, |end| long.min(end)));
                }
                Next::End => {
                    // Whether this is heard does not matter.
                    connection.set_deadline(clock::now().after(GOODBYE_MILLIS));
                    let said = connection.send(out.as_str().as_bytes());
                    let _ = said.and_then(|()| connection.receive(&mut chunk));
                    return Ok(());
                }
                Next::Receive | Next::Secure => connection.send(out.as_str().as_bytes())?,
            }
        }
    }

    /// Says how a dialogue ended, without secrets, and what to check.
    fn describe(&self, dialogue: &Dialogue<'_>) -> String {
        let code = dialogue.code();
        let fault = match dialogue.lack() {
            Some(Lack::StartTls) => {
                "the server does not offer STARTTLS, and nothing is sent without encryption: \
                 check MAIL_SERVER"
            }
            Some(Lack::Login) => {
                "the server offers neither AUTH PLAIN nor AUTH LOGIN here: check MAIL_SERVER \
                 (many want smtp+starttls://), or leave out MAIL_USER and MAIL_PASSWORD"
            }
            None if code == 0 => "the answer is no proper SMTP: check host and port in MAIL_SERVER",
            None => "",
        };
        if !fault.is_empty() {
            return fault.to_owned();
        }
        let mut words = format!("SMTP {code}");
        let excerpt = self.secrets.excerpt(dialogue.text());
        if !excerpt.is_empty() {
            let _ = write!(words, ": {excerpt}");
        }
        if code >= 500 {
            words.push_str(match dialogue.stage() {
                Stage::Greeting | Stage::Hello | Stage::Secure => "; check MAIL_SERVER",
                Stage::Login | Stage::User | Stage::Password => {
                    "; check MAIL_USER and MAIL_PASSWORD (many providers want an app password, \
                     not that of the account)"
                }
                Stage::From => "; check MAIL_FROM",
                Stage::To(_) => "; check MAIL_TO",
                Stage::Data | Stage::Text => "; the server did not accept the mail",
            });
            if matches!(dialogue.stage(), Stage::From | Stage::To(_)) {
                words.push_str(match self.mail.login {
                    Some(_) => " and MAIL_USER",
                    None => " and whether the server wants MAIL_USER and MAIL_PASSWORD",
                });
            }
        }
        if let (Some((to, code)), Stage::Text) = (dialogue.refused(), dialogue.stage()) {
            let _ = write!(words, "; {to} was refused with {code}: check MAIL_TO");
        }
        words
    }

    fn explain(&self, failure: &Failure, doubt: Doubt) -> String {
        let millis = match doubt {
            Doubt::None => self.timeout_millis,
            _ => self.timeout_millis.max(REPLY_MILLIS),
        };
        match failure {
            Failure::Tls(rustls::Error::InvalidMessage(_)) => {
                "the server's answer is not TLS: smtps:// is usually at port 465, \
                 smtp+starttls:// at 587"
                    .to_owned()
            }
            Failure::Malformed => "the answer is far too long".to_owned(),
            _ => exchange::explain(failure, self.url.host(), millis / 1_000),
        }
    }
}
