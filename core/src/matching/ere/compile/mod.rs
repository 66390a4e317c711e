//! From a tree to automata: tags, written-out repeats, states, and the DFA.

pub(super) mod automaton;
pub(super) mod expand;
pub(super) mod literal;
pub(super) mod subsets;
pub(super) mod tags;
