//! The border between two entries that nothing separates.
//!
//! Over TCP RouterOS puts no delimiter between entries of its own format or of BSD
//! syslog (the vendor's manual, "Log"): `… via winboxinterface,info ether1 link down`.

use crate::syslog::priority::split_priority;
use crate::syslog::scan::{has_shape, split_word};
use crate::syslog::severity::Severity;
use crate::syslog::time::time_length;
use crate::syslog::topics::{is_known, known_at_end};

/// Bytes that are looked at from the comma or bracket on by which a border is
/// recognised: more than the longest list of topics, and than a priority and a time.
pub(crate) const BORDER_AHEAD_BYTES: usize = 64;

/// Returns where the first entry begins that follows the one at `begin` without a
/// delimiter. Its comma or bracket is searched from `start` up to `end`.
///
/// Topics make a border if all are known, one is a severity, and neither a blank nor
/// a sign that joins words is in front of them: `… (*F = /system logging add
/// topics=info,account)` is one entry. Strangers can write a border into a text all
/// the same. CEF, which has a delimiter, is the format for TCP.
pub(crate) fn find_border(text: &[u8], begin: usize, start: usize, end: usize) -> Option<usize> {
    let candidates = text.get(start..end)?.iter().enumerate();
    candidates
        .map(|(offset, &byte)| (start + offset, byte))
        .find_map(|(at, byte)| {
            match byte {
                b',' => begins_with_topics(text, at),
                b'<' => begins_with_time(text, at),
                _ => None,
            }
            .filter(|&border| border > begin)
        })
}

/// Returns where the list of topics begins whose first comma is at `comma`.
fn begins_with_topics(text: &[u8], comma: usize) -> Option<usize> {
    let start = comma - known_at_end(&text[..comma])?;
    let joined = matches!(
        text[..start].last(),
        Some(b' ' | b'=' | b',' | b'!' | b'-' | b'"' | b'/' | b':')
    );
    let ahead = &text[comma + 1..text.len().min(comma + BORDER_AHEAD_BYTES)];
    let (list, _) = split_word(ahead)?;
    let mut topics = list.split(|&byte| byte == b',');
    let has_severity = || {
        let mut all = text[start..comma + 1 + list.len()].split(|&byte| byte == b',');
        all.any(|topic| Severity::from_topic(topic).is_some())
    };
    (!joined && topics.all(is_known) && has_severity()).then_some(start)
}

/// Returns `bracket` if a priority, a time and an identity begin there.
fn begins_with_time(text: &[u8], bracket: usize) -> Option<usize> {
    let ahead = &text[bracket..text.len().min(bracket + BORDER_AHEAD_BYTES)];
    let (Some(_), rest) = split_priority(ahead) else {
        return None;
    };
    let length = time_length(rest)?;
    has_shape(&rest[length..], b" ").then_some(bracket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn border(text: &str) -> Option<&str> {
        let at = find_border(text.as_bytes(), 0, 0, text.len())?;
        Some(&text[at..])
    }

    /// Topics and headers begin an entry, whatever is in front of them.
    #[test]
    fn borders() {
        for (before, entry) in [
            ("via winbox", "interface,info ether1 link down"),
            ("a, len 44", "firewall,info input: in:ether1"),
            ("(*2 = /ip dns)", "pppoe,ppp,info x: connected"),
            ("link down", "l2tp,ppp,info,account x logged in"),
            ("down", "<30>Nov  8 17:06:34 MikroTik x"),
            ("down", "<30>2025-11-22T21:24:35.265-0500 MikroTik x"),
        ] {
            let text = format!("system,info,account {before}{entry}");
            assert_eq!(border(&text), Some(entry), "{text}");
        }
    }

    /// A text that mentions topics or a priority stays whole.
    #[test]
    fn no_borders() {
        for text in [
            "system,info,account user admin logged in",
            "system,info log rule added by x (topics=info,!account)",
            "system,info log rule added by x (topics=system,info action=remote)",
            "system,info user system,info x",
            "system,info connection-state:established,snat proto UDP",
            "system,info aroute,ospf x",
            "system,info asystem,information x",
            "system,info a<30>b",
            "<30>Nov  8 17:06:34 MikroTik <0010>: x",
            "",
        ] {
            assert_eq!(border(text), None, "{text}");
        }
    }

    /// Only so many bytes after a comma or a bracket are looked at, so that borders are
    /// the same however the bytes of a stream come in.
    #[test]
    fn borders_are_short() {
        for (begin, repeated, end, times) in [
            ("system,info", ",debug", " x", 8),
            ("<30>2025-11-22T21:24:35.", "123456", "Z R x", 6),
        ] {
            let entry = |times| format!("{begin}{}{end}", repeated.repeat(times));
            let short = entry(times);
            assert_eq!(border(&format!("before: a{short}")), Some(&short[..]));
            assert_eq!(border(&format!("before: a{}", entry(times + 2))), None);
        }
    }

    /// The longest topic counts: `pppoe` begins an entry, not the `poe` within it.
    #[test]
    fn topics_at_the_end() {
        assert_eq!(border("upl2tp,info x"), Some("l2tp,info x"));
        assert_eq!(border("hereweb-proxy,info x"), Some("web-proxy,info x"));
    }
}
