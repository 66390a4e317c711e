//! Delivery through the public interface: bodies of every service for every
//! byte and for real log lines, and no allocation on the way.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{IpAddr, Ipv6Addr};

use alertik_core::delivery::{
    Courier, CourierSettings, Doubt, Encoding, FixedStr, Form, Generic, Loss, LossCause, Pacing,
    ParseMode, Step, Telegram, Template, Verdict,
};
use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::limits::{
    BODY_BYTES_MAX, HEAD_BYTES_MAX, HEAD_TEMPLATE_BYTES_MAX, NOTICE_BYTES_MAX, OUTBOX_BYTES,
};
use alertik_core::rules::{About, NoticeHead};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};
use serde_json::Value;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with a count of calls by this thread.
struct Counting;

// SAFETY: every call goes on to the system's allocator unchanged.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's pointer, which is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const TELEGRAM: Telegram<'static> = Telegram {
    chat_id: "-100123",
    thread_id: Some(7),
    silent: true,
    protected: true,
    parse_mode: ParseMode::Plain,
};

const SENT: Verdict = Verdict::Delivered {
    pause_millis: 0,
    odd: false,
};

const TEMPLATE: &str = "{\"a\":\"{{text}}\",\"b\":[\"{{rule}} {{source}} {{time}} {{id}}\",\
    \"{{text:20}}\"],\"c\":\"{{text|url}}\"}";

const URL: &str = "https://h/{{rule}}?t={{text|url}}";

fn courier() -> Courier {
    let settings = CourierSettings {
        pacing: Pacing::NONE,
        max_age_millis: 3_600_000,
        outbox_bytes: OUTBOX_BYTES,
        seed: 7,
    };
    Courier::new(&settings)
}

const HEAD: NoticeHead = NoticeHead {
    rule: RuleName::Environment(5),
    notifiers: NotifierSet::EMPTY,
    at: Wall {
        unix_secs: 1_795_341_600,
        offset_secs: -3_600,
    },
    source: IpAddr::V6(Ipv6Addr::LOCALHOST),
    ticket: Ticket(1),
    about: About::NOTHING,
    name_bytes: 0,
    time_bytes: 0,
};

fn push(courier: &mut Courier, now: Instant, text: &TextBuffer) {
    courier.push(now, &HEAD, text.as_text(), &mut |_| {});
}

/// Renders one notification of a mask and a log part.
fn render(form: &Form<'_>, mask: &str, log: &[u8]) -> String {
    let mut courier = courier();
    let mut text = TextBuffer::new();
    text.push_mask(mask);
    text.push_log(log);
    push(&mut courier, Instant::ZERO, &text);
    let mut bytes = vec![0; BODY_BYTES_MAX];
    let mut body = FixedStr::new(&mut bytes);
    courier.begin(Instant::ZERO, form, &mut body);
    assert!(!body.is_overfull());
    body.as_str().to_owned()
}

/// Undoes what a service undoes when it shows a text.
fn shown(form: &Form<'_>, text: &str) -> String {
    match form {
        Form::Slack => text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
        Form::DiscordAsSlack if text.contains('\u{200b}') => {
            shown(&Form::Discord, &text.replace('\u{200b}', ""))
        }
        Form::Discord | Form::DiscordAsSlack | Form::Teams => {
            let mut out = String::new();
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                // A backslash before punctuation is an escape.
                match (c, chars.clone().next()) {
                    ('\\', Some(next)) if next.is_ascii_punctuation() => out.extend(chars.next()),
                    _ => out.push(c),
                }
            }
            out
        }
        _ => text.to_owned(),
    }
}

fn text_of(form: &Form<'_>, json: &Value) -> String {
    let text = match form {
        Form::Discord => &json["content"],
        Form::Teams => &json["attachments"][0]["content"]["body"][0]["text"],
        Form::Generic(generic) if generic.body.is_some() => &json["a"],
        _ => &json["text"],
    };
    shown(form, text.as_str().expect("a text"))
}

fn forms() -> [Form<'static>; 7] {
    [
        Form::Telegram(TELEGRAM),
        Form::Slack,
        Form::Teams,
        Form::Discord,
        Form::DiscordAsSlack,
        Form::Generic(Box::new(Generic::TEXT)),
        Form::Generic(Box::new(generic())),
    ]
}

/// A webhook with a URL and a body of the user's.
fn generic() -> Generic<'static> {
    Generic {
        url: Some(Template::parse(URL, Encoding::Url).expect("a URL")),
        body: Some(Template::parse(TEMPLATE, Encoding::Json).expect("a template")),
        ..Generic::TEXT
    }
}

/// Returns a log line's text as services get it: without line breaks, control and
/// invisible characters.
fn one_line(text: &str) -> String {
    let visible = |c| match c {
        '\n' | '\r' | '\t' => ' ',
        '\u{2028}' | '\u{2029}' | '\u{ad}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

/// The texts to try: every byte alone and between others, what is no UTF-8, what
/// would break out of a string, and the longest there is.
fn hostile_texts() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    texts.extend((0..=255).map(|byte| vec![b'a', byte, b'b', byte, byte]));
    texts.push((0..=255).collect());
    for text in [
        b"\",\"chat_id\":\"1" as &[u8],
        b"\\",
        b"\\\"",
        b"DOMAIN\\admin",
        b"\xED\xA0\x80 \xF0\x9F\x98 \xC3",
        b"\xE2\x80\xA8\xE2\x80\xA9\xF0\x9F\x98\x80",
        b"{{text}} {{id}} {{nothing}}",
        b"@everyone <@1> <!channel> <http://x|y> [a](http://x) *_~`|>#",
    ] {
        texts.push(text.to_vec());
    }
    for byte in [b'x', b'"', b'&', b'*', 0, 0xFF] {
        texts.push(vec![byte; 1_000]);
    }
    texts
}

/// Real lines of RouterOS.
fn corpus() -> Vec<Vec<u8>> {
    let lines = include_bytes!("data/routeros.log");
    lines.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect()
}

/// Every body parses as JSON and holds the text as it was.
#[test]
fn bodies_are_json_with_the_text_intact() {
    let mut texts = hostile_texts();
    texts.extend(corpus());
    for form in forms() {
        for text in &texts {
            let expected = one_line(&String::from_utf8_lossy(text));
            let body = render(&form, "mask: ", text);
            let json: Value =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            let read = text_of(&form, &json);
            let read = read.strip_prefix("mask: ").expect("the mask");
            match read.strip_suffix('…') {
                // Cut, since some forms need several units for a character.
                Some(beginning) if text.len() >= 1_000 => {
                    assert!(beginning.len() >= 300, "{body}");
                    assert!(
                        expected.starts_with(beginning.trim_end_matches('\\')),
                        "{body}"
                    );
                }
                _ => assert_eq!(read, expected, "{body}"),
            }
            if let Form::Telegram(_) = form {
                assert_eq!(json["chat_id"], "-100123");
                assert_eq!(json["message_thread_id"], 7);
                assert_eq!(json["disable_notification"], true);
                assert_eq!(json["protect_content"], true);
                assert_eq!(json["link_preview_options"]["is_disabled"], true);
            }
            if let Form::Discord = form {
                assert_eq!(json["allowed_mentions"]["parse"], Value::Array(Vec::new()));
                assert_eq!(json["flags"], 4);
            }
        }
    }
}

/// The longest notification there can be, in the worst of characters, still
/// makes a whole body within its service's limit.
#[test]
fn the_longest_notification() {
    for form in forms() {
        for byte in [b'x', b'"', b'&', b'*', b'\n', 0, 0xFF] {
            let body = render(&form, "", &vec![byte; NOTICE_BYTES_MAX]);
            let json: Value =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            assert!(text_of(&form, &json).ends_with('…'));
            assert!(!matches!(form, Form::Teams) || body.len() <= 28_000);
        }
    }
}

/// A URL as long as it may be, full of the longest values there are, keeps its
/// last parameter.
#[test]
fn the_longest_url_is_whole() {
    let values = "{{source}}".repeat(14) + "{{text}}" + &"{{time}}".repeat(15);
    let literal = "x".repeat(HEAD_TEMPLATE_BYTES_MAX - values.len() - "https://h/?z".len());
    let source = format!("https://h/{literal}{values}?z");
    assert_eq!(source.len(), HEAD_TEMPLATE_BYTES_MAX);
    let form = Form::Generic(Box::new(Generic {
        url: Some(Template::parse(&source, Encoding::Url).expect("a URL")),
        ..Generic::TEXT
    }));
    let mut courier = courier();
    let mut text = TextBuffer::new();
    text.push_log(&[b'%'; NOTICE_BYTES_MAX]);
    let head = NoticeHead {
        source: "2001:db8:1111:2222:3333:4444:5555:6666"
            .parse()
            .expect("an address"),
        ..HEAD
    };
    courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
    let mut bytes = vec![0; BODY_BYTES_MAX];
    courier.begin(Instant::ZERO, &form, &mut FixedStr::new(&mut bytes));
    let mut head_bytes = vec![0; HEAD_BYTES_MAX];
    let mut url = FixedStr::new(&mut head_bytes);
    courier.expand(form.url().expect("a URL"), &mut url);
    assert!(!url.is_overfull() && url.as_str().ends_with("?z"));
    assert!(url.len() > HEAD_BYTES_MAX - 1_000, "{}", url.len());
}

/// Placeholders are filled once, each in its encoding, and what they are filled
/// with is not looked at again.
#[test]
fn templates_are_expanded_once() {
    let body = render(&Form::Generic(Box::new(generic())), "", b"{{rule}} \"&");
    let json: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(json["a"], "{{rule}} \"&");
    assert_eq!(json["c"], "%7B%7Brule%7D%7D%20%22%26");
    let line = json["b"][0].as_str().expect("a string");
    assert!(
        line.starts_with("EVENT5 ::1 2026-11-22 09:00:00 00000007"),
        "{line}"
    );
}

/// Real lines through every form: after start-up, nothing allocates.
#[test]
fn nothing_allocates() {
    let mut texts = corpus();
    texts.extend(hostile_texts());
    let mut bytes = vec![0; BODY_BYTES_MAX];
    let mut head_bytes = vec![0; HEAD_BYTES_MAX];
    let mut text = TextBuffer::new();
    let (mut allocations, mut messages) = (0, 0);
    for form in forms().into_iter().chain([Form::Console]) {
        let mut courier = courier();
        let before = ALLOCATIONS.get();
        let mut now = Instant::ZERO;
        for (number, line) in texts.iter().enumerate() {
            now = now.after(250);
            text.clear();
            text.push_mask("mask ");
            text.push_log(line);
            push(&mut courier, now, &text);
            if number % 3 != 0 || courier.step(now, false, &mut |_| {}) != Step::Send {
                continue;
            }
            let mut body = FixedStr::new(&mut bytes);
            courier.begin(now, &form, &mut body);
            let mut head = FixedStr::new(&mut head_bytes);
            if let Some(url) = form.url() {
                courier.expand(url, &mut head);
            }
            assert!(!body.is_overfull() && !head.is_overfull());
            let verdict = match number % 4 {
                0 => Verdict::Retry(Doubt::Failed),
                1 => Verdict::Refused,
                2 => Verdict::Retry(Doubt::Unanswered),
                _ => SENT,
            };
            courier.report_loss(Loss {
                cause: LossCause::Ring,
                count: 1,
                since: Wall::default(),
            });
            courier.finish(now, verdict, Wall::default(), &mut |_| {});
            messages += 1;
        }
        allocations += ALLOCATIONS.get() - before;
    }
    assert_eq!(allocations, 0);
    assert!(messages > 200, "{messages}");
}
