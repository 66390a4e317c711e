//! A binary under test: started (emulated if it is for another processor), its
//! output collected, its memory measured.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::process::succeed;
use crate::targets::Target;

/// How long any one step may take. Emulation is some twenty times slower than
/// the machine, and the machine may be busy.
pub(super) const STEP_LIMIT: Duration = Duration::from_secs(60);

/// Time between two looks whether the process has printed something or ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Returns the command that runs a binary, with an empty environment.
pub(super) fn command(target: &Target, binary: &Path) -> Command {
    let mut command = match target.qemu.split_first() {
        None => Command::new(binary),
        Some((emulator, arguments)) => {
            let mut command = Command::new(emulator);
            command.args(arguments).arg(binary);
            command
        }
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path);
    command
}

/// A running binary and everything it has printed.
pub(super) struct Binary {
    child: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
}

impl Binary {
    /// Starts it, with both of its streams read by threads.
    pub(super) fn start(mut command: Command) -> Result<Self> {
        let name = PathBuf::from(command.get_program()).display().to_string();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}; `cargo xtask setup` installs it"))?;
        let (sender, lines) = channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream)
                    .lines()
                    .map_while(std::result::Result::ok)
                {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self {
            child,
            lines,
            printed: Vec::new(),
        })
    }

    /// Waits until a line holds `text` and returns the rest of that line.
    pub(super) fn wait_for(&mut self, text: &str) -> Result<String> {
        let start = Instant::now();
        while start.elapsed() < STEP_LIMIT {
            match self.lines.recv_timeout(LOOK_INTERVAL) {
                Ok(line) => {
                    let rest = line.split_once(text).map(|(_, rest)| rest.to_owned());
                    self.printed.push(line);
                    if let Some(rest) = rest {
                        return Ok(rest);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(format!("did not print `{text}` but:\n{}", self.printed()).into())
    }

    /// Returns everything printed so far; all of it, if the process has ended.
    pub(super) fn printed(&mut self) -> String {
        let limit = if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            STEP_LIMIT
        } else {
            Duration::ZERO
        };
        while let Ok(line) = self.lines.recv_timeout(limit) {
            self.printed.push(line);
        }
        self.printed.join("\n")
    }

    /// Returns whether it has ended.
    pub(super) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Returns how much of it is in memory, the pages of its file included
    /// (proc_pid_smaps(5)).
    pub(super) fn resident_kib(&self) -> Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok());
        kib.ok_or_else(|| "smaps_rollup has no Rss".into())
    }

    /// Sends SIGTERM.
    pub(super) fn terminate(&self) -> Result {
        succeed(Command::new("kill").arg(self.child.id().to_string()))
    }

    /// Waits for it to end.
    pub(super) fn wait(&mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < STEP_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!("does not end:\n{}", self.printed()).into())
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
