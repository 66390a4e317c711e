//! A first-in first-out queue of variable-length byte records in a fixed
//! number of bytes.
//!
//! The space that holds a thousand ordinary messages would hold only 32 fixed
//! slots of the longest message's size. The number of messages it holds decides
//! how long a burst the daemon survives.

use heapless::Vec;

/// Bytes that each record needs besides its content, for its length.
const LENGTH_BYTES: usize = size_of::<u16>();

/// A queue of byte records that shares `N` bytes among them.
///
/// The storage grows to `N` bytes while it is filled for the first time, and wraps
/// around from then on. Memory not needed so far is never touched, so it is not
/// resident.
#[derive(Debug)]
pub struct Fifo<const N: usize> {
    storage: Vec<u8, N>,
    /// The start of the oldest record.
    head: usize,
    /// Bytes in use, starting at `head`.
    used: usize,
    records: usize,
}

/// Error returned by [`Fifo::push`]: the record does not fit at the moment, or is
/// longer than a record can be.
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

    /// Returns whether the queue is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Returns the bytes in use, lengths of records included.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.used
    }

    /// Returns whether a record of so many bytes fits at present.
    #[must_use]
    pub const fn has_room(&self, length: usize) -> bool {
        N - self.used >= LENGTH_BYTES + length
    }

    /// Appends one record, given in two pieces so that a header needs no copy
    /// in between. Takes time linear in the record and independent of `N`.
    ///
    /// # Errors
    ///
    /// Returns [`Full`], and changes nothing, if the record does not fit.
    pub fn push(&mut self, header: &[u8], body: &[u8]) -> Result<(), Full> {
        let length = u16::try_from(header.len() + body.len()).map_err(|_| Full)?;
        if !self.has_room(length.into()) {
            return Err(Full);
        }
        let prefix = length.to_le_bytes();
        let at = (self.head + self.used) % N;
        // Nearly always the place is in one piece and was written before.
        match self
            .storage
            .get_mut(at..at + LENGTH_BYTES + usize::from(length))
        {
            Some(place) => {
                let (first, rest) = place.split_at_mut(LENGTH_BYTES);
                first.copy_from_slice(&prefix);
                let (first, rest) = rest.split_at_mut(header.len());
                first.copy_from_slice(header);
                rest.copy_from_slice(body);
                self.used += LENGTH_BYTES + usize::from(length);
            }
            None => {
                for piece in [&prefix, header, body] {
                    self.write(piece);
                }
            }
        }
        self.records += 1;
        Ok(())
    }

    /// Moves the oldest record into `out` and returns the number of bytes written.
    /// Bytes that do not fit into `out` are dropped.
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

    /// Moves as many of the oldest records into `out` as fit there whole, and
    /// returns the bytes that they take. [`split_record`] takes them apart.
    pub fn pop_many(&mut self, out: &mut [u8]) -> usize {
        let mut bytes = 0;
        while bytes < self.used {
            let end = bytes + LENGTH_BYTES + self.length_at(bytes);
            if end > out.len() {
                break;
            }
            bytes = end;
            self.records -= 1;
        }
        self.read(&mut out[..bytes]);
        bytes
    }

    /// Returns the length of the record that begins so many bytes after the
    /// oldest one.
    fn length_at(&self, offset: usize) -> usize {
        let byte = |offset: usize| self.storage[(self.head + offset) % N];
        usize::from(u16::from_le_bytes([byte(offset), byte(offset + 1)]))
    }

    #[cold]
    fn write(&mut self, bytes: &[u8]) {
        let at = (self.head + self.used) % N;
        let (before_wrap, after_wrap) = bytes.split_at(bytes.len().min(N - at));
        self.write_at(at, before_wrap);
        self.write_at(0, after_wrap);
        self.used += bytes.len();
    }

    /// Writes without wrapping. On the first lap, the storage ends at or within the
    /// range to be written, and grows.
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

/// Splits the first record off the bytes that [`Fifo::pop_many`] has moved, and
/// returns it and the rest; `None` if there is no more.
#[must_use]
pub fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_le_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// The queue agrees with an allocating model, for records of every length,
    /// pushed and popped in a pattern that wraps many times.
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

    /// Many records come out as one by one, whole ones only, and the others stay.
    #[test]
    fn many_at_once() {
        let mut fifo = Fifo::<64>::new();
        let mut model: VecDeque<std::vec::Vec<u8>> = VecDeque::new();
        let mut out = [0; 40];
        for step in 0..10_000_u32 {
            let body: std::vec::Vec<u8> = (0..step * 7 % 20).map(|i| (step + i) as u8).collect();
            if fifo.push(&[], &body).is_ok() {
                model.push_back(body);
            }
            if step % 3 == 0 {
                let length = step as usize * 11 % out.len();
                let bytes = fifo.pop_many(&mut out[..length]);
                let mut rest = &out[..bytes];
                while let Some((record, after)) = split_record(rest) {
                    assert_eq!(Some(record), model.pop_front().as_deref());
                    rest = after;
                }
                assert!(rest.is_empty());
                // The next one did not fit.
                let next = model.front().map(|next| bytes + LENGTH_BYTES + next.len());
                assert!(next.is_none_or(|end| end > length));
            }
            assert_eq!(fifo.len(), model.len());
            let used: usize = model.iter().map(|r| LENGTH_BYTES + r.len()).sum();
            assert_eq!(fifo.used(), used);
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

    /// A record whose length does not fit into the length field is refused.
    #[test]
    fn longest_record() {
        let mut fifo = Fifo::<100_000>::new();
        let body = std::vec![7; 65_536];
        assert_eq!(fifo.push(b"", &body), Err(Full));
        assert_eq!(fifo.push(b"", &body[1..]), Ok(()));
    }
}
