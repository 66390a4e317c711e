//! The message that is under way or to be repeated.

use crate::delivery::compose::message::{Message, MessageId};
use crate::delivery::losses::Losses;
use crate::delivery::outbox::Outbox;
use crate::delivery::verdict::Doubt;
use crate::time::{Instant, Wall};

/// One message on its way: which notifications it holds, and everything else
/// that a repetition must say again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// Sequence numbers of its first notification and of the one after its last.
    /// Those between that are in the outbox are its own.
    pub(super) first: u64,
    pub(super) end: u64,
    /// How many records of the outbox it holds, and how many notifications.
    pub(super) count: usize,
    pub(super) notices: u64,
    /// The losses it reports.
    pub(super) losses: Losses,
    /// Whether it reports the chat's new number.
    pub(super) reports_move: bool,
    pub(super) id: MessageId,
    /// The time by which the ages in its text are counted. It stays for a
    /// repetition, so that the same id never carries another text.
    pub(super) composed_at: Instant,
    /// The wall clock at that time, if the form shows it.
    pub(super) composed_wall: Wall,
    /// Whether an earlier attempt may have arrived. It only grows: an answer of
    /// today says nothing about the attempt before.
    pub(super) doubt: Doubt,
    /// Whether something that may pass has refused it once.
    pub(super) was_barred: bool,
    /// How many of its notifications were evicted while it was under way, and
    /// when the first of them arrived.
    pub(super) evicted: (u64, Wall),
}

/// Whether a message is on its way.
#[derive(Debug)]
pub(super) enum Flight {
    /// No message is.
    None,
    /// One is, and its verdict will come.
    UnderWay(Attempt),
    /// One may have arrived, and must be sent again as it was.
    ToRepeat(Attempt),
}

impl Attempt {
    /// Returns whether a notification is among the message's.
    pub(super) const fn holds(&self, sequence: u64) -> bool {
        self.first <= sequence && sequence < self.end
    }

    /// Returns the message for its notifications, the oldest in `outbox`.
    pub(super) fn message<'a>(&'a self, outbox: &'a Outbox, context: Context) -> Message<'a> {
        Message {
            waiting: outbox.iter(),
            count: self.count.min(outbox.len()),
            losses: &self.losses,
            moved_to: context.moved_to,
            reports_move: self.reports_move,
            composed_at: self.composed_at,
            composed_wall: self.composed_wall,
            max_age_millis: context.max_age_millis,
            id: self.id,
        }
    }
}

/// What a message takes from its courier.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// The number that Telegram gave the chat.
    pub(super) moved_to: Option<i64>,
    /// How long a notification may wait, in milliseconds.
    pub(super) max_age_millis: u64,
}

impl Flight {
    /// Returns the number of the first record that no message under way or to repeat
    /// holds: those before it must stay as they are.
    pub(super) const fn open_from(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::UnderWay(attempt) | Self::ToRepeat(attempt) => attempt.end,
        }
    }

    /// Returns the message that is under way.
    pub(super) const fn under_way(&self) -> Option<&Attempt> {
        match self {
            Self::UnderWay(attempt) => Some(attempt),
            Self::None | Self::ToRepeat(_) => None,
        }
    }

    /// Takes the message that is under way.
    pub(super) const fn land(&mut self) -> Option<Attempt> {
        match *self {
            Self::UnderWay(attempt) => {
                *self = Self::None;
                Some(attempt)
            }
            Self::None | Self::ToRepeat(_) => None,
        }
    }

    /// Takes the message to repeat.
    pub(super) const fn take_repetition(&mut self) -> Option<Attempt> {
        match *self {
            Self::ToRepeat(attempt) => {
                *self = Self::None;
                Some(attempt)
            }
            Self::None | Self::UnderWay(_) => None,
        }
    }

    /// Notes that a record of so many notifications has been evicted. Returns whether
    /// that is a loss already; for one under way its message's verdict decides.
    pub(super) fn evict(&mut self, sequence: u64, count: u64, at: Wall) -> bool {
        match self {
            Self::UnderWay(attempt) if attempt.holds(sequence) => {
                if attempt.evicted.0 == 0 {
                    attempt.evicted.1 = at;
                }
                attempt.evicted.0 += count;
                false
            }
            _ => {
                self.part_from(sequence);
                true
            }
        }
    }

    /// Notes that a notification has left the outbox, and returns the doubt about
    /// it. A message to repeat that held it is none any more: the rest goes under
    /// an id of its own, since the same id with another text could be dropped as
    /// a repetition. That may bring an alarm twice, which is better than never.
    pub(super) fn part_from(&mut self, sequence: u64) -> Option<Doubt> {
        match self {
            Self::ToRepeat(attempt) if attempt.holds(sequence) => {
                let doubt = attempt.doubt;
                *self = Self::None;
                Some(doubt)
            }
            _ => None,
        }
    }
}
