//! The placement of tags.

use super::tree::{Kind, Node};

#[derive(Clone, Default)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) parents: Vec<usize>,
}

/// `tre_add_tags`; the first walk counts, the second places.
pub(super) struct Tagger {
    placing: bool,
    pub(super) larger: Vec<bool>,
    pub(super) groups: Vec<Group>,
    pending: Vec<(usize, bool)>,
    visible_from: usize,
    parents: Vec<usize>,
    tag: usize,
    next: usize,
    pub(super) count: usize,
    direction: bool,
}

impl Tagger {
    pub(super) fn walk(node: &mut Node, groups: usize, larger: Option<Vec<bool>>) -> Self {
        let mut tagger = Self {
            placing: larger.is_some(),
            larger: larger.unwrap_or_default(),
            groups: vec![Group::default(); groups + 1],
            pending: Vec::new(),
            visible_from: 0,
            parents: Vec::new(),
            tag: 0,
            next: 1,
            count: 0,
            direction: false,
        };
        tagger.enter(node);
        tagger.bind();
        tagger
    }

    fn bind(&mut self) {
        for (group, is_end) in self.pending.drain(self.visible_from..) {
            if is_end {
                self.groups[group].end = self.tag;
            } else {
                self.groups[group].start = self.tag;
            }
        }
    }

    /// Takes the next tag for a position if boundaries wait for one.
    fn take(&mut self) -> Option<usize> {
        if self.pending.len() == self.visible_from {
            return None;
        }
        let tag = self.tag;
        if self.placing {
            self.larger[tag] = self.direction;
        }
        self.bind();
        self.tag = self.next;
        self.next += 1;
        self.count += 1;
        Some(tag)
    }

    fn enter(&mut self, node: &mut Node) {
        if let Some(group) = node.group {
            self.pending.push((group, false));
            self.groups[group].parents.clone_from(&self.parents);
            self.parents.push(group);
        }
        let has_groups = node.groups > 0;
        let mut own = None;
        match &mut node.kind {
            Kind::Assert(_) | Kind::Empty | Kind::Tag(_) => {}
            Kind::Literal(..) => {
                own = self.take();
                node.tags = usize::from(own.is_some());
            }
            Kind::Cat(left, right) => {
                let after = self.next + left.tags;
                let mut reserved = None;
                if left.tags > 0 && right.tags > 0 {
                    reserved = Some(self.next);
                    self.next += 1;
                }
                self.enter(left);
                self.next = after;
                self.tag = reserved.unwrap_or(self.tag);
                self.enter(right);
                node.tags = left.tags + right.tags;
            }
            Kind::Repeat(piece, ..) => {
                own = self.take();
                self.direction = false;
                self.enter(piece);
                self.direction = true;
                node.tags = piece.tags + usize::from(own.is_some());
            }
            Kind::Alt(left, right) => {
                let (left_tag, right_tag) = if self.pending.len() > self.visible_from {
                    (self.next, self.next + 1)
                } else {
                    (self.tag, self.next)
                };
                own = self.take();
                if has_groups {
                    self.tag = self.next + 1;
                    self.next += 2;
                }
                let visible_from = self.visible_from;
                self.enter(left);
                self.visible_from = self.pending.len();
                self.enter(right);
                self.visible_from = visible_from;
                node.tags = left.tags + right.tags + usize::from(own.is_some());
                if has_groups {
                    node.tags += 2;
                    self.count += 2;
                    if self.placing {
                        left.put_after(left_tag);
                        right.put_after(right_tag);
                        self.larger[left_tag] = true;
                        self.larger[right_tag] = true;
                    }
                }
                self.direction = true;
            }
        }
        if let Some(tag) = own.filter(|_| self.placing) {
            node.put_before(tag);
        }
        if let Some(group) = node.group {
            self.pending.push((group, true));
            self.parents.pop();
        }
    }
}
