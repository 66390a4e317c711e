//! A name server on loopback that answers as a case wants (RFC 1035, section 4).

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

pub(super) const A: u8 = 1;
pub(super) const AAAA: u8 = 28;
const CNAME: u8 = 5;

/// Response codes.
pub(super) const GOOD: u8 = 0;
pub(super) const SERVFAIL: u8 = 2;
pub(super) const NXDOMAIN: u8 = 3;

/// A query that arrived.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Its number among the server's queries, from 0.
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) kind: u8,
    pub(super) from: SocketAddr,
    /// Whether answers of more than 512 bytes are accepted.
    pub(super) large: bool,
    bytes: Vec<u8>,
}

/// A record: owner, type, data.
pub(super) type Record = (String, u8, Vec<u8>);

/// Returns a record with an address.
pub(super) fn address(owner: &str, address: &str) -> Record {
    match address.parse().unwrap() {
        IpAddr::V4(v4) => (owner.to_owned(), A, v4.octets().to_vec()),
        IpAddr::V6(v6) => (owner.to_owned(), AAAA, v6.octets().to_vec()),
    }
}

/// Returns a record with an alias.
pub(super) fn alias(owner: &str, of: &str) -> Record {
    (owner.to_owned(), CNAME, wire(of))
}

fn wire(name: &str) -> Vec<u8> {
    let labels = name.split('.').map(|label| {
        let length = [label.len() as u8];
        [&length[..], label.as_bytes()].concat()
    });
    labels.chain([vec![0]]).flatten().collect()
}

impl Question {
    fn read(bytes: &[u8], number: usize, from: SocketAddr) -> Option<Self> {
        let end = 12 + bytes[12..].iter().position(|&b| b == 0)? + 5;
        let mut labels = Vec::new();
        let mut at = 12;
        while bytes[at] != 0 {
            let next = at + 1 + usize::from(bytes[at]);
            labels.push(String::from_utf8_lossy(&bytes[at + 1..next]).into_owned());
            at = next;
        }
        Some(Self {
            number,
            name: labels.join("."),
            kind: bytes[end - 3],
            from,
            large: bytes[end..] == *b"\0\0\x29\x04\xD0\0\0\0\0\0\0" && bytes[11] == 1,
            bytes: bytes[..end].to_vec(),
        })
    }

    /// Returns an answer with a response code and with those of the records that
    /// are aliases or have the requested type.
    pub(super) fn answer(&self, code: u8, records: &[Record]) -> Vec<u8> {
        let mut answer = self.bytes.clone();
        // Response, recursion available; one question.
        (answer[2], answer[3]) = (0x81, 0x80 | code);
        answer[6..12].fill(0);
        for (owner, kind, data) in records {
            if *kind == self.kind || *kind == CNAME {
                answer[7] += 1;
                if *owner == self.name {
                    answer.extend([0xC0, 12]);
                } else {
                    answer.extend(wire(owner));
                }
                answer.extend([0, *kind, 0, 1, 0, 0, 0, 0, 0, data.len() as u8]);
                answer.extend(data);
            }
        }
        answer
    }

    /// Returns the usual answer: those of the addresses that have the requested
    /// type.
    pub(super) fn addresses(&self, addresses: &[&str]) -> Vec<u8> {
        let records = addresses.iter().map(|text| address(&self.name, text));
        self.answer(GOOD, &records.collect::<Vec<_>>())
    }
}

/// The queries that a server received.
pub(super) type Asked = Arc<Mutex<Vec<Question>>>;

/// Serves DNS on port 53 of an address; `handler` returns the datagrams to send for
/// a query.
pub(super) fn serve(
    at: &str,
    handler: impl Fn(&Question) -> Vec<Vec<u8>> + Send + 'static,
) -> Asked {
    let socket = UdpSocket::bind((at, 53)).unwrap();
    let asked = Asked::default();
    let list = Arc::clone(&asked);
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let number = list.lock().unwrap().len();
            if let Some(question) = Question::read(&query[..length], number, from) {
                list.lock().unwrap().push(question.clone());
                for answer in handler(&question) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        }
    });
    asked
}
