//! The names by which the rooms speak of rules and notifiers.

use core::fmt;

use crate::limits::{NOTIFIERS_MAX, RULES_MAX};

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

/// Where a rule comes from; how users know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleName {
    /// `EVENTn_*` of the environment.
    Environment(u8),
    /// An entry of [`crate::rules::STATIC_EVENTS`], `STATIC_EVENTn_*`.
    Static(u8),
    /// The option `--regex` of a command.
    CommandLine,
}

/// Writes the prefix of the rule's variables: `EVENT3`, `STATIC_EVENT0`; for a
/// rule of the command line, its option.
impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, number) = match self {
            Self::Environment(number) => ("EVENT", number),
            Self::Static(number) => ("STATIC_EVENT", number),
            Self::CommandLine => return f.write_str("--regex"),
        };
        write!(f, "{prefix}{number}")
    }
}

/// A set of rules, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleIds(u128);

const _: () = assert!(RULES_MAX <= u128::BITS as usize);

impl RuleIds {
    /// The set without members.
    pub const EMPTY: Self = Self(0);

    /// Adds a rule.
    pub const fn insert(&mut self, rule: RuleId) {
        self.0 |= 1 << rule.index();
    }

    /// Removes a rule.
    pub const fn remove(&mut self, rule: RuleId) {
        self.0 &= !(1 << rule.index());
    }

    /// Returns the rule that comes first in the order of evaluation.
    #[must_use]
    pub const fn first(self) -> Option<RuleId> {
        RuleId::new(self.0.trailing_zeros() as usize)
    }

    /// Returns whether a rule is a member.
    #[must_use]
    pub const fn contains(self, rule: RuleId) -> bool {
        self.0 >> rule.index() & 1 != 0
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

    /// Returns the members, in the order of evaluation.
    pub fn iter(self) -> impl Iterator<Item = RuleId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let rule = RuleId::new(rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(rule)
        })
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

    /// Members come back once, in order, up to the last rule there can be.
    #[test]
    fn members_in_order() {
        let mut set = RuleIds::EMPTY;
        assert!(set.is_empty());
        assert_eq!(set.iter().count(), 0);
        for index in [RULES_MAX - 1, 0, 64, 63, 0] {
            set.insert(RuleId::new(index).expect("in range"));
        }
        let members = set.iter().map(RuleId::index).collect::<Vec<_>>();
        assert_eq!(members, [0, 63, 64, RULES_MAX - 1]);
        assert!(set.contains(RuleId::new(64).expect("in range")));
        assert!(!set.contains(RuleId::new(65).expect("in range")));
    }
}
