//! Cooldown: the same text of the same rule is sent once, then counted.
//!
//! The table remembers which texts were sent lately. It is exact about who is
//! quiet: another text, another rule and a notifier whose delivery failed are
//! not. It is never the reason for a lost notification either: when the table
//! is full, the entry that would end first ends now.

use core::hash::Hasher as _;
// Deprecated in favour of std's opaque hasher, which a no_std crate does not
// have. SipHash-2-4 with a secret key is what is wanted: texts come from
// strangers, who must not be able to make theirs collide with another's.
#[expect(deprecated, reason = "see above")]
use core::hash::SipHasher;

use heapless::Vec;

use crate::ids::{NotifierId, NotifierSet, RuleName, Ticket};
use crate::limits::{COOLDOWN_TEXT_BYTES_MAX, COOLDOWNS_MAX};
use crate::rules::notice::NoticeHead;
use crate::text::Text;
use crate::time::{Instant, Wall};

/// What is to be done with a text that a rule produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It goes to these notifiers, under this ticket.
    Send(NotifierSet, Ticket),
    /// All of the rule's notifiers had it; it was counted.
    Suppress,
    /// The table is full; an entry must be taken out with
    /// [`Cooldowns::take_earliest`] first.
    Full,
}

/// A text whose cooldown runs or has just ended.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The notification that started it.
    pub(crate) head: NoticeHead,
    ends: Instant,
    hash: u64,
    /// How often the text was suppressed.
    pub(crate) suppressed: u32,
    /// When the text was last suppressed.
    pub(crate) last: Wall,
    text: Vec<u8, COOLDOWN_TEXT_BYTES_MAX>,
}

impl Entry {
    /// Returns the text, or its beginning if it was long.
    pub(crate) fn text(&self) -> Text<'_> {
        Text::from_stored(&self.text)
    }
}

/// The texts whose cooldown runs.
#[derive(Debug)]
pub(crate) struct Cooldowns {
    /// At most [`COOLDOWNS_MAX`], for which there is room from the start. On the
    /// heap: inside of the engine all 75 kB would become resident as soon as it
    /// is moved, and here only what is used does.
    entries: alloc::vec::Vec<Entry>,
    key: (u64, u64),
    next_ticket: u32,
}

impl Cooldowns {
    /// Returns an empty table. `key` must not be known to those who can write
    /// log lines.
    pub(crate) fn new(key: (u64, u64)) -> Self {
        Self {
            entries: alloc::vec::Vec::with_capacity(COOLDOWNS_MAX),
            key,
            next_ticket: 1,
        }
    }

    /// Decides about `text` of the rule in `head`, and starts the cooldown of
    /// `millis` for the notifiers it goes to.
    pub(crate) fn decide(
        &mut self,
        now: Instant,
        head: &NoticeHead,
        text: Text<'_>,
        millis: u64,
    ) -> Decision {
        if millis == 0 {
            return Decision::Send(head.notifiers, Ticket::default());
        }
        let hash = self.hash(head.rule, text);
        let found = self
            .entries
            .iter_mut()
            .find(|entry| entry.hash == hash && entry.head.rule == head.rule && entry.ends > now);
        if let Some(entry) = found {
            if !entry.head.notifiers.is_empty() {
                entry.suppressed = entry.suppressed.saturating_add(1);
                entry.last = head.at;
            }
            let missing = head.notifiers.without(entry.head.notifiers);
            if missing.is_empty() {
                return Decision::Suppress;
            }
            entry.head.notifiers = entry.head.notifiers.union(missing);
            return Decision::Send(missing, entry.head.ticket);
        }
        let ticket = Ticket(self.next_ticket);
        let entry = Entry {
            head: NoticeHead { ticket, ..*head },
            ends: now.after(millis),
            hash,
            suppressed: 0,
            last: head.at,
            text: beginning(text),
        };
        if self.entries.len() == COOLDOWNS_MAX {
            return Decision::Full;
        }
        self.entries.push(entry);
        // 0 means "no cooldown"; after 2^32 notifications the count starts over.
        self.next_ticket = self.next_ticket.checked_add(1).unwrap_or(1);
        Decision::Send(head.notifiers, ticket)
    }

    /// Takes a notifier out of the cooldown that `ticket` names: its delivery
    /// failed, so the next such line goes there again.
    pub(crate) fn disarm(&mut self, ticket: Ticket, notifier: NotifierId) {
        if let Some(entry) = self
            .entries
            .iter_mut()
            .find(|entry| entry.head.ticket == ticket)
        {
            entry.head.notifiers.remove(notifier);
        }
    }

    /// Returns when the next cooldown ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.entries.iter().map(|entry| entry.ends).min()
    }

    /// Takes out an entry whose cooldown has ended by `now`, earliest first.
    pub(crate) fn take_ended(&mut self, now: Instant) -> Option<Entry> {
        let (index, entry) = self.earliest()?;
        (entry.ends <= now).then(|| self.entries.swap_remove(index))
    }

    /// Takes out the entry whose cooldown ends first, to make room.
    pub(crate) fn take_earliest(&mut self) -> Option<Entry> {
        let (index, _) = self.earliest()?;
        Some(self.entries.swap_remove(index))
    }

    fn earliest(&self) -> Option<(usize, &Entry)> {
        self.entries
            .iter()
            .enumerate()
            .min_by_key(|(_, entry)| entry.ends)
    }

    fn hash(&self, rule: RuleName, text: Text<'_>) -> u64 {
        #[expect(deprecated, reason = "see the import")]
        let mut hasher = SipHasher::new_with_keys(self.key.0, self.key.1);
        hasher.write(&rule.to_bytes());
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

/// Copies the beginning of a text, cut at a character border. Texts are told
/// apart by their hash; this is for the summary that people read.
fn beginning(text: Text<'_>) -> Vec<u8, COOLDOWN_TEXT_BYTES_MAX> {
    let bytes = text.as_bytes();
    let mut end = bytes.len().min(COOLDOWN_TEXT_BYTES_MAX);
    while end < bytes.len() && end > 0 && bytes[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    Vec::from_slice(&bytes[..end]).unwrap_or_default()
}
