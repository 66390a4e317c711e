//! The body each service wants, written into a fixed buffer.

use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::{Line, Message};
use crate::delivery::compose::template::{LINE_BREAK, Template, Values, write_text};
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, TextWriter, Unit};
use crate::limits::{
    BODY_BYTES_MAX, CONSOLE_WRITE_BYTES, DISCORD_UTF16_MAX, GENERIC_MERGE_MAX, GENERIC_SCALARS_MAX,
    SLACK_CHARS_MAX, TEAMS_BYTES_MAX, TELEGRAM_SCALARS_MAX,
};
use crate::syslog::{OWN_NOTICE, OWN_OUTPUT_PREFIX};

/// How a notifier wants its messages.
#[derive(Clone, Copy, Debug)]
pub enum Form<'a> {
    /// `sendMessage` of Telegram's Bot API.
    Telegram(Telegram<'a>),
    /// A Slack incoming webhook.
    Slack,
    /// A Teams workflow, or an old connector, which took the same envelope.
    Teams,
    /// A Discord webhook.
    Discord,
    /// A Discord webhook whose URL ends in `/slack` and is to stay so.
    DiscordAsSlack,
    /// The body `{"text":"…"}`.
    Text,
    /// A body of the user's own.
    Template(&'a Template<'a>),
    /// Lines on a terminal or in a pipe.
    Console,
}

/// What `sendMessage` needs besides the text.
#[derive(Clone, Copy, Debug)]
pub struct Telegram<'a> {
    /// `@name` or a number.
    pub chat_id: &'a str,
    /// A forum topic.
    pub thread_id: Option<i32>,
    /// Whether the message comes without a sound.
    pub silent: bool,
    /// Whether it cannot be forwarded or saved.
    pub protected: bool,
    /// How Telegram reads the text.
    pub parse_mode: ParseMode,
}

/// How Telegram reads a text. `MarkdownV2` is left out: it refuses any message
/// with an unescaped `-` or `.`, and alertik's own date has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseMode {
    /// As plain text.
    Plain,
    /// As HTML.
    Html,
    /// As legacy Markdown.
    Markdown,
}

impl Form<'_> {
    /// Writes the body of a request for as many of the message's notifications
    /// as fit, and returns how many those are: at least one if there is any.
    /// Where even one does not fit, its text is cut and the cut is marked.
    ///
    /// `moved_to` is the number Telegram gave the chat meanwhile.
    pub(in crate::delivery) fn write(
        &self,
        message: &Message<'_>,
        values: &Values<'_>,
        moved_to: Option<i64>,
        out: &mut FixedStr<'_>,
    ) -> usize {
        match self {
            Self::Telegram(telegram) => telegram.write(message, moved_to, out),
            Self::Slack => json_text(
                message,
                [
                    "{\"text\":\"",
                    "\",\"unfurl_links\":false,\"unfurl_media\":false}",
                ],
                Markup::Slack,
                Limit::both(Unit::Scalars, SLACK_CHARS_MAX),
                out,
            ),
            // SUPPRESS_EMBEDS, and no ping for whatever a log line holds.
            Self::Discord => json_text(
                message,
                [
                    "{\"content\":\"",
                    "\",\"allowed_mentions\":{\"parse\":[]},\"flags\":4}",
                ],
                Markup::Discord,
                Limit::both(Unit::Utf16, DISCORD_UTF16_MAX),
                out,
            ),
            Self::DiscordAsSlack => json_text(
                message,
                ["{\"text\":\"", "\"}"],
                Markup::Discord,
                Limit::both(Unit::Utf16, DISCORD_UTF16_MAX),
                out,
            ),
            Self::Text => json_text(
                message,
                ["{\"text\":\"", "\"}"],
                Markup::None,
                Limit {
                    unit: Unit::Scalars,
                    merge: GENERIC_MERGE_MAX,
                    cut: GENERIC_SCALARS_MAX,
                },
                out,
            ),
            Self::Teams => teams(message, out),
            Self::Template(template) => {
                // The literals are shorter than half the buffer: start-up saw to it.
                let room = BODY_BYTES_MAX / 2;
                let count = template.fitting(message, room, GENERIC_MERGE_MAX);
                let message = message.with_count(count);
                template.expand(&message, values, room, GENERIC_SCALARS_MAX, out);
                count
            }
            Self::Console => console(message, out),
        }
    }
}

/// A text's limits in one unit: where merging stops, and where one
/// notification is cut.
struct Limit {
    unit: Unit,
    merge: usize,
    cut: usize,
}

impl Limit {
    const fn both(unit: Unit, limit: usize) -> Self {
        Self {
            unit,
            merge: limit,
            cut: limit,
        }
    }
}

/// Writes `frame[0] text frame[1]` with the text inside a JSON string.
fn json_text(
    message: &Message<'_>,
    frame: [&str; 2],
    markup: Markup,
    limit: Limit,
    out: &mut FixedStr<'_>,
) -> usize {
    let style = Style {
        markup,
        encoding: Encoding::Json,
        unit: limit.unit,
    };
    out.push(frame[0]);
    let bytes = out.room().saturating_sub(frame[1].len());
    let quota = |units| Size { units, bytes };
    let count = message.fitting(style, quota(limit.merge), LINE_BREAK);
    write_text(&message.with_count(count), style, quota(limit.cut), out);
    out.push(frame[1]);
    count
}

impl Telegram<'_> {
    fn write(&self, message: &Message<'_>, moved_to: Option<i64>, out: &mut FixedStr<'_>) -> usize {
        out.push("{\"chat_id\":\"");
        let plain = Style {
            markup: Markup::None,
            encoding: Encoding::Json,
            unit: Unit::Scalars,
        };
        let mut writer = TextWriter::new(out, plain);
        let writer: &mut dyn core::fmt::Write = &mut writer;
        let _ = match moved_to {
            Some(chat) => write!(writer, "{chat}"),
            None => writer.write_str(self.chat_id),
        };
        out.push("\",\"link_preview_options\":{\"is_disabled\":true}");
        if let Some(thread) = self.thread_id {
            let _ =
                core::fmt::Write::write_fmt(out, format_args!(",\"message_thread_id\":{thread}"));
        }
        if self.silent {
            out.push(",\"disable_notification\":true");
        }
        if self.protected {
            out.push(",\"protect_content\":true");
        }
        let (parse_mode, markup) = match self.parse_mode {
            ParseMode::Plain => ("", Markup::None),
            ParseMode::Html => (",\"parse_mode\":\"HTML\"", Markup::Html),
            ParseMode::Markdown => (",\"parse_mode\":\"Markdown\"", Markup::TelegramMarkdown),
        };
        out.push(parse_mode);
        json_text(
            message,
            [",\"text\":\"", "\"}"],
            markup,
            Limit::both(Unit::Scalars, TELEGRAM_SCALARS_MAX),
            out,
        )
    }
}

/// The Adaptive Card envelope that workflows need (Microsoft, "Post a message
/// using a webhook"). Version 1.2: Teams refuses 1.5.
const CARD: [&str; 2] = [
    "{\"type\":\"message\",\"attachments\":[{\"contentType\":\
     \"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":{\"$schema\":\
     \"http://adaptivecards.io/schemas/adaptive-card.json\",\"type\":\"AdaptiveCard\",\
     \"version\":\"1.2\",\"msteams\":{\"width\":\"full\"},\"body\":[",
    "]}}]}",
];

/// One line of a card. Each is a block of its own, since Markdown in a
/// `TextBlock` takes a single newline for a blank.
const BLOCK: [&str; 2] = ["{\"type\":\"TextBlock\",\"wrap\":true,\"text\":\"", "\"}"];

fn teams(message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
    let style = Style {
        markup: Markup::Teams,
        encoding: Encoding::Json,
        unit: Unit::Scalars,
    };
    let block_bytes = BLOCK[0].len() + BLOCK[1].len() + ",".len();
    let quota = Size {
        units: usize::MAX,
        bytes: TEAMS_BYTES_MAX - CARD[0].len() - CARD[1].len(),
    };
    let per_line = Size {
        units: 0,
        bytes: block_bytes,
    };
    let count = message.fitting(style, quota, per_line);
    let mut left = quota.bytes;
    out.push(CARD[0]);
    for (index, line) in message.with_count(count).lines().enumerate() {
        left = left.saturating_sub(block_bytes);
        if index > 0 {
            out.push(",");
        }
        out.push(BLOCK[0]);
        let size = line.size(style);
        let mut writer = if size.bytes <= left {
            TextWriter::new(out, style)
        } else {
            let bytes = left;
            TextWriter::cutting(out, style, Size { bytes, ..quota })
        };
        line.write(&mut writer);
        left = left.saturating_sub(writer.used().bytes);
        out.push(BLOCK[1]);
    }
    out.push(CARD[1]);
    count
}

fn console(message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
    let style = Style {
        markup: Markup::Terminal,
        encoding: Encoding::Raw,
        unit: Unit::Scalars,
    };
    let quota = Size {
        units: usize::MAX,
        bytes: CONSOLE_WRITE_BYTES,
    };
    // What stands around each line: the prefix and the line end.
    let around = OWN_OUTPUT_PREFIX.len() + OWN_NOTICE.len() + 1;
    let per_line = Size {
        units: 0,
        bytes: around,
    };
    let count = message.fitting(style, quota, per_line);
    for line in message.with_count(count).lines() {
        let quota = Size {
            units: usize::MAX,
            bytes: out.room().saturating_sub(around),
        };
        out.push(OWN_OUTPUT_PREFIX);
        out.push(OWN_NOTICE);
        let mut writer = if line.size(style).fits(quota) {
            TextWriter::new(out, style)
        } else {
            TextWriter::cutting(out, style, quota)
        };
        // A late notification says so elsewhere; a pipe's reader wants the text.
        match line {
            Line::Notice(waiting, _) => writer.text(waiting.text),
            own => own.write(&mut writer),
        }
        out.push("\n");
    }
    count
}
