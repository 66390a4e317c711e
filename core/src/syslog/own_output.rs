//! What routers put into a datagram, as far as the daemon needs to know it.
//!
//! Rules see the datagram's text as it came, header included, because that is
//! what users wrote their patterns for. The formats matter for one question
//! only: whether a line is our own output that the router logged and sent back.

use crate::bytes::find;

/// What every line that alertik writes to standard output begins with.
///
/// A container whose output RouterOS logs (`logging=yes`) gets its own lines
/// back as messages of the topic `container`; this is how they are recognised.
pub const OWN_OUTPUT_PREFIX: &str = "alertik: ";

/// What follows the prefix in a notification that goes to standard output. A
/// line of the log has its date there.
pub const OWN_NOTICE: &str = "notice: ";

/// Returns the message without one trailing CR LF, LF or CR. `$` in a rule then
/// matches at the end of what people see (RouterOS ends CEF entries with CR LF,
/// other senders end theirs with LF).
#[must_use]
pub fn trim_line_end(datagram: &[u8]) -> &[u8] {
    let without_lf = datagram.strip_suffix(b"\n").unwrap_or(datagram);
    without_lf.strip_suffix(b"\r").unwrap_or(without_lf)
}

/// Returns whether a message is a line of alertik's own output coming back.
///
/// It is where the topics begin with `container` and the text, after at most
/// one `name: ` that RouterOS or a logging rule puts in front, begins with
/// [`OWN_OUTPUT_PREFIX`]. The formats `default`, `syslog` with and without
/// topics, and `cef` are recognised; a router identity with blanks makes the
/// `syslog` format ambiguous, and such a line is then treated as foreign.
/// Nothing that a stranger can place inside a message makes it look like ours:
/// only its beginning counts.
#[must_use]
pub fn is_own_output(message: &[u8]) -> bool {
    if let Some(fields) = cef_fields(message) {
        return fields.topics.starts_with(b"container")
            && fields.message.is_some_and(begins_with_own_prefix);
    }
    let after_priority = skip_priority(message);
    let Some(after_time) = skip_bsd_time(after_priority) else {
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
            rest.starts_with(OWN_NOTICE.as_bytes()) || matches_shape(rest, b"0000-00-00 00:00:00 ")
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

/// Returns whether `text` begins with our prefix, perhaps behind one `name: `.
fn begins_with_own_prefix(text: &[u8]) -> bool {
    let own = OWN_OUTPUT_PREFIX.as_bytes();
    text.starts_with(own)
        || split_word(text)
            .is_some_and(|(name, rest)| name.ends_with(b":") && rest.starts_with(own))
}

/// Splits at the first blank.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = text.iter().position(|&b| b == b' ')?;
    Some((&text[..blank], &text[blank + 1..]))
}

/// Skips `<PRI>` (RFC 3164, section 4.1.1): one to three digits in brackets.
fn skip_priority(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"<") else {
        return text;
    };
    let digits = rest
        .iter()
        .take(4)
        .take_while(|b| b.is_ascii_digit())
        .count();
    match (digits, rest.get(digits)) {
        (1..=3, Some(b'>')) => &rest[digits + 1..],
        _ => text,
    }
}

/// Skips `Mmm dd hh:mm:ss ` (RFC 3164, section 4.1.2) or the ISO 8601 form that
/// RouterOS writes for `syslog-time-format=iso8601`.
fn skip_bsd_time(text: &[u8]) -> Option<&[u8]> {
    let bsd = b"Aaa d0 00:00:00 ";
    let iso = b"0000-00-00T00:00:00";
    if matches_shape(text, bsd) {
        return Some(&text[bsd.len()..]);
    }
    if matches_shape(text, iso) {
        return split_word(text).map(|(_, rest)| rest);
    }
    None
}

/// Compares with a shape: `A` and `a` are letters, `0` a digit, `d` a digit or a
/// blank, everything else itself.
fn matches_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() >= shape.len()
        && shape.iter().zip(text).all(|(&want, &got)| match want {
            b'A' => got.is_ascii_uppercase(),
            b'a' => got.is_ascii_lowercase(),
            b'0' => got.is_ascii_digit(),
            b'd' => got.is_ascii_digit() || got == b' ',
            _ => want == got,
        })
}

/// The two parts of a CEF entry that matter here.
struct Cef<'a> {
    topics: &'a [u8],
    message: Option<&'a [u8]>,
}

/// Finds `CEF:0|vendor|board|version|class|topics|severity|…msg=…` behind a
/// time and an identity, as RouterOS writes it.
fn cef_fields(text: &[u8]) -> Option<Cef<'_>> {
    let after_time = skip_bsd_time(text)?;
    let start = find(after_time, b" CEF:0|")?;
    let mut fields = after_time[start + 1..].splitn(8, |&b| b == b'|');
    let topics = fields.nth(5)?;
    let extension = fields.nth(1)?;
    let message = find(extension, b"msg=").map(|at| &extension[at + 4..]);
    Some(Cef { topics, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exactly one line end goes.
    #[test]
    fn line_ends() {
        for (datagram, message) in [
            (&b"a\r\n"[..], &b"a"[..]),
            (b"a\n", b"a"),
            (b"a\r", b"a"),
            (b"a\n\n", b"a\n"),
            (b"a\n\r", b"a\n"),
            (b"\r\n", b""),
            (b"", b""),
        ] {
            assert_eq!(trim_line_end(datagram), message);
        }
    }

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
