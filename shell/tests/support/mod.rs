//! The real binary, started with an environment of its own.

// Each test program uses a part of this.
#![allow(dead_code, reason = "shared by several test programs")]

pub(crate) mod pages;

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; waiting ends as soon as what is waited for
/// is there.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A free port, which only loopback may have.
pub(crate) const ANY_PORT: [(&str, &str); 2] = [("SYSLOG_ADDR", "127.0.0.1"), ("SYSLOG_PORT", "0")];

/// A command that runs the binary with nothing in its environment but `variables`, and a
/// free port if they have none, in an empty folder.
pub(crate) fn alertik(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alertik"));
    command.env_clear();
    if !variables.iter().any(|(name, _)| *name == "SYSLOG_PORT") {
        command.envs(ANY_PORT);
    }
    command.envs(variables.iter().copied());
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// A UDP port that is free on every address at this moment, for what port 0 may not be.
pub(crate) fn free_port() -> String {
    let socket = UdpSocket::bind("[::]:0").or_else(|_| UdpSocket::bind("0.0.0.0:0"));
    let address = socket.and_then(|socket| socket.local_addr());
    address.expect("a port").port().to_string()
}

/// Runs the binary to its end and returns its exit status and standard error. It
/// has no port to itself, and never gets as far as asking for one.
pub(crate) fn refused(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = alertik(&[("SYSLOG_PORT", "5140")]);
    command.envs(variables.iter().copied());
    let output = command.output().expect("the binary runs");
    (
        output.status.code(),
        String::from_utf8(output.stderr).expect("errors are UTF-8"),
    )
}

/// A child that does not outlive the test, whatever happens.
pub(crate) struct Guard(pub(crate) Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running daemon. Dropping it kills it.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    pub(crate) port: u16,
}

impl Daemon {
    /// Starts the daemon and waits until it listens.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::from_command(alertik(variables))
    }

    /// As [`Daemon::start`], for a command that ends up running the daemon.
    pub(crate) fn from_command(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = follow(child.stdout.take().expect("stdout is a pipe"));
        let mut daemon = Self {
            child,
            lines,
            seen: Vec::new(),
            port: 0,
        };
        let line = daemon.wait_for("listens on UDP ");
        daemon.port = port_of(&line);
        daemon
    }

    /// Waits for a line of output that contains `part`, and returns it. Lines
    /// before it are passed over.
    pub(crate) fn wait_for(&mut self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next_line(deadline.saturating_duration_since(Instant::now())) {
                Some(line) if line.contains(part) => return line,
                Some(_) => {}
                None => panic!("no line with {part:?}; there were {:#?}", self.seen),
            }
        }
    }

    /// Returns the next line of output, or `None` if there is none in time.
    pub(crate) fn next_line(&mut self, limit: Duration) -> Option<String> {
        let line = self.lines.recv_timeout(limit).ok()?;
        self.seen.push(line.clone());
        Some(line)
    }

    /// Returns all lines of output that were read so far.
    pub(crate) fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Sends a datagram to the daemon over IPv4.
    pub(crate) fn send(&self, datagram: &[u8]) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket
            .send_to(datagram, self.address())
            .expect("loopback takes it");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Sends a signal by its name to the daemon.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the end, and returns the status, how long it took, and the rest
    /// of the output.
    pub(crate) fn wait(mut self) -> (ExitStatus, Duration, Vec<String>) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                break status;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "the daemon does not end: {:#?}",
                self.seen
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = started.elapsed();
        let rest = self.lines.iter().collect();
        (status, took, rest)
    }

    /// Asks the daemon to end, and returns all output that is left.
    pub(crate) fn stop(self) -> Vec<String> {
        self.signal("TERM");
        let (status, took, rest) = self.wait();
        assert!(status.success(), "{status}");
        assert!(took < Duration::from_secs(2), "took {took:?}");
        rest
    }

    /// Returns the resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the daemon is alive");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .expect("VmRSS");
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse().ok())
            .expect("a number")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running daemon that logs to a file, its standard output a pipe that nobody
/// reads. Dropping it kills it.
pub(crate) struct Logging {
    pub(crate) guard: Guard,
    pub(crate) path: std::path::PathBuf,
    socket: UdpSocket,
}

impl Logging {
    /// Starts the daemon in a new folder and waits until it listens. `log` is
    /// the file that it will log to.
    pub(crate) fn start(name: &str, variables: &[(&str, &str)], log: &str) -> Self {
        folder(name);
        Self::start_in(name, variables, log)
    }

    /// As [`Logging::start`], in a folder that is there already.
    pub(crate) fn start_in(name: &str, variables: &[(&str, &str)], log: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut command = alertik(variables);
        let child = command.current_dir(&folder).stdout(Stdio::piped()).spawn();
        let guard = Guard(child.expect("the binary starts"));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let daemon = Self {
            guard,
            path: folder.join(log),
            socket,
        };
        let line = daemon.wait_until(|| (), "listens on UDP ");
        daemon
            .socket
            .connect((Ipv4Addr::LOCALHOST, port_of(&line)))
            .expect("an address");
        daemon
    }

    /// Sends a datagram.
    pub(crate) fn send(&self, datagram: &[u8]) {
        self.socket.send(datagram).expect("loopback takes it");
    }

    /// Asks for the status until its line contains `part`.
    pub(crate) fn wait_for_status(&self, part: &str) {
        self.wait_until(|| signal(self.guard.0.id(), "USR1"), part);
    }

    /// Ends the daemon with SIGTERM, which must take less than two seconds.
    pub(crate) fn stop(mut self) {
        signal(self.guard.0.id(), "TERM");
        let started = Instant::now();
        let status = self.guard.0.wait().expect("a child of ours");
        assert!(status.success(), "{status}");
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }

    /// Does something again and again until a line of the log contains `part`.
    fn wait_until(&self, again: impl Fn(), part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = std::fs::read_to_string(&self.path).unwrap_or_default();
            if let Some(line) = text.lines().find(|line| line.contains(part)) {
                return line.to_owned();
            }
            assert!(Instant::now() < deadline, "no {part:?} in {text}");
            again();
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Sends a signal by its name to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let kill = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(kill.expect("kill exists").success());
}

/// Returns the port at the end of a "listens on" line.
pub(crate) fn port_of(line: &str) -> u16 {
    line.rsplit(':')
        .next()
        .and_then(|port| port.trim().parse().ok())
        .expect("a port")
}

fn follow(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader
            .by_ref()
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
    lines
}

/// The variables of a rule with the given number.
pub(crate) fn rule<'a>(
    number: u8,
    notifier: &'a str,
    match_type: &'a str,
    match_str: &'a str,
    mask: &'a str,
) -> Vec<(String, &'a str)> {
    [
        ("NOTIFIER", notifier),
        ("MATCH_TYPE", match_type),
        ("MATCH_STR", match_str),
        ("MASK_MSG", mask),
    ]
    .into_iter()
    .map(|(field, value)| (format!("EVENT{number}_{field}"), value))
    .collect()
}

/// One rule on the console, and more variables.
pub(crate) fn console<'a>(
    match_type: &'a str,
    match_str: &'a str,
    mask: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut variables = vec![
        ("ENV_EVENTS", "1"),
        ("EVENT0_NOTIFIER", "Console"),
        ("EVENT0_MATCH_TYPE", match_type),
        ("EVENT0_MATCH_STR", match_str),
        ("EVENT0_MASK_MSG", mask),
    ];
    variables.extend_from_slice(more);
    variables
}

/// A folder of its own for a test, emptied.
pub(crate) fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Reads a request to its end and returns its body.
pub(crate) fn read_body(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (_, length) = head.split_once("Content-Length: ").expect("a length");
            let length = length.split("\r\n").next().unwrap_or(length);
            if body.len() >= length.parse().expect("a number") {
                return body.to_owned();
            }
        }
        let count = stream.read(&mut chunk).expect("a request");
        assert!(count > 0, "the request broke off");
        bytes.extend_from_slice(&chunk[..count]);
    }
}
