//! Places the tags: where the engine records offsets, and which of two paths
//! wins.
//!
//! A tag is a variable that is set to the current offset when its place in the
//! pattern is passed. Group boundaries are read from tags. If two paths reach one
//! state, the first tag in which they differ decides: each has a direction, the
//! smaller or the larger offset. The choice of tags, their places and their
//! directions are the whole of musl's sub-match rules. This follows TRE's
//! `tre_add_tags` step by step, because users see its choices in their
//! notifications.
//!
//! # Example
//!
//! `(a|b)*c` gets five tags:
//!
//! ```text
//! tag  place                        direction
//!  0   before the repeat            smaller     begin of the match
//!  1   before c                     larger      end of group 1
//!  2   before the alternation       smaller     begin of group 1
//!  3   after a                      larger      prefers a path through a
//!  4   after b                      larger      and then one through b
//! ```
//!
//! Group 1 is read from tags 2 and 1, the whole match from tag 0 and the end. On
//! `abc` the second round of the repeat sets tag 2 to 1 and the way to `c` sets
//! tag 1 to 2, so group 1 is `b`. Tag 1 has a smaller number than those inside of
//! the repeat because its number is set aside before they are placed: the length
//! of the repeat matters more than the rounds it is made of.

use alloc::vec;
use alloc::vec::Vec;

use crate::matching::ere::program::{Direction, Group};
use crate::matching::ere::syntax::ast::{Kind, Tree, left};

/// The tags of a pattern.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    /// One direction per tag.
    pub(crate) directions: Vec<Direction>,
    /// One entry per group, the whole match first.
    pub(crate) groups: Vec<Group>,
}

/// Places the tags of a tree in its nodes.
pub(crate) fn place(tree: &mut Tree) -> Tags {
    let groups = tree.groups;
    let mut walk = Walk::new(tree);
    walk.run();
    let total = walk.counts.last().map_or(0, |count| count.tags);
    let counts = core::mem::take(&mut walk.counts);
    let mut walk = Walk::new(tree);
    walk.counts = counts;
    walk.tags = Some(Tags {
        directions: vec![Direction::Smaller; usize::from(total)],
        groups: vec![Group::default(); groups + 1],
    });
    walk.run();
    walk.tags.unwrap_or_default()
}

/// The facts about a subtree that the second walk needs before it enters it.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Tags placed in it; that depends on what is pending before it.
    tags: u16,
    /// Groups in it, the node's own included.
    groups: u16,
}

/// The beginning or the end of a group that no tag marks yet.
#[derive(Clone, Copy, Debug)]
struct Boundary {
    group: u16,
    is_end: bool,
}

/// A step still to be done.
enum Step {
    Enter(usize),
    AfterRepeat(usize, u16),
    AfterCatLeft { tag: Option<u16>, next: u16 },
    AfterCat(usize),
    AfterAltLeft,
    AfterAlt(AfterAlt),
    CloseGroups(u16),
}

/// The state of an alternation while its sides are walked.
struct AfterAlt {
    index: usize,
    visible_from: usize,
    own_tags: u16,
    left_tag: u16,
    right_tag: u16,
}

/// One walk over the tree, by a list of steps instead of recursion. It is made
/// twice: without `tags` it only counts.
struct Walk<'t> {
    tree: &'t mut Tree,
    counts: Vec<Count>,
    tags: Option<Tags>,
    /// Boundaries waiting for the next tag. Those before `visible_from` are hidden
    /// by an alternation and wait until it has been left.
    pending: Vec<Boundary>,
    visible_from: usize,
    /// The groups around the current node, innermost last.
    parents: Vec<u16>,
    /// The tag that is placed next, and the one after it.
    tag: u16,
    next: u16,
    /// The direction of the tag that is placed next.
    direction: Direction,
    steps: Vec<Step>,
}

impl<'t> Walk<'t> {
    fn new(tree: &'t mut Tree) -> Self {
        Self {
            counts: group_counts(tree),
            tree,
            tags: None,
            pending: Vec::new(),
            visible_from: 0,
            parents: Vec::new(),
            tag: 0,
            next: 1,
            direction: Direction::Smaller,
            steps: Vec::new(),
        }
    }

    fn run(&mut self) {
        if let Some(root) = self.tree.nodes.len().checked_sub(1) {
            self.steps.push(Step::Enter(root));
        }
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Enter(index) => self.enter(index),
                Step::AfterRepeat(index, own) => {
                    self.sum_tags(index, 1, own);
                    self.direction = Direction::Larger;
                }
                Step::AfterCatLeft { tag, next } => {
                    self.tag = tag.unwrap_or(self.tag);
                    self.next = next;
                }
                Step::AfterCat(index) => self.sum_tags(index, 2, 0),
                Step::AfterAltLeft => self.visible_from = self.pending.len(),
                Step::AfterAlt(alt) => self.after_alt(&alt),
                Step::CloseGroups(group) => {
                    self.pending.push(Boundary {
                        group,
                        is_end: true,
                    });
                    self.parents.pop();
                }
            }
        }
        self.bind_pending();
    }

    /// Enters a node: the groups that consist of it, then the node itself.
    fn enter(&mut self, index: usize) {
        let node = self.tree.nodes[index];
        for group in node.group..node.group + node.groups {
            self.pending.push(Boundary {
                group,
                is_end: false,
            });
            if let Some(tags) = &mut self.tags {
                tags.groups[usize::from(group)].parent = self.parents.last().copied();
            }
            self.parents.push(group);
            self.steps.push(Step::CloseGroups(group));
        }
        match node.kind {
            Kind::Empty | Kind::Assert(_) => {}
            Kind::Set(_) => {
                self.counts[index].tags = self.place(index);
            }
            Kind::Cat => self.enter_cat(index),
            Kind::Alt => self.enter_alt(index),
            Kind::Repeat { .. } => {
                let own = self.place(index);
                self.steps.push(Step::AfterRepeat(index, own));
                self.steps.push(Step::Enter(index - 1));
                self.direction = Direction::Smaller;
            }
        }
    }

    /// Enters a concatenation: left, then right.
    fn enter_cat(&mut self, index: usize) {
        let left = left(&self.tree.nodes, index);
        let left_tags = self.counts[left].tags;
        let next = self.next + left_tags;
        let both = left_tags > 0 && self.counts[index - 1].tags > 0;
        // If both sides have tags, the next number is set aside for the right: its
        // first tag then decides before those inside of the left side.
        let tag = both.then_some(self.next);
        self.next += u16::from(both);
        self.steps.push(Step::AfterCat(index));
        self.steps.push(Step::Enter(index - 1));
        self.steps.push(Step::AfterCatLeft { tag, next });
        self.steps.push(Step::Enter(left));
    }

    /// Enters an alternation, whose sides must not see each other's boundaries.
    fn enter_alt(&mut self, index: usize) {
        let left = left(&self.tree.nodes, index);
        let (left_tag, right_tag) = if self.has_pending() {
            (self.next, self.next + 1)
        } else {
            (self.tag, self.next)
        };
        let mut own_tags = self.place(index);
        // Which side was taken is visible only if there are groups in it.
        if self.counts[index].groups > 0 {
            own_tags += 2;
            self.tag = self.next + 1;
            self.next += 2;
        }
        self.steps.push(Step::AfterAlt(AfterAlt {
            index,
            visible_from: self.visible_from,
            own_tags,
            left_tag,
            right_tag,
        }));
        self.steps.push(Step::Enter(index - 1));
        self.steps.push(Step::AfterAltLeft);
        self.steps.push(Step::Enter(left));
    }

    /// Places the tags after the sides of an alternation.
    fn after_alt(&mut self, alt: &AfterAlt) {
        self.sum_tags(alt.index, 2, alt.own_tags);
        self.visible_from = alt.visible_from;
        if let (Some(tags), true) = (&mut self.tags, self.counts[alt.index].groups > 0) {
            let left = left(&self.tree.nodes, alt.index);
            self.tree.nodes[left].tag_after = alt.left_tag;
            self.tree.nodes[alt.index - 1].tag_after = alt.right_tag;
            tags.directions[usize::from(alt.left_tag)] = Direction::Larger;
            tags.directions[usize::from(alt.right_tag)] = Direction::Larger;
        }
        self.direction = Direction::Larger;
    }

    /// Returns whether visible boundaries wait for a tag.
    fn has_pending(&self) -> bool {
        self.pending.len() > self.visible_from
    }

    /// Places a tag before a node if boundaries wait for one. Returns how many
    /// tags it placed.
    fn place(&mut self, index: usize) -> u16 {
        if !self.has_pending() {
            return 0;
        }
        if let Some(tags) = &mut self.tags {
            self.tree.nodes[index].tag_before = self.tag;
            tags.directions[usize::from(self.tag)] = self.direction;
        }
        self.bind_pending();
        self.tag = self.next;
        self.next += 1;
        1
    }

    /// Gives the boundaries that wait the tag that is placed next.
    fn bind_pending(&mut self) {
        let boundaries = self.pending.drain(self.visible_from..);
        let Some(tags) = &mut self.tags else { return };
        for boundary in boundaries {
            let group = &mut tags.groups[usize::from(boundary.group)];
            if boundary.is_end {
                group.end = self.tag;
            } else {
                group.start = self.tag;
            }
        }
    }

    /// Adds up the tags of a node with `children` children, if this walk counts.
    fn sum_tags(&mut self, index: usize, children: usize, own: u16) {
        if self.tags.is_some() {
            return;
        }
        let mut sum = own + self.counts[index - 1].tags;
        if children == 2 {
            sum += self.counts[left(&self.tree.nodes, index)].tags;
        }
        self.counts[index].tags = sum;
    }
}

/// Returns the numbers of groups of all subtrees, with no tags counted yet.
fn group_counts(tree: &Tree) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::with_capacity(tree.nodes.len());
    for (index, node) in tree.nodes.iter().enumerate() {
        let children = match node.kind {
            Kind::Empty | Kind::Assert(_) | Kind::Set(_) => 0,
            Kind::Repeat { .. } => counts[index - 1].groups,
            Kind::Alt | Kind::Cat => {
                counts[index - 1].groups + counts[left(&tree.nodes, index)].groups
            }
        };
        counts.push(Count {
            tags: 0,
            groups: node.groups + children,
        });
    }
    counts
}
