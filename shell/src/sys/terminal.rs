//! Output for the user at the terminal. Unlike `print!` and `eprint!`, these do
//! not panic if the reader has gone away.

use std::io::{self, Write as _};

/// Writes to standard output.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Writes to standard error.
pub(crate) fn warn(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
