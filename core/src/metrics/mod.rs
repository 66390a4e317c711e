//! How the daemon is, for Prometheus: its text format, and the little HTTP that it is
//! asked for by.

mod exposition;
mod http;

pub use exposition::{CONTENT_TYPE, Family, Labels};
pub use http::{Page, Refusal, Request, RequestHead, write_answer_head};
