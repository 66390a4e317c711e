//! Our own output, come back: a router that logs its containers' output sends it
//! to whoever receives its log.

use crate::syslog::cef::Cef;
use crate::syslog::priority::skip_priority;
use crate::syslog::scan::{has_shape, split_word};
use crate::syslog::time::skip_time;

/// The beginning of every line that alertik writes to standard output.
///
/// A container whose output RouterOS logs (`logging=yes`) gets its own lines
/// back as messages of the topic `container`; this is how they are recognised.
pub const OWN_OUTPUT_PREFIX: &str = "alertik: ";

/// Marks a notification on standard output; log lines have a date in this place.
pub(crate) const OWN_NOTICE: &str = "notice: ";

/// Returns whether a message is a line of alertik's own output that came back.
///
/// It is one if the topics begin with `container` and the text, after at most
/// one `name: ` that RouterOS or a logging rule puts in front, begins with
/// [`OWN_OUTPUT_PREFIX`]. The formats `default`, `syslog` with and without
/// topics, and `cef` are recognised. A router identity with blanks makes the
/// `syslog` format ambiguous, and such a line counts as foreign. Nothing that a
/// stranger can place inside a message makes it look like ours: only its
/// beginning counts.
#[must_use]
pub fn is_own_output(message: &[u8]) -> bool {
    // The first byte decides about most messages: ours begin with a priority, the
    // topic `container`, or a time of either form.
    let may_be_own = |&byte: &u8| {
        matches!(byte, b'<' | b'c') || byte.is_ascii_uppercase() || byte.is_ascii_digit()
    };
    message.first().is_some_and(may_be_own) && has_own_form(message)
}

/// Returns whether a message is a line of ours in any of the formats.
fn has_own_form(message: &[u8]) -> bool {
    if let Some(cef) = Cef::parse(message) {
        return is_container_topic(cef.topics) && cef.message.is_some_and(begins_with_own_prefix);
    }
    let after_priority = skip_priority(message);
    let Some(after_time) = skip_time(after_priority) else {
        return topics_then_own(after_priority);
    };
    // `syslog`: one word of identity, then the message, perhaps with topics.
    let Some((_, text)) = split_word(after_time) else {
        return false;
    };
    is_own_line(text) || topics_then_own(text)
}

/// Returns whether `text` is a whole line of ours. Without topics to go by, the
/// prefix alone is too weak: people type `/log info "alertik: test"`.
fn is_own_line(text: &[u8]) -> bool {
    text.strip_prefix(OWN_OUTPUT_PREFIX.as_bytes())
        .is_some_and(|rest| {
            rest.starts_with(OWN_NOTICE.as_bytes()) || has_shape(rest, b"0000-00-00 00:00:00 ")
        })
}

/// Returns whether `text` is `container,… [name: ]alertik: …`.
fn topics_then_own(text: &[u8]) -> bool {
    match split_word(text) {
        Some((topics, rest)) => is_container_topic(topics) && begins_with_own_prefix(rest),
        None => false,
    }
}

fn is_container_topic(topics: &[u8]) -> bool {
    topics
        .strip_prefix(b"container")
        .is_some_and(|rest| rest.is_empty() || rest[0] == b',')
}

/// Returns whether `text` begins with our prefix, perhaps after one `name: `.
fn begins_with_own_prefix(text: &[u8]) -> bool {
    let own = OWN_OUTPUT_PREFIX.as_bytes();
    text.starts_with(own)
        || split_word(text)
            .is_some_and(|(name, rest)| name.ends_with(b":") && rest.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every format RouterOS can wrap our output in.
    #[test]
    fn own_output_is_recognised() {
        for line in [
            "container,info,debug alertik: 2026-11-22 10:00:00 info: ready",
            "container alertik: x",
            "container,info,debug bell: alertik: x",
            "<30>container,info alertik: x",
            "<30>Nov  8 17:06:34 MikroTik alertik: 2026-11-22 10:00:00 info: ready",
            "<30>Nov  8 17:06:34 MikroTik alertik: notice: x",
            "<30>Nov 18 17:06:34 MikroTik container,info,debug alertik: x",
            "<30>2025-11-22T21:24:35.265-0500 MikroTik container,info alertik: x",
            "2025-11-22T21:24:35.265-0500 MikroTik container,info alertik: x",
            "Nov 18 17:06:34 MikroTik container,info,debug alertik: x",
            "Oct  2 17:36:35 My Tik CEF:0|MikroTik|hAP|7.25|10|container,info|Low|dvc=::1 msg=alertik: x",
        ] {
            assert!(is_own_output(line.as_bytes()), "{line}");
        }
    }

    /// Text that only contains the prefix, or another container's, is foreign.
    #[test]
    fn foreign_lines_are_kept() {
        for line in [
            "system,error,critical login failure for user alertik: x from 192.0.2.1 via ssh",
            "container,info,debug mosquitto: user said alertik: x",
            "containers,info alertik: x",
            "alertik: x",
            "<30>Nov  8 17:06:34 MikroTik alertik: hello from a script",
            "<30>Nov  8 17:06:34 MikroTik login failure for user alertik: x",
            "container,info,debug",
            "<999999>container alertik: x",
            "Oct  2 17:36:35 R CEF:0|M|hAP|7.25|10|system,info|Low|msg=alertik: x",
            "Oct  2 17:36:35 R CEF:0|M|hAP|7.25|10|containers,info|Low|msg=alertik: x",
            "",
        ] {
            assert!(!is_own_output(line.as_bytes()), "{line}");
        }
    }

    /// Every prefix of a real line, and of a hostile one, is handled.
    #[test]
    fn truncated_lines_do_not_panic() {
        let line = b"<30>Oct  2 17:36:35 My Tik CEF:0|a|b|c|d|container|f|msg=alertik: x";
        for end in 0..=line.len() {
            for start in 0..=end {
                let _ = is_own_output(&line[start..end]);
            }
        }
    }
}
