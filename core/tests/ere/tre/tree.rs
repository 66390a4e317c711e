//! The tree that musl's parser would build.

use std::rc::Rc;

use crate::generate::Ast;

pub(super) type Bytes = Rc<[u8]>;

#[derive(Clone)]
pub(super) enum Kind {
    Alt(Box<Node>, Box<Node>),
    Assert(u8),
    Cat(Box<Node>, Box<Node>),
    Empty,
    Literal(Bytes, usize),
    Repeat(Box<Node>, u16, Option<u16>),
    Tag(usize),
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) group: Option<usize>,
    pub(super) groups: usize,
    pub(super) tags: usize,
    pub(super) nullable: bool,
    pub(super) first: Vec<Port>,
    pub(super) last: Vec<Port>,
}

#[derive(Clone)]
pub(super) struct Port {
    pub(super) position: usize,
    pub(super) bytes: Bytes,
    pub(super) assertions: Vec<u8>,
    pub(super) tags: Vec<usize>,
}

impl Node {
    pub(super) fn new(kind: Kind, groups: usize) -> Self {
        Self {
            kind,
            group: None,
            groups,
            tags: 0,
            nullable: false,
            first: Vec::new(),
            last: Vec::new(),
        }
    }

    pub(super) fn empty() -> Self {
        Self::new(Kind::Empty, 0)
    }

    pub(super) fn cat(left: Self, right: Self) -> Self {
        let groups = left.groups + right.groups;
        Self::new(Kind::Cat(Box::new(left), Box::new(right)), groups)
    }

    pub(super) fn alt(left: Self, right: Self) -> Self {
        let groups = left.groups + right.groups;
        Self::new(Kind::Alt(Box::new(left), Box::new(right)), groups)
    }

    pub(super) fn repeat(self, min: u16, max: Option<u16>) -> Self {
        let groups = self.groups;
        Self::new(Kind::Repeat(Box::new(self), min, max), groups)
    }

    pub(super) fn into_group(mut self, group: usize) -> Self {
        if self.group.is_some() {
            self = Self::cat(Self::empty(), self);
        }
        self.group = Some(group);
        self.groups += 1;
        self
    }

    /// Puts a tag before the node's present content, inside its group.
    pub(super) fn put_before(&mut self, tag: usize) {
        let old = std::mem::replace(&mut self.kind, Kind::Empty);
        let tag = Self::new(Kind::Tag(tag), 0);
        self.kind = Kind::Cat(Box::new(tag), Box::new(Self::new(old, 0)));
    }

    pub(super) fn put_after(&mut self, tag: usize) {
        let old = std::mem::replace(&mut self.kind, Kind::Empty);
        let tag = Self::new(Kind::Tag(tag), 0);
        self.kind = Kind::Cat(Box::new(Self::new(old, 0)), Box::new(tag));
    }
}

/// Builds the tree that musl's parser would.
pub(super) struct Parser {
    pub(super) positions: usize,
    pub(super) groups: usize,
}

impl Parser {
    pub(super) fn node(&mut self, ast: &Ast) -> Node {
        match ast {
            Ast::Alt(branches) => {
                let nodes: Vec<Node> = branches.iter().map(|branch| self.node(branch)).collect();
                nodes.into_iter().reduce(Node::alt).expect("a branch")
            }
            Ast::Assert(assertion) => Node::new(Kind::Assert(*assertion), 0),
            Ast::Cat(pieces) => {
                let nodes: Vec<Node> = pieces.iter().map(|piece| self.node(piece)).collect();
                nodes
                    .into_iter()
                    .reduce(Node::cat)
                    .unwrap_or_else(Node::empty)
            }
            Ast::Class(_, parts) => {
                let position = self.positions;
                self.positions += 1;
                let literal =
                    |part: &Vec<u8>| Node::new(Kind::Literal(part.as_slice().into(), position), 0);
                parts.iter().map(literal).reduce(Node::alt).expect("a part")
            }
            Ast::Group(inner) => {
                self.groups += 1;
                let group = self.groups;
                self.node(inner).into_group(group)
            }
            Ast::Literal(byte) => {
                self.positions += 1;
                Node::new(Kind::Literal([*byte].into(), self.positions - 1), 0)
            }
            Ast::Repeat(piece, min, max) => self.node(piece).repeat(*min, *max),
        }
    }
}
