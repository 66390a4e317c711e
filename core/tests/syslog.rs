//! The parser against lines as devices sent them.
//!
//! `data/lines.tsv` holds one line each with what it is made of: format, identity,
//! topics, text and the line itself, separated by tabs; what a line lacks is empty.
//! The text of CEF has its escapes.

use alertik_core::syslog::{Format, Line, parse};

const LINES: &str = include_str!("data/lines.tsv");

/// A line with its parts.
struct Annotated {
    format: &'static str,
    identity: &'static str,
    topics: &'static str,
    text: &'static str,
    line: &'static str,
}

fn lines() -> impl Iterator<Item = Annotated> {
    LINES.split_terminator('\n').map(|row| {
        let mut fields = row.splitn(5, '\t');
        let mut next = || fields.next().expect("five fields");
        Annotated {
            format: next(),
            identity: next(),
            topics: next(),
            text: next(),
            line: next(),
        }
    })
}

fn assert_parts(line: &str, identity: &str, topics: &str, text: &str) {
    let parsed = parse(line.as_bytes());
    let identity = (!identity.is_empty()).then_some(identity.as_bytes());
    assert_eq!(parsed.identity, identity, "{line}");
    assert_eq!(parsed.topics.as_bytes(), topics.as_bytes(), "{line}");
    let shown = String::from_utf8_lossy(parsed.text);
    assert_eq!(shown, text, "{line}");
}

/// Every real line is parsed as its annotation says, with and without a line end.
#[test]
fn real_lines() {
    let mut count = 0;
    for row in lines() {
        count += 1;
        assert_eq!(
            parse(row.line.as_bytes()).format.name(),
            row.format,
            "{}",
            row.line
        );
        assert_parts(row.line, row.identity, row.topics, row.text);
        for end in ["\r\n", "\n"] {
            let ended = format!("{}{end}", row.line);
            assert_parts(&ended, row.identity, row.topics, row.text);
        }
    }
    assert!(count > 600, "{count}");
}

/// Each entry gives the same parts in every format that a router can send it in.
#[test]
fn every_entry_in_every_format() {
    for row in lines().filter(|row| row.format == "RouterOS" && row.topics.contains(',')) {
        let (topics, text) = (row.topics, row.text);
        let escaped = text.replace('\\', r"\\").replace('=', r"\=");
        let fields = "dvc=192.0.2.1";
        for time in ["Nov  8 17:06:34", "2025-11-22T21:24:35.265-0500"] {
            assert_parts(&format!("<30>{time} tik {text}"), "tik", "", text);
            assert_parts(
                &format!("<30>{time} tik {topics} {text}"),
                "tik",
                topics,
                text,
            );
            for identity in ["tik", "My Tik"] {
                let cef = format!(
                    "{time} {identity} CEF:0|MikroTik|hAP ax^2|7.25|10|{topics}|Low|\
                     dvchost={identity} {fields} msg={escaped} app=ssh src=192.0.2.2"
                );
                assert_parts(&cef, identity, topics, &escaped);
                let unescaped: Vec<u8> = parse(cef.as_bytes()).text_bytes().collect();
                assert_eq!(unescaped, text.as_bytes());
            }
        }
        let rfc = format!("<30>1 2025-11-22T21:24:35Z tik {topics} - - - {text}");
        assert_parts(&rfc, "tik", topics, text);
        let file = format!("Oct/02/2026 16:49:36 {topics} {text}");
        assert_parts(&file, "", topics, text);
    }
}

/// Every part is a piece of the line, whatever that is.
#[test]
fn parts_of_hostile_lines() {
    // Numbers from a linear generator (Knuth, MMIX), so that each run is the same.
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let pieces = [
        "<30>",
        "<",
        "1 ",
        "Nov  8 17:06:34 ",
        "2025-11-22T21:24:35Z ",
        "CEF:0|",
        "|",
        "MikroTik",
        "system,info ",
        "msg=",
        "dvchost=",
        "\\",
        "=",
        " ",
        "[a b=\"",
        "\"]",
        "- ",
        "%SYS",
        ": ",
        "date=",
        " devname=",
        "\"",
        "\u{FEFF}",
        "\n",
        "\0",
        "16:49:36 ",
        "x",
    ];
    for _ in 0..20_000 {
        let count = random(12);
        let line: String = (0..count).map(|_| pieces[random(pieces.len())]).collect();
        let Line {
            time,
            identity,
            topics,
            text,
            ..
        } = parse(line.as_bytes());
        let range = line.as_bytes().as_ptr_range();
        for part in [time, identity, Some(topics.as_bytes()), Some(text)] {
            let part = part.unwrap_or_default();
            assert!(part.is_empty() || range.contains(&part.as_ptr()), "{line}");
        }
    }
}

/// Without a header and topics the whole is text.
#[test]
fn plain_text() {
    let line = parse(b"anything at all");
    assert_eq!(line.format, Format::Plain);
    assert_eq!(
        (line.priority, line.time, line.identity),
        (None, None, None)
    );
    assert_eq!(line.text, b"anything at all");
}
