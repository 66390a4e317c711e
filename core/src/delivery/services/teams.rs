//! Microsoft Teams: a workflow's webhook ("Post to a channel when a webhook
//! request is received"), or an old connector, which took the same envelope
//! (<https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>).

use super::json::{TITLE_CHAR_BYTES_MAX, TITLE_MAX, write_title};
use super::{Facts, FixedStr, Message, Template, Verdict};
use crate::bytes::find;
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, TextWriter, Unit};
use crate::delivery::pacing::{Pacing, Rate};
use crate::delivery::verdict::{Answer, Doubt};
use crate::limits::BODY_BYTES_MAX;

/// Longest request, in bytes: the whole card ("28 KB").
const BYTES_MAX: usize = 28_000;

const _: () = assert!(BYTES_MAX <= BODY_BYTES_MAX);

pub(super) const FACTS: Facts = Facts {
    name: "Teams",
    // No figure is published for workflows; connectors throttled above four a
    // second.
    pacing: Pacing::new(Rate::every(1_000), Rate::UNLIMITED),
    reads_success: true,
    judge,
};

/// The Adaptive Card envelope that workflows need (Microsoft, "Post a message
/// using a webhook"). Version 1.2: Teams refuses 1.5.
const CARD: [&str; 2] = [
    "{\"type\":\"message\",\"attachments\":[{\"contentType\":\
     \"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":{\"$schema\":\
     \"http://adaptivecards.io/schemas/adaptive-card.json\",\"type\":\"AdaptiveCard\",\
     \"version\":\"1.2\",\"msteams\":{\"width\":\"full\"},\"body\":[",
    "]}}]}",
];

/// One line of a card. Each is a block of its own, since Markdown in a
/// `TextBlock` takes a single newline for a blank.
const BLOCK: [&str; 2] = ["{\"type\":\"TextBlock\",\"wrap\":true,\"text\":\"", "\"}"];

/// The same for a title, which is no more than bold.
const TITLE: [&str; 2] = [
    "{\"type\":\"TextBlock\",\"weight\":\"Bolder\",\"wrap\":true,\"text\":\"",
    "\"},",
];

pub(super) fn write(
    title: Option<&Template<'_>>,
    message: &Message<'_>,
    out: &mut FixedStr<'_>,
) -> usize {
    let style = Style {
        markup: Markup::Teams,
        encoding: Encoding::Json,
        unit: Unit::Scalars,
    };
    let block_bytes = BLOCK[0].len() + BLOCK[1].len() + ",".len();
    let title_bytes = title.map_or(0, |_| {
        TITLE[0].len() + TITLE_MAX * TITLE_CHAR_BYTES_MAX + TITLE[1].len()
    });
    let quota = Size {
        units: usize::MAX,
        bytes: BYTES_MAX - CARD[0].len() - CARD[1].len() - title_bytes,
    };
    let per_line = Size {
        units: 0,
        bytes: block_bytes,
    };
    let count = message.count_that_fits(style, quota, per_line);
    let mut left = quota.bytes;
    let message = message.with_count(count);
    out.push(CARD[0]);
    if let Some(title) = title {
        out.push(TITLE[0]);
        write_title(title, &message, style, TITLE_MAX, out);
        out.push(TITLE[1]);
    }
    for (index, line) in message.lines().enumerate() {
        left = left.saturating_sub(block_bytes);
        if index > 0 {
            out.push(",");
        }
        out.push(BLOCK[0]);
        let bytes = left;
        let mut writer = TextWriter::within(out, style, line.size(style), Size { bytes, ..quota });
        line.write(&mut writer);
        left = left.saturating_sub(writer.used().bytes);
        out.push(BLOCK[1]);
    }
    out.push(CARD[1]);
    count
}

/// Old connectors reported their errors as 200 with a sentence.
fn judge(answer: &Answer<'_>) -> Option<Verdict> {
    let contains = |words: &[u8]| find(answer.body, words).is_some();
    if answer.is_success() && contains(b"HTTP error 429") {
        return Some(Verdict::Retry(Doubt::None));
    }
    (answer.status == 200 && contains(b"error")).then_some(Verdict::ODD)
}
