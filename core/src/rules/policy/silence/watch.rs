//! One router's silence: since when nothing was heard, and whether that was reported.

use crate::limits::STRANGER_PROBATION_MILLIS;
use crate::rules::policy::outcome::Remark;
use crate::rules::policy::slots::NEVER;
use crate::time::{Instant, Wall};

/// A stranger must be heard for so many times the limit without a pause of that length.
/// It then is one that speaks often enough.
const STRANGER_LIMITS: u64 = 4;

/// When a router's silence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From the start: the name of one or several addresses.
    Name,
    /// From the start until one of its addresses is heard, which then counts itself: the
    /// name of a network.
    Network,
    /// Once it was heard: an address that the user knows without naming it alone.
    Known,
    /// Once it was heard for some time: anybody.
    Stranger,
}

/// What silence is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Instant,
    /// The same for people.
    pub(super) at: Wall,
    /// Until when messages were lost.
    pub(super) deaf: Instant,
}

/// What is known of a router.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) kind: Kind,
    /// How long its silence must last, in milliseconds; 0 is for ever.
    limit: u64,
    /// When it was heard last, or the start.
    last: Instant,
    is_heard: bool,
    /// Since when it is heard without a pause.
    since: Instant,
    /// Whether its silence is reported.
    counts: bool,
    /// When it was heard last before its silence, if it is silent, and whether it was.
    silence: Option<(Instant, bool)>,
}

impl Watch {
    /// Returns the watch of a router that has not been heard.
    pub(super) const fn new(kind: Kind, limit: u64, now: Instant) -> Self {
        Self {
            kind,
            limit,
            last: now,
            is_heard: false,
            since: now,
            counts: !matches!(kind, Kind::Stranger),
            silence: None,
        }
    }

    /// Notes when the router was heard last.
    pub(super) fn hear(&mut self, at: Instant) {
        self.is_heard = true;
        self.last = self.last.max(at);
    }

    /// Returns whether it has been silent for its limit.
    pub(super) const fn is_silent(&self) -> bool {
        self.silence.is_some()
    }

    /// Returns whether it is a stranger that counts.
    pub(super) fn is_counted_stranger(&self) -> bool {
        self.kind == Kind::Stranger && self.counts
    }

    /// Returns how much its place in a full table is worth.
    pub(super) const fn rank(&self) -> u8 {
        match (self.kind, self.counts && !self.is_silent()) {
            (Kind::Stranger, false) => 0,
            (Kind::Stranger, true) => 1,
            (Kind::Known, false) => 2,
            (Kind::Known, true) => 3,
            (Kind::Name | Kind::Network, _) => u8::MAX,
        }
    }

    /// Returns when it is silent if nothing is heard until then. Until `deaf` messages
    /// were lost, which may have been its own: so it has its time once more, but no more
    /// than that, since a flood must not hide silence for ever.
    pub(super) fn due(&self, deaf: Instant) -> Instant {
        let counts = match self.kind {
            Kind::Name | Kind::Stranger => true,
            Kind::Network => !self.is_heard,
            Kind::Known => self.is_heard,
        };
        if !counts || self.limit == 0 || self.is_silent() {
            return NEVER;
        }
        let latest = self.last.after(self.limit).after(self.limit);
        self.last.max(deaf).after(self.limit).min(latest)
    }

    /// Returns what has changed, if that is worth a report. `strangers` is how many more
    /// of these may count.
    pub(super) fn judge(&mut self, moment: Moment, strangers: &mut usize) -> Option<Remark> {
        let Moment { now, at, deaf } = moment;
        if let Some((last, was_heard)) = self.silence {
            if self.last <= last {
                return None;
            }
            self.silence = None;
            let counted = self.counts;
            if self.kind == Kind::Stranger {
                self.counts = false;
                self.since = self.last;
            }
            return counted.then_some(Remark::Heard {
                millis: self.last.since(last),
                is_first: !was_heard,
                at,
            });
        }
        let probation = (STRANGER_LIMITS * self.limit).max(STRANGER_PROBATION_MILLIS);
        if !self.counts && self.last.since(self.since) >= probation && *strangers > 0 {
            *strangers -= 1;
            self.counts = true;
        }
        if self.due(deaf) > now {
            return None;
        }
        self.silence = Some((self.last, self.is_heard));
        self.counts.then_some(Remark::Silent {
            millis: now.since(self.last),
            is_first: !self.is_heard,
            is_lossy: deaf > self.last,
            at,
        })
    }
}
