//! The examples of `docs/notifiers.md`, sent verbatim to a local server.

use alertik_core::delivery::Notifier;
use alertik_core::rules::{About, Priority};

use super::support::{Request, Server, run};

const NOTIFIERS: &str = include_str!("../../../../docs/notifiers.md");
const G1: Notifier = Notifier::Generic1;

/// The request that an example sends for the log text `a"b\` in the mask `down: `.
struct Expected {
    title: &'static str,
    line: &'static str,
    content_type: Option<&'static str>,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

const JSON: Option<&str> = Some("application/json");

/// The expected requests. `ID` stands for the sixteen digits of a message's id.
const EXPECTED: &[Expected] = &[
    Expected {
        title: "ntfy",
        line: "POST /my-secret-topic HTTP/1.1",
        content_type: Some("text/plain; charset=utf-8"),
        headers: &[
            ("title", "Router"),
            ("priority", "4"),
            ("tags", "bell"),
            ("authorization", "Bearer tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"),
        ],
        body: "down: a\"b\\",
    },
    Expected {
        title: "Gotify",
        line: "POST /message HTTP/1.1",
        content_type: JSON,
        headers: &[("x-gotify-key", "AKB2jSbLRWwcbNN")],
        body: r#"{"title":"Router: EVENT1","message":"down: a\"b\\","priority":8}"#,
    },
    Expected {
        title: "Pushover",
        line: "POST /1/messages.json HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"{"token":"azGDORePK8gMaC0QOYAMyEEuzJnyUi","user":"uQiRzpo4DXghDmr9QzzfQu27cmVRsG","title":"Router","message":"down: a\"b\\","priority":1,"retry":60,"expire":3600}"#,
    },
    // apprise_api, README: `body` is required; `type` is info, success, warning or failure.
    Expected {
        title: "Apprise API",
        line: "POST /notify/alertik HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"{"title":"Router","body":"down: a\"b\\","type":"warning"}"#,
    },
    // https://prometheus.io/docs/alerting/latest/alerts_api: an array, with an alertname.
    Expected {
        title: "Alertmanager",
        line: "POST /api/v2/alerts HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"[{"labels":{"alertname":"EVENT1","router":"","instance":"192.168.88.1","severity":"high"},"annotations":{"summary":"down: a\"b\\"}}]"#,
    },
    Expected {
        title: "PagerDuty",
        line: "POST /v2/enqueue HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"{"routing_key":"e93facc04764012d7bfb002500d5d1a6","event_action":"trigger","dedup_key":"ID","payload":{"summary":"down: a\"b\\","source":"192.168.88.1","severity":"warning"}}"#,
    },
    Expected {
        title: "Matrix",
        line: "PUT /_matrix/client/v3/rooms/%21qporfwt:example.org/send/m.room.message/ID HTTP/1.1",
        content_type: JSON,
        headers: &[(
            "authorization",
            "Bearer syt_YWxlcnRpaw_xKqZtTqzHgnCxBRbZVkB_0Ml9kq",
        )],
        body: r#"{"msgtype":"m.text","body":"down: a\"b\\"}"#,
    },
    Expected {
        title: "Mattermost",
        line: "POST /hooks/6fj8kpsgg7rx8x3ek3t6ujxnwc HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"{"text":"down: a\"b\\"}"#,
    },
    Expected {
        title: "Home Assistant",
        line: "POST /api/webhook/alertik-Zm9vYmFy HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"{"text":"down: a\"b\\"}"#,
    },
    Expected {
        title: "Home Assistant",
        line: "POST /api/services/notify/mobile_app_my_phone HTTP/1.1",
        content_type: JSON,
        headers: &[(
            "authorization",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
        )],
        body: r#"{"title":"Router: EVENT1","message":"down: a\"b\\"}"#,
    },
    Expected {
        title: "Signal",
        line: "POST /v2/send HTTP/1.1",
        content_type: JSON,
        headers: &[],
        body: r#"{"message":"down: a\"b\\","number":"+491700000001","recipients":["+491700000002"]}"#,
    },
    // https://docs.emqx.com/en/emqx/latest/admin/api.html, "Publish a message".
    Expected {
        title: "MQTT",
        line: "POST /api/v5/publish HTTP/1.1",
        content_type: JSON,
        headers: &[("authorization", "Basic YXBpa2V5OnNlY3JldA==")],
        body: r#"{"topic":"alertik/EVENT1","qos":1,"retain":false,"payload":"down: a\"b\\"}"#,
    },
    // https://waha.devlike.pro/docs/how-to/send-messages/
    Expected {
        title: "WhatsApp",
        line: "POST /api/sendText HTTP/1.1",
        content_type: JSON,
        headers: &[("x-api-key", "8f4c2d1e9a7b")],
        body: r#"{"session":"default","chatId":"491700000001@c.us","text":"down: a\"b\\"}"#,
    },
    Expected {
        title: "CallMeBot",
        line: "GET /whatsapp.php?phone=491700000001&apikey=123456&text=down%3A%20a%22b%5C HTTP/1.1",
        content_type: None,
        headers: &[],
        body: "",
    },
];

/// Returns the page's examples, each title with its variables.
fn examples() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let (_, section) = NOTIFIERS
        .split_once("<!-- notifier-examples -->")
        .expect("the page has no examples");
    let (section, _) = section
        .split_once("<!-- /notifier-examples -->")
        .expect("the examples have no end");
    let mut examples = Vec::new();
    let mut rest = section;
    while let Some((_, after)) = rest.split_once("\n**") {
        let (title, after) = after.split_once("**").unwrap();
        let (_, block) = after.split_once("```sh\n").unwrap();
        let (block, after) = block.split_once("```").unwrap();
        let variables = block
            .lines()
            .map(|line| {
                let (name, value) = line.split_once('=').unwrap();
                (
                    name,
                    value
                        .strip_prefix('\'')
                        .unwrap()
                        .strip_suffix('\'')
                        .unwrap(),
                )
            })
            .collect();
        examples.push((title, variables));
        rest = after;
    }
    examples
}

/// Sends an example to a local server instead of its service.
fn send(variables: &[(&str, &str)]) -> Request {
    let server = Server::answering("200 OK", "");
    let local: Vec<(&str, String)> = variables
        .iter()
        .map(|&(name, value)| match name {
            "GENERIC1_WEBHOOK_URL" => {
                let (_, rest) = value.split_once("://").unwrap();
                let path = rest.find('/').map_or("", |at| &rest[at..]);
                (name, server.url(path))
            }
            _ => (name, value.to_owned()),
        })
        .collect();
    let local: Vec<(&str, &str)> = local.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let running = run(&[G1], &local);
    let about = About {
        priority: Priority::High,
        ..About::NOTHING
    };
    running.push_about(&[G1], 1, about, "down: ", b"a\"b\\");
    let request = server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
    request
}

/// Every example of the page sends the request that its service documents.
#[test]
fn documented_examples() {
    let examples = examples();
    let titles: Vec<_> = examples.iter().map(|(title, _)| *title).collect();
    let expected: Vec<_> = EXPECTED.iter().map(|expected| expected.title).collect();
    assert_eq!(
        titles, expected,
        "an example without a test, or the reverse"
    );
    for ((title, variables), expected) in examples.iter().zip(EXPECTED) {
        let request = send(variables);
        let (before, after) = expected
            .line
            .split_once("ID")
            .unwrap_or((expected.line, ""));
        assert!(
            request.line.starts_with(before),
            "{title}: {}",
            request.line
        );
        assert!(request.line.ends_with(after), "{title}: {}", request.line);
        assert_eq!(
            request.header("content-type"),
            expected.content_type,
            "{title}"
        );
        for (name, value) in expected.headers {
            assert_eq!(request.header(name), Some(*value), "{title}");
        }
        let (before, after) = expected
            .body
            .split_once("ID")
            .unwrap_or((expected.body, ""));
        assert!(
            request.body.starts_with(before),
            "{title}: {}",
            request.body
        );
        assert!(request.body.ends_with(after), "{title}: {}", request.body);
        let id = if expected.body.contains("ID") { 16 } else { 0 };
        assert_eq!(
            request.body.len(),
            before.len() + id + after.len(),
            "{title}"
        );
    }
}
