use super::*;
use crate::limits::DNS_ADDRESSES_MAX;

use std::format;
use std::string::{String, ToString};
use std::vec::Vec as List;

const ID: u16 = 0xBEEF;
const HOST: &str = "hook.example.test";
const RESPONSE: u16 = 0x8180;
const TRUNCATED: u16 = 0x0200;
const TXT: u16 = 16;
/// A pointer to the question's name.
const ASKED: &[u8] = &[0xC0, 12];

fn query(kind: Kind) -> Query {
    Query::new(ID, kind, HOST.as_bytes(), b"").unwrap()
}

/// Writes a name without compression.
fn name(text: &str) -> List<u8> {
    let mut bytes = List::new();
    for label in text.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// An answer that is put together record by record.
struct Message(List<u8>);

impl Message {
    /// The head of an answer to a query.
    fn to(query: &Query, flags: u16) -> Self {
        let mut bytes = query.as_bytes().to_vec();
        bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        Self(bytes)
    }

    /// Adds a record to the answer section.
    fn record(mut self, owner: &[u8], kind: u16, data: &[u8]) -> Self {
        let count = u16::from_be_bytes([self.0[6], self.0[7]]) + 1;
        self.0[6..8].copy_from_slice(&count.to_be_bytes());
        self.0.extend(owner);
        self.0.extend(kind.to_be_bytes());
        self.0.extend([0, CLASS_IN, 0, 0, 1, 44]);
        self.0.extend((data.len() as u16).to_be_bytes());
        self.0.extend(data);
        self
    }

    fn a(self, owner: &[u8], last: u8) -> Self {
        self.record(owner, 1, &[192, 0, 2, last])
    }

    fn alias(self, owner: &[u8], of: &[u8]) -> Self {
        self.record(owner, CNAME, of)
    }
}

/// Reads a datagram as an answer to a query; returns the addresses as text.
fn read(query: &Query, datagram: &[u8]) -> (Option<Reply>, String) {
    let mut addresses = Addresses::default();
    let reply = query.read(datagram, &mut addresses);
    let list: List<_> = addresses.iter().map(|a| a.to_string()).collect();
    (reply, list.join(" "))
}

fn read_a(message: &Message) -> (Option<Reply>, String) {
    read(&query(Kind::A), &message.0)
}

fn found(addresses: &str) -> (Option<Reply>, String) {
    (Some(Reply::Addresses), addresses.to_string())
}

fn nothing(reply: Reply) -> (Option<Reply>, String) {
    (Some(reply), String::new())
}

fn answer() -> Message {
    Message::to(&query(Kind::A), RESPONSE)
}

/// The bytes of a query, by hand.
#[test]
fn a_query() {
    let bytes = b"\xBE\xEF\x01\0\0\x01\0\0\0\0\0\0\x04hook\x07example\x04test\0\0\x01\0\x01";
    assert_eq!(query(Kind::A).as_bytes(), bytes);
    let mut aaaa = bytes.to_vec();
    aaaa[bytes.len() - 3] = 28;
    assert_eq!(query(Kind::Aaaa).as_bytes(), aaaa);
    for (host, domain) in [
        ("hook", "example.test"),
        ("hook.example", "test."),
        ("hook.example.test.", ""),
    ] {
        let query = Query::new(ID, Kind::A, host.as_bytes(), domain.as_bytes()).unwrap();
        assert_eq!(query.as_bytes(), bytes, "{host} {domain}");
    }
}

/// What is no name is not asked for; the limits are what RFC 1035 says.
#[test]
fn names() {
    let label = |length| "x".repeat(length);
    let long = format!("{0}.{0}.{0}.{1}", label(63), label(61));
    assert_eq!(long.len(), 253);
    let full = format!("{long}.");
    let shorter = long[..251].to_string();
    for (host, domain, right) in [
        ("a", "", true),
        ("a_b.c-d", "", true),
        (&label(63), "", true),
        (&label(64), "", false),
        (&long, "", true),
        (&full, "", true),
        (&format!("{long}x"), "", false),
        (&shorter, "x", true),
        (&shorter, "x.", true),
        (&shorter, "xx", false),
        (&long, &long, false),
        ("", "", false),
        (".", "", false),
        ("", "lan", false),
        ("a..b", "", false),
        (".a", "", false),
        ("a..", "", false),
        ("a", ".", false),
        ("a", ".lan", false),
    ] {
        let query = Query::new(ID, Kind::A, host.as_bytes(), domain.as_bytes());
        assert_eq!(query.is_some(), right, "{host} in {domain}");
    }
}

/// Both kinds, each only in answers to its own question.
#[test]
fn addresses() {
    let six = &[0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let message = |kind| {
        Message::to(&query(kind), RESPONSE)
            .a(ASKED, 1)
            .record(ASKED, 28, six)
            .record(ASKED, TXT, b"text")
            .a(&name(HOST), 2)
            .a(ASKED, 1)
    };
    assert_eq!(read_a(&message(Kind::A)), found("192.0.2.1 192.0.2.2"));
    let (six_query, six_answer) = (query(Kind::Aaaa), message(Kind::Aaaa));
    assert_eq!(read(&six_query, &six_answer.0), found("2001:db8::7"));
    assert_eq!(read(&six_query, &message(Kind::A).0).0, None);
}

/// Only the answer to this very question is one.
#[test]
fn other_answers() {
    let good = answer().a(ASKED, 1).0;
    assert_eq!(read(&query(Kind::A), &good), found("192.0.2.1"));
    let other = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        assert_ne!(bytes[at], byte);
        bytes[at] = byte;
        read(&query(Kind::A), &bytes)
    };
    let ignored = (None, String::new());
    assert_eq!(other(0, 0), ignored, "another id");
    assert_eq!(other(1, 0), ignored, "another id");
    assert_eq!(other(2, 0x01), ignored, "a query");
    assert_eq!(other(2, 0xA1), ignored, "another opcode");
    assert_eq!(other(4, 1), ignored, "257 questions");
    assert_eq!(other(5, 0), ignored, "no question");
    assert_eq!(other(13, b'l'), ignored, "another name");
    assert_eq!(other(12, 5), ignored, "other labels");
    assert_eq!(other(good.len() - 19, 28), ignored, "another type");
    assert_eq!(other(good.len() - 17, 3), ignored, "another class");
    assert_eq!(other(13, b'H'), found("192.0.2.1"), "case does not matter");
    assert_eq!(read(&query(Kind::A), b""), ignored);
    assert_eq!(read(&query(Kind::A), query(Kind::A).as_bytes()), ignored);
}

/// RFC 1035, section 4.1.1: what the server's code means here.
#[test]
fn response_codes() {
    for code in 0..16 {
        let expected = match code {
            0 => Reply::NoData,
            3 => Reply::NoName,
            _ => Reply::Failure,
        };
        let message = Message::to(&query(Kind::A), RESPONSE | code);
        assert_eq!(read_a(&message), nothing(expected), "code {code}");
    }
    // An error is one, whatever else comes with it.
    let message = Message::to(&query(Kind::A), RESPONSE | 2).a(ASKED, 1);
    assert_eq!(read_a(&message), nothing(Reply::Failure));
}

/// Aliases are followed in any order, and nobody else's records count.
#[test]
fn aliases() {
    let (one, two) = (name("one.example"), name("two.example"));
    let chain = answer()
        .alias(ASKED, &one)
        .alias(&one, &two)
        .a(&two, 1)
        .a(&two, 2);
    assert_eq!(read_a(&chain), found("192.0.2.1 192.0.2.2"));
    let backwards = answer().a(&two, 1).alias(&one, &two).alias(ASKED, &one);
    assert_eq!(read_a(&backwards), found("192.0.2.1"));
    let strangers = answer().a(&one, 1).alias(&one, &two).a(&two, 2);
    assert_eq!(read_a(&strangers), nothing(Reply::NoData));
    let case = answer().alias(ASKED, &name("One.Example")).a(&one, 1);
    assert_eq!(read_a(&case), found("192.0.2.1"));
    let other_class = {
        let mut message = answer().a(ASKED, 1);
        let class = query(Kind::A).as_bytes().len() + 5;
        assert_eq!(message.0[class], CLASS_IN);
        message.0[class] = 3;
        message
    };
    assert_eq!(read_a(&other_class), nothing(Reply::NoData));
    // An alias of an alias, by pointers to where their names are.
    let at = query(Kind::A).as_bytes().len() + ASKED.len() + RECORD_HEAD_BYTES;
    let compressed = answer()
        .alias(ASKED, b"\x03cdn\xC0\x11")
        .a(&[0xC0, at as u8], 7);
    assert_eq!(read_a(&compressed), found("192.0.2.7"));
    let spelled_out = answer()
        .alias(ASKED, b"\x03cdn\xC0\x11")
        .a(&name("cdn.example.test"), 8);
    assert_eq!(read_a(&spelled_out), found("192.0.2.8"));
}

/// Aliases in a circle and chains without an end are given up.
#[test]
fn endless_aliases() {
    let (one, two) = (name("one.example"), name("two.example"));
    let itself = answer().alias(ASKED, ASKED);
    assert_eq!(read_a(&itself), nothing(Reply::NoData));
    let circle = answer()
        .alias(ASKED, &one)
        .alias(&one, &two)
        .alias(&two, ASKED);
    assert_eq!(read_a(&circle), nothing(Reply::NoData));
    let chain = |length: usize| {
        let link = |n: usize| name(&format!("n{n}"));
        let first = answer().alias(ASKED, &link(1));
        let links = (1..length).fold(first, |message, n| message.alias(&link(n), &link(n + 1)));
        read_a(&links.a(&link(length), 1))
    };
    assert_eq!(chain(DNS_ALIASES_MAX), found("192.0.2.1"));
    assert_eq!(chain(DNS_ALIASES_MAX + 1), nothing(Reply::NoData));
}

/// RFC 1035, section 4.1.4: pointers lead back. Others make a name that is
/// nobody's, and the rest of the message still counts.
#[test]
fn pointers() {
    let at = query(Kind::A).as_bytes().len() as u8;
    for (what, owner) in [
        ("to itself", &[0xC0, at][..]),
        ("forward", &[0xC0, at + 20]),
        ("beyond the end", &[0xFF, 0xFF]),
        ("round in a circle", &[1, b'x', 0xC0, at]),
        ("into the header", &[0xC0, 0]),
        ("with more labels before", &[1, b'x', 0xC0, 12]),
        ("of a kind that does not exist", &[0x80, 12]),
    ] {
        let (reply, list) = read_a(&answer().a(owner, 1).a(ASKED, 2));
        // The last one has no length that anybody knows.
        if owner[0] == 0x80 {
            assert_eq!(
                (reply, list.as_str()),
                (Some(Reply::Truncated), ""),
                "{what}"
            );
        } else {
            assert_eq!((reply, list), found("192.0.2.2"), "{what}");
        }
    }
    // A circle behind each of two names that are compared with each other.
    let behind = at + 2 + RECORD_HEAD_BYTES as u8;
    let to_circle = [0xC0, behind];
    let circles = answer()
        .record(ASKED, TXT, &[1, b'x', 0xC0, behind])
        .alias(ASKED, &to_circle)
        .a(&to_circle, 1);
    assert_eq!(read_a(&circles), nothing(Reply::NoData));
    let zigzag = answer()
        .record(ASKED, TXT, &[1, b'x', 0xC0, behind + 4, 0xC0, behind])
        .alias(ASKED, &to_circle)
        .a(&to_circle, 1);
    assert_eq!(read_a(&zigzag), nothing(Reply::NoData));
    // What is no pointer does not lead anywhere.
    let reserved = answer()
        .record(ASKED, TXT, &name("one.example"))
        .alias(ASKED, &[0x80, behind])
        .a(&name("one.example"), 1);
    assert_eq!(read_a(&reserved), nothing(Reply::NoData));
    // Two names of which each points to the other.
    let second = at + 2 + RECORD_HEAD_BYTES as u8 + 4;
    let mutual = answer().a(&[0xC0, second], 1).a(&[0xC0, at], 2).a(ASKED, 3);
    assert_eq!(read_a(&mutual), found("192.0.2.3"));
    // A pointer to a pointer to the name.
    let twice = answer().a(ASKED, 1).a(&[0xC0, at], 2);
    assert_eq!(read_a(&twice), found("192.0.2.1 192.0.2.2"));
}

/// Counts and lengths that the message does not have.
#[test]
fn lies() {
    let mut more = answer().a(ASKED, 1);
    more.0[6..8].copy_from_slice(&[0xFF, 0xFF]);
    assert_eq!(read_a(&more), found("192.0.2.1"));
    let mut fewer = answer().a(ASKED, 1).a(ASKED, 2);
    fewer.0[7] = 1;
    assert_eq!(read_a(&fewer), found("192.0.2.1"));
    fewer.0[7] = 0;
    assert_eq!(read_a(&fewer), nothing(Reply::NoData));
    let mut none = answer();
    none.0[7] = 1;
    assert_eq!(read_a(&none), nothing(Reply::Truncated));
    let mut long = answer().a(ASKED, 1);
    let length = long.0.len() - 5;
    long.0[length] = 5;
    assert_eq!(read_a(&long), nothing(Reply::Truncated));
    for data in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
        let odd = answer().record(ASKED, 1, data);
        assert_eq!(read_a(&odd), nothing(Reply::NoData), "{data:?}");
    }
    // Other sections, and what is behind them, are nobody's business.
    let mut trailing = answer().a(ASKED, 1);
    trailing.0.extend([0xC0; 300]);
    assert_eq!(read_a(&trailing), found("192.0.2.1"));
}

/// What is whole of a truncated answer counts.
#[test]
fn truncated() {
    let message = || Message::to(&query(Kind::A), RESPONSE | TRUNCATED);
    assert_eq!(read_a(&message().a(ASKED, 1)), found("192.0.2.1"));
    assert_eq!(read_a(&message()), nothing(Reply::Truncated));
    let only_alias = message().alias(ASKED, &name("one.example"));
    assert_eq!(read_a(&only_alias), nothing(Reply::Truncated));
}

/// RFC 6891, section 6.1.2: the record that asks for longer answers, once; the
/// answer is still one to the same question, with such a record or without.
#[test]
fn enlarged() {
    let mut large = query(Kind::Aaaa);
    assert!(large.enlarge());
    assert!(!large.enlarge());
    let mut bytes = query(Kind::Aaaa).as_bytes().to_vec();
    bytes[11] = 1;
    bytes.extend(b"\0\0\x29\x04\xD0\0\0\0\0\0\0");
    assert_eq!(large.as_bytes(), bytes);
    let v6 = [0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let mut answer = Message::to(&query(Kind::Aaaa), RESPONSE).record(ASKED, 28, &v6);
    assert_eq!(read(&large, &answer.0), found("2001:db8::1"));
    answer.0[11] = 1;
    answer.0.extend(&bytes[bytes.len() - 11..]);
    assert_eq!(read(&large, &answer.0), found("2001:db8::1"));
    assert_eq!(read_a(&answer), (None, String::new()));
}

/// Many addresses: as many as there is room for, in order.
#[test]
fn many() {
    let message = (0..64).fold(answer(), |message, last| message.a(ASKED, last));
    let (reply, list) = read_a(&message);
    assert_eq!(reply, Some(Reply::Addresses));
    let list: List<_> = list.split(' ').collect();
    assert_eq!(list.len(), DNS_ADDRESSES_MAX);
    assert_eq!((list[0], list[7]), ("192.0.2.0", "192.0.2.7"));
}

/// Whatever happens to an answer on its way, reading it ends, and brings no
/// address that no record holds.
#[test]
fn damaged() {
    let message = answer()
        .alias(ASKED, b"\x03cdn\xC0\x11")
        .alias(b"\x03cdn\xC0\x11", &name("one.example"))
        .record(ASKED, TXT, b"text")
        .a(&name("one.example"), 1)
        .a(&name("one.example"), 2)
        .0;
    let query = query(Kind::A);
    let whole = read(&query, &message);
    assert_eq!(whole, found("192.0.2.1 192.0.2.2"));
    for end in 0..message.len() {
        let (reply, list) = read(&query, &message[..end]);
        let expected = match end {
            _ if end < query.as_bytes().len() => None,
            _ if list.is_empty() => Some(Reply::Truncated),
            _ => Some(Reply::Addresses),
        };
        assert_eq!(reply, expected, "cut at {end}");
        assert!(whole.1.starts_with(&list), "cut at {end}: {list}");
    }
    let mut changed = message.clone();
    let mut outcomes = [0; 6];
    for at in 0..message.len() {
        for byte in 0..=u8::MAX {
            changed[at] = byte;
            let (reply, list) = read(&query, &changed);
            assert_eq!(reply == Some(Reply::Addresses), !list.is_empty());
            outcomes[reply.map_or(5, |reply| reply as usize)] += 1;
        }
        changed[at] = message[at];
    }
    // Every outcome was among them; "no name" is one code of sixteen.
    assert!(outcomes.iter().all(|&count| count >= 16), "{outcomes:?}");
}
