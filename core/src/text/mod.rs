//! Notification text that records which of its parts came from the log.
//!
//! Some characters have a meaning for a service: `<` in Slack, `[` in Teams, a
//! control byte on a terminal. The user's mask may use them; a stranger's log line
//! must not. So a mask is expanded into text in which each part taken from the log
//! is enclosed by two marker bytes. The markers, 0xFF and 0xFE, never occur in
//! UTF-8, and log bytes are made valid UTF-8 on the way in, so nothing that
//! arrives over the network can forge one.

mod short;

use core::fmt;

use heapless::Vec;

use crate::limits::{LABEL_BYTES_MAX, NOTICE_BYTES_MAX};
pub use short::ShortText;

/// A name or a list of topics.
pub type Label = ShortText<LABEL_BYTES_MAX>;

/// Marks the beginning of a part that came from the log.
const LOG_BEGIN: u8 = 0xFF;
/// Marks the end of a part that came from the log.
const LOG_END: u8 = 0xFE;
/// Replaces each maximal invalid sequence of a log line.
const REPLACEMENT: &str = "\u{FFFD}";
/// Marks a text that was cut at [`NOTICE_BYTES_MAX`].
const CUT_MARK: &str = "…";

/// The source of a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's mask, or alertik itself.
    Mask,
    /// A log line: hostile until escaped.
    Log,
}

/// A borrowed notification text: valid UTF-8 with marked parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    bytes: &'a [u8],
}

impl<'a> Text<'a> {
    /// Restores a text from bytes that [`Text::as_bytes`] returned.
    #[must_use]
    pub const fn from_stored(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Returns the marked bytes, for storage.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the parts in order, each with its origin. Empty parts are skipped.
    pub fn parts(self) -> Parts<'a> {
        Parts {
            rest: self.bytes,
            origin: Origin::Mask,
        }
    }
}

/// Returns the last border of a character of [`Text::as_bytes`] at or before
/// `index`. A text that is cut there is still one.
#[must_use]
pub(crate) fn floor_char_boundary(bytes: &[u8], index: usize) -> usize {
    let mut end = bytes.len().min(index);
    // A cut within a character moves before it: bytes 10xxxxxx continue one.
    while end < bytes.len() && end > 0 && bytes[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    end
}

/// Iterator over the parts of a [`Text`].
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    rest: &'a [u8],
    origin: Origin,
}

impl<'a> Iterator for Parts<'a> {
    type Item = (Origin, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = self
                .rest
                .iter()
                .position(|&b| b >= LOG_END)
                .unwrap_or(self.rest.len());
            let (part, rest) = self.rest.split_at(end);
            let origin = self.origin;
            if let Some((&marker, rest)) = rest.split_first() {
                self.origin = if marker == LOG_BEGIN {
                    Origin::Log
                } else {
                    Origin::Mask
                };
                self.rest = rest;
            } else {
                self.rest = rest;
            }
            // Only `TextBuffer` creates texts, so the parts are UTF-8. A part that
            // was damaged in storage is skipped rather than causing a panic.
            match core::str::from_utf8(part) {
                Ok(part) if !part.is_empty() => return Some((origin, part)),
                _ => {}
            }
        }
        None
    }
}

/// The one buffer a notification is written into.
///
/// Writing never fails. A text that does not fit is cut at a character boundary,
/// the cut is marked with `…`, and [`TextBuffer::is_cut`] returns true. Room for
/// that mark, a closing marker and the tail ([`TextBuffer::push_tail`]) is
/// reserved, so a cut text is still well formed and still says when the line
/// arrived.
#[derive(Debug, Default)]
pub struct TextBuffer {
    bytes: Vec<u8, NOTICE_BYTES_MAX>,
    cut: bool,
}

/// Bytes reserved for the tail that alertik adds after the mask: the time, and the
/// count of a repeated notification.
pub(crate) const TAIL_BYTES_MAX: usize = 96;

/// Bytes reserved for [`CUT_MARK`], one closing marker and the tail.
const RESERVED: usize = CUT_MARK.len() + 1 + TAIL_BYTES_MAX;

impl TextBuffer {
    /// Returns an empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            cut: false,
        }
    }

    /// Empties the buffer.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.cut = false;
    }

    /// Returns the text written so far.
    #[must_use]
    pub fn as_text(&self) -> Text<'_> {
        Text { bytes: &self.bytes }
    }

    /// Returns whether anything did not fit.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Appends text from the mask or from alertik itself.
    pub fn push_mask(&mut self, text: &str) {
        self.push_str(text);
    }

    /// Appends bytes from a log line as a marked part. Each maximal invalid
    /// sequence becomes U+FFFD (Unicode 15, section 3.9, "maximal subpart").
    pub fn push_log(&mut self, bytes: &[u8]) {
        if self.cut || bytes.is_empty() {
            return;
        }
        // A part needs room for its opening marker and at least one byte.
        if self.room() < 2 {
            self.mark_cut();
            return;
        }
        let _ = self.bytes.push(LOG_BEGIN);
        for chunk in bytes.utf8_chunks() {
            self.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.push_str(REPLACEMENT);
            }
        }
        // There is room even after a cut: the reserve includes this marker.
        let _ = self.bytes.push(LOG_END);
    }

    /// Appends a value of alertik's own, such as an address.
    pub fn push_display(&mut self, value: &dyn fmt::Display) {
        // Writing to this buffer cannot fail.
        let _ = fmt::write(self, format_args!("{value}"));
    }

    /// Appends the parts of another text.
    pub fn push_text(&mut self, text: Text<'_>) {
        for (origin, part) in text.parts() {
            match origin {
                Origin::Mask => self.push_mask(part),
                Origin::Log => self.push_log(part.as_bytes()),
            }
        }
    }

    /// Appends the tail that alertik adds at the end, at most 96 bytes. Room for it
    /// is reserved, so that even a cut text gets its time.
    pub fn push_tail(&mut self, tail: fmt::Arguments<'_>) {
        // Formatting into a `Tail` cuts at the capacity and cannot fail.
        let _ = fmt::write(
            &mut Tail {
                bytes: &mut self.bytes,
            },
            tail,
        );
    }

    /// Returns how many bytes can be appended before the text is cut.
    pub(crate) fn room(&self) -> usize {
        (NOTICE_BYTES_MAX - RESERVED).saturating_sub(self.bytes.len())
    }

    fn push_str(&mut self, text: &str) {
        if self.cut {
            return;
        }
        let fitting = text.floor_char_boundary(self.room());
        let _ = self.bytes.extend_from_slice(&text.as_bytes()[..fitting]);
        if fitting < text.len() {
            self.mark_cut();
        }
    }

    fn mark_cut(&mut self) {
        self.cut = true;
        let _ = self.bytes.extend_from_slice(CUT_MARK.as_bytes());
    }
}

/// Writes mask text, up to the very end of the buffer.
struct Tail<'a> {
    bytes: &'a mut Vec<u8, NOTICE_BYTES_MAX>,
}

impl fmt::Write for Tail<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = NOTICE_BYTES_MAX - self.bytes.len();
        let fitting = text.floor_char_boundary(room);
        let _ = self.bytes.extend_from_slice(&text.as_bytes()[..fitting]);
        Ok(())
    }
}

/// Formatting writes mask text: numbers and times that alertik adds.
impl fmt::Write for TextBuffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_mask(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec as StdVec;

    /// Log bytes are returned as marked, valid UTF-8, and cannot forge a marker.
    #[test]
    fn log_parts_are_marked_and_valid() {
        let mut text = TextBuffer::new();
        text.push_mask("a ");
        text.push_log(b"<\xFF\xFE\xC3>");
        text.push_mask(" b");
        let parts: StdVec<_> = text.as_text().parts().collect();
        assert_eq!(
            parts,
            [
                (Origin::Mask, "a "),
                (Origin::Log, "<\u{FFFD}\u{FFFD}\u{FFFD}>"),
                (Origin::Mask, " b")
            ]
        );
    }

    /// Text of either origin is cut at a character boundary if it does not fit.
    #[test]
    fn overlong_text_is_cut_and_marked() {
        for log in [false, true] {
            let mut text = TextBuffer::new();
            let long = "é".repeat(NOTICE_BYTES_MAX);
            if log {
                text.push_log(long.as_bytes())
            } else {
                text.push_mask(&long)
            }
            text.push_mask("lost");
            text.push_log(b"lost");
            assert!(text.is_cut());
            let parts: StdVec<_> = text.as_text().parts().collect();
            assert_eq!(parts.len(), 1);
            assert!(parts[0].1.ends_with("é…"));
            text.push_tail(format_args!(", at: {}", 7));
            assert!(
                text.as_text()
                    .parts()
                    .last()
                    .unwrap()
                    .1
                    .ends_with(", at: 7")
            );
            assert!(text.as_text().as_bytes().len() <= NOTICE_BYTES_MAX);
        }
    }

    /// A log part that does not fit at all still leaves the cut mark: nothing is
    /// lost silently. Tries every fill level around the limit.
    #[test]
    fn a_part_without_room_is_marked() {
        for before in NOTICE_BYTES_MAX - RESERVED - 4..=NOTICE_BYTES_MAX - RESERVED {
            let mut text = TextBuffer::new();
            text.push_mask(&"x".repeat(before));
            text.push_log(b"lost");
            text.push_tail(format_args!("{}", "t".repeat(TAIL_BYTES_MAX)));
            assert!(text.is_cut());
            let shown: String = text.as_text().parts().map(|(_, part)| part).collect();
            let tail = shown.trim_start_matches(['x', 'l', 'o', 's']);
            assert_eq!(tail, format!("…{}", "t".repeat(TAIL_BYTES_MAX)), "{before}");
        }
    }
}
