//! From what waits to the text of one message: its lines, its markup and
//! encoding, a user's templates.

pub(super) mod fixed_str;
pub(super) mod message;
pub(super) mod template;
pub(super) mod writer;
