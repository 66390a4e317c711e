//! The addresses that lines have come from: a bounded table, in which a line costs a
//! comparison if its sender has sent the one before as well, and a look-up otherwise.
//!
//! Who goes if there is no room is not decided here: see
//! [`Senders::put`].

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::limits::{DEVICE_ADDRESSES_MAX, HEARD_MAX, ROUTERS_MAX};
use crate::time::Instant;

/// Lists that the senders are divided into by their addresses.
const BUCKETS: usize = 256;

/// Most senders in the table.
pub(crate) const SENDERS_MAX: usize = ROUTERS_MAX + DEVICE_ADDRESSES_MAX + HEARD_MAX;

/// The place of a sender that does not exist.
const NONE: u8 = u8::MAX;

const _: () = assert!(SENDERS_MAX < NONE as usize);

/// An address that a line has come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) address: IpAddr,
    /// When the last of its lines came.
    pub(crate) last: Instant,
    /// Whether somebody waits for its next line.
    pub(crate) is_awaited: bool,
    /// The next one of the same bucket, or [`NONE`].
    next: u8,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Senders {
    senders: Vec<Sender>,
    /// The first sender of each bucket, or [`NONE`].
    buckets: Box<[u8; BUCKETS]>,
    /// Who sent the last line.
    latest: usize,
    /// Strangers choose addresses, and must not be able to choose one bucket for all.
    secret: u64,
}

impl Senders {
    /// Returns a table without senders. `secret` must not be known to strangers.
    pub(crate) fn new(secret: u64) -> Self {
        Self {
            senders: Vec::with_capacity(SENDERS_MAX),
            buckets: Box::new([NONE; BUCKETS]),
            latest: 0,
            // Odd, so that the product depends on every bit of an address.
            secret: secret | 1,
        }
    }

    /// Notes a line, and returns its sender, or `None` if that is not in the table.
    #[inline]
    pub(crate) fn hear(&mut self, now: Instant, address: IpAddr) -> Option<&mut Sender> {
        let is_same = |sender: &Sender| sender.address == address;
        if !self.senders.get(self.latest).is_some_and(is_same) {
            self.latest = self.find(address)?;
        }
        let sender = self.senders.get_mut(self.latest)?;
        sender.last = now;
        Some(sender)
    }

    /// Returns all senders. They keep their places.
    pub(crate) fn senders(&self) -> &[Sender] {
        &self.senders
    }

    /// Returns all senders, whose addresses must not be changed.
    pub(crate) fn senders_mut(&mut self) -> &mut [Sender] {
        &mut self.senders
    }

    /// Adds the sender of a line: at the end, or in the place of one that goes. Returns
    /// whether there was room.
    pub(crate) fn put(&mut self, now: Instant, address: IpAddr, place: usize) -> bool {
        if place < self.senders.len() {
            *self.link(place) = self.senders[place].next;
        } else if place >= SENDERS_MAX {
            return false;
        }
        let bucket = self.bucket(address);
        let sender = Sender {
            address,
            last: now,
            is_awaited: false,
            next: self.buckets[bucket],
        };
        self.buckets[bucket] = place as u8;
        match self.senders.get_mut(place) {
            Some(gone) => *gone = sender,
            None => self.senders.push(sender),
        }
        true
    }

    fn find(&self, address: IpAddr) -> Option<usize> {
        let mut place = self.buckets[self.bucket(address)];
        loop {
            let sender = self.senders.get(usize::from(place))?;
            if sender.address == address {
                return Some(place.into());
            }
            place = sender.next;
        }
    }

    /// Returns what refers to a sender: its bucket, or the sender before it there.
    fn link(&mut self, place: usize) -> &mut u8 {
        let bucket = self.bucket(self.senders[place].address);
        let mut before = None;
        let mut at = usize::from(self.buckets[bucket]);
        // Ends at the sender itself, which is in its bucket's list.
        while at != place {
            before = Some(at);
            at = self.senders[at].next.into();
        }
        match before {
            Some(before) => &mut self.senders[before].next,
            None => &mut self.buckets[bucket],
        }
    }

    /// Returns the bucket of an address: the upper bits of its product with the secret.
    fn bucket(&self, address: IpAddr) -> usize {
        let bits = match address {
            IpAddr::V4(address) => u64::from(u32::from(address)),
            IpAddr::V6(address) => {
                let bits = u128::from(address);
                let network = (bits >> 64) as u64;
                network.wrapping_mul(self.secret).rotate_left(32) ^ bits as u64
            }
        };
        (bits.wrapping_mul(self.secret) >> 56) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: usize) -> IpAddr {
        if number.is_multiple_of(2) {
            IpAddr::from([192, 0, 2, number as u8])
        } else {
            IpAddr::from([0x2001, 0xDB8, 0, number as u16, 0, 0, 0, 1])
        }
    }

    /// Every sender is found by its address and only by that, also after others have
    /// taken places in the same buckets. A secret of 1 puts all of IPv4 into one.
    #[test]
    fn addresses() {
        for secret in [1, 0x9E37_79B9_7F4A_7C15] {
            let mut heard = Senders::new(secret);
            for number in 0..SENDERS_MAX {
                assert!(heard.hear(Instant::ZERO, address(number)).is_none());
                assert!(heard.put(Instant::ZERO, address(number), number));
            }
            assert!(!heard.put(Instant::ZERO, address(SENDERS_MAX), SENDERS_MAX));
            for gone in [0, SENDERS_MAX - 1, 7, 8, 100] {
                let new = SENDERS_MAX + gone;
                assert!(heard.put(Instant::ZERO, IpAddr::from([10, 0, 0, gone as u8]), gone));
                assert!(heard.hear(Instant::ZERO, address(gone)).is_none(), "{new}");
            }
            for place in 0..SENDERS_MAX {
                let own = heard.senders()[place].address;
                let now = Instant::from_millis(place as u64 + 1);
                let sender = heard.hear(now, own).map(|sender| sender.address);
                assert_eq!(sender, Some(own));
            }
            let mut senders = heard.senders().iter().enumerate();
            assert!(senders.all(|(place, sender)| sender.last.millis() == place as u64 + 1));
        }
    }
}
