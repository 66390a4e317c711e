//! One request or mail over a connection of its own, with a hard deadline.
//!
//! Every blocking call gets the remaining time of the attempt as its timeout. So
//! a server that is silent or sends one byte a second, in the TLS handshake or
//! later, holds the sender's thread until the deadline and no longer.

use std::io::{self, IoSlice, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use alertik_core::delivery::Response;
use alertik_core::time::Instant;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use crate::net::tls::Tls;
use crate::sys::clock;

/// Most bytes that a connection may receive in total. This includes TLS
/// certificates, informational answers and empty chunks.
const RECEIVED_BYTES_MAX: usize = 256 * 1_024;
/// Longest wait for the body after the header has arrived, in milliseconds. The
/// verdict is known by then; the body only adds an explanation.
const BODY_MILLIS_MAX: u64 = 2_000;

/// Most addresses among which the time of one attempt is divided.
const SHARES_MAX: u64 = 3;

/// The reason why there was no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The name could not be resolved.
    Unresolved,
    /// The deadline passed, in the given phase.
    Deadline(Phase),
    /// The connection was not made, or broke before the request left.
    Connection(io::Error),
    /// The connection broke after the request left.
    Broken(io::Error),
    /// TLS refused the server, or the server TLS.
    Tls(rustls::Error),
    /// The connection ended before a status line.
    NoStatusLine,
    /// The answer is not HTTP, or far too long.
    Malformed,
}

/// The progress of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Looking the name up.
    Resolving,
    /// Waiting for the server to take the connection.
    Connecting,
    /// In the TLS handshake; the request cannot have arrived yet.
    Securing,
    /// Waiting for the answer to a request that may have arrived.
    Sent,
}

/// A connection to a server.
pub(crate) struct Connection {
    socket: Socket,
    tls: Option<Box<ClientConnection>>,
    sent: bool,
}

/// A socket whose calls end at the deadline.
struct Socket {
    tcp: TcpStream,
    deadline: Instant,
    received: usize,
}

impl Connection {
    /// Connects to the first of the addresses that takes the connection within
    /// its share of `millis`, the time of one attempt: an address may lead
    /// nowhere and must not use up the deadline while there are others.
    pub(crate) fn open(
        addresses: &[SocketAddr],
        deadline: Instant,
        millis: u64,
    ) -> Result<Self, Failure> {
        let share = millis / (addresses.len() as u64).clamp(1, SHARES_MAX);
        let mut failure = Failure::Unresolved;
        for address in addresses {
            let left = deadline.since(clock::now());
            if left == 0 {
                return Err(Failure::Deadline(Phase::Connecting));
            }
            let timeout = Duration::from_millis(left.min(share));
            match TcpStream::connect_timeout(address, timeout) {
                Ok(tcp) => {
                    return Ok(Self {
                        socket: Socket {
                            tcp,
                            deadline,
                            received: 0,
                        },
                        tls: None,
                        sent: false,
                    });
                }
                Err(error) => failure = Failure::Connection(error),
            }
        }
        Err(failure)
    }

    /// Starts TLS on the connection.
    pub(crate) fn secure(&mut self, tls: &Tls, host: &str) -> Result<(), Failure> {
        // A host that no certificate can name cannot be looked up, either.
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Unresolved)?;
        let unsupported = || Failure::Tls(rustls::Error::HandshakeNotComplete);
        let config = tls.config().ok_or_else(unsupported)?;
        let mut tls = ClientConnection::new(config, name).map_err(Failure::Tls)?;
        // The request is taken as a whole and encrypted after the handshake.
        tls.set_buffer_limit(None);
        self.tls = Some(Box::new(tls));
        self.sent = false;
        Ok(())
    }

    /// Returns the addresses of both ends, the server's last.
    pub(crate) fn addresses(&self) -> io::Result<[IpAddr; 2]> {
        let tcp = &self.socket.tcp;
        Ok([tcp.local_addr()?.ip(), tcp.peer_addr()?.ip()])
    }

    /// Lets what follows take until another time.
    pub(crate) const fn set_deadline(&mut self, deadline: Instant) {
        self.socket.deadline = deadline;
    }

    /// Sends a request and reads the answer until `response` is complete. Errors
    /// after the head of the answer are ignored: the verdict is known by then.
    pub(crate) fn exchange(
        &mut self,
        request: &[u8],
        response: &mut Response<'_>,
    ) -> Result<(), Failure> {
        self.send(request)?;
        let mut chunk = [0; 1_024];
        while !response.is_complete() {
            let count = match self.receive(&mut chunk) {
                Ok(count) => count,
                Err(_) if response.status().is_some() => break,
                Err(failure) => return Err(failure),
            };
            if count == 0 {
                response.end();
                return response.status().map(drop).ok_or(Failure::NoStatusLine);
            }
            let headless = response.status().is_none();
            let taken = response.push(&chunk[..count]);
            taken.map_err(|_| Failure::Malformed)?;
            if headless && response.status().is_some() {
                let enough = clock::now().after(BODY_MILLIS_MAX);
                self.socket.deadline = self.socket.deadline.min(enough);
            }
        }
        Ok(())
    }

    /// Sends bytes, at the latest when something is received.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(), Failure> {
        let result = match &mut self.tls {
            Some(tls) => tls.writer().write_all(request),
            None => {
                self.sent = true;
                self.socket.write_all(request)
            }
        };
        result.map_err(|error| self.failure(error))
    }

    /// Reads part of the answer; returns 0 at its end.
    pub(crate) fn receive(&mut self, chunk: &mut [u8]) -> Result<usize, Failure> {
        let result = match &mut self.tls {
            None => self.socket.read(chunk),
            Some(tls) => loop {
                match tls.reader().read(chunk) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    // Many servers end without a close_notify.
                    Err(_) if self.sent => return Ok(0),
                    result => break result,
                }
                if let Err(error) = turn(tls, &mut self.socket) {
                    break Err(error);
                }
                if let Err(error) = tls.process_new_packets() {
                    // Send the server an alert; it may be gone already.
                    let _ = tls.write_tls(&mut self.socket);
                    // Anything that arrived before the error still counts.
                    return match tls.reader().read(chunk) {
                        Ok(count @ 1..) => Ok(count),
                        _ => Err(Failure::Tls(error)),
                    };
                }
                self.sent = !tls.is_handshaking();
            },
        };
        result.map_err(|error| self.failure(error))
    }

    /// Translates a socket error. `Socket` reports a passed deadline as
    /// `WouldBlock`, and too many bytes as `FileTooLarge`.
    fn failure(&self, error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::WouldBlock if self.sent => Failure::Deadline(Phase::Sent),
            io::ErrorKind::WouldBlock => Failure::Deadline(Phase::Securing),
            io::ErrorKind::FileTooLarge => Failure::Malformed,
            _ if self.sent => Failure::Broken(error),
            _ => Failure::Connection(error),
        }
    }
}

/// Writes everything that TLS has queued, then reads once.
fn turn(tls: &mut ClientConnection, socket: &mut Socket) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(socket)?;
    }
    tls.read_tls(socket).map(drop)
}

impl Socket {
    /// Returns the remaining time. If there is none, returns the same error as the
    /// kernel does for a call that timed out.
    fn left(&self) -> io::Result<Option<Duration>> {
        match self.deadline.since(clock::now()) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            millis => Ok(Some(Duration::from_millis(millis))),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.received > RECEIVED_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        loop {
            self.tcp.set_read_timeout(self.left()?)?;
            match self.tcp.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(count) => {
                    self.received += count;
                    return Ok(count);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    /// Sends the pieces of a flight in one packet if they fit. Sent one by one,
    /// each would wait for the acknowledgement of the one before.
    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            self.tcp.set_write_timeout(self.left()?)?;
            match self.tcp.write_vectored(pieces) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
