//! The bounded engine: all ways through the automaton at once, with tags.
//!
//! It holds at most one thread per state, so its work is bounded by text
//! length times transitions times tags, whatever the text is. It answers what
//! a rule's DFA cannot: the spans of groups, and everything if the rule has no
//! DFA. It follows TRE's `tre_tnfa_run_parallel` but for one point: if two
//! threads meet in the accepting state, TRE may let a match that begins later
//! replace an earlier one, and this keeps the leftmost, as POSIX asks.
//!
//! Three short cuts leave the result as it is. A thread that the next two bytes end
//! is not made. Without threads, the search goes on at the next byte that can begin
//! a match. And a thread that is alone is moved where it is, as long as it sets no
//! tag: along a literal byte by byte, and at once over what `.*` and its like take.

use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::program::{Program, State, TagBits, Transition};
use crate::matching::ere::scratch::{Scratch, Threads};
use crate::matching::ere::span::Span;

/// Returns whether the text has a match, or `otherwise` if finding out takes too
/// much work.
pub(super) fn is_match(
    program: &Program,
    text: &[u8],
    scratch: &mut Scratch,
    otherwise: bool,
) -> bool {
    match search(program, text, 0, scratch) {
        Outcome::NoMatch => false,
        Outcome::TooMuchWork => otherwise,
        Outcome::Match { .. } => true,
    }
}

/// Finds the leftmost-longest match and the spans of its groups. Returns whether
/// there is a match.
///
/// `spans` receives the whole match and then the groups, as many as it has
/// room for. If that takes too much work, it is a match and all spans are `None`.
pub(super) fn captures(
    program: &Program,
    text: &[u8],
    scratch: &mut Scratch,
    spans: &mut [Option<Span>],
) -> bool {
    spans.fill(None);
    let end = match search(program, text, program.lanes(), scratch) {
        Outcome::NoMatch => return false,
        Outcome::TooMuchWork => return true,
        Outcome::Match { end } => end,
    };
    let row = &scratch.best[..program.lanes()];
    for (index, group) in program.groups.iter().enumerate().take(spans.len()) {
        // A tag that was not passed: the group took no part.
        let (Some(start), Some(end)) = (
            program.offset(row, group.start, end),
            program.offset(row, group.end, end),
        ) else {
            continue;
        };
        // Should not happen; checked because callers slice with these offsets.
        if start > end {
            continue;
        }
        let span = Span { start, end };
        // Tags keep their values from earlier rounds of a repeat: in
        // `((a)|b)*` on `ab`, the inner group's still say 0-1 when the outer one
        // has moved on to 1-2. Such a group is not reported, as in musl. The
        // innermost group around it is enough to check, because that one was
        // checked against the next outer one, and so on: parents have smaller
        // numbers and come first.
        let is_inside = group.parent.is_none_or(|parent| {
            let parent = spans.get(usize::from(parent)).copied().flatten();
            parent.is_some_and(|parent| parent.contains(span))
        });
        if is_inside {
            spans[index] = Some(span);
        }
    }
    true
}

/// Searches the text with rows of `width` lanes, within the scratch's limit.
fn search(program: &Program, text: &[u8], width: usize, scratch: &mut Scratch) -> Outcome {
    let Scratch {
        now,
        next,
        best,
        limit,
        work,
    } = scratch;
    let mut run = Run::new(program, text, width, best, next);
    run.limit = *limit;
    let outcome = run.run(now);
    *work += run.work;
    outcome
}

/// Returns the most work that a byte of any text can take, if rows have `width`
/// lanes.
pub(super) fn work_per_byte(program: &Program, width: usize) -> usize {
    // The most that one byte can cost: each state that accepts it has a thread,
    // each transition is passed.
    let automaton = &program.automaton;
    let transitions = |byte| {
        let live = (0..automaton.accepting()).filter(|&state| program.accepts(state, byte));
        live.map(|state| automaton.leaving(state).len())
            .sum::<usize>()
    };
    let most = (0..=u8::MAX).map(transitions).max().unwrap_or(0) + automaton.initial().len();
    most * cost(width)
}

/// The result of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Match { end: usize },
    NoMatch,
    TooMuchWork,
}

/// The work of looking at a transition, in the unit of
/// [`RUN_WORK_MAX`](crate::limits::RUN_WORK_MAX).
const LOOK_COST: usize = 4;

/// Returns the work of passing a transition, the look included, if rows have
/// `width` lanes.
const fn cost(width: usize) -> usize {
    8 + width
}

/// One run over a text.
struct Run<'a> {
    program: &'a Program,
    text: &'a [u8],
    /// Lanes of the threads' rows: all of them, or none if only yes or no is asked
    /// for.
    width: usize,
    /// The bytes that a match can begin with; all if it can be empty.
    firsts: ByteSet,
    offset: usize,
    /// Work done, and most work that may be done, in the unit of
    /// [`RUN_WORK_MAX`](crate::limits::RUN_WORK_MAX).
    work: usize,
    limit: usize,
    /// End of the best match so far, whose tags are in `best`.
    end: Option<usize>,
    best: &'a mut [u64],
    /// Threads after the byte that was read last.
    next: &'a mut Threads,
}

impl<'a> Run<'a> {
    fn new(
        program: &'a Program,
        text: &'a [u8],
        width: usize,
        best: &'a mut [u64],
        next: &'a mut Threads,
    ) -> Self {
        next.clear();
        let targets = program.automaton.initial().iter();
        let sets = targets.map(|transition| program.set(transition.target));
        Self {
            program,
            text,
            width,
            firsts: sets.fold(ByteSet::EMPTY, ByteSet::union),
            offset: 0,
            work: 0,
            limit: 0,
            end: None,
            best,
            next,
        }
    }

    /// Reads the text until the result is known.
    fn run(&mut self, mut now: &'a mut Threads) -> Outcome {
        loop {
            if self.end.is_none() {
                if self.next.len == 0 {
                    self.find_first();
                }
                self.begin();
            }
            if self.next.len == 1 {
                self.go_alone();
            }
            // Without tags the first match decides. With them, threads that began
            // as early may still find a longer one.
            let is_done = self.end.is_some() && (self.width == 0 || self.next.len == 0);
            if is_done || self.offset >= self.text.len() {
                break;
            }
            self.offset += 1;
            core::mem::swap(&mut now, &mut self.next);
            self.next.clear();
            if !self.step(now) {
                return Outcome::TooMuchWork;
            }
        }
        self.end
            .map_or(Outcome::NoMatch, |end| Outcome::Match { end })
    }

    /// Goes on to the next byte that a match can begin with, or to the end of the
    /// text.
    fn find_first(&mut self) {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let skipped = rest.iter().position(|&byte| self.firsts.contains(byte));
        self.offset += skipped.unwrap_or(rest.len());
    }

    /// Adds the threads that begin a match here.
    fn begin(&mut self) {
        let program = self.program;
        let rest = &self.text[self.offset..];
        // Nearly always: another byte.
        if rest
            .first()
            .is_some_and(|&byte| !self.firsts.contains(byte))
        {
            return;
        }
        for transition in program.automaton.initial() {
            if program.goes_on(transition.target, rest)
                && self.next.slot(transition.target).is_none()
                && self.holds(transition.assertions)
            {
                self.offer(&program.unset[..self.width], transition, None);
            }
        }
    }

    /// Moves the only thread as far as it stays the only one and sets no tag.
    fn go_alone(&mut self) {
        let program = self.program;
        let mut state = self.next.states[0];
        // A thread that began after the match found so far has no effect, and one
        // that has arrived does not move.
        if self.end.is_some() && begin_of(self.next.row(0, self.width)) > begin_of(self.best) {
            return;
        }
        while state != program.automaton.accepting() && self.work <= self.limit {
            self.go_round(state);
            match self.only_way(state) {
                Some(target) => state = target,
                None => break,
            }
            self.offset += 1;
        }
        self.next.clear();
        self.next.push(state);
    }

    /// Returns the state that the next byte leads to from a thread's state, if that
    /// is all that the byte does.
    fn only_way(&mut self, state: State) -> Option<State> {
        let program = self.program;
        let rest = self.text.get(self.offset + 1..)?;
        if self.begins_before(rest) {
            return None;
        }
        let leaving = program.automaton.leaving(state);
        let mut ways = leaving
            .iter()
            .filter(|transition| program.goes_on(transition.target, rest));
        let way = ways.next()?;
        let is_plain = way.sets_nothing()
            && way.assertions.is_none()
            && way.target != program.automaton.accepting();
        let is_only = is_plain && ways.next().is_none();
        // Otherwise `step` counts the work.
        self.work += if is_only {
            leaving.len() * LOOK_COST
        } else {
            0
        };
        is_only.then_some(way.target)
    }

    /// Returns whether a match may begin before `rest`.
    fn begins_before(&self, rest: &[u8]) -> bool {
        // Nearly always not, by the next byte.
        if self.end.is_some()
            || rest
                .first()
                .is_some_and(|&byte| !self.firsts.contains(byte))
        {
            return false;
        }
        let program = self.program;
        let mut initial = program.automaton.initial().iter();
        initial.any(|transition| program.goes_on(transition.target, rest))
    }

    /// Moves the only thread over bytes that leave it as it is: each leads back to
    /// its state without setting a tag, and nowhere else.
    fn go_round(&mut self, state: State) {
        let (program, text) = (self.program, self.text);
        let stay = program.set(state);
        // Most states are left with the next byte.
        if !matches!(text.get(self.offset..), Some([byte, next, ..])
            if stay.contains(*byte) && stay.contains(*next))
        {
            return;
        }
        let Some(leave) = self.ways_out(state) else {
            return;
        };
        let plain = stay.without(leave);
        let leaving = program.automaton.leaving(state);
        loop {
            // Nearly always the next byte alone decides.
            let ahead = &text[self.offset + 1..];
            let decided = ahead.iter().position(|&next| !plain.contains(next));
            self.offset += decided.unwrap_or(ahead.len());
            let Some(rest @ [next, ..]) = text.get(self.offset + 1..) else {
                return;
            };
            // If not, the one after it does.
            let leads_on = |transition: &Transition| {
                let target = transition.target;
                target != state
                    && target != program.automaton.accepting()
                    && program.goes_on(target, rest)
            };
            if !stay.contains(*next)
                || self.begins_before(rest)
                || leaving.iter().any(leads_on)
                || self.work > self.limit
            {
                return;
            }
            self.work += leaving.len() * LOOK_COST;
            self.offset += 1;
        }
    }

    /// Returns the bytes before which the only thread, which is in `state`, may be
    /// elsewhere too, or another may begin. `None` if it must not go round at once.
    fn ways_out(&self, state: State) -> Option<ByteSet> {
        let program = self.program;
        // While there is no match, other threads may begin.
        let mut out = if self.end.is_none() {
            self.firsts
        } else {
            ByteSet::EMPTY
        };
        let mut is_circle = false;
        for transition in program.automaton.leaving(state) {
            if transition.assertions.contains(Assertions::TEXT_END) {
                // Not before the end, where going round does not lead.
            } else if transition.target == state {
                // Another way round might be preferred to the first.
                if is_circle || !transition.sets_nothing() || !transition.assertions.is_none() {
                    return None;
                }
                is_circle = true;
            } else if transition.target == program.automaton.accepting() {
                // The same thread accepts again after the next byte, which is
                // longer. But the first time must be seen: it ends the beginning
                // of others. Conditions may fail after the next byte.
                if self.end.is_none() || !transition.assertions.is_none() {
                    return None;
                }
            } else {
                out = out.union(program.set(transition.target));
            }
        }
        is_circle.then_some(out)
    }

    /// Moves every thread over a byte. Returns false, halfway, if that is too much
    /// work: a byte may move thousands of threads.
    fn step(&mut self, now: &Threads) -> bool {
        let program = self.program;
        let rest = &self.text[self.offset..];
        for index in 0..now.len {
            if self.work > self.limit {
                return false;
            }
            let state = now.states[index];
            // Other threads are made only if they accept the byte.
            if state == program.automaton.accepting() {
                continue;
            }
            // A thread that began after the match found so far cannot replace it.
            let row = now.row(index, self.width);
            if self.end.is_some() && begin_of(row) > begin_of(self.best) {
                continue;
            }
            let leaving = program.automaton.leaving(state);
            self.work += leaving.len() * LOOK_COST;
            for transition in leaving {
                if !program.goes_on(transition.target, rest) {
                    continue;
                }
                let slot = self.next.slot(transition.target);
                // The cheap half of the comparison that `offer` makes: without
                // tags no thread is better than another, and if the transition
                // sets none, the first lane usually decides.
                let is_worse = slot.is_some_and(|slot| {
                    let other = self.next.row(slot, self.width).first();
                    other.is_none() || (transition.sets_nothing() && row.first() > other)
                });
                if !is_worse && self.holds(transition.assertions) {
                    self.offer(row, transition, slot);
                }
            }
        }
        true
    }

    /// Returns whether conditions hold at the current offset.
    #[inline]
    fn holds(&self, assertions: Assertions) -> bool {
        assertions.is_none() || assertions.hold(self.text, self.offset)
    }

    /// Lets a thread with the tags of `row` pass a transition. It replaces the
    /// thread at `slot` that is in the target state only if it is preferred.
    fn offer(&mut self, row: &[u64], transition: &Transition, slot: Option<usize>) {
        let program = self.program;
        self.work += cost(self.width) - LOOK_COST;
        let passed = Passed {
            masks: program.automaton.masks(transition),
            stamp: (self.offset as u64 + 1) * EVERY_TAG,
            unset: &program.unset,
        };
        let slot = match slot {
            Some(slot) => {
                if !passed.is_preferred(row, self.next.row(slot, self.width)) {
                    return;
                }
                slot
            }
            None => self.next.push(transition.target),
        };
        let new = self.next.row_mut(slot, self.width);
        new.copy_from_slice(row);
        passed.write(new);
        if transition.target == program.automaton.accepting()
            && (self.end.is_none() || begin_of(new) <= begin_of(self.best))
        {
            self.best[..self.width].copy_from_slice(new);
            self.end = Some(self.offset);
        }
    }
}

/// One in each tag of a lane.
const EVERY_TAG: u64 = u64::MAX / u16::MAX as u64;

/// Returns the first tag of a row, which is where its match begins.
fn begin_of(row: &[u64]) -> u64 {
    row.first().map_or(0, |lane| lane >> TagBits::shift(0))
}

/// Tags that are set to one offset, in the form in which rows keep it: see
/// [`Program::unset`].
struct Passed<'a> {
    masks: &'a [TagBits],
    /// The offset to store, in every tag of a lane.
    stamp: u64,
    unset: &'a [u64],
}

impl Passed<'_> {
    /// Returns a lane with the tags of a mask set.
    fn set(&self, lane: u64, mask: TagBits) -> u64 {
        let stamp = self.stamp ^ self.unset[usize::from(mask.lane)];
        (lane & !mask.bits) | (stamp & mask.bits)
    }

    /// Returns whether `row` with these tags set is preferred to `other`.
    fn is_preferred(&self, row: &[u64], other: &[u64]) -> bool {
        let mut masks = self.masks;
        for (index, (&lane, &other)) in row.iter().zip(other).enumerate() {
            let mut new = lane;
            if let [mask, rest @ ..] = masks
                && usize::from(mask.lane) == index
            {
                new = self.set(lane, *mask);
                masks = rest;
            }
            if new != other {
                return new < other;
            }
        }
        false
    }

    /// Sets these tags in a row.
    fn write(&self, row: &mut [u64]) {
        for &mask in self.masks {
            // Without tags, a row has no lanes.
            if let Some(lane) = row.get_mut(usize::from(mask.lane)) {
                *lane = self.set(*lane, mask);
            }
        }
    }
}
