//! The lines that this process has printed, to know them if a router logs them
//! and sends them back.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use alertik_core::syslog::OwnOutput;

use crate::sys::random::random;

/// Remembers lines that are about to be printed, each ended by a line feed.
pub(crate) fn remember(lines: &[u8]) {
    lock().remember(lines);
}

/// Returns whether a message is a line that was printed.
pub(crate) fn is_own_output(message: &[u8]) -> bool {
    lock().contains(message)
}

fn lock() -> MutexGuard<'static, OwnOutput> {
    static PRINTED: OnceLock<Mutex<OwnOutput>> = OnceLock::new();
    PRINTED
        .get_or_init(|| Mutex::new(OwnOutput::new((random(), random()))))
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
