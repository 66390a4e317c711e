//! Words for the person at the terminal. Unlike with `print!` and `eprint!`, a
//! reader that has gone away is no reason to abort.

use std::io::{self, Write as _};

/// Writes to standard output.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Writes to standard error.
pub(crate) fn warn(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
