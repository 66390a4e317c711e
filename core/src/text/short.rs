//! The beginning of a text, kept in place of the text.

use core::fmt;

use super::{LOG_BEGIN, LOG_END, REPLACEMENT, Text, floor_char_boundary};

/// A copy of at most `N` bytes of a text, cut at a character border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortText<const N: usize> {
    /// Zero from `length` on.
    bytes: [u8; N],
    length: u16,
}

impl<const N: usize> ShortText<N> {
    /// The empty text.
    pub const EMPTY: Self = Self {
        bytes: [0; N],
        length: 0,
    };

    /// Copies the beginning of a text.
    #[must_use]
    pub fn beginning_of(text: Text<'_>) -> Self {
        let mut short = Self::EMPTY;
        let bytes = text.as_bytes();
        let end = floor_char_boundary(bytes, N.min(u16::MAX.into()));
        short.bytes[..end].copy_from_slice(&bytes[..end]);
        short.length = end as u16;
        short
    }

    /// Copies the beginning of a value of alertik's or the user's own.
    #[must_use]
    pub fn of_display(value: &dyn fmt::Display) -> Self {
        let mut short = Self::EMPTY;
        // Writing fails once there is no more room.
        let _ = fmt::write(&mut short, format_args!("{value}"));
        short
    }

    /// Copies the beginning of bytes from a log line as a marked part, each invalid
    /// sequence as U+FFFD.
    #[must_use]
    pub fn of_log(bytes: &[u8]) -> Self {
        let mut short = Self::EMPTY;
        if bytes.is_empty() {
            return short;
        }
        short.push(LOG_BEGIN);
        for chunk in bytes.utf8_chunks() {
            let invalid = if chunk.invalid().is_empty() {
                ""
            } else {
                REPLACEMENT
            };
            if !short.push_str(chunk.valid(), 1) || !short.push_str(invalid, 1) {
                break;
            }
        }
        short.push(LOG_END);
        short
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
            *place = byte;
            self.length += 1;
        }
    }

    /// Appends as much of a text as leaves so many bytes free, and returns whether that
    /// was all.
    fn push_str(&mut self, text: &str, free: usize) -> bool {
        let start = usize::from(self.length);
        let room = (N - start).saturating_sub(free);
        let end = text.floor_char_boundary(room);
        self.bytes[start..start + end].copy_from_slice(&text.as_bytes()[..end]);
        self.length += end as u16;
        end == text.len()
    }

    /// Returns the copy.
    #[must_use]
    pub fn as_text(&self) -> Text<'_> {
        Text::from_stored(&self.bytes[..usize::from(self.length)])
    }
}

impl<const N: usize> fmt::Write for ShortText<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.push_str(text, 0) {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Origin, TextBuffer};

    /// A short text is kept whole with its origins, a long one up to a border.
    #[test]
    fn kept_and_cut() {
        let mut text = TextBuffer::new();
        text.push_mask("a");
        text.push_log("bé".as_bytes());
        let whole = ShortText::<6>::beginning_of(text.as_text());
        assert_eq!(whole.as_text(), text.as_text());
        let cut = ShortText::<4>::beginning_of(text.as_text());
        let parts: Vec<_> = cut.as_text().parts().collect();
        assert_eq!(parts, [(Origin::Mask, "a"), (Origin::Log, "b")]);
    }

    /// Bytes of a log are marked, made valid, and cut before a character that has no room.
    #[test]
    fn logs_and_values() {
        let mut text = TextBuffer::new();
        for (bytes, shown) in [
            (&b"ab"[..], "ab"),
            (b"a\xFFb", "a\u{FFFD}b"),
            (b"a\xFF\xFEb", "a\u{FFFD}"),
            ("abcdeé".as_bytes(), "abcde"),
            (b"", ""),
        ] {
            let short = ShortText::<8>::of_log(bytes);
            text.clear();
            text.push_log(shown.as_bytes());
            assert_eq!(short.as_text(), text.as_text(), "{shown}");
        }
        let short = ShortText::<4>::of_display(&"abcé");
        assert_eq!(short.as_text().as_bytes(), b"abc");
    }
}
