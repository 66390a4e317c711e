//! A line as RFC 5424 has it, for a log store that must know who spoke.
//!
//! ```text
//! <27>1 2026-11-22T10:41:07+01:00 office system,error - - [alertik@32473 router="office"
//!     source="192.0.2.1" topics="system,error" severity="error" time="Nov 22 10:41:05"] text
//! ```
//!
//! The header is alertik's: what a sender claims of itself in the structured data of its
//! own stands in front of the text, where it cannot be taken for ours. Nothing of a line
//! is lost: what it says of its sender and its time is in the data as well.

use core::fmt::{self, Write as _};
use core::net::IpAddr;

use crate::bytes::find;
use crate::syslog::line::{Format, parse_with_header};
use crate::text::Label;
use crate::time::Wall;

/// The facility of a line that names none: 3, which is RouterOS' default. And the severity
/// of one that names none: 5, notice, as a relay of RFC 3164 has it (section 4.3.3).
const FACILITY_DEFAULT: u8 = 3 << 3;
const SEVERITY_DEFAULT: u8 = 5;

/// Most characters of each field of the header (RFC 5424, section 6).
const HOST_CHARS_MAX: usize = 255;
const APP_CHARS_MAX: usize = 48;
const PROCESS_CHARS_MAX: usize = 128;
const ID_CHARS_MAX: usize = 32;

/// Our structured data. The number is the one for documentation (RFC 5612): alertik has
/// none of its own.
const DATA_ID: &str = "[alertik@32473";

/// Where a line came from.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The router's name; its address if it has none.
    pub router: &'a Label,
    /// The address.
    pub source: IpAddr,
    /// When the line arrived.
    pub at: Wall,
}

/// Writes a datagram's line with a header and returns how many bytes that takes. A line
/// for which there is no room is cut.
pub fn write_rfc5424(datagram: &[u8], sender: &Sender<'_>, out: &mut [u8]) -> usize {
    let (line, header) = parse_with_header(datagram);
    let mut out = Out { bytes: out, len: 0 };
    let facility = line
        .priority
        .map_or(FACILITY_DEFAULT, |priority| priority & !7);
    let severity = line.severity();
    let priority = facility + severity.map_or(SEVERITY_DEFAULT, |severity| severity as u8);
    // Writing never fails: what has no room is cut.
    let _ = write!(out, "<{priority}>1 ");
    out.push_time(sender.at);
    let router = || {
        sender
            .router
            .as_text()
            .parts()
            .flat_map(|(_, part)| part.bytes())
    };
    out.push_field(router(), HOST_CHARS_MAX);
    let topics = line.topics.as_bytes();
    let (app, process, id) = header.map_or((topics, &[][..], &[][..]), |header| {
        let app = header.app.unwrap_or(topics);
        (app, header.process, header.id)
    });
    for (field, max) in [
        (app, APP_CHARS_MAX),
        (process, PROCESS_CHARS_MAX),
        (id, ID_CHARS_MAX),
    ] {
        out.push_field(field.iter().copied(), max);
    }
    out.push(b" ");
    out.push(DATA_ID.as_bytes());
    out.push(b" router=\"");
    sender
        .router
        .as_text()
        .parts()
        .for_each(|(_, part)| out.push_value(part.as_bytes()));
    let _ = write!(out, "\" source=\"{}\"", sender.source.to_canonical());
    let severity = severity.map_or("", |severity| severity.name());
    let name = sender
        .router
        .as_text()
        .parts()
        .map(|(_, part)| part.as_bytes());
    let identity = line.identity.filter(|identity| !name.eq([*identity]));
    for (name, value) in [
        (" identity=\"", identity.unwrap_or_default()),
        (" topics=\"", topics),
        (" severity=\"", severity.as_bytes()),
        (" time=\"", line.time.unwrap_or_default()),
    ] {
        if !value.is_empty() {
            out.push(name.as_bytes());
            out.push_value(value);
            out.push(b"\"");
        }
    }
    out.push(b"] ");
    out.push(match (line.format, header) {
        // Other vendors' fields matter as much as the message.
        (Format::Cef, _) => find(datagram, b"CEF:0|").map_or(line.text, |at| &datagram[at..]),
        (_, Some(header)) if !header.data.is_empty() => header.data,
        _ => line.text,
    });
    out.trim_line_end()
}

/// The datagram that is being written.
struct Out<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

impl Out<'_> {
    fn push(&mut self, bytes: &[u8]) {
        let room = &mut self.bytes[self.len..];
        let length = bytes.len().min(room.len());
        room[..length].copy_from_slice(&bytes[..length]);
        self.len += length;
    }

    /// Appends a time as RFC 3339 has it, or `-` while the clock is not set.
    fn push_time(&mut self, at: Wall) {
        if !Wall::is_set(at.unix_secs) {
            return self.push(b"-");
        }
        let (year, month, day, ..) = at.civil();
        let time = at.time_of_day();
        let _ = write!(self, "{year:04}-{month:02}-{day:02}T{time}");
        let minutes = at.offset_secs / 60;
        let sign = match minutes {
            0 => return self.push(b"Z"),
            ..0 => '-',
            _ => '+',
        };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let _ = write!(self, "{sign}{hours:02}:{rest:02}");
    }

    /// Appends a blank and a field of the header: printable ASCII without blanks.
    fn push_field(&mut self, field: impl Iterator<Item = u8>, max: usize) {
        self.push(b" ");
        let start = self.len;
        for byte in field.take(max) {
            self.push(&[if byte.is_ascii_graphic() { byte } else { b'_' }]);
        }
        if self.len == start {
            self.push(b"-");
        }
    }

    /// Appends a part of a value of the structured data, in which three characters are
    /// escaped (section 6.3.3).
    fn push_value(&mut self, value: &[u8]) {
        for chunk in value.utf8_chunks() {
            for byte in chunk.valid().bytes() {
                if matches!(byte, b'"' | b'\\' | b']') {
                    self.push(b"\\");
                }
                self.push(&[if byte.is_ascii_control() { b' ' } else { byte }]);
            }
            if !chunk.invalid().is_empty() {
                self.push("\u{FFFD}".as_bytes());
            }
        }
    }

    /// Returns the length without one line end.
    fn trim_line_end(self) -> usize {
        super::trim_line_end(&self.bytes[..self.len]).len()
    }
}

impl fmt::Write for Out<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syslog::parse;
    use core::net::Ipv4Addr;

    const AT: Wall = Wall {
        unix_secs: 1_795_344_067,
        offset_secs: -12_600,
    };

    fn relayed(router: &Label, at: Wall, line: &[u8]) -> Vec<u8> {
        let sender = Sender {
            router,
            source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)).to_canonical(),
            at,
        };
        let mut out = [0; 8_192];
        let length = write_rfc5424(line, &sender, &mut out);
        out[..length].to_vec()
    }

    fn text(line: &str) -> String {
        let router = Label::of_display(&"office");
        String::from_utf8(relayed(&router, AT, line.as_bytes())).unwrap()
    }

    /// Each format with all that it says; what it does not say is left out.
    #[test]
    fn formats() {
        let ours = r#"[alertik@32473 router="office" source="192.0.2.1""#;
        let time = "2026-11-22T07:11:07-03:30";
        for (line, header, more, message) in [
            (
                "system,error x y\r\n",
                "<27>1 T office system,error - -",
                r#" topics="system,error" severity="error""#,
                "x y",
            ),
            ("x y", "<29>1 T office - - -", "", "x y"),
            (
                "<13>x y",
                "<13>1 T office - - -",
                r#" severity="notice""#,
                "x y",
            ),
            (
                "<27>Nov  8 17:06:34 tik system,error,critical x",
                "<26>1 T office system,error,critical - -",
                r#" identity="tik" topics="system,error,critical" severity="critical" time="Nov  8 17:06:34""#,
                "x",
            ),
            (
                r"Oct  2 17:36:35 tik CEF:0|MikroTik|b|7|1|dhcp,info|Low|msg=a\=b app=x",
                "<30>1 T office dhcp,info - -",
                r#" identity="tik" topics="dhcp,info" severity="info" time="Oct  2 17:36:35""#,
                r"CEF:0|MikroTik|b|7|1|dhcp,info|Low|msg=a\=b app=x",
            ),
            (
                r#"<165>1 2025-11-22T21:24:35Z h app 1 ID [alertik@32473 router="forged"] x"#,
                "<165>1 T office app 1 ID",
                r#" identity="h" severity="notice" time="2025-11-22T21:24:35Z""#,
                r#"[alertik@32473 router="forged"] x"#,
            ),
            (
                "<165>1 - - - - - - x",
                "<165>1 T office - - -",
                r#" severity="notice""#,
                "x",
            ),
        ] {
            let header = header.replace('T', time);
            assert_eq!(text(line), format!("{header} {ours}{more}] {message}"));
        }
    }

    /// The time of arrival has the zone of the place.
    #[test]
    fn zones() {
        for (offset_secs, zone) in [(0, "Z"), (3_600, "+01:00"), (-12_600, "-03:30")] {
            let at = Wall { offset_secs, ..AT };
            let line = relayed(&Label::of_display(&"office"), at, b"x");
            let line = String::from_utf8(line).unwrap();
            let time = line.split(' ').nth(1).unwrap();
            assert_eq!(&time[19..], zone, "{line}");
        }
    }

    /// A name of any bytes ends neither the header nor the value; a clock that is not set
    /// says nothing.
    #[test]
    fn hostile_names() {
        let router = Label::of_log(b"a b\"]\\\n\xFF\xC3\xA4");
        let shown = relayed(&router, Wall::default(), b"x");
        let expected = "<29>1 - a_b\"]\\________ - - - [alertik@32473 \
                        router=\"a b\\\"\\]\\\\ \u{FFFD}ä\" source=\"192.0.2.1\"] x";
        let host: usize = shown.iter().filter(|&&byte| byte == b'_').count();
        let expected = expected.replace("________", &"_".repeat(host - 1));
        assert_eq!(String::from_utf8(shown).unwrap(), expected);
    }

    /// What is relayed is parsed again as it was meant, whatever the line; one that has no
    /// room is cut.
    #[test]
    fn round_trip() {
        let router = Label::of_display(&"office");
        for line in [
            &b"system,error x\xFF\x00y"[..],
            b"<27>Nov  8 17:06:34 tik interface,info [a b",
            b"",
            b"<1>",
            &[b'x'; 9_000],
        ] {
            let relayed = relayed(&router, AT, line);
            let (before, after) = (parse(line), parse(&relayed));
            assert_eq!(after.format, Format::Rfc5424);
            assert_eq!(after.identity, Some(&b"office"[..]));
            assert_eq!(after.topics, before.topics);
            assert!(before.text.starts_with(after.text));
            assert!(after.text == before.text || relayed.len() == 8_192);
        }
    }
}
