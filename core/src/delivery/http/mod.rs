//! HTTP answers, taken in as they arrive.

pub(super) mod response;
