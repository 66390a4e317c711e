//! The TLS that the HTTP client gets: our own choice of ring's primitives.
//!
//! * Key exchange: X25519, P-256, P-384. No post-quantum hybrid: some of
//!   Telegram's servers reset connections that offer X25519MLKEM768
//!   (tdlib/telegram-bot-api issue 896). P-384 is needed in TLS 1.2, where a
//!   server with a P-384 certificate refuses clients that do not offer it.
//! * Suites: AES-GCM only. TLS 1.3 makes AES-128-GCM mandatory (RFC 8446,
//!   section 9.1), and every service documented here has ECDHE with AES-GCM in
//!   TLS 1.2. ChaCha20-Poly1305 would cost 10 kB on ARM for speed that a
//!   request of some hundred bytes does not need.
//! * Signatures: all that rustls takes from ring, RSA up to 8,192 bits and ECDSA
//!   on P-256 and P-384 with either hash: real chains mix them.

use rustls::crypto::ring::{cipher_suite as suite, default_provider, kx_group as kx};
use rustls::crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{AlertDescription, CertificateError, Error};
use std::sync::Arc;

/// Makes ours the process's provider. The HTTP client panics without one.
pub(super) fn install_provider() {
    // An error means that it is there already.
    drop(provider().install_default());
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            suite::TLS13_AES_128_GCM_SHA256,
            suite::TLS13_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ],
        kx_groups: vec![kx::X25519, kx::SECP256R1, kx::SECP384R1],
        ..default_provider()
    }
}

/// What went wrong with TLS, and what to do about it, in words.
pub(super) fn explain(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error).to_owned(),
        Error::AlertReceived(alert) => {
            let code = u8::from(*alert);
            format!(
                "the server ended the TLS handshake with alert {code}{}",
                hint(*alert)
            )
        }
        Error::PeerIncompatible(_) => {
            "the server speaks no TLS that is safe enough (1.2 or 1.3 with ECDHE and AES-GCM)"
                .to_owned()
        }
        Error::InvalidMessage(_) => {
            "the server's answer is not TLS: is it an http:// port?".to_owned()
        }
        _ => "the TLS handshake failed".to_owned(),
    }
}

fn hint(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::UnrecognisedName => ": it does not know the host's name",
        AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion => {
            ": it speaks no TLS that is safe enough"
        }
        AlertDescription::CertificateRequired => {
            ": it demands a client certificate, which is not supported"
        }
        _ => "",
    }
}

/// Returns whether the error may only mean that this machine's clock is not set.
pub(super) const fn blames_clock(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }
        )
    )
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet: the router's clock is not set \
             (RouterOS: /system/ntp/client); trying again until it is"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired: renew it on the server, or check the \
             router's clock"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name: check the host in the URL; a \
             captive portal or a proxy looks the same"
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate is from an issuer that is not trusted: for a private CA \
             set TLS_CA_FILE to its certificate (PEM), else update alertik; a server that \
             leaves out its intermediate certificate looks the same"
        }
        CertificateError::Revoked => "the server's certificate was revoked",
        _ => "the server's certificate is not acceptable",
    }
}
