//! Random operations on the engine, its digests and the courier against plain models.
//!
//! `cargo test` runs them for about a second each. `MODEL_SECS` sets another
//! time, up to hours; `MODEL_SEED` begins with the seed that a failure printed.

mod courier;
mod digest;
mod engine;
mod policies;

use std::time::{Duration, Instant};

/// A xorshift generator (Marsaglia 2003): a failure is repeated by its seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    /// Returns true once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// Runs `round` with one seed after the other until the time is over.
pub(crate) fn run(name: &str, round: fn(&mut Random)) {
    let variable = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let time = Duration::from_secs(variable("MODEL_SECS").unwrap_or(1));
    let mut seed = variable("MODEL_SEED").unwrap_or(1);
    let begun = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || begun.elapsed() < time {
        // Shown only if the round panics.
        println!("{name}: MODEL_SEED={seed}");
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        round(&mut random);
        seed += 1;
        rounds += 1;
    }
    println!("{name}: {rounds} rounds");
}
