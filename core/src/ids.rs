//! The identifiers by which modules refer to rules and notifiers.

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

/// The name by which users know a rule; it says where the rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleName {
    /// `EVENTn_*` of the environment.
    Environment(u8),
    /// An entry of [`crate::rules::static_events`], `STATIC_EVENTn_*`.
    Static(u8),
    /// The option `--regex` of a command.
    CommandLine,
    /// No rule: the message that `notify-test` sends.
    NotifyTest,
    /// No rule: a router that is not heard, `SILENCE_*`.
    Silence,
    /// No rule: the daemon has started, `STARTUP_MESSAGE`.
    Startup,
}

impl RuleName {
    /// Returns the name in two bytes, for storage and for hashing.
    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        match self {
            Self::Environment(number) => [0, number],
            Self::Static(number) => [1, number],
            Self::CommandLine => [2, 0],
            Self::NotifyTest => [3, 0],
            Self::Silence => [4, 0],
            Self::Startup => [5, 0],
        }
    }

    /// Returns the name with these bytes, the inverse of [`RuleName::to_bytes`].
    pub(crate) const fn from_bytes(bytes: [u8; 2]) -> Self {
        match bytes {
            [0, number] => Self::Environment(number),
            [1, number] => Self::Static(number),
            [2, _] => Self::CommandLine,
            [4, _] => Self::Silence,
            [5, _] => Self::Startup,
            _ => Self::NotifyTest,
        }
    }
}

/// Writes the prefix of the rule's variables: `EVENT3`, `STATIC_EVENT0`; for a
/// rule of the command line, its option; for a test message, its command; for what is
/// no rule, the word that its variable begins with.
impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, number) = match self {
            Self::Environment(number) => ("EVENT", number),
            Self::Static(number) => ("STATIC_EVENT", number),
            Self::CommandLine => return f.write_str("--regex"),
            Self::NotifyTest => return f.write_str("notify-test"),
            Self::Silence => return f.write_str("SILENCE"),
            Self::Startup => return f.write_str("STARTUP"),
        };
        write!(f, "{prefix}{number}")
    }
}

/// A set of rules, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleIds(u128);

const _: () = assert!(RULES_MAX <= u128::BITS as usize);

impl RuleIds {
    /// The empty set.
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

    /// Returns how many rules are members of both sets.
    #[must_use]
    pub const fn count_shared(self, other: Self) -> usize {
        (self.0 & other.0).count_ones() as usize
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

/// A notifier's number. Only delivery knows the notifier and its name: see
/// [`Notifier`](crate::delivery::Notifier).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotifierId(u8);

impl NotifierId {
    /// Returns the id with the given number, or `None` from [`NOTIFIERS_MAX`] on.
    #[must_use]
    pub const fn new(index: usize) -> Option<Self> {
        if index < NOTIFIERS_MAX {
            Some(Self(index as u8))
        } else {
            None
        }
    }

    /// Returns the number, below [`NOTIFIERS_MAX`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of notifiers, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotifierSet(u16);

impl NotifierSet {
    /// The set without members.
    pub const EMPTY: Self = Self(0);

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
        (0..NOTIFIERS_MAX)
            .filter_map(NotifierId::new)
            .filter(move |&id| self.contains(id))
    }
}

/// Identifies a notification to the rule state that produced it, so that a
/// delivery that fails for good can undo the cooldown that it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticket(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of any kind survives storage.
    #[test]
    fn names_survive_storage() {
        for name in [
            RuleName::Environment(63),
            RuleName::Static(255),
            RuleName::CommandLine,
            RuleName::NotifyTest,
            RuleName::Silence,
            RuleName::Startup,
        ] {
            assert_eq!(RuleName::from_bytes(name.to_bytes()), name);
        }
    }

    /// Set operations work for the first and the last notifier.
    #[test]
    fn notifier_sets() {
        let mut set = NotifierSet::EMPTY;
        let (first, last) = (NotifierId(0), NotifierId(NOTIFIERS_MAX as u8 - 1));
        set.insert(first);
        set.insert(last);
        let mut one = NotifierSet::EMPTY;
        one.insert(last);
        assert!(set.without(one).contains(first));
        assert!(!set.without(one).contains(last));
        assert_eq!(set.without(one).union(one), set);
        assert_eq!(set.iter().count(), 2);
    }

    /// Each member is returned once and in order, up to the last possible rule.
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
        let mut other = RuleIds::EMPTY;
        for index in [64, 65] {
            other.insert(RuleId::new(index).expect("in range"));
        }
        assert_eq!(set.count_shared(other), 1);
        assert!(set.contains(RuleId::new(64).expect("in range")));
        assert!(!set.contains(RuleId::new(65).expect("in range")));
    }
}
