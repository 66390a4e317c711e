//! Building the screen's automaton from the strings.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{Exception, Screen};
use crate::ids::RuleId;
use crate::ids::RuleIds;

/// The strings as a tree. The root is the string of no bytes.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// The byte that leads here.
    byte: u8,
    children: Vec<usize>,
    /// Rules one of whose strings ends here.
    ends: RuleIds,
    /// The node of the longest string that this one ends with.
    suffix: usize,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl Trie {
    /// Adds a string of a rule.
    pub(super) fn insert(&mut self, text: &[u8], rule: RuleId) {
        let mut node = 0;
        for &byte in text {
            node = self.child(node, byte).unwrap_or_else(|| {
                let child = self.nodes.len();
                self.nodes[node].children.push(child);
                self.nodes.push(Node {
                    byte,
                    ..Node::default()
                });
                child
            });
        }
        self.nodes[node].ends.insert(rule);
    }

    fn child(&self, node: usize, byte: u8) -> Option<usize> {
        let mut children = self.nodes[node].children.iter().copied();
        children.find(|&child| self.nodes[child].byte == byte)
    }

    /// Makes the automaton.
    pub(super) fn finish(mut self) -> Screen {
        let always = core::mem::take(&mut self.nodes[0].ends);
        self.sort_by_depth();
        self.link_suffixes();
        let (classes, stride) = self.classes();
        let (outputs, sets) = self.outputs();
        let rows = 1 + self.nodes[0].children.len();
        let (starts, exceptions) = self.exceptions(&classes, rows);
        let last_bytes = self.nodes[rows..].iter().map(|node| node.byte);
        Screen {
            always,
            shallow: self.shallow(&classes, stride),
            fallbacks: last_bytes
                .map(|byte| self.child(0, byte).unwrap_or(0) as u8)
                .collect(),
            starts,
            exceptions,
            classes,
            stride,
            outputs,
            sets,
        }
    }

    /// Renumbers the nodes so that shorter strings come first.
    fn sort_by_depth(&mut self) {
        let mut order = vec![0];
        let mut at = 0;
        while let Some(&node) = order.get(at) {
            order.extend_from_slice(&self.nodes[node].children);
            at += 1;
        }
        let mut numbers = vec![0; order.len()];
        for (number, &node) in order.iter().enumerate() {
            numbers[node] = number;
        }
        let sorted = order.iter().map(|&node| {
            let mut node = core::mem::take(&mut self.nodes[node]);
            for child in &mut node.children {
                *child = numbers[*child];
            }
            node
        });
        self.nodes = sorted.collect();
    }

    fn link_suffixes(&mut self) {
        for node in 0..self.nodes.len() {
            for index in 0..self.nodes[node].children.len() {
                let child = self.nodes[node].children[index];
                let byte = self.nodes[child].byte;
                let suffix = if node == 0 {
                    0
                } else {
                    self.follow(self.nodes[node].suffix, byte)
                };
                self.nodes[child].suffix = suffix;
                self.nodes[child].ends = self.nodes[child].ends.union(self.nodes[suffix].ends);
            }
        }
    }

    /// Returns the node of the longest string that ends with `byte` and of
    /// which the rest ends the string of `node`.
    fn follow(&self, mut node: usize, byte: u8) -> usize {
        loop {
            match self.child(node, byte) {
                Some(child) => return child,
                None if node == 0 => return 0,
                None => node = self.nodes[node].suffix,
            }
        }
    }

    /// Returns the class of each byte, and the number of classes.
    fn classes(&self) -> (Box<[u8; 256]>, usize) {
        let mut is_used = [false; 256];
        for node in &self.nodes[1..] {
            is_used[usize::from(node.byte)] = true;
        }
        let mut classes = Box::new([0; 256]);
        let mut count = 1;
        for (class, _) in classes.iter_mut().zip(is_used).filter(|(_, used)| *used) {
            *class = count as u8;
            count += 1;
        }
        (classes, count)
    }

    fn shallow(&self, classes: &[u8; 256], stride: usize) -> Box<[u32]> {
        let mut rows = Vec::new();
        for node in core::iter::once(0).chain(self.nodes[0].children.iter().copied()) {
            let row = rows.len();
            rows.resize(row + stride, 0);
            for parent in [0, node] {
                for &child in &self.nodes[parent].children {
                    let class = classes[usize::from(self.nodes[child].byte)];
                    rows[row + usize::from(class)] = child as u32;
                }
            }
        }
        rows.into_boxed_slice()
    }

    /// Returns the exceptions of the deeper nodes, from number `rows` on, and
    /// where those of each begin.
    fn exceptions(&self, classes: &[u8; 256], rows: usize) -> (Box<[u32]>, Box<[Exception]>) {
        let mut starts = vec![0];
        let mut all: Vec<Exception> = Vec::new();
        for node in &self.nodes[rows..] {
            let start = all.len();
            all.extend(node.children.iter().map(|&child| {
                let class = classes[usize::from(self.nodes[child].byte)];
                (class, child as u32)
            }));
            // What the suffix leads on to, this leads on to as well, unless it
            // has a longer string to offer.
            if let Some(deep) = node.suffix.checked_sub(rows) {
                let range = starts[deep] as usize..starts[deep + 1] as usize;
                for index in range {
                    let exception = all[index];
                    if all[start..].iter().all(|&(class, _)| class != exception.0) {
                        all.push(exception);
                    }
                }
            }
            starts.push(all.len() as u32);
        }
        (starts.into_boxed_slice(), all.into_boxed_slice())
    }

    /// Returns the distinct sets of rules that end somewhere, and for each
    /// node the index of its own.
    fn outputs(&self) -> (Box<[u16]>, Box<[RuleIds]>) {
        let mut sets = vec![RuleIds::EMPTY];
        let outputs = self.nodes.iter().map(|node| {
            let known = sets.iter().position(|&set| set == node.ends);
            known.unwrap_or_else(|| {
                sets.push(node.ends);
                sets.len() - 1
            }) as u16
        });
        (outputs.collect(), sets.into_boxed_slice())
    }
}
