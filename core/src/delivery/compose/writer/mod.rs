//! Writes notification text for a service: neutralised, encoded, measured, cut.
//!
//! Two layers lie between a character and the bytes of a request. *Markup* is
//! the meaning that the service gives to the text; log parts are neutralised for
//! it, the user's mask is not. *Encoding* is the way of any text into the
//! request; it applies to both.

use crate::bytes::hex_digit;
use crate::bytes::json::{JSON_ESCAPE_BYTES_MAX, json_escape};
use crate::delivery::compose::fixed_str::FixedStr;
use crate::syslog::{OWN_NOTICE, OWN_OUTPUT_PREFIX};
use crate::text::{Origin, Text};

/// The markup that a service interprets, and that log parts must not contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Markup {
    /// Nothing: plain text.
    None,
    /// Slack's mrkdwn: `<`, `>` and `&` make links and mentions, and are
    /// escaped as entities (Slack, "Escaping text").
    Slack,
    /// Discord's Markdown, escaped by a backslash; mentions too, since the
    /// request's `allowed_mentions` stops the ping but not the look of one.
    Discord,
    /// The same, where the request cannot say that nobody should be pinged: a
    /// zero-width space after `@` keeps the word from being a mention.
    DiscordAsSlack,
    /// The Markdown subset of an Adaptive Card's `TextBlock`.
    Teams,
    /// Telegram's `parse_mode=HTML` (Bot API, "HTML style").
    Html,
    /// Telegram's legacy `parse_mode=Markdown` (Bot API, "Markdown style").
    TelegramMarkdown,
    /// A terminal: control characters become `\xNN`, C1 ones included.
    Terminal,
}

/// How text is encoded inside a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Raw,
    /// Inside a JSON string (RFC 8259, section 7).
    Json,
    /// Inside a JSON string that is one line: a control character becomes a space.
    JsonLine,
    /// Inside a URL's path segment or query value, or a form: every byte that
    /// is not unreserved is percent-encoded (RFC 3986, section 2.3).
    Url,
    /// Inside a header's value: a control character becomes a space, so no text
    /// can end the line (RFC 9110, section 5.5).
    Header,
    /// Inside a mail's text, whose lines end with CR and LF.
    Mail,
}

/// The unit in which a service limits a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Unit {
    /// Unicode scalar values of the text.
    Scalars,
    /// UTF-16 code units of the text.
    Utf16,
}

/// How one service takes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct Style {
    /// Markup the service interprets.
    pub(in crate::delivery) markup: Markup,
    /// Encoding inside the request.
    pub(in crate::delivery) encoding: Encoding,
    /// Unit of the service's limits.
    pub(in crate::delivery) unit: Unit,
}

/// An amount of text, in the service's unit and in bytes as encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::delivery) struct Size {
    /// In the unit of the [`Style`].
    pub(in crate::delivery) units: usize,
    /// In bytes of the request.
    pub(in crate::delivery) bytes: usize,
}

impl Size {
    /// More than any text takes.
    pub(in crate::delivery) const UNLIMITED: Self = Self {
        units: usize::MAX,
        bytes: usize::MAX,
    };

    /// Returns whether `self` fits into `quota`.
    #[must_use]
    pub(in crate::delivery) const fn fits(self, quota: Self) -> bool {
        self.units <= quota.units && self.bytes <= quota.bytes
    }

    /// Returns the sum.
    #[must_use]
    pub(in crate::delivery) const fn plus(self, other: Self) -> Self {
        Self {
            units: self.units.saturating_add(other.units),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

/// Shown where a text was cut.
const CUT_MARK: char = '…';

/// Most characters one character becomes: `&quot;` has six.
type Chars = heapless::Vec<char, 6>;

/// Most bytes one character becomes: four bytes, each as `%XX`.
const ENCODED_MAX: usize = 12;

/// Writes text in one style, as far as a quota allows.
///
/// Without an output it only measures.
#[derive(Debug)]
pub(in crate::delivery) struct TextWriter<'o, 'b> {
    out: Option<&'o mut FixedStr<'b>>,
    style: Style,
    quota: Size,
    used: Size,
    cut: bool,
}

impl<'o, 'b> TextWriter<'o, 'b> {
    /// Returns a writer of text that is known to fit.
    pub(in crate::delivery) const fn new(out: &'o mut FixedStr<'b>, style: Style) -> Self {
        Self {
            out: Some(out),
            style,
            quota: Size::UNLIMITED,
            used: Size { units: 0, bytes: 0 },
            cut: false,
        }
    }

    /// Returns a writer that cuts at a quota and marks the cut, the mark
    /// included in the quota.
    pub(in crate::delivery) fn cutting(
        out: &'o mut FixedStr<'b>,
        style: Style,
        quota: Size,
    ) -> Self {
        let mark = size_of(style, CUT_MARK);
        let mut writer = Self::new(out, style);
        writer.quota = Size {
            units: quota.units.saturating_sub(mark.units),
            bytes: quota.bytes.saturating_sub(mark.bytes),
        };
        writer
    }

    /// Returns a writer of text of a known size: it cuts at a quota if the size
    /// exceeds that.
    pub(in crate::delivery) fn within(
        out: &'o mut FixedStr<'b>,
        style: Style,
        size: Size,
        quota: Size,
    ) -> Self {
        if size.fits(quota) {
            Self::new(out, style)
        } else {
            Self::cutting(out, style, quota)
        }
    }

    /// Returns a writer that only measures.
    #[must_use]
    pub(in crate::delivery) const fn measuring(style: Style) -> Self {
        Self {
            out: None,
            style,
            quota: Size::UNLIMITED,
            used: Size { units: 0, bytes: 0 },
            cut: false,
        }
    }

    /// Returns how much was written or measured.
    #[must_use]
    pub(in crate::delivery) const fn used(&self) -> Size {
        self.used
    }

    /// Writes a text with its marked parts.
    pub(in crate::delivery) fn write_text(&mut self, text: Text<'_>) {
        for (origin, part) in text.parts() {
            self.write_part(origin, part);
        }
    }

    /// Writes a part of the text that is cut at a number of units of its own.
    pub(in crate::delivery) fn write_limited(
        &mut self,
        units: usize,
        write: &dyn Fn(&mut TextWriter<'_, '_>),
    ) {
        let mut measure = TextWriter::measuring(self.style);
        write(&mut measure);
        let whole = self.quota.units;
        let end = self.used.units.saturating_add(units);
        if self.cut || measure.used.units <= units || end > whole {
            return write(self);
        }
        // The mark is one unit.
        self.quota.units = end.saturating_sub(1);
        write(self);
        self.quota.units = whole;
        self.cut = false;
    }

    /// Writes one part.
    pub(in crate::delivery) fn write_part(&mut self, origin: Origin, part: &str) {
        for c in part.chars() {
            if self.cut {
                return;
            }
            let mut chars = Chars::new();
            match origin {
                Origin::Log => neutralise(self.style.markup, c, &mut chars),
                Origin::Mask => {
                    let _ = chars.push(c);
                }
            }
            self.write_chars(&chars);
        }
    }

    /// Writes what one character became, as a whole, or cuts before it.
    fn write_chars(&mut self, chars: &Chars) {
        let mut size = Size::default();
        for &c in chars {
            size = size.plus(size_of(self.style, c));
        }
        let used = self.used.plus(size);
        if used.fits(self.quota) {
            self.used = used;
            for &c in chars {
                self.put(c);
            }
        } else {
            self.cut = true;
            self.used = self.used.plus(size_of(self.style, CUT_MARK));
            self.put(CUT_MARK);
        }
    }

    fn put(&mut self, c: char) {
        if let Some(out) = &mut self.out {
            let mut buffer = [0; ENCODED_MAX];
            out.push(encode(self.style.encoding, c, &mut buffer));
            if begins_line(self.style, c) {
                out.push(OWN_OUTPUT_PREFIX);
                out.push(OWN_NOTICE);
            }
        }
    }
}

/// Alertik's own words, numbers included, count as the mask's.
impl core::fmt::Write for TextWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.write_part(Origin::Mask, text);
        Ok(())
    }
}

/// Returns whether `c` begins another line on a terminal. Only the mask can; and
/// each line of our output must be known for ours, should a router log it and
/// send it back.
fn begins_line(style: Style, c: char) -> bool {
    style.markup == Markup::Terminal && c == '\n'
}

fn size_of(style: Style, c: char) -> Size {
    let mut buffer = [0; ENCODED_MAX];
    let prefix = if begins_line(style, c) {
        OWN_OUTPUT_PREFIX.len() + OWN_NOTICE.len()
    } else {
        0
    };
    Size {
        units: match style.unit {
            Unit::Scalars => 1,
            Unit::Utf16 => c.len_utf16(),
        },
        bytes: encode(style.encoding, c, &mut buffer).len() + prefix,
    }
}

/// Takes the meaning out of a character of a log line.
fn neutralise(markup: Markup, c: char, chars: &mut Chars) {
    // A line break would begin what looks like another notification; the others
    // hide text or change its order. A terminal shows control characters.
    if is_invisible(c) || (c.is_control() && markup != Markup::Terminal) {
        let _ = chars.push(match c {
            '\n' | '\r' | '\t' => ' ',
            _ => '\u{FFFD}',
        });
        return;
    }
    let backslash_before = match markup {
        Markup::None => "",
        Markup::Slack | Markup::Html => {
            let entity = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                _ => "",
            };
            if !entity.is_empty() {
                chars.extend(entity.chars());
                return;
            }
            ""
        }
        Markup::Discord | Markup::DiscordAsSlack => "\\*_~`|<>[]#@",
        Markup::Teams => "\\*_[]()`#",
        Markup::TelegramMarkdown => "_*`[",
        Markup::Terminal => {
            if c.is_control() {
                // A control character is below U+00A0: two digits suffice.
                let code = c as u32 as u8;
                for c in [b'\\', b'x', hex_digit(code >> 4), hex_digit(code)].map(char::from) {
                    let _ = chars.push(c);
                }
                return;
            }
            ""
        }
    };
    if backslash_before.contains(c) {
        let _ = chars.push('\\');
    }
    let _ = chars.push(c);
    if markup == Markup::DiscordAsSlack && c == '@' {
        let _ = chars.push('\u{200B}');
    }
}

/// Returns whether a character shows nothing, or turns the text around it: the
/// zero-width and bidirectional ones, line and paragraph separator, the
/// byte-order mark, and tags (Unicode 15, sections 23.2, 23.3 and 23.9).
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// Returns a character as it is written in a request.
fn encode(encoding: Encoding, c: char, buffer: &mut [u8; ENCODED_MAX]) -> &str {
    let encoding = match encoding {
        Encoding::JsonLine if c.is_control() => Encoding::Header,
        Encoding::JsonLine => Encoding::Json,
        _ => encoding,
    };
    if encoding == Encoding::Json {
        let mut escape = [0; JSON_ESCAPE_BYTES_MAX];
        if let Some(escape) = json_escape(c, &mut escape) {
            let len = fill(buffer, escape.as_bytes());
            return core::str::from_utf8(&buffer[..len]).unwrap_or_default();
        }
    }
    let len = match (encoding, c) {
        (Encoding::Header, _) if c.is_control() => fill(buffer, b" "),
        (Encoding::Mail, '\n') => fill(buffer, b"\r\n"),
        (Encoding::Mail, '\r') => 0,
        (Encoding::Url, _) if !(c.is_ascii_alphanumeric() || "-._~".contains(c)) => {
            let mut utf8 = [0; 4];
            let mut len = 0;
            for &byte in c.encode_utf8(&mut utf8).as_bytes() {
                buffer[len] = b'%';
                buffer[len + 1] = hex_digit(byte >> 4).to_ascii_uppercase();
                buffer[len + 2] = hex_digit(byte).to_ascii_uppercase();
                len += 3;
            }
            len
        }
        _ => c.encode_utf8(&mut buffer[..]).len(),
    };
    core::str::from_utf8(&buffer[..len]).unwrap_or_default()
}

fn fill(buffer: &mut [u8; ENCODED_MAX], bytes: &[u8]) -> usize {
    buffer[..bytes.len()].copy_from_slice(bytes);
    bytes.len()
}

#[cfg(test)]
mod tests;
