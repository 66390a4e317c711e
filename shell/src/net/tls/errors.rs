//! TLS errors in plain words.

use rustls::{AlertDescription, CertificateError, Error};

/// Explains a TLS error, with a remedy if there is one.
pub(crate) fn explain(error: &Error) -> String {
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
            format!("the server does not support the TLS that is supported here{SUPPORTED}")
        }
        Error::InvalidMessage(_) => {
            "the server's answer is not TLS: is it an http:// port?".to_owned()
        }
        _ => "the TLS handshake failed".to_owned(),
    }
}

/// What a server must offer, in words. Some offer less on purpose, so the kinds that
/// are left out are named.
const SUPPORTED: &str = ": supported are 1.2 and 1.3 with ECDHE, AES-GCM and certificates of RSA, \
     P-256 or P-384, not ChaCha20 alone, Ed25519 or P-521";

fn hint(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::UnrecognisedName => ": it does not know the host's name",
        AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion => SUPPORTED,
        AlertDescription::CertificateRequired => {
            ": it demands a client certificate, which is not supported"
        }
        _ => "",
    }
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
        // A CA that was recreated under its old name causes a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is from an untrusted issuer: for a private CA \
             set TLS_CA_FILE to its certificate (PEM), otherwise update alertik; a server that \
             leaves out its intermediate certificate looks the same"
        }
        CertificateError::Revoked => "the server's certificate has been revoked",
        _ => "the server's certificate is not acceptable",
    }
}
