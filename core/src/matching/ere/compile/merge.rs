//! The two cases of a letter as one literal.
//!
//! To musl, a letter whose case is ignored is an alternation of two literals with the
//! same number. If no tag distinguishes them, one literal of both bytes is the same.
//! Without this, each letter would be two states, and two letters four transitions.

use alloc::vec::Vec;

use crate::matching::ere::byte_set::SetId;
use crate::matching::ere::syntax::ast::{Kind, NO_TAG, Node, Tree, push_parent};

/// Makes one literal of each alternation of two literals without tags. The tree's tags
/// must have been placed.
pub(crate) fn merge(tree: &mut Tree) {
    let mut nodes: Vec<Node> = Vec::with_capacity(tree.nodes.len());
    for mut node in core::mem::take(&mut tree.nodes) {
        if let (Kind::Alt, [.., left, right]) = (node.kind, &nodes[..])
            && let Some((left, right)) = plain_set(left).zip(plain_set(right))
        {
            let union = tree.sets[usize::from(left)].union(tree.sets[usize::from(right)]);
            node.kind = Kind::Set(tree.intern(union));
            nodes.truncate(nodes.len() - 2);
        }
        push_parent(&mut nodes, node);
    }
    // The bytes that the other sets distinguish would be columns of the DFA.
    let sets = core::mem::take(&mut tree.sets);
    for node in &mut nodes {
        if let Kind::Set(set) = &mut node.kind {
            *set = tree.intern(sets[usize::from(*set)]);
        }
    }
    tree.nodes = nodes;
}

/// Returns the set of a literal without tags.
fn plain_set(node: &Node) -> Option<SetId> {
    match node.kind {
        Kind::Set(set) if node.tag_before == NO_TAG && node.tag_after == NO_TAG => Some(set),
        _ => None,
    }
}
