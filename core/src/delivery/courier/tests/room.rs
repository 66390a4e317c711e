//! How much goes into one message, and what it must have in common.

use super::*;

/// A storm arrives whole and in order, each message within the limit.
#[test]
fn a_storm_is_split_at_the_limit() {
    let utf16 = |text: &str| text.encode_utf16().count();
    let scalars = |text: &str| text.chars().count();
    for (form, limit, count) in [
        (Form::Discord(None), UTF16_MAX, utf16 as fn(&str) -> usize),
        (Form::Generic(Box::new(Generic::TEXT)), MERGE_MAX, scalars),
    ] {
        let mut s = Scenario::new(Pacing::NONE);
        s.form = form;
        let lines: Vec<String> = (0..200)
            .map(|n| std::format!("line {n} 😀 of a storm"))
            .collect();
        for (number, line) in lines.iter().enumerate() {
            s.push(number as u32, line);
        }
        let mut received = Vec::new();
        while s.step() == Step::Send {
            let body = s.begin();
            s.finish(SENT);
            let (_, text) = body.split_once(":\"").unwrap();
            let (text, _) = text.split_once("\"").unwrap();
            let text = text.replace("\\n", "\n");
            assert!(count(&text) <= limit);
            received.extend(text.lines().map(ToString::to_string));
        }
        assert_eq!(received, lines);
        assert!(s.courier.counts().messages <= 5, "{:?}", s.courier.counts());
    }
}

/// A request that names a field once holds notifications that have it in common, and
/// those may differ in all the others.
#[test]
fn merging_what_has_a_field_in_common() {
    let fields = ["rule", "source", "time", "topics", "severity"];
    for (index, field) in fields.into_iter().enumerate() {
        let mut s = Scenario::new(Pacing::NONE);
        let header = std::format!("{{{{{field}}}}}");
        let header = header.leak();
        s.form = Form::Generic(Box::new(Generic {
            headers: std::vec![(
                "X-Field",
                Template::parse(header, Encoding::Header).unwrap()
            )],
            ..Generic::TEXT
        }));
        for (ticket, other) in [(1, 0), (2, 1), (3, 2), (4, 2)] {
            // The first two differ in all fields but this one, the third one in it.
            let differs = |field| {
                u8::from(if field == index {
                    other == 2
                } else {
                    other == 1
                })
            };
            let mut buffer = TextBuffer::new();
            buffer.push_log(if differs(3) == 1 { b"dhcp" } else { b"ppp," });
            let topics = Label::beginning_of(buffer.as_text());
            buffer.clear();
            buffer.push_log(ticket.to_string().as_bytes());
            let mut at = s.at();
            at.unix_secs += i64::from(differs(2));
            let head = NoticeHead {
                rule: RuleName::Environment(differs(0)),
                notifiers: NotifierSet::EMPTY,
                at,
                source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, differs(1))),
                ticket: Ticket(ticket),
                about: About {
                    topics,
                    severity: Some(Severity::from_priority(differs(4))),
                    ..About::NOTHING
                },
                name_bytes: 0,
                time_bytes: 0,
            };
            s.courier.push(s.now, &head, buffer.as_text(), &mut |_| {});
        }
        assert_eq!([s.send(), s.send()], ["1\n2", "3\n4"], "{field}");
    }
}

/// Limits to the unit: at the limit whole, above it cut and marked.
#[test]
fn limits() {
    let telegram = Form::Telegram(Telegram {
        chat_id: "@x",
        thread_id: None,
        silent: false,
        protected: false,
        parse_mode: ParseMode::Plain,
    });
    for (form, key, unit, limit, c) in [
        (telegram.clone(), "\"text\":\"", 1, SCALARS_MAX, "x"),
        (Form::Discord(None), "\"content\":\"", 2, UTF16_MAX, "😀"),
        (Form::Discord(None), "\"content\":\"", 1, UTF16_MAX, "x"),
    ] {
        for (length, whole) in [
            (limit / unit - 1, true),
            (limit / unit, true),
            (limit / unit + 1, false),
        ] {
            let mut s = Scenario::new(Pacing::NONE);
            s.form = form.clone();
            s.push(1, &c.repeat(length));
            let body = s.begin();
            let text = body.split_once(key).unwrap().1.split_once('"').unwrap().0;
            let used: usize = text.chars().count() * if c == "😀" { 2 } else { 1 };
            assert!(used <= limit + 1, "{used}");
            assert_eq!(text.ends_with('…'), !whole, "{length}");
            assert_eq!(text.trim_end_matches('…').replace(c, ""), "");
            if whole {
                assert_eq!(text.chars().count(), length);
            }
        }
    }
    // Telegram counts scalars: these two fit together, in UTF-16 they would not.
    let mut s = Scenario::new(Pacing::NONE);
    s.form = telegram;
    s.push(1, &"😀".repeat(2_000));
    s.push(2, &"😀".repeat(2_000));
    s.begin();
    assert_eq!(s.finish(SENT), 2);
}

/// As many lines go at once as a write to a pipe is whole for, or as a card has room for,
/// and not one less. Each line of ours is known as ours.
#[test]
fn lines_up_to_the_limit() {
    for (form, limit, around) in [
        (Form::Console, 4_096, "alertik: notice: \n".len()),
        (
            Form::Teams(None),
            28_000,
            r#"{"type":"TextBlock","wrap":true,"text":""},"#.len(),
        ),
    ] {
        for length in [1, 7, 40, 100, 333] {
            let mut s = Scenario::new(Pacing::NONE);
            s.form = form.clone();
            let most = OUTBOX_BYTES / (length + 72);
            for ticket in 0..most as u32 {
                s.push(ticket, &"Q".repeat(length));
            }
            let body = s.begin();
            assert!(body.len() <= limit, "{}", body.len());
            if !matches!(form, Form::Console) {
                let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
                assert_eq!(json["type"], "message");
            }
            let sent = body.matches(&"Q".repeat(length)).count();
            if sent < most {
                assert!(
                    body.len() + around + length > limit,
                    "{length}: {}",
                    body.len()
                );
            }
            s.finish(SENT);
            assert_eq!(s.courier.counts().sent, sent as u64);
        }
    }
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Console;
    s.push(1, "one");
    s.push(2, "two");
    assert_eq!(s.begin(), "alertik: notice: one\nalertik: notice: two\n");
}

/// Requests that hold the text more than once, in a URL as well or beside other fields,
/// take as many notifications as the place with the most room for text.
#[test]
fn places_for_the_text() {
    let template = |source| Template::parse(source, Encoding::Json).unwrap();
    for (url, body) in [
        (Some("https://192.0.2.1/?q={{text|url}}"), "{{text:1000}}"),
        (None, "{{topics:5}} {{text:1000}}"),
    ] {
        let mut s = Scenario::new(Pacing::NONE);
        s.form = Form::Generic(Box::new(Generic {
            url: url.map(template),
            body: Some(template(body)),
            ..Generic::TEXT
        }));
        for ticket in 1..=5 {
            s.push(ticket, "text");
        }
        let body = s.begin();
        assert_eq!(body.matches("text").count(), 5, "{body}");
    }
}

/// A text that is too long for a body is cut, so that the body is whole; and it has all
/// the room that the frame and the longest title leave.
#[test]
fn a_text_longer_than_a_body() {
    let title = Template::parse("{{text}}", Encoding::Raw).unwrap();
    let title: &Template<'_> = Box::leak(Box::new(title));
    let body_with = |form: &Form<'static>, fill: usize| {
        let mut s = Scenario::new(Pacing::NONE);
        s.form = form.clone();
        let mut buffer = TextBuffer::new();
        // A title of these is the longest. Of the others each takes six bytes, so that
        // one of several lengths in front of them fills the body.
        buffer.push_mask(&"😀".repeat(256));
        buffer.push_mask(&"x".repeat(fill));
        buffer.push_mask(&"\u{1}".repeat(6_000));
        let head = NoticeHead {
            rule: RuleName::Environment(1),
            notifiers: NotifierSet::EMPTY,
            at: s.at(),
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ticket: Ticket(1),
            about: About::NOTHING,
            name_bytes: 0,
            time_bytes: 0,
        };
        s.courier.push(s.now, &head, buffer.as_text(), &mut |_| {});
        s.begin()
    };
    // A title's mark has three bytes, one less than its room. A card counts a comma after
    // each line. Slack gets the text twice, so that an odd byte is left.
    for (form, longest) in [
        (Form::Teams(None), 28_000 - 1),
        (Form::Teams(Some(title)), 28_000 - 2),
        (Form::Slack(None), BODY_BYTES_MAX),
        (Form::Slack(Some(title)), BODY_BYTES_MAX - 2),
    ] {
        let bodies: Vec<_> = (0..6).map(|fill| body_with(&form, fill)).collect();
        for body in &bodies {
            let json: Result<serde_json::Value, _> = serde_json::from_str(body);
            assert!(json.is_ok(), "{body}");
        }
        assert_eq!(bodies.iter().map(String::len).max(), Some(longest));
    }
}
