//! The only place that starts threads: std's own function is generic, and each
//! caller would bring another copy of it, 0.6 kB on ARMv7.

use std::io;
use std::thread;

/// Stack of a thread, in bytes. Only the part in use is resident; TLS needs the
/// most, about 60 kB in a debug build.
const STACK_BYTES: usize = 512 * 1_024;

/// Starts a thread that nobody joins.
///
/// # Errors
///
/// If the system has no more threads.
pub(crate) fn start(name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map(drop)
}
