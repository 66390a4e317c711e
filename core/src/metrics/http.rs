//! Requests for metrics and their answers: as much of HTTP/1.1 (RFC 9112) as that takes.

use core::fmt::{self, Write};

use crate::limits::{REQUEST_HEAD_BYTES_MAX, REQUEST_LINE_BYTES_MAX};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// `/metrics`: everything.
    Metrics,
    /// `/healthz`: whether somebody should look.
    Health,
}

/// A request that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it asks for.
    pub page: Page,
    /// Whether it wants the head of the answer only.
    pub is_head: bool,
}

/// Why a request cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no request of HTTP/1.1 or HTTP/1.0.
    Malformed,
    /// There is no such page.
    NoPage,
    /// The method is neither GET nor HEAD.
    Method,
    /// The request line is longer than [`REQUEST_LINE_BYTES_MAX`].
    LongLine,
    /// The head is longer than [`REQUEST_HEAD_BYTES_MAX`].
    LongHead,
}

impl Refusal {
    /// Returns the status, with its reason.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Malformed => "400 Bad Request",
            Self::NoPage => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
            Self::LongLine => "414 URI Too Long",
            Self::LongHead => "431 Request Header Fields Too Large",
        }
    }
}

/// The head of a request, read as it arrives.
#[derive(Debug)]
pub struct RequestHead {
    /// The request line without its end.
    line: heapless::Vec<u8, REQUEST_LINE_BYTES_MAX>,
    /// Whether that line has ended.
    has_line: bool,
    /// Whether nothing but a carriage return has come since the last line feed.
    is_at_start: bool,
    /// Bytes so far.
    bytes: usize,
}

impl Default for RequestHead {
    fn default() -> Self {
        Self {
            line: heapless::Vec::new(),
            has_line: false,
            is_at_start: true,
            bytes: 0,
        }
    }
}

impl RequestHead {
    /// Takes bytes in pieces of any size, and returns the request once its head is
    /// complete. Fields are not looked at, and what follows the head is ignored.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be answered, as soon as nothing could change that.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Request>, Refusal> {
        for &byte in bytes {
            self.bytes += 1;
            if self.bytes > REQUEST_HEAD_BYTES_MAX {
                return Err(Refusal::LongHead);
            }
            match byte {
                // A client may send empty lines first (RFC 9112, section 2.2).
                b'\n' if self.is_at_start && self.has_line => return self.parse().map(Some),
                b'\n' => {
                    self.has_line = !self.line.is_empty();
                    self.is_at_start = true;
                }
                b'\r' => {}
                _ => {
                    self.is_at_start = false;
                    self.take(byte)?;
                }
            }
        }
        Ok(None)
    }

    /// Takes a byte that ends no line.
    fn take(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.has_line {
            return Ok(());
        }
        // A handshake of TLS, for example.
        if !(b' '..=b'~').contains(&byte) {
            return Err(Refusal::Malformed);
        }
        self.line.push(byte).map_err(|_| Refusal::LongLine)
    }

    fn parse(&self) -> Result<Request, Refusal> {
        let line: &[u8] = &self.line;
        let old = line.strip_suffix(b" HTTP/1.0");
        let line = line.strip_suffix(b" HTTP/1.1").or(old);
        let line = line.ok_or(Refusal::Malformed)?;
        let head = line.strip_prefix(b"HEAD ");
        let is_head = head.is_some();
        let target = line.strip_prefix(b"GET ").or(head);
        let target = target.ok_or(Refusal::Method)?;
        let path = target.iter().position(|&byte| byte == b'?');
        let page = match &target[..path.unwrap_or(target.len())] {
            b"/metrics" => Page::Metrics,
            b"/healthz" => Page::Health,
            _ => return Err(Refusal::NoPage),
        };
        Ok(Request { page, is_head })
    }
}

/// Writes the head of an answer whose body has this media type and so many bytes.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write_answer_head(
    status: &str,
    content_type: &str,
    bytes: usize,
    out: &mut dyn Write,
) -> fmt::Result {
    // Only 405 needs the methods, and no answer is wrong with them (RFC 9110, 10.2.1).
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {bytes}\r\n\
         Allow: GET, HEAD\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a request in pieces of this size.
    fn read(request: &[u8], piece: usize) -> Result<Option<Request>, Refusal> {
        let mut head = RequestHead::default();
        for piece in request.chunks(piece) {
            match head.push(piece) {
                Ok(None) => {}
                end => return end,
            }
        }
        Ok(None)
    }

    fn answer(request: &[u8]) -> Result<Option<Request>, Refusal> {
        let whole = read(request, usize::MAX);
        for piece in 1..9 {
            assert_eq!(read(request, piece), whole);
        }
        whole
    }

    /// Each page by both methods, with fields, queries and the line ends that clients
    /// write.
    #[test]
    fn pages() {
        let request = |page, is_head| Ok(Some(Request { page, is_head }));
        for (bytes, page, is_head) in [
            (
                &b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"[..],
                Page::Metrics,
                false,
            ),
            (
                b"GET /metrics?a=b%20c HTTP/1.0\r\n\r\n",
                Page::Metrics,
                false,
            ),
            (
                b"\r\n\r\nHEAD /healthz HTTP/1.1\nHost: a\n\nrest\0",
                Page::Health,
                true,
            ),
            (
                b"GET /healthz HTTP/1.1\r\nX: \xFF\x01\r\n\r\n",
                Page::Health,
                false,
            ),
        ] {
            assert_eq!(answer(bytes), request(page, is_head));
        }
        assert_eq!(answer(b"GET /metrics HTTP/1.1\r\nHost: a\r\n"), Ok(None));
        assert_eq!(answer(b"\r\n\r\n\r\n"), Ok(None));
    }

    /// Everything else is refused with the status that says why.
    #[test]
    fn refusals() {
        for (line, refusal) in [
            ("GET / HTTP/1.1", Refusal::NoPage),
            ("GET /metrics/ HTTP/1.1", Refusal::NoPage),
            ("GET /metrics%00 HTTP/1.1", Refusal::NoPage),
            ("GET /../metrics HTTP/1.1", Refusal::NoPage),
            ("POST /x HTTP/1.1", Refusal::Method),
            ("POST /metrics HTTP/1.1", Refusal::Method),
            ("get /metrics HTTP/1.1", Refusal::Method),
            ("GET /metrics HTTP/2.0", Refusal::Malformed),
            ("GET /metrics", Refusal::Malformed),
            ("GET  /metrics HTTP/1.1", Refusal::NoPage),
            ("GET /metrics HTTP/1.1 x", Refusal::Malformed),
            ("GET /metrics FTP/1.1", Refusal::Malformed),
        ] {
            let request = format!("{line}\r\nHost: a\r\n\r\n");
            assert_eq!(answer(request.as_bytes()), Err(refusal), "{line}");
        }
        // Before its end: nothing could make it right.
        assert_eq!(answer(b"\x16\x03\x01\x02\0"), Err(Refusal::Malformed));
        assert_eq!(answer(&[b'x'; 129]), Err(Refusal::LongLine));
        let mut long = b"GET /metrics HTTP/1.1\r\n".to_vec();
        while long.len() < REQUEST_HEAD_BYTES_MAX {
            long.extend_from_slice(b"X: y\r\n");
        }
        assert_eq!(answer(&long), Err(Refusal::LongHead));
        assert_eq!(answer(&[b'\n'; 5_000]), Err(Refusal::LongHead));
    }

    /// Each status is one of HTTP's, with the body's length.
    #[test]
    fn heads() {
        let mut out = String::new();
        write_answer_head(Refusal::Method.status(), "text/plain", 3, &mut out).unwrap();
        assert!(out.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
        assert!(
            out.contains("\r\nContent-Length: 3\r\n") && out.contains("\r\nAllow: GET, HEAD\r\n")
        );
        assert!(out.ends_with("\r\n\r\n"));
    }
}
