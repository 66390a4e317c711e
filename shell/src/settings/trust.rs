//! `TLS_CA_FILE`: more certificates to verify servers with, besides the built-in
//! ones.

use std::fs;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::{Env, Problems};

const NAME: &str = "TLS_CA_FILE";

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
