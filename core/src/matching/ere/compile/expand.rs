//! Repeat counts written out as copies.
//!
//! `x{2,4}` becomes `xx(|x(|x))` and `x{2,}` becomes `xxx*`. Only the last of
//! the copies that must be there keeps its tags, and the first tag in it then
//! prefers the larger offset: `(a){3}` reports the third `a`. This follows
//! TRE's `tre_expand_ast`, except that every copied literal is a position of
//! its own (musl numbers some alike and then matches nonsense).

use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::limits::{EXPANDED_NODES_MAX, MESSAGE_BYTES_MAX, WRITTEN_NODES_MAX};
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::program::Direction;
use crate::matching::ere::syntax::ast::{Kind, NO_TAG, Node, Tree, UNBOUNDED, left, push_parent};
use crate::matching::ere::syntax::error::ErrorKind;

/// Returns the nodes of a tree with every counted repeat replaced by copies of
/// what it repeats.
///
/// A repeat whose shortest match is longer than any message can never match
/// and becomes a set without bytes, so that `(a{255}){255}`, which musl
/// accepts, costs nothing.
pub(crate) fn expand(
    tree: &mut Tree,
    directions: &mut [Direction],
) -> Result<Vec<Node>, ErrorKind> {
    let measures = measure(&tree.nodes);
    if let Some(whole) = measures.last()
        && (whole.written > WRITTEN_NODES_MAX as u64 || whole.kept > EXPANDED_NODES_MAX as u64)
    {
        return Err(ErrorKind::TooLarge);
    }
    let nothing = Kind::Set(tree.intern(ByteSet::EMPTY));
    let mut out = Vec::new();
    for (node, measure) in tree.nodes.iter().zip(&measures) {
        match node.kind {
            Kind::Repeat { .. } if measure.is_impossible() => {
                remove_last(&mut out);
                push_parent(
                    &mut out,
                    Node {
                        kind: nothing,
                        ..*node
                    },
                );
            }
            Kind::Repeat { min, max } if is_counted(min, max) => {
                let piece = remove_last(&mut out);
                write_out(&mut out, &piece, min, max, directions);
                if let Some(root) = out.last_mut() {
                    // The copies are joined by new nodes, so these tags are
                    // free; the repeat's own stay outside of the copies.
                    root.tag_before = node.tag_before;
                    root.tag_after = node.tag_after;
                }
            }
            _ => push_parent(&mut out, *node),
        }
    }
    Ok(out)
}

/// Lowers the counts of pieces that can be repeated without limit anyway: `(x*){0,9}`
/// matches what `(x*){0,2}` does. Returns whether there were any.
///
/// The groups may then be chosen among other ways to match, so this is for
/// patterns that are too large otherwise: copies of pieces that can all be
/// skipped have transitions from each to each.
pub(crate) fn lower_idle_counts(tree: &mut Tree) -> bool {
    let mut found = false;
    let mut is_closed: Vec<bool> = Vec::with_capacity(tree.nodes.len());
    for index in 0..tree.nodes.len() {
        let Kind::Repeat { min, max } = tree.nodes[index].kind else {
            is_closed.push(false);
            continue;
        };
        if is_closed[index - 1] && (min > 2 || (max > 2 && max != UNBOUNDED)) {
            let max = if max == UNBOUNDED { max } else { 2 };
            let min = min.min(2);
            tree.nodes[index].kind = Kind::Repeat { min, max };
            found = true;
        }
        is_closed.push(is_closed[index - 1] || (min == 0 && max == UNBOUNDED));
    }
    found
}

/// Returns whether a repeat has to be written out.
const fn is_counted(min: u16, max: u16) -> bool {
    min > 1 || (max > 1 && max != UNBOUNDED)
}

/// The size of a subtree when its repeats are written out.
#[derive(Clone, Copy, Debug)]
struct Measure {
    /// Nodes, if everything were written out.
    written: u64,
    /// Nodes, without the parts that can never match.
    kept: u64,
    /// Bytes of its shortest match.
    shortest: u64,
}

impl Measure {
    const fn is_impossible(self) -> bool {
        self.shortest > MESSAGE_BYTES_MAX as u64
    }
}

fn measure(nodes: &[Node]) -> Vec<Measure> {
    let mut measures: Vec<Measure> = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let children = match node.kind {
            Kind::Alt | Kind::Cat => (measures[left(nodes, index)], measures[index - 1]),
            Kind::Repeat { .. } => (measures[index - 1], measures[index - 1]),
            _ => (LEAF, LEAF),
        };
        measures.push(match (node.kind, children) {
            (Kind::Alt, (left, right)) => Measure {
                written: left.written.saturating_add(right.written) + 1,
                kept: left.kept.saturating_add(right.kept) + 1,
                shortest: left.shortest.min(right.shortest),
            },
            (Kind::Cat, (left, right)) => Measure {
                written: left.written.saturating_add(right.written) + 1,
                kept: left.kept.saturating_add(right.kept) + 1,
                shortest: left.shortest.saturating_add(right.shortest),
            },
            (Kind::Repeat { min, max }, (child, _)) => repeated(child, min, max),
            (Kind::Set(_), _) => Measure {
                shortest: 1,
                ..LEAF
            },
            (Kind::Empty | Kind::Assert(_), _) => LEAF,
        });
    }
    measures
}

const LEAF: Measure = Measure {
    written: 1,
    kept: 1,
    shortest: 0,
};

fn repeated(child: Measure, min: u16, max: u16) -> Measure {
    let copies = match (is_counted(min, max), max) {
        (false, _) => 1,
        (true, UNBOUNDED) => u64::from(min) + 1,
        (true, max) => u64::from(max),
    };
    let shortest = child.shortest.saturating_mul(u64::from(min));
    let mut measure = Measure {
        // Each copy brings at most three nodes that join it to the others.
        written: (child.written + 3).saturating_mul(copies),
        kept: (child.kept + 3).saturating_mul(copies),
        shortest,
    };
    if measure.is_impossible() {
        measure.kept = 1;
    }
    measure
}

/// Takes the last subtree off the list.
fn remove_last(nodes: &mut Vec<Node>) -> Vec<Node> {
    let size = nodes.last().map_or(0, |node| node.size as usize);
    nodes.split_off(nodes.len() - size)
}

fn write_out(
    out: &mut Vec<Node>,
    piece: &[Node],
    min: u16,
    max: u16,
    directions: &mut [Direction],
) {
    for copy in 1..=min {
        if copy < min {
            out.extend(piece.iter().map(|node| Node {
                tag_before: NO_TAG,
                tag_after: NO_TAG,
                ..*node
            }));
        } else {
            if let Some(tag) = first_tag(piece) {
                directions[usize::from(tag)] = Direction::Larger;
            }
            out.extend_from_slice(piece);
        }
        if copy > 1 {
            push_parent(out, Node::new(Kind::Cat));
        }
    }
    if max == UNBOUNDED {
        out.extend_from_slice(piece);
        let any = Kind::Repeat {
            min: 0,
            max: UNBOUNDED,
        };
        push_parent(out, Node::new(any));
    } else {
        write_optional(out, piece, max - min);
    }
    if min > 0 && max > min {
        push_parent(out, Node::new(Kind::Cat));
    }
}

/// Appends `(|x(|x(|x)))` with `copies` copies.
fn write_optional(out: &mut Vec<Node>, piece: &[Node], copies: u16) {
    for _ in 0..copies {
        out.push(Node::new(Kind::Empty));
        out.extend_from_slice(piece);
    }
    for copy in 0..copies {
        if copy > 0 {
            push_parent(out, Node::new(Kind::Cat));
        }
        push_parent(out, Node::new(Kind::Alt));
    }
}

/// Returns the first tag on the way through a subtree.
fn first_tag(nodes: &[Node]) -> Option<u16> {
    let before = nodes.iter().enumerate().filter_map(|(index, node)| {
        let start = index + 1 - node.size as usize;
        (node.tag_before != NO_TAG).then_some((2 * start, Reverse(node.size), node.tag_before))
    });
    let after = nodes.iter().enumerate().filter_map(|(index, node)| {
        (node.tag_after != NO_TAG).then_some((2 * index + 1, Reverse(0), node.tag_after))
    });
    before.chain(after).min().map(|(.., tag)| tag)
}
