//! From one process to the next: a courier's notifications and losses in a spool.

use super::{Courier, lost};
use crate::delivery::losses::LossCause;
use crate::delivery::services::Notifier;
use crate::delivery::spool::{Item, Spool, SpoolWriter};
use crate::ids::{NotifierSet, Ticket};
use crate::rules::{About, NoticeHead};
use crate::text::Text;
use crate::time::{Instant, Wall};

impl Courier {
    /// Shows each notification that waits, the oldest first: when its line
    /// arrived, and its text.
    pub fn each_waiting(&self, show: &mut dyn FnMut(Wall, Text<'_>)) {
        for waiting in self.outbox.iter() {
            show(waiting.at, waiting.text);
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
                left += 1;
                losses.add(lost(LossCause::Outbox, 1, waiting.at));
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
            let head = NoticeHead {
                rule: spooled.rule,
                notifiers: NotifierSet::EMPTY,
                at: spooled.at,
                source: spooled.source,
                // The rule that produced it is of another process.
                ticket: Ticket::default(),
                about: About::NOTHING,
                name_bytes: 0,
                time_bytes: 0,
            };
            self.counts.restored += 1;
            self.put(now.after(left), true, &head, spooled.text, &mut |_| {});
        }
    }
}
