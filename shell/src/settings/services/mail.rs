//! Mail: `MAIL_SERVER`, `MAIL_TO` and what goes with them.

use std::fmt;
use std::net::IpAddr;

use alertik_core::delivery::{Encoding, Form, Mail};
use alertik_core::limits::{
    MAIL_ADDRESS_BYTES_MAX, MAIL_LOGIN_BYTES_MAX, MAIL_RECIPIENTS_MAX, MAIL_TEMPLATE_BYTES_MAX,
};
use alertik_core::time::Wall;

use super::Endpoint;
use super::reader::{Reader, keep};
use crate::net::local::is_local;
use crate::settings::url::{Scheme, Url, UrlError};

/// See [`super::address_variables`].
pub(super) const ADDRESS: &[&str] = &["_SERVER"];

/// The ways to a mail server: TLS from the start (RFC 8314), TLS by STARTTLS (RFC 3207),
/// and none.
static SCHEMES: [Scheme; 3] = [
    Scheme {
        start: "smtps://",
        port: 465,
    },
    Scheme {
        start: "smtp+starttls://",
        port: 587,
    },
    Scheme {
        start: "smtp://",
        port: 25,
    },
];

/// How a connection to a mail server is secured, in the order of [`SCHEMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// TLS from the start.
    Tls,
    /// TLS once the server has offered it.
    StartTls,
    /// Not at all.
    Plain,
}

impl Way {
    /// Returns the way that a server's URL names.
    pub(crate) fn of(url: &Url) -> Self {
        match SCHEMES.iter().position(|scheme| scheme == url.scheme()) {
            Some(0) => Self::Tls,
            Some(1) => Self::StartTls,
            _ => Self::Plain,
        }
    }
}

/// Longest name of a user in an address, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_PART_BYTES_MAX: usize = 64;

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Endpoint> {
    let server = reader.required("_SERVER", "the server, such as smtps://mail.example.org");
    let url = server.and_then(|text| reader.server(text));
    let login = reader.login();
    let from = reader.sender();
    let to = reader.recipients();
    let subject = reader.optional("_SUBJECT").unwrap_or("{{text}}");
    let subject = reader.template("_SUBJECT", subject, Encoding::Raw, MAIL_TEMPLATE_BYTES_MAX);
    let (url, login) = (url?, login?);
    reader.check_secrecy(&url, login.is_some());
    let mail = Mail {
        name: reader.device_domain(),
        login,
        from: keep(from?),
        to: to?,
        subject: subject?,
    };
    Some(Endpoint {
        url,
        form: Form::Mail(Box::leak(Box::new(mail)), Wall::default()),
    })
}

/// Writes who sends to whom, without the password.
pub(super) fn describe(form: &Mail<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, ", from {} to {}", form.from, form.to.join(", "))?;
    match form.login {
        Some((user, _)) => write!(out, ", user {user}:***"),
        None => out.write_str(", no login"),
    }
}

impl<'e> Reader<'e, '_> {
    fn server(&mut self, text: &str) -> Option<Url> {
        let suffix = "_SERVER";
        match Url::parse_as(text, &SCHEMES) {
            Ok(url) if url.path() == "/" && url.query().is_empty() => return Some(url),
            Ok(_) => self.problem(suffix, format_args!("has more than a host and a port")),
            Err(UrlError::Empty | UrlError::Scheme) => self.problem(
                suffix,
                format_args!(
                    "must begin with smtps:// (TLS, port 465), smtp+starttls:// (port 587) or \
                     smtp:// (no encryption, port 25)"
                ),
            ),
            Err(UrlError::User) => self.problem(
                suffix,
                format_args!("has a user before the host; set MAIL_USER and MAIL_PASSWORD"),
            ),
            Err(error) => self.problem(suffix, format_args!("{error}")),
        }
        None
    }

    /// Returns the router's name if it is a domain with a dot, which servers demand, and
    /// no address.
    fn device_domain(&self) -> Option<&'static str> {
        let name = std::str::from_utf8(self.env.bytes("DEVICE_NAME")?).ok()?;
        let name = name.trim_ascii();
        let has_letters = name.ends_with(|last: char| last.is_ascii_alphabetic());
        (is_domain(name) && name.contains('.') && has_letters).then(|| keep(name))
    }

    /// Reads user and password: both or neither. `None` is a mistake.
    #[expect(
        clippy::option_option,
        reason = "a mistake and no login are different things"
    )]
    fn login(&mut self) -> Option<Option<(&'static str, &'static str)>> {
        let [user, password] = ["_USER", "_PASSWORD"].map(|suffix| {
            let text = self.optional(suffix).filter(|text| !text.is_empty());
            if text.is_some_and(|text| text.len() > MAIL_LOGIN_BYTES_MAX) {
                self.problem(
                    suffix,
                    format_args!("is longer than {MAIL_LOGIN_BYTES_MAX} bytes"),
                );
            }
            text
        });
        match (user, password) {
            (Some(user), Some(password)) => Some(Some((keep(user), keep(password)))),
            (None, None) => Some(None),
            (user, _) => {
                let suffixes = if user.is_some() {
                    ["_PASSWORD", "_USER"]
                } else {
                    ["_USER", "_PASSWORD"]
                };
                let other = self.name(suffixes[1]);
                self.problem(
                    suffixes[0],
                    format_args!("is not set, but {other} is; they belong together"),
                );
                None
            }
        }
    }

    /// Reads the sender's address, which is that of the user if there is no other.
    fn sender(&mut self) -> Option<&'e str> {
        let user = self
            .env
            .bytes("MAIL_USER")
            .and_then(|user| std::str::from_utf8(user).ok());
        let user = user.map(str::trim_ascii).filter(|user| is_address(user));
        match (self.optional("_FROM").filter(|from| !from.is_empty()), user) {
            (Some(from), _) => self.address("_FROM", from),
            (None, Some(user)) => Some(user),
            (None, None) => self
                .required("_FROM", "the sender's address")
                .and_then(|from| self.address("_FROM", from)),
        }
    }

    fn recipients(&mut self) -> Option<Vec<&'static str>> {
        let suffix = "_TO";
        let what = "the addresses that get the mails, separated by commas";
        let text = self.required(suffix, what)?;
        let name = self.name(suffix);
        let entries = self.env.entries(&name, self.problems);
        if text.is_empty() {
            self.problem(suffix, format_args!("is empty; set it to {what}"));
        }
        if entries.len() > MAIL_RECIPIENTS_MAX {
            self.problem(
                suffix,
                format_args!("has more than {MAIL_RECIPIENTS_MAX} addresses; use one of a list"),
            );
            return None;
        }
        let mut list = Vec::new();
        for entry in &entries {
            list.extend(self.address(suffix, entry).map(keep));
        }
        (!list.is_empty() && list.len() == entries.len()).then_some(list)
    }

    fn address<'a>(&mut self, suffix: &str, text: &'a str) -> Option<&'a str> {
        if is_address(text) {
            return Some(text);
        }
        self.problem(
            suffix,
            format_args!("'{text}' is not an address; it looks like name@example.org"),
        );
        None
    }

    /// Warns of a port that belongs to another way, and refuses to send a password over
    /// the internet for all to read. For a name, that is decided by its address when
    /// there is a connection.
    fn check_secrecy(&mut self, url: &Url, has_login: bool) {
        let address = url.host().parse::<IpAddr>();
        let (way, scheme) = (Way::of(url), url.scheme());
        if has_login && way == Way::Plain && address.is_ok_and(|address| !is_local(address)) {
            self.problem(
                "_SERVER",
                format_args!(
                    "would send MAIL_PASSWORD over the internet without encryption; use \
                     smtps:// or smtp+starttls://"
                ),
            );
        }
        let port = url.port();
        let other = SCHEMES
            .iter()
            .find(|other| other.port == port && other.port != scheme.port);
        if let Some(other) = other.filter(|_| port == 465 || way == Way::Tls) {
            let name = self.name("_SERVER");
            let start = other.start;
            self.problems
                .warning(&name, format_args!("port {port} is usually for {start}"));
        }
    }
}

/// Returns whether a text is an address that needs no quotes (RFC 5321, section 4.1.2).
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    // The characters of an atom (RFC 5322, section 3.2.3), and the dot.
    let is_local =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
    (1..=LOCAL_PART_BYTES_MAX).contains(&local.len())
        && text.len() <= MAIL_ADDRESS_BYTES_MAX
        && local.bytes().all(is_local)
        && is_domain(domain)
}

/// Returns whether a text is a domain, of at least one label.
fn is_domain(text: &str) -> bool {
    let mut labels = text.split('.');
    labels.all(|label| {
        let mut bytes = label.bytes();
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses that mail servers take, and texts that would end a command or a field.
    #[test]
    fn addresses() {
        for text in [
            "a@b",
            "first.last+tag@mail.example.org",
            "x_y=z@a-b.example",
            "1@1.2",
        ] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            "Name <a@b>",
            "a@b>",
            "a@b\r\nDATA",
            "a@b,c@d",
            "é@b",
            "a@é",
            "a@b.",
            "a@.b",
            "a@-b",
            "a@b-",
            "\"a\"@b",
            "a@[192.0.2.1]",
            &["a".repeat(65).as_str(), "@b"].concat(),
            &["a@", &"b".repeat(253)].concat(),
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
