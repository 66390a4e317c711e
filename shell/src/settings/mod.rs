//! The configuration: read from the environment once, checked as a whole.

mod env;
mod problems;

pub(crate) use env::Env;
pub(crate) use problems::Problems;
