//! The console with real pipes: each test runs this test program again, with its
//! standard output redirected to the test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use alertik_core::delivery::Notifier;

use super::support::run;

const CONSOLE: Notifier = Notifier::Console;
const CASE: &str = "ALERTIK_CONSOLE_CASE";
/// The prefix of each of our lines, by which they are recognised if the router logs
/// them and sends them back.
const PREFIX: &str = "alertik: notice: ";
/// More notifications than the console's outbox and a pipe hold together.
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

/// Each notification is one line, in order. Control characters from the log are
/// made visible; those of the mask are left alone.
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

/// If the reader goes away, every notification is counted as refused and failed,
/// and nothing else happens.
#[test]
fn a_closed_pipe() {
    let mut child = child("closed");
    // The child's test harness prints too; wait for that before closing the pipe.
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut reported = String::new();
    assert!(errors.read_line(&mut reported).unwrap() > 0);
    drop(child.stdout.take());
    // Only now does the child continue.
    drop(child.stdin.take());
    errors.read_to_string(&mut reported).unwrap();
    end(child);
    assert!(reported.contains("refused 3 failed 3"), "{reported}");
}

/// If the reader stalls, pushing never blocks and the oldest notifications are lost.
/// Once it reads again, the rest arrive with the number of lost ones.
#[test]
fn a_stalled_pipe() {
    let mut child = child("stalled");
    // The child reports on standard error that it has pushed everything.
    let mut reported = String::new();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    while !reported.contains("pushed") {
        assert!(errors.read_line(&mut reported).unwrap() > 0, "{reported}");
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
    assert!(lost > 0, "nothing was lost: the pipe did not stall");
    assert_eq!((received + lost, last), (MANY, Some(MANY - 1)));
}

/// The cases themselves, each run in a process of its own.
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
            // The harness could not print its report to the closed pipe.
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
