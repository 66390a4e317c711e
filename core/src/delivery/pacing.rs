//! How often a service may be called: token buckets as arithmetic over `now`.

use core::fmt;

use crate::time::Instant;

/// One limit: a burst, then one message per interval.
///
/// In any window of `w` milliseconds at most `burst + w / interval` messages
/// pass. An interval of 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Messages that may follow each other at once after a quiet time.
    pub burst: u32,
    /// Milliseconds in which one more message is allowed.
    pub interval_millis: u64,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Self = Self {
        burst: 1,
        interval_millis: 0,
    };

    /// Returns the rate of one message per interval, without bursts.
    #[must_use]
    pub const fn every(interval_millis: u64) -> Self {
        Self {
            burst: 1,
            interval_millis,
        }
    }
}

/// A token bucket (Turner 1986), kept as the time when it is full again.
///
/// That form, the "theoretical arrival time" of the ATM Forum's generic cell
/// rate algorithm, needs one number and no remainder, and a clock that stands
/// still or leaps forward cannot break it.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    rate: Rate,
    full_at: Instant,
}

impl Bucket {
    /// Returns a full bucket.
    #[must_use]
    const fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_at: Instant::ZERO,
        }
    }

    /// Returns when the next message may pass; `now` or earlier means at once.
    #[must_use]
    fn ready_at(&self) -> Instant {
        let tolerance = self
            .rate
            .interval_millis
            .saturating_mul(u64::from(self.rate.burst.saturating_sub(1)));
        Instant::from_millis(self.full_at.millis().saturating_sub(tolerance))
    }

    /// Takes one message's worth out of the bucket.
    fn take(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now).after(self.rate.interval_millis);
    }
}

/// The limits of one service: all of them must allow a message.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    short: Bucket,
    long: Bucket,
}

impl Pacing {
    /// No limit, for the console.
    pub const NONE: Self = Self::new(Rate::UNLIMITED, Rate::UNLIMITED);

    /// Returns a pacing by two limits.
    #[must_use]
    pub const fn new(short: Rate, long: Rate) -> Self {
        Self {
            short: Bucket::new(short),
            long: Bucket::new(long),
        }
    }

    /// Returns when the next message may pass.
    #[must_use]
    pub fn ready_at(&self) -> Instant {
        self.short.ready_at().max(self.long.ready_at())
    }

    /// Counts one message.
    pub fn take(&mut self, now: Instant) {
        self.short.take(now);
        self.long.take(now);
    }
}

/// Writes the limits: `one message every 1000 ms`.
impl fmt::Display for Pacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Rate {
            burst,
            interval_millis,
        } in [self.short.rate, self.long.rate]
        {
            if interval_millis == 0 {
                continue;
            }
            f.write_str(separator)?;
            separator = ", ";
            if burst > 1 {
                write!(f, "after {burst} in a row ")?;
            }
            write!(f, "one message every {interval_millis} ms")?;
        }
        f.write_str(if separator.is_empty() { "no limit" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    use crate::delivery::Notifier;

    /// Sends whenever allowed, in steps of 100 ms, and returns the times.
    fn greedy(mut pacing: Pacing, until: u64) -> Vec<u64> {
        let mut sent = Vec::new();
        for millis in (0..until).step_by(100) {
            let now = Instant::from_millis(millis);
            while pacing.ready_at() <= now && sent.len() < 10_000 {
                pacing.take(now);
                sent.push(millis);
            }
        }
        sent
    }

    /// The largest number of messages within any window of `width` ms.
    fn densest(sent: &[u64], width: u64) -> usize {
        sent.iter()
            .map(|&start| {
                sent.iter()
                    .filter(|&&at| at >= start && at < start + width)
                    .count()
            })
            .max()
            .unwrap_or(0)
    }

    /// Telegram's two rules hold in every window, not only on average.
    #[test]
    fn telegram_windows() {
        let sent = greedy(Notifier::Telegram.pacing(), 600_000);
        assert_eq!(densest(&sent, 1_000), 1);
        assert!(densest(&sent, 60_000) <= 20);
        assert_eq!(&sent[..4], [0, 1_000, 2_000, 3_000]);
        assert!(sent.len() >= 150, "the rate itself is used: {}", sent.len());
    }

    /// Bursts where allowed, the interval after them, nothing else.
    #[test]
    fn bursts_then_intervals() {
        assert_eq!(
            greedy(Notifier::Discord.pacing(), 6_001)[..],
            [0, 0, 2_000, 4_000, 6_000]
        );
        assert_eq!(densest(&greedy(Notifier::Slack.pacing(), 60_000), 1_000), 1);
        assert_eq!(densest(&greedy(Notifier::Teams.pacing(), 60_000), 1_000), 1);
        assert_eq!(densest(&greedy(Notifier::Generic1.pacing(), 60_000), 1), 10);
    }

    /// A leap of the clock fills the bucket but never beyond its burst.
    #[test]
    fn a_leap_forward_gives_one_burst() {
        let mut pacing = Notifier::Generic1.pacing();
        let later = Instant::from_millis(u64::MAX / 2);
        let mut passed = 0;
        while pacing.ready_at() <= later && passed < 100 {
            pacing.take(later);
            passed += 1;
        }
        assert_eq!(passed, 10);
    }

    /// Users read the limits as they are kept.
    #[test]
    fn limits_in_words() {
        let burst = Rate {
            burst: 5,
            interval_millis: 2_000,
        };
        for (short, long, expected) in [
            (Rate::UNLIMITED, Rate::UNLIMITED, "no limit"),
            (
                Rate::every(900),
                Rate::UNLIMITED,
                "one message every 900 ms",
            ),
            (
                Rate::UNLIMITED,
                burst,
                "after 5 in a row one message every 2000 ms",
            ),
            (
                Rate::every(900),
                burst,
                "one message every 900 ms, after 5 in a row one message every 2000 ms",
            ),
        ] {
            assert_eq!(Pacing::new(short, long).to_string(), expected);
        }
    }

    /// No limit means no limit.
    #[test]
    fn unlimited() {
        let mut pacing = Pacing::NONE;
        for _ in 0..1_000 {
            pacing.take(Instant::from_millis(7));
        }
        assert!(pacing.ready_at() <= Instant::from_millis(7));
    }
}
