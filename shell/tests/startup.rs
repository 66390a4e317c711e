//! What users see when the configuration is wrong: every mistake at once, each
//! with its variable, its place and what is allowed.

mod support;

use support::{Daemon, console, refused};

/// Starts with a correct rule and `wrong` on top; expects exactly `expected`.
fn check(wrong: &[(&str, &str)], expected: &[&str]) {
    let variables = console("regex", "user ([a-z]+) from (.*)", "@1", wrong);
    let (status, errors) = refused(&variables);
    let lines: Vec<_> = errors.lines().collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|line| format!("alertik: error: {line}"))
        .collect();
    assert_eq!(lines, expected, "{wrong:?}");
    assert_eq!(status, Some(1));
}

#[test]
fn nothing_configured_says_what_to_set() {
    let (status, errors) = refused(&[]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("ENV_EVENTS: there is no rule"), "{errors}");
    assert!(errors.contains("alertik demo"), "{errors}");
}

#[test]
fn masks() {
    let at = |offset, number| {
        format!(
            "EVENT0_MASK_MSG: at byte {offset}: there is no group @{number}; the expression has 2, so @1 to @2 are allowed, and @@ for an at sign"
        )
    };
    let lone = |offset| {
        format!(
            "EVENT0_MASK_MSG: at byte {offset}: '@' stands alone; write @1 to @31 for a group of the expression, or @@ for an at sign"
        )
    };
    check(&[("EVENT0_MASK_MSG", "a @0")], &[&at(2, 0)]);
    check(&[("EVENT0_MASK_MSG", "@1 @9")], &[&at(3, 9)]);
    check(&[("EVENT0_MASK_MSG", "mail @")], &[&lone(5)]);
    check(&[("EVENT0_MASK_MSG", "@1 @x")], &[&lone(3)]);
}

#[test]
fn numbers_and_addresses() {
    let expected = "SYSLOG_PORT: ' 514' is not a whole number from 0 to 65535 without blanks";
    check(&[("SYSLOG_PORT", " 514")], &[expected]);
    let expected = "EVENT0_COOLDOWN_SECS: '1m' is not a whole number from 0 to 604800";
    check(&[("EVENT0_COOLDOWN_SECS", "1m")], &[expected]);
    check(
        &[("SYSLOG_ADDR", "router")],
        &[
            "SYSLOG_ADDR: 'router' is not an IP address; allowed are :: (every address), 0.0.0.0 (every IPv4 address) or one of this machine's",
        ],
    );
    check(
        &[("FORWARD_PORT", "514")],
        &["FORWARD_HOST: is not set, but FORWARD_PORT is"],
    );
    check(
        &[("FORWARD_HOST", "log.lan")],
        &["FORWARD_PORT: is not set, but FORWARD_HOST is"],
    );
    check(
        &[("ENV_EVENTS", "65")],
        &["ENV_EVENTS: '65' is not a whole number from 0 to 64"],
    );
    check(
        &[("LOG_LEVEL", "loud")],
        &["LOG_LEVEL: 'loud' is not a level; allowed are error, warning, info, debug"],
    );
}

#[test]
fn names() {
    check(
        &[("EVENT0_NOTIFIER", "Console,telegram")],
        &[
            "EVENT0_NOTIFIER: 'telegram' is not a notifier; known are Telegram, Slack, Teams, Discord, Generic1, Generic2, Generic3, Generic4, Console, separated by commas",
        ],
    );
    check(
        &[("EVENT0_MATCH_TYPE", "REGEX")],
        &["EVENT0_MATCH_TYPE: 'REGEX' is not a match type; allowed are substr and regex"],
    );
    check(
        &[("STATIC_EVENTS_ENABLED", "7")],
        &[
            "STATIC_EVENTS_ENABLED: '7' is not the number of a static event; there are 0 to 0, separated by commas",
        ],
    );
    check(
        &[("STATIC_EVENTS_ENABLED", "0")],
        &["STATIC_EVENT0_NOTIFIER: is not set, but STATIC_EVENTS_ENABLED turns it on"],
    );
}

/// An expression's error names the variable and the byte.
#[test]
fn expressions() {
    let (status, errors) = refused(&console("regex", "user (admin", "x", &[]));
    assert_eq!(status, Some(1));
    assert!(
        errors.starts_with("alertik: error: EVENT0_MATCH_STR: "),
        "{errors}"
    );
    assert!(
        errors.contains("byte 5") || errors.contains("byte 11"),
        "{errors}"
    );
}

/// Every part of an expression that probably means something else to its author
/// is pointed out, with its byte; a substring is taken as it is.
#[test]
fn habits_are_warned_of() {
    let wrong = [("LOG_LEVEL", "loud")];
    let (_, errors) = refused(&console("regex", "[:alpha:]+ (.*?)\\Z", "", &wrong));
    let lines: Vec<_> = errors.lines().collect();
    let [class, lazy, end, error] = lines[..] else {
        panic!("{errors}");
    };
    let warning = "alertik: warning: EVENT0_MATCH_STR: at byte";
    assert!(class.starts_with(&format!("{warning} 0: a class needs brackets of its own")));
    assert!(lazy.starts_with(&format!("{warning} 14: ")), "{lazy}");
    assert!(end.starts_with(&format!("{warning} 16: ")), "{end}");
    assert!(error.starts_with("alertik: error: LOG_LEVEL"));
    let (_, errors) = refused(&console("substr", "[:alpha:]+ (.*?)\\Z", "", &wrong));
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

/// All mistakes of a configuration appear at the same start, once each.
#[test]
fn every_mistake_is_told_at_once() {
    let (status, errors) = refused(&[
        ("ENV_EVENTS", "2"),
        ("EVENT0_NOTIFIER", "Pager"),
        ("EVENT0_MATCH_TYPE", "glob"),
        ("EVENT0_MATCH_STR", "x"),
        ("EVENT0_MASK_MSG", "x"),
        ("EVENT1_MATCH_TYPE", "regex"),
        ("EVENT1_MATCH_STR", "(("),
        ("EVENT1_MASK_MSG", "@x"),
        ("EVENT2_NOTIFIER", "Console"),
        ("SYSLOG_PORT", "x"),
        ("FORWARD_PORT", "514"),
    ]);
    assert_eq!(status, Some(1));
    for variable in [
        "error: EVENT0_NOTIFIER",
        "error: EVENT0_MATCH_TYPE",
        "error: EVENT1_NOTIFIER",
        "error: EVENT1_MATCH_STR",
        "error: EVENT1_MASK_MSG",
        "warning: EVENT2_NOTIFIER",
        "error: SYSLOG_PORT",
        "error: FORWARD_HOST",
    ] {
        assert_eq!(
            errors.matches(&format!("{variable}:")).count(),
            1,
            "{variable} in {errors}"
        );
    }
    assert_eq!(errors.lines().count(), 8, "{errors}");
}

/// What the predecessor started with starts here: the odd spellings too.
#[test]
fn configurations_of_the_predecessor_start() {
    for more in [
        &[("ENV_EVENTS", "+1")][..],
        &[("ENV_EVENTS", "01")],
        &[("EVENT0_MASK_MSG", "")],
        &[("EVENT0_MATCH_STR", "")],
        &[
            ("EVENT0_MATCH_TYPE", "substr"),
            ("EVENT0_MASK_MSG", "mail a@b.c @1 @"),
        ],
        &[("STATIC_EVENTS_ENABLED", "")],
        &[
            ("STATIC_EVENTS_ENABLED", " 0 , 0 "),
            ("STATIC_EVENT0_NOTIFIER", "Console"),
        ],
        &[("TELEGRAM_NICKNAME", "someone")],
    ] {
        Daemon::start(&console("regex", "user ([a-z]+)", "@1", more)).stop();
    }
}

/// 64 rules work, and the last of them notifies.
#[test]
fn sixty_four_rules() {
    let mut owned = vec![("ENV_EVENTS".to_owned(), "64")];
    for number in 0..64 {
        let text = if number == 63 { "needle" } else { "hay" };
        owned.extend(support::rule(number, "Console", "substr", text, "found"));
    }
    let variables: Vec<_> = owned
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let mut daemon = Daemon::start(&variables);
    daemon.send(b"a needle");
    daemon.wait_for("found, at: ");
}

/// A port in use is a sentence with a remedy.
#[test]
fn port_in_use() {
    let daemon = Daemon::start(&console("substr", "x", "y", &[]));
    let port = daemon.port.to_string();
    let (status, errors) = refused(&console("substr", "x", "y", &[("SYSLOG_PORT", &port)]));
    assert_eq!(status, Some(1));
    assert_eq!(
        errors,
        format!(
            "alertik: SYSLOG_PORT: UDP port {port} is in use by another program; stop it or choose another port\n"
        )
    );
}

/// The command line's own words.
#[test]
fn command_line() {
    for (words, status, part) in [
        (
            &["--version"][..],
            0,
            concat!("alertik ", env!("CARGO_PKG_VERSION")),
        ),
        (&["--help"], 0, "usage: alertik"),
        (&["frobnicate"], 2, "unknown arguments: frobnicate"),
    ] {
        let output = support::alertik(&[]).args(words).output().expect("it runs");
        assert_eq!(output.status.code(), Some(status));
        let all = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8_lossy(&all).contains(part));
    }
}
