//! TCP intake: all connections in one thread, which never waits for one of them.
//!
//! A thread for each of them would cost a stack; here a connection costs the memory
//! of one message. Each gets one read at a time, so that none keeps the others
//! waiting, and none is read while the queue is more than half full: a sender of TCP
//! can wait, and the rest of the queue is for those that cannot.

use std::io::{self, Read as _};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use alertik_core::limits::CONNECTIONS_MAX;
use alertik_core::syslog::Framing;
use alertik_core::time::Instant;

use crate::intake::forward::{ForwardState, Forwarder};
use crate::intake::gate::Gate;
use crate::intake::queue::Queue;
use crate::intake::udp::StdStack;
use crate::sys::clock;
use crate::sys::poll::Poll;
use crate::sys::tcp_listener::is_temporary;

/// A connection on which nothing came for so long has ended: a router that lost
/// its power does not say so.
const IDLE_MILLIS: u64 = 60 * 60 * 1_000;
/// Pause while the queue is more than half full.
const FULL_PAUSE: Duration = Duration::from_millis(5);
/// Bytes of one read.
const READ_BYTES: usize = 4_096;

/// Connections since the start. They are few, so 32 bits are enough.
#[derive(Debug, Default)]
pub(crate) struct TcpCounts {
    open: AtomicU32,
    refused: AtomicU32,
}

impl TcpCounts {
    /// Returns how many connections are open now.
    pub(crate) fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed).into()
    }

    /// Returns how many were refused because others had taken all places.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed).into()
    }
}

/// One connection.
struct Connection {
    stream: TcpStream,
    source: IpAddr,
    framing: Framing,
    /// When the last bytes came, or the connection.
    heard_at: Instant,
}

/// Takes a connection's messages.
struct Sink {
    queue: &'static Queue,
    forwarder: Forwarder<StdStack>,
    stack: StdStack,
}

/// The thread's state.
pub(crate) struct TcpIntake {
    listener: TcpListener,
    gate: &'static Gate,
    counts: &'static TcpCounts,
    // Boxed, so that places which nobody uses cost nothing.
    connections: heapless::Vec<Box<Connection>, CONNECTIONS_MAX>,
    sink: Sink,
    is_full: bool,
    /// Accepting fails, which is logged once.
    failing: bool,
}

impl TcpIntake {
    /// Returns an intake for a listener that does not block.
    pub(crate) fn new(
        listener: TcpListener,
        gate: &'static Gate,
        counts: &'static TcpCounts,
        queue: &'static Queue,
        forward: Option<&'static ForwardState>,
    ) -> Self {
        Self {
            listener,
            gate,
            counts,
            connections: heapless::Vec::new(),
            sink: Sink {
                queue,
                forwarder: Forwarder::new(forward),
                stack: StdStack {
                    local: IpAddr::from([0, 0, 0, 0]),
                },
            },
            is_full: false,
            failing: false,
        }
    }

    /// Works forever.
    pub(crate) fn run(mut self) -> ! {
        let mut poll = Poll::<{ CONNECTIONS_MAX + 1 }>::default();
        let mut buffer = [0; READ_BYTES];
        loop {
            let reads = !self.sink.queue.is_half_full();
            poll.clear();
            poll.add(&self.listener);
            if reads {
                for connection in &self.connections {
                    poll.add(&connection.stream);
                }
            }
            let limit = self.limit(clock::now(), reads);
            if let Err(error) = poll.wait(limit) {
                self.fail(&error);
            }
            let now = clock::now();
            // From the last one on, because one that ends is replaced by the last.
            for index in (0..self.connections.len()).rev() {
                // Asked each time, because one read can hold thousands of messages.
                let is_ready = poll.is_ready(index + 1) && !self.sink.queue.is_half_full();
                let goes_on = if is_ready {
                    self.connections[index].read(now, &mut buffer, &mut self.sink)
                } else {
                    self.connections[index].wait(now, reads, &mut self.sink)
                };
                if !goes_on {
                    self.connections.swap_remove(index);
                }
            }
            if poll.is_ready(0) {
                self.accept(now);
            }
            let open = self.connections.len() as u32;
            self.counts.open.store(open, Ordering::Relaxed);
        }
    }

    /// Returns how long there is nothing to do unless something arrives.
    fn limit(&self, now: Instant, reads: bool) -> Duration {
        if !reads {
            return FULL_PAUSE;
        }
        let due = self
            .connections
            .iter()
            .map(|one| one.due().since(now))
            .min();
        // A millisecond more than is left, or it is not over yet.
        Duration::from_millis(due.unwrap_or(IDLE_MILLIS) + 1)
    }

    /// Accepts every connection that waits.
    fn accept(&mut self, now: Instant) {
        loop {
            let (stream, source) = match self.listener.accept() {
                Ok((stream, address)) => (stream, address.ip().to_canonical()),
                Err(error) if is_temporary(&error) => return,
                Err(error) => return self.fail(&error),
            };
            self.failing = false;
            if !self.gate.admits(now, source) || stream.set_nonblocking(true).is_err() {
                continue;
            }
            let connection = Box::new(Connection {
                stream,
                source,
                framing: Framing::new(),
                heard_at: now,
            });
            let was_full = std::mem::replace(&mut self.is_full, false);
            if self.connections.push(connection).is_err() {
                self.is_full = true;
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                if !was_full {
                    log::warn!(
                        "TCP connection of {source} refused: there are {CONNECTIONS_MAX} already"
                    );
                }
            }
        }
    }

    fn fail(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            log::error!("cannot accept TCP connections: {error}");
        }
        // An error that repeats must not become a busy loop.
        std::thread::sleep(clock::RETRY_PAUSE);
    }
}

impl Connection {
    /// Reads once, and returns whether the connection goes on.
    fn read(&mut self, now: Instant, buffer: &mut [u8], sink: &mut Sink) -> bool {
        let source = self.source;
        match self.stream.read(buffer) {
            Ok(length @ 1..) => {
                self.heard_at = now;
                let mut take = |message: &[u8]| sink.take(now, source, message);
                self.framing.push(&buffer[..length], &mut take);
                true
            }
            Err(error) if is_temporary(&error) => true,
            _ => {
                self.end(now, sink);
                false
            }
        }
    }

    /// Lets time pass, and returns whether the connection goes on. While it is not
    /// read, nothing can be said of a pause.
    fn wait(&mut self, now: Instant, reads: bool, sink: &mut Sink) -> bool {
        if !reads || self.due() > now {
            return true;
        }
        if now.since(self.heard_at) >= IDLE_MILLIS {
            self.end(now, sink);
            return false;
        }
        let source = self.source;
        let mut take = |message: &[u8]| sink.take(now, source, message);
        self.framing.handle_pause(&mut take);
        true
    }

    fn end(&mut self, now: Instant, sink: &mut Sink) {
        let source = self.source;
        let mut take = |message: &[u8]| sink.take(now, source, message);
        self.framing.end(&mut take);
    }

    /// Returns when [`Connection::wait`] has something to do.
    fn due(&self) -> Instant {
        let pause = self.framing.pause_millis();
        self.heard_at.after(pause.unwrap_or(IDLE_MILLIS))
    }
}

impl Sink {
    /// Takes a message as the receiver takes a datagram.
    fn take(&mut self, now: Instant, source: IpAddr, message: &[u8]) {
        self.forwarder.forward(&mut self.stack, source, message);
        let message = std::iter::once((source, message));
        self.queue.push_all(now, message, Duration::ZERO);
    }
}
