//! A compiled pattern as data: states, transitions, and what groups are read
//! from. `compile` makes it, `run` and the determiniser walk it.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::{ByteSet, SetId};

/// A state's number. The last state is the accepting one.
pub(crate) type State = u16;

/// One way from a state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    /// Where it leads.
    pub(crate) target: State,
    /// What must hold after the byte it is taken on.
    pub(crate) assertions: Assertions,
    /// Tags to set there: their range in [`Automaton::masks`].
    pub(crate) masks: (u16, u16),
}

impl Transition {
    /// Returns whether it sets no tag.
    pub(crate) const fn sets_nothing(&self) -> bool {
        self.masks.0 == self.masks.1
    }
}

/// Number of tags in one lane of a thread's row.
pub(crate) const LANE_TAGS: usize = 4;

/// Tags of one lane to set, as a mask over its bits. The first tag takes the most
/// significant bits, so that comparing lanes is comparing tags in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagBits {
    /// Which lane.
    pub(crate) lane: u16,
    /// All bits of the tags to set.
    pub(crate) bits: u64,
}

impl TagBits {
    /// Returns the mask of a single tag.
    pub(crate) const fn of(tag: u16) -> Self {
        let place = tag as usize % LANE_TAGS;
        Self {
            lane: tag / LANE_TAGS as u16,
            bits: (u16::MAX as u64) << Self::shift(place),
        }
    }

    /// Returns how far the tag at a place of its lane is shifted.
    pub(crate) const fn shift(place: usize) -> u32 {
        (LANE_TAGS - 1 - place) as u32 * u16::BITS
    }
}

/// Which value of a tag is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The larger offset.
    Larger,
    /// The smaller offset.
    Smaller,
}

/// Where a group's boundaries are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Group {
    /// Tag of its beginning; the number of tags stands for the match's end.
    pub(crate) start: u16,
    /// Tag of its end, likewise.
    pub(crate) end: u16,
    /// The innermost group around it.
    pub(crate) parent: Option<u16>,
}

/// The position automaton of a pattern: one state per literal.
///
/// Being in a state means that its literal is the next to match. A transition
/// is taken on a byte of its source's set, if the assertions hold after that
/// byte, and sets tags there.
#[derive(Debug)]
pub(crate) struct Automaton {
    /// The byte set of each state but the accepting one.
    pub(crate) sets: Box<[SetId]>,
    /// Where the transitions of each state begin, and where the last end.
    pub(crate) starts: Box<[u32]>,
    /// The transitions, by source; those of the beginning come last.
    pub(crate) transitions: Box<[Transition]>,
    /// The tags that transitions set.
    pub(crate) masks: Box<[TagBits]>,
}

impl Automaton {
    /// Returns the accepting state, which is also the number of literals.
    pub(crate) fn accepting(&self) -> State {
        self.sets.len() as State
    }

    /// Returns the transitions that leave a state. Those of the accepting
    /// state are the ones taken at the beginning of a match.
    pub(crate) fn leaving(&self, state: State) -> &[Transition] {
        let state = usize::from(state);
        let range = self.starts[state] as usize..self.starts[state + 1] as usize;
        &self.transitions[range]
    }

    /// Returns the transitions taken at the beginning of a match.
    pub(crate) fn initial(&self) -> &[Transition] {
        self.leaving(self.accepting())
    }

    /// Returns the tags that a transition sets.
    pub(crate) fn masks(&self, transition: &Transition) -> &[TagBits] {
        let (start, end) = transition.masks;
        &self.masks[usize::from(start)..usize::from(end)]
    }
}

/// A compiled pattern: its automaton, and how to read a thread's tags.
#[derive(Debug)]
pub(crate) struct Program {
    /// States and transitions.
    pub(crate) automaton: Automaton,
    /// The byte sets that states and `follows` refer to.
    pub(crate) sets: Box<[ByteSet]>,
    /// For each state but the accepting one, the bytes that can come after its own;
    /// all if nothing need come.
    follows: Box<[SetId]>,
    /// The groups, the whole match first.
    pub(crate) groups: Box<[Group]>,
    /// Number of tags.
    tags: u16,
    /// The row of a thread that has passed no tag: all bits of the tags that
    /// prefer the larger offset. Offsets are stored counting from 1, and those
    /// tags store the complement. So the smaller number is the preferred one in
    /// every tag, and comparing two threads is comparing two rows.
    pub(crate) unset: Box<[u64]>,
}

impl Program {
    /// Puts a program together. There is one direction per tag.
    pub(crate) fn new(
        automaton: Automaton,
        mut sets: Vec<ByteSet>,
        directions: &[Direction],
        groups: Vec<Group>,
    ) -> Self {
        let follows = (0..automaton.accepting())
            .map(|state| follow(&automaton, state, &mut sets))
            .collect();
        let mut unset = vec![0; lanes(directions.len())].into_boxed_slice();
        for (tag, direction) in directions.iter().enumerate() {
            if *direction == Direction::Larger {
                let mask = TagBits::of(tag as u16);
                unset[usize::from(mask.lane)] |= mask.bits;
            }
        }
        Self {
            automaton,
            // Their room to grow would stay for ever.
            sets: sets.into_boxed_slice(),
            follows,
            groups: groups.into_boxed_slice(),
            tags: directions.len() as u16,
            unset,
        }
    }

    /// Returns the number of states, the accepting one included.
    pub(crate) fn states(&self) -> usize {
        self.automaton.sets.len() + 1
    }

    /// Returns the lanes of a thread's row.
    pub(crate) fn lanes(&self) -> usize {
        self.unset.len()
    }

    /// Returns whether no condition is about words: all are about the text's ends.
    pub(crate) fn has_text_edges_only(&self) -> bool {
        let edges = Assertions::TEXT_START.and(Assertions::TEXT_END);
        let mut transitions = self.automaton.transitions.iter();
        transitions.all(|transition| edges.contains(transition.assertions))
    }

    /// Returns whether the literal of a state matches a byte. The accepting
    /// state has none.
    pub(crate) fn accepts(&self, state: State, byte: u8) -> bool {
        let set = self.automaton.sets.get(usize::from(state));
        set.is_some_and(|&set| self.sets[usize::from(set)].contains(byte))
    }

    /// Returns the bytes that a state can be left with; all for the accepting
    /// state.
    pub(crate) fn set(&self, state: State) -> ByteSet {
        match self.automaton.sets.get(usize::from(state)) {
            Some(&set) => self.sets[usize::from(set)],
            None => ByteSet::ALL,
        }
    }

    /// Returns whether being in a state can make a difference before `rest`, the
    /// rest of the text, as far as its first two bytes tell.
    #[inline(never)]
    pub(crate) fn goes_on(&self, state: State, rest: &[u8]) -> bool {
        let index = usize::from(state);
        let Some(&set) = self.automaton.sets.get(index) else {
            // The accepting state is a match, whatever comes.
            return true;
        };
        match *rest {
            [] => false,
            [byte] => self.sets[usize::from(set)].contains(byte),
            [byte, second, ..] => {
                self.sets[usize::from(set)].contains(byte)
                    && self.sets[usize::from(self.follows[index])].contains(second)
            }
        }
    }

    /// Returns the offset that a tag of a row holds, or `None` if the thread has
    /// not passed it. One more than the last tag stands for `end`, the end of
    /// the match.
    pub(crate) fn offset(&self, row: &[u64], tag: u16, end: usize) -> Option<usize> {
        if tag >= self.tags {
            return Some(end);
        }
        let (lane, place) = (usize::from(tag) / LANE_TAGS, usize::from(tag) % LANE_TAGS);
        let stored = (row[lane] ^ self.unset[lane]) >> TagBits::shift(place);
        usize::from(stored as u16).checked_sub(1)
    }

    /// Returns the bytes of memory that the program uses.
    pub(crate) fn memory(&self) -> usize {
        let parts = [
            size_of::<Self>(),
            size_of_val(&self.automaton.sets[..]),
            size_of_val(&self.automaton.starts[..]),
            size_of_val(&self.automaton.transitions[..]),
            size_of_val(&self.automaton.masks[..]),
            size_of_val(&self.sets[..]),
            size_of_val(&self.follows[..]),
            size_of_val(&self.groups[..]),
            size_of_val(&self.unset[..]),
        ];
        parts.iter().sum()
    }
}

/// Returns the set of the bytes that can come after a state's own, which is added
/// to `sets` unless it is easily found there.
fn follow(automaton: &Automaton, state: State, sets: &mut Vec<ByteSet>) -> SetId {
    const RECENT: usize = 16;
    let targets = automaton.leaving(state).iter();
    let mut ids = targets.map(|transition| automaton.sets.get(usize::from(transition.target)));
    let first = ids.next().flatten().copied();
    // In most states only one literal can be next.
    if let Some(first) = first
        && ids.clone().all(|id| id == Some(&first))
    {
        return first;
    }
    let first = first.map_or(ByteSet::ALL, |id| sets[usize::from(id)]);
    let union = ids.fold(first, |union, id| {
        union.union(id.map_or(ByteSet::ALL, |&id| sets[usize::from(id)]))
    });
    let recent = sets.len().saturating_sub(RECENT);
    match sets[recent..].iter().position(|set| *set == union) {
        Some(index) => (recent + index) as SetId,
        None => {
            sets.push(union);
            (sets.len() - 1) as SetId
        }
    }
}

/// Returns how many lanes hold so many tags.
pub(crate) const fn lanes(tags: usize) -> usize {
    tags.div_ceil(LANE_TAGS)
}
