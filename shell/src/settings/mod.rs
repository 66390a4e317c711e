//! The configuration: read from the environment once, checked as a whole.

mod env;
pub(crate) mod notifiers;
mod problems;
mod trust;
mod url;

pub(crate) use env::Env;
pub(crate) use problems::Problems;
pub(crate) use url::Url;
