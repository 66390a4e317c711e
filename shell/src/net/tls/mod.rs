//! TLS: its cryptography, its trust anchors, and its errors in plain words.

mod anchors;
mod errors;
mod provider;

pub(crate) use errors::explain;
pub(crate) use provider::client_config;
