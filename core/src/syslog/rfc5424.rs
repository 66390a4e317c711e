//! RFC 5424, which log relays and most other devices write.
//!
//! ```text
//! <PRI>1 TIME HOST APP PROCID MSGID STRUCTURED-DATA MESSAGE
//! ```

use crate::syslog::scan::split_word;
use crate::syslog::topics::Topics;

/// The parts of a header that matter here, and the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rfc5424<'a> {
    pub(super) time: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
    pub(super) app: Option<&'a [u8]>,
    /// The process and the kind of message; empty if there is none.
    pub(super) process: &'a [u8],
    pub(super) id: &'a [u8],
    /// The structured data and all that follows; empty if there is none.
    pub(super) data: &'a [u8],
    pub(super) message: &'a [u8],
}

impl<'a> Rfc5424<'a> {
    /// Parses what follows the priority.
    ///
    /// The time must look like one or be `-`: `1 link down` is not a header.
    pub(super) fn parse(after_priority: &'a [u8]) -> Option<Self> {
        let (version, rest) = split_word(after_priority)?;
        let (time, rest) = split_word(rest)?;
        let has_time = time == b"-" || time.len() >= 20 && time[4] == b'-' && time[10] == b'T';
        if version != b"1" || !has_time {
            return None;
        }
        let (host, rest) = split_word(rest)?;
        let (app, rest) = split_word(rest)?;
        let (process, rest) = split_word(rest)?;
        let (id, data) = split_word(rest)?;
        let rest = skip_data(data)?;
        let message = rest.strip_prefix(b" ").unwrap_or(rest);
        Some(Self {
            time: value(time),
            host: value(host),
            app: value(app),
            process: value(process).unwrap_or_default(),
            id: value(id).unwrap_or_default(),
            data: if data.starts_with(b"-") { &[] } else { data },
            message: message.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(message),
        })
    }

    /// Returns the topics, if the name of the application is a list of them. Relays
    /// that took a line of RouterOS for BSD syslog write it so.
    pub(super) fn topics(&self) -> Option<Topics<'a>> {
        Topics::split(self.app?).map(|(topics, _)| topics)
    }
}

/// Returns a field's value; `-` stands for none.
fn value(field: &[u8]) -> Option<&[u8]> {
    (field != b"-").then_some(field)
}

/// Skips `-` or any number of `[id name="value" …]`.
fn skip_data(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return (rest.is_empty() || rest[0] == b' ').then_some(rest);
    }
    let mut rest = text;
    while rest.first() == Some(&b'[') {
        let (mut quoted, mut escaped) = (false, false);
        let end = rest.iter().position(|&byte| {
            let is_quote = byte == b'"' && !escaped;
            quoted ^= is_quote;
            escaped = quoted && byte == b'\\' && !escaped;
            byte == b']' && !quoted
        })?;
        rest = &rest[end + 1..];
    }
    let is_whole = rest.len() < text.len() && (rest.is_empty() || rest[0] == b' ');
    is_whole.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Option<&str> {
        Rfc5424::parse(text.as_bytes()).map(|line| core::str::from_utf8(line.message).unwrap())
    }

    /// The message follows the structured data, whatever is in that.
    #[test]
    fn messages() {
        let head = "1 2025-11-22T21:24:35.265Z host app 1 -";
        for (rest, expected) in [
            ("- x y", Some("x y")),
            ("-", Some("")),
            (r#"[a@1 b="]"][c d="\"]"] x"#, Some("x")),
            ("[a]", Some("")),
            ("[a", None),
            (r#"[a b="] x"#, None),
            ("x", None),
            (" x", None),
            ("[a]x", None),
            ("-x", None),
            ("- \u{FEFF}x", Some("x")),
        ] {
            assert_eq!(message(&format!("{head} {rest}")), expected, "{rest}");
        }
    }

    /// Each missing field is none, and a header without its fields is no header.
    #[test]
    fn fields() {
        let line = Rfc5424::parse(b"1 - - - - - - x").unwrap();
        assert_eq!((line.time, line.host, line.app), (None, None, None));
        let line = Rfc5424::parse(b"1 2025-11-22T21:24:35Z h a - - - x").unwrap();
        assert_eq!((line.host, line.app), (Some(&b"h"[..]), Some(&b"a"[..])));
        for text in [
            "1 link down on port 2 - x",
            "2 - - - - - - x",
            "1 - - - - -",
            "1",
        ] {
            assert_eq!(message(text), None, "{text}");
        }
    }
}
