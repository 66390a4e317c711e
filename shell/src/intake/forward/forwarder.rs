//! The receiver's part of forward mode: sends each datagram on.
//!
//! It never waits: as long as the name is not resolved, or the socket takes
//! nothing, datagrams are counted as not forwarded. A change of state is logged
//! once.

use std::net::SocketAddr;

use embedded_nal::UdpClientStack;

use super::state::ForwardState;

/// The receiver's part of forward mode; without a state it does nothing.
pub(crate) struct Forwarder<S: UdpClientStack> {
    state: Option<&'static ForwardState>,
    socket: Option<(SocketAddr, S::UdpSocket)>,
    failing: bool,
}

impl<S> Forwarder<S>
where
    S: UdpClientStack,
    S::Error: core::fmt::Display,
{
    /// Returns a forwarder that always uses the current address in `state`.
    pub(crate) const fn new(state: Option<&'static ForwardState>) -> Self {
        Self {
            state,
            socket: None,
            failing: false,
        }
    }

    /// Returns whether forward mode is on.
    pub(crate) const fn is_on(&self) -> bool {
        self.state.is_some()
    }

    /// Sends a datagram on.
    pub(crate) fn forward(&mut self, stack: &mut S, datagram: &[u8]) {
        let Some(state) = self.state else { return };
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
