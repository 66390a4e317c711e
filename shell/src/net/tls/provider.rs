//! The cryptography that TLS may use: our own selection of ring's primitives.
//!
//! * Key exchange: P-256, which every server of TLS 1.3 must have (RFC 8446, section
//!   9.1), and P-384. X25519 would cost 6.9 kB on ARM. No post-quantum hybrid: some of
//!   Telegram's servers reset connections that offer X25519MLKEM768
//!   (tdlib/telegram-bot-api issue 896). P-384 is needed in TLS 1.2, where a
//!   server with a P-384 certificate refuses clients that do not offer it.
//! * Suites: AES-GCM only. TLS 1.3 makes AES-128-GCM mandatory (RFC 8446,
//!   section 9.1), and every service documented here has ECDHE with AES-GCM in
//!   TLS 1.2. ChaCha20-Poly1305 would cost 10 kB on ARM for speed that a
//!   request of some hundred bytes does not need.
//! * Signatures: RSA from 2,048 to 8,192 bits, and ECDSA on P-256 and P-384
//!   with either hash, because real chains mix them. No Ed25519: no public
//!   authority may issue such certificates (CA/Browser Forum, Baseline
//!   Requirements, 7.1.3).
//! * No client certificates, so nothing here signs.
//!
//! The provider is built field by field rather than from rustls'
//! `default_provider()`. Everything that one names stays in the binary, and it
//! names everything, which costs 37 kB on ARMv7.

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::crypto::ring::{cipher_suite as suite, kx_group as kx};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms,
};
use rustls::pki_types::{PrivateKeyDer, TrustAnchor};
use rustls::sign::SigningKey;
use rustls::{
    CipherSuiteCommon, ClientConfig, Error, RootCertStore, SignatureScheme, SupportedCipherSuite,
    Tls13CipherSuite,
};
use webpki::ring as algorithm;

use super::anchors;

/// Returns the TLS configuration for all servers: versions 1.2 and 1.3, with
/// certificates verified against the built-in anchors and those in `added`.
///
/// Sessions are resumed, which is rustls' default. That saves a router the work
/// of verifying a chain, and turning it off would cost 160 bytes.
///
/// Returns `None` if the provider has no suite for a version, which is a mistake in this
/// file.
pub(super) fn client_config(added: Vec<TrustAnchor<'static>>) -> Option<Arc<ClientConfig>> {
    let mut roots = added;
    roots.extend(anchors::built_in());
    let config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(RootCertStore { roots })
        .with_no_client_auth();
    Some(Arc::new(config))
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            SupportedCipherSuite::Tls13(&AES_128),
            SupportedCipherSuite::Tls13(&AES_256),
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ],
        kx_groups: vec![kx::SECP256R1, kx::SECP384R1],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &KernelRandom,
        key_provider: &NoKeys,
    }
}

static AES_128: Tls13CipherSuite = without_quic(suite::TLS13_AES_128_GCM_SHA256);
static AES_256: Tls13CipherSuite = without_quic(suite::TLS13_AES_256_GCM_SHA384);

/// Returns a TLS 1.3 suite without its QUIC part. This must be evaluated at
/// compile time, or else everything that rustls' own static names stays in the
/// binary.
const fn without_quic(suite: SupportedCipherSuite) -> Tls13CipherSuite {
    let SupportedCipherSuite::Tls13(suite) = suite else {
        panic!("not a suite of TLS 1.3");
    };
    Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: suite.common.suite,
            hash_provider: suite.common.hash_provider,
            confidentiality_limit: suite.common.confidentiality_limit,
        },
        hkdf_provider: suite.hkdf_provider,
        aead_alg: suite.aead_alg,
        quic: None,
    }
}

/// The accepted signature algorithms. `mapping` is rustls' own table without
/// Ed25519. In TLS 1.2 a scheme leaves the curve open, hence the two algorithms
/// for each ECDSA scheme.
const SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        algorithm::ECDSA_P256_SHA256,
        algorithm::ECDSA_P256_SHA384,
        algorithm::ECDSA_P384_SHA256,
        algorithm::ECDSA_P384_SHA384,
        algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        algorithm::RSA_PKCS1_2048_8192_SHA256,
        algorithm::RSA_PKCS1_2048_8192_SHA384,
        algorithm::RSA_PKCS1_2048_8192_SHA512,
        algorithm::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        algorithm::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        algorithm::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    mapping: &[
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[algorithm::ECDSA_P384_SHA384, algorithm::ECDSA_P256_SHA384],
        ),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[algorithm::ECDSA_P256_SHA256, algorithm::ECDSA_P384_SHA256],
        ),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA512,
            &[algorithm::RSA_PKCS1_2048_8192_SHA512],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA384,
            &[algorithm::RSA_PKCS1_2048_8192_SHA384],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            &[algorithm::RSA_PKCS1_2048_8192_SHA256],
        ),
    ],
};

/// The kernel's random numbers, through ring.
#[derive(Debug)]
struct KernelRandom;

impl SecureRandom for KernelRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        SystemRandom::new()
            .fill(buffer)
            .map_err(|_| GetRandomFailed)
    }
}

/// Refuses every private key.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General(String::new()))
    }
}
