//! Waiting for a file descriptor.

use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Waits until `fd` takes bytes again or has failed, however long that is. Returns
/// early if a signal interrupts.
pub(crate) fn wait_writable(fd: BorrowedFd<'_>) {
    let mut entry = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: the pointer is to one entry, which lives as long as the call, and
    // the descriptor is open for as long as it is borrowed.
    unsafe { libc::poll(&raw mut entry, 1, -1) };
}
