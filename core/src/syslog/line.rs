//! A line taken apart.
//!
//! # What is ambiguous
//!
//! Formats overlap, and strangers write parts of many lines. Where two readings are
//! possible, the one counts that a stranger can abuse least and that takes least
//! for granted: a part that is not certain is not there, and stays in the text.
//!
//! * `ntp change time Sep/29/2026 22:31:49 => …`: a word without a comma is no
//!   topic, for texts begin with their subject. See [`Topics`] for the exceptions.
//! * `dhcp,info mikrotik1: intern assigned 10.0.0.50 to …`: the prefix of a logging
//!   rule looks like `wlan1: 00:80:48:6B:CE:EC attempts to connect`, so it stays in
//!   the text and is no identity.
//! * `<30>Nov  8 17:06:34 OVA MikroTik: user jotne logged in`: an identity is one
//!   word, because nothing marks its end. Of `My Tik` only `My` is seen, and the
//!   topics after it are not.
//! * `<30>Nov  8 17:06:34 sshd[42]: Failed password`: a word that ends with a colon
//!   is a program's name, and the line has no identity.
//! * `system,info log rule added by … (… topics=system,info)`: topics count at the
//!   beginning only.
//! * `login failed for user x CEF:0|…`: an identity with blanks in front of CEF must
//!   be in the entry, too.
//! * `16:49:36 …`: a log file's time counts only in front of topics.

use crate::bytes::find;
use crate::syslog::cef::{self, Cef};
use crate::syslog::cisco::Cisco;
use crate::syslog::priority::split_priority;
use crate::syslog::rfc5424::Rfc5424;
use crate::syslog::scan::split_word;
use crate::syslog::severity::Severity;
use crate::syslog::time::{split_log_file_time, split_time};
use crate::syslog::topics::Topics;
use crate::syslog::trim_line_end;

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// BSD syslog (RFC 3164): a time and mostly an identity, perhaps topics.
    Bsd,
    /// ArcSight's Common Event Format.
    Cef,
    /// Cisco's variant of BSD syslog.
    Cisco,
    /// `date=… devname=…`, as firewalls of Fortinet have it.
    KeyValue,
    /// RouterOS' disk file or `/log/print`: a time and topics.
    LogFile,
    /// No header and no topics.
    Plain,
    /// RFC 5424.
    Rfc5424,
    /// RouterOS' own: topics and text.
    RouterOs,
}

impl Format {
    /// Returns the format's name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bsd => "BSD syslog",
            Self::Cef => "CEF",
            Self::Cisco => "Cisco",
            Self::KeyValue => "key=value",
            Self::LogFile => "log file",
            Self::Plain => "plain text",
            Self::Rfc5424 => "RFC 5424",
            Self::RouterOs => "RouterOS",
        }
    }
}

/// The parts of a line. Each is a piece of the datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The form.
    pub format: Format,
    /// Facility times eight plus severity, at most 191.
    pub priority: Option<u8>,
    /// The time as the sender wrote it, mostly without a year and a zone.
    pub time: Option<&'a [u8]>,
    /// The sender's name for itself.
    pub identity: Option<&'a [u8]>,
    /// The topics; empty if the line does not say.
    pub topics: Topics<'a>,
    /// The message without all of that. In CEF, `=` and `\` have a `\` in front, see
    /// [`Line::text_bytes`].
    pub text: &'a [u8],
}

impl Line<'_> {
    /// Returns the severity: the topics' gravest, for RouterOS sends critical
    /// entries with the priority of errors; without topics the priority's.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let from_priority = self.priority.map(Severity::from_priority);
        self.topics.severity().or(from_priority)
    }

    /// Returns the text's bytes, without the escapes of CEF.
    pub fn text_bytes(&self) -> impl Iterator<Item = u8> {
        cef::unescape(self.text, self.format == Format::Cef)
    }

    /// Takes topics off the beginning of the text.
    fn take_topics(&mut self) {
        if let Some((topics, text)) = Topics::split(self.text) {
            (self.topics, self.text) = (topics, text);
        }
    }
}

/// Takes a datagram or a line apart. Any bytes have an answer, which without a header
/// is the whole as text.
#[must_use]
pub fn parse(datagram: &[u8]) -> Line<'_> {
    parse_with_header(datagram).0
}

/// Takes a line apart, as [`parse`] does, and returns the header of RFC 5424 if it has
/// one.
pub(super) fn parse_with_header(datagram: &[u8]) -> (Line<'_>, Option<Rfc5424<'_>>) {
    let (priority, text) = split_priority(trim_line_end(datagram));
    let mut line = Line {
        format: Format::Plain,
        priority,
        time: None,
        identity: None,
        topics: Topics::default(),
        text,
    };
    let mut header = None;
    if !take_header(&mut line, &mut header)
        && let Some((topics, text)) = Topics::split(text).or_else(|| Topics::split_single(text))
    {
        line.format = Format::RouterOs;
        (line.topics, line.text) = (topics, text);
    }
    (line, header)
}

/// Takes off whatever stands in front of topics and text. Returns whether there was
/// anything; if not, the line is as it was.
fn take_header<'a>(line: &mut Line<'a>, rfc5424: &mut Option<Rfc5424<'a>>) -> bool {
    let text = line.text;
    if line.priority.is_some()
        && let Some(header) = Rfc5424::parse(text)
    {
        *rfc5424 = Some(header);
        line.format = Format::Rfc5424;
        (line.time, line.identity, line.text) = (header.time, header.host, header.message);
        match header.topics() {
            Some(topics) => line.topics = topics,
            None => line.take_topics(),
        }
    } else if let Some(header) = Cisco::parse(text) {
        line.format = Format::Cisco;
        (line.time, line.identity, line.text) = (header.time, header.host, header.message);
    } else if let Some((time, rest)) = split_time(text) {
        line.time = Some(time);
        if !take_cef(line, rest) {
            take_bsd(line, rest);
        }
    } else if let Some((time, rest)) = split_log_file_time(text)
        && let Some((topics, rest)) = Topics::split(rest)
    {
        line.format = Format::LogFile;
        (line.time, line.topics, line.text) = (Some(time), topics, rest);
    } else if text.starts_with(b"date=") {
        line.format = Format::KeyValue;
        line.identity = device_name(text);
    } else {
        return text.starts_with(b"CEF:0|") && take_cef(line, text);
    }
    true
}

/// Takes what follows the time of a CEF entry, and returns whether it is one.
fn take_cef<'a>(line: &mut Line<'a>, rest: &'a [u8]) -> bool {
    let Some(cef) = Cef::parse_after_time(rest) else {
        return false;
    };
    let identity = cef.identity();
    // Not an entry but a text that holds one, see above.
    if identity.is_none() && !cef.before.is_empty() {
        return false;
    }
    line.format = Format::Cef;
    line.identity = identity;
    // Other vendors put a name for people where RouterOS has its topics.
    if cef.vendor == b"MikroTik" {
        line.topics = Topics::of(cef.topics);
    }
    line.text = cef.message.unwrap_or(cef.topics);
    true
}

/// Takes what follows the time of BSD syslog.
fn take_bsd<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.format = Format::Bsd;
    line.text = rest;
    line.take_topics();
    if line.topics.is_empty()
        && let Some((identity, text)) = split_word(rest)
        && !identity.is_empty()
        && !identity.ends_with(b":")
    {
        (line.identity, line.text) = (Some(identity), text);
        line.take_topics();
    }
}

/// Returns the name in `devname=name` or `devname="name"`.
fn device_name(text: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b" devname=";
    let value = &text[find(text, KEY)? + KEY.len()..];
    let (value, end) = match value.strip_prefix(b"\"") {
        Some(quoted) => (quoted, b'"'),
        None => (value, b' '),
    };
    let name = value.split(|&byte| byte == end).next()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where two readings are possible, the careful one counts; the lines are those
    /// of the module's documentation.
    #[test]
    fn careful_readings() {
        for (line, identity, topics, text) in [
            ("ntp change time a => b", "", "", "ntp change time a => b"),
            ("dhcp,info tik1: x", "", "dhcp,info", "tik1: x"),
            (
                "<30>Nov  8 17:06:34 OVA MikroTik: x",
                "OVA",
                "",
                "MikroTik: x",
            ),
            (
                "<30>Nov  8 17:06:34 My Tik dhcp,info x",
                "My",
                "",
                "Tik dhcp,info x",
            ),
            ("<30>Nov  8 17:06:34 sshd[42]: x", "", "", "sshd[42]: x"),
            ("<30>Nov  8 17:06:34 dhcp,info x", "", "dhcp,info", "x"),
            (
                "<30>Nov  8 17:06:34 R failed for x CEF:0|MikroTik|a|b|c|container|Low|msg=y",
                "R",
                "",
                "failed for x CEF:0|MikroTik|a|b|c|container|Low|msg=y",
            ),
            (
                "CEF:0|MikroTik|b|7|1|dhcp,info|Low|msg=x",
                "",
                "dhcp,info",
                "x",
            ),
            ("16:49:36 up", "", "", "16:49:36 up"),
            ("16:49:36 dhcp,info x", "", "dhcp,info", "x"),
            ("<0010>: user x", "", "", "<0010>: user x"),
        ] {
            let parsed = parse(line.as_bytes());
            assert_eq!(
                parsed.identity.unwrap_or_default(),
                identity.as_bytes(),
                "{line}"
            );
            assert_eq!(parsed.topics.as_bytes(), topics.as_bytes(), "{line}");
            assert_eq!(parsed.text, text.as_bytes(), "{line}");
        }
    }

    /// Topics know what a priority does not; without topics it decides.
    #[test]
    fn severities() {
        for (line, severity) in [
            (
                "<27>Nov  8 17:06:34 R system,error,critical x",
                Some(Severity::Critical),
            ),
            ("<27>Nov  8 17:06:34 R x", Some(Severity::Error)),
            ("<13>x", Some(Severity::Notice)),
            ("bridge,stp x", None),
            ("x", None),
        ] {
            assert_eq!(parse(line.as_bytes()).severity(), severity, "{line}");
        }
    }

    /// Escapes go from the text of CEF and from no other.
    #[test]
    fn escapes() {
        let cef = br"Oct  2 17:36:35 R CEF:0|MikroTik|b|7|1|dhcp,info|Low|dvc=::1 msg=a\=b\\c\";
        let text: Vec<u8> = parse(cef).text_bytes().collect();
        assert_eq!(text, br"a=b\c\");
        let text: Vec<u8> = parse(br"dhcp,info a\=b").text_bytes().collect();
        assert_eq!(text, br"a\=b");
    }

    /// Every piece of a line of every format is parsed, and gives pieces of itself.
    #[test]
    fn pieces_of_lines() {
        for line in [
            "<30>Oct  2 17:36:35 R CEF:0|a|b|c|d|container|f|dvchost=R msg=x a=b\r\n",
            "<30>1 2025-11-22T21:24:35.265Z host app 1 - [a b=\"]\"] system,info x\n",
            "<189>29: sw1: *Mar  1 18:46:11.123 UTC: %SYS-5-X: y",
            "<189>date=2025-11-22 time=10:11:12 devname=\"F\" x",
            "Oct/02/2026 16:49:36 system,info x",
        ] {
            for start in 0..=line.len() {
                for end in start..=line.len() {
                    let parsed = parse(&line.as_bytes()[start..end]);
                    assert!(parsed.text.len() <= end - start);
                }
            }
        }
    }
}
