//! The bytes of an HTTP/1.1 request (RFC 9112).

use std::fmt::Write;

/// The head of a request, built field by field.
pub(crate) struct Head {
    text: String,
    has_body: bool,
}

impl Head {
    /// Returns the beginning of a request: its first line and the fields that
    /// every request has.
    pub(crate) fn new(method: &str, target: &str, authority: &str) -> Self {
        let text = [
            method,
            " ",
            target,
            " HTTP/1.1\r\nHost: ",
            authority,
            concat!("\r\nUser-Agent: alertik/", env!("CARGO_PKG_VERSION")),
            "\r\nAccept: application/json\r\nConnection: close\r\n",
        ]
        .concat();
        let has_body = method != "GET";
        Self { text, has_body }
    }

    /// Adds a field. Neither argument may contain a line break.
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.text.push_str(part);
        }
    }

    /// Returns the whole request. A GET request is sent without its body.
    pub(crate) fn finish(mut self, content_type: &str, body: &str) -> Vec<u8> {
        if !self.has_body {
            self.text.push_str("\r\n");
            return self.text.into_bytes();
        }
        self.field("Content-Type", content_type);
        let _ = write!(self.text, "Content-Length: {}\r\n\r\n", body.len());
        // In one piece: a second packet would wait until the first one is
        // acknowledged.
        self.text.push_str(body);
        self.text.into_bytes()
    }
}

/// Returns the request target (RFC 9112, section 3.2.1) of a URL. Its path begins
/// at the byte offset `path_at`, or is missing.
///
/// A placeholder may have put raw text of a log line into the URL. Bytes that
/// cannot stand in a URL are percent-encoded, so no text can end the request line.
pub(crate) fn target(url: &str, path_at: usize) -> String {
    let rest = url.get(path_at..).unwrap_or_default();
    let rest = rest.split('#').next().unwrap_or_default();
    let mut target = String::with_capacity(rest.len() + 1);
    if !rest.starts_with('/') {
        target.push('/');
    }
    for byte in rest.bytes() {
        if byte.is_ascii_graphic() {
            target.push(char::from(byte));
        } else {
            let _ = write!(target, "%{byte:02X}");
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests are exact to the byte, with a body and without.
    #[test]
    fn on_the_wire() {
        let mut head = Head::new("PUT", "/a?b", "host:81");
        head.field("X-Own", "x y");
        let agent = concat!("User-Agent: alertik/", env!("CARGO_PKG_VERSION"), "\r\n");
        let rest = "Accept: application/json\r\nConnection: close\r\n";
        let expected = [
            "PUT /a?b HTTP/1.1\r\nHost: host:81\r\n",
            agent,
            rest,
            "X-Own: x y\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n\u{fc}",
        ];
        let request = head.finish("text/plain", "\u{fc}");
        assert_eq!(request, expected.concat().as_bytes());
        let request = Head::new("GET", "/", "host").finish("text/plain", "no body");
        let expected = ["GET / HTTP/1.1\r\nHost: host\r\n", agent, rest, "\r\n"];
        assert_eq!(request, expected.concat().as_bytes());
    }

    /// Text from a log line cannot end the request line.
    #[test]
    fn targets() {
        for (url, expected) in [
            ("http://h:1/a?b#c", "/a?b"),
            ("http://h:1?b", "/?b"),
            ("http://h:1", "/"),
            (
                "http://h:1/x HTTP/1.1\r\nX: y\0\u{7f}",
                "/x%20HTTP/1.1%0D%0AX:%20y%00%7F",
            ),
            ("http://h:1/\u{e9}%41", "/%C3%A9%41"),
        ] {
            assert_eq!(target(url, "http://h:1".len()), expected);
        }
    }
}
