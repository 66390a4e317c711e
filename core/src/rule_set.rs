//! A set of rules.

use crate::limits::RULES_MAX;
use crate::notice::RuleId;

/// A set of rules, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSet(u128);

const _: () = assert!(RULES_MAX <= u128::BITS as usize);

impl RuleSet {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Members come back once, in order, up to the last rule there can be.
    #[test]
    fn members_in_order() {
        let mut set = RuleSet::EMPTY;
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
