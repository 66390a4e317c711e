//! Delivery through the public interface: bodies of every service for every
//! byte and for real log lines, and no allocation on the way.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{IpAddr, Ipv6Addr};

use alertik_core::delivery::{
    Courier, CourierSettings, Doubt, Encoding, FixedStr, Form, Generic, Loss, LossCause, Mail,
    Merging, Pacing, ParseMode, Step, Telegram, Template, Verdict,
};
use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::limits::{
    BODY_BYTES_MAX, HEAD_BYTES_MAX, HEAD_TEMPLATE_BYTES_MAX, NOTICE_BYTES_MAX, OUTBOX_BYTES,
};
use alertik_core::rules::{About, NoticeHead, Priority};
use alertik_core::syslog::Severity;
use alertik_core::text::{Label, TextBuffer};
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
        merging: Merging::Routers,
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
        Form::Slack(_) => text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
        Form::DiscordAsSlack if text.contains('\u{200b}') => {
            shown(&Form::Discord(None), &text.replace('\u{200b}', ""))
        }
        Form::Discord(_) | Form::DiscordAsSlack | Form::Teams(_) => {
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
        Form::Slack(Some(_)) => {
            // A phone shows the same.
            assert_eq!(json["text"], json["blocks"][1]["text"]["text"]);
            &json["text"]
        }
        Form::Discord(None) => &json["content"],
        Form::Discord(Some(_)) => &json["embeds"][0]["description"],
        Form::Teams(title) => {
            &json["attachments"][0]["content"]["body"][usize::from(title.is_some())]["text"]
        }
        Form::Generic(generic) if generic.body.is_some() => &json["a"],
        _ => &json["text"],
    };
    shown(form, text.as_str().expect("a text"))
}

/// Returns the title as it is in the body, if it has one.
fn title_of<'j>(form: &Form<'_>, json: &'j Value) -> Option<&'j str> {
    let title = match form {
        Form::Slack(Some(_)) => &json["blocks"][0]["text"]["text"],
        Form::Discord(Some(_)) => &json["embeds"][0]["title"],
        Form::Teams(Some(_)) => &json["attachments"][0]["content"]["body"][0]["text"],
        _ => return None,
    };
    Some(title.as_str().expect("a title"))
}

/// The forms that can have a title, with this one.
fn titled(source: &'static str) -> [Form<'static>; 3] {
    let title = Template::parse(source, Encoding::Raw).expect("a title");
    let title: &_ = Box::leak(Box::new(title));
    [
        Form::Slack(Some(title)),
        Form::Teams(Some(title)),
        Form::Discord(Some(title)),
    ]
}

fn forms() -> [Form<'static>; 10] {
    let [slack, teams, discord] = titled("T \"{{text:60}}\" {{text|url}} {{router:9}}");
    [
        Form::Telegram(TELEGRAM),
        Form::Slack(None),
        Form::Teams(None),
        Form::Discord(None),
        Form::DiscordAsSlack,
        Form::Generic(Box::new(Generic::TEXT)),
        Form::Generic(Box::new(generic())),
        slack,
        teams,
        discord,
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
            if let Form::Discord(title) = &form {
                assert_eq!(json["allowed_mentions"]["parse"], Value::Array(Vec::new()));
                // An embed of ours must not be suppressed.
                let flags = if title.is_some() { None } else { Some(4) };
                assert_eq!(json["flags"].as_u64(), flags);
            }
        }
    }
}

/// What a title may have of a message's text: it is one line, keeps what the user wrote, and
/// says what the line says, without a meaning for the service. It fits in any case.
#[test]
fn titles_of_services() {
    let mut texts = hostile_texts();
    texts.extend(corpus());
    texts.push(vec![b'*'; NOTICE_BYTES_MAX]);
    texts.push("😀".repeat(1_000).into_bytes());
    for form in titled("*T* \\ \"{{ text:60 | json }}\" {{source}}|") {
        for text in &texts {
            let expected = one_line(&String::from_utf8_lossy(text));
            let body = render(&form, "a\n<b>: ", text);
            let json: Value =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            let title = title_of(&form, &json).expect("a title");
            let inside = title
                .strip_prefix("*T* \\ \"a <b>: ")
                .and_then(|title| title.strip_suffix("\" ::1|"));
            let inside = inside.unwrap_or_else(|| panic!("{title}"));
            assert!(inside.chars().count() <= 60 - 7, "{title}");
            let read = shown(&form, inside);
            match read.strip_suffix('…') {
                Some(beginning) => {
                    assert!(
                        text.len() > 20 && expected.starts_with(beginning),
                        "{title}"
                    );
                    // An escape of five characters is not torn apart.
                    assert!(inside.encode_utf16().count() >= 60 - 7 - 5, "{title}");
                }
                None => assert_eq!(read, expected, "{body}"),
            }
        }
    }
    // The longest that there can be, in the limit of each service.
    let long = "x{{text}}{{text:2}}{{text}}{{router}}";
    for (form, most) in titled(long).iter().zip([150, 256, 256]) {
        for text in ["x", "\"", "😀", "*", "&"] {
            let text = text.repeat(NOTICE_BYTES_MAX / text.len());
            let body = render(form, "", text.as_bytes());
            let json: Value = serde_json::from_str(&body).expect("JSON");
            let title = title_of(form, &json).expect("a title");
            let units = match form {
                Form::Discord(_) => title.encode_utf16().count(),
                _ => title.chars().count(),
            };
            assert!((most - 5..=most).contains(&units), "{units}: {title}");
            // Once it is cut, nothing follows.
            assert!(title.ends_with('…'), "{title}");
            assert_eq!(title.matches('…').count(), 1, "{title}");
        }
    }
}

/// A title is never empty, which a service would refuse the message for; each of its
/// placeholders has a limit of its own; and its request is for one rule if it names that.
#[test]
fn titles_of_services_are_whole() {
    for (source, expected) in [
        ("{{topics}}", "alertik"),
        ("{{topics}} {{severity}}", " alertik"),
        (
            "{{text:3}}|{{text:5}}|{{text:6}}|{{text:2}}",
            "on…|one:…|one: x|o…",
        ),
        ("{{rule}}", "EVENT5"),
    ] {
        for form in titled(source) {
            let mask = if source.contains("text") { "one: " } else { "" };
            let json: Value = serde_json::from_str(&render(&form, mask, b"x")).expect("JSON");
            assert_eq!(title_of(&form, &json), Some(expected), "{source}");
        }
    }
    for (source, count) in [("{{rule}}: {{text}}", 2), ("{{router}}: {{text}}", 1)] {
        for form in titled(source) {
            let mut courier = courier();
            for number in [5, 6] {
                let mut text = TextBuffer::new();
                text.push_mask(if number == 5 { "one" } else { "two" });
                let rule = RuleName::Environment(number);
                let head = NoticeHead { rule, ..HEAD };
                courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
            }
            let bodies = drain(&mut courier, &form);
            assert_eq!(bodies.len(), count, "{bodies:?}");
            let json: Value = serde_json::from_str(&bodies[0]).expect("JSON");
            // Of several notifications it has the first one.
            assert!(title_of(&form, &json).expect("a title").ends_with(": one"));
        }
    }
}

/// Decodes base64, whose line ends do not count.
fn decoded(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut word) = (Vec::new(), 0, 0_u32);
    for digit in text.chars().filter_map(|c| ALPHABET.find(c)) {
        word = word << 6 | digit as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Takes a mail apart, after checking that it is lines of printable ASCII that no server
/// cuts or takes for something else. Returns its subject and its text.
fn read_mail(mail: &str) -> (String, String) {
    for line in mail.split_inclusive('\n') {
        let line = line.strip_suffix("\r\n").expect("CR and LF");
        assert!(line.len() <= 250 && !line.starts_with('.'), "{mail}");
        assert!(line.bytes().all(|b| matches!(b, b' '..=b'~')), "{mail}");
    }
    let (fields, text) = mail.split_once("\r\n\r\n").expect("a text");
    let names = fields.split("\r\n").filter(|line| !line.starts_with(' '));
    let names: Vec<_> = names.filter_map(|line| line.split_once(':')).collect();
    let expected = [
        "From",
        "To",
        "Message-ID",
        "Date",
        "Subject",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    let are_as_expected = names.iter().map(|(name, _)| *name).eq(expected);
    assert!(are_as_expected, "{mail}");
    let (_, subject) = fields.split_once("Subject:").expect("a subject");
    let (subject, _) = subject.split_once("\r\nAuto-").expect("the next field");
    let mut whole = String::new();
    for word in subject.split("\r\n") {
        let word = word.strip_prefix(' ').expect("a blank");
        match word.strip_prefix("=?UTF-8?B?") {
            Some(word) => {
                assert!(word.len() + 10 <= 75, "{mail}");
                whole += &decoded(word.strip_suffix("?=").expect("an end"));
            }
            None => whole += word,
        }
    }
    (whole, decoded(text).replace("\r\n", "\n"))
}

fn mail_account() -> Mail<'static> {
    Mail {
        name: None,
        login: None,
        from: "alertik@example.org",
        to: vec!["noc@example.org", "boss@example.org"],
        subject: Template::parse("{{text}}", Encoding::Raw).expect("a template"),
    }
}

/// A mail holds the text as it was, whatever that is, and its subject the beginning.
#[test]
fn mails_have_the_text_intact() {
    let account = mail_account();
    let form = Form::Mail(&account, HEAD.at);
    let mut texts = hostile_texts();
    texts.extend(corpus());
    texts.push(vec![0xF0; NOTICE_BYTES_MAX]);
    for text in &texts {
        let expected = one_line(&String::from_utf8_lossy(text));
        let (subject, body) = read_mail(&render(&form, "é: ", text));
        let body = body.strip_suffix('\n').expect("a last line");
        match body.strip_suffix('…') {
            Some(beginning) if text.len() > 2_000 => {
                assert!(["é: ", &expected].concat().starts_with(beginning));
            }
            _ => assert_eq!(body, ["é: ", &expected].concat()),
        }
        match subject.strip_suffix('…') {
            Some(beginning) if body.chars().count() > 100 => {
                assert_eq!(beginning.chars().count(), 99);
                assert!(body.starts_with(beginning), "{subject}");
            }
            _ => assert_eq!(subject, body),
        }
    }
}

/// A mail that is repeated because it may have arrived is the same to the byte, whatever
/// the clock shows by then; another one has another id.
#[test]
fn a_repeated_mail_is_the_same() {
    let account = mail_account();
    let mut courier = courier();
    let mut text = TextBuffer::new();
    text.push_mask("line one\nline two");
    push(&mut courier, Instant::ZERO, &text);
    let mut render = |millis, verdict| {
        let now = Instant::from_millis(millis);
        let at = Wall {
            unix_secs: HEAD.at.unix_secs + (millis / 1_000) as i64,
            ..HEAD.at
        };
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        courier.begin(now, &Form::Mail(&account, at), &mut body);
        courier.finish(now, verdict, at, &mut |_| {});
        body.as_str().to_owned()
    };
    let first = render(1_000, Verdict::Retry(Doubt::Unanswered));
    let again = render(100_000, Verdict::Retry(Doubt::None));
    assert_eq!(first, again);
    assert!(first.contains("\r\nSubject: line one\r\n"), "{first}");
    assert!(
        first.contains("\r\nDate: Sun, 22 Nov 2026 09:00:01 -0100\r\n"),
        "{first}"
    );
    let id = |mail: &str| {
        let rest = mail.split_once("Message-ID: <").expect("an id").1;
        rest.split_once("@example.org>")
            .expect("its end")
            .0
            .to_owned()
    };
    assert_eq!(render(200_000, SENT), first);
    push_again(&mut courier, &account, &id(&first), id);
}

/// Notifications that piled up are lines of one mail, whose subject is the first of them
/// and says how many more there are. A subject that names the rule is for one rule's.
#[test]
fn a_mail_of_several() {
    for (subject, mails) in [("{{text}}", 1), ("{{rule}}: {{text}}", 2)] {
        let account = Mail {
            subject: Template::parse(subject, Encoding::Raw).expect("a template"),
            ..mail_account()
        };
        let mut courier = courier();
        for (number, mask) in [(5, "one"), (6, "t\rwo")] {
            let mut text = TextBuffer::new();
            text.push_mask(mask);
            let rule = RuleName::Environment(number);
            let head = NoticeHead { rule, ..HEAD };
            courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
        }
        let bodies = drain(&mut courier, &Form::Mail(&account, HEAD.at));
        assert_eq!(bodies.len(), mails, "{bodies:?}");
        if mails == 1 {
            assert_eq!(read_mail(&bodies[0]).0, "one (+1)");
            let (_, text) = bodies[0].split_once("\r\n\r\n").expect("a text");
            assert_eq!(decoded(text), "one\r\ntwo\r\n");
        } else {
            let subjects: Vec<_> = bodies.iter().map(|body| read_mail(body).0).collect();
            assert_eq!(subjects, ["EVENT5: one", "EVENT6: t\rwo"]);
        }
    }
}

/// The next mail has an id of its own; and one made while the clock was not set has no
/// date, which the server then adds.
fn push_again(
    courier: &mut Courier,
    account: &Mail<'_>,
    before: &str,
    id: impl Fn(&str) -> String,
) {
    let mut text = TextBuffer::new();
    text.push_mask("another");
    let now = Instant::from_millis(300_000);
    push(courier, now, &text);
    let mut bytes = vec![0; BODY_BYTES_MAX];
    let mut body = FixedStr::new(&mut bytes);
    courier.begin(now, &Form::Mail(account, Wall::default()), &mut body);
    assert_ne!(id(body.as_str()), before);
    assert!(!body.as_str().contains("Date:"), "{}", body.as_str());
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
            assert!(!matches!(form, Form::Teams(_)) || body.len() <= 28_000);
        }
    }
}

/// Short notifications that piled up fill a card of Teams to its limit, of which each has
/// its block and a comma.
#[test]
fn a_full_card() {
    let mut courier = courier();
    let mut text = TextBuffer::new();
    for number in 0..900 {
        text.clear();
        text.push_mask(&format!("{number:03}"));
        push(&mut courier, Instant::ZERO, &text);
    }
    let mut bytes = vec![0; BODY_BYTES_MAX];
    let mut body = FixedStr::new(&mut bytes);
    courier.begin(Instant::ZERO, &Form::Teams(None), &mut body);
    assert!((27_900..=28_000).contains(&body.len()), "{}", body.len());
    assert!(serde_json::from_str::<Value>(body.as_str()).is_ok());
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
    let account = mail_account();
    let more = [Form::Console, Form::Mail(&account, HEAD.at)];
    for form in forms().into_iter().chain(more) {
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

/// A notification of a router, as the engine makes it: its name stands in front.
fn of_router(name: &str, topics: &str, text: &mut TextBuffer) -> NoticeHead {
    let mut label = |content: &str| {
        text.clear();
        text.push_log(content.as_bytes());
        Label::beginning_of(text.as_text())
    };
    let (router, topics) = (label(name), label(topics));
    text.clear();
    text.push_mask("[");
    text.push_text(router.as_text());
    text.push_mask("] ");
    let name_bytes = text.as_text().as_bytes().len() as u8;
    text.push_mask("ether1 is down, at: ");
    text.push_tail(format_args!("{}", HEAD.at));
    NoticeHead {
        about: About {
            router,
            topics,
            severity: Some(Severity::Error),
            priority: Priority::High,
        },
        name_bytes,
        time_bytes: 19,
        ..HEAD
    }
}

/// Sends all there is, and returns the bodies.
fn drain(courier: &mut Courier, form: &Form<'_>) -> Vec<String> {
    let mut bodies = Vec::new();
    while courier.step(Instant::ZERO, false, &mut |_| {}) == Step::Send {
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        courier.begin(Instant::ZERO, form, &mut body);
        assert!(!body.is_overfull());
        bodies.push(body.as_str().to_owned());
        courier.finish(Instant::ZERO, SENT, HEAD.at, &mut |_| {});
    }
    bodies
}

/// Five thousand routers that say the same, by IPv6 address or by a name that every markup
/// escapes, arrive in few messages to each service. Each is named, and nothing is cut.
#[test]
fn a_fleet_is_named_in_few_messages() {
    let addresses = |number| format!("2001:db8:1111:2222:3333:4444:5555:{number:x}");
    let names = |number| format!("<pop>_{number}");
    let all: [&dyn Fn(usize) -> String; 2] = [&addresses, &names];
    for (name, of_form) in all
        .into_iter()
        .flat_map(|name| (0..10).map(move |of| (name, of)))
    {
        let form = forms()[of_form].clone();
        let mut courier = Courier::new(&CourierSettings {
            pacing: Pacing::NONE,
            max_age_millis: 3_600_000,
            outbox_bytes: OUTBOX_BYTES,
            merging: Merging::Routers,
            seed: 7,
        });
        let mut text = TextBuffer::new();
        for number in 0..5_000 {
            let head = of_router(&name(number), "interface,error", &mut text);
            courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {
                panic!("lost")
            });
        }
        let bodies = drain(&mut courier, &form);
        assert_eq!(courier.counts().sent, 5_000);
        // The form with a limit of 2,048 bytes in its URL, and Discord's 2,000, need most.
        assert!(bodies.len() <= 310, "{form:?}: {}", bodies.len());
        let mut shown_names = Vec::new();
        for body in &bodies {
            let json: Value = serde_json::from_str(body).expect("JSON");
            let lines = match &form {
                Form::Teams(title) => {
                    let blocks = json["attachments"][0]["content"]["body"].as_array();
                    let blocks = blocks.expect("blocks").iter();
                    let blocks = blocks.skip(usize::from(title.is_some()));
                    let texts = blocks.map(|block| block["text"].as_str().expect("a text"));
                    texts.map(|text| shown(&form, text)).collect()
                }
                _ => vec![text_of(&form, &json)],
            };
            for line in lines.iter().flat_map(|text| text.lines()) {
                let (names, rest) = line[1..].split_once("] ").expect("names");
                assert_eq!(rest, "ether1 is down, at: 2026-11-22 09:00:00");
                shown_names.extend(names.split(", ").map(str::to_owned));
            }
        }
        let expected: Vec<_> = (0..5_000).map(name).collect();
        assert_eq!(shown_names, expected, "{form:?}");
    }
}

/// Returns a webhook with a body, and a courier that fits it.
fn with_body(body: &'static str) -> (Form<'static>, Courier) {
    let form = Form::Generic(Box::new(Generic {
        body: Some(Template::parse(body, Encoding::Json).expect("a template")),
        ..Generic::TEXT
    }));
    let merging = form.merging();
    let settings = CourierSettings {
        pacing: Pacing::NONE,
        max_age_millis: 3_600_000,
        outbox_bytes: OUTBOX_BYTES,
        merging,
        seed: 7,
    };
    (form, Courier::new(&settings))
}

/// `{{router}}` names each router of the request once. What a request names once is the
/// same for all that is in it: rule, sender, time, topics and severity.
#[test]
fn facts_in_requests() {
    let drained = |form: &Form<'_>, mut courier: Courier, said: &[(&str, &str, u8)]| {
        let mut text = TextBuffer::new();
        for (router, topics, address) in said {
            let mut head = of_router(router, topics, &mut text);
            head.source = IpAddr::from([192, 0, 2, *address]);
            courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
        }
        drain(&mut courier, form)
    };
    let requests = |body, said: &[_]| {
        let (form, courier) = with_body(body);
        drained(&form, courier, said)
    };
    let said = [
        ("a\"b", "system,error", 1),
        ("c", "system,error", 2),
        ("c", "system,error", 2),
        ("d", "script,error", 2),
    ];
    let at = "at: 2026-11-22 09:00:00";
    assert_eq!(
        requests(r#"{"r":"{{router}}","t":"{{text}}"}"#, &said),
        [format!(
            r#"{{"r":"a\"b, c, d","t":"[a\"b, c] ether1 is down, {at}\n[c] ether1 is down, {at}\n[d] ether1 is down, {at}"}}"#
        )]
    );
    assert_eq!(
        requests(r#"{"{{topics}}":"{{router}} {{severity|raw}}"}"#, &said),
        [
            r#"{"system,error":"a\"b, c error"}"#,
            r#"{"script,error":"d error"}"#
        ]
    );
    // One that names the sender never names it for another's line.
    assert_eq!(
        requests(r#"{"{{source}}":"{{ router | url }} {{rule}}"}"#, &said),
        [
            r#"{"192.0.2.1":"a%22b EVENT5"}"#,
            r#"{"192.0.2.2":"c%2C%20d EVENT5"}"#,
        ]
    );
    // A list that is longer than its limit is cut and marked.
    let titles = requests(r#"{"r":"{{router:4}}","t":"{{text}}"}"#, &said);
    assert!(titles[0].starts_with(r#"{"r":"a\"b…","t":"#), "{titles:?}");
    for form in titled("{{router}}") {
        let bodies = drained(&form, courier(), &said);
        let json: Value = serde_json::from_str(&bodies[0]).expect("JSON");
        assert_eq!(title_of(&form, &json), Some("a\"b, c, d"));
    }
}

/// A title's text and placeholders are encoded as their place demands, log text in them
/// included, and it has no title of its own.
#[test]
fn titles() {
    let title = Template::parse(r#"a"b {{router}}: {{text:4|url}}"#, Encoding::Raw).unwrap();
    let parse = |body, default| Template::parse_with(body, default, Some(&title)).unwrap();
    let (_, mut courier) = with_body("");
    let form = Form::Generic(Box::new(Generic {
        body: Some(parse(
            r#"{"t":"{{title}}","u":"{{ title | url }}"}"#,
            Encoding::Json,
        )),
        headers: vec![("T", parse("{{title}}", Encoding::Header))],
        ..Generic::TEXT
    }));
    let mut text = TextBuffer::new();
    let head = of_router("x\"\ny", "", &mut text);
    courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
    let expected = r#"{"t":"a\"b x\" y: [x\"…","u":"a%22b%20x%22%20y%3A%20%5Bx%22%E2%80%A6"}"#;
    assert_eq!(drain(&mut courier, &form), [expected]);
    assert!(Template::parse("{{title}}", Encoding::Raw).is_err());
    let long = "{{title}}".repeat(11);
    assert!(Template::parse_with(&long, Encoding::Raw, Some(&title)).is_err());
}

/// A priority is a word, or a number on the scale of a service, which needs no quotes in
/// JSON; a request holds notifications of one priority only if it names that.
#[test]
fn priorities() {
    let requests = |body| {
        let (form, mut courier) = with_body(body);
        let mut text = TextBuffer::new();
        for number in [0, 1, 2, 3, 4, 4] {
            let mut head = of_router("a", "", &mut text);
            head.about.priority = Priority::from_number(number);
            courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
        }
        drain(&mut courier, &form)
    };
    for (scale, values) in [
        (
            r#"["{{priority}}"]"#,
            [
                r#"["lowest"]"#,
                r#"["low"]"#,
                r#"["normal"]"#,
                r#"["high"]"#,
                r#"["highest"]"#,
            ],
        ),
        ("[{{priority:ntfy}}]", ["[1]", "[2]", "[3]", "[4]", "[5]"]),
        (
            "[{{ priority : gotify }}]",
            ["[0]", "[2]", "[5]", "[8]", "[10]"],
        ),
        (
            "[{{priority:pushover|url}}]",
            ["[-2]", "[-1]", "[0]", "[1]", "[2]"],
        ),
    ] {
        assert_eq!(requests(scale), values, "{scale}");
    }
    assert_eq!(requests("[]").len(), 1);
    for wrong in [
        "{{priority:5}}",
        "{{priority:}}",
        "{{severity:ntfy}}",
        "{{priority:NTFY}}",
    ] {
        assert!(Template::parse(wrong, Encoding::Raw).is_err(), "{wrong}");
    }
}

/// A message of alertik's own has its name for a router, no topics, and is a warning.
#[test]
fn facts_of_a_loss() {
    let (form, mut courier) =
        with_body("{\"{{router}}\":\"{{topics}},{{severity}},{{priority:ntfy}}\"}");
    let mut text = TextBuffer::new();
    let head = of_router("a", "", &mut text);
    courier.push(Instant::ZERO, &head, text.as_text(), &mut |_| {});
    let late = Instant::from_millis(3_600_001);
    assert!(matches!(
        courier.step(late, false, &mut |_| {}),
        Step::Expired(..)
    ));
    assert_eq!(drain(&mut courier, &form), ["{\"alertik\":\",warning,3\"}"]);
}
