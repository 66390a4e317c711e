//! POSIX extended regular expressions as musl takes them.
//!
//! # The stages of a pattern
//!
//! `parse` -> tree -> `tags` (where offsets are noted) -> `expand` (counted
//! repeats as copies) -> `automaton` (one state per literal) -> `subsets` and `dfa`
//! (yes or no) and `run` (captures, and everything when there is no DFA).
//! `literal` finds what a text must contain to match at all, for
//! [`Screen`](crate::matching::Screen).
//!
//! # Whose rules these are
//!
//! Which patterns are valid, what they match and what their groups report is
//! musl's choice, and musl contains TRE. `tags`, `expand`, `automaton` and
//! `run` follow the algorithms of TRE by Ville Laurikari; its licence is in
//! `NOTICE-TRE.txt` beside this file.

mod byte_set;
mod compile;
mod dfa;
mod pattern;
mod run;
mod scratch;
mod syntax;

pub use pattern::Pattern;
pub use run::Span;
pub use scratch::Scratch;
pub use syntax::error::PatternError;
pub use syntax::habits::{Hint, hints};
