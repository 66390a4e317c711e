//! The services that can be notified, one file each: name, limits with their
//! source, pacing, the body of a request, and the meaning of its answers.
//!
//! # Adding one
//!
//! Write its file and add its variant to [`Notifier`] and [`Form`]; the compiler
//! then lists the matches that lack it, all of which are in this file and in the
//! shell's settings.

mod console;
mod discord;
mod generic;
mod json;
mod mail;
mod slack;
mod teams;
mod telegram;

use alloc::boxed::Box;
use core::fmt;

use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::Message;
use crate::delivery::compose::template::{Field, Template};
use crate::delivery::outbox::Merging;
use crate::delivery::pacing::Pacing;
use crate::delivery::verdict::{Answer, Verdict};
use crate::ids::{NotifierId, NotifierSet};
use crate::time::Wall;

pub use generic::Generic;
pub(super) use generic::expand_head;
pub use mail::Mail;
pub use telegram::{ParseMode, Telegram};
#[cfg(test)]
pub(super) use {discord::UTF16_MAX, generic::MERGE_MAX, telegram::SCALARS_MAX};

/// A place that notifications can go to, under the name that users configure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notifier {
    /// A Telegram bot.
    Telegram,
    /// A Slack incoming webhook.
    Slack,
    /// A Microsoft Teams workflow or connector.
    Teams,
    /// A Discord webhook.
    Discord,
    /// The first generic webhook.
    Generic1,
    /// The second generic webhook.
    Generic2,
    /// The third generic webhook.
    Generic3,
    /// The fourth generic webhook.
    Generic4,
    /// Standard output.
    Console,
    /// A mail server. Last, because files of earlier versions hold the numbers of the
    /// others.
    Mail,
}

/// The knowledge about a service that is data.
struct Facts {
    name: &'static str,
    /// How often messages may leave unless the user says otherwise.
    pacing: Pacing,
    /// Whether the body of a successful answer says more than its status.
    reads_success: bool,
    /// Judges an answer by this service's own rules, before those that all of
    /// them share. `None` if it has none for this answer.
    judge: fn(&Answer<'_>) -> Option<Verdict>,
}

impl Notifier {
    /// Every notifier, in the order of the user's documentation.
    pub const ALL: [Self; 10] = [
        Self::Telegram,
        Self::Slack,
        Self::Teams,
        Self::Discord,
        Self::Generic1,
        Self::Generic2,
        Self::Generic3,
        Self::Generic4,
        Self::Console,
        Self::Mail,
    ];

    /// Returns the number by which rules know the notifier.
    #[must_use]
    pub const fn id(self) -> NotifierId {
        match NotifierId::new(self as usize) {
            Some(id) => id,
            // An assertion below says that this is never reached.
            None => panic!("more notifiers than NOTIFIERS_MAX"),
        }
    }

    /// Returns the notifier of a name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|notifier| notifier.name().eq_ignore_ascii_case(name))
    }

    /// Returns the set of all notifiers.
    #[must_use]
    pub fn all() -> NotifierSet {
        let mut set = NotifierSet::EMPTY;
        for notifier in Self::ALL {
            set.insert(notifier.id());
        }
        set
    }

    /// Returns the members of a set, in order.
    pub fn members(set: NotifierSet) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |notifier| set.contains(notifier.id()))
    }

    /// Writes the names of a set's members: `Telegram, Console`.
    #[must_use]
    pub const fn names(set: NotifierSet) -> impl fmt::Display {
        Names(set)
    }

    /// Returns the name used in configuration and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns how often the service may be called.
    #[must_use]
    pub const fn pacing(self) -> Pacing {
        self.facts().pacing
    }

    /// Returns whether the body of an answer with this status is worth reading.
    pub(super) const fn wants_body(self, status: u16) -> bool {
        self.facts().reads_success || !matches!(status, 200..300)
    }

    /// Judges an answer by the service's own rules, if it has any for it.
    pub(super) fn judge(self, answer: &Answer<'_>) -> Option<Verdict> {
        (self.facts().judge)(answer)
    }

    const fn facts(self) -> &'static Facts {
        match self {
            Self::Telegram => &telegram::FACTS,
            Self::Slack => &slack::FACTS,
            Self::Teams => &teams::FACTS,
            Self::Discord => &discord::FACTS,
            Self::Generic1 => &generic::FACTS[0],
            Self::Generic2 => &generic::FACTS[1],
            Self::Generic3 => &generic::FACTS[2],
            Self::Generic4 => &generic::FACTS[3],
            Self::Console => &console::FACTS,
            Self::Mail => &mail::FACTS,
        }
    }
}

/// See [`Notifier::names`].
struct Names(NotifierSet);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, notifier) in Notifier::members(self.0).enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(notifier.name())?;
        }
        Ok(())
    }
}

/// Judges nothing: for a service whose answers mean what HTTP says.
const fn no_judgement(_: &Answer<'_>) -> Option<Verdict> {
    None
}

/// The request that a notifier's service wants.
#[derive(Clone, Debug)]
pub enum Form<'a> {
    /// `sendMessage` of Telegram's Bot API.
    Telegram(Telegram<'a>),
    /// A Slack incoming webhook, with a title or without.
    Slack(Option<&'a Template<'a>>),
    /// A Teams workflow, or an old connector, which took the same envelope.
    Teams(Option<&'a Template<'a>>),
    /// A Discord webhook.
    Discord(Option<&'a Template<'a>>),
    /// A Discord webhook whose URL ends in `/slack` and is to stay so.
    DiscordAsSlack,
    /// A webhook whose request the user describes.
    Generic(Box<Generic<'a>>),
    /// Lines on a terminal or in a pipe.
    Console,
    /// A mail, without its envelope, and the wall clock for the date of a new one.
    Mail(&'a Mail<'a>, Wall),
}

impl<'a> Form<'a> {
    /// Writes the body of a request for as many of the message's notifications
    /// as fit, and returns how many those are: at least one if there is any.
    /// If even one does not fit, its text is cut and the cut is marked.
    pub(super) fn write(&self, message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
        match self {
            Self::Telegram(telegram) => telegram.write(message, out),
            Self::Slack(title) => slack::write(*title, message, out),
            Self::Teams(title) => teams::write(*title, message, out),
            Self::Discord(title) => discord::write(*title, message, out),
            Self::DiscordAsSlack => discord::write_as_slack(message, out),
            Self::Generic(generic) => generic.write(message, out),
            Self::Console => console::write(message, out),
            Self::Mail(mail, _) => mail.write(message, out),
        }
    }

    /// Returns the most notifications of `message` that one request may hold,
    /// whatever its body has room for.
    pub(super) fn count_max(&self, message: &Message<'_>) -> usize {
        self.url()
            .map_or(usize::MAX, |url| generic::fitting_url(url, message))
    }

    /// Returns the template of the request's URL, if it has one.
    pub const fn url(&self) -> Option<&Template<'a>> {
        match self {
            Self::Generic(generic) => generic.url.as_ref(),
            _ => None,
        }
    }

    /// Returns the method of the request.
    #[must_use]
    pub const fn method(&self) -> &'a str {
        match self {
            Self::Generic(generic) => generic.method,
            _ => "POST",
        }
    }

    /// Returns the wall clock of the attempt, if the request shows it.
    pub(super) const fn wall(&self) -> Wall {
        match self {
            Self::Mail(_, now) => *now,
            _ => Wall {
                unix_secs: 0,
                offset_secs: 0,
            },
        }
    }

    /// Returns the media type of the body.
    #[must_use]
    pub const fn content_type(&self) -> &'a str {
        match self {
            Self::Generic(generic) => generic.content_type,
            _ => "application/json",
        }
    }

    /// Returns the request's own headers, each with its name.
    #[must_use]
    pub fn headers(&self) -> &[(&'a str, Template<'a>)] {
        match self {
            Self::Generic(generic) => &generic.headers,
            _ => &[],
        }
    }

    /// Returns whether the request names `field` once per message, so that all
    /// its notifications must have it in common.
    pub(super) fn names(&self, field: Field) -> bool {
        match self {
            Self::Generic(generic) => generic.templates().any(|template| template.uses(field)),
            Self::Mail(mail, _) => mail.subject.uses(field),
            Self::Slack(title) | Self::Teams(title) | Self::Discord(title) => {
                title.is_some_and(|title| title.uses(field))
            }
            _ => false,
        }
    }
}

impl Form<'_> {
    /// Returns what one record of the notifier's outbox may hold: what its requests
    /// name once must be the same for all. A reader of the console wants lines.
    #[must_use]
    pub fn merging(&self) -> Merging {
        if matches!(self, Self::Console) || self.names(Field::Source) {
            Merging::Nothing
        } else if self.names(Field::Time) {
            Merging::RoutersAtOnce
        } else {
            Merging::Routers
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Encoding;

    /// Sets are written as users write them, and each service says which answers it wants
    /// to read.
    #[test]
    fn sets_and_answers() {
        assert_eq!(
            Notifier::members(Notifier::all()).count(),
            Notifier::ALL.len()
        );
        let mut set = NotifierSet::EMPTY;
        assert_eq!(std::format!("{}", Notifier::names(set)), "");
        for notifier in [Notifier::Console, Notifier::Telegram] {
            set.insert(notifier.id());
        }
        assert_eq!(
            std::format!("{}", Notifier::names(set)),
            "Telegram, Console"
        );
        for (notifier, status, wanted) in [
            (Notifier::Generic1, 200, false),
            (Notifier::Generic1, 299, false),
            (Notifier::Generic1, 300, true),
            (Notifier::Teams, 200, true),
        ] {
            assert_eq!(notifier.wants_body(status), wanted, "{notifier:?} {status}");
        }
    }

    /// Services are posted JSON; a generic webhook says itself what it wants.
    #[test]
    fn requests() {
        let form = Form::Slack(None);
        assert_eq!(
            (form.method(), form.content_type()),
            ("POST", "application/json")
        );
        assert!(form.headers().is_empty() && form.url().is_none());
        let header = Template::parse("{{rule}}", Encoding::Header).unwrap();
        let form = Form::Generic(Box::new(Generic {
            method: "PUT",
            content_type: "text/plain",
            headers: std::vec![("X-Rule", header)],
            ..Generic::TEXT
        }));
        assert_eq!((form.method(), form.content_type()), ("PUT", "text/plain"));
        assert_eq!(form.headers().len(), 1);
        assert!(form.names(Field::Rule) && !form.names(Field::Source));
    }

    /// Names and ids are a bijection, and names are matched in any case. The list of all
    /// is in the order of the numbers.
    #[test]
    fn names_and_ids() {
        for (number, notifier) in Notifier::ALL.into_iter().enumerate() {
            assert_eq!(Notifier::from_name(notifier.name()), Some(notifier));
            assert_eq!(notifier.id().index(), number);
        }
        assert_eq!(Notifier::from_name("telegram"), Some(Notifier::Telegram));
        assert_eq!(Notifier::from_name("Telegramm"), None);
        assert_eq!(Notifier::from_name("Generic4"), Some(Notifier::Generic4));
        assert_eq!(Notifier::from_name("Generic5"), None);
    }
}
