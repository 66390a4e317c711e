//! A line taken apart.
//!
//! # What cannot be told apart
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

impl<'a> Line<'a> {
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

    const fn bare(format: Format, text: &'a [u8]) -> Self {
        Self {
            format,
            priority: None,
            time: None,
            identity: None,
            topics: Topics::of(&[]),
            text,
        }
    }

    /// Splits topics off the beginning of the text.
    fn with_topics_split(self) -> Self {
        match Topics::split(self.text) {
            Some((topics, text)) => Self {
                topics,
                text,
                ..self
            },
            None => self,
        }
    }
}

/// Takes a datagram or a line apart. Any bytes have an answer, which without a header
/// is the whole as text.
#[must_use]
pub fn parse(datagram: &[u8]) -> Line<'_> {
    let line = trim_line_end(datagram);
    let (priority, rest) = split_priority(line);
    let line =
        parse_with_header(rest, priority.is_some()).unwrap_or_else(|| {
            match Topics::split(rest).or_else(|| Topics::split_single(rest)) {
                Some((topics, text)) => Line {
                    topics,
                    ..Line::bare(Format::RouterOs, text)
                },
                None => Line::bare(Format::Plain, rest),
            }
        });
    Line { priority, ..line }
}

/// Parses each format that has more than topics in front of its text.
fn parse_with_header(rest: &[u8], has_priority: bool) -> Option<Line<'_>> {
    if has_priority && let Some(line) = Rfc5424::parse(rest) {
        return Some(of_rfc5424(line));
    }
    if let Some(Cisco {
        time,
        host,
        message,
    }) = Cisco::parse(rest)
    {
        return Some(Line {
            time,
            identity: host,
            ..Line::bare(Format::Cisco, message)
        });
    }
    if let Some((time, rest)) = split_time(rest) {
        let line = of_cef(rest).unwrap_or_else(|| of_bsd(rest));
        return Some(Line {
            time: Some(time),
            ..line
        });
    }
    if let Some((time, rest)) = split_log_file_time(rest) {
        let line = Line::bare(Format::LogFile, rest).with_topics_split();
        return (!line.topics.is_empty()).then_some(Line {
            time: Some(time),
            ..line
        });
    }
    if rest.starts_with(b"CEF:0|") {
        return of_cef(rest);
    }
    rest.starts_with(b"date=").then(|| of_key_value(rest))
}

fn of_rfc5424(line: Rfc5424<'_>) -> Line<'_> {
    let parsed = Line {
        time: line.time,
        identity: line.host,
        ..Line::bare(Format::Rfc5424, line.message)
    };
    match line.topics() {
        Some(topics) => Line { topics, ..parsed },
        None => parsed.with_topics_split(),
    }
}

/// Parses what follows the time of a CEF entry.
fn of_cef(rest: &[u8]) -> Option<Line<'_>> {
    let cef = Cef::parse_after_time(rest)?;
    let identity = cef.identity();
    // Not an entry but a text that holds one, see above.
    if identity.is_none() && !cef.before.is_empty() {
        return None;
    }
    // Other vendors put a name for people where RouterOS has its topics.
    let topics = if cef.vendor == b"MikroTik" {
        Topics::of(cef.topics)
    } else {
        Topics::default()
    };
    Some(Line {
        identity,
        topics,
        ..Line::bare(Format::Cef, cef.message.unwrap_or(cef.topics))
    })
}

/// Parses what follows the time of BSD syslog.
fn of_bsd(rest: &[u8]) -> Line<'_> {
    let line = Line::bare(Format::Bsd, rest).with_topics_split();
    if !line.topics.is_empty() {
        return line;
    }
    match split_word(rest) {
        Some((identity, text)) if !identity.is_empty() && !identity.ends_with(b":") => Line {
            identity: Some(identity),
            ..Line::bare(Format::Bsd, text)
        }
        .with_topics_split(),
        _ => line,
    }
}

fn of_key_value(rest: &[u8]) -> Line<'_> {
    let name = find(rest, b" devname=").map(|at| &rest[at + b" devname=".len()..]);
    let name = name.map(|name| match name.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|&byte| byte == b'"').next(),
        None => name.split(|&byte| byte == b' ').next(),
    });
    Line {
        identity: name.flatten().filter(|name| !name.is_empty()),
        ..Line::bare(Format::KeyValue, rest)
    }
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
