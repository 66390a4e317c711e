//! The trust anchors against which servers are verified: a table of our own.
//!
//! With our own table, no update can remove an anchor that a service still
//! needs. `anchors.txt` lists the table's contents and the reasons.

mod table;

use rustls::pki_types::{Der, TrustAnchor};

use table::TABLE;

/// Returns the table's anchors.
pub(crate) fn built_in() -> impl Iterator<Item = TrustAnchor<'static>> {
    TABLE.iter().map(|&(subject, key)| TrustAnchor {
        subject: Der::from_slice(subject),
        subject_public_key_info: Der::from_slice(key),
        name_constraints: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The anchors needed by each built-in service, and by each service in the
    /// README's examples whose chain is known. All anchors of a service must be
    /// present, because services switch between issuers without notice.
    ///
    /// Go Daddy G2 stays although its key is from 2009 and Mozilla stops trusting
    /// it in April 2027: without it no message reaches Telegram.
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

    /// Every service has all of its anchors in the table.
    #[test]
    fn every_service_has_its_anchors() {
        for (service, anchors) in NEEDED {
            for anchor in *anchors {
                assert!(has(anchor), "{service} needs {anchor}");
            }
        }
        assert!(!has("Go Daddy Root Certificate Authority - G3"));
    }
}
