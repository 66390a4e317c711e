//! Forward mode: every datagram goes on, byte for byte, to another server.
//!
//! It runs in the receiver, before anything else looks at the datagram, and
//! never waits: while the name is not resolved, or the socket takes nothing, the
//! datagram is counted as not forwarded. A change of state is logged once.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use embedded_nal::UdpClientStack;

use crate::intake::udp;
use crate::net::resolve;
use crate::sys::atomic::AtomicU64;
use crate::sys::clock;

/// How often a name that did not resolve is tried again.
const RESOLVE_PAUSE: Duration = Duration::from_secs(5);
/// How often a name that resolved is asked again, in case its address moved.
const REFRESH_PAUSE: Duration = Duration::from_secs(300);

/// How long looking the name up may take at a time, in milliseconds. Nobody
/// waits for it; it is for names within many domains.
const RESOLVE_MILLIS_MAX: u64 = 60_000;

/// Where datagrams go, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// A name or an address.
    pub(crate) host: String,
    /// The UDP port.
    pub(crate) port: u16,
}

/// What the resolver and the receiver share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    address: Mutex<Option<SocketAddr>>,
    forwarded: AtomicU64,
    failed: AtomicU64,
}

impl Shared {
    /// Returns how many datagrams went on, and how many could not.
    pub(crate) fn counters(&self) -> (u64, u64) {
        (
            self.forwarded.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        )
    }

    fn address(&self) -> Option<SocketAddr> {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_address(&self, address: Option<SocketAddr>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }
}

/// The receiver's side of forward mode; without a target it does nothing.
pub(crate) struct Forwarder<S: UdpClientStack> {
    shared: Option<&'static Shared>,
    socket: Option<(SocketAddr, S::UdpSocket)>,
    failing: bool,
}

impl<S> Forwarder<S>
where
    S: UdpClientStack,
    S::Error: core::fmt::Display,
{
    /// Returns a forwarder to the address that `shared` holds from time to time.
    pub(crate) const fn new(shared: Option<&'static Shared>) -> Self {
        Self {
            shared,
            socket: None,
            failing: false,
        }
    }

    /// Sends a datagram on.
    pub(crate) fn forward(&mut self, stack: &mut S, datagram: &[u8]) {
        let Some(shared) = self.shared else { return };
        // Without an address the resolver has said why.
        let result = shared
            .address()
            .map(|address| self.send(stack, address, datagram));
        if matches!(result, Some(Ok(()))) {
            shared.forwarded.fetch_add(1, Ordering::Relaxed);
            if std::mem::replace(&mut self.failing, false) {
                log::info!("forwarding again");
            }
            return;
        }
        shared.failed.fetch_add(1, Ordering::Relaxed);
        if let Some(Err(error)) = result
            && !std::mem::replace(&mut self.failing, true)
        {
            match error {
                nb::Error::Other(error) => log::warn!("cannot forward: {error}"),
                nb::Error::WouldBlock => log::warn!("cannot forward: the send buffer is full"),
            }
        }
    }

    fn send(
        &mut self,
        stack: &mut S,
        address: SocketAddr,
        datagram: &[u8],
    ) -> nb::Result<(), S::Error> {
        if self
            .socket
            .as_ref()
            .is_none_or(|(current, _)| *current != address)
        {
            let mut socket = stack.socket()?;
            stack.connect(&mut socket, address)?;
            self.socket = Some((address, socket));
        }
        let Some((_, socket)) = &mut self.socket else {
            return Err(nb::Error::WouldBlock);
        };
        stack.send(socket, datagram)
    }
}

/// Resolves the target for ever; runs in a thread of its own, since an answer
/// may take its time.
pub(crate) fn resolve(target: &Target, own_port: u16, shared: &Shared) -> ! {
    let mut told = None;
    loop {
        let outcome = resolve_once(target, own_port);
        if let Ok(address) = outcome {
            shared.set_address(Some(address));
        } else if outcome == Err(Unresolved::Ourselves) {
            shared.set_address(None);
        }
        if told != Some(outcome) {
            told = Some(outcome);
            let Target { host, port } = target;
            match outcome {
                Ok(address) => log::info!("forwarding to {host} port {port} ({})", address.ip()),
                Err(Unresolved::NoAddress) => {
                    log::warn!("FORWARD_HOST: {host} has no address yet, trying on");
                }
                Err(Unresolved::Ourselves) => {
                    log::error!(
                        "FORWARD_HOST: {host} port {port} is this daemon itself; not forwarding"
                    );
                }
            }
        }
        std::thread::sleep(if outcome.is_ok() {
            REFRESH_PAUSE
        } else {
            RESOLVE_PAUSE
        });
    }
}

/// Why there is no address to forward to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unresolved {
    NoAddress,
    Ourselves,
}

fn resolve_once(target: &Target, own_port: u16) -> Result<SocketAddr, Unresolved> {
    let deadline = clock::now().after(RESOLVE_MILLIS_MAX);
    let addresses =
        resolve::resolve(&target.host, target.port, deadline).map_err(|_| Unresolved::NoAddress)?;
    let reached = addresses.iter().find(|&&address| has_route(address));
    let address = *reached.unwrap_or(&addresses[0]);
    if address.port() == own_port && is_local(address) {
        return Err(Unresolved::Ourselves);
    }
    Ok(address)
}

/// Returns whether there is a way to an address. Nothing is sent.
fn has_route(address: SocketAddr) -> bool {
    udp::connected(address).is_ok()
}

/// Returns whether an address is one of this machine: only then can a socket be
/// bound to it.
fn is_local(address: SocketAddr) -> bool {
    address.ip().is_unspecified() || UdpSocket::bind((address.ip(), 0)).is_ok()
}
