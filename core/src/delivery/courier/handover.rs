//! From one process to the next: a courier's notifications and losses in a spool.

use core::fmt;

use super::{Courier, lost};
use crate::delivery::losses::LossCause;
use crate::delivery::outbox::Waiting;
use crate::delivery::services::Notifier;
use crate::delivery::spool::{Item, Spool, SpoolWriter};
use crate::time::{Instant, Wall};

impl Courier {
    /// Shows what waits, the oldest first: when the first line of it arrived, and the
    /// text, which may name several routers.
    pub fn each_waiting(&self, show: &mut dyn FnMut(Wall, &dyn fmt::Display)) {
        for waiting in self.outbox.iter() {
            show(waiting.at, &waiting);
        }
    }

    /// Adds all that waits, and the losses that were not reported, to a spool.
    /// Returns how many notifications found no room; these count as losses in it.
    ///
    /// A message that may have arrived is among them. The next process sends it
    /// under another id, so it may come twice.
    pub fn save(
        &mut self,
        now: Instant,
        wall: Wall,
        notifier: Notifier,
        spool: &mut SpoolWriter<'_>,
    ) -> u64 {
        let mut losses = self.losses;
        let mut left = 0;
        for waiting in self.outbox.iter() {
            let age_secs = waiting.age_millis(now, self.max_age_millis) / 1_000;
            let queued = wall.unix_secs.saturating_sub_unsigned(age_secs);
            if !spool.put_notice(notifier, &waiting, queued) {
                let count = waiting.count();
                left += count;
                losses.add(lost(LossCause::Outbox, count, waiting.at));
            }
        }
        spool.put_losses(notifier, &losses);
        left
    }

    /// Takes what a spool holds for this notifier. Ages go on by the wall clock
    /// where that can be trusted at both ends; [`Courier::step`] drops and counts
    /// what is too old.
    pub fn restore(&mut self, now: Instant, wall: Wall, notifier: Notifier, spool: &Spool<'_>) {
        for item in spool.items_of(notifier) {
            let spooled = match item {
                Item::Loss(loss) => {
                    self.report_loss(loss);
                    continue;
                }
                Item::Notice(spooled) => spooled,
            };
            let is_known = Wall::is_set(spooled.queued) && Wall::is_set(wall.unix_secs);
            let age_secs = if is_known {
                u64::try_from(wall.unix_secs.saturating_sub(spooled.queued)).unwrap_or(0)
            } else {
                0
            };
            let left = self
                .max_age_millis
                .saturating_sub(age_secs.saturating_mul(1_000));
            self.counts.restored += spooled.waiting.count();
            let waiting = Waiting {
                expires: now.after(left),
                ..spooled.waiting
            };
            self.put(waiting, &mut |_| {});
        }
    }
}
