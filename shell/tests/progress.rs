//! Signs of progress of `alertik match`, on a real terminal and off it.

mod support;

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use support::PATIENCE;

const LINE: &str = "interface,info ether2 link up (speed 1G, full duplex)\n";
/// Lines written at a time.
const LINES: usize = 10_000;

/// A pipe with a name, in a folder of its own.
struct Fifo(PathBuf);

impl Fifo {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("alertik-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("lines");
        let status = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success(), "mkfifo");
        Self(path)
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// Starts a command that reads the pipe, writes lines into it until `enough` of
/// what the command has printed and how many there were, and returns all that
/// it printed.
fn feed(mut command: Command, path: &Path, enough: impl Fn(&str, usize) -> bool) -> String {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let printed = read(child.stdout.take().unwrap());
    // Waits for the reader.
    let mut fifo = OpenOptions::new().write(true).open(path).unwrap();
    let chunk = LINE.repeat(LINES);
    let (start, mut text, mut written) = (Instant::now(), String::new(), 0);
    while !enough(&text, written) {
        assert!(start.elapsed() < PATIENCE, "{written} lines: {text:?}");
        fifo.write_all(chunk.as_bytes()).unwrap();
        written += LINES;
        text.extend(printed.try_iter());
    }
    drop(fifo);
    text.extend(printed.iter());
    child.wait().unwrap();
    text
}

fn read(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
            if sender.send(text).is_err() {
                return;
            }
        }
    });
    receiver
}

/// On a terminal the number of lines is shown while they are read, and erased
/// before the result is.
#[test]
fn on_a_terminal() {
    let fifo = Fifo::new("terminal");
    // `script` runs a command on a terminal of its own.
    let mut command = Command::new("script");
    let line = format!(
        "'{}' match --regex nothing '{}'",
        env!("CARGO_BIN_EXE_alertik"),
        fifo.0.display()
    );
    command.args(["--quiet", "--command", &line, "/dev/null"]);
    let text = feed(command, &fifo.0, |text, _| text.contains("0 lines"));
    let (progress, result) = text.split_once("lines: ").expect("a result");
    assert!(progress.starts_with('\r'), "{text:?}");
    assert!(progress.ends_with("0 lines\r\x1b[K"), "{text:?}");
    assert!(result.contains("matched: 0"), "{text:?}");
}

/// In a pipe there is nothing but the result.
#[test]
fn in_a_pipe() {
    let fifo = Fifo::new("pipe");
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec \"$0\" match --regex nothing \"$1\" 2>&1"])
        .arg(env!("CARGO_BIN_EXE_alertik"))
        .arg(&fifo.0);
    let start = Instant::now();
    // Long enough for three signs of progress.
    let text = feed(command, &fifo.0, |_, _| start.elapsed().as_millis() > 700);
    assert!(text.starts_with("lines: "), "{text:?}");
}
