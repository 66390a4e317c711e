//! musl's matcher with its quirks, following TRE's source: a second engine that
//! shows which quirk causes a difference.
//!
//! It is written for comparison, not for speed: it is recursive, copies its lists,
//! and keeps each step where TRE has it. TRE's licence is in
//! `src/matching/ere/NOTICE-TRE.txt`.

mod expand;
mod ports;
mod tags;
mod tree;

use self::expand::{Expander, number};
use self::ports::{Transition, compute_ports, connect};
use self::tags::{Group, Tagger};
use self::tree::{Kind, Node, Parser, Port};
use crate::generate::{Ast, is_word};

/// The departures from POSIX to make.
#[derive(Clone, Copy)]
pub(crate) struct Quirks {
    /// Take a better path to the accepting state even if it begins later.
    pub(crate) q1: bool,
    /// Number copied literals as TRE does, which can give two the same number.
    pub(crate) q2: bool,
}

/// A pattern as musl compiles it.
pub(crate) struct Compiled {
    quirks: Quirks,
    larger: Vec<bool>,
    groups: Vec<Group>,
    initial: Vec<Port>,
    transitions: Vec<Vec<Transition>>,
    accepting: usize,
}

type Row = Vec<Option<usize>>;

impl Compiled {
    pub(crate) fn new(ast: &Ast, quirks: Quirks) -> Self {
        let mut parser = Parser {
            positions: 0,
            groups: 0,
        };
        let mut tree = parser.node(ast).into_group(0);
        let count = Tagger::walk(&mut tree, parser.groups, None).count;
        let tagger = Tagger::walk(&mut tree, parser.groups, Some(vec![false; count]));
        let mut larger = tagger.larger;
        let mut expander = Expander {
            larger: &mut larger,
            add: 0,
            add_total: 0,
            largest: 0,
            depth: 0,
        };
        expander.expand(&mut tree);
        let mut accepting = (parser.positions + expander.add_total).max(expander.largest);
        if !quirks.q2 {
            accepting = 0;
            number(&mut tree, &mut accepting);
        }
        let end = Node::new(Kind::Literal([].into(), accepting), 0);
        let mut tree = Node::cat(tree, end);
        compute_ports(&mut tree);
        let mut transitions = Vec::new();
        connect(&tree, &mut transitions);
        transitions.resize_with(transitions.len().max(accepting + 1), Vec::new);
        Self {
            quirks,
            larger,
            groups: tagger.groups,
            initial: tree.first,
            transitions,
            accepting,
        }
    }

    /// Returns the answer in the notation of the oracle.
    pub(crate) fn answer(&self, text: &[u8]) -> String {
        let Some((tags, end)) = self.run(text) else {
            return "N".to_owned();
        };
        let value = |tag: usize| {
            if tag < tags.len() {
                tags[tag]
            } else {
                Some(end)
            }
        };
        let mut spans: Vec<Option<(usize, usize)>> = Vec::new();
        for group in &self.groups {
            let span = value(group.start).zip(value(group.end));
            let is_inside = |(start, end): &(usize, usize)| {
                group.parents.iter().all(|&parent| {
                    spans[parent].is_some_and(|around| around.0 <= *start && *end <= around.1)
                })
            };
            spans.push(span.filter(is_inside));
        }
        let mut answer = format!("M{}", self.groups.len() - 1);
        for span in spans.iter().take(32) {
            answer += &match span {
                Some((start, end)) => format!(" {start},{end}"),
                None => " -1,-1".to_owned(),
            };
        }
        answer
    }

    /// `tre_tnfa_run_parallel`.
    fn run(&self, text: &[u8]) -> Option<(Row, usize)> {
        let mut best: Option<(Row, usize)> = None;
        let mut next: Vec<(usize, Row)> = Vec::new();
        for offset in 0..=text.len() {
            if best.is_none() {
                for port in &self.initial {
                    let is_there = next.iter().any(|(state, _)| *state == port.position);
                    if is_there || !hold(&port.assertions, text, offset) {
                        continue;
                    }
                    let mut row = vec![None; self.larger.len()];
                    port.tags.iter().for_each(|&tag| row[tag] = Some(offset));
                    if port.position == self.accepting {
                        best = Some((row.clone(), offset));
                    }
                    next.push((port.position, row));
                }
            } else if next.is_empty() || self.larger.is_empty() {
                break;
            }
            let Some(byte) = text.get(offset) else { break };
            let now = std::mem::take(&mut next);
            for (state, row) in &now {
                for transition in &self.transitions[*state] {
                    if transition.bytes.contains(byte)
                        && hold(&transition.assertions, text, offset + 1)
                    {
                        self.arrive(row, transition, offset + 1, &mut next, &mut best);
                    }
                }
            }
        }
        best
    }

    fn arrive(
        &self,
        row: &Row,
        transition: &Transition,
        offset: usize,
        next: &mut Vec<(usize, Row)>,
        best: &mut Option<(Row, usize)>,
    ) {
        let mut row = row.clone();
        transition
            .tags
            .iter()
            .for_each(|&tag| row[tag] = Some(offset));
        let is_leftmost = |best: &Option<(Row, usize)>, row: &Row| {
            best.as_ref()
                .is_none_or(|(tags, _)| row.first() <= tags.first())
        };
        let there = next
            .iter()
            .position(|(state, _)| *state == transition.target);
        let accepts = match there {
            None => {
                next.push((transition.target, row.clone()));
                is_leftmost(best, &row)
            }
            Some(index) if self.is_preferred(&row, &next[index].1) => {
                next[index].1.clone_from(&row);
                self.quirks.q1 || is_leftmost(best, &row)
            }
            Some(_) => return,
        };
        if accepts && transition.target == self.accepting {
            *best = Some((row, offset));
        }
    }

    fn is_preferred(&self, one: &Row, other: &Row) -> bool {
        for ((one, other), larger) in one.iter().zip(other).zip(&self.larger) {
            if one != other {
                return (one > other) == *larger;
            }
        }
        false
    }
}

fn hold(assertions: &[u8], text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|index| is_word(text[index]));
    let after = text.get(at).map(|&byte| is_word(byte));
    let is_edge = before.is_none() || after.is_none() || before != after;
    assertions.iter().all(|assertion| match assertion {
        b'^' => before.is_none(),
        b'$' => after.is_none(),
        b'b' => is_edge,
        b'B' => !is_edge,
        b'<' => before != Some(true) && after == Some(true),
        _ => before == Some(true) && after != Some(true),
    })
}
