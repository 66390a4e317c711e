//! What a line is: the formats that routers wrap their log messages in.
//!
//! A datagram is one line. RouterOS writes it as its own `topics text` (remote
//! log format `default`), as BSD syslog (RFC 3164) with or without topics, or as
//! CEF. Each piece of a format is a file here, and [`parse`] puts them together.
//!
//! # Contract
//!
//! Nothing here fails or panics, whatever the bytes are, and nothing but
//! [`OwnOutput::new`] allocates: what is not there is `None` or the text as it
//! was, and every result is a part of the input. Time is linear in the line.
//!
//! Rules see the datagram's text as it came, header included, because that is
//! what users wrote their patterns for. The parts of a line matter to whoever asks
//! who sent it and what it is about, and [`OwnOutput`] knows our own output that
//! the router logged and sent back.

mod border;
mod cef;
mod cisco;
mod framing;
mod line;
mod own_output;
mod priority;
mod relay;
mod rfc5424;
mod scan;
mod severity;
mod time;
mod topics;

use border::{BORDER_AHEAD_BYTES, find_border};
pub use framing::Framing;
pub use line::{Format, Line, parse};
pub(crate) use own_output::{OWN_NOTICE, looks_like_own_output};
pub use own_output::{OWN_OUTPUT_PREFIX, OwnOutput};
pub use relay::{Sender, write_rfc5424};
pub use severity::Severity;
pub use topics::Topics;

/// Returns the message without one trailing CR LF, LF or CR. `$` in a rule then
/// matches at the end of what people see (RouterOS ends CEF entries with CR LF,
/// other senders end theirs with LF).
#[must_use]
pub fn trim_line_end(datagram: &[u8]) -> &[u8] {
    let without_lf = datagram.strip_suffix(b"\n").unwrap_or(datagram);
    without_lf.strip_suffix(b"\r").unwrap_or(without_lf)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exactly one line end goes.
    #[test]
    fn line_ends() {
        for (datagram, message) in [
            (&b"a\r\n"[..], &b"a"[..]),
            (b"a\n", b"a"),
            (b"a\r", b"a"),
            (b"a\n\n", b"a\n"),
            (b"a\n\r", b"a\n"),
            (b"\r\n", b""),
            (b"", b""),
        ] {
            assert_eq!(trim_line_end(datagram), message);
        }
    }
}
