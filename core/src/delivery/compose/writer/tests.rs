//! Tests of the two layers and of cutting.

use std::string::String;

use super::*;
use crate::text::TextBuffer;

const PLAIN: Style = Style {
    markup: Markup::None,
    encoding: Encoding::Raw,
    unit: Unit::Scalars,
};

fn written(style: Style, mask: &str, log: &[u8]) -> String {
    let mut text = TextBuffer::new();
    text.push_mask(mask);
    text.push_log(log);
    let mut bytes = [0; 4_096];
    let mut body = FixedStr::new(&mut bytes);
    let mut writer = TextWriter::new(&mut body, style);
    writer.write_text(text.as_text());
    let used = writer.used();
    let mut measure = TextWriter::measuring(style);
    measure.write_text(text.as_text());
    assert_eq!(measure.used(), used, "measuring and writing disagree");
    assert_eq!(used.bytes, body.len());
    body.as_str().into()
}

fn marked(markup: Markup, mask: &str, log: &str) -> String {
    written(Style { markup, ..PLAIN }, mask, log.as_bytes())
}

/// The mask's markup stays the user's; a log line cannot make any.
#[test]
fn only_log_parts_are_neutralised() {
    let hostile = "<!channel> & <http://x|y> [a](http://x) *b* _c_ ~d~ `e` @everyone \\";
    for (markup, expected) in [
        (Markup::None, hostile.into()),
        (
            Markup::Slack,
            hostile
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;"),
        ),
        (
            Markup::Discord,
            "\\<!channel\\> & \\<http://x\\|y\\> \\[a\\](http://x) \\*b\\* \\_c\\_ \\~d\\~ \
             \\`e\\` \\@everyone \\\\"
                .into(),
        ),
        (
            Markup::Teams,
            "<!channel> & <http://x|y> \\[a\\]\\(http://x\\) \\*b\\* \\_c\\_ ~d~ \\`e\\` \
             @everyone \\\\"
                .into(),
        ),
    ] {
        assert_eq!(
            marked(markup, hostile, hostile),
            hostile.to_owned() + &expected
        );
    }
}

/// A log line begins no second notification, hides nothing and turns nothing around,
/// in any service; the mask's own line breaks stay.
#[test]
fn a_log_line_stays_one_line() {
    let log = "fail\r\nalertik: forged\u{85}a\u{9b}b\u{202e}c\u{200b}d\u{2066}e\u{feff}f\u{2028}";
    for markup in [
        Markup::None,
        Markup::Slack,
        Markup::Discord,
        Markup::DiscordAsSlack,
        Markup::Teams,
        Markup::Html,
        Markup::TelegramMarkdown,
    ] {
        assert_eq!(
            marked(markup, "one\ntwo\u{202e} ", log),
            "one\ntwo\u{202e} fail  alertik: forged\u{fffd}a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}"
        );
    }
    assert_eq!(marked(Markup::Terminal, "", "a\u{202e}b"), "a\u{fffd}b");
}

/// If the request cannot ask Discord to ping nobody, no word after an `@` is a mention.
#[test]
fn no_ping_through_slacks_form() {
    let everyone = marked(Markup::DiscordAsSlack, "@here ", "@everyone");
    assert_eq!(everyone, "@here \\@\u{200b}everyone");
}

/// A terminal sees no control character of a log line: ESC, C1, newline.
#[test]
fn terminal_controls_are_shown() {
    assert_eq!(
        marked(
            Markup::Terminal,
            "\u{1b}[1m",
            "\u{1b}]0;x\u{7}\n\u{9b}2J\u{7f}é"
        ),
        "\u{1b}[1m\\x1b]0;x\\x07\\x0a\\x9b2J\\x7fé"
    );
}

/// Every byte value comes out of a JSON string as the text that went in.
#[test]
fn json_escapes() {
    let json = Style {
        encoding: Encoding::Json,
        ..PLAIN
    };
    assert_eq!(
        written(
            json,
            "a\"b\\c\n\0\x1f\r\t\x7f",
            b"\xff\xc3\xa9\xf0\x9f\x98\x80"
        ),
        "a\\\"b\\\\c\\n\\u0000\\u001f\\u000d\\u0009\x7f\u{fffd}é\u{1f600}"
    );
}

/// Everything but the unreserved characters is percent-encoded.
#[test]
fn url_escapes() {
    let url = Style {
        encoding: Encoding::Url,
        ..PLAIN
    };
    assert_eq!(
        written(url, "aZ09-._~", "é&=?/#% \n\u{1f600}".as_bytes()),
        "aZ09-._~%C3%A9%26%3D%3F%2F%23%25%20%20%F0%9F%98%80"
    );
}

/// No control character gets into a header.
#[test]
fn header_escapes() {
    let header = Style {
        encoding: Encoding::Header,
        ..PLAIN
    };
    assert_eq!(
        written(header, "T: ", b"a\r\nX-Evil: 1\0\x7f\t\xc2\x85b"),
        "T: a  X-Evil: 1\u{fffd}\u{fffd} \u{fffd}b"
    );
}

/// At the limit nothing is cut; one unit above, the cut is marked and on a
/// character border, and an escape is never split.
#[test]
fn cuts_are_marked_and_whole() {
    for (style, text, units, expected) in [
        (PLAIN, "ééééé", 4, "ééé…"),
        (
            Style {
                unit: Unit::Utf16,
                ..PLAIN
            },
            "😀😀😀",
            4,
            "😀…",
        ),
        (
            Style {
                unit: Unit::Utf16,
                ..PLAIN
            },
            "😀😀😀",
            5,
            "😀😀…",
        ),
        (
            Style {
                markup: Markup::Slack,
                ..PLAIN
            },
            "&&&",
            12,
            "&amp;&amp;…",
        ),
        (
            Style {
                markup: Markup::Slack,
                ..PLAIN
            },
            "&&&",
            10,
            "&amp;…",
        ),
        (PLAIN, "abc", 0, "…"),
    ] {
        let mut text_buffer = TextBuffer::new();
        text_buffer.push_log(text.as_bytes());
        let mut bytes = [0; 64];
        let mut body = FixedStr::new(&mut bytes);
        let quota = Size {
            units,
            ..Size::UNLIMITED
        };
        let mut writer = TextWriter::cutting(&mut body, style, quota);
        writer.write_text(text_buffer.as_text());
        writer.write_part(Origin::Mask, "never");
        assert!(units == 0 || writer.used().units <= units);
        assert_eq!(body.as_str(), expected);
    }
}

/// A part with a limit of its own keeps to that, however much room the whole has.
#[test]
fn limits_of_parts() {
    for (units, expected) in [
        (3, "aa…"),
        (4, "aaa…"),
        (5, "aaa……"),
        (6, "aaa…b…"),
        (7, "aaa…bb…"),
        (8, "aaa…bbb…"),
        (9, "aaa…bbbb…"),
    ] {
        let mut bytes = [0; 64];
        let mut body = FixedStr::new(&mut bytes);
        let quota = Size {
            units,
            ..Size::UNLIMITED
        };
        let mut writer = TextWriter::cutting(&mut body, PLAIN, quota);
        writer.write_limited(4, &|writer| writer.write_part(Origin::Mask, "aaaaa"));
        writer.write_part(Origin::Mask, "bbbbbbbb");
        assert_eq!(body.as_str(), expected);
    }
}

/// A mask's own lines are known as ours on a terminal, and counted as they are written.
/// In a header they cannot begin another one.
#[test]
fn lines_of_a_mask() {
    let text = marked(Markup::Terminal, "a\nb\n", "c");
    assert_eq!(text, "a\nalertik: notice: b\nalertik: notice: c");
    let style = Style {
        markup: Markup::Terminal,
        ..PLAIN
    };
    for c in ['\n', 'a', 'é'] {
        let alone = written(style, &c.to_string(), b"").len();
        assert_eq!(size_of(style, c).bytes, alone, "{c:?}");
    }
    let header = Style {
        encoding: Encoding::Header,
        ..PLAIN
    };
    assert_eq!(written(header, "a\r\nX: b\u{1}", b""), "a  X: b ");
}
