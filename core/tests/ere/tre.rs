//! musl's matcher, quirks included, after TRE's source: the second engine that
//! says which quirk a difference is.
//!
//! It is written for comparing, not for matching: recursive, with lists that
//! are copied, each step where TRE has it. TRE's licence is in
//! `src/ere/NOTICE-TRE.txt`.

use std::rc::Rc;

use crate::generate::{Ast, is_word};

/// Which departures from POSIX are made.
#[derive(Clone, Copy)]
pub(crate) struct Quirks {
    /// A better path to the accepting state is taken whatever it begins with.
    pub(crate) q1: bool,
    /// Copied literals are numbered as by TRE, at times alike.
    pub(crate) q2: bool,
}

type Bytes = Rc<[u8]>;

#[derive(Clone)]
enum Kind {
    Alt(Box<Node>, Box<Node>),
    Assert(u8),
    Cat(Box<Node>, Box<Node>),
    Empty,
    Literal(Bytes, usize),
    Repeat(Box<Node>, u16, Option<u16>),
    Tag(usize),
}

#[derive(Clone)]
struct Node {
    kind: Kind,
    group: Option<usize>,
    groups: usize,
    tags: usize,
    nullable: bool,
    first: Vec<Port>,
    last: Vec<Port>,
}

#[derive(Clone)]
struct Port {
    position: usize,
    bytes: Bytes,
    assertions: Vec<u8>,
    tags: Vec<usize>,
}

impl Node {
    fn new(kind: Kind, groups: usize) -> Self {
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

    fn empty() -> Self {
        Self::new(Kind::Empty, 0)
    }

    fn cat(left: Self, right: Self) -> Self {
        let groups = left.groups + right.groups;
        Self::new(Kind::Cat(Box::new(left), Box::new(right)), groups)
    }

    fn alt(left: Self, right: Self) -> Self {
        let groups = left.groups + right.groups;
        Self::new(Kind::Alt(Box::new(left), Box::new(right)), groups)
    }

    fn repeat(self, min: u16, max: Option<u16>) -> Self {
        let groups = self.groups;
        Self::new(Kind::Repeat(Box::new(self), min, max), groups)
    }

    fn into_group(mut self, group: usize) -> Self {
        if self.group.is_some() {
            self = Self::cat(Self::empty(), self);
        }
        self.group = Some(group);
        self.groups += 1;
        self
    }

    /// Puts a tag before what the node is now, inside of its group.
    fn put_before(&mut self, tag: usize) {
        let old = std::mem::replace(&mut self.kind, Kind::Empty);
        let tag = Self::new(Kind::Tag(tag), 0);
        self.kind = Kind::Cat(Box::new(tag), Box::new(Self::new(old, 0)));
    }

    fn put_behind(&mut self, tag: usize) {
        let old = std::mem::replace(&mut self.kind, Kind::Empty);
        let tag = Self::new(Kind::Tag(tag), 0);
        self.kind = Kind::Cat(Box::new(Self::new(old, 0)), Box::new(tag));
    }
}

/// Builds the tree that the parser would.
struct Parser {
    positions: usize,
    groups: usize,
}

impl Parser {
    fn node(&mut self, ast: &Ast) -> Node {
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

#[derive(Clone, Default)]
struct Group {
    start: usize,
    end: usize,
    parents: Vec<usize>,
}

/// `tre_add_tags`; the first walk counts, the second places.
struct Tagger {
    placing: bool,
    larger: Vec<bool>,
    groups: Vec<Group>,
    pending: Vec<(usize, bool)>,
    visible_from: usize,
    parents: Vec<usize>,
    tag: usize,
    next: usize,
    count: usize,
    direction: bool,
}

impl Tagger {
    fn walk(node: &mut Node, groups: usize, larger: Option<Vec<bool>>) -> Self {
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

    /// Takes the next tag for a place, if boundaries wait for one.
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
                        left.put_behind(left_tag);
                        right.put_behind(right_tag);
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

/// `tre_expand_ast`.
struct Expander<'a> {
    larger: &'a mut [bool],
    add: usize,
    add_total: usize,
    largest: usize,
    depth: usize,
}

/// What a copy does with tags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    Keep,
    MaximizeFirst,
    Remove,
}

impl Expander<'_> {
    fn expand(&mut self, node: &mut Node) {
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

/// Numbers every literal on its own.
fn number(node: &mut Node, next: &mut usize) {
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

/// `tre_match_empty`: adds what lies on the one empty path through a node.
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
fn compute_ports(node: &mut Node) {
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

/// Returns the ports that a concatenation has on one side: `own` of the node
/// there, and if that can be skipped, `others` first.
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

struct Transition {
    bytes: Bytes,
    target: usize,
    assertions: Vec<u8>,
    tags: Vec<usize>,
}

/// `tre_ast_to_tnfa`.
fn connect(node: &Node, transitions: &mut Vec<Vec<Transition>>) {
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

/// A pattern as musl compiles it.
pub(crate) struct Compiled {
    quirks: Quirks,
    larger: Vec<bool>,
    groups: Vec<Group>,
    initial: Vec<Port>,
    transitions: Vec<Vec<Transition>>,
    accepting: usize,
}

type Row = Vec<Option<usize>>;

impl Compiled {
    pub(crate) fn new(ast: &Ast, quirks: Quirks) -> Self {
        let mut parser = Parser {
            positions: 0,
            groups: 0,
        };
        let mut tree = parser.node(ast).into_group(0);
        let count = Tagger::walk(&mut tree, parser.groups, None).count;
        let tagger = Tagger::walk(&mut tree, parser.groups, Some(vec![false; count]));
        let mut larger = tagger.larger;
        let mut expander = Expander {
            larger: &mut larger,
            add: 0,
            add_total: 0,
            largest: 0,
            depth: 0,
        };
        expander.expand(&mut tree);
        let mut accepting = (parser.positions + expander.add_total).max(expander.largest);
        if !quirks.q2 {
            accepting = 0;
            number(&mut tree, &mut accepting);
        }
        let end = Node::new(Kind::Literal([].into(), accepting), 0);
        let mut tree = Node::cat(tree, end);
        compute_ports(&mut tree);
        let mut transitions = Vec::new();
        connect(&tree, &mut transitions);
        transitions.resize_with(transitions.len().max(accepting + 1), Vec::new);
        Self {
            quirks,
            larger,
            groups: tagger.groups,
            initial: tree.first,
            transitions,
            accepting,
        }
    }

    /// Returns the answer in the words of the oracle.
    pub(crate) fn answer(&self, text: &[u8]) -> String {
        let Some((tags, end)) = self.run(text) else {
            return "N".to_owned();
        };
        let value = |tag: usize| {
            if tag < tags.len() {
                tags[tag]
            } else {
                Some(end)
            }
        };
        let mut spans: Vec<Option<(usize, usize)>> = Vec::new();
        for group in &self.groups {
            let span = value(group.start).zip(value(group.end));
            let is_inside = |(start, end): &(usize, usize)| {
                group.parents.iter().all(|&parent| {
                    spans[parent].is_some_and(|around| around.0 <= *start && *end <= around.1)
                })
            };
            spans.push(span.filter(is_inside));
        }
        let mut answer = format!("M{}", self.groups.len() - 1);
        for span in spans.iter().take(32) {
            answer += &match span {
                Some((start, end)) => format!(" {start},{end}"),
                None => " -1,-1".to_owned(),
            };
        }
        answer
    }

    /// `tre_tnfa_run_parallel`.
    fn run(&self, text: &[u8]) -> Option<(Row, usize)> {
        let mut best: Option<(Row, usize)> = None;
        let mut next: Vec<(usize, Row)> = Vec::new();
        for offset in 0..=text.len() {
            if best.is_none() {
                for port in &self.initial {
                    let is_there = next.iter().any(|(state, _)| *state == port.position);
                    if is_there || !hold(&port.assertions, text, offset) {
                        continue;
                    }
                    let mut row = vec![None; self.larger.len()];
                    port.tags.iter().for_each(|&tag| row[tag] = Some(offset));
                    if port.position == self.accepting {
                        best = Some((row.clone(), offset));
                    }
                    next.push((port.position, row));
                }
            } else if next.is_empty() || self.larger.is_empty() {
                break;
            }
            let Some(byte) = text.get(offset) else { break };
            let now = std::mem::take(&mut next);
            for (state, row) in &now {
                for transition in &self.transitions[*state] {
                    if transition.bytes.contains(byte)
                        && hold(&transition.assertions, text, offset + 1)
                    {
                        self.arrive(row, transition, offset + 1, &mut next, &mut best);
                    }
                }
            }
        }
        best
    }

    fn arrive(
        &self,
        row: &Row,
        transition: &Transition,
        offset: usize,
        next: &mut Vec<(usize, Row)>,
        best: &mut Option<(Row, usize)>,
    ) {
        let mut row = row.clone();
        transition
            .tags
            .iter()
            .for_each(|&tag| row[tag] = Some(offset));
        let is_leftmost = |best: &Option<(Row, usize)>, row: &Row| {
            best.as_ref()
                .is_none_or(|(tags, _)| row.first() <= tags.first())
        };
        let there = next
            .iter()
            .position(|(state, _)| *state == transition.target);
        let accepts = match there {
            None => {
                next.push((transition.target, row.clone()));
                is_leftmost(best, &row)
            }
            Some(index) if self.is_preferred(&row, &next[index].1) => {
                next[index].1.clone_from(&row);
                self.quirks.q1 || is_leftmost(best, &row)
            }
            Some(_) => return,
        };
        if accepts && transition.target == self.accepting {
            *best = Some((row, offset));
        }
    }

    fn is_preferred(&self, one: &Row, other: &Row) -> bool {
        for ((one, other), larger) in one.iter().zip(other).zip(&self.larger) {
            if one != other {
                return (one > other) == *larger;
            }
        }
        false
    }
}

fn hold(assertions: &[u8], text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|index| is_word(text[index]));
    let behind = text.get(at).map(|&byte| is_word(byte));
    let is_edge = before.is_none() || behind.is_none() || before != behind;
    assertions.iter().all(|assertion| match assertion {
        b'^' => before.is_none(),
        b'$' => behind.is_none(),
        b'b' => is_edge,
        b'B' => !is_edge,
        b'<' => before != Some(true) && behind == Some(true),
        _ => before == Some(true) && behind != Some(true),
    })
}
