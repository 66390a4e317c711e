//! From a pattern's bytes to its tree: what is valid, and what it means.

pub(super) mod ast;
pub(super) mod bracket;
pub(super) mod error;
pub(super) mod habits;
pub(super) mod parse;
