//! Digests: what is held in quiet hours, or collected, is sent as one notification.
//!
//! This is the last stage. It holds whatever the other policies would notify, their own
//! summaries and reminders included, and counts equal texts.
//!
//! A rule has two digests at most: one for what goes to all of its notifiers, which is
//! nearly everything, and one for what only some of them must still get, because others
//! have it. So there is always room for a digest, and only texts compete. When there is no
//! room for another text, one goes that belongs to the rule and router with the most, and
//! is counted from then on.
//!
//! The wall clock decides when quiet hours end, and it may be changed meanwhile: by summer
//! time, or by NTP after a start in 1970. So a digest that waits looks at it again at every
//! quarter of an hour that it shows, which is when summer time begins and ends.

mod waiting;

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

use self::waiting::{Digest, DigestId};
use crate::ids::{NotifierSet, RuleName};
use crate::limits::{DIGEST_TEXTS_BYTES, DIGEST_TEXTS_MAX, DIGESTS_MAX, LABEL_BYTES_MAX};
use crate::rules::notice::NoticeHead;
use crate::rules::policy::kept_texts::{Kept, KeptTexts, Place};
use crate::rules::policy::key::Case;
use crate::rules::policy::outcome::Held;
use crate::rules::policy::plan::Plan;
use crate::rules::policy::slots::{NEVER, Slots};
use crate::rules::rule::Rule;
use crate::text::{Label, TAIL_BYTES_MAX, TextBuffer};
use crate::time::{Instant, Wall};

/// A time on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::rules) struct Moment {
    pub(in crate::rules) now: Instant,
    pub(in crate::rules) wall: Wall,
}

/// A notification that may be held.
pub(super) struct Item<'a> {
    /// The text's, in its digest.
    pub(super) case: Case,
    pub(super) rule: RuleName,
    pub(super) notifiers: NotifierSet,
    pub(super) kept: &'a Kept<'a>,
    /// How many times it stands for.
    pub(super) times: u32,
    /// Whether it goes to all notifiers of its rule.
    pub(super) is_for_all: bool,
}

impl Item<'_> {
    const fn id(&self) -> DigestId {
        DigestId {
            rule: self.case.rule,
            is_for_all: self.is_for_all,
        }
    }
}

/// A text of a digest.
#[derive(Clone, Copy, Debug)]
struct Entry {
    digest: DigestId,
    text: Place,
    times: u32,
    first: Wall,
}

const _: () = assert!(size_of::<Entry>() == 32);

/// All digests that are being collected.
#[derive(Debug)]
pub(super) struct Digests {
    digests: Vec<Digest>,
    /// No digest need be looked at before.
    earliest: Instant,
    slots: Slots,
    entries: Vec<Entry>,
    texts: KeptTexts,
}

impl Digests {
    /// Returns no digests, with room for all that there may be if any rule holds something.
    pub(super) fn new(is_used: bool) -> Self {
        let of_used = |max: usize| if is_used { max } else { 0 };
        Self {
            digests: Vec::with_capacity(of_used(DIGESTS_MAX)),
            earliest: NEVER,
            slots: Slots::new(of_used(DIGEST_TEXTS_MAX)),
            entries: Vec::with_capacity(of_used(DIGEST_TEXTS_MAX)),
            texts: KeptTexts::new(of_used(DIGEST_TEXTS_BYTES)),
        }
    }

    /// Holds a notification if it is quiet or its rule collects, and returns why.
    pub(super) fn hold(&mut self, moment: Moment, plan: &Plan, item: &Item<'_>) -> Option<Held> {
        let is_quiet = plan.quiet.contains(moment.wall);
        let is_one = |digest: &Digest| digest.id == item.id();
        let index = match self.digests.iter().position(is_one) {
            Some(index) => index,
            None if is_quiet || plan.digest.is_some() => {
                debug_assert!(self.digests.len() < DIGESTS_MAX);
                self.digests.push(Digest::new(moment, plan, item));
                self.digests.len() - 1
            }
            None => return None,
        };
        let digest = &mut self.digests[index];
        digest.times = digest.times.saturating_add(item.times);
        digest.notifiers = digest.notifiers.union(item.notifiers);
        if !is_quiet && plan.digest.is_none() {
            // The clock was changed, and what is held goes now, in order.
            digest.looks = moment.now;
        }
        self.earliest = self.earliest.min(digest.looks);
        self.count(moment.now, item);
        Some(if is_quiet { Held::Quiet } else { Held::Digest })
    }

    /// Counts a text that is held.
    fn count(&mut self, now: Instant, item: &Item<'_>) {
        let of_key = |index: &usize| self.slots.find_next(*index);
        let mut known = core::iter::successors(self.slots.find(item.case.key), of_key);
        let known = known.find(|&index| self.entries[index].digest == item.id());
        let index = match known {
            Some(index) => {
                let entry = &mut self.entries[index];
                entry.times = entry.times.saturating_add(item.times);
                self.texts.touch(entry.text, item.kept.last);
                index
            }
            None => self.add(now, item),
        };
        // The most frequent stays if there is no room.
        let weight = self.entries[index].times.min(u8::MAX.into()) as u8;
        self.slots.set_weight(index, weight);
    }

    /// Adds a text, and returns its number.
    fn add(&mut self, now: Instant, item: &Item<'_>) -> usize {
        if self.slots.is_full()
            && let Some(victim) = self.slots.victim(now)
        {
            let Entry { digest, times, .. } = self.entries[victim];
            if let Some(digest) = self.digests.iter_mut().find(|of| of.id == digest) {
                digest.lost.add(times);
            }
            self.remove(victim);
        }
        let Self { entries, texts, .. } = self;
        let owner = entries.len() as u16;
        let text = texts.keep(owner, item.kept, &mut |owner, place| {
            if let Some(entry) = entries.get_mut(usize::from(owner)) {
                entry.text = place;
            }
        });
        self.slots.insert(item.case, NEVER);
        self.entries.push(Entry {
            digest: item.id(),
            text,
            times: item.times,
            first: item.kept.last,
        });
        self.entries.len() - 1
    }

    /// Writes the next digest that is due to `text`, or returns `None` once there is none
    /// left. At the end of time all are due.
    pub(super) fn on_timeout(
        &mut self,
        moment: Moment,
        rules: &[Rule],
        text: &mut TextBuffer,
    ) -> Option<NoticeHead> {
        let now = moment.now;
        while self.earliest <= now {
            let digests = self.digests.iter_mut().enumerate();
            let Some((index, digest)) = digests.min_by_key(|(_, digest)| digest.looks) else {
                self.earliest = NEVER;
                break;
            };
            self.earliest = digest.looks;
            if self.earliest > now {
                break;
            }
            let rule = rules.get(digest.id.rule.index());
            let plan = rule.and_then(|rule| rule.plan.as_ref());
            match plan {
                Some(plan) if now < NEVER && !digest.may_go(moment, plan) => {
                    digest.wait(moment, plan);
                }
                _ => return Some(self.send(index, text)),
            }
        }
        None
    }

    /// Returns when to look at a digest next.
    pub(super) fn next(&self) -> Option<Instant> {
        (self.earliest < NEVER).then_some(self.earliest)
    }

    /// Writes a digest and forgets it. A single text looks as ever.
    fn send(&mut self, index: usize, text: &mut TextBuffer) -> NoticeHead {
        let digest = self.digests.swap_remove(index);
        let next = self.most_frequent(&digest);
        let Some(index) = next.filter(|&index| self.entries[index].times == digest.times) else {
            return self.send_list(&digest, next, text);
        };
        let (times, kept) = self.get(index);
        let mut head = kept.head(digest.name, digest.notifiers);
        head.begin(kept.is_named, text);
        text.push_text(kept.text);
        head.end(&times, text);
        self.remove(index);
        head
    }

    /// Writes the texts of a digest, of which `next` is the first, and forgets them.
    fn send_list(
        &mut self,
        digest: &Digest,
        mut next: Option<usize>,
        text: &mut TextBuffer,
    ) -> NoticeHead {
        let Digest {
            name, times, since, ..
        } = digest;
        text.clear();
        text.push_display(&format_args!(
            "Digest of {name}: {times} in all since {since}"
        ));
        let mut head = match next {
            Some(index) => self.get(index).1.head(*name, digest.notifiers),
            None => digest.head(),
        };
        let mut rest = digest.lost;
        while let Some(index) = next {
            let (times, kept) = self.get(index);
            if kept.last.unix_secs > head.at.unix_secs {
                head.at = kept.last;
            }
            if kept.about.router != head.about.router {
                // It is about none of them.
                head.about.router = Label::EMPTY;
            }
            // Of a line beside its text: line end, name and times.
            let frame = 1 + LABEL_BYTES_MAX + "[] ".len() + TAIL_BYTES_MAX;
            if text.room() >= kept.text.as_bytes().len() + frame {
                text.push_mask("\n");
                kept.about.push_name(kept.is_named, text);
                text.push_text(kept.text);
                text.push_display(&format_args!("{times}{}", kept.last));
            } else {
                rest.add(times.times);
            }
            self.remove(index);
            next = self.most_frequent(digest);
        }
        rest.write(text);
        head
    }

    /// Returns a text, and how often and when it has come.
    fn get(&self, index: usize) -> (Times, Kept<'_>) {
        let Entry {
            text, times, first, ..
        } = self.entries[index];
        let kept = self.texts.get(text);
        let is_first = first == kept.last;
        let first = (!is_first).then_some(first);
        (Times { times, first }, kept)
    }

    /// Returns the text of a digest that has come most often, of several the one that came
    /// first, whose place is before the others'.
    fn most_frequent(&self, digest: &Digest) -> Option<usize> {
        let entries = self.entries.iter().enumerate();
        let entries = entries.filter(|(_, entry)| entry.digest == digest.id);
        entries
            .max_by_key(|(_, entry)| (entry.times, Reverse(entry.text)))
            .map(|(index, _)| index)
    }

    /// Removes a text. The last one takes its number.
    fn remove(&mut self, index: usize) {
        self.slots.remove(index);
        let removed = self.entries.swap_remove(index).text;
        self.texts.remove(removed);
        if let Some(moved) = self.entries.get(index) {
            self.texts.set_owner(moved.text, index as u16);
        }
    }
}

/// How often a text has come, and when first unless that was when it came last. The time
/// of the last follows; with it there are at most [`TAIL_BYTES_MAX`] bytes.
struct Times {
    times: u32,
    first: Option<Wall>,
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.times == 1 {
            return f.write_str(", at: ");
        }
        write!(f, ", {} times", self.times)?;
        if let Some(first) = self.first {
            write!(f, ", first at: {first}")?;
        }
        f.write_str(", last at: ")
    }
}
