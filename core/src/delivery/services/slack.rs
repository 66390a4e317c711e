//! Slack: an incoming webhook (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).

use super::json::{Limit, write_text};
use super::{Facts, FixedStr, Message, Verdict};
use crate::delivery::compose::writer::{Markup, Unit};
use crate::delivery::pacing::{Pacing, Rate};
use crate::delivery::verdict::Answer;

/// Longest text, in characters; Slack cuts a longer one
/// (<https://docs.slack.dev/reference/methods/chat.postMessage>, "Truncating content").
const CHARS_MAX: usize = 40_000;

pub(super) const FACTS: Facts = Facts {
    name: "Slack",
    // "1 per second" with short bursts (<https://docs.slack.dev/apis/web-api/rate-limits>,
    // "Posting messages"); bursts are merged here instead.
    pacing: Pacing::new(Rate::every(1_000), Rate::UNLIMITED),
    reads_success: true,
    judge,
};

pub(super) fn write(message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
    write_text(
        message,
        [
            "{\"text\":\"",
            "\",\"unfurl_links\":false,\"unfurl_media\":false}",
        ],
        Markup::Slack,
        Limit::both(Unit::Scalars, CHARS_MAX),
        out,
    )
}

/// A success has the body `ok`; anything else came from somewhere else.
fn judge(answer: &Answer<'_>) -> Option<Verdict> {
    (answer.is_success() && answer.body.trim_ascii() != b"ok").then_some(Verdict::ODD)
}
