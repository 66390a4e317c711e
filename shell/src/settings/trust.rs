//! `TLS_CA_FILE`: more certificates to verify servers with, besides the built-in
//! ones.

use std::fs;

use alertik_core::bytes::find;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::{Env, Problems};

const NAME: &str = "TLS_CA_FILE";

/// Kinds of keys that this build cannot verify, by the beginning of their identifier
/// in DER (RFC 8410, section 3; RFC 5480, section 2.1.1.1).
const UNSUPPORTED: [(&str, &[u8]); 3] = [
    ("Ed25519", &[0x06, 0x03, 0x2B, 0x65, 0x70]),
    ("Ed448", &[0x06, 0x03, 0x2B, 0x65, 0x71]),
    ("P-521", &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23]),
];

/// Reads the file that the variable names, if it is set. A file that cannot be
/// read, or has a damaged certificate or none, is a problem: a user who names a
/// file needs it.
pub(super) fn read(env: &Env, problems: &mut Problems) -> Vec<TrustAnchor<'static>> {
    let Some(path) = env.text(NAME, problems) else {
        return Vec::new();
    };
    let pem = match fs::read(path) {
        Ok(pem) => pem,
        Err(error) => {
            problems.error(NAME, format_args!("{path} cannot be read: {error}"));
            return Vec::new();
        }
    };
    let mut store = RootCertStore::empty();
    let mut number = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        number += 1;
        let added = certificate.is_ok_and(|certificate| store.add(certificate).is_ok());
        if !added {
            problems.error(
                NAME,
                format_args!("certificate {number} in {path} is damaged"),
            );
        }
    }
    for anchor in &store.roots {
        let key = anchor.subject_public_key_info.as_ref();
        let unknown = UNSUPPORTED.iter().find(|(_, oid)| find(key, oid).is_some());
        if let Some((name, _)) = unknown {
            problems.error(
                NAME,
                format_args!(
                    "{path} holds an authority whose key is of {name}, which cannot be verified \
                     here; keys of RSA, P-256 and P-384 can"
                ),
            );
        }
    }
    if number == 0 {
        problems.error(
            NAME,
            format_args!(
                "{path} holds no certificate; it must be PEM (-----BEGIN CERTIFICATE-----)"
            ),
        );
    }
    store.roots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(contents: &[u8]) -> String {
        let path = std::env::temp_dir().join(format!(
            "alertik-ca-{}-{}.pem",
            std::process::id(),
            contents.len()
        ));
        fs::write(&path, contents).unwrap();
        let env = Env::new(std::iter::once((NAME.into(), path.clone().into())));
        let mut problems = Problems::default();
        let anchors = read(&env, &mut problems);
        fs::remove_file(path).unwrap();
        assert_eq!(anchors.is_empty(), !problems.errors().is_empty());
        problems.errors().join("\n")
    }

    /// A bundle is read, whatever stands between its certificates.
    #[test]
    fn bundles_are_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let bundle = ["# my CA\n", &pem, "\r\n# again\n", &pem].concat();
        assert_eq!(problems_of(bundle.as_bytes()), "");
    }

    /// An authority that no certificate could be verified with is refused at the
    /// start, not at the first notification.
    #[test]
    fn keys_that_cannot_be_verified() {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let path = std::env::temp_dir().join(format!("alertik-ed-{}.pem", std::process::id()));
        fs::write(&path, pem).unwrap();
        let env = Env::new(std::iter::once((NAME.into(), path.clone().into())));
        let mut problems = Problems::default();
        read(&env, &mut problems);
        fs::remove_file(path).unwrap();
        assert!(problems.errors()[0].contains("key is of Ed25519"));
    }

    /// Each mistake is named with its remedy.
    #[test]
    fn mistakes_are_named() {
        assert!(problems_of(b"\x30\x82\x01").contains("holds no certificate; it must be PEM"));
        let damaged = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n";
        assert!(problems_of(damaged.as_bytes()).contains("certificate 1 in "));
        let env = Env::new(std::iter::once((NAME.into(), "/nonexistent/ca.pem".into())));
        let mut problems = Problems::default();
        assert!(read(&env, &mut problems).is_empty());
        assert!(
            problems.errors()[0].starts_with("TLS_CA_FILE: /nonexistent/ca.pem cannot be read")
        );
    }
}
