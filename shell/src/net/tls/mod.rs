//! TLS: its cryptography, its trust anchors, and its errors in plain words.

mod anchors;
mod errors;
mod provider;

use std::sync::{Arc, LazyLock};

use rustls::ClientConfig;
use rustls::pki_types::TrustAnchor;

pub(crate) use errors::explain;

type Config = Option<Arc<ClientConfig>>;

/// The TLS of all connections. It is made for the first of them: until then none
/// of the libraries' code has run, and on a 64-bit machine none of it is in memory.
pub(crate) struct Tls(LazyLock<Config, Box<dyn FnOnce() -> Config + Send>>);

impl Tls {
    /// Takes the anchors that servers are verified with besides the built-in ones.
    pub(crate) fn new(added: Vec<TrustAnchor<'static>>) -> Self {
        Self(LazyLock::new(Box::new(|| provider::client_config(added))))
    }

    /// Returns the configuration; `None` if the provider has no suite for a version, which is a
    /// mistake in its file.
    pub(crate) fn config(&self) -> Config {
        self.0.clone()
    }
}
