//! Random numbers for jitter and for the keys of hash tables. Nothing secret
//! may depend on them; DNS and TLS take theirs from ring.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns random bits, other ones for each call: std seeds its hash maps from
/// the system.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
