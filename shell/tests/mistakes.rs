//! Wrong configurations as people write them. None starts in silence: the first
//! thing that is printed names the variable and says what to do.

mod support;

use std::process::{Child, Stdio};

use support::{PATIENCE, alertik, console, free_port};

/// A correct rule and a correct Telegram, on which each case lays its mistake.
const RIGHT: [(&str, &str); 2] = [
    ("TELEGRAM_BOT_TOKEN", "123456789:AA-secret"),
    ("TELEGRAM_CHAT_ID", "-100123"),
];

/// A wrong configuration: the variables that differ from the correct one (those
/// without a value are taken away), the variable that the message must begin with,
/// and a part of the remedy.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

const UNSET: &str = "<unset>";

/// What the review of first use tried, and what it names in its table.
const OF_THE_REVIEW: &[Case] = &[
    // Names.
    (&[("SYSLOG_PROT", "1514")], "SYSLOG_PROT", "SYSLOG_PORT?"),
    (&[("SLACK_URL", "x")], "SLACK_URL", "SLACK_WEBHOOK_URL?"),
    (
        &[("GENERIC1_URL", "x")],
        "GENERIC1_URL",
        "GENERIC1_WEBHOOK_URL?",
    ),
    (
        &[("GENERIC5_WEBHOOK_URL", "x")],
        "GENERIC5_WEBHOOK_URL",
        "GENERIC4_WEBHOOK_URL?",
    ),
    (
        &[("HTTP_TIMEOUT", "5")],
        "HTTP_TIMEOUT",
        "HTTP_TIMEOUT_SECS?",
    ),
    (&[("LOGLEVEL", "debug")], "LOGLEVEL", "LOG_LEVEL?"),
    (
        &[("STATIC_EVENTS", "0")],
        "STATIC_EVENTS",
        "STATIC_EVENTS_ENABLED?",
    ),
    (
        &[("SLACK_MIN_INTERVAL", "5")],
        "SLACK_MIN_INTERVAL",
        "SLACK_MIN_INTERVAL_MS?",
    ),
    (
        &[("EVENT_0_NOTIFIER", "x")],
        "EVENT_0_NOTIFIER",
        "EVENT0_NOTIFIER?",
    ),
    (
        &[("event0_notifier", "x")],
        "event0_notifier",
        "EVENT0_NOTIFIER?",
    ),
    (
        &[("TELEGRAM_NICKNAME", "x")],
        "TELEGRAM_NICKNAME",
        "help variables",
    ),
    (&[("EVENT0_MSG", "x")], "EVENT0_MSG", "EVENT0_MASK_MSG?"),
    (
        &[("ENV_EVENTS", UNSET), ("ENV_EVENT", "1")],
        "ENV_EVENT",
        "ENV_EVENTS?",
    ),
    // Quotes, line ends, blanks and case.
    (
        &[("EVENT0_MATCH_STR", "\"login\"")],
        "EVENT0_MATCH_STR",
        "leave them out",
    ),
    (
        &[("EVENT0_MASK_MSG", "'hit'")],
        "EVENT0_MASK_MSG",
        "leave them out",
    ),
    (&[("ENV_EVENTS", "\"1\"")], "ENV_EVENTS", "leave them out"),
    (&[("ENV_EVENTS", "1\r")], "ENV_EVENTS", "Unix line ends"),
    (
        &[("EVENT0_MATCH_STR", "login\r")],
        "EVENT0_MATCH_STR",
        "Unix line ends",
    ),
    (&[("EVENT0_NOTIFIER", "")], "EVENT0_NOTIFIER", "is not set"),
    (
        &[("EVENT0_NOTIFIER", "Telegramm")],
        "EVENT0_NOTIFIER",
        "known are Telegram",
    ),
    (
        &[("EVENT0_NOTIFIER", "Telegram;Slack")],
        "EVENT0_NOTIFIER",
        "separated by commas",
    ),
    (
        &[("EVENT0_MATCH_TYPE", "regexp")],
        "EVENT0_MATCH_TYPE",
        "allowed are substr, regex",
    ),
    (
        &[("EVENT0_MATCH_TYPE", "")],
        "EVENT0_MATCH_TYPE",
        "is not set",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_SILENT", "maybe"),
        ],
        "TELEGRAM_SILENT",
        "allowed are 0",
    ),
    (
        &[("LOG_LEVEL", "verbose")],
        "LOG_LEVEL",
        "allowed are error, warning, info",
    ),
    // Rules.
    (
        &[
            ("EVENT0_MATCH_STR", "login failure for user (.*) from"),
            ("EVENT0_MATCH_TYPE", "substr"),
        ],
        "EVENT0_MATCH_STR",
        "set the match type to regex",
    ),
    (
        &[
            ("EVENT0_MATCH_TYPE", "substr"),
            ("EVENT0_MATCH_STR", "login"),
            ("EVENT0_MASK_MSG", "hit@1"),
        ],
        "EVENT0_MASK_MSG",
        "the rule has no group",
    ),
    (
        &[("EVENT0_MASK_MSG", "hello $1")],
        "EVENT0_MASK_MSG",
        "a group is written @1",
    ),
    (
        &[("EVENT0_MASK_MSG", "hello \\1")],
        "EVENT0_MASK_MSG",
        "a group is written @1",
    ),
    (
        &[("EVENT0_MASK_MSG", "@2")],
        "EVENT0_MASK_MSG",
        "@1 to @1 are allowed",
    ),
    (
        &[("EVENT0_MASK_MSG", "mail @ home")],
        "EVENT0_MASK_MSG",
        "@@ for an at sign",
    ),
    (
        &[("EVENT0_MASK_MSG", "")],
        "EVENT0_MASK_MSG",
        "say what happened",
    ),
    (
        &[("EVENT0_MASK_MSG", UNSET)],
        "EVENT0_MASK_MSG",
        "is not set",
    ),
    (
        &[("EVENT0_MATCH_STR", r"link up \\(speed (.+)\\)$")],
        "EVENT0_MATCH_STR",
        r"write one, as in \(",
    ),
    (
        &[("EVENT0_MATCH_STR", "")],
        "EVENT0_MATCH_STR",
        "matches every message",
    ),
    (
        &[("EVENT0_MATCH_STR", UNSET)],
        "EVENT0_MATCH_STR",
        "is not set",
    ),
    (
        &[("EVENT0_MATCH_STR", "(a")],
        "EVENT0_MATCH_STR",
        "has no closing ')'",
    ),
    (
        &[("EVENT0_MATCH_STR", "(?i)login (.*)")],
        "EVENT0_MATCH_STR",
        "instead of (?i)",
    ),
    (
        &[("EVENT0_MATCH_STR", "(a.*?b)")],
        "EVENT0_MATCH_STR",
        "as in [^ ]*",
    ),
    (
        &[("EVENT0_COOLDOWN_SECS", "1m")],
        "EVENT0_COOLDOWN_SECS",
        "whole number from 0",
    ),
    (
        &[("ENV_EVENTS", "0"), ("STATIC_EVENTS_ENABLED", UNSET)],
        "ENV_EVENTS",
        "set it to 1",
    ),
    (&[("ENV_EVENTS", UNSET)], "ENV_EVENTS", "set it to 1"),
    (
        &[("ENV_EVENTS", "two")],
        "ENV_EVENTS",
        "whole number from 0 to 64",
    ),
    (
        &[("ENV_EVENTS", "65")],
        "ENV_EVENTS",
        "whole number from 0 to 64",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", UNSET),
            ("EVENT0_MATCH_TYPE", UNSET),
            ("EVENT0_MATCH_STR", UNSET),
            ("EVENT0_MASK_MSG", UNSET),
            ("EVENT1_NOTIFIER", "Console"),
        ],
        "EVENT0_NOTIFIER",
        "rules are numbered from 0",
    ),
    (
        &[
            ("ENV_EVENTS", "2"),
            ("EVENT1_NOTIFIER", "Console"),
            ("EVENT1_MATCH_TYPE", "regex"),
            ("EVENT1_MATCH_STR", "user ([a-z]+)"),
            ("EVENT1_MASK_MSG", "@1"),
        ],
        "EVENT1_MATCH_STR",
        "leave one of them out",
    ),
    (
        &[("STATIC_EVENT0_NOTIFIER", "Telegram")],
        "STATIC_EVENT0_NOTIFIER",
        "STATIC_EVENTS_ENABLED=0",
    ),
    (
        &[("STATIC_EVENTS_ENABLED", "0,3,5...")],
        "STATIC_EVENTS_ENABLED",
        "`alertik events` lists them",
    ),
    // Services.
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_BOT_TOKEN", UNSET),
            ("TELEGRAM_TOKEN", "1:x"),
        ],
        "TELEGRAM_TOKEN",
        "TELEGRAM_BOT_TOKEN?",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_BOT_TOKEN", "bot1:x"),
        ],
        "TELEGRAM_BOT_TOKEN",
        "it looks like 123456789",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Teams"),
            (
                "TEAMS_WEBHOOK_URL",
                "https://hooks.slack.com/services/T/B/secret",
            ),
        ],
        "TEAMS_WEBHOOK_URL",
        "move it to Slack's",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://h/secret"),
            ("GENERIC1_BODY", r#"{"a":"{{text}}""#),
        ],
        "GENERIC1_BODY",
        "is not JSON",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://[::1]/secret"),
        ],
        "GENERIC1_WEBHOOK_URL",
        "use a name or an IPv4 address",
    ),
    // The machine.
    (&[("TZ", "GMT+2")], "TZ", "write GMT-2"),
    (&[("TZ", "manual")], "TZ", "such as CET-1CEST"),
    (&[("SYSLOG_PORT", "0")], "SYSLOG_PORT", "set it to 5140"),
    (&[("FORWARD_HOST", "log.lan")], "FORWARD_PORT", "is not set"),
];

/// More of the kind.
const MORE: &[Case] = &[
    (
        &[("EVENT1_NOTIFIER", "Console")],
        "ENV_EVENTS",
        "is not read; set it to 2",
    ),
    (
        &[("EVENT00_NOTIFIER", "Console")],
        "EVENT00_NOTIFIER",
        "EVENT0_NOTIFIER?",
    ),
    (
        &[("EVENT0_COOLDOWN", "5")],
        "EVENT0_COOLDOWN",
        "EVENT0_COOLDOWN_SECS?",
    ),
    (
        &[("EVENT0_TOPIC", "system")],
        "EVENT0_TOPIC",
        "EVENT0_TOPICS?",
    ),
    (
        &[("EVENT0_MATCH_STRING", "x")],
        "EVENT0_MATCH_STRING",
        "EVENT0_MATCH_STR?",
    ),
    (
        &[("EVENT64_NOTIFIER", "x")],
        "EVENT64_",
        "the last rule is EVENT63_",
    ),
    (&[("ROUTER", "a@192.0.2.1")], "ROUTER", "ROUTERS?"),
    (
        &[("SYSLGO_ALLOW", "192.0.2.1")],
        "SYSLGO_ALLOW",
        "SYSLOG_ALLOW?",
    ),
    (
        &[("TELEGRAM_CHAT", "1")],
        "TELEGRAM_CHAT",
        "TELEGRAM_CHAT_ID?",
    ),
    (
        &[("DISCORD_URL", "x")],
        "DISCORD_URL",
        "DISCORD_WEBHOOK_URL?",
    ),
    (&[("GENERIC_BODY", "x")], "GENERIC_BODY", "GENERIC1_BODY?"),
    (&[("TLS_CAFILE", "x")], "TLS_CAFILE", "TLS_CA_FILE?"),
    (&[("LOG_MAXBYTES", "x")], "LOG_MAXBYTES", "LOG_MAX_BYTES?"),
    (
        &[("STATIC_EVENT1_NOTIFIER", "x")],
        "STATIC_EVENT1_NOTIFIER",
        "is not used",
    ),
    (
        &[("EVENT0_MASK_MSG", "{{text}}")],
        "EVENT0_MASK_MSG",
        "written @{text}",
    ),
    (
        &[("EVENT0_MATCH_STR", r"user (\\d+)")],
        "EVENT0_MATCH_STR",
        "write one",
    ),
    (
        &[("EVENT0_MATCH_STR", "[:alpha:]+ (x)")],
        "EVENT0_MATCH_STR",
        "brackets of its own",
    ),
    (
        &[("EVENT0_MATCH_STR", "user ([a-z")],
        "EVENT0_MATCH_STR",
        "]",
    ),
    (
        &[("EVENT0_MATCH_STR", "*user (.)")],
        "EVENT0_MATCH_STR",
        "put a backslash",
    ),
    (
        &[("EVENT0_NOTIFIER", " , ")],
        "EVENT0_NOTIFIER",
        "nothing between its commas",
    ),
    (
        &[("EVENT0_TOPICS", "System")],
        "EVENT0_TOPICS",
        "an example is system",
    ),
    (
        &[("EVENT0_TOPICS_UNKNOWN", "drop")],
        "EVENT0_TOPICS_UNKNOWN",
        "EVENT0_TOPICS is not set",
    ),
    (
        &[("EVENT0_ROUTERS", "10.0.0.1/8")],
        "EVENT0_ROUTERS",
        "write 10.0.0.0/8",
    ),
    (
        &[("ROUTERS", "office:192.0.2.1")],
        "ROUTERS",
        "such as office@192.0.2.1",
    ),
    (
        &[("NOTIFY_ROUTER", "yes")],
        "NOTIFY_ROUTER",
        "allowed are auto, always, never",
    ),
    (
        &[("SYSLOG_ALLOW", "router.lan")],
        "SYSLOG_ALLOW",
        "write one like 192.0.2.1",
    ),
    (&[("SYSLOG_ADDR", "localhost")], "SYSLOG_ADDR", "0.0.0.0"),
    (
        &[("SYSLOG_PORT", "514/udp")],
        "SYSLOG_PORT",
        "from 0 to 65535",
    ),
    (
        &[("SYSLOG_TCP_PORT", "0")],
        "SYSLOG_TCP_PORT",
        "set it to 5140",
    ),
    (&[("LOG_MAX_BYTES", "1M")], "LOG_MAX_BYTES", "whole number"),
    (&[("TZ", "UTC-3")], "TZ", "write UTC+3"),
    (&[("TZ", " CET-1")], "TZ", "such as CET-1CEST"),
    (
        &[("TLS_CA_FILE", "/nonexistent")],
        "TLS_CA_FILE",
        "cannot be read",
    ),
    (&[("STOP_SECS", "0")], "STOP_SECS", "from 1 to 60"),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://h/secret"),
            ("GENERIC1_BODY", r#"{"a":{{text}}}"#),
        ],
        "GENERIC1_BODY",
        "text needs quotes",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            ("SLACK_WEBHOOK_URL", "hooks.slack.com/services/secret"),
        ],
        "SLACK_WEBHOOK_URL",
        "begin with https://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "https://discord.com/api/webhooks/1/secret",
            ),
        ],
        "SLACK_WEBHOOK_URL",
        "move it to Discord's",
    ),
    (&[("EVENT0_NOTIFIER", "Mail")], "MAIL_SERVER", "smtps://"),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtp://198.51.100.25:587"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "noc@example.org"),
        ],
        "MAIL_SERVER",
        "use smtps:// or smtp+starttls://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail.example.org:587"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "noc@example.org"),
        ],
        "MAIL_SERVER",
        "usually for smtp+starttls://",
    ),
    (&[("MAIL_HOST", "x")], "MAIL_HOST", "is not known"),
];

/// What people also write: swapped values, units, what was copied along, and the habits of
/// other programs.
const AS_PEOPLE_WRITE: &[Case] = &[
    // What is copied along.
    (
        &[("EVENT0_MATCH_STR", "“user (x)”")],
        "EVENT0_MATCH_STR",
        "typographic quote",
    ),
    (
        &[("EVENT0_MASK_MSG", "„hit @1“")],
        "EVENT0_MASK_MSG",
        "typographic quote",
    ),
    (
        &[("EVENT0_NOTIFIER", "‘Console’")],
        "EVENT0_NOTIFIER",
        "typographic quote",
    ),
    (
        &[("EVENT0_MATCH_STR", "user\u{a0}(x)")],
        "EVENT0_MATCH_STR",
        "invisible character at byte 4",
    ),
    (
        &[("EVENT0_MATCH_STR", "\u{feff}user (x)")],
        "EVENT0_MATCH_STR",
        "invisible character at byte 0",
    ),
    (
        &[("EVENT0_TOPICS", "system\u{200b}")],
        "EVENT0_TOPICS",
        "invisible character at byte 6",
    ),
    (
        &[("EVENT0_EXCEPT_STR", "admin\r\nroot")],
        "EVENT0_EXCEPT_STR",
        "Unix line ends",
    ),
    (
        &[("EVENT0_COOLDOWN_SECS", "１０")],
        "EVENT0_COOLDOWN_SECS",
        "whole number",
    ),
    (
        &[("SYSLOG_PORT", "５１４０")],
        "SYSLOG_PORT",
        "whole number",
    ),
    (
        &[("export LOG_LEVEL", "info")],
        "export LOG_LEVEL",
        "mean LOG_LEVEL?",
    ),
    (
        &[("ALERTIK_TELEGRAM_SILENT", "1")],
        "ALERTIK_TELEGRAM_SILENT",
        "mean TELEGRAM_SILENT?",
    ),
    // Telegram.
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_BOT_TOKEN", "-100123"),
            ("TELEGRAM_CHAT_ID", "123456789:AA-secret"),
        ],
        "TELEGRAM_BOT_TOKEN",
        "it looks like 123456789",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_CHAT_ID", "1001234567890"),
        ],
        "TELEGRAM_CHAT_ID",
        "write -1001234567890",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_CHAT_ID", "123456789"),
        ],
        "TELEGRAM_CHAT_ID",
        "no bot can write to",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_CHAT_ID", "@alarm_Bot"),
        ],
        "TELEGRAM_CHAT_ID",
        "no bot can write to",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_CHAT_ID", "–100123"),
        ],
        "TELEGRAM_CHAT_ID",
        "like 123456 or -100123456",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_CHAT_ID", "channel"),
        ],
        "TELEGRAM_CHAT_ID",
        "or @name",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_CHAT_ID", "https://t.me/channel"),
        ],
        "TELEGRAM_CHAT_ID",
        "or @name",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_BOT_TOKEN", "<token>"),
        ],
        "TELEGRAM_BOT_TOKEN",
        "it looks like 123456789",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_API_URL", "https://api.telegram.org/bot1:secret"),
        ],
        "TELEGRAM_API_URL",
        "leave out everything from /bot on",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Telegram"),
            ("TELEGRAM_THREAD_ID", "-7"),
        ],
        "TELEGRAM_THREAD_ID",
        "digits only",
    ),
    (
        &[("EVENT0_NOTIFIER", "Telegram"), ("TELEGRAM_SILENT", "on")],
        "TELEGRAM_SILENT",
        "allowed are 0",
    ),
    (
        &[("EVENT0_NOTIFIER", "Telegram"), ("TELEGRAM_TITLE", "x")],
        "TELEGRAM_TITLE",
        "is not known",
    ),
    // Webhooks.
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "http://hooks.slack.com/services/T/B/secret",
            ),
        ],
        "SLACK_WEBHOOK_URL",
        "write https://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            ("SLACK_WEBHOOK_URL", "https://hooks.slack.com"),
        ],
        "SLACK_WEBHOOK_URL",
        "copy it again",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Discord"),
            ("DISCORD_WEBHOOK_URL", "https://discord.com/channels/1/2"),
        ],
        "DISCORD_WEBHOOK_URL",
        "copy it again",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Discord"),
            ("DISCORD_WEBHOOK_URL", "https://discord.gg/secret"),
        ],
        "DISCORD_WEBHOOK_URL",
        "copy it again",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            ("SLACK_WEBHOOK_URL", "https://h/secret,https://g/secret"),
        ],
        "SLACK_WEBHOOK_URL",
        "second URL",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            ("SLACK_WEBHOOK_URL", "htps://h/secret"),
        ],
        "SLACK_WEBHOOK_URL",
        "begin with https://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            ("SLACK_WEBHOOK_URL", "<https://h/secret>"),
        ],
        "SLACK_WEBHOOK_URL",
        "at byte 0",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            ("SLACK_WEBHOOK_URL", "xoxb-secret"),
        ],
        "SLACK_WEBHOOK_URL",
        "begin with https://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "https://hooks.slack.com/services/T/B/secret",
            ),
            ("SLACK_TITLE", "{text}"),
        ],
        "SLACK_TITLE",
        "write {{text}}",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "https://hooks.slack.com/services/T/B/secret",
            ),
            ("SLACK_TITLE", "@{router}: x"),
        ],
        "SLACK_TITLE",
        "write {{router}}",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "https://hooks.slack.com/services/T/B/secret",
            ),
            ("SLACK_TITLE", "{{txt}}"),
        ],
        "SLACK_TITLE",
        "there are {{text}}",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "https://hooks.slack.com/services/T/B/secret",
            ),
            ("SLACK_MIN_INTERVAL_MS", "5"),
        ],
        "SLACK_MIN_INTERVAL_MS",
        "write 5000 for 5 s",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Slack"),
            (
                "SLACK_WEBHOOK_URL",
                "https://hooks.slack.com/services/T/B/secret",
            ),
            ("SLACK_MIN_INTERVAL_MS", "1s"),
        ],
        "SLACK_MIN_INTERVAL_MS",
        "whole number",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Discord"),
            (
                "DISCORD_WEBHOOK_URL",
                "https://discord.com/api/webhooks/1/secret",
            ),
            ("DISCORD_FORMAT", "slack"),
            ("DISCORD_TITLE", "x"),
        ],
        "DISCORD_TITLE",
        "needs DISCORD_FORMAT=discord",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "http://h:443/secret"),
        ],
        "GENERIC1_WEBHOOK_URL",
        "usually for https://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://h/secret"),
            ("GENERIC1_BODY", "{\"a\":\"{text}\"}"),
        ],
        "GENERIC1_BODY",
        "write {{text}}",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://h/secret"),
            ("GENERIC1_METHOD", "GET"),
            ("GENERIC1_BODY", "{{text}}"),
        ],
        "GENERIC1_BODY",
        "use POST",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://h/secret"),
            ("GENERIC1_HEADERS", "Authorization=Bearer secret"),
        ],
        "GENERIC1_HEADERS",
        "write Name: value",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Generic1"),
            ("GENERIC1_WEBHOOK_URL", "https://h/secret"),
            ("GENERIC1_CONTENT_TYPE", "json"),
        ],
        "GENERIC1_CONTENT_TYPE",
        "like application/json",
    ),
    // Mails.
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "mail.example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "noc@example.org"),
        ],
        "MAIL_SERVER",
        "must begin with smtps://",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "noc@example.org"),
        ],
        "MAIL_SERVER",
        "a blank is %20",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail.example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "noc@example.org"),
            ("MAIL_FROM", "alertik"),
        ],
        "MAIL_FROM",
        "name@example.org",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail.example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "a@b.org; c@d.org"),
        ],
        "MAIL_TO",
        "name@example.org",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail.example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "mailto:a@b.org"),
        ],
        "MAIL_TO",
        "name@example.org",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail.example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", ""),
            ("MAIL_TO", "noc@example.org"),
        ],
        "MAIL_PASSWORD",
        "belong together",
    ),
    (
        &[
            ("EVENT0_NOTIFIER", "Mail"),
            ("MAIL_SERVER", "smtps://mail.example.org"),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "noc@example.org"),
            ("MAIL_SUBJECT", "{rule}"),
        ],
        "MAIL_SUBJECT",
        "write {{rule}}",
    ),
    // Rules.
    (
        &[("EVENT0_COOLDOWN_SECS", "604801")],
        "EVENT0_COOLDOWN_SECS",
        "from 0 to 604800",
    ),
    (
        &[("EVENT0_THRESHOLD", "5")],
        "EVENT0_THRESHOLD",
        "an example is 5/60",
    ),
    (
        &[("EVENT0_THRESHOLD", "5/1m")],
        "EVENT0_THRESHOLD",
        "an example is 5/60",
    ),
    (
        &[("EVENT0_THRESHOLD", "1/60")],
        "EVENT0_THRESHOLD",
        "every match notifies",
    ),
    (
        &[("EVENT0_DISTINCT", "@1:1/60")],
        "EVENT0_DISTINCT",
        "every match notifies",
    ),
    (
        &[("EVENT0_DISTINCT", "1:5/60")],
        "EVENT0_DISTINCT",
        "write @1",
    ),
    (
        &[("EVENT0_AFTER", "EVENT1:3/600")],
        "EVENT0_AFTER",
        "an example is 1:3/600",
    ),
    (&[("EVENT0_UNLESS", "9")], "EVENT0_UNLESS", "names EVENT9"),
    (
        &[("EVENT0_RECOVERY_STR", "user ([a-z]+)")],
        "EVENT0_RECOVERY_STR",
        "the line that ends it",
    ),
    (
        &[("EVENT0_EXCEPT_STR", "user ([a-z]+)")],
        "EVENT0_EXCEPT_STR",
        "never matches",
    ),
    (
        &[("EVENT0_TOPICS", "system,!system")],
        "EVENT0_TOPICS",
        "leave one of them out",
    ),
    (
        &[("EVENT0_TOPICS", "system;error")],
        "EVENT0_TOPICS",
        "an example is system",
    ),
    (
        &[("EVENT0_ROUTERS", "a;b")],
        "EVENT0_ROUTERS",
        "separated by commas",
    ),
    (
        &[("EVENT0_QUIET", "10pm-7am")],
        "EVENT0_QUIET",
        "such as 22:00-07:00",
    ),
    (
        &[("EVENT0_QUIET", "22:00–07:00")],
        "EVENT0_QUIET",
        "such as 22:00-07:00",
    ),
    (&[("EVENT0_DIGEST", "1h")], "EVENT0_DIGEST", "such as 07:00"),
    (
        &[("EVENT0_PRIORITY", "5")],
        "EVENT0_PRIORITY",
        "allowed are lowest",
    ),
    (
        &[("EVENT0_MASK_MSG", "user %1")],
        "EVENT0_MASK_MSG",
        "a group is written @1",
    ),
    (
        &[("EVENT0_MASK_MSG", "user ${1}")],
        "EVENT0_MASK_MSG",
        "a group is written @1",
    ),
    (
        &[
            ("EVENT0_MATCH_TYPE", "substr"),
            ("EVENT0_MATCH_STR", "*login*"),
            ("EVENT0_MASK_MSG", "x"),
        ],
        "EVENT0_MATCH_STR",
        "set the match type to regex",
    ),
    (
        &[
            ("EVENT0_MATCH_TYPE", "substr"),
            ("EVENT0_MATCH_STR", "^login"),
            ("EVENT0_MASK_MSG", "x"),
        ],
        "EVENT0_MATCH_STR",
        "set the match type to regex",
    ),
    (
        &[
            ("EVENT0_MATCH_TYPE", "user ([a-z]+)"),
            ("EVENT0_MATCH_STR", "regex"),
        ],
        "EVENT0_MATCH_TYPE",
        "allowed are substr, regex",
    ),
    (
        &[("STATIC_NOTIFIER", "Console")],
        "STATIC_NOTIFIER",
        "STATIC_EVENTS_ENABLED=pack",
    ),
    (
        &[("STATIC_EVENTS_ENABLED", "all")],
        "STATIC_EVENTS_ENABLED",
        "nor pack",
    ),
    // Routers and the machine.
    (
        &[("ROUTERS", "a@192.0.2.1, b@192.0.2.1")],
        "ROUTERS",
        "is a and b",
    ),
    (
        &[("ROUTERS", "a@192.0.2.1/24")],
        "ROUTERS",
        "write 192.0.2.0/24",
    ),
    (
        &[("ROUTERS", "192.0.2.1@office")],
        "ROUTERS",
        "such as office@192.0.2.1",
    ),
    (
        &[("SYSLOG_ALLOW", "192.168.88.1/24")],
        "SYSLOG_ALLOW",
        "write 192.168.88.0/24",
    ),
    (
        &[("SYSLOG_ALLOW", "192.0.2.1 192.0.2.2")],
        "SYSLOG_ALLOW",
        "write one like 192.0.2.1",
    ),
    (
        &[("SYSLOG_ADDR", "0.0.0.0:514")],
        "SYSLOG_ADDR",
        "is not an IP address",
    ),
    (&[("SILENCE_SECS", "5m")], "SILENCE_SECS", "whole number"),
    (
        &[("FORWARD_HOST", "log.lan:514"), ("FORWARD_PORT", "514")],
        "FORWARD_HOST",
        "the port is FORWARD_PORT's",
    ),
    (
        &[("FORWARD_HOST", "udp://log.lan"), ("FORWARD_PORT", "514")],
        "FORWARD_HOST",
        "is not a host name",
    ),
    (
        &[("FORWARD_HOST", "300.1.1.1"), ("FORWARD_PORT", "514")],
        "FORWARD_HOST",
        "is not a host name",
    ),
    (
        &[("METRICS_ADDR", "127.0.0.1")],
        "METRICS_ADDR",
        "such as 127.0.0.1:9479",
    ),
    (
        &[("METRICS_ADDR", ":9479")],
        "METRICS_ADDR",
        "such as 127.0.0.1:9479",
    ),
    (
        &[("METRICS_ADDR", "0.0.0.0:0")],
        "METRICS_ADDR",
        "take 9479",
    ),
    (
        &[("HEARTBEAT_URL", "hc-ping.com/secret")],
        "HEARTBEAT_URL",
        "begin with https://",
    ),
    (
        &[
            ("SPOOL_FILE", "/nonexistent/a"),
            ("LOG_FILE", "/nonexistent/a"),
        ],
        "SPOOL_FILE",
        "same file as LOG_FILE",
    ),
    (
        &[("HTTP_TIMEOUT_SECS", "15000")],
        "HTTP_TIMEOUT_SECS",
        "from 1 to 300",
    ),
    (&[("TZ", "Europe/Berln")], "TZ", "such as CET-1CEST"),
    (&[("TZ", "CET+1")], "TZ", "write CET-1"),
    (
        &[("TZ", "EET2EEST,M3.5.0/3,M10.5.0/4")],
        "TZ",
        "write EET-2",
    ),
    (&[("TZ", "EST-5EDT,M3.2.0,M11.1.0")], "TZ", "write EST+5"),
    (&[("TZ", "UTC+02:00")], "TZ", "write UTC-02:00"),
    (
        &[("TZ", "CET-1CEST")],
        "TZ",
        "when summer time begins and ends",
    ),
];

/// A daemon that may start or not.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the first line on standard error. A daemon that starts in silence would
/// print none, so the log, which is on standard output, has to end the wait.
fn first_line(variables: &[(&str, &str)]) -> String {
    let errors = std::env::temp_dir().join(format!(
        "alertik-mistake-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let file = std::fs::File::create(&errors).expect("a file");
    let child = alertik(variables)
        .stdout(Stdio::null())
        .stderr(Stdio::from(file))
        .spawn()
        .expect("the binary runs");
    let mut started = Started(child);
    let deadline = std::time::Instant::now() + PATIENCE;
    // Everything is printed in one write, before the first socket.
    let text = loop {
        let has_ended = started.0.try_wait().expect("a child").is_some();
        let text = std::fs::read_to_string(&errors).expect("readable");
        if has_ended || !text.is_empty() {
            break text;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "silence: {variables:?}"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    };
    let _ = std::fs::remove_file(errors);
    text.lines().next().unwrap_or_default().to_owned()
}

/// Lays a mistake on the correct configuration and expects its message first.
fn check((wrong, variable, remedy): &Case) {
    let mut variables = console("regex", "user ([a-z]+)", "@1", &RIGHT);
    // Port 0 is one of the mistakes.
    let port = free_port();
    variables.push(("SYSLOG_PORT", &port));
    for (name, value) in *wrong {
        variables.retain(|(other, _)| other != name);
        if *value != UNSET {
            variables.push((name, value));
        }
    }
    let line = first_line(&variables);
    let begins = ["warning", "error"]
        .into_iter()
        .any(|kind| line.starts_with(&format!("alertik: {kind}: {variable}: ")));
    assert!(begins && line.contains(remedy), "{wrong:?}:\n{line}");
    assert!(!line.contains("secret"), "{line}");
}

/// None of the configurations that were tried starts in silence.
#[test]
fn those_of_the_review() {
    assert_eq!(OF_THE_REVIEW.len(), 57);
    OF_THE_REVIEW.iter().for_each(check);
}

/// Nor do others that were not.
#[test]
fn more_of_them() {
    assert!(MORE.len() >= 30);
    MORE.iter().for_each(check);
}

/// Nor does what else people write.
#[test]
fn as_people_write() {
    AS_PEOPLE_WRITE.iter().for_each(check);
}

/// What looks like a mistake of these and is none is taken without a word.
#[test]
fn these_are_no_mistakes() {
    for right in [
        &[("EVENT0_MASK_MSG", "don’t “@1” 100%")][..],
        &[("EVENT0_MASK_MSG", "👨\u{200d}👩 @1")],
        &[
            ("TELEGRAM_CHAT_ID", "1001234567"),
            ("EVENT0_NOTIFIER", "Telegram"),
        ],
        &[
            ("TELEGRAM_CHAT_ID", "@robotics"),
            ("EVENT0_NOTIFIER", "Telegram"),
        ],
        &[("TZ", "EST5EDT,M3.2.0,M11.1.0")],
        &[("TZ", "CST-8")],
        &[("ROUTERS", "a@192.0.2.1, a@192.0.2.2, b@192.0.2.0/24")],
        &[("FORWARD_HOST", "log_1.lan"), ("FORWARD_PORT", "514")],
        &[("FORWARD_HOST", "2001:db8::1"), ("FORWARD_PORT", "514")],
        &[
            ("EVENT0_THRESHOLD", "2/60"),
            ("EVENT0_EXCEPT_STR", "user (admin)"),
        ],
    ] {
        let mut variables = console("regex", "user ([a-z]+)", "@1", &RIGHT);
        variables.push(("SYSLOG_PORT", "5140"));
        variables.retain(|(name, _)| right.iter().all(|(other, _)| other != name));
        variables.extend_from_slice(right);
        let output = alertik(&variables)
            .args(["check", "--only-variables"])
            .output();
        let text = String::from_utf8(output.expect("the binary runs").stdout).expect("UTF-8");
        assert!(text.starts_with("Rules, in the order"), "{right:?}: {text}");
    }
}

/// What is right is taken without a word, whatever blanks and case it has.
#[test]
fn blanks_and_case_are_no_mistakes() {
    let variables = [
        ("ENV_EVENTS", " 1 "),
        ("EVENT0_NOTIFIER", " telegram ,CONSOLE, "),
        ("EVENT0_MATCH_TYPE", " Regex "),
        ("EVENT0_MATCH_STR", "user ([a-z]+)"),
        ("EVENT0_MASK_MSG", "@1 pays $5 to a@@b.c"),
        ("TELEGRAM_BOT_TOKEN", " 12:x\n"),
        ("TELEGRAM_CHAT_ID", " 1 "),
        ("TELEGRAM_SILENT", "YES"),
        ("LOG_LEVEL", "INFO"),
        ("STATIC_EVENTS_ENABLED", "0, "),
        ("STATIC_EVENT0_NOTIFIER", "console"),
        ("SYSLOG_ALLOW", " 192.0.2.1 , "),
        ("SYSLOG_PORT", " 5140 "),
        ("TZ", "<+02>-2"),
        ("http_proxy", "http://proxy"),
    ];
    let output = alertik(&variables)
        .args(["check", "--only-variables"])
        .output();
    let output = output.expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("Rules, in the order"), "{text}");
    assert!(text.contains("    to        Telegram, Console"), "{text}");
    assert!(text.contains("now, UTC+02:00, TZ=<+02>-2"), "{text}");
}
