//! Tests of the notifiers' variables: every mistake's words.

mod mail;

use super::*;

/// Reads one notifier with the given variables; returns the problems.
fn problems_of(notifier: Notifier, variables: &[(&str, &str)]) -> Vec<String> {
    let env = Env::new(
        variables
            .iter()
            .map(|(name, value)| (name.into(), value.into())),
    );
    let mut used = NotifierSet::EMPTY;
    used.insert(notifier.id());
    let mut problems = Problems::default();
    let notifiers = read(&env, used, &mut problems);
    assert!(!problems.errors().is_empty() || notifiers.list.len() == 1);
    problems.errors().to_vec()
}

const URL: (&str, &str) = ("GENERIC1_WEBHOOK_URL", "https://h/secret");

/// Reads Generic1 with a URL and one more variable; returns the only problem.
fn generic(name: &str, value: &str) -> String {
    let problems = problems_of(Notifier::Generic1, &[URL, (name, value)]);
    assert!(problems.len() <= 1, "{problems:?}");
    assert!(!problems.concat().contains("secret"));
    problems.concat()
}

/// What is missing is named with its remedy, all of it at once.
#[test]
fn missing_variables() {
    assert_eq!(
        problems_of(Notifier::Telegram, &[]),
        [
            "TELEGRAM_BOT_TOKEN: is not set; set it to the token that @BotFather gave you",
            "TELEGRAM_CHAT_ID: is not set; set it to a chat's number or a channel's @name",
        ]
    );
    for (id, name) in [
        (Notifier::Slack, "SLACK"),
        (Notifier::Teams, "TEAMS"),
        (Notifier::Discord, "DISCORD"),
        (Notifier::Generic1, "GENERIC1"),
    ] {
        assert_eq!(
            problems_of(id, &[]),
            [format!(
                "{name}_WEBHOOK_URL: is not set; set it to the webhook's URL"
            )]
        );
    }
    assert!(problems_of(Notifier::Console, &[]).is_empty());
}

/// Tokens that Telegram's server would not even look up.
#[test]
fn tokens() {
    let problems = |token| {
        problems_of(
            Notifier::Telegram,
            &[("TELEGRAM_BOT_TOKEN", token), ("TELEGRAM_CHAT_ID", "1")],
        )
    };
    assert!(problems("123456789:AAbb-cc_dd").is_empty());
    for token in [
        "",
        "123456789",
        "123456789:",
        ":secret",
        "0123:secret",
        "bot123:secret",
        "12a:secret",
        "123:sec/ret",
        "123:sec ret",
        "\"123:secret\"",
        &["1:", &"a".repeat(80)].concat(),
    ] {
        let problems = problems(token);
        assert_eq!(problems.len(), 1, "{token}");
        assert!(problems[0].starts_with("TELEGRAM_BOT_TOKEN: is not a bot's token; it looks like"));
        assert!(!problems[0].contains("secret"), "the token is repeated");
    }
}

/// Chats, and what may stand behind one.
#[test]
fn chats() {
    let problems = |chat, more: &[(&str, &str)]| {
        let mut variables = vec![("TELEGRAM_BOT_TOKEN", "1:x"), ("TELEGRAM_CHAT_ID", chat)];
        variables.extend(more);
        problems_of(Notifier::Telegram, &variables).join("\n")
    };
    for chat in [
        "@name",
        "4711",
        "-1001234567890",
        "-1&parse_mode=HTML&protect_content=true",
    ] {
        assert_eq!(problems(chat, &[]), "", "{chat}");
    }
    for chat in [
        "",
        "name",
        "@",
        "@na me",
        "12 3",
        "--1",
        "+1",
        "99999999999999999999",
    ] {
        assert!(problems(chat, &[]).contains("or @name"), "{chat}");
    }
    for chat in [
        "-1&parse_mode=MarkdownV2",
        "-1&x=y",
        "-1&message_thread_id=x",
    ] {
        let problems = problems(chat, &[]);
        assert!(
            problems.contains("there may be message_thread_id=NUMBER"),
            "{problems}"
        );
    }
    for thread in ["", "0", "-1", "x", "99999999999"] {
        let problems = problems("1", &[("TELEGRAM_THREAD_ID", thread)]);
        assert_eq!(
            problems,
            "TELEGRAM_THREAD_ID: must be a topic's number, digits only"
        );
    }
    let silent = problems("1", &[("TELEGRAM_SILENT", "maybe")]);
    assert_eq!(
        silent,
        "TELEGRAM_SILENT: 'maybe' is not known; allowed are 0, no, false, 1, yes, true"
    );
    let base = problems("1", &[("TELEGRAM_API_URL", "api.telegram.org")]);
    assert_eq!(
        base,
        "TELEGRAM_API_URL: must begin with https:// or http://"
    );
}

/// Headers: names, control characters, and those that are ours.
#[test]
fn headers() {
    let name = "GENERIC1_HEADERS";
    for value in ["", " ", "A: b", "A: b|C: {{text|raw}} | D:e\nF: g|", "A:"] {
        assert_eq!(generic(name, value), "", "{value:?}");
    }
    for (value, words) in [
        ("A", "has an entry without \":\""),
        (": b", "has the name \"\", which no header can have"),
        ("A B: c", "has the name \"A B\", which no header can have"),
        ("A: b\x01", "has a control character in the value of A"),
        ("A: b\rC: d", "has a control character in the value of A"),
        ("Host: x", "has the header Host; leave it out"),
        (
            "content-length: 1",
            "has the header content-length; leave it out",
        ),
        ("Transfer-Encoding: x", "leave it out, alertik sets it"),
        ("Connection: x", "leave it out, alertik sets it"),
        ("Content-Type: x/y", "set GENERICn_CONTENT_TYPE instead"),
        (
            "A: {{txt}}",
            "at byte 0: unknown placeholder; there are {{text}}",
        ),
    ] {
        let problem = generic(name, value);
        assert!(
            problem.starts_with("GENERIC1_HEADERS: ") && problem.contains(words),
            "{problem}"
        );
    }
}

/// Bodies, methods, media types and paces.
#[test]
fn requests() {
    for (name, value, words) in [
        (
            "GENERIC1_BODY",
            "a {{text",
            "at byte 2: \"{{\" without \"}}\"",
        ),
        ("GENERIC1_BODY", "{{ text : 10 | url }}", ""),
        (
            "GENERIC1_BODY",
            "{{text:0}}",
            "at byte 0: only text, router and topics take a limit, from 1",
        ),
        (
            "GENERIC1_BODY",
            "{{text:x}}",
            "only text, router and topics take a limit",
        ),
        (
            "GENERIC1_BODY",
            "{{time:5}}",
            "only text, router and topics take a limit",
        ),
        (
            "GENERIC1_BODY",
            "{{text|html}}",
            "unknown encoding; there are |json, |url and |raw",
        ),
        (
            "GENERIC1_BODY",
            &"x".repeat(9_000),
            "is longer than 8192 bytes",
        ),
        (
            "GENERIC1_BODY",
            &"{{id}}".repeat(33),
            "too many placeholders",
        ),
        ("GENERIC1_METHOD", "PUT", ""),
        ("GENERIC1_METHOD", " post", ""),
        (
            "GENERIC1_METHOD",
            "DELETE",
            "'DELETE' is not known; allowed are POST, PUT, PATCH, GET",
        ),
        ("GENERIC1_BODY", "{\"a\":\"{{text}}\",\"n\":{{ id }}}", ""),
        (
            "GENERIC1_TITLE",
            "{{title}}",
            "at byte 0: unknown placeholder; there are {{text}}",
        ),
        (
            "GENERIC1_TITLE",
            "{{rule",
            "at byte 0: \"{{\" without \"}}\"",
        ),
        ("GENERIC1_TITLE", "a\nb", "has a control character"),
        ("GENERIC1_BODY", "[\"{{title}}\"]", ""),
        (
            "GENERIC1_BODY",
            "[{{title}}]",
            "at byte 1: this is not JSON",
        ),
        (
            "GENERIC1_BODY",
            "{{title:5}}",
            "only text, router and topics",
        ),
        (
            "GENERIC1_BODY",
            "[{{ priority : ntfy }},{{priority:pushover}}]",
            "",
        ),
        (
            "GENERIC1_BODY",
            "[{{priority}}]",
            "at byte 1: this is not JSON",
        ),
        (
            "GENERIC1_BODY",
            "{{priority:loud}}",
            "unknown scale; there are {{priority}} (a word), {{priority:ntfy}}",
        ),
        (
            "GENERIC1_BODY",
            "{\"a\":\"{{text}}\"",
            "at byte 15: this is not JSON",
        ),
        (
            "GENERIC1_BODY",
            "{\"a\":{{text}}}",
            "at byte 5: this is not JSON",
        ),
        (
            "GENERIC1_BODY",
            "[true",
            "set GENERIC1_CONTENT_TYPE to what it is",
        ),
        ("GENERIC1_CONTENT_TYPE", "text/plain; charset=utf-8", ""),
        (
            "GENERIC1_CONTENT_TYPE",
            "json",
            "must be a media type, like application/json",
        ),
        (
            "GENERIC1_CONTENT_TYPE",
            "a/b\r\nX: y",
            "must be a media type",
        ),
        ("GENERIC1_MIN_INTERVAL_MS", "0", ""),
        ("GENERIC1_MIN_INTERVAL_MS", " 5", ""),
        ("GENERIC1_MIN_INTERVAL_MS", "3600001", "from 0 to 3600000"),
    ] {
        let problem = generic(name, value);
        assert_eq!(
            problem.is_empty(),
            words.is_empty(),
            "{name}={value}: {problem}"
        );
        assert!(problem.is_empty() || problem.starts_with(name), "{problem}");
        assert!(problem.contains(words), "{problem}");
    }
    for (name, value) in [("HTTP_TIMEOUT_SECS", "0"), ("NOTIFY_MAX_AGE_SECS", "x")] {
        assert!(generic(name, value).starts_with(name));
    }
    let format = [
        ("DISCORD_WEBHOOK_URL", "https://h/x"),
        ("DISCORD_FORMAT", "teams"),
    ];
    assert_eq!(
        problems_of(Notifier::Discord, &format),
        ["DISCORD_FORMAT: 'teams' is not known; allowed are discord, slack"]
    );
}

/// The titles of services are checked as those of webhooks are, and each service that has
/// none of its own says so.
#[test]
fn titles() {
    for (id, name) in [
        (Notifier::Slack, "SLACK"),
        (Notifier::Teams, "TEAMS"),
        (Notifier::Discord, "DISCORD"),
    ] {
        let [url, title] = ["_WEBHOOK_URL", "_TITLE"].map(|end| [name, end].concat());
        for (value, words) in [
            ("[{{router:64}}] {{ text : 80 | raw }}", ""),
            ("", ""),
            ("{{title}}", "at byte 0: unknown placeholder"),
            ("a {{text}", "at byte 2: \"{{\" without \"}}\""),
            ("a\nb", "has a control character"),
            (&*"x".repeat(251), "is longer than 250 bytes"),
        ] {
            let variables = [(&*url, "https://h/secret"), (&*title, value)];
            let problems = problems_of(id, &variables).concat();
            assert!(problems.contains(words), "{problems}");
            assert_eq!(problems.is_empty(), words.is_empty(), "{problems}");
            assert!(
                problems.is_empty() || problems.starts_with(&title),
                "{problems}"
            );
        }
    }
    let format = [
        ("DISCORD_WEBHOOK_URL", "https://h/x"),
        ("DISCORD_FORMAT", "slack"),
        ("DISCORD_TITLE", "x"),
    ];
    assert_eq!(
        problems_of(Notifier::Discord, &format),
        ["DISCORD_TITLE: needs DISCORD_FORMAT=discord"]
    );
}

/// Placeholders belong into a URL's path and query, never before.
#[test]
fn url_placeholders() {
    let problem = |url| problems_of(Notifier::Generic1, &[("GENERIC1_WEBHOOK_URL", url)]).concat();
    for url in [
        "https://h/{{id}}",
        "https://h/?t={{text}}&x",
        "https://h?{{text}}",
    ] {
        assert_eq!(problem(url), "", "{url}");
    }
    for url in [
        "{{text}}",
        "https://{{source}}/",
        "https://h{{text}}/",
        "https://h:{{id}}/x",
    ] {
        let problem = problem(url);
        assert!(
            problem.starts_with("GENERIC1_WEBHOOK_URL: "),
            "{url}: {problem}"
        );
    }
    assert!(problem("https://x{{text}}.example/").contains("only path and query may have any"));
    assert!(problem("https://h/{{txt}}").contains("at byte 10: unknown placeholder"));
}

/// Which notifiers a user has set up.
#[test]
fn what_is_configured() {
    let env = Env::new(
        [
            ("TELEGRAM_BOT_TOKEN", "x"),
            ("GENERIC3_WEBHOOK_URL", ""),
            ("SLACK_WEBHOOK", "x"),
        ]
        .into_iter()
        .map(|(name, value)| (name.into(), value.into())),
    );
    let names: Vec<_> = Notifier::members(configured(&env))
        .map(Notifier::name)
        .collect();
    assert_eq!(names, ["Telegram", "Generic3", "Console"]);
}
