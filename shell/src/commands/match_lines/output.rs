//! Where the result goes.

use std::io::{self, Write as _};

/// Bytes read at a time, and bytes of output that are collected at most.
pub(super) const BUFFER_BYTES: usize = 64 * 1_024;

/// Standard output, collected.
#[derive(Default)]
pub(super) struct Output {
    pub(super) text: String,
}

impl Output {
    /// Writes what was collected if it is much.
    pub(super) fn flush_if_long(&mut self) -> io::Result<()> {
        if self.text.len() < BUFFER_BYTES {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what was collected.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(self.text.as_bytes())?;
        stdout.flush()?;
        self.text.clear();
        Ok(())
    }
}
