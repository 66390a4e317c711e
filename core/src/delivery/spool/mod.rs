//! What waits at the end of a process, as bytes for the next one.
//!
//! The form is for this program only: a line that names it and its version, the
//! items, and a checksum. Bytes that are not exactly so are refused as a whole.
//!
//! ```text
//! "alertik spool 2\n"
//! 1 notifier cause count:8 since:12                                        a loss
//! 2 notifier rule:2 at:12 span:4 flags address:16 queued:8 lengths:6 name_bytes
//!   time_bytes rating text router topics more                              a notification
//! checksum:8 of all before it
//! ```
//!
//! Numbers are little-endian; a time is seconds since 1970 and the zone's offset. The
//! lengths are those of text, 2, router, topics, and more routers, 2. The rating is severity
//! and priority.
//! An age is kept as the wall-clock time at which it began: the next process has
//! another monotonic clock.

use crate::bytes::{checksum, take, take_slice};
use crate::delivery::losses::{Loss, LossCause, Losses};
use crate::delivery::outbox::{
    Names, Waiting, address_from_bytes, rating_to_byte, severity_from_byte, shows_address,
};
use crate::delivery::services::Notifier;
use crate::ids::{RuleName, Ticket};
use crate::rules::Priority;
use crate::text::Text;
use crate::time::{Instant, Wall};

const HEADER: &[u8] = b"alertik spool 2\n";
const CHECKSUM_BYTES: usize = 8;
const LOSS: u8 = 1;
const NOTICE: u8 = 2;
/// Bytes that all losses of one notifier take.
const LOSSES_BYTES: usize = LossCause::ALL.len() * 23;

/// Writes a spool.
#[derive(Debug)]
pub struct SpoolWriter<'a> {
    out: &'a mut [u8],
    len: usize,
}

/// The bytes are no spool of this version, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedSpool;

/// A spool that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Spool<'a> {
    items: &'a [u8],
}

/// Something that a spool keeps for a notifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A loss that was not reported yet.
    Loss(Loss),
    /// A notification.
    Notice(Spooled<'a>),
}

/// A notification in a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spooled<'a> {
    /// When it began to wait, in seconds since 1970.
    pub(super) queued: i64,
    /// All but when it will be too old. The rules that produced it are of another
    /// process, so it has no ticket.
    pub(super) waiting: Waiting<'a>,
}

impl<'a> SpoolWriter<'a> {
    /// Bytes of a spool without items.
    pub const EMPTY_BYTES: usize = HEADER.len() + CHECKSUM_BYTES;

    /// Returns a spool without items in `out`, whose length is the limit.
    pub fn new(out: &'a mut [u8]) -> Self {
        let mut writer = Self { out, len: 0 };
        writer.put(&[HEADER]);
        writer
    }

    /// Ends the spool, and returns its length.
    #[must_use]
    pub fn finish(mut self) -> usize {
        let sum = checksum(&self.out[..self.len]).to_le_bytes();
        self.put(&[&sum]);
        self.len
    }

    /// Adds a notification, if there is room for it and for losses.
    pub(super) fn put_notice(
        &mut self,
        notifier: Notifier,
        waiting: &Waiting<'_>,
        queued: i64,
    ) -> bool {
        let [text, router, topics] =
            [waiting.text, waiting.router, waiting.topics].map(|text| text.as_bytes());
        let more = waiting.more.as_bytes();
        let bytes = text.len() + router.len() + topics.len() + more.len();
        let room = self.out.len() - self.len;
        if room < 64 + bytes + Notifier::ALL.len() * LOSSES_BYTES + CHECKSUM_BYTES {
            return false;
        }
        let (flags, address) = waiting.flags_and_address();
        self.put(&[
            &[NOTICE, notifier as u8],
            &waiting.rule.to_bytes(),
            &waiting.at.unix_secs.to_le_bytes(),
            &waiting.at.offset_secs.to_le_bytes(),
            &waiting.span_secs.to_le_bytes(),
            &[flags],
            &address,
            &queued.to_le_bytes(),
            &(text.len() as u16).to_le_bytes(),
            &[router.len() as u8, topics.len() as u8],
            &(more.len() as u16).to_le_bytes(),
            &[
                waiting.name_bytes,
                waiting.time_bytes,
                rating_to_byte(waiting),
            ],
            text,
            router,
            topics,
            more,
        ]);
        true
    }

    /// Adds losses, for which there is room.
    pub(super) fn put_losses(&mut self, notifier: Notifier, losses: &Losses) {
        for loss in losses.iter() {
            self.put(&[
                &[LOSS, notifier as u8, loss.cause as u8],
                &loss.count.to_le_bytes(),
                &loss.since.unix_secs.to_le_bytes(),
                &loss.since.offset_secs.to_le_bytes(),
            ]);
        }
    }

    /// Appends fields. What has no room is left out, and the checksum says so.
    fn put(&mut self, fields: &[&[u8]]) {
        for field in fields {
            if let Some(slot) = self.out.get_mut(self.len..self.len + field.len()) {
                slot.copy_from_slice(field);
                self.len += field.len();
            }
        }
    }
}

impl<'a> Spool<'a> {
    /// Checks the bytes of a spool.
    ///
    /// # Errors
    ///
    /// If they are not exactly what a [`SpoolWriter`] of this version wrote.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DamagedSpool> {
        let (content, sum) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(DamagedSpool)?;
        let items = content.strip_prefix(HEADER).ok_or(DamagedSpool)?;
        if u64::from_le_bytes(*sum) != checksum(content) {
            return Err(DamagedSpool);
        }
        let mut rest = items;
        while !rest.is_empty() {
            next_item(&mut rest).ok_or(DamagedSpool)?;
        }
        Ok(Self { items })
    }

    /// Returns how many notifications the spool holds for a notifier.
    #[must_use]
    pub fn count(&self, notifier: Notifier) -> u64 {
        let notices = |item: Item<'_>| match item {
            Item::Notice(spooled) => spooled.waiting.count(),
            Item::Loss(_) => 0,
        };
        self.items_of(notifier).map(notices).sum()
    }

    /// Returns the items of a notifier, in order.
    pub(super) fn items_of(&self, notifier: Notifier) -> impl Iterator<Item = Item<'a>> {
        let mut rest = self.items;
        core::iter::from_fn(move || next_item(&mut rest))
            .filter_map(move |(owner, item)| item.filter(|_| owner == notifier as u8))
    }
}

/// Takes the next item with its notifier's number; one of a kind that this program
/// does not know is `None` within.
fn next_item<'a>(rest: &mut &'a [u8]) -> Option<(u8, Option<Item<'a>>)> {
    let [kind, notifier] = take(rest)?;
    let item = match kind {
        LOSS => {
            let [cause] = take(rest)?;
            let count = u64::from_le_bytes(take(rest)?);
            let since = take_wall(rest)?;
            LossCause::ALL
                .into_iter()
                .find(|&known| known as u8 == cause)
                .map(|cause| {
                    Item::Loss(Loss {
                        cause,
                        count,
                        since,
                    })
                })
        }
        NOTICE => {
            let rule = RuleName::from_bytes(take(rest)?);
            let at = take_wall(rest)?;
            let span_secs = u32::from_le_bytes(take(rest)?);
            let [flags] = take(rest)?;
            let source = address_from_bytes(flags, take(rest)?);
            let queued = i64::from_le_bytes(take(rest)?);
            let text = u16::from_le_bytes(take(rest)?);
            let [router, topics] = take(rest)?;
            let more = u16::from_le_bytes(take(rest)?);
            let [name_bytes, time_bytes, rating] = take(rest)?;
            let waiting = Waiting {
                rule,
                at,
                span_secs,
                source,
                ticket: Ticket::default(),
                expires: Instant::ZERO,
                is_restored: true,
                sequence: 0,
                text: Text::from_stored(take_slice(rest, text.into())?),
                router: Text::from_stored(take_slice(rest, router.into())?),
                shows_address: shows_address(flags),
                topics: Text::from_stored(take_slice(rest, topics.into())?),
                severity: severity_from_byte(rating),
                priority: Priority::from_bits(rating),
                name_bytes,
                time_bytes,
                more: Names::from_stored(take_slice(rest, more.into())?),
            };
            Some(Item::Notice(Spooled { queued, waiting }))
        }
        _ => return None,
    };
    Some((notifier, item))
}

fn take_wall(rest: &mut &[u8]) -> Option<Wall> {
    Some(Wall {
        unix_secs: i64::from_le_bytes(take(rest)?),
        offset_secs: i32::from_le_bytes(take(rest)?),
    })
}

#[cfg(test)]
mod tests;
