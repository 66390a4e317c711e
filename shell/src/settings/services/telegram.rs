//! Telegram: `TELEGRAM_BOT_TOKEN`, `TELEGRAM_CHAT_ID` and what goes with them.

use std::fmt;

use alertik_core::bytes::find;
use alertik_core::delivery::{Form, ParseMode, Telegram};

use super::Endpoint;
use super::reader::{Reader, keep};
use crate::log::Escaped;
use crate::settings::Env;

/// See [`super::address_variables`].
pub(super) const ADDRESS: &[&str] = &["_BOT_TOKEN", "_CHAT_ID"];

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Endpoint> {
    let token = reader.required("_BOT_TOKEN", "the token that @BotFather gave you");
    let chat = reader.required("_CHAT_ID", "a chat's number or a channel's @name");
    let base = match reader.optional("_API_URL") {
        Some(text) => reader.url("_API_URL", text),
        None => reader.url("_API_URL", "https://api.telegram.org"),
    };
    if base
        .as_ref()
        .is_some_and(|base| find(base.path().as_bytes(), b"/bot").is_some())
    {
        reader.problem(
            "_API_URL",
            format_args!("has a bot's token; leave out everything from /bot on"),
        );
    }
    let thread = reader.thread_id();
    let silent = reader.flag("_SILENT");
    let token = token.filter(|token| reader.check_token(token));
    let mut form = chat.and_then(|chat| reader.chat(chat))?;
    reader.check_chat(form.chat_id, token);
    if thread.is_some() {
        form.thread_id = thread;
    }
    form.silent |= silent;
    // A forum's general topic has the number 1, which Telegram refuses.
    form.thread_id = form.thread_id.filter(|&thread| thread != 1);
    let (base, token) = (base?, token?);
    let path = [
        base.path().trim_end_matches('/'),
        "/bot",
        token,
        "/sendMessage",
    ]
    .concat();
    Some(Endpoint {
        url: base.with_path_and_query(&path, ""),
        form: Form::Telegram(form),
    })
}

/// Writes which bot and which chat, without the token's secret half.
pub(super) fn describe(env: &Env, form: &Telegram<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let token = env.bytes("TELEGRAM_BOT_TOKEN").unwrap_or_default();
    let bot = token.split(|&byte| byte == b':').next();
    let bot = Escaped(bot.unwrap_or_default());
    write!(out, ", bot {bot}:***, chat {}", form.chat_id)?;
    if let Some(thread) = form.thread_id {
        write!(out, ", topic {thread}")?;
    }
    out.write_str(if form.silent { ", silent" } else { "" })
}

impl Reader<'_, '_> {
    fn thread_id(&mut self) -> Option<i32> {
        let text = self.optional("_THREAD_ID")?;
        match positive(text) {
            Some(thread) => Some(thread),
            None => {
                self.problem(
                    "_THREAD_ID",
                    format_args!("must be a topic's number, digits only"),
                );
                None
            }
        }
    }

    /// What the Bot API server itself demands of a token.
    fn check_token(&mut self, token: &str) -> bool {
        let (number, secret) = token.split_once(':').unwrap_or((token, ""));
        let right = !number.is_empty()
            && !number.starts_with('0')
            && number.bytes().all(|b| b.is_ascii_digit())
            && !secret.is_empty()
            && secret
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            && token.len() <= 80;
        if !right {
            self.problem(
                "_BOT_TOKEN",
                format_args!(
                    "is not a bot's token; it looks like 123456789:AAbb-cc_dd, \
                     without blanks, quotes or \"bot\" before it"
                ),
            );
        }
        right
    }

    /// Warns of chats that the bot cannot write to, although they look right.
    fn check_chat(&mut self, chat: &str, token: Option<&str>) {
        let own = token.and_then(|token| token.split(':').next());
        let name = self.name("_CHAT_ID");
        if own == Some(chat) || is_bot_name(chat) {
            self.problems.warning(
                &name,
                format_args!(
                    "is a bot, which no bot can write to; set it to the chat of a person or a group"
                ),
            );
        }
        // Supergroups and channels are -100 and ten digits; no person has so many.
        if chat.len() == 13 && chat.starts_with("100") {
            self.problems.warning(
                &name,
                format_args!("is a group's number without its minus; write -{chat}"),
            );
        }
    }

    /// Reads a chat id. The predecessor pasted it into a query, so set-ups
    /// exist that carry more of Telegram's parameters after it.
    fn chat(&mut self, text: &str) -> Option<Telegram<'static>> {
        let mut pairs = text.split('&');
        let chat = pairs.next().unwrap_or_default();
        let digits = chat.strip_prefix('-').unwrap_or(chat);
        let number = !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && chat.parse::<i64>().is_ok();
        let name = chat.strip_prefix('@').is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if !number && !name {
            self.problem(
                "_CHAT_ID",
                format_args!("must be a chat's number, like 123456 or -100123456, or @name"),
            );
            return None;
        }
        let mut form = Telegram {
            chat_id: keep(chat),
            thread_id: None,
            silent: false,
            protected: false,
            parse_mode: ParseMode::Plain,
        };
        for pair in pairs {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let on = matches!(value, "1" | "true" | "True" | "yes");
            let known = match (key, value) {
                ("message_thread_id", _) => {
                    form.thread_id = positive(value);
                    form.thread_id.is_some()
                }
                ("disable_notification", _) => {
                    form.silent = on;
                    true
                }
                ("protect_content", _) => {
                    form.protected = on;
                    true
                }
                // Previews are always off.
                ("disable_web_page_preview", _) => true,
                ("parse_mode", "HTML" | "html") => {
                    form.parse_mode = ParseMode::Html;
                    true
                }
                ("parse_mode", "Markdown" | "markdown") => {
                    form.parse_mode = ParseMode::Markdown;
                    true
                }
                _ => false,
            };
            if !known {
                self.problem(
                    "_CHAT_ID",
                    format_args!(
                        "has \"{}\" after the chat, which is not supported; there may be \
                         message_thread_id=NUMBER, disable_notification=true, \
                         protect_content=true, parse_mode=HTML and parse_mode=Markdown",
                        Escaped(pair.as_bytes())
                    ),
                );
            }
        }
        Some(form)
    }
}

/// Returns whether a chat's name is a bot's, which all end so.
fn is_bot_name(chat: &str) -> bool {
    let end = chat.as_bytes().last_chunk::<3>();
    chat.starts_with('@') && end.is_some_and(|end| end.eq_ignore_ascii_case(b"bot"))
}

/// Parses a positive decimal number.
fn positive(text: &str) -> Option<i32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&number| digits && number > 0)
}
