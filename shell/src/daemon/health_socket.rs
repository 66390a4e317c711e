//! Both ends of `alertik health`: the socket on which the running daemon answers,
//! and the question.
//!
//! An abstract Unix socket (unix(7), Linux): nothing on the network, nothing on
//! disk, gone with the process, and visible in the container only. Its name
//! holds the port, so that two daemons on a machine have one each. Each client
//! gets the status, whatever it sends.

use std::io::{self, Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use crate::daemon::shared::Daemon;
use crate::daemon::status;
use crate::sys::clock;
use crate::sys::threads;

/// Longest time that either end waits for the other.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// Longest answer that is read, in bytes: with 64 routers whose long names all have to be
/// escaped it has half of that.
const ANSWER_BYTES_MAX: u64 = 256 * 1_024;

/// Stands between the lines for people, in which such bytes are escaped, and the
/// metrics.
const BORDER: char = '\0';

/// The daemon's answer.
pub(crate) struct Answer {
    pub(crate) healthy: bool,
    /// Whether the process works, whatever becomes of notifications.
    pub(crate) live: bool,
    /// The first line for people.
    pub(crate) head: String,
    /// The JSON object.
    pub(crate) json: String,
    /// The other lines for people, each with its line end.
    pub(crate) lines: String,
    /// The state in Prometheus' text format.
    pub(crate) metrics: String,
}

/// Starts answering.
///
/// # Errors
///
/// If the name is taken or the system has no such sockets.
pub(crate) fn start(daemon: &'static Daemon) -> io::Result<()> {
    let listener = UnixListener::bind_addr(&address(daemon.local.port())?)?;
    let serve = move || {
        loop {
            let answered = listener
                .accept()
                .and_then(|(stream, _)| answer(daemon, &stream));
            if answered.is_err() {
                // An error that repeats must not become a busy loop.
                thread::sleep(clock::RETRY_PAUSE);
            }
        }
    };
    threads::start("health", Box::new(serve))
}

/// Asks the daemon that receives on `port` for its status.
///
/// # Errors
///
/// If none answers.
pub(crate) fn ask(port: u16) -> io::Result<Answer> {
    let stream = UnixStream::connect_addr(&address(port)?)?;
    stream.set_read_timeout(Some(TIME_LIMIT))?;
    let mut text = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut text)?;
    let mut lines = text.splitn(4, '\n').map(str::to_owned);
    match (lines.next(), lines.next(), lines.next(), lines.next()) {
        (Some(verdict), Some(head), Some(json), Some(rest)) => {
            let (lines, metrics) = rest.split_once(BORDER).unwrap_or((&rest, ""));
            Ok(Answer {
                healthy: verdict == "healthy",
                live: verdict != "stopped",
                head,
                json,
                lines: lines.to_owned(),
                metrics: metrics.to_owned(),
            })
        }
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn address(port: u16) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("alertik-{port}"))
}

fn answer(daemon: &Daemon, mut stream: &UnixStream) -> io::Result<()> {
    use std::fmt::Write as _;
    stream.set_write_timeout(Some(TIME_LIMIT))?;
    let status = status::of(daemon);
    let verdict = match (status.is_healthy(), status.is_live()) {
        (true, _) => "healthy",
        (false, true) => "unhealthy",
        (false, false) => "stopped",
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{verdict}");
    let _ = status.write_head(&mut text);
    text.push('\n');
    let _ = status.write_json(&mut text);
    text.push('\n');
    let _ = status.write_lines(&mut text);
    text.push(BORDER);
    let _ = status.write_metrics(&mut text);
    stream.write_all(text.as_bytes())
}
