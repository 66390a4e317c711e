//! An answer of HTTP/1.1 (RFC 9112), taken in as it arrives: without a
//! connection, without an allocation, and whatever the bytes are.

use crate::bytes::parse_digits;
use crate::delivery::services::Notifier;
use crate::delivery::verdict::{Advice, Answer, Verdict};
use crate::syslog::trim_line_end;

/// An answer, as far as it has arrived.
///
/// Its head is kept as it came and searched when somebody asks for a field; its
/// body is decoded and cut where its buffer ends. Of a body that breaks off or
/// is wrongly encoded, what came before counts: the status has been said by
/// then.
#[derive(Debug)]
pub struct Response<'a> {
    /// Who answers: decides whether the body is worth reading.
    notifier: Notifier,
    /// Status line and fields, with their line ends.
    head: &'a mut [u8],
    head_len: usize,
    /// Where the line begins that is arriving.
    line_at: usize,
    /// 0 until the status line is there.
    status: u16,
    body: &'a mut [u8],
    body_len: usize,
    state: State,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The status line or the fields.
    Head,
    /// The line before a chunk (section 7.1): its size so far, and what part of
    /// the line it is.
    Size { size: usize, part: SizePart },
    /// The body, or a chunk of it, of which so many bytes are left.
    Data { left: usize, chunked: bool },
    /// Nothing: all that is wanted is there.
    Complete,
}

/// A part of the line before a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SizePart {
    /// What precedes the first digit: the line end of the chunk before.
    Start,
    Digits,
    /// What follows the digits: nobody asked for an extension.
    Extension,
}

/// The start of a chunk's line.
const SIZE: State = State::Size {
    size: 0,
    part: SizePart::Start,
};

/// Bytes of a body that ends with its connection.
const ENDLESS: usize = usize::MAX;

/// An answer that does not begin as one of HTTP/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl<'a> Response<'a> {
    /// Returns an answer of which nothing has arrived. The buffers are its
    /// limits: only the beginning of anything longer counts. The head's has room
    /// for a status line at least.
    pub const fn new(notifier: Notifier, head: &'a mut [u8], body: &'a mut [u8]) -> Self {
        Self {
            notifier,
            head,
            head_len: 0,
            line_at: 0,
            status: 0,
            body,
            body_len: 0,
            state: State::Head,
        }
    }

    /// Takes the next bytes of the connection, of any number.
    ///
    /// Informational answers (RFC 9110, section 15.2) are skipped, lines may
    /// end without a CR (section 2.2).
    ///
    /// # Errors
    ///
    /// Only before the status line is whole. After it errors are ignored: the
    /// outcome is already known.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        for &byte in bytes {
            match self.state {
                State::Head => self.push_head(byte)?,
                State::Size { size, part } => self.state = after_size(size, part, byte),
                State::Data { left, chunked } => self.push_data(byte, left, chunked),
                State::Complete => break,
            }
        }
        Ok(())
    }

    /// Notes that the connection has ended. A head whose status line is there
    /// counts as a whole one.
    pub fn end(&mut self) {
        if self.state != State::Head || self.status >= 200 {
            self.state = State::Complete;
        }
    }

    /// Returns the status of the final answer, once its head is there.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        (self.state != State::Head).then_some(self.status)
    }

    /// Returns whether there is nothing more to wait for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Returns the first field of the given name, without the blanks around
    /// it; nothing if it is not UTF-8. Case does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        core::str::from_utf8(self.fields(name).next()?).ok()
    }

    /// Judges the answer. `unix_secs` is the router's clock, used for a
    /// `Retry-After` date if the answer has no `Date` of its own.
    #[must_use]
    pub fn judge(&self, unix_secs: i64) -> Verdict {
        let answer = Answer {
            status: self.status,
            retry_after: self.header("retry-after"),
            date: self.header("date"),
            remaining: self.header("x-ratelimit-remaining"),
            reset_after: self.header("x-ratelimit-reset-after"),
            body: self.body(),
        };
        answer.judge(self.notifier.judge(&answer), unix_secs)
    }

    /// Returns what the user should check if this answer came.
    #[must_use]
    pub const fn advice(&self) -> Advice {
        Advice::of(self.status)
    }

    /// Returns what there is of the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body[..self.body_len]
    }

    fn fields<'b>(&'b self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        let lines = self.head[..self.line_at].split(|&b| b == b'\n').skip(1);
        lines.filter_map(move |line| {
            let (field, value) = split_field(line)?;
            let same = field.eq_ignore_ascii_case(name.as_bytes());
            same.then(|| value.trim_ascii())
        })
    }

    fn push_head(&mut self, byte: u8) -> Result<(), Malformed> {
        let Some(slot) = self.head.get_mut(self.head_len) else {
            // The verdict is in the first line; what does not fit is missed.
            if self.status < 200 {
                return Err(Malformed);
            }
            self.state = State::Complete;
            return Ok(());
        };
        *slot = byte;
        self.head_len += 1;
        if byte != b'\n' {
            return Ok(());
        }
        let line = trim_line_end(&self.head[self.line_at..self.head_len]);
        let ends = line.is_empty();
        if self.status == 0 {
            self.status = status(line).ok_or(Malformed)?;
        }
        self.line_at = self.head_len;
        if ends && self.status < 200 {
            // An informational answer: the final one is still to come.
            (self.head_len, self.line_at, self.status) = (0, 0, 0);
        } else if ends {
            self.state = self.framing();
        }
        Ok(())
    }

    /// Returns how the end of the body is known (section 6.3). A length that is
    /// none, or two of them, is as good as no length: the connection carries
    /// nothing else.
    fn framing(&self) -> State {
        if matches!(self.status, 204 | 304) || !self.notifier.wants_body(self.status) {
            return State::Complete;
        }
        if let Some(codings) = self.fields("transfer-encoding").last() {
            let last = codings.rsplit(|&b| b == b',').next().unwrap_or_default();
            let chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
            let left = ENDLESS;
            return if chunked {
                SIZE
            } else {
                State::Data { left, chunked }
            };
        }
        let mut lengths = self
            .fields("content-length")
            .map(|value| parse_digits(value).unwrap_or(ENDLESS));
        let left = lengths.next().unwrap_or(ENDLESS);
        match left {
            0 => State::Complete,
            _ if lengths.any(|other| other != left) => State::Data {
                left: ENDLESS,
                chunked: false,
            },
            _ => State::Data {
                left,
                chunked: false,
            },
        }
    }

    fn push_data(&mut self, byte: u8, left: usize, chunked: bool) {
        if let Some(slot) = self.body.get_mut(self.body_len) {
            *slot = byte;
            self.body_len += 1;
        }
        self.state = match left - 1 {
            _ if self.body_len == self.body.len() => State::Complete,
            0 if chunked => SIZE,
            0 => State::Complete,
            left => State::Data { left, chunked },
        };
    }
}

/// Returns what follows `byte` in the line before a chunk. A line that is wrong
/// ends the body, and so does the last chunk: its trailers are not wanted.
fn after_size(size: usize, part: SizePart, byte: u8) -> State {
    let digit = char::from(byte).to_digit(16);
    match (part, byte) {
        (SizePart::Start, b'\r' | b'\n') | (_, b'\r') => State::Size { size, part },
        (_, b'\n') if size == 0 => State::Complete,
        (_, b'\n') => State::Data {
            left: size,
            chunked: true,
        },
        (SizePart::Extension, _) | (SizePart::Digits, b';' | b' ' | b'\t') => State::Size {
            size,
            part: SizePart::Extension,
        },
        _ => match digit {
            Some(digit) => State::Size {
                size: size.saturating_mul(16).saturating_add(digit as usize),
                part: SizePart::Digits,
            },
            None => State::Complete,
        },
    }
}

/// Returns the code of a status line (section 4).
fn status(line: &[u8]) -> Option<u16> {
    let [minor, b' ', rest @ ..] = line.strip_prefix(b"HTTP/1.")? else {
        return None;
    };
    let (code, reason) = rest.split_first_chunk::<3>()?;
    let right = minor.is_ascii_digit()
        && code.iter().all(u8::is_ascii_digit)
        && code[0] != b'0'
        && matches!(reason, [] | [b' ', ..]);
    right.then(|| {
        let digits = code.iter().map(|&digit| u16::from(digit - b'0'));
        digits.fold(0, |code, digit| code * 10 + digit)
    })
}

/// Splits a line at its colon. One that continues the line before (section 5.2) begins
/// with a blank, and so has a name that no field has.
fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&b| b == b':')?;
    Some((line[..colon].trim_ascii_end(), &line[colon + 1..]))
}

#[cfg(test)]
mod tests;
