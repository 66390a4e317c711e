//! A daemon that is measured.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// A line of 110 bytes that no rule of the benchmark matches.
pub(super) const LINE: &[u8; 110] =
    b"dhcp,info defconf assigned 192.168.88.254 for AA:BB:CC:DD:EE:FF \
android-4f1c2d3e4b5a69788, lease time 00:10:00";

/// Longest wait for an answer of a daemon, which may run under valgrind.
const PATIENCE: Duration = Duration::from_secs(60);

/// Rules of the README's kinds, of which none matches the benchmark's line.
#[derive(Clone, Copy)]
pub(super) enum Rules {
    /// So many substrings.
    Substrings(usize),
    /// So many expressions.
    Regexes(usize),
}

const PATTERNS: [&str; 8] = [
    r"login failure for user ([A-Za-z]+) from (\d{1,3}.*) via ssh",
    r"([a-zA-Z0-9]+) link up \(speed (\d+Mbps), full duplex\)",
    r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})->((\d{1,3}\.?)+):(\d{1,5})",
    r"user ([^ ]+) logged in from ([0-9.]+) via (winbox|ssh|telnet|web)",
    r"([0-9A-F:]+)@([a-z0-9]+): disconnected, (.*), signal strength (-\d+)",
    r"dhcp alert on ([^:]+): discovered unknown dhcp server, mac ([0-9A-F:]{17}), ip (.+)",
    r"(\w+): (authenticated|deauthenticated|received disassoc): (.*)",
    r"[Ll]ink (down|lost)|carrier (down|lost)",
];

impl Rules {
    /// Returns the variables that configure them.
    fn variables(self) -> Vec<(String, String)> {
        let (count, kind) = match self {
            Self::Substrings(count) => (count, "substr"),
            Self::Regexes(count) => (count, "regex"),
        };
        let mut variables = vec![("ENV_EVENTS".to_owned(), count.to_string())];
        for number in 0..count {
            let pattern = match self {
                Self::Substrings(_) => format!("login failure {number}"),
                Self::Regexes(_) => {
                    format!("{}( no{number})?", PATTERNS[number % PATTERNS.len()])
                }
            };
            for (name, value) in [
                ("NOTIFIER", "Console"),
                ("MATCH_TYPE", kind),
                ("MATCH_STR", &pattern),
                ("MASK_MSG", "found"),
            ] {
                variables.push((format!("EVENT{number}_{name}"), value.to_owned()));
            }
        }
        variables
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Substrings(count) => write!(f, "{count} substr"),
            Self::Regexes(count) => write!(f, "{count} regex"),
        }
    }
}

/// A running daemon; it is stopped when this is dropped.
pub(super) struct Daemon {
    child: Child,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Daemon {
    /// Starts a binary and waits until it listens.
    pub(super) fn start(
        binary: &PathBuf,
        rules: Rules,
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        Self::launch(&mut Command::new(binary), rules, variables)
    }

    fn launch(command: &mut Command, rules: Rules, variables: &[(&str, &str)]) -> Result<Self> {
        let mut child = command
            .env_clear()
            .envs(rules.variables())
            .env("SYSLOG_ADDR", "127.0.0.1")
            .env("SYSLOG_PORT", "0")
            .env("LOG_FILE", "")
            .envs(variables.iter().copied())
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut daemon = Self {
            child,
            output: BufReader::new(output),
            port: 0,
        };
        let line = daemon.line_with("listens on UDP ")?;
        let port = line.trim_end().rsplit(':').next().unwrap_or_default();
        daemon.port = port.parse()?;
        Ok(daemon)
    }

    /// Returns the port that it listens on.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the resident memory, once it is idle.
    pub(super) fn resident_kib(&self) -> Result<f64> {
        std::thread::sleep(Duration::from_millis(300));
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let rollup = std::fs::read_to_string(path)?;
        number_after(&rollup, "Rss:").map(|kib| kib as f64)
    }

    /// Waits until the daemon has accounted for so many datagrams, and returns how
    /// many of them were lost.
    pub(super) fn lost_of(&mut self, sent: u64) -> Result<u64> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.signal("USR1")?;
            let status = self.line_with(" received ")?;
            let received = number_after(&status, " received ")?;
            let lost = number_after(&status, " kernel ")? + number_after(&status, " queue ")?;
            if received + lost >= sent {
                return Ok(lost);
            }
            if Instant::now() > deadline {
                return Err(format!("{sent} sent, but: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Reads the output up to a line that contains `text`.
    fn line_with(&mut self, text: &str) -> Result<String> {
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err(format!("the daemon ended before `{text}`").into());
            }
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    fn signal(&self, name: &str) -> Result {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", name, &id]).status()?;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the number that follows a name.
fn number_after(text: &str, name: &str) -> Result<u64> {
    let (_, rest) = text
        .split_once(name)
        .ok_or_else(|| format!("no{name} in {text}"))?;
    let rest = rest.trim_start();
    let end = rest.find(|byte: char| !byte.is_ascii_digit());
    Ok(rest[..end.unwrap_or(rest.len())].parse()?)
}

/// Returns the instructions that a line takes from the socket to the decision: the
/// difference of two runs under valgrind, without the kernel's.
pub(super) fn instructions_per_line(binary: &PathBuf, rules: Rules) -> Result<f64> {
    const LINES: u64 = 2_000;
    // The ring's memory is first written to on the way.
    const FIRST_LAP: u64 = 1_200;
    let few = instructions(binary, rules, FIRST_LAP)?;
    let many = instructions(binary, rules, FIRST_LAP + LINES)?;
    Ok((many.saturating_sub(few)) as f64 / LINES as f64)
}

fn instructions(binary: &PathBuf, rules: Rules, lines: u64) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(binary)
        .stderr(Stdio::piped());
    let mut daemon = Daemon::launch(&mut command, rules, &[])?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(("127.0.0.1", daemon.port))?;
    for number in 1..=lines {
        socket.send(LINE)?;
        // As many as fit in any buffer, and slowly: it runs fifty times slower.
        if number % 100 == 0 {
            daemon.lost_of(number)?;
        }
    }
    daemon.lost_of(lines)?;
    daemon.signal("TERM")?;
    daemon.child.wait()?;
    let mut report = String::new();
    let stderr = daemon.child.stderr.as_mut().ok_or("no report")?;
    stderr.read_to_string(&mut report)?;
    number_after(&report, "Collected :")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are found by their names, as the daemon and valgrind write them.
    #[test]
    fn numbers_by_name() {
        let status = "healthy: received 12, lost: kernel 3, queue 4, outbox 5";
        assert_eq!(number_after(status, " received ").unwrap(), 12);
        assert_eq!(number_after(status, " kernel ").unwrap(), 3);
        assert_eq!(
            number_after("==7== Collected : 123\n", "Collected :").unwrap(),
            123
        );
        assert!(number_after(status, " refused ").is_err());
    }

    /// Each rule has its variables.
    #[test]
    fn rules_have_variables() {
        let variables = Rules::Regexes(64).variables();
        assert_eq!(variables.len(), 1 + 64 * 4);
        assert!(
            variables
                .iter()
                .any(|(name, _)| name == "EVENT63_MATCH_STR")
        );
    }
}
