//! When the next attempt may begin: the pace, the back-off, and a service's own
//! wishes, in one place.

use crate::delivery::backoff::Backoff;
use crate::delivery::pacing::Pacing;
use crate::limits::SUSPENSION_SECS_MAX;
use crate::time::Instant;

/// The first suspension, in milliseconds: a service that restarts behind its
/// proxy is back within a minute.
const SUSPENSION_FIRST_MILLIS: u64 = 30_000;
/// Doublings from the first suspension to the longest.
const SUSPENSION_DOUBLINGS: u32 = 5;
const _: () =
    assert!(SUSPENSION_FIRST_MILLIS << SUSPENSION_DOUBLINGS == SUSPENSION_SECS_MAX * 1_000);

/// Why nothing is sent at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nothing is in the way, except perhaps the pace.
    None,
    /// The last attempt failed; the next one is due by back-off.
    Failed,
    /// The service asked to wait.
    Asked,
    /// The service wants nothing from this notifier; it is asked again at
    /// growing intervals.
    Suspended,
}

/// When the next attempt of one notifier may begin.
#[derive(Debug)]
pub(super) struct Schedule {
    pacing: Pacing,
    backoff: Backoff,
    /// Suspensions since the last success.
    suspensions: u32,
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
            suspensions: 0,
            hold: Hold::None,
            held_until: Instant::ZERO,
        }
    }

    /// Returns when the next attempt may begin; `now` or earlier means at once.
    /// With `closing` there is no later for which the pace would save anything.
    pub(super) fn due(&self, closing: bool) -> Instant {
        match self.hold {
            Hold::Asked | Hold::Suspended => self.held_until,
            Hold::None | Hold::Failed if closing => self.held_until,
            Hold::None | Hold::Failed => self.held_until.max(self.pacing.ready_at()),
        }
    }

    /// Ends the wait after a failed attempt and begins with short ones again:
    /// there may be no time for a long one.
    pub(super) fn hurry(&mut self, now: Instant) {
        if self.hold == Hold::Failed {
            self.backoff.reset();
            self.held_until = now;
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
        self.suspensions = 0;
        self.hold_for(now, pause_millis, Hold::Asked);
    }

    /// Notes that the service wants nothing from this notifier.
    pub(super) fn suspend(&mut self, now: Instant) {
        let millis = SUSPENSION_FIRST_MILLIS << self.suspensions.min(SUSPENSION_DOUBLINGS);
        self.suspensions = self.suspensions.saturating_add(1);
        self.hold_for(now, millis, Hold::Suspended);
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
