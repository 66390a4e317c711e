//! TLS: what it may use, whom it trusts, and its errors in the user's words.

mod anchors;
mod errors;
mod provider;

pub(crate) use errors::explain;
pub(crate) use provider::client_config;
