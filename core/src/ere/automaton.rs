//! The position automaton: one state per literal of the pattern.
//!
//! Being in a state means that its literal is the next to match. A transition
//! is taken on a byte of its source's set, if the assertions hold behind that
//! byte, and sets tags there. There are no empty transitions: what can be
//! skipped between two literals is worked out here, once (Glushkov 1961).
//! For a piece that can match the empty string in several ways only one of
//! them is kept, as in musl: the left alternative if it can be empty, and
//! through the body of a loop if that can.

use alloc::vec;
use alloc::vec::Vec;

use super::ast::{Assertions, Kind, NO_TAG, Node, SetId, UNBOUNDED};
use super::error::ErrorKind;
use crate::limits::{STATES_MAX, TRANSITIONS_MAX};

/// A state's number. The last state is the accepting one.
pub(crate) type State = u16;

/// One way from a state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    /// Where it leads.
    pub(crate) target: State,
    /// What must hold behind the byte it is taken on.
    pub(crate) assertions: Assertions,
    /// Tags to set there: a list in [`Automaton::tag_lists`].
    pub(crate) tags: TagList,
}

/// A list of tags in [`Automaton::tag_lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagList {
    pub(crate) start: u16,
    pub(crate) len: u16,
}

/// The automaton of a pattern.
#[derive(Debug)]
pub(crate) struct Automaton {
    /// The byte set of each state but the accepting one.
    pub(crate) sets: Vec<SetId>,
    /// Where the transitions of each state begin, and where the last end.
    pub(crate) starts: Vec<u16>,
    /// The transitions, by source; those of the beginning come last.
    pub(crate) transitions: Vec<Transition>,
    /// The tags that transitions set.
    pub(crate) tag_lists: Vec<u16>,
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
        let range = usize::from(self.starts[state])..usize::from(self.starts[state + 1]);
        &self.transitions[range]
    }

    /// Returns the transitions taken at the beginning of a match.
    pub(crate) fn initial(&self) -> &[Transition] {
        self.leaving(self.accepting())
    }

    /// Returns the tags of a list.
    pub(crate) fn tags(&self, list: TagList) -> &[u16] {
        let start = usize::from(list.start);
        &self.tag_lists[start..start + usize::from(list.len)]
    }
}

/// Builds the automaton of a tree without counted repeats.
pub(crate) fn build(nodes: &[Node]) -> Result<Automaton, ErrorKind> {
    let mut builder = Builder {
        cells: Vec::new(),
        edges: Vec::new(),
        sets: Vec::new(),
    };
    let mut stack: Vec<Piece> = Vec::new();
    for node in nodes {
        let piece = match node.kind {
            Kind::Empty => Piece::empty(Assertions::NONE),
            Kind::Assert(assertions) => Piece::empty(assertions),
            Kind::Set(set) => builder.literal(set)?,
            Kind::Repeat { min, max } => {
                let child = stack.pop().unwrap_or_default();
                builder.repeat(child, min, max)?
            }
            Kind::Alt | Kind::Cat => {
                let right = stack.pop().unwrap_or_default();
                let left = stack.pop().unwrap_or_default();
                if node.kind == Kind::Alt {
                    Piece::either(left, right)
                } else {
                    builder.both(left, right)?
                }
            }
        };
        stack.push(builder.tagged(piece, node));
    }
    let whole = stack.pop().unwrap_or_default();
    builder.finish(whole)
}

/// A list of tags under construction: an index in [`Builder::cells`], or none.
type Cell = Option<u32>;

/// A way out of a piece, or into it.
#[derive(Clone, Copy, Debug)]
struct Port {
    state: State,
    assertions: Assertions,
    tags: Cell,
}

/// The one way through a piece that consumes nothing.
#[derive(Clone, Copy, Debug)]
struct Skip {
    assertions: Assertions,
    tags: Cell,
}

/// A part of the pattern, seen from outside.
#[derive(Debug, Default)]
struct Piece {
    first: Vec<Port>,
    last: Vec<Port>,
    skip: Option<Skip>,
}

impl Piece {
    const fn empty(assertions: Assertions) -> Self {
        Self {
            first: Vec::new(),
            last: Vec::new(),
            skip: Some(Skip {
                assertions,
                tags: None,
            }),
        }
    }

    fn either(left: Self, right: Self) -> Self {
        Self {
            first: join(left.first, right.first),
            last: join(left.last, right.last),
            skip: left.skip.or(right.skip),
        }
    }
}

/// Returns the ports of both lists, in no particular order.
fn join(mut one: Vec<Port>, mut other: Vec<Port>) -> Vec<Port> {
    if one.len() < other.len() {
        core::mem::swap(&mut one, &mut other);
    }
    one.append(&mut other);
    one
}

/// A transition under construction.
struct Edge {
    source: State,
    target: State,
    assertions: Assertions,
    tags: (Cell, Cell),
}

struct Builder {
    /// Lists of tags that share their ends: a tag, and the rest of the list.
    cells: Vec<(u16, Cell)>,
    edges: Vec<Edge>,
    sets: Vec<SetId>,
}

impl Builder {
    fn literal(&mut self, set: SetId) -> Result<Piece, ErrorKind> {
        if self.sets.len() == STATES_MAX {
            return Err(ErrorKind::TooLarge);
        }
        let port = Port {
            state: self.sets.len() as State,
            assertions: Assertions::NONE,
            tags: None,
        };
        self.sets.push(set);
        Ok(Piece {
            first: vec![port],
            last: vec![port],
            skip: None,
        })
    }

    fn repeat(&mut self, mut child: Piece, min: u16, max: u16) -> Result<Piece, ErrorKind> {
        if max == UNBOUNDED {
            self.connect(&child.last, &child.first)?;
        }
        if min == 0 && child.skip.is_none() {
            child.skip = Piece::empty(Assertions::NONE).skip;
        }
        Ok(child)
    }

    fn both(&mut self, mut left: Piece, mut right: Piece) -> Result<Piece, ErrorKind> {
        self.connect(&left.last, &right.first)?;
        let skip = match (left.skip, right.skip) {
            (Some(left), Some(right)) => Some(Skip {
                assertions: left.assertions.and(right.assertions),
                tags: self.concat(left.tags, right.tags),
            }),
            _ => None,
        };
        let first = match left.skip {
            Some(skip) => {
                self.pass(&mut right.first, skip);
                join(right.first, left.first)
            }
            None => left.first,
        };
        let last = match right.skip {
            Some(skip) => {
                self.pass(&mut left.last, skip);
                join(left.last, right.last)
            }
            None => right.last,
        };
        Ok(Piece { first, last, skip })
    }

    /// Adds the tags of a node to its piece.
    fn tagged(&mut self, mut piece: Piece, node: &Node) -> Piece {
        for (tag, ports) in [
            (node.tag_before, &mut piece.first),
            (node.tag_behind, &mut piece.last),
        ] {
            if tag == NO_TAG {
                continue;
            }
            for port in ports {
                port.tags = self.cons(tag, port.tags);
            }
            if let Some(skip) = &mut piece.skip {
                skip.tags = self.cons(tag, skip.tags);
            }
        }
        piece
    }

    /// Leads ports past a piece that is skipped.
    fn pass(&mut self, ports: &mut [Port], skip: Skip) {
        for port in ports {
            port.assertions = port.assertions.and(skip.assertions);
            port.tags = self.concat(port.tags, skip.tags);
        }
    }

    fn connect(&mut self, last: &[Port], first: &[Port]) -> Result<(), ErrorKind> {
        if self.edges.len() + last.len() * first.len() > TRANSITIONS_MAX {
            return Err(ErrorKind::TooLarge);
        }
        for from in last {
            self.edges.extend(first.iter().map(|to| Edge {
                source: from.state,
                target: to.state,
                assertions: from.assertions.and(to.assertions),
                tags: (from.tags, to.tags),
            }));
        }
        Ok(())
    }

    fn cons(&mut self, tag: u16, rest: Cell) -> Cell {
        self.cells.push((tag, rest));
        Some(self.cells.len() as u32 - 1)
    }

    fn concat(&mut self, mut list: Cell, mut tail: Cell) -> Cell {
        if list.is_none() {
            return tail;
        }
        while let Some(cell) = list {
            let (tag, rest) = self.cells[cell as usize];
            tail = self.cons(tag, tail);
            list = rest;
        }
        tail
    }

    fn collect(&self, lists: (Cell, Cell)) -> Vec<u16> {
        let mut tags = Vec::new();
        for mut list in [lists.0, lists.1] {
            while let Some(cell) = list {
                let (tag, rest) = self.cells[cell as usize];
                tags.push(tag);
                list = rest;
            }
        }
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    /// Connects the beginning and the accepting state and lays out the result.
    fn finish(mut self, whole: Piece) -> Result<Automaton, ErrorKind> {
        let accepting = self.sets.len() as State;
        let end = Piece {
            first: vec![Port {
                state: accepting,
                assertions: Assertions::NONE,
                tags: None,
            }],
            ..Piece::default()
        };
        let whole = self.both(whole, end)?;
        // The accepting state has no literal; its transitions are those that
        // begin a match.
        let start = [Port {
            state: accepting,
            assertions: Assertions::NONE,
            tags: None,
        }];
        self.connect(&start, &whole.first)?;
        self.edges.sort_by_key(|edge| edge.source);
        let mut automaton = Automaton {
            sets: Vec::new(),
            starts: vec![0],
            transitions: Vec::with_capacity(self.edges.len()),
            tag_lists: Vec::new(),
        };
        for edge in &self.edges {
            let tags = self.collect(edge.tags);
            let tags = intern(&mut automaton.tag_lists, &tags).ok_or(ErrorKind::TooLarge)?;
            while automaton.starts.len() <= usize::from(edge.source) {
                automaton.starts.push(automaton.transitions.len() as u16);
            }
            automaton.transitions.push(Transition {
                target: edge.target,
                assertions: edge.assertions,
                tags,
            });
        }
        automaton.starts.resize(
            usize::from(accepting) + 1,
            automaton.transitions.len() as u16,
        );
        automaton.starts.push(automaton.transitions.len() as u16);
        automaton.sets = self.sets;
        Ok(automaton)
    }
}

/// Returns where `tags` stand in `lists`, appending them if they do not.
fn intern(lists: &mut Vec<u16>, tags: &[u16]) -> Option<TagList> {
    let len = tags.len() as u16;
    if tags.is_empty() {
        return Some(TagList { start: 0, len });
    }
    let known = lists.windows(tags.len()).position(|window| window == tags);
    let start = known.unwrap_or_else(|| {
        lists.extend_from_slice(tags);
        lists.len() - tags.len()
    });
    Some(TagList {
        start: u16::try_from(start).ok()?,
        len,
    })
}
