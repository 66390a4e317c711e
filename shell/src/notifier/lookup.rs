//! Looking a name up, with a deadline.
//!
//! libc's look-up cannot be interrupted, so it has a thread of its own, which
//! ends when libc gives up (5 s in musl). A notifier starts no other one while
//! that lives, so there is at most one per notifier.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::Instant;

use super::connection::{Failure, Phase};
use crate::clock;
use crate::threads;

/// A notifier's look-ups.
#[derive(Default)]
pub(super) struct Lookup {
    /// One whose end was not waited for.
    earlier: Option<Arc<Shared>>,
}

/// What a look-up's thread and the one that waits share.
#[derive(Default)]
struct Shared {
    /// What was found, once it has ended: nothing for a name that is not known.
    addresses: Mutex<Option<Vec<SocketAddr>>>,
    ended: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<SocketAddr>>> {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the result, at most until the given time.
    fn wait(&self, until: Instant) -> Option<Vec<SocketAddr>> {
        let mut addresses = self.lock();
        loop {
            let left = until.since(clock::now());
            if addresses.is_some() || left == 0 {
                return addresses.take();
            }
            let timeout = Duration::from_millis(left);
            (addresses, _) = self
                .ended
                .wait_timeout(addresses, timeout)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Lookup {
    /// Waits for the thread of an earlier look-up, at most until the given
    /// time. Returns whether there is none any more.
    pub(super) fn wait_for_earlier(&mut self, until: Instant) -> bool {
        let ended = |earlier: &Arc<Shared>| earlier.wait(until).is_some();
        if self.earlier.as_ref().is_none_or(ended) {
            self.earlier = None;
        }
        self.earlier.is_none()
    }

    /// Returns the addresses of a host, of which there is at least one.
    pub(super) fn addresses(
        &mut self,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, Failure> {
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            return Ok(vec![SocketAddr::new(IpAddr::V4(address), port)]);
        }
        let shared = Arc::new(Shared::default());
        let (theirs, host) = (Arc::clone(&shared), host.to_owned());
        let look_up = move || {
            let found = (host.as_str(), port).to_socket_addrs();
            *theirs.lock() = Some(found.map(Iterator::collect).unwrap_or_default());
            theirs.ended.notify_all();
        };
        threads::start("lookup", Box::new(look_up)).map_err(|_| Failure::Thread)?;
        match shared.wait(deadline) {
            Some(addresses) if addresses.is_empty() => Err(Failure::Unresolved),
            Some(addresses) => Ok(addresses),
            None => {
                self.earlier = Some(shared);
                Err(Failure::Deadline(Phase::Resolving))
            }
        }
    }
}
