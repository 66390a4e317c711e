//! The state that the receivers and the resolver of forward mode share.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alertik_core::routers::Names;

/// The server's address and the counts. Never locked while something is sent.
#[derive(Debug)]
pub(crate) struct ForwardState {
    inner: Mutex<Inner>,
    /// The names for the headers, if there are any.
    names: Option<Names>,
}

#[derive(Debug, Default)]
struct Inner {
    address: Option<SocketAddr>,
    counts: ForwardCounts,
}

/// Datagrams since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ForwardCounts {
    /// Those sent on.
    pub(crate) forwarded: u64,
    /// Those that could not be sent on.
    pub(crate) failed: u64,
}

impl ForwardState {
    /// Returns the state before the server's address is known. With `names` datagrams
    /// get a header.
    pub(crate) fn new(names: Option<Names>) -> Self {
        Self {
            inner: Mutex::default(),
            names,
        }
    }

    /// Returns the names for headers, if datagrams get any.
    pub(super) const fn names(&self) -> Option<&Names> {
        self.names.as_ref()
    }

    /// Returns the counts since the start.
    pub(crate) fn counts(&self) -> ForwardCounts {
        self.lock().counts
    }

    /// Counts a datagram.
    pub(super) fn count(&self, forwarded: bool) {
        let counts = &mut self.lock().counts;
        *if forwarded {
            &mut counts.forwarded
        } else {
            &mut counts.failed
        } += 1;
    }

    /// Returns the server's address, if it is known.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.lock().address
    }

    /// Sets the server's address; with `None` nothing is sent.
    pub(super) fn set_address(&self, address: Option<SocketAddr>) {
        self.lock().address = address;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
