//! The validator page's half in WebAssembly: the product's own core, asked from
//! a page whether a rule is right.
//!
//! Nothing is simulated here. A rule is compiled by the compiler that the daemon
//! uses, and lines go through its engine; what matches on the page matches on
//! the router. The page's script only shows what [`answer`](answer::answer)
//! says.
//!
//! # Interface
//!
//! The script calls [`alertik_question`](exports::alertik_question) with a
//! length, writes that many bytes to the address it gets, calls
//! [`alertik_answer`](exports::alertik_answer), and reads as many bytes as that
//! returns from [`alertik_answer_at`](exports::alertik_answer_at). An address is
//! valid until the next call.

pub mod answer;
pub mod exports;
pub mod forms;
mod routeros;
