//! Quiet hours and digests, end to end.

mod support;

use support::{Daemon, alertik, console};

fn notices(lines: &[String]) -> Vec<&str> {
    let notices = lines.iter().filter_map(|line| line.split_once("notice: "));
    notices.map(|(_, text)| text).collect()
}

/// Lines that are collected become one notification when their time has come.
#[test]
fn a_digest() {
    let more = [("EVENT0_DIGEST", "1"), ("EVENT0_COOLDOWN_SECS", "0")];
    let mut daemon = Daemon::start(&console("regex", "user (.*)", "<@1>", &more));
    for user in ["root", "admin", "root"] {
        daemon.send(format!("login failure for user {user}").as_bytes());
    }
    daemon.wait_for("Digest of EVENT0: 3 in all since ");
    daemon.wait_for("<root>, 2 times, last at: ");
    daemon.wait_for("<admin>, at: ");
}

/// In quiet hours nothing is notified, and an urgent rule is; the end of the daemon sends
/// what is held.
#[test]
fn quiet_hours() {
    // It is always quiet for one of the first two.
    let half = |number, quiet| {
        let mut rule = support::rule(number, "Console", "substr", "down", "down");
        rule.push((format!("EVENT{number}_QUIET"), quiet));
        rule
    };
    let mut variables = half(0, "00:00-12:00");
    variables.extend(half(1, "12:00-24:00"));
    variables.extend(half(2, "00:00-23:59"));
    variables.push(("EVENT2_URGENT".into(), "1"));
    let mut variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    variables.push(("ENV_EVENTS", "3"));
    variables.push(("TZ", "<+05>-5"));
    let mut daemon = Daemon::start(&variables);
    daemon.send(b"the link is down");
    daemon.wait_for("notice: down, at: ");
    daemon.wait_for("notice: down, at: ");
    assert_eq!(notices(daemon.seen()).len(), 2);
    let rest = daemon.stop();
    assert_eq!(notices(&rest).len(), 1, "{rest:?}");
}

/// `check` says when it is quiet, as it was understood.
#[test]
fn check_says_when() {
    let more = [
        ("EVENT0_QUIET", "Mon-tue 22:00-7:00,12:00-13:00"),
        ("EVENT0_DIGEST", "7:00,19:00"),
        ("TZ", "UTC"),
    ];
    let variables = console("substr", "x", "y", &more);
    let output = alertik(&variables).arg("check").output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = "policies  held in quiet hours, mon,tue 22:00-07:00, every day 12:00-13:00; \
                    in a digest at 07:00 and 19:00\n";
    assert!(text.contains(expected), "{text}");
}
