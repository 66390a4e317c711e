//! The resolver thread of forward mode: looks the server's name up forever.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::state::ForwardState;
use crate::intake::udp;
use crate::net::resolve;
use crate::settings::ForwardTarget;
use crate::sys::clock;

/// Time until a name that did not resolve is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// Time until a name that resolved is looked up again, in case its address
/// moved.
const REFRESH_PAUSE: Duration = Duration::from_secs(300);
/// Longest look-up, in milliseconds. Nobody waits for it; names within many
/// domains need it.
const LOOK_UP_MILLIS_MAX: u64 = 60_000;

/// Longest look-up that somebody waits for, in milliseconds.
const TRIAL_MILLIS_MAX: u64 = 5_000;

/// Returns what is wrong with a server, in words that follow its name.
pub(crate) fn fault(target: &ForwardTarget, own_port: u16) -> Option<&'static str> {
    match look_up(target, own_port, TRIAL_MILLIS_MAX) {
        Ok(_) => None,
        Err(NoTarget::NoAddress) => Some("has no address; correct the name, or ask again later"),
        Err(NoTarget::Ourselves) => {
            Some("is this daemon itself, so it does not forward; name another server or port")
        }
    }
}

/// Keeps the address in `state` up to date, forever, and logs each change once.
pub(crate) fn resolve(target: &ForwardTarget, own_port: u16, state: &ForwardState) -> ! {
    let mut reported = None;
    loop {
        let outcome = look_up(target, own_port, LOOK_UP_MILLIS_MAX);
        match outcome {
            Ok(address) => state.set_address(Some(address)),
            Err(NoTarget::Ourselves) => state.set_address(None),
            // The server may still be where it was.
            Err(NoTarget::NoAddress) => {}
        }
        if reported != Some(outcome) {
            reported = Some(outcome);
            report(target, outcome);
        }
        std::thread::sleep(if outcome.is_ok() {
            REFRESH_PAUSE
        } else {
            RETRY_PAUSE
        });
    }
}

fn report(target: &ForwardTarget, outcome: Result<SocketAddr, NoTarget>) {
    let ForwardTarget { host, port, .. } = target;
    match outcome {
        Ok(address) => log::info!("forwarding to {host} port {port} ({})", address.ip()),
        Err(NoTarget::NoAddress) => {
            log::warn!("FORWARD_HOST: {host} has no address yet, still trying");
        }
        Err(NoTarget::Ourselves) => {
            log::error!("FORWARD_HOST: {host} port {port} is this daemon itself; not forwarding");
        }
    }
}

/// Why there is nowhere to forward to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoTarget {
    /// The name has no address.
    NoAddress,
    /// The address is the daemon's own, so datagrams would go round in circles.
    Ourselves,
}

fn look_up(target: &ForwardTarget, own_port: u16, millis_max: u64) -> Result<SocketAddr, NoTarget> {
    let deadline = clock::now().after(millis_max);
    let addresses =
        resolve::resolve(&target.host, target.port, deadline).map_err(|_| NoTarget::NoAddress)?;
    // Without a route to any the first one is as good as the others, and the
    // error of sending to it says what is wrong.
    let reached = addresses.iter().find(|&&address| has_route(address));
    let address = *reached.unwrap_or(&addresses[0]);
    if address.port() == own_port && is_local(address) {
        return Err(NoTarget::Ourselves);
    }
    Ok(address)
}

/// Returns whether there is a route to an address. Nothing is sent.
fn has_route(address: SocketAddr) -> bool {
    udp::connected(address).is_ok()
}

/// Returns whether an address is one of this machine: only then can a socket be
/// bound to it.
fn is_local(address: SocketAddr) -> bool {
    address.ip().is_unspecified() || UdpSocket::bind((address.ip(), 0)).is_ok()
}
