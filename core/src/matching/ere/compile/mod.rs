//! From a tree to a [`Program`], and from that to a DFA.
//!
//! `tags` decides where offsets are recorded, `expand` writes counted repeats out
//! as copies, `merge` makes one literal of the two
//! cases of a letter, `automaton` makes one state per literal of the result, and
//! `literal` finds what a text must contain to match at all. `determinize` makes
//! the table: `segments` divides the pattern at `.*`, `thompson` translates each part for
//! `regex-automata`, which finds the states, `classes` says which bytes share a column,
//! and `active` which columns of a state are the same.

mod active;
mod automaton;
mod classes;
mod determinize;
mod expand;
mod literal;
mod merge;
mod minimize;
mod pack;
mod segments;
mod tag_lists;
mod tags;
mod thompson;

use crate::limits::RUN_LANES_MAX;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::program::{Automaton, Program, lanes};
use crate::matching::ere::syntax::ast::{Kind, Tree};
use crate::matching::ere::syntax::error::ErrorKind;
use crate::matching::ere::syntax::parse::Flags;
use tags::Tags;

pub(super) use determinize::determinize;
pub(super) use literal::Literals;

/// Compiles a tree, and finds literals of which every match contains one, and bytes
/// all of which it contains.
///
/// If case is ignored, the literals are in lower case and the bytes are no letters.
pub(super) fn compile(
    mut tree: Tree,
    flags: Flags,
) -> Result<(Program, Literals, ByteSet), ErrorKind> {
    let mut tags = tags::place(&mut tree);
    if flags.ignore_case {
        merge::merge(&mut tree);
    }
    match lay_out(&mut tree, &mut tags, flags) {
        // Too large as it is written; perhaps not with smaller counts.
        Err(_) if expand::lower_idle_counts(&mut tree) => lay_out(&mut tree, &mut tags, flags),
        result => result,
    }
    .map(|(automaton, (literals, bytes))| {
        let Tags { directions, groups } = tags;
        let program = Program::new(automaton, tree.sets, &directions, groups);
        (program, literals, bytes)
    })
}

/// Writes out a tree's repeat counts and builds its automaton. Also returns what
/// every match contains.
fn lay_out(
    tree: &mut Tree,
    tags: &mut Tags,
    flags: Flags,
) -> Result<(Automaton, (Literals, ByteSet)), ErrorKind> {
    let nodes = expand::expand(tree, &mut tags.directions)?;
    let literals = nodes
        .iter()
        .filter(|node| matches!(node.kind, Kind::Set(_)));
    // The accepting state is one more. Asked before the automaton is built,
    // because the work of that grows with it.
    if (literals.count() + 1) * lanes(tags.directions.len()) > RUN_LANES_MAX {
        return Err(ErrorKind::TooLarge);
    }
    let automaton = automaton::build(&nodes)?;
    Ok((
        automaton,
        literal::required(&nodes, &tree.sets, flags.ignore_case),
    ))
}
