//! The console: notifications on standard output.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use crate::log::remember;

/// Standard output without the buffer and the lock that the log may use: a
/// reader that stops reading must stall this notifier only.
pub(super) struct Console {
    out: File,
}

impl Console {
    pub(super) fn open() -> io::Result<Self> {
        let out = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self {
            out: File::from(out),
        })
    }

    /// Writes whole lines; blocks as long as the reader does. They are known from
    /// now on, should a router log them and send them back.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        remember(lines);
        self.out.write_all(lines)
    }
}
