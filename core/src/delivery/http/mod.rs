//! HTTP answers: taken in as they arrive, and judged.

pub(super) mod response;
mod retry_after;
pub(super) mod verdict;
