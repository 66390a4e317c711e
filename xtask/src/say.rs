//! Lines for the person at the terminal.

use std::fmt;
use std::io::{self, Write as _};

/// Prints a line to standard output. Unlike `println!` it does not panic if the
/// reader, such as `head`, has gone: what a command was asked to do goes on.
pub(crate) fn line(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// [`line()`], with a format as `println!` takes it.
macro_rules! say {
    ($($part:tt)+) => { $crate::say::line(format_args!($($part)+)) };
}
pub(crate) use say;
