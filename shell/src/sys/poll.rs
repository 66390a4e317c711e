//! Waiting for file descriptors: for one to take bytes, or for several to have
//! something to read or to take bytes.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::time::Duration;

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

/// Sockets that are waited for together, at most `N`.
#[derive(Default)]
pub(crate) struct Poll<const N: usize> {
    entries: heapless::Vec<libc::pollfd, N>,
}

impl<const N: usize> Poll<N> {
    /// Takes all sockets out.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds a socket; one for which there is no room is not waited for.
    pub(crate) fn add(&mut self, socket: &impl AsFd) {
        self.push(socket.as_fd(), libc::POLLIN);
    }

    /// Adds a socket that is waited for until it takes bytes.
    pub(crate) fn add_writer(&mut self, socket: &impl AsFd) {
        self.push(socket.as_fd(), libc::POLLOUT);
    }

    fn push(&mut self, fd: BorrowedFd<'_>, events: libc::c_short) {
        let _ = self.entries.push(libc::pollfd {
            fd: fd.as_raw_fd(),
            events,
            revents: 0,
        });
    }

    /// Waits until a socket is ready, has ended or failed, at most for
    /// `limit`. One that was closed meanwhile counts as failed.
    ///
    /// # Errors
    ///
    /// Those of `poll`, apart from an interruption.
    pub(crate) fn wait(&mut self, limit: Duration) -> io::Result<()> {
        let millis = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
        let count = self.entries.len() as libc::nfds_t;
        // SAFETY: the pointer is to `count` entries, which the kernel writes to
        // during the call only.
        let result = unsafe { libc::poll(self.entries.as_mut_ptr(), count, millis) };
        match super::udp_socket::check(result) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.entries.iter_mut().for_each(|entry| entry.revents = 0);
                Ok(())
            }
            result => result.map(drop),
        }
    }

    /// Returns whether the socket that was added as number `index`, from 0, can be read,
    /// or written, at once.
    pub(crate) fn is_ready(&self, index: usize) -> bool {
        let entry = self.entries.get(index);
        entry.is_some_and(|entry| entry.revents != 0)
    }
}
