//! The position automaton: one state per literal of the pattern.
//!
//! There are no empty transitions: the parts that can be skipped between two
//! literals are worked out here, once (Glushkov 1961). If a piece can match the
//! empty string in several ways, only one of them is kept, as in musl: the left
//! alternative if it can be empty, and through the body of a loop if that can.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::{STATES_MAX, TRANSITIONS_MAX};
use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::SetId;
use crate::matching::ere::compile::tag_lists::{Masks, TagList, TagLists};
use crate::matching::ere::program::{Automaton, State, Transition};
use crate::matching::ere::syntax::ast::{Kind, NO_TAG, Node, UNBOUNDED};
use crate::matching::ere::syntax::error::ErrorKind;

/// Builds the automaton of a tree without counted repeats.
pub(crate) fn build(nodes: &[Node]) -> Result<Automaton, ErrorKind> {
    let mut builder = Builder {
        lists: TagLists::default(),
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
        if builder.lists.is_full() {
            return Err(ErrorKind::TooLarge);
        }
    }
    let whole = stack.pop().unwrap_or_default();
    builder.finish(whole)
}

/// A way out of a piece, or into it: a literal, with the conditions and tags that
/// are passed between it and the border of the piece.
#[derive(Clone, Copy, Debug)]
struct Port {
    state: State,
    assertions: Assertions,
    tags: TagList,
}

/// The one way through a piece that consumes nothing.
#[derive(Clone, Copy, Debug)]
struct Skip {
    assertions: Assertions,
    tags: TagList,
}

/// A part of the pattern, seen from outside.
#[derive(Debug, Default)]
struct Piece {
    /// Literals that it can begin with.
    first: Vec<Port>,
    /// Literals that it can end with.
    last: Vec<Port>,
    /// The way past all of them.
    skip: Option<Skip>,
}

impl Piece {
    /// Returns the piece that matches only the empty string.
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

    /// Returns one piece or the other.
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
    tags: TagList,
}

/// The automaton under construction.
struct Builder {
    lists: TagLists,
    edges: Vec<Edge>,
    sets: Vec<SetId>,
}

impl Builder {
    /// Returns the piece of one literal, which is a new state.
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

    /// Returns a piece that may be repeated or skipped.
    fn repeat(&mut self, mut child: Piece, min: u16, max: u16) -> Result<Piece, ErrorKind> {
        if max == UNBOUNDED {
            self.connect(&child.last, &child.first)?;
        }
        if min == 0 && child.skip.is_none() {
            child.skip = Piece::empty(Assertions::NONE).skip;
        }
        Ok(child)
    }

    /// Returns one piece and then the other.
    fn both(&mut self, mut left: Piece, mut right: Piece) -> Result<Piece, ErrorKind> {
        // The usual way: out of the left piece, into the right one.
        self.connect(&left.last, &right.first)?;
        // Both can be skipped only if each can, and then the conditions of both
        // must hold at one place.
        let skip = match (left.skip, right.skip) {
            (Some(left), Some(right)) => Some(Skip {
                assertions: left.assertions.and(right.assertions),
                tags: self.lists.join(left.tags, right.tags),
            }),
            _ => None,
        };
        // If the left piece can be skipped, the right one's beginnings are
        // beginnings of both; entering there passes what skipping the left passes.
        let first = match left.skip {
            Some(skip) => {
                self.pass(&mut right.first, skip);
                join(right.first, left.first)
            }
            None => left.first,
        };
        // The same at the other end.
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
            (node.tag_after, &mut piece.last),
        ] {
            if tag == NO_TAG {
                continue;
            }
            for port in ports {
                port.tags = self.lists.add(tag, port.tags);
            }
            if let Some(skip) = &mut piece.skip {
                skip.tags = self.lists.add(tag, skip.tags);
            }
        }
        piece
    }

    /// Leads ports past a piece that is skipped.
    fn pass(&mut self, ports: &mut [Port], skip: Skip) {
        for port in ports {
            port.assertions = port.assertions.and(skip.assertions);
            port.tags = self.lists.join(port.tags, skip.tags);
        }
    }

    /// Adds a transition from each of some ends to each of some beginnings.
    fn connect(&mut self, last: &[Port], first: &[Port]) -> Result<(), ErrorKind> {
        if self.edges.len() + last.len() * first.len() > TRANSITIONS_MAX {
            return Err(ErrorKind::TooLarge);
        }
        for from in last {
            for to in first {
                let tags = self.lists.join(from.tags, to.tags);
                self.edges.push(Edge {
                    source: from.state,
                    target: to.state,
                    assertions: from.assertions.and(to.assertions),
                    tags,
                });
            }
        }
        Ok(())
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
        let (mut masks, mut list) = (Masks::new(), Vec::new());
        let mut transitions = Vec::with_capacity(edges.len());
        for index in order {
            let edge = &edges[index as usize];
            let range = self
                .lists
                .collect(edge.tags, &mut list)
                .and_then(|()| masks.intern(&list));
            transitions.push(Transition {
                target: edge.target,
                assertions: edge.assertions,
                masks: range.ok_or(ErrorKind::TooLarge)?,
            });
        }
        Ok(Automaton {
            sets: self.sets.into_boxed_slice(),
            starts: starts.into_boxed_slice(),
            transitions: transitions.into_boxed_slice(),
            masks: masks.all.into_boxed_slice(),
        })
    }
}

/// Sorts edges by their source, of which there are `sources`. Returns the start of
/// each source's edges in the order, and the order. The edges of one source keep
/// theirs.
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
