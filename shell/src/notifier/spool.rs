//! `SPOOL_FILE`: what waits at the end of the process, for the next one.
//!
//! The file is written once, at the end, under another name first, so that it is
//! whole or not there; and read and removed at the next start. Beside it a marker
//! lies as long as the daemon runs: one that is there at the start means that the
//! last process ended without a stop.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use alertik_core::delivery::Spool;
use alertik_core::limits::SPOOL_BYTES_MAX;

use crate::log::Escaped;
use crate::sys::whole_file::WholeFile;

/// The file, and those beside it.
pub(super) struct SpoolFile {
    file: WholeFile,
}

/// What an earlier process has left.
#[derive(Default)]
pub(super) struct Left {
    /// The bytes of a spool, or nothing.
    pub(super) bytes: Vec<u8>,
    /// Whether it ended without a stop.
    pub(super) crashed: bool,
}

impl SpoolFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            file: WholeFile::new(path),
        }
    }

    /// Takes what the last process has left, and lays the marker. Complains to the
    /// log if something is wrong; that is no reason not to start.
    pub(super) fn take(&self) -> Left {
        let mut left = Left {
            bytes: Vec::new(),
            crashed: self.file.beside(".running").exists(),
        };
        match self.file.read(SPOOL_BYTES_MAX) {
            Ok(bytes) if Spool::parse(&bytes).is_ok() => left.bytes = bytes,
            Ok(_) => log::error!("SPOOL_FILE: {} is damaged and ignored", self.name()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => log::error!("SPOOL_FILE: {} cannot be read: {error}", self.name()),
        }
        let removed = match fs::remove_file(self.file.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        if let Err(error) = removed.and_then(|()| fs::write(self.file.beside(".running"), "")) {
            log::error!("SPOOL_FILE: {} cannot be written: {error}", self.name());
        }
        left
    }

    /// Writes what waits, if anything does, and takes the marker away: this is a
    /// clean end.
    pub(super) fn leave(&self, bytes: Option<&[u8]>) {
        let written = bytes.map_or(Ok(()), |bytes| self.file.replace(bytes));
        if let Err(error) = written {
            log::error!("SPOOL_FILE: {} cannot be written: {error}", self.name());
        }
        let _ = fs::remove_file(self.file.beside(".running"));
    }

    fn name(&self) -> Escaped<'_> {
        Escaped(self.file.path().as_os_str().as_bytes())
    }
}
