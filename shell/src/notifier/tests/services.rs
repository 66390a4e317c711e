//! Each built-in service's request on the wire, and its particular answers.

use std::time::Duration;

use alertik_core::delivery::Hold;
use alertik_core::delivery::Notifier;

use super::support::{Running, Server, answer, logged_lines, read, run};

const TELEGRAM: Notifier = Notifier::Telegram;
const TOKEN: &str = "123456789:AAFm2SecretOfTheBot_x-y";

/// Starts Telegram with a local server.
fn telegram(server: &Server, chat: &str, more: &[(&str, &str)]) -> Running {
    let url = server.url("");
    let mut variables = vec![
        ("TELEGRAM_API_URL", url.as_str()),
        ("TELEGRAM_BOT_TOKEN", TOKEN),
        ("TELEGRAM_CHAT_ID", chat),
    ];
    variables.extend(more);
    run(&[TELEGRAM], &variables)
}

/// Chat ids of every form and Telegram's own variables end up in the request.
#[test]
fn telegram_requests() {
    let on = ",\"disable_notification\":true";
    for (chat, more, expected_chat, expected_options) in [
        ("@channel", &[] as &[_], "@channel", ""),
        ("4711", &[], "4711", ""),
        ("-1001234567890", &[], "-1001234567890", ""),
        (
            "-100123&message_thread_id=7",
            &[],
            "-100123",
            ",\"message_thread_id\":7",
        ),
        (
            "-100123&message_thread_id=7&disable_notification=true&disable_web_page_preview=1",
            &[],
            "-100123",
            &[",\"message_thread_id\":7", on].concat(),
        ),
        (
            "-100123",
            &[("TELEGRAM_THREAD_ID", "9"), ("TELEGRAM_SILENT", "1")],
            "-100123",
            &[",\"message_thread_id\":9", on].concat(),
        ),
        // The id of the general topic must not be sent.
        ("-100123", &[("TELEGRAM_THREAD_ID", "1")], "-100123", ""),
        ("-100123&message_thread_id=1", &[], "-100123", ""),
    ] {
        let server = Server::answering("200 OK", r#"{"ok":true,"result":{}}"#);
        let running = telegram(&server, chat, more);
        running.push(&[TELEGRAM], 1, "<b>up</b> ", b"_*[x](http://y)<");
        let request = server.next();
        assert_eq!(
            request.line,
            format!("POST /bot{TOKEN}/sendMessage HTTP/1.1")
        );
        assert_eq!(
            request.body,
            format!(
                "{{\"chat_id\":\"{expected_chat}\",\"link_preview_options\":{{\"is_disabled\":\
                 true}}{expected_options},\"text\":\"<b>up</b> _*[x](http://y)<\"}}"
            )
        );
    }
}

/// A parse mode applies to the mask only; log text is escaped.
#[test]
fn telegram_parse_modes() {
    for (mode, text) in [
        ("HTML", "<b>up</b> _*[x](http://y)&lt;&amp;"),
        ("Markdown", "<b>up</b> \\\\_\\\\*\\\\[x](http://y)<&"),
    ] {
        let server = Server::answering("200 OK", "");
        let running = telegram(&server, &format!("1&parse_mode={mode}"), &[]);
        running.push(&[TELEGRAM], 1, "<b>up</b> ", b"_*[x](http://y)<&");
        let end = format!(",\"parse_mode\":\"{mode}\",\"text\":\"{text}\"}}");
        let body = server.next().body;
        assert!(body.ends_with(&end), "{body}");
    }
}

/// If a group became a supergroup, this message and later ones go to the new chat at
/// once, and the user learns of it from the message and the log.
#[test]
fn telegram_migration() {
    let server = Server::http(|_, request, stream| {
        if request.body.contains("\"chat_id\":\"-42\"") {
            let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1004242}}"#;
            answer(stream, "400 Bad Request", "", body);
        } else {
            answer(stream, "200 OK", "", "{\"ok\":true}");
        }
    });
    let interval = [("TELEGRAM_MIN_INTERVAL_MS", "0")];
    let running = telegram(&server, "-42", &interval);
    running.push(&[TELEGRAM], 1, "one", b"");
    server.next();
    let body = server.next().body;
    assert!(body.contains("\"chat_id\":\"-1004242\""), "{body}");
    assert!(
        body.contains("set TELEGRAM_CHAT_ID to that.\\none\"}"),
        "{body}"
    );
    running.wait(TELEGRAM, "sent", |status| status.counts.sent == 1);
    running.push(&[TELEGRAM], 2, "two", b"");
    let body = server.next().body;
    assert!(body.starts_with("{\"chat_id\":\"-1004242\"") && body.ends_with("\"two\"}"));
    let log = logged_lines("TELEGRAM_CHAT_ID to -1004242");
    assert_eq!(log.len(), 1);
    assert!(log[0].starts_with("WARN"));
}

/// A flood limit that is only in the body is obeyed; a wrong token is not retried.
#[test]
fn telegram_answers() {
    let server = Server::http(|number, _, stream| match number {
        0 => {
            let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}"#;
            answer(stream, "429 Too Many Requests", "", body);
        }
        _ => answer(stream, "401 Unauthorized", "", "{\"ok\":false}"),
    });
    let running = telegram(&server, "1", &[]);
    running.push(&[TELEGRAM], 1, "x", b"");
    let first = server.next();
    running.wait(TELEGRAM, "asked", |status| status.hold.0 == Hold::Asked);
    let waited = server.next().at - first.at;
    assert!(waited >= Duration::from_millis(990), "{waited:?}");
    let status = running.wait(TELEGRAM, "suspended", |s| s.hold.0 == Hold::Suspended);
    let error = status.last_error.unwrap();
    assert!(
        error.contains("check TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID"),
        "{error}"
    );
    server.expect_none(Duration::from_millis(50));
}

/// Slack: log text is escaped, and the mask may contain mentions. An answer other
/// than "ok" causes a warning.
#[test]
fn slack() {
    let id = Notifier::Slack;
    for (answered, warnings) in [("ok", 0), ("<html>portal</html>", 1)] {
        let server = Server::answering("200 OK", answered);
        let url = server.url("/services/T0/B0/XYZ");
        let running = run(&[id], &[("SLACK_WEBHOOK_URL", &url)]);
        running.push(&[id], 1, "<!here> & ", b"<!channel> & \"x\"");
        assert_eq!(
            server.next().body,
            "{\"text\":\"<!here> & &lt;!channel&gt; &amp; \\\"x\\\"\",\
             \"unfurl_links\":false,\"unfurl_media\":false}"
        );
        running.wait(id, "sent", |status| status.counts.sent == 1);
        let lines = logged_lines(&format!("http://{} took", server.address));
        assert_eq!(lines.len(), warnings);
    }
}

/// A title of Slack, Teams and Discord is where each of them has it; without the variable,
/// or with an empty one, requests are what they are in the other tests.
#[test]
fn titles() {
    let card = "{\"type\":\"message\",\"attachments\":[{\"contentType\":\
         \"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":{\"$schema\":\
         \"http://adaptivecards.io/schemas/adaptive-card.json\",\"type\":\"AdaptiveCard\",\
         \"version\":\"1.2\",\"msteams\":{\"width\":\"full\"},\"body\":[\
         {\"type\":\"TextBlock\",\"weight\":\"Bolder\",\"wrap\":true,\
         \"text\":\"EVENT1: a&b\\\\*\"},{\"type\":\"TextBlock\",\"wrap\":true,\"text\":\"a&b\\\\*\"}]}}]}";
    for (id, name, answered, body) in [
        (
            Notifier::Slack,
            "SLACK",
            "ok",
            "{\"blocks\":[{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"text\":\"EVENT1: a&b*\"}},\
             {\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"a&b*\"}}],\
             \"text\":\"a&b*\",\"unfurl_links\":false,\"unfurl_media\":false}",
        ),
        (Notifier::Teams, "TEAMS", "1", card),
        (
            Notifier::Discord,
            "DISCORD",
            "{}",
            "{\"embeds\":[{\"title\":\"EVENT1: a&b\\\\*\",\"description\":\"a&b\\\\*\"}],\
             \"allowed_mentions\":{\"parse\":[]}}",
        ),
    ] {
        let server = Server::answering("200 OK", answered);
        let [url_name, title] = ["_WEBHOOK_URL", "_TITLE"].map(|end| [name, end].concat());
        let url = server.url("/x");
        let running = run(
            &[id],
            &[(&*url_name, &url), (&*title, " {{rule}}: {{text:5}} ")],
        );
        running.push(&[id], 1, "a&b", b"*");
        assert_eq!(server.next().body, body);
        drop(running);
        let running = run(&[id], &[(&*url_name, &url), (&*title, "")]);
        running.push(&[id], 1, "a&b", b"*");
        let body = server.next().body;
        assert!(!body.contains("EVENT1") && body.contains("a&b"), "{body}");
    }
}

/// Teams: an Adaptive Card with a block for each notification and no Markdown from
/// the log; 202 is success.
#[test]
fn teams() {
    let id = Notifier::Teams;
    let server = Server::answering("202 Accepted", "");
    let url = server.url("/workflows/1/invoke/?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sig=S");
    let running = run(&[id], &[("TEAMS_WEBHOOK_URL", &url)]);
    running.push(&[id], 1, "*up* ", b"[a](http://x) DOMAIN\\admin");
    let request = server.next();
    assert_eq!(
        request.line,
        "POST /workflows/1/invoke/?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sig=S HTTP/1.1"
    );
    assert!(request.body.starts_with(
        "{\"type\":\"message\",\"attachments\":[{\"contentType\":\
         \"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":{"
    ));
    let block = |text: &str| {
        [
            "{\"type\":\"TextBlock\",\"wrap\":true,\"text\":\"",
            text,
            "\"}",
        ]
        .concat()
    };
    let text = "*up* \\\\[a\\\\]\\\\(http://x\\\\) DOMAIN\\\\\\\\admin";
    assert!(
        request
            .body
            .ends_with(&["\"body\":[", &block(text), "]}}]}"].concat())
    );
    running.push(&[id], 2, "two", b"");
    running.push(&[id], 3, "three", b"");
    let blocks = [block("two"), block("three")].join(",");
    let body = server.next().body;
    assert!(
        body.ends_with(&["\"body\":[", &blocks, "]}}]}"].concat()),
        "{body}"
    );
    running.wait(id, "sent", |status| status.counts.sent == 3);
}

/// Discord: requests go to the webhook's native form, whatever the URL looks like.
#[test]
fn discord_urls() {
    let id = Notifier::Discord;
    for (path, format, expected) in [
        (
            "/api/webhooks/1/t",
            "discord",
            "/api/webhooks/1/t?wait=true",
        ),
        (
            "/api/webhooks/1/t/",
            "discord",
            "/api/webhooks/1/t?wait=true",
        ),
        (
            "/api/webhooks/1/t/slack",
            "discord",
            "/api/webhooks/1/t?wait=true",
        ),
        (
            "/api/webhooks/1/t/slack/",
            "discord",
            "/api/webhooks/1/t?wait=true",
        ),
        (
            "/api/webhooks/1/t?thread_id=5&wait=false",
            "discord",
            "/api/webhooks/1/t?wait=true&thread_id=5",
        ),
        (
            "/api/webhooks/1/t/slack?thread_id=5",
            "slack",
            "/api/webhooks/1/t/slack?wait=true&thread_id=5",
        ),
        (
            "/api/webhooks/1/t",
            "slack",
            "/api/webhooks/1/t/slack?wait=true",
        ),
    ] {
        let server = Server::answering("200 OK", "{}");
        let url = server.url(path);
        let variables = [
            ("DISCORD_WEBHOOK_URL", url.as_str()),
            ("DISCORD_FORMAT", format),
        ];
        let running = run(&[id], &variables);
        running.push(&[id], 1, "**up** ", b"@everyone <@1> **x**");
        let request = server.next();
        assert_eq!(request.line, format!("POST {expected} HTTP/1.1"));
        let text = "**up** \\\\@everyone \\\\<\\\\@1\\\\> \\\\*\\\\*x\\\\*\\\\*";
        let body = match format {
            "slack" => {
                let text = text.replace('@', "@\u{200b}");
                format!("{{\"text\":\"{text}\"}}")
            }
            _ => format!(
                "{{\"content\":\"{text}\",\"allowed_mentions\":{{\"parse\":[]}},\"flags\":4}}"
            ),
        };
        assert_eq!(request.body, body);
    }
}

/// Discord's headers set the pace.
#[test]
fn discord_pace() {
    let id = Notifier::Discord;
    let server = Server::http(|_, _, stream| {
        let headers = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset-After: 0.4\r\n";
        answer(stream, "200 OK", headers, "{}");
    });
    let url = server.url("/api/webhooks/1/t");
    let interval = ("DISCORD_MIN_INTERVAL_MS", "0");
    let running = run(&[id], &[("DISCORD_WEBHOOK_URL", &url), interval]);
    running.push(&[id], 1, "one", b"");
    let first = server.next();
    running.wait(id, "sent", |status| status.counts.sent == 1);
    running.push(&[id], 2, "two", b"");
    let waited = server.next().at - first.at;
    assert!(waited >= Duration::from_millis(395), "{waited:?}");
}

/// A header with placeholders stays one line, whatever the log line contains.
#[test]
fn header_injection() {
    let id = Notifier::Generic1;
    let server = Server::answering("200 OK", "");
    let url = server.url("/{{rule}}?t={{text}}");
    let running = run(
        &[id],
        &[
            ("GENERIC1_WEBHOOK_URL", &url),
            (
                "GENERIC1_HEADERS",
                "X-Title: {{text|raw}}|X-Short: {{text:3}}",
            ),
            ("GENERIC1_BODY", "{{text}}"),
        ],
    );
    running.push(&[id], 1, "", b"a\r\nX-Evil: 1\r\n\r\n{{id}} \xff/..?&#");
    let request = server.next();
    let text = "a  X-Evil: 1    {{id}} \u{fffd}/..?&#";
    assert_eq!(request.header("x-title"), Some(text));
    assert_eq!(request.header("x-short"), Some("a …"));
    assert_eq!(request.header("x-evil"), None);
    assert_eq!(
        request.line,
        "POST /EVENT1?t=a%20%20X-Evil%3A%201%20%20%20%20%7B%7Bid%7D%7D%20%EF%BF%BD%2F..%3F%26%23 \
         HTTP/1.1"
    );
    assert_eq!(request.body, text);
}

/// Even raw text in a URL is encoded where it must be, and cannot change the site.
#[test]
fn request_line_injection() {
    let id = Notifier::Generic1;
    let server = Server::answering("200 OK", "");
    let url = server.url("?t={{text|raw}}");
    let running = run(&[id], &[("GENERIC1_WEBHOOK_URL", url.as_str())]);
    running.push(&[id], 1, "", b"@h/ HTTP/1.1\r\nX-Evil: 1\r\n\r\n\xff%41&#x");
    let request = server.next();
    assert_eq!(
        request.line,
        "POST /?t=@h/%20HTTP/1.1%20%20X-Evil:%201%20%20%20%20%EF%BF%BD%41& HTTP/1.1"
    );
    assert_eq!(request.header("x-evil"), None);
    running.wait(id, "sent", |status| status.counts.sent == 1);
}

/// The fields of a form are percent-encoded.
#[test]
fn forms() {
    let id = Notifier::Generic1;
    let server = Server::answering("200 OK", "");
    let running = run(
        &[id],
        &[
            ("GENERIC1_WEBHOOK_URL", &server.url("/")),
            ("GENERIC1_CONTENT_TYPE", "application/x-www-form-urlencoded"),
            ("GENERIC1_BODY", "token=t&message={{text}}"),
        ],
    );
    running.push(&[id], 1, "a&b=", b"\xc3\xa9");
    assert_eq!(server.next().body, "token=t&message=a%26b%3D%C3%A9");
}

/// Notifiers with a mistake in their settings do not start; the tests of the
/// settings cover the texts.
#[test]
fn mistakes_do_not_start() {
    assert!(read(&[TELEGRAM], &[("TELEGRAM_BOT_TOKEN", "x")]).is_err());
}
