//! A log file that is kept below a size by rotating it once.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

/// A log file. If the next line would take it over half its limit, it becomes
/// `NAME.1`, replacing an older one, and a new one begins; the two together stay
/// below the limit.
#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    file: Option<File>,
    written: u64,
    half: u64,
}

impl RotatingFile {
    /// Opens or creates the file at `path`, which is to stay below `bytes_max`
    /// together with its predecessor.
    pub(crate) fn open(path: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let file = append_to(&path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            path,
            file: Some(file),
            written,
            half: bytes_max / 2,
        })
    }

    /// Appends a line, and rotates first if it would not fit. A failure goes
    /// unreported; the file is opened again for the next line.
    pub(crate) fn write(&mut self, line: &[u8]) {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.written.saturating_add(length) > self.half {
            self.rotate();
        }
        if self.file.is_none() {
            self.file = append_to(&self.path).ok();
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

fn append_to(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
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
        let newer_bytes = newer.len() as u64;
        let both = older + &newer;
        let last: Vec<_> = both.lines().rev().take(60).collect();
        assert_eq!(last.len(), 60);
        assert!(
            last.iter()
                .enumerate()
                .all(|(i, l)| *l == format!("line {:04}", 499 - i))
        );
        // A restart continues at the file's end.
        let again = RotatingFile::open(path, 1_000).unwrap();
        assert_eq!(again.written, newer_bytes);
        fs::remove_dir_all(&folder).unwrap();
    }
}
