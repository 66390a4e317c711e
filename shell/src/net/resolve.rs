//! Looking a host's addresses up: the sockets, clocks and files of a stub
//! resolver whose rules are the core's ([`alertik_core::dns`]).
//!
//! libc's resolver cannot be interrupted, so every look-up would need a thread
//! to keep a deadline, and on ARMv7 it is 16 kB of code. What it does is done
//! here as well: all name servers are asked at once and for both families at
//! once, first answers count, and nothing is kept, because a router's files
//! change. What differs from musl's (1.2.3):
//!
//! * One family suffices: a server that cannot answer for IPv6 does not keep a
//!   host's IPv4 addresses from being used.
//! * IPv4 comes first (see [`Addresses::iter`]).
//! * `localhost` needs no file, and `invalid` no server.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use alertik_core::dns::{
    Addresses, Kind, Query, Reply, ResolvConf, add_from_hosts, add_special, parse_address,
};
use alertik_core::limits::DNS_ANSWER_BYTES_MAX;
use alertik_core::time::Instant;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::sys::clock;
use crate::sys::udp_socket;

/// Most bytes of a file that are read.
const FILE_BYTES_MAX: usize = 64 * 1_024;
/// How often in all a query is sent again at once, because a server failed,
/// until it is time to ask everybody again; as in musl.
const REPEATS_MAX: usize = 4;
/// How long the answer for IPv6 is waited for once there are addresses of IPv4,
/// in milliseconds. Some servers never give one.
const OTHER_FAMILY_MILLIS: u64 = 250;
/// Where the query for IPv4 is among the two.
const IPV4: usize = 0;

/// Why there is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// Nobody has one, or nobody answered within the resolver's own time.
    NoAddress,
    /// The caller's deadline has passed.
    Deadline,
}

/// Returns the addresses of a host, of which there is at least one, with the
/// given port, in the order in which they are to be tried.
///
/// # Errors
///
/// Where there is none until `deadline`.
pub(crate) fn resolve(
    host: &str,
    port: u16,
    deadline: Instant,
) -> Result<Vec<SocketAddr>, Unresolved> {
    if let Some(address) = parse_address(host, port, &zone) {
        return Ok(vec![address]);
    }
    let mut addresses = Addresses::default();
    let result = look_up(host.as_bytes(), deadline, &mut addresses);
    if addresses.is_empty() {
        return Err(result.err().unwrap_or(Unresolved::NoAddress));
    }
    let with_port = |address| SocketAddr::new(address, port);
    Ok(addresses.iter().map(with_port).collect())
}

/// Returns the number of the interface with a name.
fn zone(name: &str) -> Option<u32> {
    let text = read_file(&format!("/sys/class/net/{name}/ifindex"));
    std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}

/// Looks a name up in the file, then with the servers, within each domain of
/// the search list until the name exists in one.
fn look_up(host: &[u8], deadline: Instant, addresses: &mut Addresses) -> Result<(), Unresolved> {
    add_from_hosts(&read_file("/etc/hosts"), host, addresses);
    if !addresses.is_empty() || add_special(host, addresses) {
        return Ok(());
    }
    let text = read_file("/etc/resolv.conf");
    let conf = ResolvConf::parse(&text, &zone);
    let asking = Asking::start(&conf, deadline).map_err(|_| Unresolved::NoAddress)?;
    for domain in conf.domains(host) {
        if asking.ask(host, domain, addresses)? || !addresses.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Reads the beginning of a file; one that cannot be read is empty.
fn read_file(path: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let Ok(mut file) = File::open(path) else {
        return text;
    };
    let mut chunk = [0; 1_024];
    while let Ok(count @ 1..) = file.read(&mut chunk) {
        if text.len() + count > FILE_BYTES_MAX {
            // The last line may be half of one.
            let whole = text.iter().rposition(|&byte| byte == b'\n');
            text.truncate(whole.unwrap_or(0));
            break;
        }
        text.extend_from_slice(&chunk[..count]);
    }
    text
}

/// A look-up's socket. The kernel chooses its port, at random, and closes it
/// with the look-up.
struct Asking<'c> {
    conf: &'c ResolvConf<'c>,
    deadline: Instant,
    socket: UdpSocket,
    is_v6: bool,
}

/// What is left to be answered about one name.
struct Open {
    /// The queries without an answer; the one at [`IPV4`] is for IPv4.
    queries: [Option<Query>; 2],
    /// Until when answers are waited for.
    end: Instant,
    /// How often a query may still be repeated at once.
    repeats: usize,
}

impl<'c> Asking<'c> {
    /// Opens a socket that reaches servers of both families, if there are such
    /// and the machine has IPv6.
    fn start(conf: &'c ResolvConf<'c>, deadline: Instant) -> io::Result<Self> {
        let wants_v6 = conf.servers().iter().any(SocketAddr::is_ipv6);
        let v6 = wants_v6.then(|| udp_socket::bind((Ipv6Addr::UNSPECIFIED, 0).into()));
        let (socket, is_v6) = match v6 {
            Some(Ok(socket)) => (socket, true),
            _ => (udp_socket::bind((Ipv4Addr::UNSPECIFIED, 0).into())?, false),
        };
        Ok(Self {
            conf,
            deadline,
            socket,
            is_v6,
        })
    }

    /// Asks for the addresses of `host` within `domain`. Returns whether such a
    /// name exists.
    fn ask(
        &self,
        host: &[u8],
        domain: &[u8],
        addresses: &mut Addresses,
    ) -> Result<bool, Unresolved> {
        let mut ids = [0; 4];
        let random = SystemRandom::new().fill(&mut ids);
        random.map_err(|_| Unresolved::NoAddress)?;
        let [a, b, c, d] = ids.map(u16::from);
        let query = |kind, id| Query::new(id, kind, host, domain);
        let begun = clock::now();
        let mut open = Open {
            queries: [query(Kind::A, a << 8 | b), query(Kind::Aaaa, c << 8 | d)],
            end: self.deadline.min(begun.after(self.conf.timeout_millis())),
            repeats: 0,
        };
        if open.queries[IPV4].is_none() {
            return Ok(false);
        }
        let mut round = begun;
        let mut datagram = [0; DNS_ANSWER_BYTES_MAX];
        while open.queries.iter().any(Option::is_some) {
            let now = clock::now();
            if now >= open.end {
                return match addresses.is_empty() {
                    false => Ok(true),
                    true if now < self.deadline => Err(Unresolved::NoAddress),
                    true => Err(Unresolved::Deadline),
                };
            }
            if now >= round {
                round = now.after(self.conf.interval_millis());
                open.repeats = REPEATS_MAX;
                for query in open.queries.iter().flatten() {
                    let servers = self.conf.servers().iter();
                    servers.for_each(|&server| self.send(query, server));
                }
            }
            let wait = open.end.min(round).since(now);
            if let Some((length, server)) = self.receive(&mut datagram, wait)?
                && self.take(&datagram[..length], server, &mut open, addresses)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes a datagram of a server. Returns whether it says that the name does
    /// not exist.
    fn take(
        &self,
        datagram: &[u8],
        server: SocketAddr,
        open: &mut Open,
        addresses: &mut Addresses,
    ) -> bool {
        for (index, slot) in open.queries.iter_mut().enumerate() {
            let Some(query) = slot else { continue };
            match query.read(datagram, addresses) {
                Some(Reply::Failure) if open.repeats > 0 => {
                    open.repeats -= 1;
                    self.send(query, server);
                }
                Some(Reply::Truncated) if query.enlarge() => self.send(query, server),
                None | Some(Reply::Failure | Reply::Truncated) => {}
                // For IPv6 some servers say so of names that exist (RFC 4074,
                // section 4.2).
                Some(Reply::NoName) if index == IPV4 => return true,
                Some(reply) => {
                    if index == IPV4 && reply == Reply::Addresses {
                        open.end = open.end.min(clock::now().after(OTHER_FAMILY_MILLIS));
                    }
                    *slot = None;
                }
            }
        }
        false
    }

    /// Sends a query. A server that cannot be reached is one that is silent.
    fn send(&self, query: &Query, server: SocketAddr) {
        let address = match server.ip() {
            IpAddr::V4(v4) if self.is_v6 => (v4.to_ipv6_mapped(), server.port()).into(),
            _ => server,
        };
        let _ = self.socket.send_to(query.as_bytes(), address);
    }

    /// Waits for a datagram of one of the servers, at most so long. Nothing if
    /// none came, or one of somebody else.
    fn receive(
        &self,
        datagram: &mut [u8],
        millis: u64,
    ) -> Result<Option<(usize, SocketAddr)>, Unresolved> {
        let timeout = Some(Duration::from_millis(millis));
        let received = self.socket.set_read_timeout(timeout);
        match received.and_then(|()| self.socket.recv_from(datagram)) {
            Ok((length, from)) => {
                let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                let same =
                    |server: &&SocketAddr| (server.ip(), server.port()) == (from.ip(), from.port());
                let server = self.conf.servers().iter().find(same);
                Ok(server.map(|&server| (length, server)))
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(None),
                // It would come again at once.
                _ => Err(Unresolved::NoAddress),
            },
        }
    }
}
