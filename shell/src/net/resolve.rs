//! Looks up a host's addresses: the sockets, the clock and the files of a stub
//! resolver whose rules are the core's ([`alertik_core::dns`]).
//!
//! libc's resolver cannot be interrupted, so every look-up would need a thread of
//! its own to keep a deadline; it also costs 16 kB of code on ARMv7. This one
//! works the same way: it asks all name servers for both families at once, takes
//! the first answer, and caches nothing, because a router's files change. It
//! differs from musl's (1.2.3) in three points:
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
    Addresses, Query, RecordType, Reply, ResolvConf, add_from_hosts, add_special, parse_address,
};
use alertik_core::limits::DNS_ANSWER_BYTES_MAX;
use alertik_core::time::Instant;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::sys::clock;
use crate::sys::udp_socket;

/// Most bytes that are read from a file.
const FILE_BYTES_MAX: usize = 64 * 1_024;
/// Most queries that are repeated immediately because a server failed, until it
/// is time to ask all servers again; as in musl.
const REPEATS_MAX: usize = 4;
/// Longest wait for the IPv6 answer once there are IPv4 addresses, in
/// milliseconds. Some servers never send one.
const OTHER_FAMILY_MILLIS: u64 = 250;
/// Index of the IPv4 query among the two.
const IPV4: usize = 0;

/// The reason why there is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// The host has none, or no server answered within the resolver's time limit.
    NoAddress,
    /// The caller's deadline has passed.
    Deadline,
}

/// Returns the addresses of a host with the given port, at least one, in the
/// order in which to try them.
///
/// # Errors
///
/// If no address is found before `deadline`.
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

/// Looks a name up in the hosts file, then asks the servers, in each domain of
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

/// Reads the beginning of a file; an unreadable file counts as empty.
fn read_file(path: &str) -> Vec<u8> {
    let mut text = Vec::new();
    let Ok(mut file) = File::open(path) else {
        return text;
    };
    let mut chunk = [0; 1_024];
    while let Ok(count @ 1..) = file.read(&mut chunk) {
        if text.len() + count > FILE_BYTES_MAX {
            // The last line may be incomplete.
            let whole = text.iter().rposition(|&byte| byte == b'\n');
            text.truncate(whole.unwrap_or(0));
            break;
        }
        text.extend_from_slice(&chunk[..count]);
    }
    text
}

/// A look-up in progress, with a socket of its own. The kernel chooses the
/// socket's port at random.
struct Asking<'c> {
    conf: &'c ResolvConf<'c>,
    deadline: Instant,
    socket: UdpSocket,
    is_v6: bool,
}

/// The questions about one name that are still open.
struct Open {
    /// The queries without an answer; the one at [`IPV4`] is for IPv4.
    queries: [Option<Query>; 2],
    /// The end of the wait for answers.
    end: Instant,
    /// Remaining immediate repeats.
    repeats: usize,
}

impl<'c> Asking<'c> {
    /// Opens a socket. It reaches servers of both families if one of them uses
    /// IPv6 and the machine supports it.
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

    /// Asks for the addresses of `host` in `domain`. Returns whether such a name
    /// exists.
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
            queries: [
                query(RecordType::A, a << 8 | b),
                query(RecordType::Aaaa, c << 8 | d),
            ],
            end: self.deadline.min(begun.after(self.conf.timeout_millis())),
            repeats: 0,
        };
        // Not a valid name, so it does not exist.
        if open.queries[IPV4].is_none() {
            return Ok(false);
        }
        let mut next_round = begun;
        let mut datagram = [0; DNS_ANSWER_BYTES_MAX];
        while open.queries.iter().any(Option::is_some) {
            let now = clock::now();
            if now >= open.end {
                return match addresses.is_empty() {
                    // One family was never answered; the other one suffices.
                    false => Ok(true),
                    true if now < self.deadline => Err(Unresolved::NoAddress),
                    true => Err(Unresolved::Deadline),
                };
            }
            if now >= next_round {
                // Every open question goes to every server.
                next_round = now.after(self.conf.interval_millis());
                open.repeats = REPEATS_MAX;
                for query in open.queries.iter().flatten() {
                    let servers = self.conf.servers().iter();
                    servers.for_each(|&server| self.send(query, server));
                }
            }
            let wait = open.end.min(next_round).since(now);
            if let Some((length, server)) = self.receive(&mut datagram, wait)?
                && self.take(&datagram[..length], server, &mut open, addresses)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Handles a datagram from a server. Returns whether it says that the name
    /// does not exist.
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
                // Not an answer to this query, or an unhelpful one: another server
                // may do better, or this one in the next round.
                None | Some(Reply::Failure | Reply::Truncated) => {}
                // Only for IPv4: some servers deny existing names when asked for
                // IPv6 (RFC 4074, section 4.2).
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

    /// Sends a query. A server that cannot be reached counts as silent.
    fn send(&self, query: &Query, server: SocketAddr) {
        let address = match server.ip() {
            IpAddr::V4(v4) if self.is_v6 => (v4.to_ipv6_mapped(), server.port()).into(),
            _ => server,
        };
        let _ = self.socket.send_to(query.as_bytes(), address);
    }

    /// Waits up to `millis` for a datagram from one of the servers. Returns `None`
    /// on timeout or if someone else sent it.
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
                let is_sender =
                    |server: &&SocketAddr| (server.ip(), server.port()) == (from.ip(), from.port());
                let server = self.conf.servers().iter().find(is_sender);
                Ok(server.map(|&server| (length, server)))
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(None),
                // A retry would fail the same way immediately.
                _ => Err(Unresolved::NoAddress),
            },
        }
    }
}
