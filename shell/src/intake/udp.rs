//! embedded-nal's UDP traits over std sockets: blocking, on Linux.
//!
//! The receiver is written against the traits, so that another network stack
//! can stand in without touching it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use embedded_nal::{UdpClientStack, UdpFullStack};

use crate::sys::datagrams::Datagrams;
use crate::sys::udp_socket;

/// A network stack that can hand over several datagrams at once, for which
/// embedded-nal has no words.
pub(crate) trait ReceiveMany: UdpFullStack {
    /// Receives like [`receive`](UdpClientStack::receive), and with the first
    /// datagram those that wait already, as many as there is room for.
    fn receive_many(
        &mut self,
        socket: &mut Self::UdpSocket,
        datagrams: &mut Datagrams,
    ) -> nb::Result<(), Self::Error>;
}

/// The host's network stack.
#[derive(Debug)]
pub(crate) struct StdStack {
    /// The local address that `bind` uses.
    pub(crate) local: IpAddr,
}

/// A socket that is opened once it is bound or connected, because its address
/// family is not known before.
#[derive(Debug, Default)]
pub(crate) struct Socket(Option<UdpSocket>);

impl Socket {
    /// Returns std's socket, for options that the traits do not cover.
    pub(crate) const fn std(&self) -> Option<&UdpSocket> {
        self.0.as_ref()
    }

    fn open(&self) -> io::Result<&UdpSocket> {
        self.0
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

/// Opens a socket that sends to one address.
///
/// # Errors
///
/// If there is no route to the address, among others.
pub(crate) fn connected(remote: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let opened = UdpSocket::bind((any, 0))?;
    opened.connect(remote)?;
    Ok(opened)
}

impl UdpClientStack for StdStack {
    type UdpSocket = Socket;
    type Error = io::Error;

    fn socket(&mut self) -> Result<Socket, io::Error> {
        Ok(Socket::default())
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> Result<(), io::Error> {
        let opened = connected(remote)?;
        // A full send buffer is a loss to count, not a reason to wait.
        opened.set_nonblocking(true)?;
        socket.0 = Some(opened);
        Ok(())
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<(), io::Error> {
        socket
            .open()
            .and_then(|socket| socket.send(buffer))
            .map_err(to_nb)?;
        Ok(())
    }

    fn receive(
        &mut self,
        socket: &mut Socket,
        buffer: &mut [u8],
    ) -> nb::Result<(usize, SocketAddr), io::Error> {
        socket
            .open()
            .and_then(|socket| socket.recv_from(buffer))
            .map_err(to_nb)
    }

    fn close(&mut self, _: Socket) -> Result<(), io::Error> {
        Ok(())
    }
}

impl UdpFullStack for StdStack {
    fn bind(&mut self, socket: &mut Socket, local_port: u16) -> Result<(), io::Error> {
        socket.0 = Some(udp_socket::bind(SocketAddr::new(self.local, local_port))?);
        Ok(())
    }

    fn send_to(
        &mut self,
        socket: &mut Socket,
        remote: SocketAddr,
        buffer: &[u8],
    ) -> nb::Result<(), io::Error> {
        socket
            .open()
            .and_then(|socket| socket.send_to(buffer, remote))
            .map_err(to_nb)?;
        Ok(())
    }
}

impl ReceiveMany for StdStack {
    fn receive_many(
        &mut self,
        socket: &mut Socket,
        datagrams: &mut Datagrams,
    ) -> nb::Result<(), io::Error> {
        socket
            .open()
            .and_then(|socket| datagrams.receive(socket))
            .map_err(to_nb)
    }
}

/// Maps an interrupted call to one that would block: both are repeated.
fn to_nb(error: io::Error) -> nb::Error<io::Error> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => nb::Error::WouldBlock,
        _ => nb::Error::Other(error),
    }
}
