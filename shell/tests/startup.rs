//! The daemon's errors for a wrong configuration: every mistake at once, each with
//! its variable, its place and the allowed values.

mod support;

use support::{Daemon, console, refused};

/// Starts with a correct rule and `wrong` on top; expects exactly `expected`.
fn check(wrong: &[(&str, &str)], expected: &[&str]) {
    let variables = console("regex", "user ([a-z]+) from (.*)", "@1", wrong);
    let (status, errors) = refused(&variables);
    let lines: Vec<_> = without_places(&errors).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|line| format!("alertik: error: {line}"))
        .collect();
    assert_eq!(lines, expected, "{wrong:?}");
    assert_eq!(status, Some(1));
}

/// Leaves out the lines that show a mistake's place.
fn without_places(errors: &str) -> impl Iterator<Item = &str> {
    errors
        .lines()
        .filter(|line| !line.starts_with("alertik:  "))
}

/// Without any configuration the error says what to set.
#[test]
fn nothing_configured_says_what_to_set() {
    let (status, errors) = refused(&[]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("ENV_EVENTS: there is no rule"), "{errors}");
    assert!(errors.contains("alertik demo"), "{errors}");
}

/// An error in a mask names the byte and what is allowed.
#[test]
fn masks() {
    let at = |offset, number| {
        format!(
            "EVENT0_MASK_MSG: at byte {offset}: there is no group @{number}; the expression has 2, so @1 to @2 are allowed, and @@ for an at sign"
        )
    };
    let lone = |offset| {
        format!(
            "EVENT0_MASK_MSG: at byte {offset}: '@' stands alone; write @1 to @31 for a group of the expression, @{{count}}, @{{duration}}, @{{first}}, @{{last}}, @{{pause}}, @{{router}}, @{{rule}}, @{{severity}}, @{{source}}, @{{text}}, @{{time}} or @{{topics}} for a fact about the line, or @@ for an at sign"
        )
    };
    check(&[("EVENT0_MASK_MSG", "a @0")], &[&at(2, 0)]);
    check(&[("EVENT0_MASK_MSG", "@1 @9")], &[&at(3, 9)]);
    check(&[("EVENT0_MASK_MSG", "mail @")], &[&lone(5)]);
    check(&[("EVENT0_MASK_MSG", "@1 @x")], &[&lone(3)]);
}

/// Numbers and addresses are checked, with what is allowed.
#[test]
fn numbers_and_addresses() {
    let expected = "SYSLOG_PORT: '5 14' is not a whole number from 0 to 65535";
    check(&[("SYSLOG_PORT", "5 14")], &[expected]);
    let expected = "EVENT0_COOLDOWN_SECS: '1m' is not a whole number from 0 to 604800";
    check(&[("EVENT0_COOLDOWN_SECS", "1m")], &[expected]);
    check(
        &[("SYSLOG_ADDR", "router")],
        &[
            "SYSLOG_ADDR: 'router' is not an IP address; allowed are :: (every address), 0.0.0.0 (every IPv4 address) or one of this machine's",
        ],
    );
    check(
        &[("SYSLOG_PORT", "\x1b[31m\rX")],
        &["SYSLOG_PORT: '\\x1b[31m\\x0dX' is not a whole number from 0 to 65535"],
    );
    check(
        &[("SYSLOG_ALLOW", "192.0.2.1,router,10.0.0.1/8,::/200,")],
        &[
            "SYSLOG_ALLOW: 'router' is not an IP address or network; write one like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64",
            "SYSLOG_ALLOW: '10.0.0.1/8' has bits beyond its prefix; write 10.0.0.0/8 for the network, or leave the slash out for the one address",
            "SYSLOG_ALLOW: '::/200' has no prefix length from 0 to 128 after its slash",
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
        &["LOG_LEVEL: 'loud' is not known; allowed are error, warning, info, debug, warn"],
    );
}

/// Names are checked against those that exist.
#[test]
fn names() {
    check(
        &[("EVENT0_NOTIFIER", "Console,telegramm")],
        &[
            "EVENT0_NOTIFIER: 'telegramm' is not a notifier; known are Telegram, Slack, Teams, Discord, Generic1, Generic2, Generic3, Generic4, Console, Mail, separated by commas",
        ],
    );
    check(
        &[("EVENT0_MATCH_TYPE", "REGEXP")],
        &["EVENT0_MATCH_TYPE: 'REGEXP' is not known; allowed are substr, regex"],
    );
    check(
        &[("STATIC_EVENTS_ENABLED", "200")],
        &[
            "STATIC_EVENTS_ENABLED: '200' is neither the number nor the name of a static event, nor pack; `alertik events` lists them",
        ],
    );
    check(
        &[("STATIC_EVENTS_ENABLED", "0")],
        &[
            "STATIC_EVENT0_NOTIFIER: is not set, although STATIC_EVENTS_ENABLED names it, nor is STATIC_NOTIFIER",
        ],
    );
}

/// The notifier that all events of the pack lack is one mistake, not fifty.
#[test]
fn a_pack_without_a_notifier() {
    let (status, errors) = refused(&[("STATIC_EVENTS_ENABLED", "pack")]);
    assert_eq!(status, Some(1));
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("nor is STATIC_NOTIFIER"), "{errors}");
}

/// An expression's error names the variable and the byte.
#[test]
fn expressions() {
    let (status, errors) = refused(&console("regex", "user (admin", "x", &[]));
    assert_eq!(status, Some(1));
    assert_eq!(
        errors,
        "alertik: error: EVENT0_MATCH_STR: at byte 5: this '(' has no closing ')'; to match '(' itself, write \\(\nalertik:   user (admin\nalertik:        ^\n"
    );
}

/// A mistake in an exception is reported with its byte in the value, and a
/// habit of Perl's as well; an exception too many is refused with the remedy.
/// Case is ignored or not.
#[test]
fn conditions() {
    check(
        &[
            ("EVENT0_EXCEPT_STR", "ab\n(c\nd\n*"),
            ("STATIC_EVENTS_ENABLED", "0"),
            ("STATIC_EVENT0_NOTIFIER", "Console"),
            ("STATIC_EVENT0_EXCEPT_STR", "a["),
        ],
        &[
            "STATIC_EVENT0_EXCEPT_STR: at byte 1: this '[' has no closing ']'; a ']' that comes first stands for itself; to match '[' itself, write \\[",
            "EVENT0_EXCEPT_STR: at byte 3: this '(' has no closing ')'; to match '(' itself, write \\(",
            "EVENT0_EXCEPT_STR: at byte 8: there is nothing to repeat before this character; to match the character itself, put a backslash before it",
        ],
    );
    check(
        &[("EVENT0_EXCEPT_STR", &"x\n".repeat(17))],
        &[
            "EVENT0_EXCEPT_STR: at byte 32: a rule has at most 16 exceptions; a regex joins several with |",
        ],
    );
    check(
        &[("EVENT0_IGNORE_CASE", "yes")],
        &["EVENT0_IGNORE_CASE: 'yes' is not known; allowed are 0, 1"],
    );
    let wrong = [("EVENT0_EXCEPT_STR", "a\nb\\Z"), ("LOG_LEVEL", "loud")];
    let (_, errors) = refused(&console("regex", "a", "", &wrong));
    let warning = "\
alertik: warning: EVENT0_EXCEPT_STR: at byte 3: '\\Z' means just 'Z' here; ^ is the start of the line and $ its end
alertik:   a\\x0ab\\Z
alertik:         ^
";
    assert!(errors.contains(warning), "{errors}");
}

/// Expressions that together take too much memory are refused, with the rule, the
/// limit and the remedy; what fits is not.
#[test]
fn memory_of_expressions() {
    let large = "((.?){7}){30}(a{0,1})()()()()()()()()()()()()()()()()()()()()()()()()()()()()z";
    let names: Vec<_> = (0..26)
        .flat_map(|rule| {
            ["NOTIFIER", "MATCH_TYPE", "MATCH_STR", "MASK_MSG"]
                .map(|field| format!("EVENT{rule}_{field}"))
        })
        .collect();
    let values = ["Console", "regex", large, "@1"];
    let mut variables: Vec<_> = names
        .iter()
        .map(String::as_str)
        .zip(values.into_iter().cycle())
        .collect();
    variables.push(("ENV_EVENTS", "26"));
    let (status, errors) = refused(&variables);
    assert_eq!(status, Some(1));
    let part = "with which the expressions of all rules together take more than the 4096 KiB that are allowed; lower its repeat counts";
    // The rules are the same, which is a warning of its own.
    let errors: Vec<_> = errors
        .lines()
        .filter(|line| line.contains(": error: "))
        .collect();
    assert!(errors.iter().all(|line| line.contains(part)), "{errors:?}");
    assert!((1..26).contains(&errors.len()), "{errors:?}");
    let errors = errors.concat();
    assert!(!errors.contains("EVENT0_MATCH_STR"), "{errors}");
    assert!(errors.contains("EVENT25_MATCH_STR: takes "), "{errors}");
}

/// Every part of an expression that probably means something else to its author
/// is pointed out, with its byte; a substring is taken as it is.
#[test]
fn habits_are_warned_of() {
    let wrong = [("LOG_LEVEL", "loud")];
    let (_, errors) = refused(&console("regex", "[:alpha:]+ (.*?)\\Z", "x", &wrong));
    let lines: Vec<_> = without_places(&errors).collect();
    let [class, lazy, end, error] = lines[..] else {
        panic!("{errors}");
    };
    let warning = "alertik: warning: EVENT0_MATCH_STR: at byte";
    assert!(class.starts_with(&format!("{warning} 0: a class needs brackets of its own")));
    assert!(lazy.starts_with(&format!("{warning} 14: ")), "{lazy}");
    assert!(end.starts_with(&format!("{warning} 16: ")), "{end}");
    assert!(error.starts_with("alertik: error: LOG_LEVEL"));
    let (_, errors) = refused(&console("substr", "[:alpha:]+ (a?)", "x", &wrong));
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

/// All mistakes of a configuration appear at the same start, once each.
#[test]
fn every_mistake_is_reported_at_once() {
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
        "warning: ENV_EVENTS",
        "error: SYSLOG_PORT",
        "error: FORWARD_HOST",
    ] {
        assert_eq!(
            errors.matches(&format!("{variable}:")).count(),
            1,
            "{variable} in {errors}"
        );
    }
    assert_eq!(without_places(&errors).count(), 8, "{errors}");
}

/// Configurations that the predecessor started with work here, odd spellings too.
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

/// Port 0 is another one at each start, so it is refused for what routers or Prometheus
/// must find; on a loopback address, where they never look, it is a warning.
#[test]
fn port_0_is_for_loopback_only() {
    for (name, value, address) in [
        ("SYSLOG_PORT", "0", "::"),
        ("SYSLOG_PORT", "0", "0.0.0.0"),
        ("SYSLOG_PORT", "0", "127.0.0.1"),
        ("SYSLOG_TCP_PORT", "0", "192.0.2.1"),
        ("SYSLOG_TCP_PORT", "0", "::1"),
        ("METRICS_ADDR", "[::]:0", "::1"),
        ("METRICS_ADDR", "127.0.0.1:0", "::"),
    ] {
        let mut variables = console("substr", "x", "y", &[("SYSLOG_PORT", "5140")]);
        variables.extend([("SYSLOG_ADDR", address), (name, value)]);
        let (status, printed, _) = run(&["check", "--only-variables"], &variables);
        let is_loopback = match name {
            "METRICS_ADDR" => value.starts_with("127"),
            _ => address.ends_with('1') && !address.starts_with("192"),
        };
        let (kind, code) = if is_loopback {
            ("warning", 0)
        } else {
            ("error", 1)
        };
        assert_eq!(status, Some(code), "{printed}");
        assert!(
            printed.starts_with(&format!("alertik: {kind}: {name}: ")),
            "{printed}"
        );
    }
    let (status, errors) = refused(&console("substr", "x", "y", &[("SYSLOG_PORT", "0")]));
    assert_eq!(status, Some(1));
    assert_eq!(
        errors,
        "alertik: error: SYSLOG_PORT: is 0, so the port is another one at each start; set it to 5140\n"
    );
}

/// Runs a command line; returns its exit status, standard output and error.
fn run(words: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = support::alertik(variables).args(words).output();
    let output = output.expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The version is one line on standard output.
#[test]
fn version() {
    let expected = concat!("alertik ", env!("CARGO_PKG_VERSION"), "\n").to_owned();
    for word in ["--version", "-V"] {
        let expected = (Some(0), expected.clone(), String::new());
        assert_eq!(run(&[word], &[]), expected);
    }
}

/// The help lists every command, and each command explains itself with the same
/// words.
#[test]
fn help() {
    let (status, all, errors) = run(&["--help"], &[]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    for word in ["-h", "help"] {
        assert_eq!(run(&[word], &[]).1, all);
    }
    for command in ["check", "match", "notify-test", "health", "demo"] {
        for word in ["--help", "-h"] {
            let (status, text, errors) = run(&[command, word], &[]);
            assert_eq!((status, errors.as_str()), (Some(0), ""));
            assert_eq!(run(&["help", command], &[]).1, text);
            let (usage, help) = text.split_once("\n\n").expect("two parts");
            assert!(
                usage.starts_with(&format!("usage: alertik {command}")),
                "{text}"
            );
            let synopsis = usage.strip_prefix("usage: alertik ").expect("a usage");
            assert!(all.contains(&format!("  {synopsis}\n{help}")), "{text}");
        }
    }
}

/// A wrong command line is answered with the mistake, one line of usage and the
/// way to the help.
#[test]
fn wrong_arguments() {
    let any = "[COMMAND]";
    let match_usage = "match [FILE] [--all | --explain] [--json] [--step SECS | --time-from-lines]\n      [--pack | --regex EXPRESSION [--mask MASK]]";
    for (words, mistake, usage) in [
        (&["serve"][..], "unknown arguments: serve", any),
        (&["--version", "x"], "unknown arguments: --version x", any),
        (
            &["check", "-v", "x"],
            "check: unknown arguments: x",
            "check [--verbose] [--only-variables]",
        ),
        (
            &["chek"],
            "unknown arguments: chek; did you mean check?",
            any,
        ),
        (
            &["version"],
            "unknown arguments: version; did you mean --version?",
            any,
        ),
        (
            &["help", "mach"],
            "unknown arguments: mach; did you mean match?",
            any,
        ),
        (
            &["match", "--a\x1b"],
            "match: unknown option --a\\x1b",
            match_usage,
        ),
        (
            &["demo", "--twice"],
            "demo: unknown arguments: --twice",
            "demo [--once]",
        ),
        (
            &["health", "--xml"],
            "health: unknown arguments: --xml",
            "health [--json | --prometheus | --live]",
        ),
        (
            &["match", "--al"],
            "match: unknown option --al",
            match_usage,
        ),
    ] {
        let expected = format!(
            "alertik: {mistake}\nusage: alertik {usage}\n`alertik --help` lists the commands.\n"
        );
        assert_eq!(
            run(words, &[]),
            (Some(2), String::new(), expected),
            "{words:?}"
        );
    }
}

/// A number of a rule that is as large as numbers get is reported like any other.
#[test]
fn the_largest_number_of_a_rule() {
    let name = "EVENT18446744073709551615_X";
    let (status, errors) = refused(&[("ENV_EVENTS", "x"), (name, "1")]);
    assert_eq!(status, Some(1), "{errors}");
    let expected = "warning: EVENT18446744073709551615_: is not read; the last rule is EVENT63_";
    assert!(errors.contains(expected), "{errors}");
}
