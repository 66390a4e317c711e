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

fn query(record_type: RecordType) -> Query {
    Query::new(ID, record_type, HOST.as_bytes(), b"").unwrap()
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

/// An answer built record by record.
struct Message(List<u8>);

impl Message {
    /// Begins an answer to a query.
    fn to(query: &Query, flags: u16) -> Self {
        let mut bytes = query.as_bytes().to_vec();
        bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        Self(bytes)
    }

    /// Adds a record to the answer section.
    fn record(mut self, owner: &[u8], record_type: u16, data: &[u8]) -> Self {
        let count = u16::from_be_bytes([self.0[6], self.0[7]]) + 1;
        self.0[6..8].copy_from_slice(&count.to_be_bytes());
        self.0.extend(owner);
        self.0.extend(record_type.to_be_bytes());
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
    read(&query(RecordType::A), &message.0)
}

fn found(addresses: &str) -> (Option<Reply>, String) {
    (Some(Reply::Addresses), addresses.to_string())
}

fn nothing(reply: Reply) -> (Option<Reply>, String) {
    (Some(reply), String::new())
}

fn answer() -> Message {
    Message::to(&query(RecordType::A), RESPONSE)
}

/// A query has the bytes that RFC 1035 prescribes, written out by hand.
#[test]
fn a_query() {
    let bytes = b"\xBE\xEF\x01\0\0\x01\0\0\0\0\0\0\x04hook\x07example\x04test\0\0\x01\0\x01";
    assert_eq!(query(RecordType::A).as_bytes(), bytes);
    let mut aaaa = bytes.to_vec();
    aaaa[bytes.len() - 3] = 28;
    assert_eq!(query(RecordType::Aaaa).as_bytes(), aaaa);
    for (host, domain) in [
        ("hook", "example.test"),
        ("hook.example", "test."),
        ("hook.example.test.", ""),
    ] {
        let query = Query::new(ID, RecordType::A, host.as_bytes(), domain.as_bytes()).unwrap();
        assert_eq!(query.as_bytes(), bytes, "{host} {domain}");
    }
}

/// There is no query for an invalid name; the limits are those of RFC 1035.
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
        let query = Query::new(ID, RecordType::A, host.as_bytes(), domain.as_bytes());
        assert_eq!(query.is_some(), right, "{host} in {domain}");
    }
}

/// Addresses of each family are taken from answers to their own question only.
#[test]
fn addresses() {
    let six = &[0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let message = |record_type| {
        Message::to(&query(record_type), RESPONSE)
            .a(ASKED, 1)
            .record(ASKED, 28, six)
            .record(ASKED, TXT, b"text")
            .a(&name(HOST), 2)
            .a(ASKED, 1)
    };
    assert_eq!(
        read_a(&message(RecordType::A)),
        found("192.0.2.1 192.0.2.2")
    );
    let (six_query, six_answer) = (query(RecordType::Aaaa), message(RecordType::Aaaa));
    assert_eq!(read(&six_query, &six_answer.0), found("2001:db8::7"));
    assert_eq!(read(&six_query, &message(RecordType::A).0).0, None);
}

/// A datagram that answers any other question is ignored.
#[test]
fn other_answers() {
    let good = answer().a(ASKED, 1).0;
    assert_eq!(read(&query(RecordType::A), &good), found("192.0.2.1"));
    let other = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        assert_ne!(bytes[at], byte);
        bytes[at] = byte;
        read(&query(RecordType::A), &bytes)
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
    assert_eq!(read(&query(RecordType::A), b""), ignored);
    assert_eq!(
        read(&query(RecordType::A), query(RecordType::A).as_bytes()),
        ignored
    );
}

/// RFC 1035, section 4.1.1: each response code has its outcome.
#[test]
fn response_codes() {
    for code in 0..16 {
        let expected = match code {
            0 => Reply::NoData,
            3 => Reply::NoName,
            _ => Reply::Failure,
        };
        let message = Message::to(&query(RecordType::A), RESPONSE | code);
        assert_eq!(read_a(&message), nothing(expected), "code {code}");
    }
    // An error stays an error even if the answer holds records.
    let message = Message::to(&query(RecordType::A), RESPONSE | 2).a(ASKED, 1);
    assert_eq!(read_a(&message), nothing(Reply::Failure));
}

/// Aliases are followed in any order, and records of other names are ignored.
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
        let class = query(RecordType::A).as_bytes().len() + 5;
        assert_eq!(message.0[class], CLASS_IN);
        message.0[class] = 3;
        message
    };
    assert_eq!(read_a(&other_class), nothing(Reply::NoData));
    // An alias named by a pointer into another record.
    let at = query(RecordType::A).as_bytes().len() + ASKED.len() + RECORD_HEAD_BYTES;
    let compressed = answer()
        .alias(ASKED, b"\x03cdn\xC0\x11")
        .a(&[0xC0, at as u8], 7);
    assert_eq!(read_a(&compressed), found("192.0.2.7"));
    let spelled_out = answer()
        .alias(ASKED, b"\x03cdn\xC0\x11")
        .a(&name("cdn.example.test"), 8);
    assert_eq!(read_a(&spelled_out), found("192.0.2.8"));
}

/// Loops of aliases and chains that are too long are given up.
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

/// RFC 1035, section 4.1.4: pointers lead back. A name with any other pointer
/// equals no name, and the rest of the message still counts.
#[test]
fn pointers() {
    let at = query(RecordType::A).as_bytes().len() as u8;
    for (what, owner) in [
        ("to itself", &[0xC0, at][..]),
        ("forward", &[0xC0, at + 20]),
        ("beyond the end", &[0xFF, 0xFF]),
        ("around in a circle", &[1, b'x', 0xC0, at]),
        ("into the header", &[0xC0, 0]),
        ("with more labels before", &[1, b'x', 0xC0, 12]),
        ("of a kind that does not exist", &[0x80, 12]),
    ] {
        let (reply, list) = read_a(&answer().a(owner, 1).a(ASKED, 2));
        // The length of the last one is unknown, so nothing after it is read.
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
    // Two names that are compared with each other both lead into a loop.
    let after = at + 2 + RECORD_HEAD_BYTES as u8;
    let to_circle = [0xC0, after];
    let circles = answer()
        .record(ASKED, TXT, &[1, b'x', 0xC0, after])
        .alias(ASKED, &to_circle)
        .a(&to_circle, 1);
    assert_eq!(read_a(&circles), nothing(Reply::NoData));
    let zigzag = answer()
        .record(ASKED, TXT, &[1, b'x', 0xC0, after + 4, 0xC0, after])
        .alias(ASKED, &to_circle)
        .a(&to_circle, 1);
    assert_eq!(read_a(&zigzag), nothing(Reply::NoData));
    // A reserved label is not followed like a pointer.
    let reserved = answer()
        .record(ASKED, TXT, &name("one.example"))
        .alias(ASKED, &[0x80, after])
        .a(&name("one.example"), 1);
    assert_eq!(read_a(&reserved), nothing(Reply::NoData));
    // Two names that point to each other.
    let second = at + 2 + RECORD_HEAD_BYTES as u8 + 4;
    let mutual = answer().a(&[0xC0, second], 1).a(&[0xC0, at], 2).a(ASKED, 3);
    assert_eq!(read_a(&mutual), found("192.0.2.3"));
    // A pointer to a pointer to the name.
    let twice = answer().a(ASKED, 1).a(&[0xC0, at], 2);
    assert_eq!(read_a(&twice), found("192.0.2.1 192.0.2.2"));
}

/// Wrong counts and lengths lose only the records that they cut off.
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
    // Other sections, and anything after them, are ignored.
    let mut trailing = answer().a(ASKED, 1);
    trailing.0.extend([0xC0; 300]);
    assert_eq!(read_a(&trailing), found("192.0.2.1"));
}

/// The complete records of a truncated answer count.
#[test]
fn truncated() {
    let message = || Message::to(&query(RecordType::A), RESPONSE | TRUNCATED);
    assert_eq!(read_a(&message().a(ASKED, 1)), found("192.0.2.1"));
    assert_eq!(read_a(&message()), nothing(Reply::Truncated));
    let only_alias = message().alias(ASKED, &name("one.example"));
    assert_eq!(read_a(&only_alias), nothing(Reply::Truncated));
}

/// RFC 6891, section 6.1.2: the record that requests larger answers is added
/// once, and answers are accepted with such a record and without.
#[test]
fn enlarged() {
    let mut large = query(RecordType::Aaaa);
    assert!(large.enlarge());
    assert!(!large.enlarge());
    let mut bytes = query(RecordType::Aaaa).as_bytes().to_vec();
    bytes[11] = 1;
    bytes.extend(b"\0\0\x29\x04\xD0\0\0\0\0\0\0");
    assert_eq!(large.as_bytes(), bytes);
    let v6 = [0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let mut answer = Message::to(&query(RecordType::Aaaa), RESPONSE).record(ASKED, 28, &v6);
    assert_eq!(read(&large, &answer.0), found("2001:db8::1"));
    answer.0[11] = 1;
    answer.0.extend(&bytes[bytes.len() - 11..]);
    assert_eq!(read(&large, &answer.0), found("2001:db8::1"));
    assert_eq!(read_a(&answer), (None, String::new()));
}

/// Of many addresses, the first ones are kept, in order, until the list is full.
#[test]
fn many() {
    let message = (0..64).fold(answer(), |message, last| message.a(ASKED, last));
    let (reply, list) = read_a(&message);
    assert_eq!(reply, Some(Reply::Addresses));
    let list: List<_> = list.split(' ').collect();
    assert_eq!(list.len(), DNS_ADDRESSES_MAX);
    assert_eq!((list[0], list[7]), ("192.0.2.0", "192.0.2.7"));
}

/// However an answer is damaged, reading it ends, and a cut one yields only
/// addresses that its records hold.
#[test]
fn damaged() {
    let message = answer()
        .alias(ASKED, b"\x03cdn\xC0\x11")
        .alias(b"\x03cdn\xC0\x11", &name("one.example"))
        .record(ASKED, TXT, b"text")
        .a(&name("one.example"), 1)
        .a(&name("one.example"), 2)
        .0;
    let query = query(RecordType::A);
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
    // Every outcome occurred. The rarest is "no name", one code of sixteen.
    assert!(outcomes.iter().all(|&count| count >= 16), "{outcomes:?}");
}
