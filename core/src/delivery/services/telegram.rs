//! Telegram: `sendMessage` of the Bot API (<https://core.telegram.org/bots/api#sendmessage>).

use core::fmt::Write;

use super::json::{Limit, write_text};
use super::{Facts, FixedStr, Message, Verdict};
use crate::delivery::compose::writer::{Encoding, Markup, Style, TextWriter, Unit};
use crate::delivery::pacing::{Pacing, Rate};
use crate::delivery::verdict::{Answer, number_after};

/// Longest text, in Unicode scalar values (the server's own check counts UTF-8
/// characters).
pub(in crate::delivery) const SCALARS_MAX: usize = 4_096;

pub(super) const FACTS: Facts = Facts {
    name: "Telegram",
    // One message a second in a chat, twenty a minute in a group
    // (<https://core.telegram.org/bots/faq>, "My bot is hitting limits"). Five at
    // once and one every four seconds make at most twenty in any minute; a bucket
    // of twenty that refills every three seconds would let forty pass in its
    // first one.
    pacing: Pacing::new(
        Rate::every(1_000),
        Rate {
            burst: 5,
            interval_millis: 4_000,
        },
    ),
    reads_success: false,
    judge,
};

/// The parameters of `sendMessage` besides the text.
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

impl Telegram<'_> {
    pub(super) fn write(&self, message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
        out.push("{\"chat_id\":\"");
        self.write_chat(message.moved_to, out);
        out.push("\",\"link_preview_options\":{\"is_disabled\":true}");
        if let Some(thread) = self.thread_id {
            let _ = write!(out, ",\"message_thread_id\":{thread}");
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
        write_text(
            message,
            [",\"text\":\"", "\"}"],
            markup,
            Limit::both(Unit::Scalars, SCALARS_MAX),
            out,
        )
    }

    /// Writes the chat's number or name; `moved_to` is the number that Telegram
    /// gave the chat meanwhile.
    fn write_chat(&self, moved_to: Option<i64>, out: &mut FixedStr<'_>) {
        let plain = Style {
            markup: Markup::None,
            encoding: Encoding::Json,
            unit: Unit::Scalars,
        };
        let mut writer = TextWriter::new(out, plain);
        let writer: &mut dyn Write = &mut writer;
        // Writing into a fixed text never fails.
        let _ = match moved_to {
            Some(chat) => write!(writer, "{chat}"),
            None => writer.write_str(self.chat_id),
        };
    }
}

/// A group that became a supergroup has a new number.
fn judge(answer: &Answer<'_>) -> Option<Verdict> {
    match answer.status {
        400 => match number_after(answer.body, "\"migrate_to_chat_id\":") {
            Some(number) if number.whole < 0 => Some(Verdict::Moved(number.whole)),
            _ => None,
        },
        _ => None,
    }
}
