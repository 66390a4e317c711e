//! The time that the router wrote.

use crate::syslog::scan::{has_shape, split_word};

/// Skips `Mmm dd hh:mm:ss ` (RFC 3164, section 4.1.2) or the ISO 8601 form that
/// RouterOS writes for `syslog-time-format=iso8601`, with the blank that follows.
/// `None` if the text begins with neither.
pub(super) fn skip_time(text: &[u8]) -> Option<&[u8]> {
    let bsd = b"Aaa d0 00:00:00 ";
    let iso = b"0000-00-00T00:00:00";
    if has_shape(text, bsd) {
        return Some(&text[bsd.len()..]);
    }
    if has_shape(text, iso) {
        // Fractions of a second and the zone's offset may follow.
        return split_word(text).map(|(_, rest)| rest);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms go, with all that belongs to them; other texts have no time.
    #[test]
    fn times() {
        for text in [
            "Nov  8 17:06:34 x",
            "Nov 18 17:06:34 x",
            "2025-11-22T21:24:35 x",
            "2025-11-22T21:24:35.265-0500 x",
        ] {
            assert_eq!(skip_time(text.as_bytes()), Some(&b"x"[..]), "{text}");
        }
        for text in [
            "Nov  8 17:06:34",
            "2025-11-22T21:24:35.265-0500",
            "2025-11-22 21:24:35 x",
            "nov  8 17:06:34 x",
            "",
        ] {
            assert_eq!(skip_time(text.as_bytes()), None, "{text}");
        }
    }
}
