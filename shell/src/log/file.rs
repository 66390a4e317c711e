//! A log file that is kept below a size by rotating it once.
//!
//! Somebody else may move or remove it meanwhile. So it is looked for before each
//! line, and made again if it is gone.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A log file. If the next line would take it over half its limit, it becomes
/// `NAME.1`, replacing an older one, and a new one begins; the two together stay
/// below the limit.
#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    file: Option<File>,
    /// Device and number of the file that is open.
    id: (u64, u64),
    written: u64,
    half: u64,
}

impl RotatingFile {
    /// Opens or creates the file at `path`, which is to stay below `bytes_max`
    /// together with its predecessor.
    pub(crate) fn open(path: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let mut rotating = Self {
            path,
            file: None,
            id: (0, 0),
            written: 0,
            half: bytes_max / 2,
        };
        rotating.reopen()?;
        Ok(rotating)
    }

    /// Opens the file that has the path now, or creates it.
    fn reopen(&mut self) -> io::Result<()> {
        let file = append_to(&self.path)?;
        let metadata = file.metadata()?;
        // A pipe would block for ever, and a device must not be renamed.
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        self.id = (metadata.dev(), metadata.ino());
        self.written = metadata.len();
        self.file = Some(file);
        Ok(())
    }

    /// Returns whether another file has the path now, or none.
    fn is_gone(&self) -> bool {
        fs::metadata(&self.path)
            .map_or(true, |metadata| (metadata.dev(), metadata.ino()) != self.id)
    }

    /// Appends a line, and rotates first if it would not fit. A failure goes
    /// unreported; the file is opened again for the next line.
    pub(crate) fn write(&mut self, line: &[u8]) {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.file.is_none() || self.is_gone() {
            self.file = None;
            let _ = self.reopen();
        }
        if self.written.saturating_add(length) > self.half {
            self.rotate();
            let _ = self.reopen();
        }
        let result = self.file.as_mut().map(|file| file.write_all(line));
        match result {
            Some(Ok(())) => self.written += length,
            _ => self.file = None,
        }
    }

    fn rotate(&mut self) {
        let mut older = OsString::from(&self.path);
        older.push(".1");
        self.file = None;
        // If renaming is not possible, starting over is better than growing.
        if fs::rename(&self.path, &older).is_err() {
            let _ = fs::remove_file(&self.path);
        }
        self.written = 0;
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        // Opening a pipe without a reader fails then, instead of waiting for one.
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two files, never more than the limit, the newest lines kept in order.
    #[test]
    fn stays_below_the_limit() {
        let folder = std::env::temp_dir().join(format!("alertik-log-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("log.txt");
        let mut file = RotatingFile::open(path.clone(), 1_000).unwrap();
        for number in 0..500 {
            file.write(format!("line {number:04}\n").as_bytes());
        }
        let older = fs::read_to_string(folder.join("log.txt.1")).unwrap();
        let newer = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        assert!(older.len() + newer.len() <= 1_000);
        let both = older + &newer;
        let last: Vec<_> = both.lines().rev().take(60).collect();
        assert_eq!(last.len(), 60);
        assert!(
            last.iter()
                .enumerate()
                .all(|(i, l)| *l == format!("line {:04}", 499 - i))
        );
        // What somebody else removed or moved away is made again.
        fs::remove_file(&path).unwrap();
        file.write(b"after\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "after\n");
        fs::rename(&path, folder.join("moved")).unwrap();
        file.write(b"again\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "again\n");
        let newer_bytes = 6;
        // A restart continues at the file's end.
        let again = RotatingFile::open(path, 1_000).unwrap();
        assert_eq!(again.written, newer_bytes);
        fs::remove_dir_all(&folder).unwrap();
    }

    /// What is no file is refused, and does not hang the start.
    #[test]
    fn only_files_are_logged_to() {
        let fifo = std::env::temp_dir().join(format!("alertik-fifo-{}", std::process::id()));
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        assert!(RotatingFile::open(fifo.clone(), 1_000).is_err());
        // With a reader it can be opened, and is refused all the same.
        let reader = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&fifo);
        assert!(RotatingFile::open(fifo.clone(), 1_000).is_err());
        drop(reader);
        fs::remove_file(fifo).unwrap();
        let error = RotatingFile::open("/dev/null".into(), 1_000).unwrap_err();
        assert_eq!(error.to_string(), "it is not a regular file");
    }
}
