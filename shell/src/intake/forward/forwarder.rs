//! The receiver's part of forward mode: sends each datagram on, with a header if that is
//! wanted.
//!
//! It never waits: as long as the name is not resolved, or the socket takes
//! nothing, datagrams are counted as not forwarded. A change of state is logged
//! once.

use std::net::{IpAddr, SocketAddr};

use alertik_core::routers::Names;
use alertik_core::syslog::{Sender, parse, write_rfc5424};
use embedded_nal::UdpClientStack;

use super::state::ForwardState;
use crate::sys::clock;

/// Longest datagram that is sent with a header, in bytes: the most that UDP over IPv4
/// takes. What is longer is cut.
const RELAYED_BYTES_MAX: usize = 65_507;

/// The receiver's part of forward mode; without a state it does nothing.
pub(crate) struct Forwarder<S: UdpClientStack> {
    state: Option<&'static ForwardState>,
    socket: Option<(SocketAddr, S::UdpSocket)>,
    failing: bool,
    /// For datagrams with a header; empty without.
    buffer: Vec<u8>,
}

impl<S> Forwarder<S>
where
    S: UdpClientStack,
    S::Error: core::fmt::Display,
{
    /// Returns a forwarder that always uses the current address in `state`.
    pub(crate) fn new(state: Option<&'static ForwardState>) -> Self {
        let has_header = state.is_some_and(|state| state.names().is_some());
        Self {
            state,
            socket: None,
            failing: false,
            buffer: vec![0; if has_header { RELAYED_BYTES_MAX } else { 0 }],
        }
    }

    /// Returns whether forward mode is on.
    pub(crate) const fn is_on(&self) -> bool {
        self.state.is_some()
    }

    /// Sends a datagram on that came from an address.
    pub(crate) fn forward(&mut self, stack: &mut S, source: IpAddr, datagram: &[u8]) {
        let Some(state) = self.state else { return };
        let Some(names) = state.names() else {
            return self.pass_on(stack, state, datagram);
        };
        let mut buffer = std::mem::take(&mut self.buffer);
        let length = relay(names, source, datagram, &mut buffer);
        self.pass_on(stack, state, &buffer[..length]);
        self.buffer = buffer;
    }

    fn pass_on(&mut self, stack: &mut S, state: &ForwardState, datagram: &[u8]) {
        // If there is no address, the resolver has logged why.
        let result = state
            .address()
            .map(|address| self.send(stack, address, datagram));
        if matches!(result, Some(Ok(()))) {
            state.count(true);
            if std::mem::replace(&mut self.failing, false) {
                log::info!("forwarding again");
            }
            return;
        }
        state.count(false);
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

/// Writes a datagram with a header and returns its length.
fn relay(names: &Names, source: IpAddr, datagram: &[u8], out: &mut [u8]) -> usize {
    let source = source.to_canonical();
    let router = names.label(source, &parse(datagram));
    let sender = Sender {
        router: &router,
        source,
        at: clock::wall(),
    };
    write_rfc5424(datagram, &sender, out)
}
