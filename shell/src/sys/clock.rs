//! The only place that reads a clock.

use std::sync::OnceLock;
use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use alertik_core::time::{Instant, Wall};

use crate::sys::local_time;

/// Pause after an error of the operating system that is likely to repeat.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Returns the monotonic time since the first call.
pub(crate) fn now() -> Instant {
    static EPOCH: OnceLock<StdInstant> = OnceLock::new();
    let elapsed = EPOCH.get_or_init(StdInstant::now).elapsed();
    // `as_millis` would compute with 128 bits, on every message.
    Instant::from_millis(elapsed.as_secs() * 1_000 + u64::from(elapsed.subsec_millis()))
}

/// Returns the wall-clock time; before 1970 reads as 1970.
pub(crate) fn wall() -> Wall {
    wall_in(0)
}

/// Returns the wall-clock time that will be in so many seconds.
pub(crate) fn wall_in(secs: u64) -> Wall {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let secs = since_epoch.as_secs().saturating_add(secs);
    let unix_secs = i64::try_from(secs).unwrap_or(i64::MAX);
    Wall {
        unix_secs,
        offset_secs: local_time::offset_secs(unix_secs),
    }
}
