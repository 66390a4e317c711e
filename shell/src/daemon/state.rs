//! `STATE_FILE`: what the rules know of earlier messages, for the next process.
//!
//! The matcher must not wait for a disk. It writes the state into memory, and a thread
//! takes it from there to the file: at the start, which shows whether that is possible,
//! then at most every ten minutes if there is news, and at the end. A crash costs what
//! was new since: it is notified once more.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::limits::{KNOWN_VALUES_MAX, STATE_BYTES_MAX};
use alertik_core::rules::{Engine, Restored, State};
use alertik_core::time::Instant;

use crate::log::Escaped;
use crate::sys::threads;
use crate::sys::whole_file::WholeFile;

/// Time between two writes, and between two reports of values that were forgotten, in
/// milliseconds. A router's flash wears out.
const PAUSE_MILLIS: u64 = 10 * 60 * 1_000;
/// Time between two looks whether there is something to do, in milliseconds.
const LOOK_MILLIS: u64 = 1_000;

/// The file, and what waits to be written to it.
pub(super) struct StateFile {
    file: WholeFile,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
    bytes: Box<[u8]>,
    /// How many of them wait.
    len: usize,
    is_writing: bool,
    /// The last write has failed.
    has_failed: bool,
}

impl StateFile {
    /// Reads what the last process has left, and starts the thread that writes. `None` if
    /// there is a file that cannot be read: then it is not replaced either.
    ///
    /// # Errors
    ///
    /// If there is no thread to start.
    pub(super) fn open(path: PathBuf) -> io::Result<Option<(&'static Self, Vec<u8>)>> {
        let file = WholeFile::new(path);
        let left = match file.read(STATE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                let name = name(&file);
                log::error!("STATE_FILE: {name} cannot be read ({error}), nor is it written");
                return Ok(None);
            }
        };
        let waiting = Waiting {
            bytes: vec![0; STATE_BYTES_MAX].into(),
            len: 0,
            is_writing: false,
            has_failed: false,
        };
        // There is one for the life of the process.
        let state: &'static Self = Box::leak(Box::new(Self {
            file,
            waiting: Mutex::new(waiting),
            changed: Condvar::new(),
        }));
        threads::start("state", Box::new(|| state.write_all()))?;
        Ok(Some((state, left)))
    }

    /// Keeps a damaged file for whoever wants to look at it.
    fn set_aside(&self) {
        let aside = self.file.beside(".bad");
        let name = name(&self.file);
        let renamed = fs::rename(self.file.path(), &aside);
        log::error!(
            "STATE_FILE: {name} is damaged, or of another version, and every value is new; it \
             is kept as {}",
            Escaped(aside.as_os_str().as_bytes())
        );
        if let Err(error) = renamed {
            log::error!("STATE_FILE: {name} cannot be renamed: {error}");
        }
    }

    /// Waits until all is written, up to `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let is_busy = |waiting: &mut Waiting| waiting.len > 0 || waiting.is_writing;
        let _ = self.changed.wait_timeout_while(self.lock(), limit, is_busy);
    }

    /// Hands what the engine knows to the thread that writes.
    fn save(&self, now: Instant, engine: &mut Engine) {
        let mut waiting = self.lock();
        waiting.len = engine.novelties_mut().save(now, &mut waiting.bytes);
        waiting.has_failed = false;
        drop(waiting);
        self.changed.notify_all();
    }

    /// The thread's work: writes one state after the other, for ever.
    fn write_all(&self) {
        let mut own: Box<[u8]> = vec![0; STATE_BYTES_MAX].into();
        loop {
            let mut waiting = self
                .changed
                .wait_while(self.lock(), |waiting| waiting.len == 0)
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut own, &mut waiting.bytes);
            let len = std::mem::take(&mut waiting.len);
            waiting.is_writing = true;
            drop(waiting);
            let written = self.file.replace(&own[..len]);
            if let Err(error) = &written {
                let name = name(&self.file);
                log::error!("STATE_FILE: {name} cannot be written: {error}");
            }
            let mut waiting = self.lock();
            waiting.is_writing = false;
            waiting.has_failed = written.is_err();
            drop(waiting);
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the engine know what the last process has left, if there is a file, and begins
/// to learn.
pub(super) fn restore(file: Option<&StateFile>, now: Instant, left: &[u8], engine: &mut Engine) {
    let state = State::parse(left).ok();
    if let Some(file) = file
        && state.is_none()
        && !left.is_empty()
    {
        file.set_aside();
    }
    let novelties = engine.novelties_mut();
    novelties.restore(now, state.as_ref(), &mut |rule, count, restored| {
        let fate = match restored {
            Restored::Known => {
                log::info!("{rule}_FIRST: values known from before the restart: {count}");
                return;
            }
            Restored::Changed => "the rule has changed",
            Restored::Unused => "nothing uses them any more",
        };
        log::warn!("{rule}_FIRST: known values dropped, because {fate}: {count}");
    });
}

fn name(file: &WholeFile) -> Escaped<'_> {
    Escaped(file.path().as_os_str().as_bytes())
}

/// The matcher's part: when to save, and when to report.
#[derive(Default)]
pub(super) struct Keeper {
    /// The file, if there is one.
    pub(super) file: Option<&'static StateFile>,
    look_at: Instant,
    save_at: Instant,
    report_at: Instant,
}

impl Keeper {
    /// Saves what is new, and reports what was forgotten, if it is time. Costs one
    /// comparison otherwise.
    pub(super) fn look(&mut self, now: Instant, engine: &mut Engine) {
        if now < self.look_at {
            return;
        }
        self.look_at = now.after(LOOK_MILLIS);
        if now >= self.report_at {
            self.report(now, engine);
        }
        if let Some(file) = self.file
            && now >= self.save_at
            && (engine.novelties_mut().is_changed() || file.lock().has_failed)
        {
            self.save_at = now.after(PAUSE_MILLIS);
            file.save(now, engine);
        }
    }

    /// Reports and saves the last time.
    pub(super) fn finish(&mut self, now: Instant, engine: &mut Engine) {
        self.report(now, engine);
        if let Some(file) = self.file {
            file.save(now, engine);
        }
    }

    fn report(&mut self, now: Instant, engine: &mut Engine) {
        while let Some((rule, count)) = engine.novelties_mut().take_forgotten() {
            self.report_at = now.after(PAUSE_MILLIS);
            log::warn!(
                "{rule}_FIRST: values forgotten for newer ones, and new if they come again: \
                 {count}; at most {KNOWN_VALUES_MAX} are known"
            );
        }
    }
}
