//! Runs the shipped binaries, those for ARM under qemu: the demonstration, and
//! one regex rule from a datagram to a verified HTTPS request and SIGTERM.

mod server;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::flags::Flags;
use crate::targets::Target;
use crate::{Result, dist};
use server::Server;

/// How long any one step may take. Emulation is some twenty times slower than
/// the machine, and the machine may be busy.
const STEP_LIMIT: Duration = Duration::from_secs(60);

/// Time between two datagrams until the first one has had an effect.
const RESEND_INTERVAL: Duration = Duration::from_millis(500);

/// What the daemon may have resident, in KiB: idle with one regex rule, and
/// after an HTTPS notification. Measured where no emulator adds its own.
const RESIDENT_KIB_MAX: u64 = 1_024;

/// What the demonstration is to say.
const DEMO_SAYS: [&str; 3] = [
    "Failed login as root from 192.168.88.17 (ssh)",
    "Interface ether2 is up 1G",
    "The router lost power",
];

/// Groups for the key exchange, as openssl names them. Each is other code, and
/// other code again on each target.
const GROUPS: [&str; 3] = ["X25519", "P-256", "P-384"];

/// A line of a router, the rule for it, and what arrives.
const LINE: &str = "interface,info ether2 link up (speed 1G, full duplex)";
const PATTERN: &str = r"(ether[0-9]+) link up \(speed (.+), full duplex\)";
const MASK: &str = "Your link @1 is up at @2";
const ARRIVES: &str = "Your link ether2 is up at 1G";

/// Runs `emulate`.
///
/// # Errors
///
/// What did not happen, on which target, with what the binary printed.
pub(crate) fn run(mut flags: Flags) -> Result {
    let targets = Target::select(flags.value("--target")?.as_deref())?;
    flags.finish()?;
    for target in targets {
        let start = Instant::now();
        let binary = dist::folder().join(format!("alertik-{}", target.name));
        if !binary.is_file() {
            return Err(format!("not built; cargo xtask dist --target {}", target.name).into());
        }
        demo(target, &binary).map_err(|error| format!("{}, demo: {error}", target.name))?;
        let resident = notify_all(target, &binary)?;
        println!(
            "{}: demo, regex rule, HTTPS by each key exchange and SIGTERM in {:.1} s, {}",
            target.name,
            start.elapsed().as_secs_f32(),
            match resident {
                Some([idle, after]) => format!("resident {idle} KiB idle, {after} KiB after HTTPS"),
                None => "emulated".to_owned(),
            }
        );
    }
    Ok(())
}

/// Runs the demonstration to its end.
fn demo(target: &Target, binary: &Path) -> Result {
    let mut command = command(target, binary);
    command.args(["demo", "--once"]).env("SYSLOG_PORT", "0");
    let mut process = Process::start(command)?;
    let status = process.wait()?;
    let printed = process.printed();
    if !status.success() {
        return Err(format!("ended with {status}:\n{printed}").into());
    }
    for text in DEMO_SAYS {
        if !printed.contains(text) {
            return Err(format!("did not say `{text}`:\n{printed}").into());
        }
    }
    Ok(())
}

/// Notifies a server of every group for the key exchange. Returns the most that
/// was resident, see [`notify`].
fn notify_all(target: &Target, binary: &Path) -> Result<Option<[u64; 2]>> {
    let folder = dist::folder().join("emulate").join(target.name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    server::certificates(&folder)?;
    let mut most: Option<[u64; 2]> = None;
    for group in GROUPS {
        let resident = notify(target, binary, &folder, group)
            .map_err(|error| format!("{}, notification by {group}: {error}", target.name))?;
        if let Some([idle, after]) = resident {
            let [idle_most, after_most] = most.unwrap_or_default();
            most = Some([idle.max(idle_most), after.max(after_most)]);
        }
    }
    if let Some(resident) = most
        && resident.iter().any(|&kib| kib > RESIDENT_KIB_MAX)
    {
        return Err(format!(
            "{}: resident are {resident:?} KiB (idle, after HTTPS), more than {RESIDENT_KIB_MAX}",
            target.name
        )
        .into());
    }
    Ok(most)
}

/// Sends a datagram until a notification arrives at a TLS server whose
/// certificate is of an authority that only `TLS_CA_FILE` names, then asks the
/// daemon to end. Returns what was resident before and after, in KiB, unless it
/// is emulated.
fn notify(target: &Target, binary: &Path, folder: &Path, group: &str) -> Result<Option<[u64; 2]>> {
    let mut server = Server::start(folder, group)?;

    let mut command = command(target, binary);
    command
        .env("SYSLOG_ADDR", "127.0.0.1")
        .env("SYSLOG_PORT", "0")
        .env("TLS_CA_FILE", server.authority())
        .env("GENERIC1_WEBHOOK_URL", server.url())
        .env("ENV_EVENTS", "1")
        .env("EVENT0_NOTIFIER", "Generic1")
        .env("EVENT0_MATCH_TYPE", "regex")
        .env("EVENT0_MATCH_STR", PATTERN)
        .env("EVENT0_MASK_MSG", MASK);
    let mut process = Process::start(command)?;
    let address = process.wait_for("listens on UDP ")?;
    let idle = process.resident_kib()?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let start = Instant::now();
    while !server.received(ARRIVES, RESEND_INTERVAL) {
        socket.send_to(LINE.as_bytes(), address.trim())?;
        if start.elapsed() > STEP_LIMIT || process.has_ended()? {
            return Err(format!(
                "nothing arrived.\nThe server saw:\n{}\nThe daemon printed:\n{}",
                server.seen(),
                process.printed()
            )
            .into());
        }
    }
    server.answer()?;
    let after = process.resident_kib()?;
    process.terminate()?;
    let status = process.wait()?;
    if !status.success() {
        return Err(format!("SIGTERM ended it with {status}:\n{}", process.printed()).into());
    }
    Ok(target.qemu.is_empty().then_some([idle, after]))
}

/// Returns the command that runs a binary, with an empty environment.
fn command(target: &Target, binary: &Path) -> Command {
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

/// A running daemon and what it has printed.
struct Process {
    child: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
}

impl Process {
    fn start(mut command: Command) -> Result<Self> {
        let name = PathBuf::from(command.get_program()).display().to_string();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}; cargo xtask setup installs it"))?;
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

    /// Waits until a line holds `text` and returns what is behind it.
    fn wait_for(&mut self, text: &str) -> Result<String> {
        let start = Instant::now();
        while start.elapsed() < STEP_LIMIT {
            match self.lines.recv_timeout(RESEND_INTERVAL) {
                Ok(line) => {
                    let behind = line.split_once(text).map(|(_, behind)| behind.to_owned());
                    self.printed.push(line);
                    if let Some(behind) = behind {
                        return Ok(behind);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(format!("did not print `{text}` but:\n{}", self.printed()).into())
    }

    /// Returns everything printed so far; all of it, where the process ended.
    fn printed(&mut self) -> String {
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

    fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Returns how much of it is in memory, its file's pages included
    /// (proc_pid_smaps(5)).
    fn resident_kib(&self) -> Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok());
        kib.ok_or_else(|| "smaps_rollup has no Rss".into())
    }

    /// Sends SIGTERM.
    fn terminate(&self) -> Result {
        let status = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        if !status.success() {
            return Err("kill failed".into());
        }
        Ok(())
    }

    /// Waits for the end.
    fn wait(&mut self) -> Result<ExitStatus> {
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

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
