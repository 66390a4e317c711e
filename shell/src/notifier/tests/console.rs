//! The console against real pipes: this test program once more, with its
//! standard output in our hands.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use alertik_core::delivery::Notifier;

use super::support::run;

const CONSOLE: Notifier = Notifier::Console;
const CASE: &str = "ALERTIK_CONSOLE_CASE";
/// What every line of ours begins with, so that it is recognised where the router
/// logs it and sends it back.
const PREFIX: &str = "alertik: notice: ";
/// More than the console's outbox and a pipe hold together.
const MANY: u32 = 20_000;

fn child(case: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "notifier::tests::console::inside",
            "--ignored",
            "--nocapture",
        ])
        .env(CASE, case)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the child's end, and returns its standard error.
fn end(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// One line for each notification, in order, with the log's control characters
/// made visible and the mask's left alone.
#[test]
fn lines() {
    let mut child = child("lines");
    let out = BufReader::new(child.stdout.take().unwrap());
    let ours: Vec<String> = out
        .lines()
        .map(Result::unwrap)
        .filter_map(|line| Some(line.strip_prefix(PREFIX)?.to_owned()))
        .collect();
    assert_eq!(ours.len(), 101);
    assert_eq!(
        ours[0],
        "> \u{1b}[1mmask\u{1b}[0m \\x1b[2J\\x0aforged\\x07 é"
    );
    for (number, line) in ours[1..].iter().enumerate() {
        assert_eq!(line, &format!("> {number}"));
    }
    end(child);
}

/// A reader that goes away: everything is counted, and nothing else happens.
#[test]
fn a_closed_pipe() {
    let mut child = child("closed");
    // The test's frame in the child prints, too: before the pipe closes.
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    assert!(errors.read_line(&mut told).unwrap() > 0);
    drop(child.stdout.take());
    // Only now the child goes on.
    drop(child.stdin.take());
    errors.read_to_string(&mut told).unwrap();
    end(child);
    assert!(told.contains("refused 3 failed 3"), "{told}");
}

/// A reader that stalls: pushing goes on at once, the oldest go; when the reader
/// is back, what is left arrives, with the number of those lost.
#[test]
fn a_stalled_pipe() {
    let mut child = child("stalled");
    // The child says on standard error when it has pushed everything.
    let mut told = String::new();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    while !told.contains("pushed") {
        assert!(errors.read_line(&mut told).unwrap() > 0, "{told}");
    }
    let out = BufReader::new(child.stdout.take().unwrap());
    let (mut lost, mut received, mut last) = (0, 0, None);
    for line in out.lines().map(Result::unwrap) {
        let Some(line) = line.strip_prefix(PREFIX) else {
            continue;
        };
        if let Some((count, _)) = line.split_once(" notifications lost since ") {
            lost += count.parse::<u32>().unwrap();
        } else if let Some(number) = line.strip_prefix("> ") {
            let number: u32 = number.parse().unwrap();
            assert!(last < Some(number), "out of order");
            last = Some(number);
            received += 1;
        }
    }
    end(child);
    assert!(lost > 0, "nothing was lost, the pipe was not stalled");
    assert_eq!((received + lost, last), (MANY, Some(MANY - 1)));
}

/// The cases themselves, in a process of their own.
#[test]
#[ignore = "runs in the processes that the other tests start"]
fn inside() {
    let running = run(&[CONSOLE], &[]);
    match std::env::var(CASE).unwrap().as_str() {
        "lines" => {
            let hostile = "\u{1b}[2J\nforged\u{7} é".as_bytes();
            running.push(&[CONSOLE], 0, "> \u{1b}[1mmask\u{1b}[0m ", hostile);
            for number in 0..100 {
                running.push(&[CONSOLE], number, "> ", number.to_string().as_bytes());
            }
            running.wait(CONSOLE, "sent", |status| status.counts.sent == 101);
        }
        "closed" => {
            eprintln!("ready");
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
            for number in 0..3 {
                running.push(&[CONSOLE], number, "> x", b"");
                let so_far = u64::from(number) + 1;
                running.wait(CONSOLE, "refused", |s| s.counts.refused == so_far);
            }
            let status = running.senders.status(CONSOLE).unwrap();
            let failed = running.failed_tickets().len();
            eprintln!("refused {} failed {failed}", status.counts.refused);
            // The test's own report would fail in the closed pipe.
            std::process::exit(0);
        }
        "stalled" => {
            for number in 0..MANY {
                running.push(&[CONSOLE], number, "> ", number.to_string().as_bytes());
            }
            eprintln!("pushed");
            running.wait(CONSOLE, "drained", |status| status.waiting == 0);
        }
        case => panic!("no case {case}"),
    }
}
