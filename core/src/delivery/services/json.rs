//! The body that most services take: one text inside a JSON object, some with a title.

use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::{LINE_BREAK, Message};
use crate::delivery::compose::template::Template;
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, Unit};

/// Longest title, in the unit of the service that allows most of them.
pub(super) const TITLE_MAX: usize = 256;
/// Most bytes of a title's character in a body: the longest in UTF-8. It is no control
/// character, so an escape has two.
pub(super) const TITLE_CHAR_BYTES_MAX: usize = 4;

/// A text's limits in one unit: where merging stops, and where one
/// notification is cut.
pub(super) struct Limit {
    pub(super) unit: Unit,
    pub(super) merge: usize,
    pub(super) cut: usize,
}

impl Limit {
    /// Returns a limit at which merging stops and a notification is cut.
    pub(super) const fn both(unit: Unit, limit: usize) -> Self {
        Self {
            unit,
            merge: limit,
            cut: limit,
        }
    }
}

/// Writes `frame[0] text frame[1]` with the text inside a JSON string, and
/// returns how many notifications it holds.
pub(super) fn write_text(
    message: &Message<'_>,
    frame: [&str; 2],
    markup: Markup,
    limit: Limit,
    out: &mut FixedStr<'_>,
) -> usize {
    write_titled(message, None, &frame, markup, limit, out)
}

/// A title, with what stands before it and how many units it may have.
pub(super) type Title<'a> = (&'a str, &'a Template<'a>, usize);

/// Writes a title, if there is one, and then the parts of a frame, with the text inside a
/// JSON string after each but the last. Returns how many notifications it holds.
pub(super) fn write_titled(
    message: &Message<'_>,
    title: Option<Title<'_>>,
    frame: &[&str],
    markup: Markup,
    limit: Limit,
    out: &mut FixedStr<'_>,
) -> usize {
    let style = Style {
        markup,
        encoding: Encoding::Json,
        unit: limit.unit,
    };
    let title_bytes = title.map_or(0, |(start, _, units)| {
        start.len() + units * TITLE_CHAR_BYTES_MAX
    });
    let frame_bytes: usize = frame.iter().map(|part| part.len()).sum();
    let bytes = out.room().saturating_sub(title_bytes + frame_bytes);
    let bytes = bytes / (frame.len() - 1).max(1);
    let quota = |units| Size { units, bytes };
    let count = message.count_that_fits(style, quota(limit.merge), LINE_BREAK);
    let message = message.with_count(count);
    if let Some((start, title, units)) = title {
        out.push(start);
        write_title(title, &message, style, units, out);
    }
    for (index, part) in frame.iter().enumerate() {
        out.push(part);
        if index + 1 < frame.len() {
            message.write_within(style, quota(limit.cut), out);
        }
    }
    count
}

/// Writes a title of so many units, in the style of the text but on one line.
pub(super) fn write_title(
    title: &Template<'_>,
    message: &Message<'_>,
    style: Style,
    units: usize,
    out: &mut FixedStr<'_>,
) {
    let encoding = Encoding::JsonLine;
    let quota = Size {
        units,
        bytes: units * TITLE_CHAR_BYTES_MAX,
    };
    title.write_title(message, Style { encoding, ..style }, quota, out);
}
