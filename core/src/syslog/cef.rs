//! CEF, ArcSight's Common Event Format, as RouterOS and others write it.
//!
//! ```text
//! CEF:0|vendor|product|version|class|name|severity|key=value key=value
//! ```
//!
//! RouterOS writes its topics as the name and its message as `msg`, and puts a time
//! and its identity in front. `=` and `\` within a value have a `\` in front, so a
//! blank, a key and a bare `=` are the border of two fields whatever strangers have
//! made the router log.

use crate::bytes::find;
use crate::syslog::time::skip_time;

/// The beginning of an entry, after the identity.
const MARK: &[u8] = b"CEF:0|";

/// The parts of a CEF entry that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cef<'a> {
    /// The text before the entry: the identity, if there is one.
    pub(super) before: &'a [u8],
    /// The vendor of the device.
    pub(super) vendor: &'a [u8],
    /// RouterOS' topics, separated by commas; what others call the event.
    pub(super) topics: &'a [u8],
    /// The text of `msg`, if there is one. Its escapes are as they came.
    pub(super) message: Option<&'a [u8]>,
    /// All fields.
    extension: &'a [u8],
}

impl<'a> Cef<'a> {
    /// Finds an entry after a time and an identity.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        Self::parse_after_time(skip_time(text)?)
    }

    /// Finds an entry after an identity, or at the beginning.
    pub(super) fn parse_after_time(after_time: &'a [u8]) -> Option<Self> {
        let start = if after_time.starts_with(MARK) {
            0
        } else {
            find(after_time, b" CEF:0|")? + 1
        };
        let mut rest = &after_time[start + MARK.len()..];
        let mut header = [&rest[..0]; 6];
        for field in &mut header {
            *field = &rest[..bar(rest)?];
            rest = &rest[field.len() + 1..];
        }
        let [vendor, _, _, _, topics, _] = header;
        Some(Self {
            before: after_time[..start].trim_ascii_end(),
            vendor,
            topics,
            message: field(rest, b"msg="),
            extension: rest,
        })
    }

    /// Returns the identity in front of the entry.
    ///
    /// One with blanks counts if the entry names it too. Otherwise it may be the
    /// beginning of a message in which a stranger has written the rest.
    pub(super) fn identity(&self) -> Option<&'a [u8]> {
        if !self.before.contains(&b' ') {
            return (!self.before.is_empty()).then_some(self.before);
        }
        let named = field(self.extension, b"dvchost=")?;
        let same = unescape(named, true).eq(self.before.iter().copied());
        same.then_some(self.before)
    }
}

/// Returns a value without its escapes, or as it is if it has none.
pub(super) fn unescape(value: &[u8], has_escapes: bool) -> impl Iterator<Item = u8> {
    let mut bytes = value.iter().copied();
    core::iter::from_fn(move || match bytes.next()? {
        b'\\' if has_escapes => Some(bytes.next().unwrap_or(b'\\')),
        byte => Some(byte),
    })
}

/// Returns where the header's field ends.
fn bar(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|&byte| {
        let ends = byte == b'|' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Returns the value of a field, given with its equals sign.
fn field<'a>(extension: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut rest = extension;
    loop {
        let (this, next) = rest.split_at(border(rest));
        if let Some(value) = this.strip_prefix(key) {
            return Some(value);
        }
        rest = next.strip_prefix(b" ")?;
    }
}

/// Returns where the next field begins, with the blank in front of it, or the end.
fn border(text: &[u8]) -> usize {
    // Where a key may have begun, if all since then could be one.
    let mut start = None;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b' ' => start = Some(at),
            b'=' if start.is_some_and(|start| start + 1 < at) => return start.unwrap_or(at),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {}
            _ => start = None,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Oct  2 17:36:35 My Tik CEF:0|MikroTik|hAP|7.25|10|dhcp,info|Low|";

    fn with_fields(fields: &str) -> String {
        format!("{HEAD}{fields}")
    }

    /// Topics and text are found, bars and all; an entry that ends early, or has
    /// no time, is none.
    #[test]
    fn entries() {
        let message = |text: &str| Cef::parse(text.as_bytes()).map(|cef| cef.message.is_some());
        assert_eq!(message(&with_fields("dvc=::1 msg=a|b")), Some(true));
        assert_eq!(message(&with_fields("dvc=::1")), Some(false));
        assert_eq!(message(&HEAD[..HEAD.len() - 1]), None);
        assert_eq!(message(&HEAD[4..]), None);
        let entry = with_fields("dvc=::1 msg=a|b");
        let Cef {
            topics, message, ..
        } = Cef::parse(entry.as_bytes()).unwrap();
        assert_eq!((topics, message), (&b"dhcp,info"[..], Some(&b"a|b"[..])));
    }

    /// A text ends where the next field begins, and an escaped sign begins none.
    #[test]
    fn fields_end_at_the_next_key() {
        for (fields, message) in [
            (
                "msg=login failure via ssh app=ssh src=::1",
                "login failure via ssh",
            ),
            (
                r"dvc=::1 msg=    Router \= 192.168.88.1",
                r"    Router \= 192.168.88.1",
            ),
            (r"msg=user x msg\=y from a app=ssh", r"user x msg\=y from a"),
            ("msg=a b = c", "a b = c"),
            ("dmsg=a msg=b", "b"),
            ("msg=", ""),
        ] {
            let entry = with_fields(fields);
            let cef = Cef::parse(entry.as_bytes()).unwrap();
            assert_eq!(cef.message, Some(message.as_bytes()), "{fields}");
        }
    }

    /// A bar within a header's field has an escape.
    #[test]
    fn escaped_bars() {
        let cef = Cef::parse_after_time(br"CEF:0|a\|b|c|1|2|x\\|3|msg=y").unwrap();
        assert_eq!((cef.vendor, cef.topics), (&br"a\|b"[..], &br"x\\"[..]));
    }

    /// An identity with blanks must be confirmed by the entry itself.
    #[test]
    fn identities() {
        for (fields, identity) in [
            ("dvchost=My Tik dvc=::1 msg=x", Some("My Tik")),
            (r"dvchost=My\ Tik msg=x", Some("My Tik")),
            ("dvchost=Other msg=x", None),
            ("msg=x dvchost\\=My Tik", None),
        ] {
            let entry = with_fields(fields);
            let cef = Cef::parse(entry.as_bytes()).unwrap();
            assert_eq!(cef.identity(), identity.map(str::as_bytes), "{fields}");
        }
    }
}
