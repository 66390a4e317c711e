//! One HTTP request with a real deadline.
//!
//! The request runs in a thread of its own, because a name lookup cannot be
//! interrupted. Everything else can: at the deadline the connection is shut
//! down under the thread (see `connect.rs`), which then ends at once. A lookup
//! ends when libc gives up (5 s in musl), and the thread with it, since it is
//! not allowed to connect any more. A notifier starts no second request while
//! the thread of an earlier one lives, so there is at most one per notifier.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use alertik_core::Instant;

use super::connect;
use crate::clock;

/// Most bytes of an answer's body that are read.
const BODY_BYTES_MAX: usize = 4_096;
/// Most bytes of an answer's header. Sum over all fields.
const HEADER_BYTES_MAX: usize = 8_192;
/// Most bytes of an answer's status line.
const STATUS_LINE_BYTES_MAX: usize = 1_024;
/// Most bytes that a connection may receive in all: certificates, header, and
/// what the kernel takes before the body is left unread.
const RECEIVED_BYTES_MAX: u64 = 256 * 1_024;
/// How long the body may take once the header is there, in milliseconds: it
/// only adds words to a verdict.
const BODY_MILLIS_MAX: u64 = 2_000;
/// How often the received bytes are looked at, in milliseconds.
const WATCH_MILLIS: u64 = 20;
/// Stack of the request's thread: TLS needs about 60 kB of it in a debug build.
const STACK_BYTES: usize = 512 * 1_024;

/// What came back.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    /// Returns a header's value; `name` is in lower case, as minreq stores it.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// Why nothing came back.
#[derive(Debug)]
pub(super) enum Failure {
    /// The client's error, and whether it had got as far as connecting.
    Client {
        error: minreq::Error,
        resolved: bool,
    },
    /// The connection ended before a status line.
    NoStatusLine,
    /// The deadline passed, in the given phase.
    Deadline(Phase),
    /// More than [`RECEIVED_BYTES_MAX`] came without an end of the header.
    TooLong,
    /// The thread could not be started, or ended without a result.
    Thread,
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Looking the name up.
    Resolving,
    /// Waiting for the server to take the connection.
    Connecting,
    /// Connected; the server has sent nothing.
    Silent,
    /// Connected; the server has sent something.
    Answering,
}

/// The state of a request, shared by its thread and the one that waits.
pub(super) struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The socket in use.
    socket: Option<TcpStream>,
    /// Since when it is being connected.
    connecting: Option<Instant>,
    /// Sockets so far.
    sockets: u32,
    connected: bool,
    /// Whether no further connection is allowed.
    over: bool,
    /// Since when the header is there.
    answered: Option<Instant>,
    response: Option<Response>,
    failure: Option<Failure>,
    /// Whether the thread has ended, or will not begin.
    ended: bool,
}

/// A request under way, or its thread's remains.
pub(super) struct Attempt {
    watch: Arc<Watch>,
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a duplicate of a socket that is about to connect. Returns whether
    /// it may.
    pub(super) fn connecting(&self, socket: TcpStream) -> bool {
        let mut state = self.lock();
        state.sockets += 1;
        state.connecting = Some(clock::now());
        state.socket = Some(socket);
        self.changed.notify_all();
        !state.over
    }

    /// Notes how connecting ended. Returns whether that was in time.
    pub(super) fn connected(&self, success: bool) -> bool {
        let mut state = self.lock();
        let in_time = state.connecting.take().is_some() && !state.over;
        state.connected = success;
        if !success {
            state.socket = None;
        }
        self.changed.notify_all();
        in_time
    }

    fn waits(&self, state: MutexGuard<'_, State>, until: Instant, now: Instant) {
        let timeout = Duration::from_millis(until.since(now));
        drop(self.changed.wait_timeout(state, timeout));
    }
}

impl Attempt {
    /// Starts a request in a thread of its own.
    pub(super) fn start(request: minreq::Request, wants_body: fn(u16) -> bool) -> Self {
        let watch = Arc::new(Watch {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let request = request
            .with_follow_redirects(false)
            .with_max_headers_size(HEADER_BYTES_MAX)
            .with_max_status_line_length(STATUS_LINE_BYTES_MAX);
        let shared = Arc::clone(&watch);
        let thread = thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // Also when the client panics, which it has a way to.
                let _end = EndGuard(&shared);
                connect::watch(Arc::clone(&shared));
                run(request, wants_body, &shared);
            });
        if thread.is_err() {
            watch.lock().ended = true;
        }
        Self { watch }
    }

    /// Returns whether the thread has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.watch.lock().ended
    }

    /// Waits until the thread has ended, at most until the given time.
    pub(super) fn wait_for_end(&self, until: Instant) {
        let state = self.watch.lock();
        let now = clock::now();
        if !state.ended && now < until {
            self.watch.waits(state, until, now);
        }
    }

    /// Waits for the answer, at most until `deadline`. `share` is how long one
    /// address may take to connect, in milliseconds: where several are known,
    /// the first may lead nowhere (IPv6 with a broken uplink).
    pub(super) fn wait(&self, deadline: Instant, share: u64) -> Result<Response, Failure> {
        loop {
            let mut state = self.watch.lock();
            let now = clock::now();
            if state.ended {
                return take(&mut state, Failure::Thread);
            }
            let received = state
                .socket
                .as_ref()
                .filter(|_| state.connected)
                .map_or(0, connect::bytes_received);
            let mut until = deadline;
            if let Some(answered) = state.answered {
                until = until.min(answered.after(BODY_MILLIS_MAX));
            }
            if now >= until || received > RECEIVED_BYTES_MAX {
                state.over = true;
                shut_down(&state);
                let failure = if received > RECEIVED_BYTES_MAX {
                    Failure::TooLong
                } else {
                    Failure::Deadline(phase(&state, received))
                };
                return take(&mut state, failure);
            }
            if let Some(since) = state.connecting {
                let enough = since.after(share);
                if now >= enough {
                    shut_down(&state);
                    // Once is enough; what follows comes with the next change.
                    state.connecting = None;
                } else {
                    until = until.min(enough);
                }
            }
            if state.connected {
                until = until.min(now.after(WATCH_MILLIS));
            }
            self.watch.waits(state, until, now);
        }
    }
}

/// Takes what there is of a response, else the failure.
fn take(state: &mut State, otherwise: Failure) -> Result<Response, Failure> {
    match state.response.take() {
        Some(response) => Ok(response),
        None => Err(state.failure.take().unwrap_or(otherwise)),
    }
}

fn phase(state: &State, received: u64) -> Phase {
    match state {
        State {
            connected: true, ..
        } if received > 0 => Phase::Answering,
        State {
            connected: true, ..
        } => Phase::Silent,
        State { sockets: 0, .. } => Phase::Resolving,
        _ => Phase::Connecting,
    }
}

fn shut_down(state: &State) {
    if let Some(socket) = &state.socket {
        // Fails where the peer was faster, which is as good.
        let _ = socket.shutdown(Shutdown::Both);
    }
}

/// Marks the thread as ended.
struct EndGuard<'a>(&'a Watch);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        state.socket = None;
        self.0.changed.notify_all();
    }
}

/// The thread's work: sends the request and reads what is wanted of the answer.
fn run(request: minreq::Request, wants_body: fn(u16) -> bool, watch: &Watch) {
    let mut lazy = match request.send_lazy() {
        Ok(lazy) => lazy,
        Err(error) => {
            let mut state = watch.lock();
            let resolved = state.sockets > 0;
            state.failure = Some(Failure::Client { error, resolved });
            return;
        }
    };
    // This is how the client says that it read no status line.
    if lazy.status_code == 503
        && lazy.headers.is_empty()
        && lazy.reason_phrase == "Server did not provide a status line"
    {
        watch.lock().failure = Some(Failure::NoStatusLine);
        return;
    }
    let mut response = Response {
        status: lazy.status_code,
        headers: std::mem::take(&mut lazy.headers),
        body: Vec::new(),
    };
    if response.status >= 200 {
        let mut state = watch.lock();
        state.answered = Some(clock::now());
        state.response = Some(response.clone());
        watch.changed.notify_all();
        if !wants_body(response.status) {
            return;
        }
    }
    read_body(&mut lazy, &mut response.body);
    if response.status < 200 {
        response.status = final_status(&response.body).unwrap_or(response.status);
    }
    watch.lock().response = Some(response);
}

/// Reads up to [`BODY_BYTES_MAX`] bytes; an error ends the body early.
fn read_body(from: &mut minreq::ResponseLazy, body: &mut Vec<u8>) {
    body.reserve_exact(BODY_BYTES_MAX);
    // Not `read_to_end`, which probes for an end that may take its time.
    let mut chunk = [0; 512];
    while body.len() < BODY_BYTES_MAX {
        let most = chunk.len().min(BODY_BYTES_MAX - body.len());
        match from.read(&mut chunk[..most]) {
            Ok(0) => return,
            Ok(count) => body.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// The client takes an informational answer (RFC 9110, section 15.2) for the
/// final one, whose status line is then in the "body". Returns the first final
/// status found there.
fn final_status(body: &[u8]) -> Option<u16> {
    body.split(|&b| b == b'\n')
        .filter_map(|line| line.strip_prefix(b"HTTP/1."))
        .filter_map(|line| {
            let code = line.get(2..5)?;
            std::str::from_utf8(code).ok()?.parse().ok()
        })
        .find(|&status| status >= 200)
}
