//! A listener as std has it, but dual-stack whatever the system's defaults are.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd as _;

use super::udp_socket::{bind_any, check};

/// Connections that may wait to be accepted; the one thread that does so is quick.
const BACKLOG: libc::c_int = 16;

/// Returns whether an error of a socket that does not block means no more than that
/// nothing can be done now.
pub(crate) fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
    )
}

/// Listens on an address without ever blocking; one of IPv6 takes IPv4 as well.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bind_any(address, libc::SOCK_STREAM)?;
    // SAFETY: no pointers are involved.
    check(unsafe { libc::listen(socket.as_raw_fd(), BACKLOG) })?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}
