//! The facts that travel with a notification's text, and the facts of a loss.

use core::fmt;
use core::net::IpAddr;

use crate::limits::{NOTIFIERS_MAX, RULES_MAX};
use crate::time::Wall;

/// A rule's place in the order of evaluation: static events first, then the
/// environment's, each by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(u8);

impl RuleId {
    /// Returns the id of the rule at `index`, or `None` from [`RULES_MAX`] on.
    #[must_use]
    pub const fn new(index: usize) -> Option<Self> {
        if index < RULES_MAX {
            Some(Self(index as u8))
        } else {
            None
        }
    }

    /// Returns the rule's place in the order of evaluation.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One of the services that alertik can notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotifierId(u8);

impl NotifierId {
    /// Every notifier, in the order of the user's documentation.
    pub const ALL: [Self; NOTIFIERS_MAX] = {
        let mut all = [Self(0); NOTIFIERS_MAX];
        let mut index = 0;
        while index < NOTIFIERS_MAX {
            all[index] = Self(index as u8);
            index += 1;
        }
        all
    };
    /// A Telegram bot.
    pub const TELEGRAM: Self = Self(0);
    /// A Slack incoming webhook.
    pub const SLACK: Self = Self(1);
    /// A Microsoft Teams workflow or connector.
    pub const TEAMS: Self = Self(2);
    /// A Discord webhook.
    pub const DISCORD: Self = Self(3);
    /// The first of the four generic webhooks, [`Self::generic`] gives them all.
    pub const GENERIC1: Self = Self(4);
    /// Standard output.
    pub const CONSOLE: Self = Self(8);

    /// Returns the generic webhook with the given number, 1 to 4.
    #[must_use]
    pub const fn generic(number: u8) -> Option<Self> {
        if number >= 1 && number <= 4 {
            Some(Self(Self::GENERIC1.0 + number - 1))
        } else {
            None
        }
    }

    /// Returns the notifier whose name is exactly `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name)
    }

    /// Returns the name used in configuration and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; NOTIFIERS_MAX] = [
            "Telegram", "Slack", "Teams", "Discord", "Generic1", "Generic2", "Generic3",
            "Generic4", "Console",
        ];
        NAMES[self.index()]
    }

    /// Returns the notifier's index, below [`NOTIFIERS_MAX`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of notifiers. It is shown as their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotifierSet(u16);

impl fmt::Display for NotifierSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, id) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(id.name())?;
        }
        Ok(())
    }
}

impl NotifierSet {
    /// The set without members.
    pub const EMPTY: Self = Self(0);
    /// The set of all there are.
    pub const ALL: Self = Self((1 << NOTIFIERS_MAX) - 1);

    /// Adds a notifier.
    pub const fn insert(&mut self, id: NotifierId) {
        self.0 |= 1 << id.0;
    }

    /// Removes a notifier.
    pub const fn remove(&mut self, id: NotifierId) {
        self.0 &= !(1 << id.0);
    }

    /// Returns whether a notifier is a member.
    #[must_use]
    pub const fn contains(self, id: NotifierId) -> bool {
        self.0 & (1 << id.0) != 0
    }

    /// Returns whether there is no member.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the members of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the members that `other` lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the members, in order.
    pub fn iter(self) -> impl Iterator<Item = NotifierId> {
        NotifierId::ALL
            .into_iter()
            .filter(move |&id| self.contains(id))
    }
}

/// Names one notification towards the rule state that produced it, so that a
/// delivery that failed for good can take back the cooldown it armed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticket(pub u32);

/// What travels with a notification's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeHead {
    /// The rule that matched.
    pub rule: RuleId,
    /// Where the text goes.
    pub notifiers: NotifierSet,
    /// When the line arrived.
    pub at: Wall,
    /// Who sent the line.
    pub source: IpAddr,
    /// What to report a failed delivery with.
    pub ticket: Ticket,
}

/// Where messages or notifications were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// The kernel dropped datagrams: its receive buffer was full.
    Kernel,
    /// The intake ring was full: the matcher fell behind.
    Ring,
    /// A notifier's outbox was full: the oldest notification went.
    Outbox,
    /// A notification waited longer than `NOTIFY_MAX_AGE_SECS`.
    Expired,
    /// A service refused a notification for good.
    Refused,
}

/// A number of losses of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub cause: LossCause,
    /// How many.
    pub count: u64,
    /// When the first of them happened.
    pub since: Wall,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and ids are a bijection, and names are matched exactly.
    #[test]
    fn notifier_names() {
        for id in NotifierId::ALL {
            assert_eq!(NotifierId::from_name(id.name()), Some(id));
        }
        assert_eq!(NotifierId::from_name("telegram"), None);
        assert_eq!(
            NotifierId::generic(4).map(NotifierId::name),
            Some("Generic4")
        );
        assert_eq!(NotifierId::generic(5), None);
        assert_eq!(NotifierId::CONSOLE.name(), "Console");
    }

    /// Set algebra over the first and the last member.
    #[test]
    fn notifier_sets() {
        let mut set = NotifierSet::EMPTY;
        set.insert(NotifierId::TELEGRAM);
        set.insert(NotifierId::CONSOLE);
        let mut one = NotifierSet::EMPTY;
        one.insert(NotifierId::CONSOLE);
        assert!(set.without(one).contains(NotifierId::TELEGRAM));
        assert!(!set.without(one).contains(NotifierId::CONSOLE));
        assert_eq!(set.without(one).union(one), set);
        assert_eq!(set.iter().count(), 2);
    }
}
