//! The ring between the receiver and the matcher.
//!
//! The receiver never waits: a message that does not fit is counted, with the
//! time of the first loss, and the consumer learns of it before it gets the next
//! message. The state of overload follows Hubris' `snitch-core` store (Oxide
//! Computer Company), which keeps a loss record instead of failing.

use core::net::{IpAddr, Ipv6Addr};

use crate::bytes::{Fifo, Full};
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

    /// Moves the oldest message into `buffer` and returns how it arrived.
    pub fn pop(&mut self, buffer: &mut MessageBuffer) -> Option<Arrival> {
        let end = self.fifo.pop(&mut buffer.record)?;
        let (arrival, start) = decode(&buffer.record)?;
        buffer.start = start;
        buffer.end = end;
        Some(arrival)
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

    /// Returns whether more than half of the space is in use.
    #[must_use]
    pub const fn is_half_full(&self) -> bool {
        self.fifo.used() > RING_BYTES / 2
    }

    /// Returns whether no message waits and no loss is unreported.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.fifo.is_empty() && self.loss.is_none()
    }
}

/// The consumer's one buffer: room for a message and what travels with it.
#[derive(Debug)]
pub struct MessageBuffer {
    record: [u8; HEADER_V6_BYTES + MESSAGE_BYTES_MAX],
    /// Where the message begins in the record, after the header.
    start: usize,
    /// Where the record ends.
    end: usize,
}

impl MessageBuffer {
    /// Returns a buffer without a message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            record: [0; HEADER_V6_BYTES + MESSAGE_BYTES_MAX],
            start: 0,
            end: 0,
        }
    }

    /// Returns the message that [`Ring::pop`] put here last; empty before.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        self.record.get(self.start..self.end).unwrap_or_default()
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

/// The inverse of [`encode`]; also returns the header's length.
fn decode(record: &[u8]) -> Option<(Arrival, usize)> {
    let (&family, rest) = record.split_first()?;
    let (millis, address) = rest.split_at_checked(6)?;
    let mut at = [0; 8];
    at[..6].copy_from_slice(millis);
    let at = Instant::from_millis(u64::from_le_bytes(at));
    if family == 4 {
        let octets: [u8; 4] = *address.first_chunk()?;
        Some((
            Arrival {
                at,
                source: IpAddr::from(octets),
            },
            HEADER_V4_BYTES,
        ))
    } else {
        let octets: [u8; 16] = *address.first_chunk()?;
        Some((
            Arrival {
                at,
                source: Ipv6Addr::from(octets).into(),
            },
            HEADER_V6_BYTES,
        ))
    }
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
            let got = ring.pop(&mut buffer).unwrap();
            assert_eq!(got.at, arrival.at);
            assert_eq!(got.source, source.to_canonical());
            assert_eq!(buffer.message(), b"hello");
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
        assert!(ring.is_half_full());
        assert_eq!(ring.take_loss().unwrap().count, 2);
        assert_eq!(ring.take_loss(), None);
        assert!(ring.pop(&mut buffer).is_some());
        assert!(ring.push(arrival(0), &line));
        assert_eq!(ring.accepted(), stored + 1);
        while ring.is_half_full() {
            ring.pop(&mut buffer).unwrap();
        }
        // The promise of the design: 64 KiB hold about 500 usual lines.
        assert!(stored as usize * 64 * 1024 / RING_BYTES >= 500, "{stored}");
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
            ring.pop(&mut buffer).unwrap();
            assert_eq!(buffer.message(), &long[1..]);
        }
    }
}
