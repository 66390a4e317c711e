//! HTTP answers: taken in as they arrive, and judged.

pub(super) mod answer;
pub(super) mod response;
mod retry_after;
