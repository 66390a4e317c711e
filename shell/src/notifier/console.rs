//! The console: notifications on standard output.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use crate::log::remember;
use crate::sys::poll::wait_writable;

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

    /// Writes whole lines; blocks as long as the reader does, also if another
    /// process has made the pipe non-blocking. They are known from now on, should a
    /// router log them and send them back.
    pub(super) fn write(&mut self, mut lines: &[u8]) -> io::Result<()> {
        remember(lines);
        while !lines.is_empty() {
            match self.out.write(lines) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => lines = &lines[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait_writable(self.out.as_fd());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// A pipe that another process has made non-blocking, and whose reader is slow,
    /// gets every byte.
    #[test]
    fn a_non_blocking_reader_is_waited_for() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut console = Console {
            out: File::from(std::os::fd::OwnedFd::from(ours)),
        };
        let writer = thread::spawn(move || console.write(&vec![b'x'; 4 << 20]));
        thread::sleep(Duration::from_millis(50));
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).unwrap();
        assert_eq!(received.len(), 4 << 20);
        writer.join().unwrap().unwrap();
    }
}
