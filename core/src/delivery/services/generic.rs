//! Generic webhooks: a request that the user describes, or `{"text":"…"}`.

use alloc::vec::Vec;

use super::json::{Limit, write_text};
use super::{Facts, FixedStr, Message, no_judgement};
use crate::delivery::compose::template::Template;
use crate::delivery::compose::writer::{Markup, Unit};
use crate::delivery::pacing::{Pacing, Rate};
use crate::limits::{BODY_BYTES_MAX, HEAD_TEXT_BYTES_MAX};

/// Characters up to which notifications are merged: Google Chat's limit, the
/// smallest of the services that take `{"text":…}`
/// (<https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages>).
pub(in crate::delivery) const MERGE_MAX: usize = 4_000;

/// Longest text, in characters: Mattermost's limit
/// (<https://developers.mattermost.com/integrate/webhooks/incoming/>).
const SCALARS_MAX: usize = 16_383;

const _: () = assert!(MERGE_MAX <= SCALARS_MAX);

pub(super) const FACTS: [Facts; 4] = [
    facts("Generic1"),
    facts("Generic2"),
    facts("Generic3"),
    facts("Generic4"),
];

const fn facts(name: &'static str) -> Facts {
    Facts {
        name,
        // The user's own service: ten at once, then one a second.
        pacing: Pacing::new(
            Rate {
                burst: 10,
                interval_millis: 1_000,
            },
            Rate::UNLIMITED,
        ),
        reads_success: false,
        judge: no_judgement,
    }
}

/// A generic webhook's request.
#[derive(Clone, Debug)]
pub struct Generic<'a> {
    /// The URL, if it holds placeholders.
    pub url: Option<Template<'a>>,
    /// The method of the request.
    pub method: &'a str,
    /// The user's headers.
    pub headers: Vec<(&'a str, Template<'a>)>,
    /// The body; `{"text":"…"}` if there is none.
    pub body: Option<Template<'a>>,
    /// The media type of the body.
    pub content_type: &'a str,
}

impl<'a> Generic<'a> {
    /// A webhook that takes `{"text":"…"}`.
    pub const TEXT: Self = Self {
        url: None,
        method: "POST",
        headers: Vec::new(),
        body: None,
        content_type: "application/json",
    };

    /// Returns all templates of the request.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template<'a>> {
        let headers = self.headers.iter().map(|(_, value)| value);
        self.url.iter().chain(&self.body).chain(headers)
    }

    pub(super) fn write(&self, message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
        let Some(body) = &self.body else {
            let limit = Limit {
                unit: Unit::Scalars,
                merge: MERGE_MAX,
                cut: SCALARS_MAX,
            };
            return write_text(message, ["{\"text\":\"", "\"}"], Markup::None, limit, out);
        };
        // The literals are shorter than half the buffer: start-up saw to it.
        let room = BODY_BYTES_MAX / 2;
        let count = body.count_that_fits(message, room, MERGE_MAX);
        body.expand(&message.with_count(count), room, SCALARS_MAX, out);
        count
    }
}

/// Writes a URL or a header's value for a message.
pub(in crate::delivery) fn expand_head(
    template: &Template<'_>,
    message: &Message<'_>,
    out: &mut FixedStr<'_>,
) {
    template.expand(message, HEAD_TEXT_BYTES_MAX, SCALARS_MAX, out);
}

/// Returns how many notifications fit into a URL, if it holds their text.
pub(super) fn fitting_url(url: &Template<'_>, message: &Message<'_>) -> usize {
    url.count_that_fits(message, HEAD_TEXT_BYTES_MAX, SCALARS_MAX)
}
