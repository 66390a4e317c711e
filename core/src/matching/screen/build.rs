//! Building the screen's automaton from the strings: a tree of them, with the
//! links of Aho and Corasick, laid out as tables.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{ENDS, Exception, Link, MARK, Needle, Screen};
use crate::ids::{RuleId, RuleIds};

impl Screen {
    /// Builds the screen from one needle per rule, in the order of their ids.
    /// Needles beyond [`RULES_MAX`](crate::limits::RULES_MAX) are ignored.
    #[must_use]
    pub fn build<'a>(needles: impl IntoIterator<Item = Needle<'a>, IntoIter: Clone>) -> Self {
        let needles = needles.into_iter();
        let mut trie = Trie {
            ignores_case: needles.clone().any(|needle| match needle {
                Needle::Substring(_) => false,
                Needle::AnyCase(_) => true,
                Needle::Pattern(pattern) => pattern.ignores_case(),
            }),
            ..Trie::default()
        };
        let rules = (0..).map_while(RuleId::new);
        for (rule, needle) in rules.zip(needles) {
            match needle {
                Needle::Substring(text) | Needle::AnyCase(text) => trie.insert(text, rule),
                Needle::Pattern(pattern) if pattern.literals().is_empty() => {
                    trie.insert(&[], rule);
                }
                Needle::Pattern(pattern) => {
                    for literal in pattern.literals() {
                        trie.insert(literal, rule);
                    }
                }
            }
        }
        trie.finish()
    }
}

/// The strings as a tree. The root is the string of no bytes.
#[derive(Debug)]
struct Trie {
    nodes: Vec<Node>,
    /// Letters are in lower case, and stand for both.
    ignores_case: bool,
}

#[derive(Debug, Default)]
struct Node {
    /// The byte that leads here.
    byte: u8,
    children: Vec<usize>,
    /// Rules that have a string ending here.
    ends: RuleIds,
    /// The node of the longest string that this one ends with.
    suffix: usize,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
            ignores_case: false,
        }
    }
}

impl Trie {
    /// Adds a string of a rule.
    fn insert(&mut self, text: &[u8], rule: RuleId) {
        let mut node = 0;
        for &byte in text {
            let byte = match self.ignores_case {
                true => byte.to_ascii_lowercase(),
                false => byte,
            };
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

    /// Returns the node that a byte leads to.
    fn child(&self, node: usize, byte: u8) -> Option<usize> {
        let mut children = self.nodes[node].children.iter().copied();
        children.find(|&child| self.nodes[child].byte == byte)
    }

    /// Returns the screen that finds the strings.
    fn finish(mut self) -> Screen {
        let always = core::mem::take(&mut self.nodes[0].ends);
        self.sort_by_depth();
        self.link_suffixes();
        let (classes, stride) = self.classes();
        let (outputs, sets) = self.outputs();
        let rows = 1 + self.nodes[0].children.len();
        let (starts, mut exceptions) = self.exceptions(&classes, rows);
        let mut shallow = self.shallow(&classes, stride);
        // From numbers of states to links.
        let next = exceptions.iter_mut().map(|(_, next)| next);
        for next in shallow.iter_mut().chain(next) {
            let number = *next as usize;
            *next = match outputs[number] {
                0 if number < rows => (number * stride) as Link,
                0 => MARK | *next,
                _ => MARK | ENDS | *next,
            };
        }
        let last_bytes = self.nodes[rows..].iter().map(|node| node.byte);
        Screen {
            always,
            shallow,
            // Fits: the children of the root come first, one for each byte that
            // a string begins with, so at most 255 as in `classes`.
            fallbacks: last_bytes
                .map(|byte| self.child(0, byte).unwrap_or(0) as u8)
                .collect(),
            starts,
            exceptions,
            classes,
            stride,
            rows,
            outputs,
            sets,
            ignores_case: self.ignores_case,
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

    /// Finds the suffix of each node, and adds the rules of that to its own.
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

    /// Returns the node of the longest suffix of `node`'s string that goes on with
    /// `byte`.
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
            // Fits: byte 0 is in no string, as neither the environment nor a
            // literal can hold it, so at most 255 bytes are used.
            debug_assert!(count <= usize::from(u8::MAX));
            *class = count as u8;
            count += 1;
        }
        if self.ignores_case {
            for byte in b'A'..=b'Z' {
                classes[usize::from(byte)] = classes[usize::from(byte.to_ascii_lowercase())];
            }
        }
        (classes, count)
    }

    /// Returns the full rows of the root and its children, with numbers of states.
    fn shallow(&self, classes: &[u8; 256], stride: usize) -> Box<[Link]> {
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
    /// where those of each begin; with numbers of states.
    fn exceptions(&self, classes: &[u8; 256], rows: usize) -> (Box<[u32]>, Box<[Exception]>) {
        let mut starts = vec![0];
        let mut all: Vec<Exception> = Vec::new();
        for node in &self.nodes[rows..] {
            let start = all.len();
            all.extend(node.children.iter().map(|&child| {
                let class = classes[usize::from(self.nodes[child].byte)];
                (class, child as u32)
            }));
            // A byte that leads on from the suffix leads on from here too, unless
            // a longer string does so already.
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
        // A node's set is that of the longest string that ends there. So there are
        // no more sets than strings, a few for each rule, and `u16` holds them.
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
