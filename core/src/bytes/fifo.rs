//! A first-in first-out queue of variable-length byte records in a fixed
//! number of bytes.
//!
//! In the space of a thousand usual messages there would be 32 fixed slots for
//! the longest one, and it is the number of messages that decides how long a
//! burst the daemon survives.

use heapless::Vec;

/// Bytes that a record takes besides its content: its length.
const LENGTH_BYTES: usize = size_of::<u16>();

/// A queue of byte records that shares `N` bytes among them.
///
/// The storage grows to `N` while it is first filled and wraps around from then
/// on. Memory that has not been needed yet is never touched, and so not resident.
#[derive(Debug)]
pub struct Fifo<const N: usize> {
    storage: Vec<u8, N>,
    /// Where the oldest record begins.
    head: usize,
    /// Bytes in use, from `head` on.
    used: usize,
    records: usize,
}

/// Error returned by [`Fifo::push`]: the record does not fit at present, or it
/// is longer than a record can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<const N: usize> Default for Fifo<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Fifo<N> {
    /// Returns an empty queue.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            storage: Vec::new(),
            head: 0,
            used: 0,
            records: 0,
        }
    }

    /// Returns the number of records.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records
    }

    /// Returns how many of the bytes are in use.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.used
    }

    /// Returns whether there is no record.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Appends one record, given in two pieces so that a header needs no copy
    /// in between. Takes time linear in the record and independent of `N`.
    ///
    /// # Errors
    ///
    /// Returns [`Full`], and changes nothing, if the record does not fit.
    pub fn push(&mut self, header: &[u8], body: &[u8]) -> Result<(), Full> {
        let length = u16::try_from(header.len() + body.len()).map_err(|_| Full)?;
        if N - self.used < LENGTH_BYTES + usize::from(length) {
            return Err(Full);
        }
        self.write(&length.to_le_bytes());
        self.write(header);
        self.write(body);
        self.records += 1;
        Ok(())
    }

    /// Moves the oldest record into `out` and returns its length. Drops what does
    /// not fit into `out`.
    pub fn pop(&mut self, out: &mut [u8]) -> Option<usize> {
        self.records = self.records.checked_sub(1)?;
        let mut length = [0; LENGTH_BYTES];
        self.read(&mut length);
        let length = usize::from(u16::from_le_bytes(length));
        let fitting = length.min(out.len());
        self.read(&mut out[..fitting]);
        self.skip(length - fitting);
        Some(fitting)
    }

    fn write(&mut self, bytes: &[u8]) {
        let at = (self.head + self.used) % N;
        let (before_wrap, after_wrap) = bytes.split_at(bytes.len().min(N - at));
        self.write_at(at, before_wrap);
        self.write_at(0, after_wrap);
        self.used += bytes.len();
    }

    /// Writes without wrapping. On the first lap the storage ends before or
    /// within the place to be written, and grows.
    fn write_at(&mut self, at: usize, bytes: &[u8]) {
        let present = bytes.len().min(self.storage.len() - at);
        let (overwriting, growing) = bytes.split_at(present);
        self.storage[at..at + present].copy_from_slice(overwriting);
        // `at + bytes.len() <= N`, so this cannot fail.
        let _ = self.storage.extend_from_slice(growing);
    }

    fn read(&mut self, out: &mut [u8]) {
        let before_wrap = out.len().min(N - self.head);
        let (first, second) = out.split_at_mut(before_wrap);
        first.copy_from_slice(&self.storage[self.head..self.head + first.len()]);
        second.copy_from_slice(&self.storage[..second.len()]);
        self.skip(out.len());
    }

    fn skip(&mut self, bytes: usize) {
        self.head = (self.head + bytes) % N;
        self.used -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// Against a model that allocates: records of every length in turn, pushed
    /// and popped in a pattern that wraps many times.
    #[test]
    fn agrees_with_a_model() {
        let mut fifo = Fifo::<64>::new();
        let mut model: VecDeque<std::vec::Vec<u8>> = VecDeque::new();
        let mut out = [0; 64];
        for step in 0..10_000_u32 {
            let body: std::vec::Vec<u8> = (0..step * 7 % 40).map(|i| (step + i) as u8).collect();
            let used: usize = model.iter().map(|r| LENGTH_BYTES + r.len()).sum();
            let fits = used + LENGTH_BYTES + 1 + body.len() <= 64;
            assert_eq!(fifo.push(&[step as u8], &body).is_ok(), fits);
            if fits {
                let mut record = std::vec![step as u8];
                record.extend(&body);
                model.push_back(record);
            }
            if step % 3 != 0 {
                let popped = fifo.pop(&mut out).map(|n| out[..n].to_vec());
                assert_eq!(popped, model.pop_front());
            }
            assert_eq!(fifo.len(), model.len());
        }
    }

    /// A short buffer gets the beginning, and the next record is intact.
    #[test]
    fn short_buffer_cuts_one_record_only() {
        let mut fifo = Fifo::<32>::new();
        fifo.push(b"", b"abcdef").unwrap();
        fifo.push(b"", b"xy").unwrap();
        let mut out = [0; 3];
        assert_eq!(fifo.pop(&mut out), Some(3));
        assert_eq!(&out, b"abc");
        assert_eq!(fifo.pop(&mut out), Some(2));
        assert_eq!(&out[..2], b"xy");
        assert!(fifo.is_empty());
    }

    /// Lengths that the length field cannot hold are refused, not truncated.
    #[test]
    fn longest_record() {
        let mut fifo = Fifo::<100_000>::new();
        let body = std::vec![7; 65_536];
        assert_eq!(fifo.push(b"", &body), Err(Full));
        assert_eq!(fifo.push(b"", &body[1..]), Ok(()));
    }
}
