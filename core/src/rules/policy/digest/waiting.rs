//! One digest that is being collected: whose it is, what it only counts, and when it may
//! go.

use core::net::Ipv4Addr;

use super::{Item, Moment};
use crate::ids::{NotifierSet, RuleId, RuleName, Ticket};
use crate::limits::DIGEST_LOOK_MINUTES;
use crate::rules::notice::{About, NoticeHead};
use crate::rules::policy::plan::Plan;
use crate::rules::policy::quiet::local_minute;
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

/// Which digest it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DigestId {
    pub(super) rule: RuleId,
    /// Whether it goes to all notifiers of the rule.
    pub(super) is_for_all: bool,
}

/// A digest that is being collected.
#[derive(Debug)]
pub(super) struct Digest {
    pub(super) id: DigestId,
    pub(super) name: RuleName,
    pub(super) notifiers: NotifierSet,
    /// When the first was held.
    opened: Instant,
    pub(super) since: Wall,
    /// What the clock showed at the last look at it.
    seen: Wall,
    /// When to look again.
    pub(super) looks: Instant,
    /// Whether only the end of quiet hours is waited for.
    is_due: bool,
    /// How many notifications it stands for.
    pub(super) times: u32,
    /// Texts that have lost their place.
    pub(super) lost: Rest,
}

/// Texts that are only counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    pub(super) texts: u32,
    /// How many notifications they stand for.
    pub(super) times: u32,
}

impl Rest {
    pub(super) const fn add(&mut self, times: u32) {
        self.texts = self.texts.saturating_add(1);
        self.times = self.times.saturating_add(times);
    }

    /// Writes the end of a digest, if there is anything to say.
    pub(super) fn write(self, out: &mut TextBuffer) {
        let Self { texts, times } = self;
        if texts > 0 {
            let plural = |count| if count == 1 { "" } else { "s" };
            out.push_tail(format_args!(
                "\nand {texts} more text{}, {times} time{}",
                plural(texts),
                plural(times)
            ));
        }
    }
}

impl Digest {
    /// Returns the digest that begins with an item, which is not counted yet.
    pub(super) fn new(moment: Moment, plan: &Plan, item: &Item<'_>) -> Self {
        let mut digest = Self {
            id: item.id(),
            name: item.rule,
            notifiers: NotifierSet::EMPTY,
            opened: moment.now,
            since: item.kept.last,
            seen: moment.wall,
            looks: moment.now,
            is_due: plan.digest.is_none(),
            times: 0,
            lost: Rest::default(),
        };
        digest.wait(moment, plan);
        digest
    }

    /// Returns the head of a digest whose texts have all lost their places.
    pub(super) fn head(&self) -> NoticeHead {
        NoticeHead {
            rule: self.name,
            notifiers: self.notifiers,
            at: self.since,
            source: Ipv4Addr::UNSPECIFIED.into(),
            ticket: Ticket::default(),
            about: About::NOTHING,
            name_bytes: 0,
            time_bytes: 0,
        }
    }

    /// Looks at the clock, and returns whether the digest is due and it is not quiet.
    pub(super) fn may_go(&mut self, moment: Moment, plan: &Plan) -> bool {
        let Moment { now, wall } = moment;
        if let Some(time) = &plan.digest {
            self.is_due |= time.has_come(self.opened, self.seen, now, wall);
        }
        self.seen = wall;
        self.is_due && !plan.quiet.contains(wall)
    }

    /// Decides when to look again: at the next minute in which the digest may go, as far as
    /// the clock can say now, or at its next quarter.
    pub(super) fn wait(&mut self, moment: Moment, plan: &Plan) {
        let Moment { now, wall } = moment;
        let (minute, second) = local_minute(wall);
        let is_quiet = plan.quiet.contains(wall);
        let time = plan.digest.as_ref().filter(|_| !self.is_due);
        let mut next = minute + 1;
        while !next.is_multiple_of(DIGEST_LOOK_MINUTES)
            && (!is_quiet || plan.quiet.contains_minute(next))
            && !time.is_some_and(|time| time.is_at(next))
        {
            next += 1;
        }
        let secs = (next - minute) * 60 - second;
        self.looks = now.after(u64::from(secs) * 1_000);
        if let Some(millis) = time.and_then(|time| time.waits(wall)) {
            self.looks = self.looks.min(self.opened.after(millis));
        }
    }
}
