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

use crate::limits::{STATES_MAX, TRANSITIONS_MAX};
use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::SetId;
use crate::matching::ere::program::{Automaton, State, TagBits, Transition};
use crate::matching::ere::syntax::ast::{Kind, NO_TAG, Node, UNBOUNDED};
use crate::matching::ere::syntax::error::ErrorKind;

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

    fn collect(&self, lists: (Cell, Cell)) -> Vec<TagBits> {
        let mut masks: Vec<TagBits> = Vec::new();
        for mut list in [lists.0, lists.1] {
            while let Some(cell) = list {
                let (tag, rest) = self.cells[cell as usize];
                let new = TagBits::of(tag);
                // In the order of their lanes.
                let at = masks.partition_point(|mask| mask.lane < new.lane);
                match masks.get_mut(at) {
                    Some(mask) if mask.lane == new.lane => mask.bits |= new.bits,
                    _ => masks.insert(at, new),
                }
                list = rest;
            }
        }
        masks
    }

    /// Connects the beginning and the accepting state and lays out the result.
    fn finish(mut self, whole: Piece) -> Result<Automaton, ErrorKind> {
        let accepting = Port {
            state: self.sets.len() as State,
            assertions: Assertions::NONE,
            tags: None,
        };
        let end = Piece {
            first: vec![accepting],
            ..Piece::default()
        };
        let whole = self.both(whole, end)?;
        // The accepting state has no literal; its transitions are those that
        // begin a match.
        self.connect(&[accepting], &whole.first)?;
        let edges = core::mem::take(&mut self.edges);
        let (starts, order) = by_source(&edges, self.sets.len() + 1);
        let mut automaton = Automaton {
            starts,
            transitions: Vec::with_capacity(edges.len()),
            masks: Vec::new(),
            sets: Vec::new(),
        };
        for index in order {
            let edge = &edges[index as usize];
            let tags = self.collect(edge.tags);
            automaton.transitions.push(Transition {
                target: edge.target,
                assertions: edge.assertions,
                masks: intern(&mut automaton.masks, &tags).ok_or(ErrorKind::TooLarge)?,
            });
        }
        automaton.sets = self.sets;
        Ok(automaton)
    }
}

/// Orders edges by their source, of which there are `sources`, and returns
/// where those of each source begin. The edges of one keep their order.
fn by_source(edges: &[Edge], sources: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0; sources + 1];
    for edge in edges {
        starts[usize::from(edge.source) + 1] += 1;
    }
    for source in 0..sources {
        starts[source + 1] += starts[source];
    }
    let mut free = starts.clone();
    let mut order = vec![0; edges.len()];
    for (index, edge) in edges.iter().enumerate() {
        let place = &mut free[usize::from(edge.source)];
        order[*place as usize] = index as u32;
        *place += 1;
    }
    (starts, order)
}

/// Returns where `masks` begin and end in `all`, appending them if they are
/// not there.
fn intern(all: &mut Vec<TagBits>, masks: &[TagBits]) -> Option<(u16, u16)> {
    if masks.is_empty() {
        return Some((0, 0));
    }
    let known = all.windows(masks.len()).position(|window| window == masks);
    let start = known.unwrap_or_else(|| {
        all.extend_from_slice(masks);
        all.len() - masks.len()
    });
    let end = u16::try_from(start + masks.len()).ok()?;
    Some((start as u16, end))
}
