//! From a pattern's bytes to its tree: which patterns are valid, and their meaning.

pub(super) mod ast;
pub(super) mod beginnings;
mod bracket;
mod case;
pub(super) mod error;
mod escape;
pub(super) mod habits;
pub(super) mod parse;
