//! Losses that were not reported yet.

use crate::time::Wall;

/// Where messages or notifications were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// The kernel dropped datagrams: its receive buffer was full.
    Kernel,
    /// The intake ring was full: the matcher fell behind.
    Ring,
    /// A notifier's outbox was full: notifications of its largest rule went.
    Outbox,
    /// A notification waited longer than `NOTIFY_MAX_AGE_SECS`.
    Expired,
    /// A notification was sent again and again without an answer, until it was
    /// too old. It may have arrived.
    Unanswered,
    /// A service refused a notification for good.
    Refused,
    /// The daemon ended without a stop: how many notifications waited is not
    /// known.
    Crash,
}

impl LossCause {
    /// Every cause, in the order in which losses are reported: the router's end
    /// first.
    pub const ALL: [Self; 7] = [
        Self::Kernel,
        Self::Ring,
        Self::Outbox,
        Self::Expired,
        Self::Unanswered,
        Self::Refused,
        Self::Crash,
    ];
}

/// A number of losses of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub cause: LossCause,
    /// How many.
    pub count: u64,
    /// When the first of them happened.
    pub since: Wall,
}

/// Losses by cause, each with its count and the time of the first one.
///
/// A loss stays pending until a message reporting it has been delivered. Losses
/// added meanwhile wait for the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    by_cause: [Option<(u64, Wall)>; LossCause::ALL.len()],
}

impl Losses {
    /// No loss at all.
    pub const NONE: Self = Self {
        by_cause: [None; LossCause::ALL.len()],
    };

    /// Adds a loss. The time of the first one of its cause stays.
    pub const fn add(&mut self, loss: Loss) {
        if loss.count == 0 {
            return;
        }
        let slot = &mut self.by_cause[loss.cause as usize];
        *slot = match *slot {
            None => Some((loss.count, loss.since)),
            Some((count, since)) => Some((count.saturating_add(loss.count), since)),
        };
    }

    /// Removes what a message has reported. Losses that were added after it was
    /// composed stay, and count from `since`.
    pub(super) fn remove(&mut self, reported: &Self, since: Wall) {
        for (slot, reported) in self.by_cause.iter_mut().zip(&reported.by_cause) {
            let (Some((count, _)), Some((reported, _))) = (*slot, *reported) else {
                continue;
            };
            let left = count.saturating_sub(reported);
            *slot = (left > 0).then_some((left, since));
        }
    }

    /// Returns whether notifications that became too old are among them.
    pub(super) const fn has_expired(&self) -> bool {
        self.by_cause[LossCause::Expired as usize].is_some()
            || self.by_cause[LossCause::Unanswered as usize].is_some()
    }

    /// Returns the losses, the router's end first.
    pub fn iter(&self) -> impl Iterator<Item = Loss> {
        LossCause::ALL
            .into_iter()
            .zip(self.by_cause)
            .filter_map(|(cause, slot)| {
                slot.map(|(count, since)| Loss {
                    cause,
                    count,
                    since,
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const fn loss(cause: LossCause, count: u64, unix_secs: i64) -> Loss {
        Loss {
            cause,
            count,
            since: Wall {
                unix_secs,
                offset_secs: 0,
            },
        }
    }

    /// What became too old is reported by itself, whether or not it may have arrived.
    #[test]
    fn what_has_expired() {
        for cause in LossCause::ALL {
            let mut losses = Losses::default();
            losses.add(loss(cause, 1, 10));
            let expired = matches!(cause, LossCause::Expired | LossCause::Unanswered);
            assert_eq!(losses.has_expired(), expired, "{cause:?}");
        }
    }

    /// Counts add up, the first time stays, and losses after a report stay.
    #[test]
    fn losses_add_up_until_reported() {
        let mut losses = Losses::default();
        losses.add(loss(LossCause::Ring, 0, 1));
        assert_eq!(losses, Losses::NONE);
        losses.add(loss(LossCause::Ring, 2, 10));
        losses.add(loss(LossCause::Kernel, 1, 15));
        let reported = losses;
        losses.add(loss(LossCause::Ring, 3, 20));
        assert_eq!(
            losses.iter().collect::<Vec<_>>(),
            [loss(LossCause::Kernel, 1, 15), loss(LossCause::Ring, 5, 10)]
        );
        losses.remove(
            &reported,
            Wall {
                unix_secs: 18,
                offset_secs: 0,
            },
        );
        assert_eq!(
            losses.iter().collect::<Vec<_>>(),
            [loss(LossCause::Ring, 3, 18)]
        );
    }
}
