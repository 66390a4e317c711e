//! The daemon's own log: to standard output, or to a file of bounded size.
//!
//! Logging never waits. A line goes into a fixed queue and a thread of its own
//! writes it, so that a stalled reader of standard output or a slow flash chip
//! stops neither intake nor notifications. Lines that find no room are counted
//! and reported later.

mod escape;
mod file;
mod printed;

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::bytes::Fifo;
use alertik_core::syslog::OWN_OUTPUT_PREFIX;
use heapless::Vec;
use log::{Level, LevelFilter, Metadata, Record};

use crate::sys::{clock, threads};
pub(crate) use escape::Escaped;
pub(crate) use file::RotatingFile;
pub(crate) use printed::{is_own_output, remember};

/// Bytes of one line of the log, its end included; longer ones are cut.
const LINE_BYTES_MAX: usize = 1_024;
/// Bytes of lines that wait to be written.
const QUEUE_BYTES: usize = 16 * 1_024;

/// The destination of the log.
#[derive(Debug)]
pub(crate) enum Sink {
    /// Standard output.
    Stdout,
    /// A file that is kept below a size.
    File(RotatingFile),
}

/// The lines that wait to be written.
struct Waiting {
    lines: Fifo<QUEUE_BYTES>,
    /// Lines that found no room and are not reported yet.
    unreported: u64,
    /// The writer has taken a line and not finished it.
    is_writing: bool,
}

struct Logger {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

static LOGGER: Logger = Logger {
    waiting: Mutex::new(Waiting {
        lines: Fifo::new(),
        unreported: 0,
        is_writing: false,
    }),
    changed: Condvar::new(),
};

/// Installs the logger and starts its writer.
pub(crate) fn start(level: LevelFilter, sink: Sink) -> io::Result<()> {
    // Fails only if called twice, which changes nothing.
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(level);
    threads::start("log", Box::new(move || write_lines(sink)))
}

/// Logs at debug level.
///
/// `log::debug!` is not used: the crate's debug level is compiled out of the
/// release (`release_max_level_info`), because it would keep all the TLS
/// library's debug texts in the binary.
pub(crate) fn debug(message: fmt::Arguments<'_>) {
    if log::max_level() >= LevelFilter::Debug {
        LOGGER.enqueue(Level::Debug, message);
    }
}

/// Waits until all lines are written, up to `limit`.
pub(crate) fn flush(limit: Duration) {
    let is_busy = |waiting: &mut Waiting| !waiting.lines.is_empty() || waiting.is_writing;
    let _ = LOGGER
        .changed
        .wait_timeout_while(LOGGER.lock(), limit, is_busy);
}

impl Logger {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, level: Level, message: fmt::Arguments<'_>) {
        let mut line = LogLine::new();
        let now = clock::wall();
        let name = match level {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Info => "info",
            Level::Debug | Level::Trace => "debug",
        };
        let _ = write!(line, "{OWN_OUTPUT_PREFIX}{now} {name}: {message}");
        let mut waiting = self.lock();
        if waiting.lines.push(line.finish(), &[]).is_err() {
            waiting.unreported += 1;
        }
        drop(waiting);
        self.changed.notify_all();
    }
}

impl log::Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Only our own lines: a library's text could hold a URL.
        metadata.target().starts_with("alertik")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.enqueue(record.level(), *record.args());
        }
    }

    fn flush(&self) {}
}

/// The writer thread: writes one line after the other, forever.
fn write_lines(mut sink: Sink) {
    let mut line = [0; LINE_BYTES_MAX];
    loop {
        let has_nothing =
            |waiting: &mut Waiting| waiting.lines.is_empty() && waiting.unreported == 0;
        let mut waiting = LOGGER
            .changed
            .wait_while(LOGGER.lock(), has_nothing)
            .unwrap_or_else(PoisonError::into_inner);
        let length = waiting.lines.pop(&mut line);
        // Lines were lost because the queue was full, so they come after it.
        let lost = match length {
            Some(_) => 0,
            None => std::mem::take(&mut waiting.unreported),
        };
        waiting.is_writing = true;
        drop(waiting);
        if let Some(length) = length {
            sink.write(&line[..length]);
        } else if lost > 0 {
            let mut note = LogLine::new();
            let now = clock::wall();
            let _ = write!(
                note,
                "{OWN_OUTPUT_PREFIX}{now} warning: {lost} log lines lost"
            );
            sink.write(note.finish());
        }
        LOGGER.lock().is_writing = false;
        LOGGER.changed.notify_all();
    }
}

impl Sink {
    /// Writes a line. A failure cannot be reported: a closed standard output or a
    /// full disk silences the log and nothing else.
    fn write(&mut self, line: &[u8]) {
        match self {
            Self::Stdout => {
                remember(line);
                let _ = io::stdout().lock().write_all(line);
            }
            Self::File(file) => file.write(line),
        }
    }
}

/// A line under construction, cut at its capacity.
struct LogLine {
    bytes: Vec<u8, LINE_BYTES_MAX>,
}

impl LogLine {
    const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Ends the line; a message cannot hold line ends of its own.
    fn finish(&mut self) -> &[u8] {
        for byte in &mut self.bytes {
            if *byte == b'\n' || *byte == b'\r' {
                *byte = b' ';
            }
        }
        self.bytes.truncate(LINE_BYTES_MAX - 1);
        let _ = self.bytes.push(b'\n');
        &self.bytes
    }
}

impl fmt::Write for LogLine {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fitting = text.floor_char_boundary(LINE_BYTES_MAX - 1 - self.bytes.len());
        let _ = self.bytes.extend_from_slice(&text.as_bytes()[..fitting]);
        Ok(())
    }
}
