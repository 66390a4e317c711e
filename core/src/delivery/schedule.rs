//! When the next attempt may begin: the pace, the back-off, and a service's own
//! wishes, in one place.

use crate::delivery::backoff::Backoff;
use crate::delivery::pacing::Pacing;
use crate::time::Instant;

/// Why nothing is sent at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nothing is in the way, except perhaps the pace.
    None,
    /// The last attempt failed; the next one is due by back-off.
    Failed,
    /// The service asked to wait.
    Asked,
    /// The service wants nothing from this notifier.
    Suspended,
}

/// When the next attempt of one notifier may begin.
#[derive(Debug)]
pub(super) struct Schedule {
    pacing: Pacing,
    backoff: Backoff,
    hold: Hold,
    held_until: Instant,
}

impl Schedule {
    /// Returns a schedule on which nothing has happened yet. `seed` spreads the
    /// attempts of many routers.
    pub(super) const fn new(pacing: Pacing, seed: u32) -> Self {
        Self {
            pacing,
            backoff: Backoff::new(seed),
            hold: Hold::None,
            held_until: Instant::ZERO,
        }
    }

    /// Returns when the next attempt may begin; `now` or earlier means at once.
    /// With `closing` there is no later for which pace and back-off would save
    /// anything; a service's own wish still counts.
    pub(super) fn due(&self, now: Instant, closing: bool) -> Instant {
        match self.hold {
            Hold::Asked | Hold::Suspended => self.held_until,
            _ if closing => now,
            Hold::None | Hold::Failed => self.held_until.max(self.pacing.ready_at()),
        }
    }

    /// Returns why nothing is sent at the moment, and until when.
    pub(super) fn hold(&self, now: Instant) -> (Hold, Instant) {
        if self.held_until <= now {
            (Hold::None, now)
        } else {
            (self.hold, self.held_until)
        }
    }

    /// Returns how many attempts in a row have failed.
    pub(super) const fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// Counts an attempt that begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.pacing.take(now);
    }

    /// Notes that the service answers again, and wants a pause.
    pub(super) const fn succeed(&mut self, now: Instant, pause_millis: u64) {
        self.backoff.reset();
        self.hold_for(now, pause_millis, Hold::Asked);
    }

    /// Notes a failed attempt.
    pub(super) fn back_off(&mut self, now: Instant) {
        let millis = self.backoff.next_millis();
        self.hold_for(now, millis, Hold::Failed);
    }

    /// Notes that nothing may be sent for a while.
    pub(super) const fn hold_for(&mut self, now: Instant, millis: u64, hold: Hold) {
        self.hold = if millis == 0 { Hold::None } else { hold };
        self.held_until = now.after(millis);
    }

    /// Forgets failures: the service answered, though not as hoped.
    pub(super) const fn forget_failures(&mut self) {
        self.backoff.reset();
        self.hold = Hold::None;
    }
}
