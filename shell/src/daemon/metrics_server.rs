//! `METRICS_ADDR`: answers Prometheus and whoever else asks over HTTP how the daemon is.
//!
//! One thread, which never waits for a client: connections are few and do not live long,
//! the oldest one goes if there are more, and a request has only some kilobytes. After
//! each round it pauses, so that a flood of requests takes no processor from messages.
//! Without a free descriptor nobody is accepted until there is one.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use alertik_core::limits::METRICS_CONNECTIONS_MAX;
use alertik_core::metrics::{CONTENT_TYPE, Page, Refusal, Request, RequestHead, write_answer_head};
use alertik_core::time::Instant;

use crate::daemon::shared::Daemon;
use crate::daemon::status;
use crate::sys::clock;
use crate::sys::poll::Poll;
use crate::sys::tcp_listener::is_temporary;

/// How long a connection may last, in milliseconds.
const CONNECTION_MILLIS: u64 = 5_000;
/// Pause between two rounds, in each of which the state is written once at most.
const PAUSE: Duration = Duration::from_millis(10);
/// Longest wait while there is no connection.
const IDLE_MILLIS: u64 = 60 * 60 * 1_000;
/// Bytes of one read.
const READ_BYTES: usize = 1_024;

/// One connection.
struct Connection {
    stream: TcpStream,
    head: RequestHead,
    /// Empty until the head is complete.
    answer: String,
    /// Bytes of the answer that were written.
    written: usize,
    ends: Instant,
}

/// The daemon's state, written once in a round if anybody asks.
struct Pages<'a> {
    daemon: &'a Daemon,
    written: Option<Written>,
}

/// See [`Pages`].
struct Written {
    metrics: String,
    /// The status, and the reason.
    health: (&'static str, String),
}

/// Answers forever, on a listener that does not block.
pub(super) fn run(daemon: &Daemon, listener: &TcpListener) -> ! {
    // The oldest one first. Boxed, so that places which nobody uses cost nothing.
    let mut connections = heapless::Vec::<Box<Connection>, METRICS_CONNECTIONS_MAX>::new();
    let mut poll = Poll::<{ METRICS_CONNECTIONS_MAX + 1 }>::default();
    loop {
        poll.clear();
        poll.add(listener);
        for connection in &connections {
            connection.add_to(&mut poll);
        }
        let oldest = connections.first();
        let left = oldest.map_or(IDLE_MILLIS, |oldest| oldest.ends.since(clock::now()));
        // A millisecond more than is left, or it is not over yet. An error is over after
        // the pause, or nothing is ready again.
        let _ = poll.wait(Duration::from_millis(left + 1));
        let now = clock::now();
        let mut pages = Pages {
            daemon,
            written: None,
        };
        // From the last one on, so that those to come stay in their places.
        for index in (0..connections.len()).rev() {
            let connection = &mut connections[index];
            let is_ready = poll.is_ready(index + 1);
            if connection.ends <= now || is_ready && !connection.go_on(&mut pages) {
                connections.remove(index);
            }
        }
        // No more than there are places.
        for _ in 0..METRICS_CONNECTIONS_MAX {
            let Ok((stream, _)) = listener.accept() else {
                break;
            };
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            if connections.is_full() {
                connections.remove(0);
            }
            let _ = connections.push(Box::new(Connection {
                stream,
                head: RequestHead::default(),
                answer: String::new(),
                written: 0,
                ends: now.after(CONNECTION_MILLIS),
            }));
        }
        thread::sleep(PAUSE);
    }
}

impl Connection {
    fn add_to<const N: usize>(&self, poll: &mut Poll<N>) {
        match self.written < self.answer.len() {
            true => poll.add_writer(&self.stream),
            false => poll.add(&self.stream),
        }
    }

    /// Does what is possible at once, and returns whether the connection goes on. After
    /// the answer that is until the client ends it: to close it with bytes that were not
    /// read would take the answer back.
    fn go_on(&mut self, pages: &mut Pages<'_>) -> bool {
        if self.written == self.answer.len() {
            let mut buffer = [0; READ_BYTES];
            let bytes = match self.stream.read(&mut buffer) {
                Ok(length @ 1..) => &buffer[..length],
                Err(error) => return is_temporary(&error),
                _ => return false,
            };
            if !self.answer.is_empty() {
                return true;
            }
            self.answer = match self.head.push(bytes) {
                Ok(None) => return true,
                Ok(Some(request)) => pages.answer(request),
                Err(refusal) => refuse(refusal),
            };
        }
        match self.stream.write(&self.answer.as_bytes()[self.written..]) {
            Ok(length) => self.written += length,
            Err(error) => return is_temporary(&error),
        }
        self.written < self.answer.len() || self.stream.shutdown(Shutdown::Write).is_ok()
    }
}

impl Pages<'_> {
    fn answer(&mut self, request: Request) -> String {
        let daemon = self.daemon;
        let pages = self.written.get_or_insert_with(|| write_pages(daemon));
        let (status, reason) = &pages.health;
        let (status, content_type, body) = match request.page {
            Page::Metrics => ("200 OK", CONTENT_TYPE, &pages.metrics),
            Page::Health => (*status, PLAIN, reason),
        };
        answer(status, content_type, body, request.is_head)
    }
}

/// The media type of everything but metrics.
const PLAIN: &str = "text/plain; charset=utf-8";

fn write_pages(daemon: &Daemon) -> Written {
    let status = status::of(daemon);
    let mut metrics = String::new();
    // Writing to a string cannot fail.
    let _ = status.write_metrics(&mut metrics);
    let health = match status.complaint() {
        None => ("200 OK", "healthy\n".to_owned()),
        Some(complaint) => (
            "503 Service Unavailable",
            format!("unhealthy ({complaint})\n"),
        ),
    };
    Written { metrics, health }
}

fn refuse(refusal: Refusal) -> String {
    let status = refusal.status();
    answer(status, PLAIN, &[status, "\n"].concat(), false)
}

fn answer(status: &str, content_type: &str, body: &str, is_head: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_answer_head(status, content_type, body.len(), &mut text);
    if !is_head {
        let _ = text.write_str(body);
    }
    text
}
