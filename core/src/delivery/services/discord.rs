//! Discord: a webhook (<https://discord.com/developers/docs/resources/webhook>, "Execute Webhook").

use super::json::{Limit, TITLE_MAX, write_text, write_titled};
use super::{Facts, FixedStr, Message, Template, no_judgement};
use crate::delivery::compose::writer::{Markup, Unit};
use crate::delivery::pacing::{Pacing, Rate};

/// Longest content. Its unit is not documented; UTF-16 code units are the
/// strictest of the candidates.
pub(in crate::delivery) const UTF16_MAX: usize = 2_000;

const LIMIT: Limit = Limit::both(Unit::Utf16, UTF16_MAX);

pub(super) const FACTS: Facts = Facts {
    name: "Discord",
    // The headers of its answers rule (Rate Limits, "never hard-code"); this is
    // only the start, 30 a minute with a burst of two.
    pacing: Pacing::new(
        Rate {
            burst: 2,
            interval_millis: 2_000,
        },
        Rate::UNLIMITED,
    ),
    reads_success: false,
    judge: no_judgement,
};

/// No ping whatever a log line holds, and no preview of links: SUPPRESS_EMBEDS (flag 4).
/// A title needs an embed, in which links have none.
pub(super) fn write(
    title: Option<&Template<'_>>,
    message: &Message<'_>,
    out: &mut FixedStr<'_>,
) -> usize {
    // Longest title of an embed, in characters
    // (<https://discord.com/developers/docs/resources/message>, "Embed Limits").
    let title = title.map(|title| ("{\"embeds\":[{\"title\":\"", title, TITLE_MAX));
    let frame = match title {
        None => [
            "{\"content\":\"",
            "\",\"allowed_mentions\":{\"parse\":[]},\"flags\":4}",
        ],
        Some(_) => [
            "\",\"description\":\"",
            "\"}],\"allowed_mentions\":{\"parse\":[]}}",
        ],
    };
    write_titled(message, title, &frame, Markup::Discord, LIMIT, out)
}

/// Slack's form, which Discord takes at `/slack`, with Discord's Markdown.
pub(super) fn write_as_slack(message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
    let frame = ["{\"text\":\"", "\"}"];
    write_text(message, frame, Markup::DiscordAsSlack, LIMIT, out)
}
