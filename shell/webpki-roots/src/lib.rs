//! The trust anchors that the HTTP client verifies servers with: alertik's own
//! table, and what the user adds.
//!
//! The client, minreq, takes its anchors from a crate of this name. This one
//! takes that crate's place (`[patch.crates-io]` in the workspace's manifest)
//! for two reasons: a user's private CA can be added, and an anchor cannot
//! vanish with an update while a service still needs it. `anchors.txt` says what
//! is in the table and why.

#![forbid(unsafe_code)]

mod table;

use std::sync::{LazyLock, OnceLock};

use rustls_pki_types::{Der, TrustAnchor};

use table::TABLE;

static ADDED: OnceLock<Vec<TrustAnchor<'static>>> = OnceLock::new();

/// Every anchor: the table's, and those given to [`add`] before the first use.
///
/// The name and the way it is used (`TLS_SERVER_ROOTS.to_vec()`) are those of
/// the crate that this one stands for.
pub static TLS_SERVER_ROOTS: LazyLock<Vec<TrustAnchor<'static>>> = LazyLock::new(|| {
    let added = ADDED.get().into_iter().flatten().cloned();
    built_in().chain(added).collect()
});

/// Adds anchors to the table's.
///
/// Returns whether they will be used: only the first call counts, and only
/// before the first request over TLS.
pub fn add(anchors: Vec<TrustAnchor<'static>>) -> bool {
    ADDED.set(anchors).is_ok()
}

fn built_in() -> impl Iterator<Item = TrustAnchor<'static>> {
    TABLE.iter().map(|&(subject, key)| TrustAnchor {
        subject: Der::from_slice(subject),
        subject_public_key_info: Der::from_slice(key),
        name_constraints: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each built-in service, and each service of the README's examples
    /// whose chain is known, needs. All of its line must be there: a service
    /// changes between its issuers without notice.
    ///
    /// Go Daddy G2 stays although its key is from 2009 and Mozilla ends its
    /// trust in it in April 2027: without it no message reaches Telegram.
    const NEEDED: &[(&str, &[&str])] = &[
        (
            "api.telegram.org",
            &["Go Daddy Root Certificate Authority - G2"],
        ),
        ("hooks.slack.com", &["ISRG Root X1", "ISRG Root X2"]),
        (
            "discord.com",
            &[
                "GTS Root R1",
                "GTS Root R4",
                "ISRG Root X1",
                "SSL.com TLS RSA Root CA 2022",
                "SSL.com TLS ECC Root CA 2022",
                "Sectigo Public Server Authentication Root R46",
                "Sectigo Public Server Authentication Root E46",
            ],
        ),
        (
            "*.webhook.office.com and *.powerplatform.com",
            &[
                "DigiCert Global Root G2",
                "DigiCert Global Root G3",
                "DigiCert TLS RSA4096 Root G5",
                "DigiCert TLS ECC P384 Root G5",
                "Microsoft RSA Root Certificate Authority 2017",
                "Microsoft ECC Root Certificate Authority 2017",
            ],
        ),
        ("ntfy.sh", &["ISRG Root X1"]),
        ("matrix.org", &["GTS Root R4"]),
    ];

    fn has(name: &str) -> bool {
        let name = name.as_bytes();
        built_in().any(|anchor| anchor.subject.windows(name.len()).any(|part| part == name))
    }

    /// No built-in service loses its anchor unnoticed.
    #[test]
    fn every_service_has_its_anchors() {
        for (service, anchors) in NEEDED {
            for anchor in *anchors {
                assert!(has(anchor), "{service} needs {anchor}");
            }
        }
        assert!(!has("Go Daddy Root Certificate Authority - G3"));
    }

    /// What a user adds comes on top, and only once.
    #[test]
    fn anchors_can_be_added() {
        let anchor = TrustAnchor {
            subject: Der::from_slice(b"own"),
            subject_public_key_info: Der::from_slice(b"key"),
            name_constraints: None,
        };
        assert!(add(vec![anchor.clone()]));
        assert!(!add(Vec::new()));
        assert_eq!(TLS_SERVER_ROOTS.len(), TABLE.len() + 1);
        assert_eq!(TLS_SERVER_ROOTS.last(), Some(&anchor));
    }
}
