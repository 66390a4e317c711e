//! How long to wait after a failed attempt.

/// Exponential back-off with "equal jitter" (Brooker, "Exponential Backoff And
/// Jitter", 2015): half of the interval is certain, half is random.
///
/// Full jitter spreads many clients better, but a router that has just lost
/// its uplink must not retry at once, again and again. The random numbers only
/// need to differ between routers, so a 32-bit xorshift (Marsaglia 2003) with
/// a seed from the shell will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    failures: u32,
    random: u32,
}

/// The first interval, in milliseconds.
pub(super) const BACKOFF_FIRST_MILLIS: u64 = 1_000;

/// The longest interval, in milliseconds: an uplink that returns is used within
/// a minute, and one attempt a minute burdens nobody.
pub(super) const BACKOFF_MAX_MILLIS: u64 = 60_000;

const _: () = assert!(BACKOFF_FIRST_MILLIS.is_multiple_of(2) && BACKOFF_FIRST_MILLIS > 0);

impl Backoff {
    /// Returns a back-off without failures yet.
    #[must_use]
    pub(super) const fn new(seed: u32) -> Self {
        Self {
            failures: 0,
            // Zero is xorshift's fixed point.
            random: if seed == 0 { 0x9E37_79B9 } else { seed },
        }
    }

    /// Counts a failure and returns the milliseconds to wait.
    pub(super) fn next_millis(&mut self) -> u64 {
        let interval = BACKOFF_FIRST_MILLIS
            .checked_shl(self.failures.min(16))
            .unwrap_or(BACKOFF_MAX_MILLIS)
            .min(BACKOFF_MAX_MILLIS);
        self.failures = self.failures.saturating_add(1);
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        let half = interval / 2;
        half + u64::from(self.random) % (half + 1)
    }

    /// Returns how many attempts in a row have failed.
    #[must_use]
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// Forgets the failures.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every interval doubles up to the limit, for any number of failures.
    #[test]
    fn intervals_double_up_to_the_limit() {
        let mut backoff = Backoff::new(7);
        let mut interval = BACKOFF_FIRST_MILLIS;
        for _ in 0..1_000 {
            let millis = backoff.next_millis();
            assert!((interval / 2..=interval).contains(&millis), "{millis}");
            interval = (interval * 2).min(BACKOFF_MAX_MILLIS);
        }
        assert_eq!(backoff.failures(), 1_000);
        backoff.reset();
        assert!(backoff.next_millis() <= BACKOFF_FIRST_MILLIS);
    }

    /// Different seeds give different waits, and 0 is a seed like any other.
    #[test]
    fn seeds_spread_the_attempts() {
        let waits: BTreeSet<u64> = (0..100)
            .map(|seed| {
                let mut backoff = Backoff::new(seed * 0x0101_0101);
                (0..5).map(|_| backoff.next_millis()).sum()
            })
            .collect();
        assert!(waits.len() > 90, "{}", waits.len());
    }
}
