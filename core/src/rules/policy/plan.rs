//! The policies of a rule: as written, and as compiled.

use alloc::boxed::Box;
use core::fmt;

use crate::bytes::checksum_from;
use crate::ids::{RuleId, RuleName};
use crate::rules::mask::{Mask, MaskError};
use crate::rules::policy::quiet::{DigestTime, Quiet};
use crate::rules::policy::window::Window;
use crate::time::Duration;

/// What follows the rule's own mask in the text of a recovery that has no mask.
pub const RECOVERY_ENDING: &str = ": over after @{duration}";

/// The policies of a rule as written, but for its cooldown. By default all are off.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicySpec<'a> {
    /// What "the same" means beside the rule and the router: a mask. `None` is the
    /// notification's text without what passes, such as the time.
    pub key: Option<&'a str>,
    /// So many matches of one key within a window make one notification.
    pub threshold: Option<Window>,
    /// So many different values of a mask within a window make one notification.
    pub distinct: Option<(&'a str, Window)>,
    /// Another rule must have matched so often within a window, for the same key.
    pub after: Option<(RuleName, Window)>,
    /// Only values of this mask that were never seen for the rule and the router.
    pub first: Option<&'a str>,
    /// For how long from the first start such values are learned silently, in
    /// milliseconds.
    pub learn_millis: u64,
    /// Rules that hold this one back while they are under way for the same router.
    pub unless: &'a [RuleName],
    /// How long the recovery may take to come before the match is notified, in
    /// milliseconds.
    pub grace_millis: u64,
    /// The time between two reminders of what lasts, in milliseconds; 0 turns them off.
    pub remind_millis: u64,
    /// The hours in which everything that the rule notifies is held.
    pub quiet: Option<&'a Quiet>,
    /// When what was collected is sent, if it is collected.
    pub digest: Option<&'a DigestTime>,
    /// Nothing is ever held, neither in quiet hours nor for a digest.
    pub is_urgent: bool,
}

impl PolicySpec<'_> {
    /// Returns whether all policies are off.
    pub(in crate::rules) const fn is_empty(&self) -> bool {
        let Self {
            key,
            threshold,
            distinct,
            after,
            first,
            // Nothing is learned without a mask.
            learn_millis: _,
            unless,
            grace_millis,
            remind_millis,
            quiet,
            digest,
            is_urgent,
        } = self;
        key.is_none()
            && threshold.is_none()
            && distinct.is_none()
            && after.is_none()
            && first.is_none()
            && unless.is_empty()
            && *grace_millis == 0
            && *remind_millis == 0
            && quiet.is_none()
            && digest.is_none()
            && !*is_urgent
    }
}

/// The policies of a rule as compiled.
#[derive(Debug, Default)]
pub struct Plan {
    pub(in crate::rules) key: Option<Mask>,
    pub(in crate::rules) threshold: Option<Window>,
    pub(in crate::rules) distinct: Option<(Mask, Window)>,
    pub(in crate::rules) after: Option<(RuleName, Window)>,
    pub(in crate::rules) first: Option<First>,
    /// Names and places of rules; `None` until all rules are there.
    pub(in crate::rules) unless: Box<[(RuleName, Option<RuleId>)]>,
    pub(in crate::rules) grace_millis: u64,
    pub(in crate::rules) remind_millis: u64,
    /// Whether there is a recovery.
    pub(in crate::rules) is_pair: bool,
    /// Empty for an urgent rule.
    pub(in crate::rules) quiet: Quiet,
    /// `None` for an urgent rule.
    pub(in crate::rules) digest: Option<DigestTime>,
    is_urgent: bool,
}

/// Which values are new, as compiled.
#[derive(Debug)]
pub(in crate::rules) struct First {
    pub(in crate::rules) mask: Mask,
    pub(in crate::rules) learn_millis: u64,
    /// Differs for rules whose values mean something else: a checksum of condition and
    /// mask as written.
    pub(in crate::rules) identity: u64,
}

/// What is wrong with the masks among the policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyErrors {
    /// The key's mask.
    pub key: Option<MaskError>,
    /// The mask of the value that must differ.
    pub distinct: Option<MaskError>,
    /// The mask of the value that must be new.
    pub first: Option<MaskError>,
}

impl Plan {
    /// Compiles policies for an expression of `groups` groups. `condition` is a checksum
    /// of the rule's condition as written.
    pub(in crate::rules) fn compile(
        spec: &PolicySpec<'_>,
        groups: usize,
        condition: u64,
    ) -> Result<Self, PolicyErrors> {
        let parse = |mask: Option<&str>| mask.map(|mask| Mask::parse(mask, groups)).transpose();
        let key = parse(spec.key);
        let value = parse(spec.distinct.map(|(mask, _)| mask));
        let first = parse(spec.first);
        let (key, value, first) = match (key, value, first) {
            (Ok(key), Ok(value), Ok(first)) => (key, value, first),
            (key, value, first) => {
                return Err(PolicyErrors {
                    key: key.err(),
                    distinct: value.err(),
                    first: first.err(),
                });
            }
        };
        let first = first.zip(spec.first).map(|(mask, written)| First {
            mask,
            learn_millis: spec.learn_millis,
            // Variables have no zero bytes.
            identity: checksum_from(checksum_from(condition, &[0]), written.as_bytes()),
        });
        let distinct = value.zip(spec.distinct.map(|(_, window)| window));
        // The text holds the very values that differ, so it cannot be what is the same.
        let key = match key {
            None if distinct.is_some() => Some(Mask::empty()),
            key => key,
        };
        let holds = !spec.is_urgent;
        Ok(Self {
            key,
            threshold: spec.threshold,
            distinct,
            after: spec.after,
            first,
            unless: spec.unless.iter().map(|&rule| (rule, None)).collect(),
            grace_millis: spec.grace_millis,
            remind_millis: spec.remind_millis,
            is_pair: false,
            quiet: spec.quiet.filter(|_| holds).cloned().unwrap_or_default(),
            digest: spec.digest.filter(|_| holds).cloned(),
            is_urgent: spec.is_urgent,
        })
    }

    /// Returns whether matches are counted.
    pub(in crate::rules) const fn counts(&self) -> bool {
        self.threshold.is_some() || self.distinct.is_some() || self.after.is_some()
    }

    /// Returns whether a notification may be held in quiet hours or for a digest.
    pub(in crate::rules) fn holds(&self) -> bool {
        self.digest.is_some() || !self.quiet.is_empty()
    }

    /// Writes when notifications are held, after a separator.
    fn write_hours(&self, separator: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = separator;
        if self.is_urgent {
            write!(f, "{separator}never held")?;
        }
        if !self.quiet.is_empty() {
            write!(f, "{separator}held in quiet hours, {}", self.quiet)?;
            separator = "; ";
        }
        if let Some(time) = &self.digest {
            write!(f, "{separator}in a digest {time}")?;
        }
        Ok(())
    }

    /// Returns whether the policies refer to a group of the expression.
    pub(in crate::rules) fn uses_groups(&self) -> bool {
        let distinct = self.distinct.as_ref().map(|(mask, _)| mask);
        let first = self.first.as_ref().map(|first| &first.mask);
        let mut masks = self.key.iter().chain(distinct).chain(first);
        masks.any(Mask::uses_groups)
    }
}

/// Says what the policies do, in words without a full stop; nothing if there are none.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut next = |f: &mut fmt::Formatter<'_>| {
            let result = f.write_str(separator);
            separator = "; ";
            result
        };
        for (index, (rule, _)) in self.unless.iter().enumerate() {
            if index == 0 {
                next(f)?;
            }
            let word = if index == 0 { "not while " } else { " or " };
            write!(f, "{word}{rule}")?;
        }
        if !self.unless.is_empty() {
            f.write_str(" is under way")?;
        }
        if let Some(first) = &self.first {
            next(f)?;
            f.write_str("only for a value that was never seen before")?;
            if first.learn_millis > 0 {
                let learning = Duration(first.learn_millis);
                write!(
                    f,
                    ", not in the first {learning}, in which values are learned"
                )?;
            }
        }
        if let Some((rule, window)) = self.after {
            next(f)?;
            let (count, within) = (window.count, Duration(window.millis));
            write!(f, "only after {count} matches of {rule} within {within}")?;
        }
        if let Some(window) = self.threshold {
            next(f)?;
            let (count, within) = (window.count, Duration(window.millis));
            write!(f, "when {count} have come within {within}")?;
        }
        if let Some((_, window)) = self.distinct {
            next(f)?;
            let (count, within) = (window.count, Duration(window.millis));
            write!(f, "when {count} different values have come within {within}")?;
        }
        if self.is_pair {
            next(f)?;
            f.write_str("until its recovery")?;
            if self.grace_millis > 0 {
                write!(
                    f,
                    ", which has {} to come first",
                    Duration(self.grace_millis)
                )?;
            }
            if self.remind_millis > 0 {
                write!(
                    f,
                    ", with a reminder every {}",
                    Duration(self.remind_millis)
                )?;
            }
        }
        self.write_hours(separator, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString as _;

    const WINDOW: Window = Window {
        count: 3,
        millis: 60_000,
    };

    fn plan(spec: &PolicySpec<'_>) -> Plan {
        Plan::compile(spec, 2, 0).unwrap()
    }

    /// A rule has policies if one of them is on, and groups of its expression are looked
    /// for only if one of their masks names one.
    #[test]
    fn what_is_on() {
        let quiet = Quiet::parse("22:00-07:00").unwrap();
        let digest = DigestTime::parse("07:00").unwrap();
        let off = PolicySpec::default;
        let none = off();
        assert!(
            none.is_empty()
                && PolicySpec {
                    learn_millis: 1,
                    ..off()
                }
                .is_empty()
        );
        for (spec, counts, holds, uses_groups) in [
            (
                PolicySpec {
                    key: Some("@2"),
                    ..off()
                },
                false,
                false,
                true,
            ),
            (
                PolicySpec {
                    key: Some("x"),
                    ..off()
                },
                false,
                false,
                false,
            ),
            (
                PolicySpec {
                    threshold: Some(WINDOW),
                    ..off()
                },
                true,
                false,
                false,
            ),
            (
                PolicySpec {
                    distinct: Some(("@1", WINDOW)),
                    ..off()
                },
                true,
                false,
                true,
            ),
            (
                PolicySpec {
                    after: Some((RuleName::Environment(1), WINDOW)),
                    ..off()
                },
                true,
                false,
                false,
            ),
            (
                PolicySpec {
                    first: Some("@1"),
                    ..off()
                },
                false,
                false,
                true,
            ),
            (
                PolicySpec {
                    unless: &[RuleName::Environment(1)],
                    ..off()
                },
                false,
                false,
                false,
            ),
            (
                PolicySpec {
                    grace_millis: 1,
                    ..off()
                },
                false,
                false,
                false,
            ),
            (
                PolicySpec {
                    remind_millis: 1,
                    ..off()
                },
                false,
                false,
                false,
            ),
            (
                PolicySpec {
                    quiet: Some(&quiet),
                    ..off()
                },
                false,
                true,
                false,
            ),
            (
                PolicySpec {
                    digest: Some(&digest),
                    ..off()
                },
                false,
                true,
                false,
            ),
            (
                PolicySpec {
                    is_urgent: true,
                    ..off()
                },
                false,
                false,
                false,
            ),
        ] {
            assert!(!spec.is_empty());
            let plan = plan(&spec);
            let found = (plan.counts(), plan.holds(), plan.uses_groups());
            assert_eq!(found, (counts, holds, uses_groups), "{plan}");
        }
    }

    /// `check` says what was understood, in the order in which it decides.
    #[test]
    fn words() {
        let quiet = Quiet::parse("22:00-07:00").unwrap();
        let digest = DigestTime::parse("07:00").unwrap();
        let rules = [1, 2].map(RuleName::Environment);
        let all = PolicySpec {
            threshold: Some(WINDOW),
            after: Some((rules[0], WINDOW)),
            first: Some("@1"),
            learn_millis: 3_600_000,
            unless: &rules,
            grace_millis: 30_000,
            remind_millis: 7_200_000,
            quiet: Some(&quiet),
            digest: Some(&digest),
            ..PolicySpec::default()
        };
        let mut all = plan(&all);
        all.is_pair = true;
        assert_eq!(
            all.to_string(),
            "not while EVENT1 or EVENT2 is under way; \
             only for a value that was never seen before, not in the first 1 h, in which values are learned; \
             only after 3 matches of EVENT1 within 1 min; \
             when 3 have come within 1 min; \
             until its recovery, which has 30 s to come first, with a reminder every 2 h; \
             held in quiet hours, every day 22:00-07:00; in a digest at 07:00"
        );
        let first = PolicySpec {
            first: Some("@1"),
            distinct: Some(("@1", WINDOW)),
            is_urgent: true,
            ..PolicySpec::default()
        };
        let mut first = plan(&first);
        first.is_pair = true;
        assert_eq!(
            first.to_string(),
            "only for a value that was never seen before; \
             when 3 different values have come within 1 min; until its recovery; never held"
        );
        assert_eq!(plan(&PolicySpec::default()).to_string(), "");
        let two = PolicySpec {
            unless: &rules[..1],
            threshold: Some(WINDOW),
            ..PolicySpec::default()
        };
        assert_eq!(
            plan(&two).to_string(),
            "not while EVENT1 is under way; when 3 have come within 1 min"
        );
    }
}
