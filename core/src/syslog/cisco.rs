//! Cisco's form, in which a sequence number, a name and a time may stand in front
//! of a message that begins with a percent sign.
//!
//! ```text
//! <189>29: core-sw: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured from …
//! <166>Nov 08 2025 17:06:34: %ASA-6-302013: Built inbound TCP connection …
//! ```

use crate::syslog::scan::split_word;
use crate::syslog::time::time_length;

/// The parts of a header, and the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cisco<'a> {
    pub(super) time: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
    pub(super) message: &'a [u8],
}

impl<'a> Cisco<'a> {
    /// Parses what follows the priority. The message's percent sign and at least a
    /// number or a time in front of it make the form.
    pub(super) fn parse(after_priority: &'a [u8]) -> Option<Self> {
        let number = after_priority.iter().take_while(|b| b.is_ascii_digit());
        let number = number.count();
        let mut rest = after_priority;
        if number > 0 {
            rest = rest[number..].strip_prefix(b": ")?;
        }
        let mut host = None;
        if let Some((word, after)) = split_word(rest)
            && let Some(name) = word.strip_suffix(b":")
            && !name.starts_with(b"%")
        {
            // With the clock unset, the time since the start stands here.
            let is_name = !name.first().is_some_and(u8::is_ascii_digit);
            host = is_name.then_some(name);
            rest = after;
        }
        let (time, message) = match split_marked_time(rest) {
            Some((time, message)) => (Some(time), message),
            None => (None, rest),
        };
        let is_header = (number > 0 || time.is_some()) && message.starts_with(b"%");
        is_header.then_some(Self {
            time,
            host,
            message,
        })
    }
}

/// Splits a time that ends with a colon, perhaps after a zone. A star or a dot in
/// front of it says that the clock is not set or not synchronised.
fn split_marked_time(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let bare = text.strip_prefix(b"*").or_else(|| text.strip_prefix(b"."));
    let bare = bare.unwrap_or(text);
    let length = time_length(bare)?;
    let (time, mut rest) = bare.split_at(length);
    if let Some(zone) = rest.strip_prefix(b" ") {
        let letters = zone.iter().take_while(|byte| byte.is_ascii_uppercase());
        rest = &zone[letters.count()..];
    }
    Some((time, rest.strip_prefix(b": ")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, name, time and zone may each be there.
    #[test]
    fn headers() {
        for (text, time, host) in [
            (
                "29: *Mar  1 18:46:11: %SYS-5-X: y",
                Some("Mar  1 18:46:11"),
                None,
            ),
            (
                "29: sw1: .Mar  1 18:46:11.123 UTC: %SYS-5-X: y",
                Some("Mar  1 18:46:11.123"),
                Some("sw1"),
            ),
            ("44: 00:00:46: %SYS-5-X: y", None, None),
            ("29: %SYS-5-X: y", None, None),
            (
                "Nov 08 2025 17:06:34: %SYS-5-X: y",
                Some("Nov 08 2025 17:06:34"),
                None,
            ),
        ] {
            let line = Cisco::parse(text.as_bytes()).unwrap();
            let expected = (time.map(str::as_bytes), host.map(str::as_bytes));
            assert_eq!((line.time, line.host), expected, "{text}");
            assert_eq!(line.message, b"%SYS-5-X: y");
        }
    }

    /// Texts of other devices are not taken for one.
    #[test]
    fn other_texts() {
        for text in [
            "%SYS-5-X: y",
            "29 %x",
            "29: x",
            "sw1: %x",
            "Mar  1 18:46:11 h %x",
            "",
        ] {
            assert_eq!(Cisco::parse(text.as_bytes()), None, "{text}");
        }
    }
}
