//! The way from the tree to transitions.

use super::tree::{Bytes, Kind, Node, Port};

/// `tre_match_empty`: adds the tags and assertions on the one
/// empty path through a node.
fn empty_path(node: &Node, tags: &mut Vec<usize>, assertions: &mut Vec<u8>) {
    match &node.kind {
        Kind::Assert(assertion) => assertions.push(*assertion),
        Kind::Empty | Kind::Literal(..) => {}
        Kind::Tag(tag) => tags.push(*tag),
        Kind::Alt(left, right) => {
            empty_path(if left.nullable { left } else { right }, tags, assertions);
        }
        Kind::Cat(left, right) => {
            empty_path(left, tags, assertions);
            empty_path(right, tags, assertions);
        }
        Kind::Repeat(piece, ..) if piece.nullable => empty_path(piece, tags, assertions),
        Kind::Repeat(..) => {}
    }
}

/// `tre_compute_nfl`.
pub(super) fn compute_ports(node: &mut Node) {
    match &mut node.kind {
        Kind::Assert(_) | Kind::Empty | Kind::Tag(_) => node.nullable = true,
        Kind::Literal(bytes, position) => {
            let port = Port {
                position: *position,
                bytes: bytes.clone(),
                assertions: Vec::new(),
                tags: Vec::new(),
            };
            node.first = vec![port.clone()];
            node.last = vec![port];
        }
        Kind::Alt(left, right) => {
            compute_ports(left);
            compute_ports(right);
            node.nullable = left.nullable || right.nullable;
            node.first = [&left.first[..], &right.first].concat();
            node.last = [&left.last[..], &right.last].concat();
        }
        Kind::Repeat(piece, min, _) => {
            compute_ports(piece);
            node.nullable = *min == 0 || piece.nullable;
            node.first.clone_from(&piece.first);
            node.last.clone_from(&piece.last);
        }
        Kind::Cat(left, right) => {
            compute_ports(left);
            compute_ports(right);
            node.nullable = left.nullable && right.nullable;
            node.first = past(left, &right.first, &left.first);
            node.last = past(right, &left.last, &right.last);
        }
    }
}

/// Returns the ports on one side of a concatenation: `own`, those of the node there,
/// preceded by `others` if that node can be skipped.
fn past(skipped: &Node, others: &[Port], own: &[Port]) -> Vec<Port> {
    if !skipped.nullable {
        return own.to_vec();
    }
    let (mut tags, mut assertions) = (Vec::new(), Vec::new());
    empty_path(skipped, &mut tags, &mut assertions);
    let mut ports = others.to_vec();
    for port in &mut ports {
        port.tags.extend(&tags);
        port.assertions.extend(&assertions);
    }
    ports.extend_from_slice(own);
    ports
}

pub(super) struct Transition {
    pub(super) bytes: Bytes,
    pub(super) target: usize,
    pub(super) assertions: Vec<u8>,
    pub(super) tags: Vec<usize>,
}

/// `tre_ast_to_tnfa`.
pub(super) fn connect(node: &Node, transitions: &mut Vec<Vec<Transition>>) {
    match &node.kind {
        Kind::Assert(_) | Kind::Empty | Kind::Literal(..) | Kind::Tag(_) => {}
        Kind::Alt(left, right) => {
            connect(left, transitions);
            connect(right, transitions);
        }
        Kind::Cat(left, right) => {
            make(&left.last, &right.first, transitions);
            connect(left, transitions);
            connect(right, transitions);
        }
        Kind::Repeat(piece, _, max) => {
            if max.is_none() {
                make(&piece.last, &piece.first, transitions);
            }
            connect(piece, transitions);
        }
    }
}

/// `tre_make_trans`.
fn make(last: &[Port], first: &[Port], transitions: &mut Vec<Vec<Transition>>) {
    for from in last {
        let mut previous = None;
        for to in first {
            if previous == Some(to.position) {
                continue;
            }
            previous = Some(to.position);
            if transitions.len() <= from.position {
                transitions.resize_with(from.position + 1, Vec::new);
            }
            transitions[from.position].push(Transition {
                bytes: from.bytes.clone(),
                target: to.position,
                assertions: [&from.assertions[..], &to.assertions].concat(),
                tags: [&from.tags[..], &to.tags].concat(),
            });
        }
    }
}
