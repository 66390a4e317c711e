//! What rules know of earlier messages, over real processes and files.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::{Daemon, PATIENCE, console, folder};

/// Starts a daemon that notifies of new numbers and keeps its state in a file.
fn start(state: &Path, more: &[(&str, &str)]) -> Daemon {
    let mut variables = console("regex", "number ([0-9]+)", "got @1", more);
    variables.push(("STATE_FILE", state.to_str().expect("UTF-8")));
    if !more.iter().any(|(name, _)| *name == "EVENT0_FIRST") {
        variables.push(("EVENT0_FIRST", "@1"));
    }
    Daemon::start(&variables)
}

/// A state in a folder of its own.
fn state(name: &str) -> PathBuf {
    folder(name).join("state")
}

/// Waits until a file is there.
fn wait_for_file(path: &Path) {
    let deadline = Instant::now() + PATIENCE;
    while !path.exists() {
        assert!(Instant::now() < deadline, "{} is missing", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ends a daemon, and returns the notifications that it printed since its start.
fn notices(daemon: Daemon) -> Vec<String> {
    let mut lines = daemon.seen().to_vec();
    lines.extend(daemon.stop());
    let notices = lines.iter().filter_map(|line| {
        let (_, notice) = line.split_once("notice: ")?;
        Some(notice.split(',').next()?.to_owned())
    });
    notices.collect()
}

/// A restart keeps what is known, in one file that only its owner can read.
#[test]
fn a_restart_keeps_the_values() {
    let state = state("state-restart");
    let mut first = start(&state, &[]);
    first.send(b"number 4");
    first.wait_for("got 4");
    first.stop();
    let mode = fs::metadata(&state)
        .expect("the state")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let files = fs::read_dir(state.parent().expect("a folder"));
    assert_eq!(files.expect("the folder").count(), 1);

    let mut second = start(&state, &[]);
    second.wait_for("EVENT0_FIRST: values known from before the restart: 1");
    second.send(b"number 4");
    second.send(b"number 5");
    second.wait_for("got 5");
    assert_eq!(notices(second), ["got 5"]);
}

/// A damaged state is reported and set aside, and the next one takes its place.
#[test]
fn a_damaged_state_is_set_aside() {
    let state = state("state-damaged");
    let damaged = b"alertik state 1\nrubbish";
    fs::write(&state, damaged).expect("a file");
    let mut first = start(&state, &[]);
    first.wait_for("is damaged, or of another version, and every value is new; it is kept as ");
    let aside = state.with_extension("bad");
    assert_eq!(fs::read(&aside).expect("the file aside"), damaged);
    first.send(b"number 4");
    first.wait_for("got 4");
    first.stop();
    let mut second = start(&state, &[]);
    second.wait_for("values known from before the restart: 1");
    second.stop();
}

/// The state of a rule that means something else now is dropped.
#[test]
fn a_changed_rule_starts_afresh() {
    let state = state("state-changed");
    let mut first = start(&state, &[]);
    first.send(b"number 4");
    first.wait_for("got 4");
    first.stop();
    let mut second = start(&state, &[("EVENT0_FIRST", "@1 ")]);
    second.wait_for("EVENT0_FIRST: known values dropped, because the rule has changed: 1");
    second.send(b"number 4");
    second.wait_for("got 4");
    second.stop();
}

/// Values that come while the daemon learns are known later, and not notified.
#[test]
fn values_are_learned_silently() {
    let state = state("state-learning");
    let first = start(&state, &[("EVENT0_LEARN_SECS", "3600")]);
    first.send(b"number 4");
    assert_eq!(notices(first), [] as [&str; 0]);
    let mut second = start(&state, &[]);
    second.send(b"number 4");
    second.send(b"number 5");
    second.wait_for("got 5");
    assert_eq!(notices(second), ["got 5"]);
}

/// The state is written at the start, so that a place where that is impossible is
/// reported then; and it survives a crash.
#[test]
fn the_first_write_is_at_the_start() {
    let state = state("state-start");
    let mut first = start(&state, &[]);
    wait_for_file(&state);
    first.send(b"number 4");
    first.wait_for("got 4");
    drop(first);
    let mut second = start(&state, &[]);
    second.wait_for("values known from before the restart: 0");
    second.stop();

    let nowhere = state.with_file_name("missing").join("state");
    let mut third = start(&nowhere, &[]);
    third.wait_for("cannot be written: No such file");
    third.send(b"number 4");
    third.wait_for("got 4");
    third.stop();
}

/// Something in the file's place that is no file is left alone.
#[test]
fn what_cannot_be_read_is_not_replaced() {
    let state = state("state-folder");
    fs::create_dir(&state).expect("a folder");
    let variables = [
        ("STATE_FILE", state.to_str().expect("UTF-8")),
        ("EVENT0_FIRST", "@1"),
    ];
    let mut command = support::alertik(&console("regex", "number ([0-9]+)", "got @1", &variables));
    command.env("LOG_LEVEL", "info");
    let mut daemon = Daemon::from_command(command);
    let is_report = |line: &String| line.contains("state cannot be read");
    assert!(daemon.seen().iter().any(is_report), "{:#?}", daemon.seen());
    daemon.send(b"number 4");
    daemon.wait_for("got 4");
    daemon.stop();
    assert!(state.is_dir());
    assert!(!state.with_extension("bad").exists());
}

/// Values that push out others are reported and counted.
#[test]
fn forgotten_values_are_reported() {
    let state = state("state-forgotten");
    let more = [("EVENT0_COOLDOWN_SECS", "0")];
    let mut daemon = start(&state, &more);
    for number in 0..2_001 {
        daemon.send(format!("number {number}").as_bytes());
        // The kernel and the console take so many at a time.
        if number % 100 == 0 {
            daemon.wait_for(&format!("got {number},"));
        }
    }
    daemon
        .wait_for("EVENT0_FIRST: values forgotten for newer ones, and new if they come again: 1;");
    let rest = daemon.stop();
    let is_count = |line: &String| line.contains("forgotten 1,");
    assert!(rest.iter().any(is_count), "{rest:#?}");
}

/// `check` says what is new in words, and tries the file.
#[test]
fn check_knows_it() {
    let nowhere = folder("state-check").join("missing").join("state");
    let variables = [
        ("STATE_FILE", nowhere.to_str().expect("UTF-8")),
        ("EVENT0_FIRST", "@1"),
        ("EVENT0_LEARN_SECS", "86400"),
    ];
    let mut command = support::alertik(&console("regex", "number ([0-9]+)", "got @1", &variables));
    let output = command.arg("check").output().expect("the binary starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    let printed = [&printed, &*String::from_utf8_lossy(&output.stderr)].concat();
    for part in [
        "policies  only for a value that was never seen before, not in the first 1 d, in which values are learned",
        "state cannot be written: No such file",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
}
