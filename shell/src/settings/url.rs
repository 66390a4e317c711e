//! URLs of notifiers: taken apart and checked once, at start-up.
//!
//! Later, a mistake would show only as a message that does not arrive. So every
//! mistake is found here.

use std::fmt;
use std::net::Ipv4Addr;

/// A kind of URL.
#[derive(PartialEq, Eq)]
pub(crate) struct Scheme {
    /// How such a URL begins.
    pub(crate) start: &'static str,
    /// The port if it names none.
    pub(crate) port: u16,
}

/// The schemes of webhooks.
static WEB: [Scheme; 2] = [
    Scheme {
        start: "https://",
        port: 443,
    },
    Scheme {
        start: "http://",
        port: 80,
    },
];

/// A URL that a request can be made of, or a server's.
///
/// No `Debug` and no `Display`: path and query of a webhook are its secret.
/// [`Url::site`] is what may be logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    text: String,
    /// Offset after the host and the port.
    path_at: usize,
    scheme: &'static Scheme,
    host_len: usize,
}

/// A mistake in a URL. `Display` says what would be right.
///
/// It never repeats the URL, which is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlError {
    Empty,
    /// Offset of a character that is not allowed, and whether it ends lines.
    Character {
        offset: usize,
        line_end: bool,
    },
    Scheme,
    User,
    Ipv6,
    NoHost,
    Host {
        offset: usize,
    },
    Ipv4,
    Port,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty; set it to the webhook's URL"),
            Self::Character {
                offset,
                line_end: true,
            } => write!(
                f,
                "has a line break or another control character at byte {offset}; \
                 a URL is one line"
            ),
            Self::Character { offset, .. } => write!(
                f,
                "has a character at byte {offset} that a URL cannot hold; \
                 write it percent-encoded (a blank is %20)"
            ),
            Self::Scheme => f.write_str("must begin with https:// or http://"),
            Self::User => f.write_str(
                "has a user name before the host; user:pass@ is not supported, \
                 use a header (GENERICn_HEADERS) or a token",
            ),
            Self::Ipv6 => f.write_str(
                "has an IPv6 address as its host, which is not supported; \
                 use a name or an IPv4 address",
            ),
            Self::NoHost => f.write_str("has no host after ://"),
            Self::Host { offset } => write!(
                f,
                "has a host with a wrong character at byte {offset}; a host is letters, digits, \
                 - and . (write other letters in their xn-- form)"
            ),
            Self::Ipv4 => f.write_str("has a host of digits and dots that is not an IPv4 address"),
            Self::Port => f.write_str("has a port that is not a number from 1 to 65535"),
        }
    }
}

impl Url {
    /// Parses `http[s]://host[:port][/path][?query][#fragment]`.
    ///
    /// # Errors
    ///
    /// See [`UrlError`]. Offsets count bytes of `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        Self::parse_as(text, &WEB)
    }

    /// Parses a URL of one of some schemes.
    ///
    /// # Errors
    ///
    /// As [`Url::parse`].
    pub(crate) fn parse_as(text: &str, schemes: &'static [Scheme]) -> Result<Self, UrlError> {
        if text.is_empty() {
            return Err(UrlError::Empty);
        }
        let wrong = |c: char| !c.is_ascii() || c.is_ascii_control() || " \"<>\\^`".contains(c);
        if let Some((offset, c)) = text.char_indices().find(|&(_, c)| wrong(c)) {
            let line_end = c.is_control();
            return Err(UrlError::Character { offset, line_end });
        }
        let is_it = |scheme: &&Scheme| {
            let start = text.get(..scheme.start.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.start))
        };
        let scheme = schemes.iter().find(is_it).ok_or(UrlError::Scheme)?;
        let scheme_len = scheme.start.len();
        let rest = &text[scheme_len..];
        let authority = &rest[..first_of(rest, b"/?#")];
        let path_at = scheme_len + authority.len();
        if authority.contains('@') {
            return Err(UrlError::User);
        }
        if first_of(authority, b"[]") < authority.len()
            || authority.bytes().filter(|&b| b == b':').count() > 1
        {
            return Err(UrlError::Ipv6);
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        check_host(host, scheme_len)?;
        if let Some(port) = port {
            let digits = port.bytes().all(|b| b.is_ascii_digit());
            if !digits || !matches!(port.parse(), Ok(1_u16..)) {
                return Err(UrlError::Port);
            }
        }
        let mut normal = String::with_capacity(text.len());
        normal.push_str(scheme.start);
        normal.push_str(&authority.to_ascii_lowercase());
        // A request line has at least this path.
        if !text[path_at..].starts_with('/') {
            normal.push('/');
        }
        normal.push_str(&text[path_at..]);
        Ok(Self {
            text: normal,
            path_at,
            scheme,
            host_len: host.len(),
        })
    }

    /// Returns scheme, host and port: what may be logged.
    pub(crate) fn site(&self) -> &str {
        &self.text[..self.path_at]
    }

    /// Returns the host, and the port if the URL names one.
    pub(crate) fn authority(&self) -> &str {
        &self.site()[self.host_at()..]
    }

    /// Returns the port, by default the scheme's.
    pub(crate) fn port(&self) -> u16 {
        let named = self.authority().get(self.host_len + 1..);
        let named = named.and_then(|port| port.parse().ok());
        named.unwrap_or(self.scheme.port)
    }

    /// Returns the scheme.
    pub(crate) const fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    const fn host_at(&self) -> usize {
        self.scheme.start.len()
    }

    /// Returns the host.
    pub(crate) fn host(&self) -> &str {
        let start = self.host_at();
        &self.text[start..start + self.host_len]
    }

    /// Returns whether the connection is encrypted.
    pub(crate) const fn is_https(&self) -> bool {
        self.scheme.port == WEB[0].port
    }

    /// Returns the path without its query, at least `/`.
    pub(crate) fn path(&self) -> &str {
        let rest = &self.text[self.path_at..];
        &rest[..first_of(rest, b"?#")]
    }

    /// Returns the query with its `?`, or nothing if there is none.
    pub(crate) fn query(&self) -> &str {
        let rest = &self.text[self.path_at..];
        let rest = &rest[..rest.find('#').unwrap_or(rest.len())];
        &rest[rest.find('?').unwrap_or(rest.len())..]
    }

    /// Returns the same site with another path and query, both of them already
    /// valid.
    pub(crate) fn with_path_and_query(&self, path: &str, query: &str) -> Self {
        Self {
            text: [self.site(), path, query].concat(),
            ..*self
        }
    }
}

/// Returns the offset of the first of some ASCII characters, or the text's length.
fn first_of(text: &str, any: &[u8]) -> usize {
    let found = text.bytes().position(|byte| any.contains(&byte));
    found.unwrap_or(text.len())
}

fn check_host(host: &str, at: usize) -> Result<(), UrlError> {
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    // Host names have no underscore, but names of containers do.
    let wrong = |b: u8| !(b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if let Some(offset) = host.bytes().position(wrong) {
        let offset = at + offset;
        return Err(UrlError::Host { offset });
    }
    let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err(UrlError::Ipv4);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of real webhooks, and what may be logged of them.
    #[test]
    fn parts() {
        let url = Url::parse(
            "HTTPS://Default0a.Environment.api.powerplatform.com:443/x/y/?sp=%2Ftriggers&sig=S#f",
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let site = "https://default0a.environment.api.powerplatform.com:443";
        assert_eq!(url.site(), site);
        assert_eq!(url.host(), "default0a.environment.api.powerplatform.com");
        assert!(url.is_https());
        assert_eq!(url.path(), "/x/y/");
        assert_eq!(url.query(), "?sp=%2Ftriggers&sig=S");
        assert_eq!(url.text, [site, "/x/y/?sp=%2Ftriggers&sig=S#f"].concat());
        let other = url.with_path_and_query("/z", "?wait=true");
        assert_eq!(other.text, [site, "/z?wait=true"].concat());
        assert_eq!((other.path(), other.query()), ("/z", "?wait=true"));
    }

    /// A bare host, a port, an address, a query without a path.
    #[test]
    fn forms() {
        for (text, path, query) in [
            ("http://ntfy", "/", ""),
            ("http://10.0.0.7:8080", "/", ""),
            ("http://ha_core.local:8123/api", "/api", ""),
            ("https://example.org?x=1", "/", "?x=1"),
        ] {
            let url = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((url.path(), url.query()), (path, query), "{text}");
        }
    }

    /// Each mistake has its own words, and none of them repeats the URL.
    #[test]
    fn mistakes() {
        for (text, expected) in [
            ("", UrlError::Empty),
            ("hooks.slack.com/x", UrlError::Scheme),
            ("ftp://x/", UrlError::Scheme),
            ("https:/x/", UrlError::Scheme),
            ("https://", UrlError::NoHost),
            ("https:///secret", UrlError::NoHost),
            ("https://u:p@host/secret", UrlError::User),
            ("https://[2001:db8::1]/secret", UrlError::Ipv6),
            ("https://2001:db8::1/secret", UrlError::Ipv6),
            ("https://h:0/secret", UrlError::Port),
            ("https://h:70000/secret", UrlError::Port),
            ("https://h:/secret", UrlError::Port),
            ("https://h:+80/secret", UrlError::Port),
            ("https://h:abc/secret", UrlError::Port),
            ("https://10.0.0/secret", UrlError::Ipv4),
            ("https://10.0.0.256/secret", UrlError::Ipv4),
            ("https://ho$t/secret", UrlError::Host { offset: 10 }),
            (
                "https://h/sec ret",
                UrlError::Character {
                    offset: 13,
                    line_end: false,
                },
            ),
            (
                "https://h/secret\r\nX: y",
                UrlError::Character {
                    offset: 16,
                    line_end: true,
                },
            ),
            (
                "https://münchen/secret",
                UrlError::Character {
                    offset: 9,
                    line_end: false,
                },
            ),
        ] {
            let Err(error) = Url::parse(text) else {
                panic!("{text:?} was accepted");
            };
            assert_eq!(error, expected, "{text:?}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
