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
/// Bytes of a question after its name: type and class.
const QUESTION_TAIL_BYTES: usize = 4;
/// Bytes of a record between its name and its data.
const RECORD_HEAD_BYTES: usize = 10;
/// The record that requests answers of up to [`DNS_ANSWER_BYTES_MAX`] bytes (RFC
/// 6891, section 6.1.2): type 41, owned by the root, with that size as its class.
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
/// The two high bits that mark a pointer instead of a label (section 4.1.4).
const POINTER: u8 = 0xC0;

/// The type of the records that a query asks for (QTYPE, section 3.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordType {
    /// IPv4 addresses.
    A = 1,
    /// IPv6 addresses (RFC 3596).
    Aaaa = 28,
}

/// The outcome that an answer reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The name has addresses of this type.
    Addresses,
    /// The name exists but has no addresses of this type.
    NoData,
    /// The name does not exist.
    NoName,
    /// The answer was cut short, and what arrived of it holds no address.
    Truncated,
    /// The server could not answer.
    Failure,
}

/// A query in wire format.
#[derive(Debug)]
pub struct Query {
    bytes: Vec<u8, QUERY_BYTES_MAX>,
    /// The end of the question, as an offset into `bytes`.
    question_end: usize,
}

impl Query {
    /// Returns a query for the addresses of `host` in `domain`, which may be
    /// empty. A dot at the end of either makes no difference.
    ///
    /// Returns `None` if together they are not a valid name: empty, with a label
    /// of 0 or more than 63 bytes, or longer than 253 characters. A label may hold
    /// any byte (RFC 2181, section 11).
    #[must_use]
    pub fn new(id: u16, record_type: RecordType, host: &[u8], domain: &[u8]) -> Option<Self> {
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
        // The check above leaves room for these.
        let tail = [0, record_type as u8, 0, CLASS_IN];
        bytes.extend_from_slice(&tail).ok()?;
        Some(Self {
            question_end: bytes.len(),
            bytes,
        })
    }

    /// Requests a larger answer (EDNS). Returns false if the query already did.
    ///
    /// The first query does not, because some servers fail on such a query, and
    /// nearly every answer fits without it.
    pub fn enlarge(&mut self) -> bool {
        let plain = self.bytes.len() == self.question_end;
        if plain {
            // There is room for it. ARCOUNT, the header's last count, covers it.
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

    /// Reads a datagram and adds the addresses in it. Returns `None` if it does not
    /// answer this query; the caller ignores such a datagram.
    ///
    /// Records count if they belong to the name or to one that it is an alias of,
    /// in any order. If the answer was truncated, or ends within a record, its
    /// complete records count. The work is bounded: names are compared once per
    /// record and alias, and a name's pointers lead only backwards.
    pub fn read(&self, datagram: &[u8], addresses: &mut Addresses) -> Option<Reply> {
        let question = &self.bytes[..self.question_end];
        let (head, _) = datagram.split_at_checked(question.len())?;
        // The id, the number of questions (one) and that question must agree.
        // Names are compared without case (RFC 4343). The other bytes compared
        // here (label lengths, type and class) are never those of letters.
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

    /// Adds the addresses in the answer section. Returns whether there were any,
    /// and whether the section is complete.
    fn collect(&self, message: &[u8], addresses: &mut Addresses) -> (bool, bool) {
        let record_type = u16::from(self.bytes[self.question_end - 3]);
        let count = u16::from_be_bytes([message[6], message[7]]);
        let (mut found, mut whole) = (false, true);
        // Each round reads the whole section for one name: first the question's,
        // then the one that it is an alias of. So the order of records is free.
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
                if record.record_type == CNAME {
                    alias = Some(record.data);
                } else if record.record_type == record_type
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

/// Appends the labels of a name; `None` if one is malformed or does not fit.
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

/// Returns the address in a record's data; its length decides the family.
fn address(data: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(data) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(data).ok().map(IpAddr::from)
}

/// A resource record (section 4.1.3) of class IN. Records of other classes get
/// type 0, which is reserved. Positions are offsets into the message.
struct Record {
    /// The start of its name.
    owner: usize,
    record_type: u16,
    /// The start of its data.
    data: usize,
    /// The end of its data.
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
                // Reserved, so the length is unknown.
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
            record_type: if internet {
                u16::from_be_bytes([k1, k0])
            } else {
                0
            },
            data,
            end,
        })
    }
}

/// Returns whether two names in a message are the same. A malformed name equals
/// no name, not even itself.
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
/// Pointers refer to a prior occurrence (section 4.1.4): each must lead further
/// back than the one before it and than the start of the name. That rules out
/// endless loops.
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
