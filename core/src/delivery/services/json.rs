//! The body that most services take: one text inside a JSON object.

use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::{LINE_BREAK, Message};
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, Unit};

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
    let style = Style {
        markup,
        encoding: Encoding::Json,
        unit: limit.unit,
    };
    out.push(frame[0]);
    let bytes = out.room().saturating_sub(frame[1].len());
    let quota = |units| Size { units, bytes };
    let count = message.count_that_fits(style, quota(limit.merge), LINE_BREAK);
    message
        .with_count(count)
        .write_within(style, quota(limit.cut), out);
    out.push(frame[1]);
    count
}
