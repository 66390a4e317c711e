//! The head of a notification: all but its text.

use core::fmt;
use core::net::IpAddr;

use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::rules::priority::Priority;
use crate::syslog::Severity;
use crate::text::{Label, Text, TextBuffer};
use crate::time::Wall;

/// All of a notification but its text, which is in the
/// [`TextBuffer`] beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeHead {
    /// The rule that matched.
    pub rule: RuleName,
    /// The notifiers that get the text.
    pub notifiers: NotifierSet,
    /// When the line arrived; for a timer's notification, the last line that it
    /// sums up.
    pub at: Wall,
    /// The sender of the line.
    pub source: IpAddr,
    /// The name under which a failed delivery is reported to the engine.
    pub ticket: Ticket,
    /// What the line says of itself and its router.
    pub about: About,
    /// Bytes at the beginning of the text that show the router, `[name] `; 0 if it
    /// does not show it.
    pub name_bytes: u8,
    /// Bytes at the end of the text that are the time [`NoticeHead::at`]; 0 if it does
    /// not end with that.
    pub time_bytes: u8,
}

/// What a line says of itself and its router, and what the rule makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The router's name; its address if it has none.
    pub router: Label,
    /// The topics, separated by commas; empty if the line has none.
    pub topics: Label,
    /// The severity, if the line has one.
    pub severity: Option<Severity>,
    /// How loudly it calls, which the rule says, not the line.
    pub priority: Priority,
}

impl About {
    /// Nothing is known: for alertik's own messages.
    pub const NOTHING: Self = Self {
        router: Label::EMPTY,
        topics: Label::EMPTY,
        severity: None,
        priority: Priority::Normal,
    };

    /// Appends the router's name as a text begins with it, if it is shown.
    pub(super) fn push_name(&self, is_named: bool, out: &mut TextBuffer) {
        if is_named {
            out.push_mask("[");
            out.push_text(self.router.as_text());
            out.push_mask("] ");
        }
    }

    /// Returns how many bytes of a text the router's name takes if it stands in front.
    pub(super) fn name_bytes(&self) -> u8 {
        (self.router.as_text().as_bytes().len() + "[] ".len()) as u8
    }
}

impl NoticeHead {
    /// Begins the notification's text, with the router's name if that is shown.
    pub(super) fn begin(&mut self, is_named: bool, out: &mut TextBuffer) {
        out.clear();
        self.about.push_name(is_named, out);
        self.name_bytes = out.as_text().as_bytes().len() as u8;
    }

    /// Ends the notification's text with its time, after some words.
    pub(super) fn end(&mut self, words: &dyn fmt::Display, out: &mut TextBuffer) {
        out.push_tail(format_args!("{words}"));
        let before = out.as_text().as_bytes().len();
        out.push_tail(format_args!("{}", self.at));
        self.time_bytes = (out.as_text().as_bytes().len() - before) as u8;
    }

    /// Returns the part of the notification's text that the same event has on every
    /// router at any time: without the router's name and the time.
    #[must_use]
    pub fn body<'a>(&self, text: Text<'a>) -> Text<'a> {
        let bytes = text.as_bytes();
        let end = bytes.len().saturating_sub(self.time_bytes.into());
        Text::from_stored(bytes.get(self.name_bytes.into()..end).unwrap_or_default())
    }
}
