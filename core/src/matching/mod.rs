//! Which rules match a message.
//!
//! The [`Screen`] reads a message once and finds the rules that can match at
//! all; the compiled [`Pattern`] of each of these decides.

mod ere;
mod screen;

pub use ere::{Beginning, Flags, Hint, Pattern, PatternError, Scratch, Span, beginnings, hints};
pub use screen::{Needle, Screen};
