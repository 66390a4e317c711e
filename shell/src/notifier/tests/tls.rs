//! TLS with real servers, whose certificates are made on the spot.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use alertik_core::delivery::Notifier;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, SanType, SignatureAlgorithm,
};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{
    HandshakeKind, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};

use super::ca::{ca, new_ca};
use super::support::{Request, Running, Server, answer, listen, read_request, run};

const G1: Notifier = Notifier::Generic1;

/// A server's certificate chain and key.
pub(super) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Issues a certificate for a name, with the changes that a test wants.
pub(super) fn issue(
    issuer: &Issuer<'_, KeyPair>,
    algorithm: &'static SignatureAlgorithm,
    change: impl FnOnce(&mut CertificateParams),
) -> Identity {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, issuer).unwrap();
    Identity {
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    }
}

pub(super) fn good() -> Identity {
    issue(&ca().issuer, &PKCS_ECDSA_P256_SHA256, |_| {})
}

/// Serves HTTPS with the given identity and versions, answering 200.
pub(super) fn serve(identity: Identity, versions: &[&'static SupportedProtocolVersion]) -> Server {
    serve_by(identity, versions, respond)
}

/// Serves HTTPS as `respond` does.
fn serve_by(
    identity: Identity,
    versions: &[&'static SupportedProtocolVersion],
    respond: fn(StreamOwned<ServerConnection, TcpStream>, &Sender<Request>),
) -> Server {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .unwrap();
    let config = Arc::new(config);
    Server::serve(listen(0), move |stream, _, sender| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        respond(StreamOwned::new(connection, stream), &sender);
    })
}

fn respond(mut stream: StreamOwned<ServerConnection, TcpStream>, sender: &Sender<Request>) {
    if let Ok(request) = read_request(&mut stream) {
        let _ = sender.send(request);
        answer(&mut stream, "200 OK", "", "ok");
    }
}

/// Starts a webhook to `localhost` at a server's port, with the tests' CA.
fn start(server: &Server) -> Running {
    let url = format!("https://localhost:{}/hook", server.address.port());
    let running = run(
        &[G1],
        &[("GENERIC1_WEBHOOK_URL", &url), ("HTTP_TIMEOUT_SECS", "5")],
    );
    running.push(&[G1], 1, "over TLS", b"");
    running
}

/// Asserts that a server receives nothing, and returns the error that users see.
fn refused(identity: Identity) -> String {
    let server = serve(identity, &[&TLS13, &TLS12]);
    let running = start(&server);
    let status = running.wait(G1, "refused", |status| status.failures > 0);
    server.expect_none(Duration::ZERO);
    assert_eq!(status.waiting, 1, "the message must stay in the outbox");
    status.last_error.unwrap()
}

/// Both TLS versions work, each with certificates on both curves.
#[test]
fn versions_and_curves() {
    for versions in [&[&TLS12] as &[_], &[&TLS13]] {
        for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384] {
            let server = serve(issue(&ca().issuer, algorithm, |_| {}), versions);
            let running = start(&server);
            assert_eq!(server.next().body, "{\"text\":\"over TLS\"}");
            running.wait(G1, "sent", |status| status.counts.sent == 1);
        }
    }
}

/// The second connection resumes the first one's session, in either version, so no
/// certificate is verified again.
#[test]
fn sessions_are_resumed() {
    for version in [&TLS12, &TLS13] {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth();
        let Identity { chain, key } = good();
        let config = Arc::new(config.with_single_cert(chain, key).unwrap());
        let (kinds, kind) = std::sync::mpsc::channel();
        let server = Server::serve(listen(0), move |stream, _, sender| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let request = read_request(&mut stream).unwrap();
            let _ = kinds.send(stream.conn.handshake_kind());
            let _ = sender.send(request);
            answer(&mut stream, "200 OK", "", "ok");
        });
        let running = start(&server);
        let kind = || kind.recv_timeout(super::support::PATIENCE).unwrap();
        assert_eq!(kind(), Some(HandshakeKind::Full));
        running.wait(G1, "sent", |status| status.counts.sent == 1);
        running.push(&[G1], 2, "again", b"");
        assert_eq!(kind(), Some(HandshakeKind::Resumed));
        running.wait(G1, "sent", |status| status.counts.sent == 2);
    }
}

/// An answer counts even if garbage follows it in the same packet.
#[test]
fn garbage_after_the_answer() {
    for version in [&TLS12, &TLS13] {
        let server = serve_by(good(), &[version], |mut stream, sender| {
            let request = read_request(&mut stream).unwrap();
            let StreamOwned { conn, sock } = &mut stream;
            let answer = b"HTTP/1.1 500 no\r\nContent-Length: 5\r\n\r\nworse";
            conn.writer().write_all(answer).unwrap();
            let mut bytes = Vec::new();
            while conn.wants_write() {
                conn.write_tls(&mut bytes).unwrap();
            }
            // A record that was not encrypted, in the same packet.
            bytes.extend([23, 3, 3, 0, 32]);
            bytes.extend([0xAA; 32]);
            sock.write_all(&bytes).unwrap();
            let _ = sender.send(request);
        });
        let running = start(&server);
        server.next();
        let status = running.wait(G1, "failed", |status| status.failures > 0);
        assert_eq!(status.last_error.as_deref(), Some("HTTP 500: worse"));
    }
}

/// If the host is an address, the certificate must be for that address.
#[test]
fn an_address_in_the_certificate() {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    for (address, sent) in [(loopback, 1), (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 0)] {
        let identity = issue(&ca().issuer, &PKCS_ECDSA_P256_SHA256, |params| {
            params.subject_alt_names = vec![SanType::IpAddress(address)];
        });
        let server = serve(identity, &[&TLS13]);
        let url = format!("https://127.0.0.1:{}/", server.address.port());
        let variables = [("GENERIC1_WEBHOOK_URL", url.as_str())];
        let running = run(&[G1], &variables);
        running.push(&[G1], 1, "x", b"");
        let status = running.wait(G1, "done", |s| s.counts.sent + u64::from(s.failures) > 0);
        assert_eq!(status.counts.sent, sent);
    }
}

/// Certificates with a wrong name or an unknown issuer, expired, not yet valid,
/// self-signed, or with an incomplete chain are refused with advice.
#[test]
fn bad_certificates_are_refused_with_advice() {
    let p256 = &PKCS_ECDSA_P256_SHA256;
    let wrong_name = issue(&ca().issuer, p256, |params| {
        params.subject_alt_names = vec![SanType::DnsName("other.example".try_into().unwrap())];
    });
    let text = refused(wrong_name);
    assert!(text.contains("for another name: check the host"), "{text}");

    // The second CA has the name of the trusted one, but another key.
    for name in ["stranger", "test CA"] {
        let (stranger, ..) = new_ca(name);
        let text = refused(issue(&stranger, p256, |_| {}));
        assert!(text.contains("set TLS_CA_FILE"), "{text}");
    }

    let expired = issue(&ca().issuer, p256, |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 2, 1);
    });
    let text = refused(expired);
    assert!(text.contains("has expired: renew it"), "{text}");

    let future = issue(&ca().issuer, p256, |params| {
        params.not_before = rcgen::date_time_ymd(4000, 1, 1);
    });
    let text = refused(future);
    assert!(text.contains("clock is not set"), "{text}");

    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let self_signed = Identity {
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    };
    let text = refused(self_signed);
    assert!(text.contains("set TLS_CA_FILE"), "{text}");
}

/// A chain with an intermediate is accepted only if the server sends it.
#[test]
fn intermediates_must_be_sent() {
    for complete in [true, false] {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params
            .distinguished_name
            .push(DnType::CommonName, "intermediate");
        let intermediate = params.signed_by(&key, &ca().issuer).unwrap().der().clone();
        let mut identity = issue(&Issuer::new(params, key), &PKCS_ECDSA_P256_SHA256, |_| {});
        if complete {
            identity.chain.push(intermediate);
            let server = serve(identity, &[&TLS13]);
            let running = start(&server);
            running.wait(G1, "sent", |status| status.counts.sent == 1);
        } else {
            let text = refused(identity);
            assert!(text.contains("leaves out its intermediate"), "{text}");
        }
    }
}

/// RSA certificates of 2,048 and 4,096 bits, made by openssl, work in both versions.
#[test]
fn rsa_certificates() {
    let folder = std::env::temp_dir().join(format!("alertik-test-rsa-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for bits in ["2048", "4096"] {
        let key_file = folder.join(bits);
        let made = std::process::Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-pkeyopt"])
            .arg(format!("rsa_keygen_bits:{bits}"))
            .arg("-out")
            .arg(&key_file)
            .output();
        if !made.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: rsa_certificates needs the program openssl");
            return;
        }
        let pem = std::fs::read_to_string(&key_file).unwrap();
        let key = KeyPair::from_pem(&pem).unwrap();
        let params = CertificateParams::new(vec!["localhost".into()]).unwrap();
        let chain = vec![params.signed_by(&key, &ca().issuer).unwrap().der().clone()];
        for versions in [&[&TLS12] as &[_], &[&TLS13]] {
            let identity = Identity {
                chain: chain.clone(),
                key: PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap(),
            };
            let server = serve(identity, versions);
            let running = start(&server);
            running.wait(G1, "sent", |status| status.counts.sent == 1);
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Returns the extensions of a ClientHello with their numbers (RFC 8446, section
/// 4.1.2).
fn extensions(hello: &[u8]) -> Vec<(u16, Vec<u8>)> {
    fn skip(bytes: &[u8], length_bytes: usize) -> (&[u8], &[u8]) {
        let length = bytes[..length_bytes]
            .iter()
            .fold(0, |length, &b| length * 256 + usize::from(b));
        bytes[length_bytes..].split_at(length)
    }
    // Skip the record header (5), handshake header (4), version (2), random (32).
    let (_session, rest) = skip(&hello[43..], 1);
    let (_suites, rest) = skip(rest, 2);
    let (_compression, rest) = skip(rest, 1);
    let (mut rest, _) = skip(rest, 2);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let number = u16::from_be_bytes([rest[0], rest[1]]);
        let (value, after) = skip(&rest[2..], 2);
        found.push((number, value.to_vec()));
        rest = after;
    }
    found
}

/// The ClientHello offers P-256 and P-384 and no post-quantum group, AES-GCM suites,
/// the host's name, and both TLS versions.
#[test]
fn client_hello() {
    let (sender, hello) = std::sync::mpsc::channel();
    let server = Server::serve(listen(0), move |mut stream, _, _| {
        let mut bytes = vec![0; 5];
        stream.read_exact(&mut bytes).unwrap();
        let length = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
        bytes.resize(5 + length, 0);
        stream.read_exact(&mut bytes[5..]).unwrap();
        // A fatal alert: handshake_failure.
        stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).unwrap();
        sender.send(bytes).unwrap();
    });
    let running = start(&server);
    let hello = hello.recv_timeout(super::support::PATIENCE).unwrap();
    let extensions = extensions(&hello);
    let value = |number| {
        let (_, value) = extensions
            .iter()
            .find(|(found, _)| *found == number)
            .unwrap();
        value.clone()
    };
    let words = |bytes: &[u8]| -> Vec<u16> {
        let pairs = bytes.chunks(2);
        pairs
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect()
    };
    assert_eq!(words(&value(10)[2..]), [0x0017, 0x0018], "groups");
    // One key share, for P-256: length (2 bytes), group, length (2 bytes), key.
    assert_eq!(value(51)[2..6], [0x00, 0x17, 0x00, 0x41], "key share");
    assert_eq!(words(&value(43)[1..]), [0x0304, 0x0303], "versions");
    assert!(value(0).ends_with(b"localhost"), "server name");
    let session = usize::from(hello[43]);
    let suites = &hello[44 + session..];
    let length = usize::from(u16::from_be_bytes([suites[0], suites[1]]));
    let mut suites = words(&suites[2..2 + length]);
    suites.sort_unstable();
    // The client sends TLS_EMPTY_RENEGOTIATION_INFO_SCSV (0x00FF) last.
    assert_eq!(
        suites,
        [0x00FF, 0x1301, 0x1302, 0xC02B, 0xC02C, 0xC02F, 0xC030]
    );
    let status = running.wait(G1, "failed", |status| status.failures > 0);
    assert!(status.last_error.unwrap().contains("alert 40"));
}

/// A server that resets the connection in the handshake, or does not speak TLS, is
/// tried again.
#[test]
fn no_tls_at_all() {
    let server = Server::serve(listen(0), move |mut stream, number, sender| match number {
        0 => drop(stream),
        1 => {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 1024]);
        }
        _ => {
            let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
                .with_protocol_versions(&[&TLS13])
                .unwrap()
                .with_no_client_auth();
            let Identity { chain, key } = good();
            let config = Arc::new(config.with_single_cert(chain, key).unwrap());
            let connection = ServerConnection::new(config).unwrap();
            respond(StreamOwned::new(connection, stream), &sender);
        }
    });
    let running = start(&server);
    let status = running.wait(G1, "second failure", |status| status.failures == 2);
    assert!(
        status
            .last_error
            .unwrap()
            .contains("not TLS: is it an http:// port?")
    );
    let status = running.wait(G1, "sent", |status| status.counts.sent == 1);
    assert_eq!(status.counts.failed_attempts, 2);
}
