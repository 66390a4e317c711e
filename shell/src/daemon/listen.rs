//! Opens the sockets that the daemon receives on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use embedded_nal::{UdpClientStack as _, UdpFullStack as _};

use crate::intake::udp::{Socket, StdStack};
use crate::sys::{tcp_listener, udp_socket};

/// Size of the receive buffer to ask for, in bytes. The kernel counts about 770
/// bytes for a usual line, and doubles what it is asked for, so this holds 2,700
/// of them.
const RECEIVE_BUFFER_BYTES: libc::c_int = 1 << 20;

/// What users call a socket.
#[derive(Clone, Copy)]
struct Variables {
    /// The variable of its port.
    port: &'static str,
    /// The variable of its address.
    address: &'static str,
    protocol: &'static str,
}

const UDP: Variables = Variables {
    port: "SYSLOG_PORT",
    address: "SYSLOG_ADDR",
    protocol: "UDP",
};
const TCP: Variables = Variables {
    port: "SYSLOG_TCP_PORT",
    protocol: "TCP",
    ..UDP
};
const METRICS: Variables = Variables {
    port: "METRICS_ADDR",
    address: "METRICS_ADDR",
    ..TCP
};

/// The socket, and what belongs to it.
pub(super) struct Listening {
    /// The network stack that the socket is of.
    pub(super) stack: StdStack,
    /// The bound socket.
    pub(super) socket: Socket,
    /// Its address, with the port that the system chose if the setting is 0.
    pub(super) local: SocketAddr,
    /// A second handle of the socket, to ask the kernel about it.
    pub(super) watched: Option<UdpSocket>,
}

/// Binds the socket and raises its receive buffer. Without a configured address
/// it takes datagrams of both families on every address, or of IPv4 alone if
/// the machine has no IPv6.
///
/// # Errors
///
/// Returns a line for the user with the variable to change.
pub(super) fn listen_on(listen: Option<IpAddr>, port: u16) -> Result<Listening, String> {
    let any = IpAddr::from(Ipv6Addr::UNSPECIFIED);
    let mut stack = StdStack {
        local: listen.unwrap_or(any),
    };
    let mut bound = bind(&mut stack, port);
    if listen.is_none() && bound.as_ref().is_err_and(means_no_ipv6) {
        stack.local = Ipv4Addr::UNSPECIFIED.into();
        bound = bind(&mut stack, port);
    }
    let (socket, local) =
        bound.map_err(|error| bind_error(&error, UDP, SocketAddr::new(stack.local, port)))?;
    let watched = raise_buffer(&socket);
    Ok(Listening {
        stack,
        socket,
        local,
        watched,
    })
}

/// Listens on a TCP port of the address that the UDP socket has.
///
/// # Errors
///
/// Returns a line for the user with the variable to change.
pub(super) fn listen_on_tcp(local: SocketAddr, port: u16) -> Result<TcpListener, String> {
    let address = SocketAddr::new(local.ip(), port);
    tcp_listener::listen(address).map_err(|error| bind_error(&error, TCP, address))
}

/// Listens for those who ask for metrics.
///
/// # Errors
///
/// Returns a line for the user with the variable to change.
pub(super) fn listen_for_metrics(address: SocketAddr) -> Result<TcpListener, String> {
    tcp_listener::listen(address).map_err(|error| bind_error(&error, METRICS, address))
}

/// Binds what the functions above would, and lets go of it.
///
/// # Errors
///
/// Returns a line for the user with the variable to change.
pub(crate) fn try_to_listen(
    listen: Option<IpAddr>,
    port: u16,
    tcp_port: Option<u16>,
    metrics: Option<SocketAddr>,
) -> Result<(), String> {
    let listening = listen_on(listen, port)?;
    if let Some(port) = tcp_port {
        listen_on_tcp(listening.local, port)?;
    }
    if let Some(address) = metrics {
        listen_for_metrics(address)?;
    }
    Ok(())
}

fn bind(stack: &mut StdStack, port: u16) -> io::Result<(Socket, SocketAddr)> {
    let mut socket = stack.socket()?;
    stack.bind(&mut socket, port)?;
    let std = socket.std().ok_or(io::ErrorKind::NotConnected)?;
    let local = std.local_addr()?;
    Ok((socket, local))
}

fn means_no_ipv6(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    matches!(code, Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL))
}

/// Words an error of `bind`: the variable to change, and how.
fn bind_error(
    error: &io::Error,
    Variables {
        port: variable,
        address: address_variable,
        protocol,
    }: Variables,
    address: SocketAddr,
) -> String {
    let (address, port) = (address.ip(), address.port());
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{variable}: {protocol} port {port} is in use by another program; stop it or choose \
             another port"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "{variable}: not allowed to listen on {protocol} port {port}; ports below 1024 need \
             a privilege (CAP_NET_BIND_SERVICE)"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("{address_variable}: {address} is not an address of this machine")
        }
        _ => format!("{address_variable}: cannot listen on {address} port {port}: {error}"),
    }
}

/// Raises the receive buffer, logs how far that went, and returns a second
/// handle of the socket.
fn raise_buffer(socket: &Socket) -> Option<UdpSocket> {
    let socket = socket.std()?;
    match udp_socket::raise_receive_buffer(socket, RECEIVE_BUFFER_BYTES) {
        Ok(granted) => log::info!(
            "receive buffer: {} KiB of {} KiB requested",
            granted / 2_048,
            RECEIVE_BUFFER_BYTES / 1_024
        ),
        Err(error) => log::warn!("cannot raise the receive buffer: {error}"),
    }
    if let Err(error) = udp_socket::drops(socket) {
        log::warn!(
            "the kernel does not report dropped datagrams ({error}); such losses are not counted"
        );
    }
    socket.try_clone().ok()
}
