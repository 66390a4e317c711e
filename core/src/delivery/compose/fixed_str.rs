//! The fixed buffer a request's body, URL or header value is written into.

use core::fmt;

use crate::bytes::encode_base64;

/// UTF-8 text in a borrowed buffer.
///
/// Writing beyond its end writes nothing of that piece and is remembered, see
/// [`FixedStr::is_overfull`]; the payload writers measure before they write, so it
/// only happens where a user's template is too long.
#[derive(Debug)]
pub struct FixedStr<'a> {
    bytes: &'a mut [u8],
    len: usize,
    overfull: bool,
}

impl<'a> FixedStr<'a> {
    /// Returns an empty text in the given buffer.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self {
            bytes,
            len: 0,
            overfull: false,
        }
    }

    /// Returns what was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only whole strings are ever copied in, so this cannot fail.
        self.bytes
            .get(..self.len)
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// Returns the length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns how many more bytes fit.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.bytes.len() - self.len
    }

    /// Returns whether something did not fit.
    #[must_use]
    pub const fn is_overfull(&self) -> bool {
        self.overfull
    }

    /// Empties the buffer.
    pub const fn clear(&mut self) {
        self.len = 0;
        self.overfull = false;
    }

    /// Appends text.
    pub fn push(&mut self, text: &str) {
        let end = self.len + text.len();
        match self.bytes.get_mut(self.len..end) {
            Some(slot) if !self.overfull => {
                slot.copy_from_slice(text.as_bytes());
                self.len = end;
            }
            _ => self.overfull = true,
        }
    }

    /// Appends text as base64 (RFC 4648, section 4).
    pub fn push_base64(&mut self, text: &str) {
        let start = self.len;
        self.push(text);
        self.encode_base64(start, 0);
    }

    /// Replaces what was written from the offset `start` on by its base64, in lines of
    /// `line` bytes each, or as one piece if that is 0.
    pub(in crate::delivery) fn encode_base64(&mut self, start: usize, line: usize) {
        let len = self.len - start;
        match encode_base64(&mut self.bytes[start..], len, line) {
            Some(len) if !self.overfull => self.len = start + len,
            _ => {
                self.len = start;
                self.overfull = true;
            }
        }
    }
}

impl fmt::Write for FixedStr<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        if self.overfull {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What does not fit is left out as a whole, and so is all that follows.
    #[test]
    fn overfull_is_remembered() {
        let mut bytes = [0; 5];
        let mut body = FixedStr::new(&mut bytes);
        assert!(body.is_empty());
        body.push("abc");
        assert!(!body.is_empty());
        assert_eq!(body.room(), 2);
        body.push("éé");
        body.push("d");
        assert!(body.is_overfull());
        assert_eq!(body.as_str(), "abc");
        body.clear();
        body.push("ok");
        assert_eq!((body.as_str(), body.is_overfull()), ("ok", false));
    }

    /// Base64 goes where its text was, or nowhere.
    #[test]
    fn base64() {
        let mut bytes = [0; 8];
        let mut body = FixedStr::new(&mut bytes);
        body.push("a ");
        body.push_base64("foo");
        assert_eq!(body.as_str(), "a Zm9v");
        body.push_base64("f");
        assert_eq!((body.as_str(), body.is_overfull()), ("a Zm9v", true));
        // Of a text that did not fit as a whole, its beginning is not a part.
        body.clear();
        body.push("a b");
        body.push("too long");
        body.encode_base64("a ".len(), 0);
        assert_eq!((body.as_str(), body.is_overfull()), ("a ", true));
    }
}
