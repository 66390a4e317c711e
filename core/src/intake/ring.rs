//! The ring between the receiver and the matcher.
//!
//! The receiver never waits: a message that does not fit is counted, with the
//! time of the first loss, and the consumer learns of it before it gets the next
//! message. The state of overload follows Hubris' `snitch-core` store (Oxide
//! Computer Company), which keeps a loss record instead of failing.

use core::net::{IpAddr, Ipv6Addr};

use crate::bytes::{Fifo, Full, split_record};
use crate::limits::{MESSAGE_BYTES_MAX, RING_BYTES};
use crate::time::Instant;

/// When and from where a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The monotonic time of reception.
    pub at: Instant,
    /// The sender's address.
    pub source: IpAddr,
}

/// Bytes of an encoded IPv4 arrival: 6 of time and 4 of address.
const HEADER_V4_BYTES: usize = 1 + 6 + 4;
/// Bytes of an encoded IPv6 arrival: 6 of time and 16 of address.
const HEADER_V6_BYTES: usize = 1 + 6 + 16;

/// Bytes that the consumer takes at once: some 60 usual messages, or at least one
/// of the longest.
const BATCH_BYTES: usize = 8 * 1024;

const _: () = assert!(BATCH_BYTES >= size_of::<u16>() + HEADER_V6_BYTES + MESSAGE_BYTES_MAX);

/// Messages lost because the ring was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLoss {
    /// How many there were.
    pub count: u64,
    /// When the first of them arrived.
    pub since: Instant,
}

/// A fixed-capacity queue of received messages that counts what it loses.
#[derive(Debug, Default)]
pub struct Ring {
    fifo: Fifo<RING_BYTES>,
    loss: Option<RingLoss>,
    accepted: u64,
    cut: u64,
}

impl Ring {
    /// Returns an empty queue.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            fifo: Fifo::new(),
            loss: None,
            accepted: 0,
            cut: 0,
        }
    }

    /// Stores a message, or counts it as lost. Of a message longer than
    /// [`MESSAGE_BYTES_MAX`] only that much is stored, and it is counted as cut.
    /// Returns whether it was stored.
    pub fn push(&mut self, arrival: Arrival, message: &[u8]) -> bool {
        let kept = &message[..message.len().min(MESSAGE_BYTES_MAX)];
        let mut header = [0; HEADER_V6_BYTES];
        let header = encode(arrival, &mut header);
        match self.fifo.push(header, kept) {
            Ok(()) => {
                self.accepted += 1;
                self.cut += u64::from(kept.len() < message.len());
                true
            }
            Err(Full) => {
                self.loss
                    .get_or_insert(RingLoss {
                        count: 0,
                        since: arrival.at,
                    })
                    .count += 1;
                false
            }
        }
    }

    /// Returns whether a message of `length` bytes fits at present.
    #[must_use]
    pub fn has_room(&self, length: usize) -> bool {
        self.fifo
            .has_room(HEADER_V6_BYTES + length.min(MESSAGE_BYTES_MAX))
    }

    /// Returns whether half of the ring or less is in use.
    #[must_use]
    pub const fn is_half_empty(&self) -> bool {
        self.fifo.used() <= RING_BYTES / 2
    }

    /// Moves the oldest messages into `buffer`, as many as it has room for, and
    /// returns whether there was one. What is left in `buffer` is lost.
    pub fn pop(&mut self, buffer: &mut MessageBuffer) -> bool {
        buffer.start = 0;
        buffer.end = self.fifo.pop_many(&mut buffer.records);
        buffer.end > 0
    }

    /// Returns the losses since the last call, and forgets them.
    #[must_use]
    pub const fn take_loss(&mut self) -> Option<RingLoss> {
        self.loss.take()
    }

    /// Returns how many messages were stored so far.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Returns how many messages were stored without their end.
    #[must_use]
    pub const fn cut(&self) -> u64 {
        self.cut
    }

    /// Returns whether no message waits and no loss is unreported.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.fifo.is_empty() && self.loss.is_none()
    }
}

/// The consumer's one buffer: room for some messages and what travels with them.
#[derive(Debug)]
pub struct MessageBuffer {
    records: [u8; BATCH_BYTES],
    /// Where the next message's record begins.
    start: usize,
    /// Where the last one ends.
    end: usize,
}

impl MessageBuffer {
    /// Returns a buffer without a message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            records: [0; BATCH_BYTES],
            start: 0,
            end: 0,
        }
    }

    /// Returns the next of the messages that [`Ring::pop`] put here last, and how
    /// it arrived; `None` after the last one.
    pub fn next_message(&mut self) -> Option<(Arrival, &[u8])> {
        let (record, rest) = split_record(self.records.get(self.start..self.end)?)?;
        self.start = self.end - rest.len();
        decode(record)
    }
}

impl Default for MessageBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// Encodes an arrival: a byte for the address family, 48 bits of milliseconds
/// (8,900 years), and the address. IPv4-mapped addresses, which a
/// dual-stack socket reports, are stored as IPv4.
fn encode(arrival: Arrival, header: &mut [u8; HEADER_V6_BYTES]) -> &[u8] {
    header[1..7].copy_from_slice(&arrival.at.millis().to_le_bytes()[..6]);
    match arrival.source.to_canonical() {
        IpAddr::V4(address) => {
            header[0] = 4;
            header[7..HEADER_V4_BYTES].copy_from_slice(&address.octets());
            &header[..HEADER_V4_BYTES]
        }
        IpAddr::V6(address) => {
            header[0] = 6;
            header[7..].copy_from_slice(&address.octets());
            header
        }
    }
}

/// The inverse of [`encode`]; also returns what follows it in the record.
fn decode(record: &[u8]) -> Option<(Arrival, &[u8])> {
    let (&family, rest) = record.split_first()?;
    let (millis, rest) = rest.split_first_chunk::<6>()?;
    let mut at = [0; 8];
    at[..6].copy_from_slice(millis);
    let at = Instant::from_millis(u64::from_le_bytes(at));
    let (source, message) = if family == 4 {
        let (octets, message) = rest.split_first_chunk::<4>()?;
        (IpAddr::from(*octets), message)
    } else {
        let (octets, message) = rest.split_first_chunk::<16>()?;
        (Ipv6Addr::from(*octets).into(), message)
    };
    Some((Arrival { at, source }, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::boxed::Box;

    fn arrival(millis: u64) -> Arrival {
        Arrival {
            at: Instant::from_millis(millis),
            source: IpAddr::from([192, 0, 2, 7]),
        }
    }

    /// A message comes out as it went in, for both address families and with IPv4-mapped
    /// addresses shown as IPv4.
    #[test]
    fn round_trip() {
        let mut ring = Box::new(Ring::new());
        let mut buffer = MessageBuffer::new();
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        let mapped: IpAddr = "::ffff:192.0.2.7".parse().unwrap();
        for source in [v6, mapped] {
            let arrival = Arrival {
                source,
                ..arrival(1 << 40)
            };
            assert!(ring.push(arrival, b"hello"));
            assert!(ring.pop(&mut buffer));
            let (got, message) = buffer.next_message().unwrap();
            assert_eq!(got.at, arrival.at);
            assert_eq!(got.source, source.to_canonical());
            assert_eq!(message, b"hello");
        }
        assert!(ring.is_idle());
    }

    /// A full ring counts from the first loss on, reports it once, and takes
    /// messages again as soon as there is room.
    #[test]
    fn overload_is_counted_and_reported_once() {
        let mut ring = Box::new(Ring::new());
        let mut buffer = MessageBuffer::new();
        let line = [b'x'; 110];
        let mut stored = 0;
        while ring.push(arrival(stored), &line) {
            stored += 1;
        }
        assert!(!ring.push(arrival(stored + 1), &line));
        assert!(!ring.is_half_empty());
        assert_eq!(ring.take_loss().unwrap().count, 2);
        assert_eq!(ring.take_loss(), None);
        assert!(ring.pop(&mut buffer));
        assert!(ring.push(arrival(0), &line));
        assert_eq!(ring.accepted(), stored + 1);
        while !ring.is_half_empty() {
            assert!(ring.pop(&mut buffer));
        }
        // The promise of the design: 64 KiB hold about 500 usual lines.
        assert!(stored as usize * 64 * 1024 / RING_BYTES >= 500, "{stored}");
    }

    /// The consumer waits only if no message is there for it, and no loss.
    #[test]
    fn a_loss_keeps_the_consumer_awake() {
        let mut ring = Box::new(Ring::new());
        let mut buffer = MessageBuffer::new();
        while ring.push(arrival(0), b"x") {}
        assert!(!ring.is_idle());
        while ring.pop(&mut buffer) {}
        assert!(!ring.is_idle());
        assert!(ring.take_loss().is_some());
        assert!(ring.is_idle());
    }

    /// A message of the longest size survives whole, one byte more is cut.
    #[test]
    fn overlong_messages_are_cut_and_counted() {
        let mut ring = Box::new(Ring::new());
        let mut buffer = MessageBuffer::new();
        let long = [b'y'; MESSAGE_BYTES_MAX + 1];
        assert!(ring.push(arrival(0), &long[1..]));
        assert_eq!(ring.cut(), 0);
        assert!(ring.push(arrival(0), &long));
        assert_eq!(ring.cut(), 1);
        for _ in 0..2 {
            assert!(ring.pop(&mut buffer));
            let (_, message) = buffer.next_message().unwrap();
            assert_eq!(message, &long[1..]);
            assert!(buffer.next_message().is_none());
        }
        assert!(!ring.pop(&mut buffer));
    }

    /// The consumer gets many messages at once, in their order, and none twice.
    /// Whether there is room is known before a message is pushed.
    #[test]
    fn many_at_once() {
        let mut ring = Box::new(Ring::new());
        let mut buffer = MessageBuffer::new();
        let line = [b'x'; 110];
        let mut stored = 0;
        while ring.has_room(line.len()) {
            assert_eq!(
                ring.is_half_empty(),
                stored * (2 + 11 + 110) <= RING_BYTES as u64 / 2
            );
            assert!(ring.push(arrival(stored), &line));
            stored += 1;
        }
        // The room is for an address of IPv6, so one more with IPv4 may fit.
        stored += u64::from(ring.push(arrival(stored), &line));
        assert!(!ring.push(arrival(stored), &line));
        let (mut next, mut batches) = (0, 0);
        while ring.pop(&mut buffer) {
            batches += 1;
            while let Some((got, message)) = buffer.next_message() {
                assert_eq!((got, message), (arrival(next), &line[..]));
                next += 1;
            }
        }
        assert_eq!(next, stored);
        assert!(stored / batches >= 60, "{stored} in {batches}");
    }
}
