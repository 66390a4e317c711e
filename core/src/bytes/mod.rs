//! Small tools for bytes and texts from outside: a queue of records, search,
//! digits, JSON strings.

mod digits;
mod fifo;
pub(crate) mod json;
mod search;

pub(crate) use digits::{hex_digit, parse_digits};
pub use fifo::{Fifo, Full, split_record};
pub(crate) use json::write_json_part;
pub use json::write_json_string;
pub use search::{find, split_at_mark};
