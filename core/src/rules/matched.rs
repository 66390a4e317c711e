//! A match on its way through the policies: its key, its text, and what becomes of it.

use crate::ids::{RuleId, Ticket};
use crate::matching::Span;
use crate::routers::RouterKey;
use crate::rules::mask::{Facts, Mask, Without};
use crate::rules::notice::{About, NoticeHead};
use crate::rules::policy::{Case, Decision, Held, Policies, Tally};
use crate::rules::rule::Rule;
use crate::text::{Text, TextBuffer};
use crate::time::{Duration, Instant, Wall};

/// A match and all that its text is made of.
pub(super) struct Match<'a> {
    pub(super) now: Instant,
    pub(super) id: RuleId,
    pub(super) rule: &'a Rule,
    pub(super) router: RouterKey<'a>,
    pub(super) writer: Writer<'a>,
}

impl Match<'_> {
    /// Lets the policies decide, with the notification's text in `text` if they notify.
    /// `waiting` is what they have admitted before, if there was no room then, or now.
    pub(super) fn decide(
        mut self,
        head: &NoticeHead,
        waiting: &mut Option<Tally>,
        policies: &mut Policies,
        text: &mut TextBuffer,
    ) -> Decision {
        let Self { now, id, rule, .. } = self;
        // A rule without policies costs neither a hash nor a look-up.
        if rule.plan.is_none() && rule.cooldown_millis == 0 && rule.followers.is_empty() {
            self.writer.write(&rule.mask, text);
            return Decision::Notify(head.notifiers, Ticket::default());
        }
        let is_pair = rule.plan.as_ref().is_some_and(|plan| plan.is_pair);
        let without = if is_pair {
            Without::All
        } else {
            Without::Passing
        };
        let key = self.writer.write_key(rule.key_mask(), without, text);
        let case = policies.case(id, self.router, key);
        let tally = match *waiting {
            Some(tally) => tally,
            None => match self.admit(case, without, policies, text) {
                Ok(tally) => tally,
                Err(held) => return Decision::Hold(held),
            },
        };
        // The key is the text already if there is nothing else to it.
        if rule.plan.is_some() || rule.mask.says_what_passes() {
            self.writer.facts.count = tally.count;
            self.writer.facts.first = ago(head.at, now.since(tally.first));
            self.writer.write(&rule.mask, text);
        }
        let mut decision = policies.on_match(now, rule, case, head, text.as_text());
        policies.watch(id, &mut decision);
        *waiting = (decision == Decision::MakeRoom).then_some(tally);
        decision
    }

    /// Lets those policies decide that need no text, and counts the match for the rules
    /// that come after this one.
    fn admit(
        &mut self,
        case: Case,
        without: Without,
        policies: &mut Policies,
        text: &mut TextBuffer,
    ) -> Result<Tally, Held> {
        let Self { now, rule, .. } = *self;
        for &(following, window) in &rule.followers {
            let key = self.writer.write_key(rule.key_mask(), without, text);
            let case = policies.case(following, self.router, key);
            policies.precede(now, case, window);
        }
        let Some(plan) = &rule.plan else {
            return Ok(Tally {
                count: 1,
                first: now,
            });
        };
        let value = plan.distinct.as_ref().map_or(0, |(mask, _)| {
            let value = self.writer.write_key(mask, Without::None, text);
            policies.value(value)
        });
        let novelty = plan.first.as_ref().map(|first| {
            let value = self.writer.write_key(&first.mask, Without::Passing, text);
            policies.novelty(self.router, value)
        });
        policies.admit(now, case, plan, value, novelty)
    }

    /// Ends a case of `begun`, of whose rule this is the recovery.
    pub(super) fn end(
        mut self,
        begun: &Rule,
        policies: &mut Policies,
        text: &mut TextBuffer,
    ) -> Decision {
        let Some(of) = self.rule.recovers else {
            return Decision::Hold(Held::NotOpen);
        };
        let key = self.writer.write_key(begun.key_mask(), Without::All, text);
        let case = policies.case(of, self.router, key);
        let millis = match policies.on_recovery(self.now, case) {
            Ok(millis) => millis,
            Err(held) => return Decision::Hold(held),
        };
        self.writer.facts.duration = Some(Duration(millis));
        self.writer.facts.first = ago(self.writer.facts.at, millis);
        self.writer.write(&self.rule.mask, text);
        Decision::Notify(self.rule.notifiers, Ticket::default())
    }
}

/// Writes texts about a match.
pub(super) struct Writer<'a> {
    pub(super) message: &'a [u8],
    pub(super) spans: &'a [Option<Span>],
    /// What the line says of its router.
    pub(super) about: About,
    /// Whether texts begin with the router's name.
    pub(super) is_named: bool,
    pub(super) facts: Facts<'a>,
}

impl Writer<'_> {
    /// Writes a notification's text.
    fn write(&mut self, mask: &Mask, text: &mut TextBuffer) {
        self.facts.without = Without::None;
        self.begin(text);
        mask.expand(self.message, self.spans, &self.facts, text);
    }

    /// Writes what matches are distinguished by, and returns it: not the name in front of
    /// it, because policies know the router by more than its name.
    fn write_key<'t>(
        &mut self,
        mask: &Mask,
        without: Without,
        text: &'t mut TextBuffer,
    ) -> Text<'t> {
        self.facts.without = without;
        let begin = self.begin(text);
        mask.expand(self.message, self.spans, &self.facts, text);
        Text::from_stored(&text.as_text().as_bytes()[begin..])
    }

    /// Begins a text, and returns how many bytes it has then.
    fn begin(&self, text: &mut TextBuffer) -> usize {
        text.clear();
        self.about.push_name(self.is_named, text);
        text.as_text().as_bytes().len()
    }
}

/// Returns the time so many milliseconds before another one.
fn ago(at: Wall, millis: u64) -> Wall {
    Wall {
        unix_secs: at.unix_secs.saturating_sub_unsigned(millis / 1_000),
        ..at
    }
}
