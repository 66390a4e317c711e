//! The part of the running daemon that its threads share and that a status is
//! made of.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Mutex, MutexGuard, PoisonError};

use alertik_core::routers::HeardRouter;

use crate::daemon::matcher::{MatcherStatus, Published};
use crate::daemon::state::StateFile;
use crate::intake::forward::ForwardState;
use crate::intake::gate::Gate;
use crate::intake::queue::Queue;
use crate::intake::tcp::TcpCounts;
use crate::notifier::Senders;
use crate::sys::udp_socket;

/// The parts of the running daemon that several threads use.
pub(crate) struct Daemon {
    /// Who may send, in front of the receiver.
    pub(super) gate: Gate,
    /// Between the receiver and the matcher.
    pub(super) queue: &'static Queue,
    /// The matcher's status and its routers as of its last message.
    pub(super) matcher: Mutex<Published>,
    /// Forward mode, if it is on.
    pub(super) forward: Option<&'static ForwardState>,
    /// The notifiers at work.
    pub(super) senders: Senders,
    /// The address that datagrams are received on.
    pub(crate) local: SocketAddr,
    /// A second handle of the receiver's socket, to ask the kernel about it.
    pub(super) socket: Option<UdpSocket>,
    /// How long the end may take for what waits, in milliseconds.
    pub(super) stop_millis: u64,
    /// What the rules know of earlier messages, if it is kept.
    pub(super) state: Option<&'static StateFile>,
    /// The connections of TCP.
    pub(super) tcp: TcpCounts,
}

impl Daemon {
    /// Returns the matcher's status as of its last message.
    pub(crate) fn matcher_status(&self) -> MatcherStatus {
        self.published().status
    }

    /// Returns the routers heard most recently, as of the matcher's last message.
    pub(super) fn routers(&self) -> Vec<HeardRouter> {
        self.published().routers.to_vec()
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        self.matcher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many datagrams the kernel has dropped, modulo 2^32, or
    /// nothing if it does not say.
    pub(super) fn kernel_drops(&self) -> Option<u32> {
        udp_socket::drops(self.socket.as_ref()?).ok()
    }

    /// Returns whether the kernel holds datagrams that were not received yet.
    pub(super) fn holds_datagrams(&self) -> bool {
        let socket = self.socket.as_ref();
        socket.is_some_and(|socket| udp_socket::queued(socket).is_ok_and(|bytes| bytes > 0))
    }
}
