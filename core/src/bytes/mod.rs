//! Small tools for bytes and texts from outside: search, digits, JSON strings.

mod digits;
mod fifo;
mod json;
mod search;

pub(crate) use digits::parse_digits;
pub use fifo::{Fifo, Full};
pub(crate) use json::write_json_part;
pub use json::write_json_string;
pub use search::{find, split_at_mark};
