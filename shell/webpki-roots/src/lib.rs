//! Trust anchors.
use rustls_pki_types::TrustAnchor;
use std::sync::{LazyLock, OnceLock};
static ADDED: OnceLock<Vec<TrustAnchor<'static>>> = OnceLock::new();
/// Roots.
pub static TLS_SERVER_ROOTS: LazyLock<Vec<TrustAnchor<'static>>> =
    LazyLock::new(|| ADDED.get().cloned().unwrap_or_default());
/// Adds.
pub fn add(anchors: Vec<TrustAnchor<'static>>) -> bool {
    ADDED.set(anchors).is_ok()
}
