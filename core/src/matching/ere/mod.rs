//! POSIX extended regular expressions as musl takes them.
//!
//! # The stages of a pattern
//!
//! 1. `syntax`: bytes to a tree (`parse`), or to what is wrong with them.
//! 2. `compile`: the tree to a `Program`, which is an automaton with one state
//!    per literal and tags on its transitions; and that, with `regex-automata`, to a
//!    `Dfa`, unless it would be too large. It also finds the literals that
//!    [`Screen`](crate::matching::Screen) looks for.
//! 3. [`Pattern`] answers: the `Dfa` says yes or no in one table walk; `run`, the
//!    bounded engine, finds the groups of a match, and decides alone if there is
//!    no `Dfa`.
//!
//! Files import only what comes before them: data (`span`, `byte_set`,
//! `assertions`, `program`, `dfa`, `scratch`), then `run` and `syntax`, which do
//! not know each other, then `compile`, then `pattern`.
//!
//! # Whose rules these are
//!
//! Which patterns are valid, what they match and what their groups report is
//! musl's choice, and musl contains TRE. `tags`, `expand`, `automaton` and
//! `run` follow the algorithms of TRE by Ville Laurikari; its licence is in
//! `NOTICE-TRE.txt` beside this file.

mod assertions;
mod byte_set;
mod compile;
mod dfa;
mod pattern;
mod program;
mod run;
mod scratch;
mod span;
mod syntax;
#[cfg(test)]
mod tests;

pub use pattern::Pattern;
pub use scratch::Scratch;
pub use span::Span;
pub use syntax::beginnings::{Beginning, beginnings};
pub use syntax::error::PatternError;
pub use syntax::habits::{Hint, hints};
pub use syntax::parse::Flags;
