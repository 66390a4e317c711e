//! The certificate authority of the tests.

use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P384_SHA384,
};

/// The CA that every test in this process trusts; TLS_CA_FILE names its file.
pub(super) struct Ca {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) file: String,
}

pub(super) fn ca() -> &'static Ca {
    static CA: OnceLock<Ca> = OnceLock::new();
    CA.get_or_init(|| {
        let (issuer, pem) = new_ca("test CA");
        let file = std::env::temp_dir().join(format!("alertik-test-ca-{}", std::process::id()));
        std::fs::write(&file, pem).unwrap();
        Ca {
            issuer,
            file: file.to_str().unwrap().into(),
        }
    })
}

pub(super) fn new_ca(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), certificate.pem())
}
