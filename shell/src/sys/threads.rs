//! The only place that starts threads: std's own function is generic, and each
//! kind of work would bring another copy of it, 0.6 kB on ARMv7.

use std::io;
use std::thread;

/// Stack of a thread, in bytes. Only what is used of it is resident; TLS needs
/// about 60 kB in a debug build, the most of all.
const STACK_BYTES: usize = 512 * 1_024;

/// Starts a thread that nobody waits for.
///
/// # Errors
///
/// Where the system has no more threads.
pub(crate) fn start(name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map(drop)
}
