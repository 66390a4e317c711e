//! The message that is under way or to be repeated.

use crate::delivery::compose::message::{Message, MessageId};
use crate::delivery::losses::Losses;
use crate::delivery::outbox::Outbox;
use crate::time::{Instant, Wall};

/// One message on its way: which notifications it holds, and everything else
/// that a repetition must say again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// Sequence number of its first notification in the outbox.
    pub(super) first_sequence: u64,
    /// How many notifications it holds.
    pub(super) count: usize,
    /// The losses it reports.
    pub(super) losses: Losses,
    /// Whether it reports the chat's new number.
    pub(super) reports_move: bool,
    pub(super) id: MessageId,
    /// The time by which the ages in its text are counted. It stays for a
    /// repetition, so that the same id never carries another text.
    pub(super) composed_at: Instant,
    /// Whether its answer was missed once already.
    pub(super) is_repetition: bool,
    /// When the first of those notifications arrived that newer ones pushed out
    /// while the message was under way.
    pub(super) evicted_at: Option<Wall>,
}

/// Whether a message is on its way.
#[derive(Debug)]
pub(super) enum Flight {
    /// No message is.
    None,
    /// One is, and its verdict will come.
    UnderWay(Attempt),
    /// The answer to one was missed; it is to be sent again as it was.
    ToRepeat(Attempt),
}

impl Attempt {
    /// Returns whether a notification is among the message's.
    pub(super) const fn holds(&self, sequence: u64) -> bool {
        sequence < self.end() && sequence >= self.first_sequence
    }

    /// Returns the sequence number after its last notification.
    pub(super) const fn end(&self) -> u64 {
        self.first_sequence + self.count as u64
    }

    /// Returns the message for its notifications in `outbox`.
    pub(super) fn message<'a>(&'a self, outbox: &'a Outbox, moved_to: Option<i64>) -> Message<'a> {
        Message {
            waiting: outbox.iter(),
            count: self.count.min(outbox.len()),
            losses: &self.losses,
            moved_to,
            reports_move: self.reports_move,
            composed_at: self.composed_at,
            id: self.id,
        }
    }
}

impl Flight {
    /// Returns the message that is under way.
    pub(super) const fn under_way(&self) -> Option<&Attempt> {
        match self {
            Self::UnderWay(attempt) => Some(attempt),
            Self::None | Self::ToRepeat(_) => None,
        }
    }

    /// Returns the message that is under way, to note what happens to it.
    pub(super) const fn under_way_mut(&mut self) -> Option<&mut Attempt> {
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

    /// Takes the message to repeat, if all its notifications are still there. If
    /// newer ones pushed some of them out, the rest goes under an id of its own:
    /// the same id with another text could be dropped as a repetition.
    pub(super) const fn take_repetition(&mut self, outbox: &Outbox) -> Option<Attempt> {
        let Self::ToRepeat(attempt) = *self else {
            return None;
        };
        *self = Self::None;
        if outbox.first_sequence() == attempt.first_sequence {
            Some(attempt)
        } else {
            None
        }
    }
}
