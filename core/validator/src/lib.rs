//! The WebAssembly half of the validator page: the product's own core, which tells
//! the page whether a rule is right.
//!
//! Nothing is simulated here. The daemon's own compiler compiles the rule, and its
//! engine processes the lines, so a line that matches on the page matches on the
//! router. The page's script only displays the result of
//! [`answer`](answer::answer).
//!
//! # Interface
//!
//! The script calls [`alertik_question`](exports::alertik_question) with a
//! length and writes that many bytes to the returned address. It then calls
//! [`alertik_answer`](exports::alertik_answer), which returns the length of the
//! answer, and reads that many bytes from the address returned by
//! [`alertik_answer_at`](exports::alertik_answer_at). An address is valid until
//! the next call.

pub mod answer;
pub mod events;
pub mod exports;
pub mod forms;
pub mod import;
mod routeros;
mod settings;
