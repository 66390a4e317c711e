//! Lines out of a stream of bytes: the messages of one TCP connection.
//!
//! There are three ways to mark where a message ends. Its first bytes say which:
//!
//! * Octet counting (RFC 6587, section 3.4.1): up to five digits, a blank, and that
//!   many bytes that begin with `<`.
//! * A line feed after the message, perhaps with a carriage return before it (section
//!   3.4.2). RouterOS' CEF is of this kind, and everything that is of no other.
//! * Nothing at all: RouterOS' own format and BSD syslog. Such an entry ends where the
//!   next one is recognised, and when nothing more has come for a while, see
//!   [`Framing::pause_millis`]. After a line feed the connection counts as one that
//!   writes line feeds, until an entry ends in a pause again.
//!
//! The same bytes give the same messages however they are split over reads, but for
//! the pauses of the third kind.
//!
//! Memory is that of one message. Of a longer one the beginning is a message, which
//! the ring counts as cut, and the rest is skipped.

use crate::limits::MESSAGE_BYTES_MAX;
use crate::syslog::{BORDER_AHEAD_BYTES, Format, find_border, parse};

/// Bytes kept of a message: one more than is matched, so that the ring sees that it
/// is too long.
const KEPT_BYTES: usize = MESSAGE_BYTES_MAX + 1;
/// Most digits of a count: that of 99,999 bytes.
const DIGITS_MAX: usize = 5;
/// After so long an entry without a delimiter is whole. Pieces of one entry follow
/// each other within milliseconds.
const PAUSE_MILLIS: u64 = 1_000;
/// The same on a connection on which a line feed was seen.
const PAUSE_AFTER_LF_MILLIS: u64 = 10_000;

/// The place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between messages, or within what may be a count.
    Start,
    /// In a message that has so many bytes left.
    Counted(usize),
    /// In a message that ends with a line feed or with nothing.
    Line,
}

/// Finds the messages in the bytes of one connection.
#[derive(Debug)]
pub struct Framing {
    state: State,
    kept: [u8; KEPT_BYTES],
    len: usize,
    /// Up to here no other entry begins.
    searched: usize,
    /// The message is longer than is kept.
    is_cut: bool,
    /// The last message ended with a line feed.
    has_delimiters: bool,
    /// Whether this message can be one of RouterOS' without a delimiter, once known.
    lacks_delimiter: Option<bool>,
}

impl Default for Framing {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing {
    /// Returns the state of a connection that was just made.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: State::Start,
            kept: [0; KEPT_BYTES],
            len: 0,
            searched: 0,
            is_cut: false,
            has_delimiters: false,
            lacks_delimiter: None,
        }
    }

    /// Takes bytes of the stream and hands out each message that they complete, without
    /// its end. Empty messages are skipped. The work is linear in the bytes.
    pub fn push(&mut self, bytes: &[u8], message: &mut dyn FnMut(&[u8])) {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let taken = match self.state {
                State::Start => self.push_start(first),
                State::Counted(left) => {
                    let taken = left.min(rest.len());
                    self.keep(&rest[..taken]);
                    self.state = State::Counted(left - taken);
                    if left == taken {
                        self.end_message(message);
                    }
                    taken
                }
                State::Line => self.push_line(rest, message),
            };
            rest = &rest[taken..];
        }
    }

    /// Returns after how long without a byte [`Framing::handle_pause`] must be called,
    /// or `None` if there is no entry that a pause would complete.
    #[must_use]
    pub fn pause_millis(&self) -> Option<u64> {
        let waits = self.state == State::Line;
        let millis = if self.has_delimiters {
            PAUSE_AFTER_LF_MILLIS
        } else {
            PAUSE_MILLIS
        };
        (waits && is_without_delimiter(&self.kept[..self.len])).then_some(millis)
    }

    /// Hands out the entry that a pause has completed, if there is one.
    pub fn handle_pause(&mut self, message: &mut dyn FnMut(&[u8])) {
        if self.pause_millis().is_some() {
            self.end_message(message);
            self.has_delimiters = false;
        }
    }

    /// Hands out the bytes that are there when the connection ends.
    pub fn end(&mut self, message: &mut dyn FnMut(&[u8])) {
        self.end_message(message);
    }

    /// Takes one byte between messages or in a count, and returns how many it took.
    fn push_start(&mut self, byte: u8) -> usize {
        let digits = &self.kept[..self.len];
        match (byte, digits) {
            // What some senders put between messages.
            (b'\n' | b'\r' | 0, []) => {}
            (b'1'..=b'9', []) => self.keep(&[byte]),
            (b'0'..=b'9', [_, ..]) if !digits.contains(&b' ') && digits.len() < DIGITS_MAX => {
                self.keep(&[byte]);
            }
            (b' ', [.., b'0'..=b'9']) => self.keep(b" "),
            (b'<', [number @ .., b' ']) => {
                let value = |count, digit: &u8| count * 10 + usize::from(digit - b'0');
                let count = number.iter().fold(0, value);
                self.len = 0;
                self.state = State::Counted(count);
                return 0;
            }
            _ => {
                self.state = State::Line;
                return 0;
            }
        }
        1
    }

    /// Takes bytes of a line up to its line feed, and returns how many.
    fn push_line(&mut self, rest: &[u8], message: &mut dyn FnMut(&[u8])) -> usize {
        let line_feed = rest.iter().position(|&byte| byte == b'\n');
        let mut more = &rest[..line_feed.unwrap_or(rest.len())];
        while !more.is_empty() {
            let taken = more.len().min(KEPT_BYTES - self.len);
            self.keep(&more[..taken]);
            more = &more[taken..];
            // Nearer to the end a border is not certain yet.
            self.split(self.len.saturating_sub(BORDER_AHEAD_BYTES), message);
            if self.len == KEPT_BYTES {
                self.is_cut |= !more.is_empty();
                more = &[];
            }
        }
        let Some(line_feed) = line_feed else {
            return rest.len();
        };
        self.end_message(message);
        self.has_delimiters = true;
        // The line feed itself is between messages.
        line_feed
    }

    /// Hands out every entry that ends because another begins before `end`.
    fn split(&mut self, end: usize, message: &mut dyn FnMut(&[u8])) {
        if self.has_delimiters || self.lacks_delimiter == Some(false) {
            return;
        }
        let mut begin = 0;
        while let Some(border) = find_border(&self.kept[..self.len], begin, self.searched, end) {
            let entry = &self.kept[begin..border];
            let lacks = &mut self.lacks_delimiter;
            if !*lacks.get_or_insert_with(|| is_without_delimiter(entry)) {
                break;
            }
            message(entry);
            begin = border;
            self.searched = border;
            self.lacks_delimiter = None;
        }
        self.kept.copy_within(begin..self.len, 0);
        self.len -= begin;
        self.searched = end.max(begin) - begin;
    }

    /// Keeps bytes as far as there is room.
    fn keep(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(KEPT_BYTES - self.len);
        self.kept[self.len..self.len + kept].copy_from_slice(&bytes[..kept]);
        self.len += kept;
    }

    /// Hands the message out and begins the next one.
    fn end_message(&mut self, message: &mut dyn FnMut(&[u8])) {
        if self.state == State::Line {
            // All is there now, so the borders near the end are certain.
            self.split(self.len, message);
        }
        let whole = &self.kept[..self.len];
        let whole = match whole.strip_suffix(b"\r") {
            Some(without) if self.state == State::Line && !self.is_cut => without,
            _ => whole,
        };
        if !whole.is_empty() {
            message(whole);
        }
        self.state = State::Start;
        self.len = 0;
        self.searched = 0;
        self.is_cut = false;
        self.lacks_delimiter = None;
    }
}

/// Returns whether RouterOS writes such an entry without a delimiter.
fn is_without_delimiter(entry: &[u8]) -> bool {
    let line = parse(entry);
    match line.format {
        Format::RouterOs => true,
        Format::Bsd => line.priority.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds pieces, then ends the connection.
    fn lines<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut framing = Framing::new();
        let mut lines = Vec::new();
        let mut take = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
        for piece in pieces {
            framing.push(piece, &mut take);
        }
        framing.end(&mut take);
        lines
    }

    const UP: &str = "interface,info ether1 link up";
    const DOWN: &str = "<30>Nov  8 17:06:34 MikroTik ether1 link down";
    const CEF: &str = "Oct  2 17:36:35 R CEF:0|MikroTik|b|7|1|dhcp,info|Low|dvc=::1 msg=a";

    /// Streams, and the messages in them.
    fn streams() -> Vec<(String, Vec<String>)> {
        let long = "x".repeat(MESSAGE_BYTES_MAX + 1);
        let fits = format!("<13>{}", "y".repeat(MESSAGE_BYTES_MAX - 4));
        let glued = format!("{UP}{UP}{DOWN}{DOWN}{UP}");
        [
            (
                "6 <13>a\n8 <13>\nb c9 <13>12345".into(),
                vec!["<13>a\n", "<13>\nb c", "<13>12345"],
            ),
            // A carriage return belongs to the end of a line, not to a count or a cut.
            (
                format!(
                    "6 <13>a\r12 <13>12345678\n\0\r5 <13>b{}\rmore\n",
                    &long[1..]
                ),
                vec![
                    "<13>a\r",
                    "<13>12345678",
                    "<13>b",
                    &format!("{}\r", &long[1..]),
                ],
            ),
            (
                "<13>a\n<14>b\r\n\n\r\n7 c\n2025-x\nend".into(),
                vec!["<13>a", "<14>b", "7 c", "2025-x", "end"],
            ),
            (
                format!("{CEF}\r\n{CEF}{UP}\r\n{CEF}\r\n"),
                vec![CEF, &format!("{CEF}{UP}"), CEF],
            ),
            (glued, vec![UP, UP, DOWN, DOWN, UP]),
            (
                format!("{UP}{UP}\nplain{UP}\n{UP}{UP}"),
                vec![UP, UP, &format!("plain{UP}"), &format!("{UP}{UP}")],
            ),
            (
                format!("{long}more\n{fits}\r\n5000 <{long}"),
                vec![&long, &fits, &format!("<{}", &long[1..])],
            ),
            (
                "123456 <x\n12 x\n0 <13>a\n99999".into(),
                vec!["123456 <x", "12 x", "0 <13>a", "99999"],
            ),
            (String::new(), vec![]),
        ]
        .map(|(stream, lines)| (stream, lines.into_iter().map(str::to_owned).collect()))
        .into()
    }

    /// Each way of framing gives its messages, and what is there at the end is one.
    #[test]
    fn whole_streams() {
        for (stream, expected) in streams() {
            assert_eq!(lines([stream.as_bytes()]), expected, "{stream:.99}");
        }
    }

    /// However the bytes are split over reads, the messages are the same.
    #[test]
    fn every_split() {
        for (stream, expected) in streams() {
            let bytes = stream.as_bytes();
            for at in 0..=bytes.len().min(600) {
                let (left, right) = bytes.split_at(at);
                assert_eq!(lines([left, right]), expected, "at {at} of {stream:.99}");
            }
            for size in [1, 2, 3, 7, 64, 1_000] {
                assert_eq!(lines(bytes.chunks(size)), expected, "{size}: {stream:.99}");
            }
        }
    }

    /// Random pieces of all kinds in random chunks give what they give at once, and no
    /// message is longer than is kept.
    #[test]
    fn hostile_streams() {
        // Knuth's generator (MMIX), so that each run is the same.
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let long = "z,".repeat(3_000);
        let pieces = [
            UP, DOWN, CEF, "\n", "\r\n", "9 ", "<", "<13>", "12345 <", ",info ", "dhcp", &long,
        ];
        for _ in 0..300 {
            let stream: String = (0..random(40))
                .map(|_| pieces[random(pieces.len())])
                .collect();
            let expected = lines([stream.as_bytes()]);
            assert!(expected.iter().all(|line| line.len() <= KEPT_BYTES));
            let mut rest = stream.as_bytes();
            let mut chunks = Vec::new();
            while !rest.is_empty() {
                let (chunk, after) = rest.split_at(1 + random(rest.len().min(300)));
                chunks.push(chunk);
                rest = after;
            }
            assert_eq!(lines(chunks), expected, "{stream}");
        }
    }

    /// A pause completes an entry of RouterOS only, and takes longer where line feeds
    /// were seen.
    #[test]
    fn pauses() {
        for (before, line, millis) in [
            ("", UP, Some(PAUSE_MILLIS)),
            ("", DOWN, Some(PAUSE_MILLIS)),
            ("x\n", DOWN, Some(PAUSE_AFTER_LF_MILLIS)),
            ("", CEF, None),
            ("", "plain", None),
            ("", "<13>1 2025-11-22T21:24:35Z h a - - - x", None),
            ("", "20 <13>x", None),
            ("", "99 <30>Nov  8 17:06:34 MikroTik ether1 link down", None),
            ("", "20", None),
            ("x\n", "", None),
        ] {
            let mut framing = Framing::new();
            let mut count = 0;
            framing.push(before.as_bytes(), &mut |_| {});
            framing.push(line.as_bytes(), &mut |_| count += 1);
            assert_eq!(framing.pause_millis(), millis, "{line}");
            assert_eq!(count, 0);
            framing.handle_pause(&mut |entry| {
                count += 1;
                assert_eq!(entry, line.as_bytes());
            });
            assert_eq!(count, i32::from(millis.is_some()));
            framing.end(&mut |_| count += 1);
            assert_eq!(count, i32::from(!line.is_empty()), "{line}");
        }
    }
}
