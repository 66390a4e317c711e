//! Options that std's UDP socket lacks: dual-stack binding that does not depend on
//! a sysctl, a larger receive buffer, and the kernel's count of its drops.

use std::io;
use std::mem::size_of;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use libc::{c_int, c_void, socklen_t};

/// Opens and binds a UDP socket; one on an IPv6 address takes IPv4 as well,
/// whatever `net.ipv6.bindv6only` says.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    bind_any(address, libc::SOCK_DGRAM).map(UdpSocket::from)
}

/// The same for a socket of any kind.
pub(super) fn bind_any(address: SocketAddr, kind: c_int) -> io::Result<OwnedFd> {
    let family = if address.is_ipv6() {
        libc::AF_INET6
    } else {
        libc::AF_INET
    };
    // SAFETY: no pointers are involved.
    let fd = check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the descriptor was just opened and nobody else owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    if kind == libc::SOCK_STREAM {
        // Connections of an earlier run that have just ended keep the port for a
        // minute otherwise.
        set_option(&socket, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    }
    match address {
        SocketAddr::V4(v4) => {
            // SAFETY: all-zero bytes are a valid `sockaddr_in`.
            let mut raw: libc::sockaddr_in = unsafe { std::mem::zeroed() };
            raw.sin_family = family as libc::sa_family_t;
            raw.sin_port = v4.port().to_be();
            raw.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            bind_raw(&socket, &raw)?;
        }
        SocketAddr::V6(v6) => {
            set_option(&socket, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0)?;
            // SAFETY: all-zero bytes are a valid `sockaddr_in6`.
            let mut raw: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
            raw.sin6_family = family as libc::sa_family_t;
            raw.sin6_port = v6.port().to_be();
            raw.sin6_addr.s6_addr = v6.ip().octets();
            raw.sin6_scope_id = v6.scope_id();
            bind_raw(&socket, &raw)?;
        }
    }
    Ok(socket)
}

/// Requests a receive buffer of `bytes`, beyond the system's limit if the process
/// may do that (CAP_NET_ADMIN), and returns the size that the kernel granted.
/// Linux counts its own overhead, so about half of that is usable.
pub(crate) fn raise_receive_buffer(socket: &UdpSocket, bytes: c_int) -> io::Result<usize> {
    if set_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes).is_err() {
        set_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, bytes)?;
    }
    let mut granted = [0];
    get_option(socket, libc::SO_RCVBUF, &mut granted)?;
    Ok(granted[0] as usize)
}

/// Returns how many datagrams the kernel has dropped on this socket, modulo
/// 2^32 (`SK_MEMINFO_DROPS`, Linux 4.12 and later).
pub(crate) fn drops(socket: &UdpSocket) -> io::Result<u32> {
    memory_info(socket).map(|info| info[8])
}

/// Returns the memory of the datagrams that wait in the kernel, in bytes
/// (`SK_MEMINFO_RMEM_ALLOC`).
pub(crate) fn queued(socket: &UdpSocket) -> io::Result<u32> {
    memory_info(socket).map(|info| info[0])
}

/// Reads the nine values of linux/sock_diag.h.
fn memory_info(socket: &UdpSocket) -> io::Result<[u32; 9]> {
    let mut info = [0; 9];
    get_option(socket, libc::SO_MEMINFO, &mut info)?;
    Ok(info)
}

fn bind_raw<T>(socket: &OwnedFd, address: &T) -> io::Result<()> {
    let length = size_of::<T>() as socklen_t;
    // SAFETY: `address` is a sockaddr of its family, valid for the call, and
    // `length` is its size.
    check(unsafe {
        libc::bind(
            socket.as_raw_fd(),
            std::ptr::from_ref(address).cast(),
            length,
        )
    })?;
    Ok(())
}

fn set_option(socket: &impl AsRawFd, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    let (value, length) = (&raw const value, size_of::<c_int>() as socklen_t);
    // SAFETY: the value is valid for the call and `length` is its size.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            value.cast::<c_void>(),
            length,
        )
    })?;
    Ok(())
}

/// Reads an option of `SOL_SOCKET` made of 32-bit integers.
fn get_option(socket: &UdpSocket, name: c_int, values: &mut [u32]) -> io::Result<()> {
    let mut length = size_of_val(values) as socklen_t;
    let (fd, values) = (socket.as_raw_fd(), values.as_mut_ptr().cast::<c_void>());
    // SAFETY: the kernel writes at most `length` bytes, the size of `values`, and
    // a `u32` may hold any bytes.
    check(unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, values, &raw mut length) })?;
    Ok(())
}

pub(super) fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
