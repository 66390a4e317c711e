//! Small tools for untrusted bytes and text: a queue of records, search, digits,
//! stored fields, JSON and base64.

mod base64;
mod digits;
mod fifo;
pub(crate) mod json;
mod json_check;
mod search;
mod stored;

pub(crate) use base64::{MIME_LINE_BYTES, base64_len, encode_base64};
pub(crate) use digits::{hex_digit, parse_digits};
pub use fifo::{Fifo, Full, split_record};
pub(crate) use json::write_json_part;
pub use json::write_json_string;
pub use json_check::JsonCheck;
pub use search::{find, find_in_any_case, split_at_mark};
pub(crate) use stored::{checksum, checksum_from, take, take_slice};
