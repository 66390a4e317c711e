//! A query for a host's addresses, and the answer to it (RFC 1035, section 4).

use core::net::IpAddr;

use heapless::Vec;

use super::Addresses;
use crate::limits::{DNS_ALIASES_MAX, DNS_ANSWER_BYTES_MAX};

/// Bytes of a message's header.
const HEADER_BYTES: usize = 12;
/// Longest name in a message, in bytes (section 2.3.4): 253 characters as text.
const NAME_BYTES_MAX: usize = 255;
/// Longest label of a name, in bytes.
const LABEL_BYTES_MAX: u8 = 63;
/// Bytes of a question behind its name: type and class.
const QUESTION_TAIL_BYTES: usize = 4;
/// Bytes of a record between its name and its data.
const RECORD_HEAD_BYTES: usize = 10;
/// What asks for answers of [`DNS_ANSWER_BYTES_MAX`] bytes (RFC 6891, section
/// 6.1.2): a record of the root, of type 41, with that size in place of a class.
const OPT: [u8; 11] = {
    let [high, low] = (DNS_ANSWER_BYTES_MAX as u16).to_be_bytes();
    [0, 0, 41, high, low, 0, 0, 0, 0, 0, 0]
};
/// Longest query, in bytes.
const QUERY_BYTES_MAX: usize = HEADER_BYTES + NAME_BYTES_MAX + QUESTION_TAIL_BYTES + OPT.len();

/// The class of the Internet.
const CLASS_IN: u8 = 1;
/// The type of an alias.
const CNAME: u16 = 5;
/// What begins a pointer in place of a label (section 4.1.4).
const POINTER: u8 = 0xC0;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// IPv4 addresses.
    A = 1,
    /// IPv6 addresses (RFC 3596).
    Aaaa = 28,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// There are addresses of the kind.
    Addresses,
    /// There are none, but the name exists.
    NoData,
    /// The name does not exist.
    NoName,
    /// The answer did not fit, and what there is of it holds no address.
    Truncated,
    /// The server could not answer.
    Failure,
}

/// A query, as it is sent.
#[derive(Debug)]
pub struct Query {
    bytes: Vec<u8, QUERY_BYTES_MAX>,
    /// Where the question ends.
    question_end: usize,
}

impl Query {
    /// Returns a query for the addresses of `host` within `domain`, which may
    /// be empty. A dot at the end of either makes no difference.
    ///
    /// Nothing for what is no name: an empty one, one with labels of 0 or more
    /// than 63 bytes, one of more than 253 characters in all. A label may hold
    /// any byte (RFC 2181, section 11).
    #[must_use]
    pub fn new(id: u16, kind: Kind, host: &[u8], domain: &[u8]) -> Option<Self> {
        let [high, low] = id.to_be_bytes();
        // A standard query, recursion desired, with one question.
        let mut bytes = Vec::from_slice(&[high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
        push_labels(&mut bytes, host)?;
        if !domain.is_empty() {
            push_labels(&mut bytes, domain)?;
        }
        bytes.push(0).ok()?;
        if bytes.len() > HEADER_BYTES + NAME_BYTES_MAX {
            return None;
        }
        // A name that is too long leaves no room for these.
        let tail = [0, kind as u8, 0, CLASS_IN];
        bytes.extend_from_slice(&tail).ok()?;
        Some(Self {
            question_end: bytes.len(),
            bytes,
        })
    }

    /// Has the query ask for a longer answer. Returns whether it did not before.
    ///
    /// Not from the beginning: some servers fail on such a query, and nearly
    /// every answer fits.
    pub fn enlarge(&mut self) -> bool {
        let plain = self.bytes.len() == self.question_end;
        if plain {
            // There is room; the last count of the header is of such records.
            let _ = self.bytes.extend_from_slice(&OPT);
            self.bytes[HEADER_BYTES - 1] = 1;
        }
        plain
    }

    /// Returns the bytes to send.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a datagram and adds the addresses it brings. Returns nothing for
    /// one that does not answer this query; it is to be ignored.
    ///
    /// Records count that belong to the name, or to what it is an alias of, in
    /// whatever order they come. Of an answer that was truncated, or that ends
    /// within a record, what is whole counts. The work is bounded: names are
    /// compared once per record and alias, and none is longer than the datagram.
    pub fn read(&self, datagram: &[u8], addresses: &mut Addresses) -> Option<Reply> {
        let question = &self.bytes[..self.question_end];
        let (head, _) = datagram.split_at_checked(question.len())?;
        // The id, one question, and that question itself. Case does not matter
        // in names (RFC 4343), and no other byte here is a letter's.
        let same = head[..2] == question[..2]
            && head[4..6] == question[4..6]
            && head[HEADER_BYTES..].eq_ignore_ascii_case(&question[HEADER_BYTES..]);
        // A response (QR) to a standard query (opcode 0).
        if !same || head[2] & 0xF8 != 0x80 {
            return None;
        }
        Some(match head[3] & 0x0F {
            0 => match self.collect(datagram, addresses) {
                (true, _) => Reply::Addresses,
                // The flag TC: truncated.
                (false, whole) if whole && head[2] & 2 == 0 => Reply::NoData,
                _ => Reply::Truncated,
            },
            3 => Reply::NoName,
            _ => Reply::Failure,
        })
    }

    /// Adds what the answer section holds. Returns whether that was anything,
    /// and whether the section is whole.
    fn collect(&self, message: &[u8], addresses: &mut Addresses) -> (bool, bool) {
        let kind = u16::from(self.bytes[self.question_end - 3]);
        let count = u16::from_be_bytes([message[6], message[7]]);
        let (mut found, mut whole) = (false, true);
        let mut name = HEADER_BYTES;
        for _ in 0..=DNS_ALIASES_MAX {
            let mut alias = None;
            let mut at = self.question_end;
            for _ in 0..count {
                let Some(record) = Record::read(message, at) else {
                    whole = false;
                    break;
                };
                at = record.end;
                if !same_name(message, record.owner, name) {
                    continue;
                }
                if record.kind == CNAME {
                    alias = Some(record.data);
                } else if record.kind == kind
                    && let Some(address) = address(&message[record.data..record.end])
                {
                    addresses.push(address);
                    found = true;
                }
            }
            match alias {
                Some(alias) => name = alias,
                None => break,
            }
        }
        (found, whole)
    }
}

/// Appends the labels of a name.
fn push_labels(bytes: &mut Vec<u8, QUERY_BYTES_MAX>, name: &[u8]) -> Option<()> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    for label in name.split(|&byte| byte == b'.') {
        let length = u8::try_from(label.len()).ok()?;
        if !(1..=LABEL_BYTES_MAX).contains(&length) {
            return None;
        }
        bytes.push(length).ok()?;
        bytes.extend_from_slice(label).ok()?;
    }
    Some(())
}

/// Returns the address that a record's data is, by its length.
fn address(data: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(data) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(data).ok().map(IpAddr::from)
}

/// A resource record (section 4.1.3) of the class IN; one of another class has
/// type 0, which is nobody's. Places are offsets into the message.
struct Record {
    /// Where its name is.
    owner: usize,
    kind: u16,
    /// Where its data begins.
    data: usize,
    /// Where its data ends.
    end: usize,
}

impl Record {
    fn read(message: &[u8], owner: usize) -> Option<Self> {
        let mut at = owner;
        // The name ends at the root or with a pointer.
        loop {
            match *message.get(at)? {
                0 => break at += 1,
                POINTER.. => break at += 2,
                length @ ..=LABEL_BYTES_MAX => at += 1 + usize::from(length),
                // Reserved, and of no length that anybody knows.
                _ => return None,
            }
        }
        let head = message.get(at..)?.first_chunk::<RECORD_HEAD_BYTES>()?;
        let [k1, k0, c1, c0, .., l1, l0] = *head;
        let data = at + RECORD_HEAD_BYTES;
        let end = data + usize::from(u16::from_be_bytes([l1, l0]));
        let internet = [c1, c0] == [0, CLASS_IN];
        (end <= message.len()).then_some(Self {
            owner,
            kind: if internet {
                u16::from_be_bytes([k1, k0])
            } else {
                0
            },
            data,
            end,
        })
    }
}

/// Returns whether two names in a message are the same; one that is malformed
/// is the same as none.
fn same_name(message: &[u8], one: usize, other: usize) -> bool {
    let (mut one, mut other) = (Labels::new(one), Labels::new(other));
    loop {
        match (one.next(message), other.next(message)) {
            (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => {
                if one.is_empty() {
                    return true;
                }
            }
            _ => return false,
        }
    }
}

/// The labels of a name in a message.
///
/// Pointers lead to a prior occurrence (section 4.1.4): each must lead further
/// back than the one before and than the name's own beginning. So there is no
/// way round, and no label begins twice at the same byte.
struct Labels {
    at: usize,
    back_of: usize,
}

impl Labels {
    const fn new(at: usize) -> Self {
        Self { at, back_of: at }
    }

    /// Returns the next label, which is empty at the name's end.
    fn next<'m>(&mut self, message: &'m [u8]) -> Option<&'m [u8]> {
        loop {
            let length = *message.get(self.at)?;
            let start = self.at + 1;
            if length <= LABEL_BYTES_MAX {
                self.at = start + usize::from(length);
                return message.get(start..self.at);
            }
            let low = *message.get(start)?;
            let to = usize::from(u16::from_be_bytes([length & !POINTER, low]));
            if length < POINTER || to >= self.back_of {
                return None;
            }
            (self.at, self.back_of) = (to, to);
        }
    }
}

#[cfg(test)]
mod tests;
