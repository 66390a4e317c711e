//! Expansion of repeat counts, and the numbering of positions, as in TRE.

use super::tree::{Kind, Node};

/// `tre_expand_ast`.
pub(super) struct Expander<'a> {
    pub(super) larger: &'a mut [bool],
    pub(super) add: usize,
    pub(super) add_total: usize,
    pub(super) largest: usize,
    pub(super) depth: usize,
}

/// The treatment of tags in a copy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    Keep,
    MaximizeFirst,
    Remove,
}

impl Expander<'_> {
    pub(super) fn expand(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Assert(_) | Kind::Empty | Kind::Tag(_) => {}
            Kind::Literal(_, position) => {
                *position += self.add;
                self.largest = self.largest.max(*position);
            }
            Kind::Alt(left, right) | Kind::Cat(left, right) => {
                self.expand(left);
                self.expand(right);
            }
            Kind::Repeat(piece, min, max) => {
                let (min, max) = (*min, *max);
                let is_counted = min > 1 || max.is_some_and(|max| max > 1);
                let before = self.add;
                if is_counted {
                    self.add = 0;
                }
                self.depth += 1;
                self.expand(piece);
                self.add = before;
                let written = is_counted.then(|| self.write_out(piece, min, max));
                self.depth -= 1;
                self.add_total += self.add - before;
                if self.depth == 0 {
                    self.add = self.add_total;
                }
                if let Some(written) = written {
                    node.kind = written.kind;
                }
            }
        }
    }

    fn write_out(&mut self, piece: &Node, min: u16, max: Option<u16>) -> Node {
        let mut saved = self.add;
        let mut all: Option<Node> = None;
        for index in 1..=min {
            let how = if index < min {
                Copy::Remove
            } else {
                Copy::MaximizeFirst
            };
            saved = self.add;
            let copy = self.copy(piece, how);
            all = Some(match all {
                Some(all) => Node::cat(all, copy),
                None => copy,
            });
        }
        let mut rest: Option<Node> = None;
        match max {
            None => {
                saved = self.add;
                rest = Some(self.copy(piece, Copy::Keep).repeat(0, None));
            }
            Some(max) => {
                for _ in min..max {
                    saved = self.add;
                    let copy = self.copy(piece, Copy::Keep);
                    let more = match rest {
                        Some(rest) => Node::cat(copy, rest),
                        None => copy,
                    };
                    rest = Some(Node::alt(Node::empty(), more));
                }
            }
        }
        self.add = saved;
        match (all, rest) {
            (Some(all), Some(rest)) => Node::cat(all, rest),
            (all, rest) => all.or(rest).expect("max is not 0"),
        }
    }

    fn copy(&mut self, piece: &Node, how: Copy) -> Node {
        let mut copy = piece.clone();
        let mut copied = 0;
        let mut is_first = true;
        self.adjust(&mut copy, how, &mut copied, &mut is_first);
        self.add += copied;
        copy
    }

    fn adjust(&mut self, node: &mut Node, how: Copy, copied: &mut usize, is_first: &mut bool) {
        match &mut node.kind {
            Kind::Assert(_) | Kind::Empty => {}
            Kind::Tag(_) if how == Copy::Remove => node.kind = Kind::Empty,
            Kind::Tag(tag) => {
                if how == Copy::MaximizeFirst && *is_first {
                    self.larger[*tag] = true;
                    *is_first = false;
                }
            }
            Kind::Literal(_, position) => {
                *position += self.add;
                *copied += 1;
                self.largest = self.largest.max(*position);
            }
            Kind::Alt(left, right) | Kind::Cat(left, right) => {
                self.adjust(left, how, copied, is_first);
                self.adjust(right, how, copied, is_first);
            }
            Kind::Repeat(piece, ..) => self.adjust(piece, how, copied, is_first),
        }
    }
}

/// Gives every literal a number of its own.
pub(super) fn number(node: &mut Node, next: &mut usize) {
    match &mut node.kind {
        Kind::Assert(_) | Kind::Empty | Kind::Tag(_) => {}
        Kind::Literal(_, position) => {
            *position = *next;
            *next += 1;
        }
        Kind::Alt(left, right) | Kind::Cat(left, right) => {
            number(left, next);
            number(right, next);
        }
        Kind::Repeat(piece, ..) => number(piece, next),
    }
}
