//! Mail: a message of RFC 5322 with one text of RFC 2045, for a submission server.
//!
//! The text and, unless it is plain ASCII, the subject are base64. So every server
//! takes them, no line is too long or begins with a dot, and nothing that a log line
//! holds can end a field or the mail.

use alloc::vec::Vec;
use core::fmt::Write;

use super::{Facts, FixedStr, Message, no_judgement};
use crate::bytes::{MIME_LINE_BYTES, base64_len, find};
use crate::delivery::compose::message::LINE_BREAK;
use crate::delivery::compose::template::Template;
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, Unit};
use crate::delivery::pacing::{Pacing, Rate};
use crate::limits::{
    BODY_BYTES_MAX, MAIL_ADDRESS_BYTES_MAX, MAIL_RECIPIENTS_MAX, MAIL_SUBJECT_BYTES_MAX,
    NOTICE_BYTES_MAX,
};
use crate::text::floor_char_boundary;
use crate::time::{MONTHS, Wall};

/// Most bytes of a mail's text before it is encoded.
const TEXT_BYTES_MAX: usize = 16 * 1_024;
/// Most characters of a subject's text that sets no limit of its own, and their bytes.
const SUBJECT_CHARS: usize = 100;
const SUBJECT_TEXT_BYTES: usize = 4 * SUBJECT_CHARS;
/// Longest subject that is written as it is: a line has at most 998 bytes (RFC 5322,
/// section 2.1.1).
const PLAIN_SUBJECT_BYTES_MAX: usize = 240;
/// Bytes of text in an encoded word, of which there are at most 75 with its frame
/// (RFC 2047, section 2).
const WORD_BYTES: usize = 45;
/// Bytes of a mail's other fields, and of one encoded word's frame with the cut before
/// a character.
const FIELDS_BYTES: usize = 640;
const WORD_FRAME_BYTES: usize = 20;

const _: () = {
    let addresses = (MAIL_RECIPIENTS_MAX + 2) * (MAIL_ADDRESS_BYTES_MAX + 4);
    let words = MAIL_SUBJECT_BYTES_MAX.div_ceil(WORD_BYTES - 3);
    let subject = words * (base64_len(WORD_BYTES, 0) + WORD_FRAME_BYTES);
    let text = base64_len(TEXT_BYTES_MAX, MIME_LINE_BYTES);
    assert!(addresses + subject + FIELDS_BYTES + text <= BODY_BYTES_MAX);
    assert!(MIME_LINE_BYTES.is_multiple_of(3));
    // The longest notification is whole, the line ends of its mask included.
    assert!(2 * NOTICE_BYTES_MAX <= TEXT_BYTES_MAX);
};

pub(super) const FACTS: Facts = Facts {
    name: "Mail",
    // Providers count mails by the day, Gmail 500 (<https://support.google.com/mail/answer/22839>).
    // Five at once, then one a minute with all that has come meanwhile.
    pacing: Pacing::new(
        Rate {
            burst: 5,
            interval_millis: 60_000,
        },
        Rate::UNLIMITED,
    ),
    reads_success: false,
    judge: no_judgement,
};

/// A sender's account, and who gets its mails.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// The domain by which the client calls itself, if it has one.
    pub name: Option<&'a str>,
    /// User and password, if the server wants them.
    pub login: Option<(&'a str, &'a str)>,
    /// The sender's address.
    pub from: &'a str,
    /// The addresses of those who get it.
    pub to: Vec<&'a str>,
    /// The subject, of the first notification.
    pub subject: Template<'a>,
}

impl Mail<'_> {
    pub(super) fn write(&self, message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
        let style = Style {
            markup: Markup::None,
            encoding: Encoding::Mail,
            unit: Unit::Scalars,
        };
        let quota = Size {
            units: usize::MAX,
            bytes: TEXT_BYTES_MAX,
        };
        let count = message.count_that_fits(style, quota, LINE_BREAK);
        self.write_fields(message, out);
        self.write_subject(message, count, out);
        out.push(
            "Auto-Submitted: auto-generated\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n",
        );
        let start = out.len();
        message.with_count(count).write_within(style, quota, out);
        out.push("\r\n");
        out.encode_base64(start, MIME_LINE_BYTES);
        count
    }

    /// Writes who sends it to whom, when, and under which id. A repetition has the same
    /// (RFC 5322, section 3.6.4).
    fn write_fields(&self, message: &Message<'_>, out: &mut FixedStr<'_>) {
        for part in ["From: alertik <", self.from, ">"] {
            out.push(part);
        }
        let mut before = "\r\nTo: ";
        for to in &self.to {
            out.push(before);
            out.push(to);
            before = ",\r\n ";
        }
        let (id, wall) = (message.id, message.composed_wall);
        let (_, domain) = self.from.rsplit_once('@').unwrap_or_default();
        // Writing into a fixed text never fails.
        let _ = write!(
            out,
            "\r\nMessage-ID: <{:08x}{:08x}.{:x}@{domain}>\r\n",
            id.start, id.number, wall.unix_secs
        );
        // Without a date, the server writes the time at which it gets the mail
        // (RFC 6409, section 8.2).
        if Wall::is_set(wall.unix_secs) {
            write_date(wall, out);
        }
    }

    /// Writes the subject: the first line of its template for the first notification,
    /// and how many more there are.
    fn write_subject(&self, message: &Message<'_>, count: usize, out: &mut FixedStr<'_>) {
        let mut bytes = [0; MAIL_SUBJECT_BYTES_MAX];
        let mut subject = FixedStr::new(&mut bytes);
        let first = message.with_count(count.min(1));
        let template = &self.subject;
        template.expand(&first, SUBJECT_TEXT_BYTES, SUBJECT_CHARS, &mut subject);
        let mut rest = subject.as_str().split('\n').next().unwrap_or_default();
        out.push("Subject:");
        if is_plain(rest) {
            out.push(" ");
            out.push(rest);
            rest = "";
        }
        let mut before = " =?UTF-8?B?";
        while !rest.is_empty() {
            let (word, after) = rest.split_at(floor_char_boundary(rest.as_bytes(), WORD_BYTES));
            out.push(before);
            out.push_base64(word);
            out.push("?=");
            before = "\r\n =?UTF-8?B?";
            rest = after;
        }
        if count > 1 {
            let _ = write!(out, " (+{})", count - 1);
        }
        out.push("\r\n");
    }
}

/// Returns whether a subject means what it says without being encoded.
fn is_plain(text: &str) -> bool {
    text.len() <= PLAIN_SUBJECT_BYTES_MAX
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && find(text.as_bytes(), b"=?").is_none()
}

/// Writes a date (RFC 5322, section 3.3): `Date: Sun, 22 Nov 2026 10:41:07 +0100`.
fn write_date(at: Wall, out: &mut FixedStr<'_>) {
    let (year, month, day, ..) = at.civil();
    let days = (at.unix_secs + i64::from(at.offset_secs)).div_euclid(86_400);
    // 1970 began on a Thursday.
    let weekday = (days + 4).rem_euclid(7) as usize;
    let three = |names: &'static str, index: usize| names.get(3 * index..3 * index + 3);
    let weekday = three("SunMonTueWedThuFriSat", weekday).unwrap_or_default();
    let month = three(MONTHS, usize::from(month) - 1).unwrap_or_default();
    let sign = if at.offset_secs < 0 { '-' } else { '+' };
    let minutes = at.offset_secs.unsigned_abs() / 60;
    let _ = write!(
        out,
        "Date: {weekday}, {day} {month} {year} {} {sign}{:02}{:02}\r\n",
        at.time_of_day(),
        minutes / 60,
        minutes % 60
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn date(unix_secs: i64, offset_secs: i32) -> String {
        let mut bytes = [0; 64];
        let mut out = FixedStr::new(&mut bytes);
        write_date(
            Wall {
                unix_secs,
                offset_secs,
            },
            &mut out,
        );
        out.as_str().to_string()
    }

    /// Dates have the local time and its distance from UTC, on both sides of it.
    #[test]
    fn dates() {
        for (unix_secs, offset_secs, expected) in [
            (1_795_340_467, 3_600, "Sun, 22 Nov 2026 10:41:07 +0100"),
            (1_795_305_600, -12_600, "Sat, 21 Nov 2026 20:30:00 -0330"),
            (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
        ] {
            let expected = ["Date: ", expected, "\r\n"].concat();
            assert_eq!(date(unix_secs, offset_secs), expected);
        }
    }

    /// What looks like an encoded word, has other letters or is long is encoded.
    #[test]
    fn plain_subjects() {
        assert!(is_plain("[office] ether1 is down (link) = ?"));
        for text in ["é", "a\rb", "\t", "=?UTF-8?Q?x?=", &"x".repeat(241)] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
