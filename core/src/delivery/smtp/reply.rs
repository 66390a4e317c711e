//! A reply (RFC 5321, section 4.2), taken in as it arrives.

use crate::limits::MAIL_REPLY_BYTES_MAX;
use crate::syslog::trim_line_end;

/// Bytes of a code and the mark after it.
const CODE_BYTES: usize = 4;

/// Bytes that are kept of the lines before the one that arrives.
const KEPT_BYTES_MAX: usize = MAIL_REPLY_BYTES_MAX / 2;

/// A reply, as far as it has arrived: its code, and the beginning of what it says.
#[derive(Debug)]
pub(super) struct Reply {
    /// The texts of the lines that are whole, with a blank after each, and the line that
    /// arrives. What does not fit is missed.
    bytes: [u8; MAIL_REPLY_BYTES_MAX],
    kept: usize,
    line_len: usize,
    /// 0 until the first line is there.
    code: u16,
}

/// What a byte did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Nothing yet.
    More,
    /// It ended a line, and others follow.
    Line,
    /// It ended the reply.
    Whole,
    /// This is no reply of SMTP.
    Malformed,
}

impl Reply {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; MAIL_REPLY_BYTES_MAX],
            kept: 0,
            line_len: 0,
            code: 0,
        }
    }

    /// Begins another reply.
    pub(super) const fn clear(&mut self) {
        (self.kept, self.line_len, self.code) = (0, 0, 0);
    }

    /// Returns the code of the lines so far.
    pub(super) const fn code(&self) -> u16 {
        self.code
    }

    /// Returns the texts of the lines so far, with a blank after each.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[..self.kept]
    }

    /// Takes a byte. `line` gets the text of the line that it ends.
    pub(super) fn push(&mut self, byte: u8, line: &mut dyn FnMut(&[u8])) -> Taken {
        if let Some(slot) = self.bytes.get_mut(self.kept + self.line_len) {
            *slot = byte;
            self.line_len += 1;
        }
        if byte != b'\n' {
            return Taken::More;
        }
        let end = self.kept + self.line_len;
        let whole = trim_line_end(&self.bytes[self.kept..end]);
        let Some((code, goes_on)) = code(whole) else {
            return Taken::Malformed;
        };
        if self.code != 0 && self.code != code {
            return Taken::Malformed;
        }
        self.code = code;
        let text = self.kept + whole.len().min(CODE_BYTES)..self.kept + whole.len();
        line(&self.bytes[text.clone()]);
        if self.kept + text.len() < KEPT_BYTES_MAX {
            let len = text.len();
            self.bytes.copy_within(text, self.kept);
            self.bytes[self.kept + len] = b' ';
            self.kept += len + 1;
        }
        self.line_len = 0;
        if goes_on { Taken::Line } else { Taken::Whole }
    }
}

/// Returns the code of a line, and whether other lines follow.
fn code(line: &[u8]) -> Option<(u16, bool)> {
    let (code, rest) = line.split_first_chunk::<3>()?;
    let is_code = matches!(code[0], b'2'..=b'5') && code.iter().all(u8::is_ascii_digit);
    let digits = code.iter().map(|&digit| u16::from(digit - b'0'));
    let is_right = is_code && matches!(rest, [] | [b' ' | b'-', ..]);
    is_right.then(|| {
        let code = digits.fold(0, |code, digit| code * 10 + digit);
        (code, rest.first() == Some(&b'-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    /// Returns what each byte did, without those that did nothing, and the lines.
    fn push(reply: &mut Reply, bytes: &[u8]) -> (Vec<Taken>, Vec<String>) {
        let mut lines = Vec::new();
        let mut line = |text: &[u8]| lines.push(String::from_utf8_lossy(text).into_owned());
        let taken = bytes.iter().map(|&byte| reply.push(byte, &mut line));
        let taken = taken.filter(|&taken| taken != Taken::More).collect();
        (taken, lines)
    }

    /// One line and several, with and without text, with either line end.
    #[test]
    fn replies() {
        for (bytes, expected, code, text) in [
            ("220 host\r\n", &[Taken::Whole][..], 220, "host "),
            ("250\n", &[Taken::Whole], 250, " "),
            (
                "250-a\r\n250-\r\n250 b c\r\n",
                &[Taken::Line, Taken::Line, Taken::Whole],
                250,
                "a  b c ",
            ),
            (
                "535-5.7.8 no\r\n535 5.7.8\r\n",
                &[Taken::Line, Taken::Whole],
                535,
                "5.7.8 no 5.7.8 ",
            ),
        ] {
            let mut reply = Reply::new();
            assert_eq!(push(&mut reply, bytes.as_bytes()).0, expected, "{bytes}");
            assert_eq!((reply.code(), reply.text()), (code, text.as_bytes()));
        }
    }

    /// Other protocols, codes that differ or do not exist, and no code at all.
    #[test]
    fn what_is_no_reply() {
        for bytes in [
            "\r\n",
            "x\r\n",
            "22\r\n",
            "2200\r\n",
            "220_x\r\n",
            "150 x\r\n",
            "650 x\r\n",
            "2x0 x\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
            "+OK POP3\r\n",
            "250-a\r\n251 b\r\n",
            "250-a\r\n\r\n",
        ] {
            let (taken, _) = push(&mut Reply::new(), bytes.as_bytes());
            assert_eq!(taken.last(), Some(&Taken::Malformed), "{bytes}");
        }
    }

    /// Lines without end are read to their end, and lines without number: the code and
    /// the end of the reply are still seen, and the first text is kept.
    #[test]
    fn without_end() {
        let mut reply = Reply::new();
        let long = ["250 ", &"x".repeat(100_000), "\r\n"].concat();
        let (taken, lines) = push(&mut reply, long.as_bytes());
        assert_eq!(taken, [Taken::Whole]);
        assert!(lines[0].len() < MAIL_REPLY_BYTES_MAX);
        for first in ["odd", "even"] {
            reply.clear();
            let many = "250-x\r\n".repeat(10_000);
            let many = ["250-", first, "\r\n", &many, "250 STARTTLS\r\n"].concat();
            let (taken, lines) = push(&mut reply, many.as_bytes());
            assert_eq!((taken.len(), taken.last()), (10_002, Some(&Taken::Whole)));
            assert_eq!(lines.last().map(String::as_str), Some("STARTTLS"));
            let text = String::from_utf8_lossy(reply.text());
            assert!(text.starts_with(&[first, " x x "].concat()), "{text}");
            assert!((KEPT_BYTES_MAX - 1..=KEPT_BYTES_MAX).contains(&text.len()));
        }
    }
}
