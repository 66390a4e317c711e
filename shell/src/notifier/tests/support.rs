//! A server that records requests and answers as a test wants, and other helpers
//! that the tests share.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant as StdInstant};

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::rules::{About, NoticeHead};
use alertik_core::text::TextBuffer;
use alertik_core::time::Wall;

use super::super::{NotifierStatus, Senders, start};
use super::ca::ca;
use crate::settings::{Env, Problems, services};
use crate::sys::clock;

/// Longest wait for an expected event. Generous, because only a failing test waits
/// that long.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A request that a server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Method, path and query.
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) at: StdInstant,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// Asks notifiers to end within a time, and waits for it.
pub(super) fn shut_down(senders: &Senders, within_millis: u64) {
    senders.close(clock::now().after(within_millis));
    senders.shut_down();
}

/// Anything a request can be read from and answered on.
pub(super) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Answers the `n`-th request (from 0).
pub(super) type Handler = dyn Fn(usize, &Request, &mut dyn Stream) + Send + Sync;

/// A server on loopback.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    requests: Receiver<Request>,
}

impl Server {
    /// Serves HTTP on any port.
    pub(super) fn http(
        handler: impl Fn(usize, &Request, &mut dyn Stream) + Send + Sync + 'static,
    ) -> Self {
        Self::bound(listen(0), handler)
    }

    /// Serves HTTP on a listener.
    pub(super) fn bound(
        listener: TcpListener,
        handler: impl Fn(usize, &Request, &mut dyn Stream) + Send + Sync + 'static,
    ) -> Self {
        let handler: Arc<Handler> = Arc::new(handler);
        Self::serve(listener, move |stream, number, sender| {
            let mut stream = stream;
            if let Ok(request) = read_request(&mut stream) {
                let _ = sender.send(request.clone());
                handler(number, &request, &mut stream);
            }
        })
    }

    /// Answers every request with a status and a body.
    pub(super) fn answering(status: &'static str, body: &'static str) -> Self {
        Self::http(move |_, _, stream| answer(stream, status, "", body))
    }

    /// Runs `connection` in a thread for each connection, with its number.
    pub(super) fn serve(
        listener: TcpListener,
        connection: impl Fn(TcpStream, usize, Sender<Request>) + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        let connection = Arc::new(connection);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (sender, connection) = (sender.clone(), Arc::clone(&connection));
                thread::spawn(move || connection(stream.unwrap(), number, sender));
            }
        });
        Self { address, requests }
    }

    /// Returns a URL of this server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the next request.
    pub(super) fn next(&self) -> Request {
        self.requests
            .recv_timeout(PATIENCE)
            .expect("no request arrived")
    }

    /// Asserts that no request arrives within a time.
    pub(super) fn expect_none(&self, within: Duration) {
        match self.requests.recv_timeout(within) {
            Err(RecvTimeoutError::Timeout) => {}
            other => panic!("an unexpected request: {other:?}"),
        }
    }
}

pub(super) fn listen(port: u16) -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap()
}

/// Reads a request with a Content-Length.
pub(super) fn read_request(stream: &mut dyn Stream) -> io::Result<Request> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).expect("a header that is not UTF-8");
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").expect("a header without a value");
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request {
        line,
        headers,
        body: String::from_utf8(body).expect("a body that is not UTF-8"),
        at: StdInstant::now(),
    })
}

/// Writes an answer. Errors are ignored: the client may hang up.
pub(super) fn answer(stream: &mut dyn Stream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let _ = stream.write_all(
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").as_bytes(),
    );
    let _ = stream.flush();
}

/// Running notifiers, and the tickets that they reported as failed.
pub(super) struct Running {
    pub(super) senders: Senders,
    pub(super) failed: Arc<Mutex<Vec<(Notifier, u32)>>>,
}

impl Drop for Running {
    /// Ends the threads, so that no test disturbs another.
    fn drop(&mut self) {
        shut_down(&self.senders, 0);
    }
}

/// Starts the notifiers in `ids` with the given variables.
pub(super) fn run(ids: &[Notifier], variables: &[(&str, &str)]) -> Running {
    capture_log();
    let notifiers = read(ids, variables).unwrap_or_else(|problems| panic!("{problems}"));
    let failed = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&failed);
    let senders = start(
        notifiers,
        Box::new(move |id, ticket| list.lock().unwrap().push((id, ticket.0))),
    )
    .unwrap();
    Running { senders, failed }
}

/// Reads notifiers' variables, with the tests' CA for TLS.
///
/// # Errors
///
/// Returns the problems in the variables, if any.
pub(super) fn read(
    ids: &[Notifier],
    variables: &[(&str, &str)],
) -> Result<services::Notifiers, String> {
    let trust = [("TLS_CA_FILE", ca().file.as_str())];
    let variables = variables.iter().chain(&trust);
    let env = Env::new(variables.map(|(name, value)| (name.into(), value.into())));
    let mut used = NotifierSet::EMPTY;
    ids.iter().for_each(|notifier| used.insert(notifier.id()));
    let mut problems = Problems::default();
    let notifiers = services::read(&env, used, &mut problems);
    if problems.errors().is_empty() {
        Ok(notifiers)
    } else {
        Err(problems.errors().join("\n"))
    }
}

impl Running {
    /// Pushes a notification of `mask` and `log` text.
    pub(super) fn push(&self, ids: &[Notifier], ticket: u32, mask: &str, log: &[u8]) {
        self.push_about(ids, ticket, About::NOTHING, mask, log);
    }

    /// The same with facts.
    pub(super) fn push_about(
        &self,
        ids: &[Notifier],
        ticket: u32,
        about: About,
        mask: &str,
        log: &[u8],
    ) {
        let mut text = TextBuffer::new();
        text.push_mask(mask);
        text.push_log(log);
        let mut notifiers = NotifierSet::EMPTY;
        ids.iter()
            .for_each(|notifier| notifiers.insert(notifier.id()));
        let head = NoticeHead {
            rule: RuleName::Environment(1),
            notifiers,
            at: Wall {
                unix_secs: 1_795_341_600,
                offset_secs: 3_600,
            },
            source: IpAddr::V4(Ipv4Addr::new(192, 168, 88, 1)),
            ticket: Ticket(ticket),
            about,
            name_bytes: 0,
            time_bytes: 0,
        };
        self.senders.push(clock::now(), &head, text.as_text());
    }

    /// Waits until a notifier's status meets a condition; `what` names it.
    pub(super) fn wait(
        &self,
        id: Notifier,
        what: &str,
        wanted: impl Fn(&NotifierStatus) -> bool,
    ) -> NotifierStatus {
        let start = StdInstant::now();
        loop {
            let status = self.senders.status(id).unwrap();
            if wanted(&status) {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "{what} never: {status:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub(super) fn failed_tickets(&self) -> Vec<u32> {
        let failed = self.failed.lock().unwrap();
        failed.iter().map(|&(_, ticket)| ticket).collect()
    }
}

/// Everything logged by any test of this process, at every level.
static LOG: Mutex<String> = Mutex::new(String::new());

struct Capture;

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        use std::fmt::Write as _;
        let _ = writeln!(logged(), "{} {}", record.level(), record.args());
    }

    fn flush(&self) {}
}

/// Starts capturing the log of this process.
pub(super) fn capture_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Capture).expect("another test has set a logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// Returns the log so far.
pub(super) fn logged() -> MutexGuard<'static, String> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the log lines that contain `words`.
pub(super) fn logged_lines(words: &str) -> Vec<String> {
    let log = logged();
    let lines = log.lines().filter(|line| line.contains(words));
    lines.map(str::to_owned).collect()
}
