//! The services that can be notified.

pub(super) mod payload;
