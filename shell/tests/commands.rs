//! The output of the commands, compared with the files in `snapshots/`.
//! UPDATE_SNAPSHOTS=1 writes these again, for review.

mod support;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Daemon, alertik, console};

const LINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/routeros.log");

const LOGIN: [(&str, &str); 4] = [
    ("EVENT0_NOTIFIER", "Telegram,Console"),
    ("EVENT0_MATCH_TYPE", "regex"),
    (
        "EVENT0_MATCH_STR",
        "login failure for user (.*) from ([^ ]+) via ([a-z-]+)( app=.*)?",
    ),
    ("EVENT0_MASK_MSG", "Failed login as @1 from @2 (@3)"),
];
const LINK: [(&str, &str); 5] = [
    ("EVENT1_NOTIFIER", "Console"),
    ("EVENT1_MATCH_TYPE", "substr"),
    ("EVENT1_MATCH_STR", "link down"),
    ("EVENT1_MASK_MSG", "A link is down"),
    ("EVENT1_COOLDOWN_SECS", "0"),
];
/// Tests must not depend on what else runs on this machine.
const CHECK: [&str; 2] = ["check", "--only-variables"];
const TELEGRAM: [(&str, &str); 2] = [
    ("TELEGRAM_BOT_TOKEN", "123456789:AA-secret"),
    ("TELEGRAM_CHAT_ID", "-100123"),
];

/// Runs the binary and returns its output, standard error first, and status.
fn run(arguments: &[&str], variables: &[(&str, &str)], input: &[u8]) -> String {
    let mut child = alertik(variables)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // It may end without reading.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("it ends");
    let mut text = String::from_utf8(output.stderr).expect("UTF-8");
    text += &String::from_utf8(output.stdout).expect("UTF-8");
    let _ = writeln!(
        text,
        "[status {}]",
        output.status.code().expect("no signal")
    );
    text
}

/// Puts a word for what differs from run to run: a number that follows
/// `before`, up to something that is neither digit nor in `more`.
fn mask(text: &str, before: &str, more: &str, word: &str) -> String {
    let mut pieces = text.split(before);
    let mut masked = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || more.contains(c));
        masked += before;
        masked += if rest.len() < piece.len() { word } else { "" };
        masked += rest;
    }
    masked
}

fn compare(name: &str, actual: &str) {
    let actual = mask(actual, ", at: ", "-: ", "TIME");
    let actual = mask(&actual, "  time      ", "-: ", "TIME ");
    let actual = mask(&actual, "by a DFA of ", "", "N");
    let actual = mask(&actual, "states (", "", "N");
    let actual = mask(&actual, "cost      at most ", "", "N");
    let actual = mask(&actual, " on a hAP ac², ", "", "N");
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &actual).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("a snapshot of that name");
    assert_eq!(actual, expected, "{name}");
}

fn with<'a>(parts: &[&[(&'a str, &'a str)]]) -> Vec<(&'a str, &'a str)> {
    parts.concat()
}

/// A right configuration is shown without its secrets.
#[test]
fn check_of_what_is_right() {
    let more = [
        ("ENV_EVENTS", "2"),
        ("STATIC_EVENTS_ENABLED", "0"),
        ("STATIC_EVENT0_NOTIFIER", "Slack,Generic1"),
        (
            "SLACK_WEBHOOK_URL",
            "https://hooks.slack.com/services/T0/B0/secret",
        ),
        (
            "GENERIC1_WEBHOOK_URL",
            "https://ntfy.example/secret?auth=secret",
        ),
        ("GENERIC1_HEADERS", "Authorization: Bearer secret"),
        ("SYSLOG_PORT", "5140"),
        ("STATIC_EVENT0_EXCEPT_STR", "^\\[lab\\]"),
        ("EVENT1_EXCEPT_STR", "ether7\n\nether[8]\n"),
        ("EVENT1_IGNORE_CASE", "1"),
    ];
    let variables = with(&[&LOGIN, &LINK, &TELEGRAM, &more]);
    let report = run(&["check", "--only-variables", "--verbose"], &variables, b"");
    assert!(!report.contains("secret"), "{report}");
    compare("check-verbose", &report);
    let report = run(&CHECK, &variables, b"");
    for detail in ["DFA", "Limits", "cost"] {
        assert!(!report.contains(detail), "{detail} in {report}");
    }
    compare("check-right", &report);
}

/// A notifier's name that is none stands where the others do, marked; and a notifier that
/// is set up is named even if no rule uses it, as are its topic, its sound and its pace.
#[test]
fn check_of_notifiers() {
    let report = |notifiers, more: &[_]| {
        let mut variables = console("substr", "x", "y", &TELEGRAM);
        variables.extend_from_slice(more);
        variables.retain(|(name, _)| *name != "EVENT0_NOTIFIER");
        variables.push(("EVENT0_NOTIFIER", notifiers));
        run(&CHECK, &variables, b"")
    };
    for (notifiers, shown) in [
        ("Telegrm", "    to        (Telegrm?)\n"),
        (
            "Telegrm, slck\x1b",
            "    to        (Telegrm?), (slck\\x1b?)\n",
        ),
        ("x,Console, ,", "    to        Console, (x?)\n"),
        (",", "    to        (nobody)\n"),
    ] {
        let report = report(notifiers, &[]);
        assert!(report.contains(shown), "{report}");
        assert!(report.ends_with("[status 1]\n"), "{report}");
        assert!(
            report.contains("Set up, but no rule notifies them: Telegram\n"),
            "{report}"
        );
    }
    let more = [
        ("TELEGRAM_THREAD_ID", "7"),
        ("TELEGRAM_SILENT", "1"),
        ("CONSOLE_MIN_INTERVAL_MS", "250"),
        ("GENERIC2_TITLE", "x"),
        ("MAIL_TO", "a@b"),
        ("SLACK_WEBHOOK_URL", "https://h/"),
    ];
    let shown = report("Telegram,Console,Slack", &more);
    for line in [
        "  Telegram  https://api.telegram.org, bot 123456789:***, chat -100123, topic 7, silent\n    \
         pace      one message every 1000 ms, after 5 in a row one message every 4000 ms\n",
        "  Slack     https://h/***\n    pace      one message every 1000 ms\n",
        "  Console   standard output\n    pace      one message every 250 ms\n",
        "Set up, but no rule notifies them: Generic2, Mail\n",
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
    // What is used and wrong is no such notifier.
    let wrong = report("Telegram", &[("TELEGRAM_SILENT", "maybe")]);
    assert!(!wrong.contains("Set up"), "{wrong}");
}

/// `check` tries what the daemon would need, and says what it did not try.
#[test]
fn check_tries_what_it_can() {
    let taken = std::net::UdpSocket::bind("[::]:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let wrong = [
        ("SYSLOG_PORT", port.as_str()),
        ("LOG_FILE", "/nonexistent/x"),
        ("SPOOL_FILE", "/dev/null"),
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", &port),
        ("EVENT0_ROUTERS", "office,192.0.2.1"),
    ];
    let report = run(&["check"], &console("substr", "x", "y", &wrong), b"");
    for part in [
        "warning: LOG_FILE: /nonexistent/x cannot be written: No such file or directory",
        "warning: SPOOL_FILE: /dev/null cannot be written: it is not a regular file",
        "warning: FORWARD_HOST: 127.0.0.1 is this daemon itself",
        &format!("error: SYSLOG_PORT: UDP port {port} is in use by another program"),
        "routers   office (not in ROUTERS: only lines that say so themselves) or 192.0.2.1",
        "Tried: the port, LOG_FILE, SPOOL_FILE, FORWARD_HOST.\nNot tried: the notifiers",
        "[status 1]",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
    let report = run(&CHECK, &console("substr", "x", "y", &wrong), b"");
    assert!(!report.contains("ried: "), "{report}");
    assert!(report.ends_with("[status 0]\n"), "{report}");
    drop(taken);

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-tries");
    std::fs::create_dir_all(&folder).expect("a folder");
    let log = folder.join("log.txt");
    let right = [
        ("LOG_FILE", log.to_str().expect("UTF-8")),
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", "9"),
        ("DEVICE_NAME", "office"),
        ("EVENT0_ROUTERS", "office"),
    ];
    let report = run(&["check"], &console("substr", "x", "y", &right), b"");
    assert!(report.ends_with("[status 0]\n"), "{report}");
    assert!(report.contains("routers   office\n"), "{report}");
    let left = std::fs::read_dir(&folder).expect("there").count();
    assert_eq!(left, 0, "check leaves nothing behind");
}

/// An empty value turns off what a static event has, its recovery and its key as well.
#[test]
fn empty_values_turn_off() {
    let event = [
        ("STATIC_EVENTS_ENABLED", "link"),
        ("STATIC_NOTIFIER", "Console"),
    ];
    let report = run(&CHECK, &event, b"");
    assert!(report.contains("policies  until its recovery"), "{report}");
    let off = [
        ("STATIC_EVENT_LINK_RECOVERY_STR", ""),
        ("STATIC_EVENT_LINK_KEY", ""),
    ];
    let report = run(&CHECK, &[&event[..], &off].concat(), b"");
    assert!(!report.contains("recovery"), "{report}");
    assert!(!report.contains("is not used"), "{report}");
    assert!(report.ends_with("[status 0]\n"), "{report}");
}

/// Beside a running daemon the port is its own, and no mistake.
#[test]
fn check_beside_the_daemon() {
    let daemon = Daemon::start(&console("substr", "x", "y", &[]));
    let port = daemon.port.to_string();
    let variables = console("substr", "x", "y", &[("SYSLOG_PORT", &port)]);
    // It listens a moment before it answers questions.
    let deadline = std::time::Instant::now() + support::PATIENCE;
    while !run(&["health", "--live"], &variables, b"").ends_with("[status 0]\n") {
        assert!(std::time::Instant::now() < deadline);
    }
    let report = run(&["check"], &variables, b"");
    assert!(
        report.contains("(alertik listens on it already)"),
        "{report}"
    );
    assert!(report.ends_with("[status 0]\n"), "{report}");
}

/// The stories of new users: each must be understood from the output alone.
#[test]
fn check_of_a_wrong_mask_a_perl_expression_and_a_missing_token() {
    let rule = |expression, mask| {
        with(&[
            &[("ENV_EVENTS", "1"), ("SYSLOG_PORT", "5140")],
            &LOGIN[..2],
            &[("EVENT0_MATCH_STR", expression), ("EVENT0_MASK_MSG", mask)],
        ])
    };
    let variables = with(&[&rule("user (.*) from (.*)", "@1 from @3"), &TELEGRAM]);
    compare("check-wrong-mask", &run(&CHECK, &variables, b""));
    let variables = with(&[&rule("user (?:root|admin) from (.*)", "@1"), &TELEGRAM]);
    compare("check-perl", &run(&CHECK, &variables, b""));
    let variables = with(&[&rule("user (.*?) from (.*)\\Z", "@1"), &TELEGRAM]);
    compare("check-perl-lazy", &run(&CHECK, &variables, b""));
    let variables = with(&[&rule("user (.*)", "@1"), &TELEGRAM[1..]]);
    compare("check-missing-token", &run(&CHECK, &variables, b""));
}

/// A missing token keeps the daemon from starting, but nobody from trying the
/// rules.
#[test]
fn match_with_the_rules() {
    let rules = with(&[&[("ENV_EVENTS", "2")], &LOGIN, &LINK]);
    compare("match", &run(&["match", LINES], &rules, b""));
    compare("match-all", &run(&["match", "--all", LINES], &rules, b""));
    let json = run(&["match", "--json", LINES], &rules, b"");
    compare("match-json", &json);
    let none = run(&["match", "-"], &rules, b"nothing\nhere");
    assert_eq!(
        none,
        "lines: 2, matched: 0, unmatched: 2\n  EVENT0 matched 0\n  EVENT1 matched 0\n[status 1]\n"
    );
}

/// An expression is tried without any configuration, and its mistakes are named.
#[test]
fn match_with_an_expression() {
    let input = b"from \x1b[31mred\x1b[0m\r\nto nobody\n";
    let output = run(
        &["match", "--regex", "from (.*)(x)?", "--mask", "<@1>"],
        &[],
        input,
    );
    compare("match-regex", &output);
    let habits = run(&["match", "--regex", r"[:alpha:]\Z"], &[], b"");
    for part in ["--regex: at byte 0: a class", r"--regex: at byte 9: '\Z'"] {
        assert!(habits.contains(part), "{habits}");
    }
    let wrong = run(&["match", "--regex=(a", "--mask=@"], &[], b"");
    compare("match-regex-wrong", &wrong);
    let missing = run(
        &["match", "/nonexistent"],
        &console("substr", "a", "b", &[]),
        b"",
    );
    assert!(
        missing.starts_with("alertik: /nonexistent: No such file"),
        "{missing}"
    );
    assert!(missing.ends_with("[status 2]\n"), "{missing}");
}

/// What the parser understood is shown of each line, matched or not.
#[test]
fn match_explains_lines() {
    let input = b"<27>Nov  8 17:06:34 tik system,error,critical it is down\nplain\n";
    let output = run(&["match", "--explain", "--regex", "down"], &[], input);
    let expected = "\
1: <27>Nov  8 17:06:34 tik system,error,critical it is down
  read as BSD syslog
    priority  27
    time      Nov  8 17:06:34
    identity  tik
    topics    system,error,critical
    severity  critical
    text      it is down
  --regex matches 52-56: down
2: plain
  read as plain text
    text      plain
  no match
lines: 2, matched: 1, unmatched: 1
  --regex matched 1
[status 0]
";
    assert_eq!(output, expected);
}

/// A line that an exception leaves out is no match, and neither is it in another case if
/// that is ignored.
#[test]
fn match_leaves_exceptions_out() {
    let input = b"ether1 link down\nether7 link down\n";
    let rule = console("regex", "[^ ]+ link down", "m", &[]);
    let variables = with(&[&rule, &[("EVENT0_EXCEPT_STR", "^x\nether[7-9]")]]);
    let output = run(&["match", "--explain"], &variables, input);
    assert!(output.contains("EVENT0 matches 0-16: ether1"), "{output}");
    let excluded = "
2: ether7 link down
  read as plain text
    text      ether7 link down
  no match
  EVENT0 would match, but leaves out lines with ether[7-9]
";
    assert!(output.contains(excluded), "{output}");
    assert!(output.contains("EVENT0 matched 1\n"), "{output}");
    let any_case = with(&[&variables, &[("EVENT0_IGNORE_CASE", "1")]]);
    let output = run(
        &["match"],
        &any_case,
        b"Ether1 LINK down\nETHER7 link down\n",
    );
    assert!(output.contains("EVENT0 matches 0-16: Ether1"), "{output}");
    assert!(output.contains("EVENT0 matched 1\n"), "{output}");
    let output = run(&["match", "--all", "--json"], &variables, input);
    let excluded = "{\"line\":2,\"message\":\"ether7 link down\",\"matches\":[]}";
    assert!(output.contains(excluded), "{output}");
}

/// Lines of any length and content, and a last one without an end.
#[test]
fn match_takes_any_input() {
    let mut input = vec![b'x'; 200_000];
    input.extend(b"needle\n\n\r\n\x00\xFFneedle");
    let output = run(&["match", "--regex", "needle", "--json"], &[], &input);
    let mut lines = output.lines();
    let found = lines.next().expect("a line");
    assert!(
        found.starts_with("{\"line\":4,\"message\":\"\\u0000\u{FFFD}needle\""),
        "{found}"
    );
    assert!(found.contains("\"start\":2,\"end\":8"), "{found}");
    assert!(
        lines
            .next()
            .expect("a summary")
            .starts_with("{\"lines\":4,\"matched\":1,")
    );
}

/// The rules of the policies' example: ten thousand addresses that fail once each make no
/// alarm, the one that fails five times does, and the link's recovery has its duration.
#[test]
fn match_shows_policies() {
    let rules = [
        ("ENV_EVENTS", "2"),
        ("EVENT0_NOTIFIER", "Console"),
        ("EVENT0_MATCH_TYPE", "regex"),
        (
            "EVENT0_MATCH_STR",
            "login failure for user ([^ ]+) from ([^ ]+)",
        ),
        ("EVENT0_MASK_MSG", "@{count} failed logins from @2"),
        ("EVENT0_KEY", "@2"),
        ("EVENT0_THRESHOLD", "5/60"),
        ("EVENT1_NOTIFIER", "Console"),
        ("EVENT1_MATCH_TYPE", "regex"),
        ("EVENT1_MATCH_STR", "([^ ]+) link down"),
        ("EVENT1_MASK_MSG", "@1 is down"),
        ("EVENT1_RECOVERY_STR", "([^ ]+) link up"),
        ("EVENT1_RECOVERY_MSG", "@1 is up again after @{duration}"),
    ];
    let mut input = String::new();
    for number in 0..10_000 {
        let address = format!("198.{}.{}.1", number / 256, number % 256);
        let mut failure = |address: &str| {
            // Ten a second.
            let (minute, second) = (number / 600, number / 10 % 60);
            let time = format!("Nov 22 10:{minute:02}:{second:02} tik");
            let words = "system,error,critical login failure for user root from";
            let _ = writeln!(input, "{time} {words} {address} via ssh");
        };
        failure(&address);
        if number % 100 == 50 && number < 500 {
            failure("203.0.113.1");
        }
    }
    input += "Nov 22 11:00:00 tik interface,info ether1 link down\n";
    input += "Nov 22 11:03:12 tik interface,info ether1 link up (speed 1G, full duplex)\n";
    // A file: the result is longer than a pipe holds.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policies.log");
    std::fs::write(&path, input).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let output = run(&["match", "--time-from-lines", path], &rules, b"");
    let gets: Vec<&str> = output
        .lines()
        .filter(|line| line.contains(" gets: "))
        .collect();
    let expected = [
        "    Console gets: 5 failed logins from 203.0.113.1, at: 2026-11-22 10:00:45",
        "    Console gets: ether1 is down, at: 2026-11-22 11:00:00",
        "    Console gets: ether1 is up again after 3 min 12 s, at: 2026-11-22 11:03:12",
    ];
    assert_eq!(
        gets.iter()
            .map(|line| without_year(line))
            .collect::<Vec<_>>(),
        expected.map(without_year)
    );
    assert!(output.contains("    held back: threshold 4 of 5\n"));
    assert!(
        output.contains("matches that were held back: 10004\n"),
        "{output}"
    );
}

/// Lines of BSD syslog have no year, so it is this one.
fn without_year(line: &str) -> String {
    let (before, time) = line.rsplit_once(" at: ").expect("a time");
    let (_, time) = time.split_once('-').expect("a year");
    format!("{before} at: {time}")
}

/// Why not? Each line without a match says how far every rule agrees; without
/// `--all`, each rule without a match says which line came nearest.
#[test]
fn match_says_why_not() {
    let login = [
        ("ENV_EVENTS", "2"),
        ("EVENT0_NOTIFIER", "Console"),
        ("EVENT0_MATCH_TYPE", "regex"),
        (
            "EVENT0_MATCH_STR",
            "login failure for user ([a-z]+) from ([^ ]+)",
        ),
        ("EVENT0_MASK_MSG", "@1"),
        ("EVENT1_TOPICS", "system"),
    ];
    let input = b"system,error login failed\n\
        system,error login failure for user john_doe from 192.0.2.1\n\
        interface,info ether2 link down\n";
    let link = &LINK[..4];
    let output = run(&["match"], &with(&[&login, link]), input);
    let expected = "\
lines: 3, matched: 0, unmatched: 3
  EVENT0 matched 0
  nearest to it is line 2:
  EVENT0 agrees in 13-40: login failure for user john
    the line goes on  _doe from 192.0.2.1
    the rule wants     from ([^ ]+)
  EVENT1 matched 0
  nearest to it is line 3:
  EVENT1 would match, but its filter wants lines with system; a line without topics passes
[status 1]
";
    assert_eq!(output, expected);
    let output = run(&["match", "--all"], &with(&[&login, link]), input);
    let expected = "\
1: system,error login failed
  no match
  EVENT0 agrees in 13-23: login fail
    the line goes on  ed
    the rule wants    ure for user ([a-z]+) from ([^ ]+)
2: system,error login failure for user john_doe from 192.0.2.1
  no match
  EVENT0 agrees in 13-40: login failure for user john
    the line goes on  _doe from 192.0.2.1
    the rule wants     from ([^ ]+)
3: interface,info ether2 link down
  no match
  EVENT1 would match, but its filter wants lines with system; a line without topics passes
lines: 3, matched: 0, unmatched: 3
  EVENT0 matched 0
  EVENT1 matched 0
[status 1]
";
    assert_eq!(output, expected);
    let held = [
        ("EVENT1_TOPICS", ""),
        ("EVENT1_THRESHOLD", "2/60"),
        ("EVENT0_MATCH_PART", "message"),
        ("EVENT0_MATCH_STR", "^login failure for user ([a-z]+) from"),
    ];
    let mut variables = with(&[&login, link]);
    variables.retain(|(name, _)| held.iter().all(|(other, _)| name != other));
    let output = run(&["match"], &with(&[&variables, &held]), input);
    for part in [
        "  EVENT0 agrees in 13-40: login failure for user john\n    the line goes on  _doe from",
        "    held back: threshold 1 of 2\n",
    ] {
        assert!(output.contains(part), "no {part} in {output}");
    }
    let output = run(&["match", "--regex", "^login (.*)"], &[], b"a login x\n");
    assert!(!output.contains("agrees"), "{output}");
}

/// A line that is longer than what is matched is reported, with what of it was.
#[test]
fn match_says_what_was_cut() {
    let mut input = vec![b'x'; 5_000];
    input.extend(b"needle\nneedle\n");
    let output = run(&["match", "--regex", "needle"], &[], &input);
    let cut = "cut: 1; of a line the first 4096 bytes are matched, and line 1 has 5006\n";
    assert!(output.contains(cut), "{output}");
    let json = run(&["match", "--regex", "needle", "--json"], &[], &input);
    assert!(json.contains("],\"cut\":1}\n"), "{json}");
}

/// `alertik match | head` ends quietly.
#[test]
fn match_survives_a_reader_that_goes_away() {
    let script = format!(
        "yes 'link down' | head -200000 | {} match --regex link | head -1; echo ${{PIPESTATUS[2]}}",
        env!("CARGO_BIN_EXE_alertik")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .output()
        .expect("bash");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1: link down\n0\n");
}

/// The log lines of real routers.
const CORPUS: &str = include_str!("../../core/tests/data/routeros.log");

/// Each example of `docs/rules.md`, typed as it stands there, matches the line it
/// is about, and the corpus' lines of its kind.
#[test]
fn the_documents_rules() {
    let rules = include_str!("../../docs/rules.md");
    let examples = between(rules, "<!-- rules -->", "<!-- /rules -->");
    let mut before = "";
    let mut seen = 0;
    for (index, piece) in examples.split("```").enumerate() {
        let Some(script) = piece.strip_prefix("sh\n").filter(|_| index % 2 == 1) else {
            before = piece;
            continue;
        };
        let line = before
            .split('`')
            .nth(1)
            .expect("a line in the text")
            .replace('\n', " ");
        let script = format!("{script}\nexport ENV_EVENTS=1");
        assert_eq!(matched(&script, &line), [1], "{line}");
        seen += 1;
        let expected = CORPUS
            .lines()
            .filter(|other| is_alike(&line, other))
            .count();
        assert!(expected > 0, "{line}");
        assert_eq!(matched(&script, CORPUS), [expected], "{line}");
    }
    assert!(seen >= 5, "{seen} examples");
}

/// The README's three variables are a configuration: the pack notifies the service that has
/// an address, and knows the lines of real routers.
#[test]
fn the_readmes_three_variables() {
    let readme = include_str!("../../README.md");
    let section = between(readme, "\n## Three variables", "\n## ");
    let file = between(section, "```sh\n", "```");
    assert_eq!(file.lines().count(), 3, "{file}");
    let command = env!("CARGO_BIN_EXE_alertik");
    for (arguments, expected) in [
        ("check --only-variables", "    to        Telegram\n"),
        ("match", "STATIC_EVENT4 matched 14\n"),
    ] {
        let mut child = Command::new("sh")
            .args(["-c", &format!("set -a\n{file}\nexec {command} {arguments}")])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let mut input = child.stdin.take().expect("its input");
        // `check` reads none of it.
        let _ = input.write_all(CORPUS.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("its output");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

/// `match --pack` needs no variable, leaves the user's rules out, and says nothing of events
/// that no line matches.
#[test]
fn match_with_the_pack() {
    let input = b"interface,info ether9 link down\nscript,info x\n";
    let output = run(&["match", "--pack"], &with(&[&LOGIN, &LINK]), input);
    let found =
        "1: interface,info ether9 link down\n  STATIC_EVENT12 matches 15-31: ether9 link down\n";
    assert!(output.starts_with(found), "{output}");
    assert!(
        output.contains("\nlines: 2, matched: 1, unmatched: 1\n"),
        "{output}"
    );
    assert!(output.contains("ether9 is down, at: "), "{output}");
    assert!(
        !output.contains("nearest") && !output.contains("EVENT0"),
        "{output}"
    );
}

/// `events` lists each event with its line and the text that it gives; JSON has the same.
#[test]
fn events() {
    let text = run(&["events"], &[], b"");
    let head = "12 link, in the pack: a port lost its link, and has it again\n    policies  until its \
        recovery, which has 10 s to come first; cooldown 5 min\n    line      interface,info ether9 \
        link down\n    message   ether9 is down, at: ";
    assert!(text.contains(head), "{text}");
    let json = run(&["events", "--json"], &[], b"");
    let objects = json.lines().filter(|line| line.starts_with("{\"number\":"));
    assert_eq!(objects.count() * 4, text.lines().count() - 1);
    assert!(json.contains("{\"number\":12,\"in_pack\":true,\"name\":\"link\","));
}

/// The README's file of variables is right, but for the token that it cannot have,
/// and each of its three rules matches lines of real routers.
#[test]
fn the_readmes_rules() {
    let readme = include_str!("../../README.md");
    let section = between(readme, "\n## Three rules", "\n## ");
    let file = between(section, "```sh\n", "```");
    let script = format!("set -a\n{file}");
    let counts = matched(&script, CORPUS);
    assert_eq!(counts.len(), 3);
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");

    let script = format!("{script}\nexec {} check", env!("CARGO_BIN_EXE_alertik"));
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .output()
        .expect("sh");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("warning"), "{said}");
}

/// Returns the text between two marks.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).expect("the start mark");
    let (section, _) = rest.split_once(end).expect("the end mark");
    section
}

/// Returns whether a line of the corpus is of the same kind as an example's line,
/// by other means than the example's expression.
fn is_alike(example: &str, line: &str) -> bool {
    if example.contains("login failure") {
        return line
            .split_once("login failure for user ")
            .and_then(|(_, rest)| rest.split_once(" from "))
            .is_some_and(|(_, rest)| rest.contains(" via "));
    }
    if example.contains("link up") {
        return line.contains(" link up (speed ") && line.contains(" duplex)");
    }
    let kind = [
        " link down",
        "discovered unknown dhcp server",
        "rebooted without",
    ]
    .into_iter()
    .find(|kind| example.contains(kind))
    .expect("a kind");
    line.contains(kind) || (kind == " link down" && line.contains(" link up"))
}

/// Returns how many of the lines each rule of a shell script matches.
fn matched(script: &str, lines: &str) -> Vec<usize> {
    let script = format!("{script}\nexec {} match", env!("CARGO_BIN_EXE_alertik"));
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(lines.as_bytes())
        .expect("taken");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (_, summary) = text.rsplit_once("lines: ").expect("a summary");
    summary
        .lines()
        .filter_map(|line| {
            line.trim_start()
                .strip_prefix("EVENT")?
                .split_once(" matched ")
        })
        .map(|(_, count)| count.parse().expect("a count"))
        .collect()
}

/// Answers requests with one status each until the test ends.
fn server(status: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = Vec::new();
            let mut buffer = [0; 4_096];
            while !String::from_utf8_lossy(&request).contains("Test message of alertik") {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(n) => request.extend(&buffer[..n]),
                }
            }
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    port
}

/// Each notifier's outcome is one line, without its secrets.
#[test]
fn notify_test_says_what_happened() {
    let (good, bad) = (server("200 OK"), server("404 Not Found"));
    let [slack, generic, refused] = [
        format!("http://127.0.0.1:{good}/secret"),
        format!("http://127.0.0.1:{bad}/secret"),
        "http://127.0.0.1:9/secret".to_owned(),
    ];
    let variables = [
        ("SLACK_WEBHOOK_URL", slack.as_str()),
        ("GENERIC1_WEBHOOK_URL", generic.as_str()),
        ("TEAMS_WEBHOOK_URL", refused.as_str()),
        TELEGRAM[1],
    ];
    let output = run(&["notify-test"], &variables, b"");
    assert!(!output.contains("secret"), "{output}");
    // They end in any order.
    let mut lines: Vec<_> = output.lines().collect();
    lines.sort_unstable();
    let output = mask(&(lines.join("\n") + "\n"), "after ", "", "N");
    compare("notify-test", &mask(&output, "127.0.0.1:", "", "PORT"));
    let output = run(&["notify-test", "Slack"], &variables, b"");
    assert!(output.starts_with("Slack     ok after "), "{output}");
    assert!(output.ends_with("[status 0]\n"), "{output}");
    compare("notify-test-none", &run(&["notify-test"], &[], b""));
    compare(
        "notify-test-unknown",
        &run(&["notify-test", "Tele\x1bgram"], &variables, b""),
    );
}

/// `health`, its JSON and SIGUSR1 say the same, and a daemon that is gone is unhealthy.
#[test]
fn health_of_the_running_daemon() {
    let mut daemon = Daemon::start(&console("substr", "link", "a link", &[]));
    let other = Daemon::start(&console("substr", "x", "x", &[]));
    daemon.send(b"ether2 link down");
    daemon.wait_for("notice: a link");
    let port = daemon.port.to_string();
    let variables = [("SYSLOG_PORT", port.as_str())];
    let tidy = |text: &str| {
        let text = mask(text, "up ", "", "N");
        let text = mask(&text, "\"up_secs\":", "", "N");
        let text = mask(&text, "last success ", "", "N");
        let text = mask(&text, "last heard ", "", "N");
        let text = mask(&text, "\"last_heard\":", "", "N");
        mask(&text, "\"last_success\":", "", "N")
    };
    // A notification is counted as sent a moment after it was printed.
    let deadline = std::time::Instant::now() + support::PATIENCE;
    let line = loop {
        let line = run(&["health"], &variables, b"");
        if line.contains(" sent 1,") {
            break line;
        }
        assert!(std::time::Instant::now() < deadline, "{line}");
    };
    compare("health", &tidy(&line));
    let json = run(&["health", "--json"], &variables, b"");
    compare("health-json", &tidy(&json));
    assert_eq!(
        run(&["health", "--live"], &variables, b""),
        "live\n[status 0]\n"
    );
    daemon.signal("USR1");
    let logged = daemon.wait_for("healthy, up ");
    let logged = &logged[logged.find("healthy").expect("there")..];
    // It is all on one line, with the same values.
    let values = |text: &str| {
        let text = tidy(text).replace([';', ':'], ",");
        let values = text.split([',', '\n']).map(|value| value.trim().to_owned());
        values.collect::<Vec<_>>()
    };
    let shown = values(&line);
    let logged = values(logged);
    assert!(logged.len() >= 25, "{logged:?}");
    for value in &logged {
        // Subjects without any count are left out.
        let is_left_out = value.contains("forwarded 0") || value.starts_with("tcp ");
        assert!(shown.contains(value) || is_left_out, "{value} in {line}");
    }
    drop(other);
    daemon.stop();
    let gone = run(&["health"], &variables, b"");
    assert_eq!(
        gone,
        format!("unhealthy (no daemon with SYSLOG_PORT={port} runs here)\n[status 1]\n")
    );
    let dead = run(&["health", "--live"], &variables, b"");
    assert_eq!(
        dead,
        format!("no daemon with SYSLOG_PORT={port} runs here\n[status 1]\n")
    );
    let gone = run(&["health", "--json"], &variables, b"");
    assert!(
        gone.starts_with("{\"healthy\":false,\"complaint\":\""),
        "{gone}"
    );
}

/// Every count of the JSON is on a line for people once it is not 0, and lines fit on a
/// terminal.
#[test]
fn health_has_every_count() {
    let variables = [
        ("SYSLOG_TCP_PORT", "0"),
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", "9"),
    ];
    let mut daemon = Daemon::start(&console("substr", "link", "a link", &variables));
    let port = daemon.port.to_string();
    let port = [("SYSLOG_PORT", port.as_str())];
    // The line may have come before the one that was waited for.
    let is_tcp = |line: &&String| line.contains("listens on TCP ");
    let line = daemon.seen().iter().find(is_tcp).cloned();
    let tcp = support::port_of(&line.unwrap_or_else(|| daemon.wait_for("listens on TCP ")));
    let stream = std::net::TcpStream::connect(("127.0.0.1", tcp)).expect("a connection");
    daemon.send(b"ether2 link down");
    daemon.wait_for("notice: a link");
    let deadline = std::time::Instant::now() + support::PATIENCE;
    let lines = loop {
        let lines = run(&["health"], &port, b"");
        if lines.contains("tcp connections 1") {
            break lines;
        }
        assert!(std::time::Instant::now() < deadline, "{lines}");
    };
    drop(stream);
    assert!(
        lines.lines().all(|line| line.chars().count() < 80),
        "{lines}"
    );
    let json = run(&["health", "--json"], &port, b"");
    let (json, _) = json.split_once(",\"notifiers\"").expect("notifiers");
    let (_, counts) = json.split_once("\"up_secs\":").expect("the time");
    let names: Vec<_> = counts.split('"').skip(1).step_by(2).collect();
    assert_eq!(names.len(), 23, "{names:?}");
    for name in names {
        let shown = format!(" {} ", name.replace('_', " "));
        assert!(
            lines.contains(&shown) || name == "lost",
            "{name} in {lines}"
        );
    }
}

/// A notifier that is suspended is a complaint with the time of the next attempt, and
/// no reason to restart the process.
#[test]
fn health_of_a_suspended_notifier() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4_096]);
            let answer = b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer);
        }
    });
    let mut rule = support::rule(0, "Generic1", "substr", "link", "a link");
    rule.extend([
        ("ENV_EVENTS".to_owned(), "1"),
        ("GENERIC1_WEBHOOK_URL".to_owned(), &url),
    ]);
    let variables: Vec<_> = rule
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let mut daemon = Daemon::start(&variables);
    daemon.send(b"ether2 link down");
    daemon.wait_for("suspended, next attempt at ");
    let port = daemon.port.to_string();
    let port = [("SYSLOG_PORT", port.as_str())];
    let line = run(&["health"], &port, b"");
    assert!(line.starts_with("unhealthy (Generic1 suspended, next attempt at "));
    let json = run(&["health", "--json"], &port, b"");
    assert!(
        json.contains("\"suspended\":true,\"resumes_in\":"),
        "{json}"
    );
    assert!(run(&["health", "--live"], &port, b"").ends_with("[status 0]\n"));
}

/// `health --json` writes JSON whatever happens, and quotes what it repeats.
#[test]
fn health_of_a_wrong_port() {
    let variables = [("SYSLOG_PORT", "5\"1\n4")];
    let json = run(&["health", "--json"], &variables, b"");
    let complaint = r#"SYSLOG_PORT: '5\"1\\x0a4' is not a whole number from 0 to 65535"#;
    let expected = format!("{{\"healthy\":false,\"complaint\":\"{complaint}\"}}\n[status 1]\n");
    assert_eq!(json, expected);
    let line = run(&["health"], &[("SYSLOG_PORT", "x")], b"");
    let expected =
        "unhealthy (SYSLOG_PORT: 'x' is not a whole number from 0 to 65535)\n[status 1]\n";
    assert_eq!(line, expected);
}
