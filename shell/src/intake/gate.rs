//! The gate: datagrams of senders that are not allowed go no further.
//!
//! They are counted and reported in the log, at most once an hour, and nothing
//! else happens with them: they are neither forwarded nor queued.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alertik_core::intake::AllowList;
use alertik_core::time::Instant;

/// Time between two reports, in milliseconds.
const REPORT_PAUSE_MILLIS: u64 = 60 * 60 * 1_000;

/// Who may send, and the count of those who may not.
#[derive(Debug)]
pub(crate) struct Gate {
    allowed: AllowList,
    foreign: Mutex<Foreign>,
}

/// Datagrams of senders that are not allowed.
#[derive(Debug, Default)]
struct Foreign {
    count: u64,
    /// Those of them that are in the log already.
    reported: u64,
    reported_at: Option<Instant>,
}

impl Gate {
    /// Returns a gate for the senders that are allowed.
    pub(crate) const fn new(allowed: AllowList) -> Self {
        Self {
            allowed,
            foreign: Mutex::new(Foreign {
                count: 0,
                reported: 0,
                reported_at: None,
            }),
        }
    }

    /// Returns whether a datagram may pass. One that may not is counted, and
    /// reported if the last report is long ago. Never waits.
    pub(crate) fn admits(&self, now: Instant, sender: IpAddr) -> bool {
        if self.allowed.allows(sender) {
            return true;
        }
        if let Some(count) = self.lock().count(now) {
            let sender = sender.to_canonical();
            log::warn!(
                "SYSLOG_ALLOW: ignored {count} of senders that are not in it, the last one from \
                 {sender}"
            );
        }
        false
    }

    /// Returns how many datagrams were not let in.
    pub(crate) fn foreign(&self) -> u64 {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, Foreign> {
        self.foreign.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Foreign {
    /// Counts a datagram. Returns how many there were since the last report if
    /// the next one is due.
    fn count(&mut self, now: Instant) -> Option<u64> {
        self.count += 1;
        let is_due = |at: Instant| now.since(at) >= REPORT_PAUSE_MILLIS;
        if !self.reported_at.is_none_or(is_due) {
            return None;
        }
        self.reported_at = Some(now);
        let count = self.count - self.reported;
        self.reported = self.count;
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first one is reported at once, the others together, an hour later.
    #[test]
    fn reports_are_an_hour_apart() {
        let mut foreign = Foreign::default();
        let at = |millis| Instant::from_millis(5_000 + millis);
        assert_eq!(foreign.count(at(0)), Some(1));
        assert_eq!(foreign.count(at(1)), None);
        assert_eq!(foreign.count(at(REPORT_PAUSE_MILLIS - 1)), None);
        assert_eq!(foreign.count(at(REPORT_PAUSE_MILLIS)), Some(3));
        assert_eq!(foreign.count(at(REPORT_PAUSE_MILLIS + 1)), None);
        assert_eq!(foreign.count, 5);
    }

    /// Who is allowed passes uncounted.
    #[test]
    fn only_strangers_are_counted() {
        let mut allowed = AllowList::new();
        assert!(allowed.push("192.0.2.0/24".parse().unwrap()));
        let gate = Gate::new(allowed);
        assert!(gate.admits(Instant::ZERO, [192, 0, 2, 1].into()));
        assert!(!gate.admits(Instant::ZERO, [192, 0, 3, 1].into()));
        assert_eq!(gate.foreign(), 1);
    }
}
