//! Slack: an incoming webhook (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).

use super::json::{Limit, write_titled};
use super::{Facts, FixedStr, Message, Template, Verdict};
use crate::delivery::compose::writer::{Markup, Unit};
use crate::delivery::pacing::{Pacing, Rate};
use crate::delivery::verdict::Answer;

/// Longest text, in characters; Slack cuts a longer one
/// (<https://docs.slack.dev/reference/methods/chat.postMessage>, "Truncating content").
const CHARS_MAX: usize = 40_000;

/// Longest header and longest section of a message of blocks, in characters
/// (<https://docs.slack.dev/reference/block-kit/blocks/header-block>, `…/section-block`).
const HEADER_MAX: usize = 150;
const SECTION_MAX: usize = 3_000;

pub(super) const FACTS: Facts = Facts {
    name: "Slack",
    // "1 per second" with short bursts (<https://docs.slack.dev/apis/web-api/rate-limits>,
    // "Posting messages"); bursts are merged here instead.
    pacing: Pacing::new(Rate::every(1_000), Rate::UNLIMITED),
    reads_success: true,
    judge,
};

/// A title is the header of a message of blocks. Its `text` is then what a phone shows in
/// its notification.
pub(super) fn write(
    title: Option<&Template<'_>>,
    message: &Message<'_>,
    out: &mut FixedStr<'_>,
) -> usize {
    const START: &str =
        "{\"blocks\":[{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"text\":\"";
    const SECTION: &str = "\"}},{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"";
    const END: &str = "\",\"unfurl_links\":false,\"unfurl_media\":false}";
    let title = title.map(|title| (START, title, HEADER_MAX));
    let (frame, limit): (&[&str], _) = match title {
        None => (&["{\"text\":\"", END], CHARS_MAX),
        Some(_) => (&[SECTION, "\"}}],\"text\":\"", END], SECTION_MAX),
    };
    let limit = Limit::both(Unit::Scalars, limit);
    write_titled(message, title, frame, Markup::Slack, limit, out)
}

/// A success has the body `ok`; anything else came from somewhere else.
fn judge(answer: &Answer<'_>) -> Option<Verdict> {
    (answer.is_success() && answer.body.trim_ascii() != b"ok").then_some(Verdict::ODD)
}
