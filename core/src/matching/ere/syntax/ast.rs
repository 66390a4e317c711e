//! The syntax tree, kept as a list in post-order.
//!
//! A node's children stand before it without a gap: the right child, or the
//! only one, directly before its parent, the left child directly before the
//! right one's subtree. So a subtree is a slice, copying one is copying that
//! slice, and no pass over the tree needs the call stack: a pattern of
//! thousands of nested groups costs a few kilobytes of list and no recursion.
//!
//! Passes are plain loops. They share no fold: two keep a stack of results of
//! subtrees, two keep the result of every node, some can fail, and each treats its
//! kinds of node differently, so a common helper would be longer than the loops.

use alloc::vec::Vec;

use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::{ByteSet, SetId};

/// Stands for "no upper bound" in [`Kind::Repeat`].
pub(crate) const UNBOUNDED: u16 = u16::MAX;

/// Stands for "no tag here" in [`Node`].
pub(crate) const NO_TAG: u16 = u16::MAX;

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Matches the empty string.
    Empty,
    /// Matches the empty string at a place that meets the conditions.
    Assert(Assertions),
    /// Matches one byte of a set.
    Set(SetId),
    /// Left or right.
    Alt,
    /// Left, then right.
    Cat,
    /// The child, between `min` and `max` times.
    Repeat {
        /// Fewest repetitions.
        min: u16,
        /// Most repetitions, or [`UNBOUNDED`].
        max: u16,
    },
}

/// A node of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Nodes of its subtree, itself included.
    pub(crate) size: u32,
    /// Number of the outermost group that consists of exactly this node.
    pub(crate) group: u16,
    /// How many groups consist of exactly this node. Their numbers follow
    /// each other, because their parentheses do: `((a))`.
    pub(crate) groups: u16,
    /// Tag to set on the way in, or [`NO_TAG`].
    pub(crate) tag_before: u16,
    /// Tag to set on the way out, or [`NO_TAG`].
    pub(crate) tag_after: u16,
}

impl Node {
    /// Returns a node without children, groups and tags.
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            size: 1,
            group: 0,
            groups: 0,
            tag_before: NO_TAG,
            tag_after: NO_TAG,
        }
    }
}

/// A parsed pattern.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The nodes in post-order; the last one is the root.
    pub(crate) nodes: Vec<Node>,
    /// The byte sets that nodes refer to.
    pub(crate) sets: Vec<ByteSet>,
    /// Number of groups, the whole pattern not counted.
    pub(crate) groups: usize,
}

impl Tree {
    /// Appends a node without children.
    pub(crate) fn push_leaf(&mut self, kind: Kind) {
        self.nodes.push(Node::new(kind));
    }

    /// Appends the parent of the last one or two subtrees.
    pub(crate) fn push_parent(&mut self, kind: Kind) {
        push_parent(&mut self.nodes, Node::new(kind));
    }

    /// Returns the id of a byte set, adding it if it is new.
    pub(crate) fn intern(&mut self, set: ByteSet) -> SetId {
        let known = self.sets.iter().position(|&known| known == set);
        known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        }) as SetId
    }
}

/// Appends `node` as the parent of the last one or two subtrees, and gives it
/// its size.
pub(crate) fn push_parent(nodes: &mut Vec<Node>, mut node: Node) {
    let index = nodes.len();
    node.size = 1 + match node.kind {
        Kind::Empty | Kind::Assert(_) | Kind::Set(_) => 0,
        Kind::Repeat { .. } => nodes[index - 1].size,
        Kind::Alt | Kind::Cat => nodes[index - 1].size + nodes[left(nodes, index)].size,
    };
    nodes.push(node);
}

/// Returns the index of the left child of the node at `parent`, whose right
/// child stands at `parent - 1`.
pub(crate) fn left(nodes: &[Node], parent: usize) -> usize {
    parent - 1 - nodes[parent - 1].size as usize
}
