//! A file that is read as a whole, and replaced as a whole: after a power cut it is the
//! old one or the new one.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file, and those beside it.
pub(crate) struct WholeFile {
    path: PathBuf,
}

impl WholeFile {
    /// Returns the file with a path, whether it exists or not.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path with something at its end.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(suffix);
        name.into()
    }

    /// Reads the file; of a longer one `bytes_max` bytes and one more, so that it is
    /// found to be wrong.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is none: a pipe in its place could hold up the start.
    pub(crate) fn read(&self, bytes_max: usize) -> io::Result<Vec<u8>> {
        if !fs::metadata(&self.path)?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut bytes = Vec::new();
        File::open(&self.path)?
            .take(bytes_max as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Replaces the file by one that only its owner can read.
    ///
    /// # Errors
    ///
    /// If it cannot be written. The file is the old one then.
    pub(crate) fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.beside(".new");
        // One that a power cut has left may belong to others.
        let _ = fs::remove_file(&temporary);
        let written = write(&temporary, bytes).and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            // On a full disk the room is worth more than the beginning of a file.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
