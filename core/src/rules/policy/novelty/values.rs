//! The values that one event knows, in the order in which they were last seen.

use alloc::vec::Vec;

use crate::limits::KNOWN_VALUE_BYTES;

/// A value of one router: four bytes of a keyed hash of both, and one of the router,
/// by which shares are counted.
///
/// Among the 2,000 values that an event can know, a new one is taken for a known one of
/// its router once in two million. A longer hash would make memory and file as much larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Value(pub(super) [u8; KNOWN_VALUE_BYTES]);

impl Value {
    /// Returns the value with a hash, of a router with a hash.
    pub(super) fn new(hash: u64, router: u64) -> Self {
        let [a, b, c, d, ..] = hash.to_le_bytes();
        Self([a, b, c, d, router as u8])
    }

    const fn router(self) -> usize {
        let [.., router] = self.0;
        router as usize
    }
}

/// What became of a value that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is known.
    Known,
    /// It is new, and there was room for it.
    New,
    /// It is new, and another one was forgotten for it.
    Displaced,
}

/// Values, the one first that was not seen for the longest time.
#[derive(Debug)]
pub(super) struct Values {
    values: Vec<[u8; KNOWN_VALUE_BYTES]>,
    max: usize,
}

impl Values {
    /// Returns no values, with room for `max`. Memory that holds none is not touched, so
    /// it is not resident either.
    pub(super) fn new(max: usize) -> Self {
        Self {
            values: Vec::with_capacity(max),
            max,
        }
    }

    /// Returns the values, the one first that was not seen for the longest time.
    pub(super) fn as_slice(&self) -> &[[u8; KNOWN_VALUE_BYTES]] {
        &self.values
    }

    /// Returns the value that was seen last.
    pub(super) fn last(&self) -> Option<Value> {
        self.values.last().copied().map(Value)
    }

    /// Takes a value, which is known from now on.
    pub(super) fn see(&mut self, value: Value) -> Seen {
        let seen = if self.forget(value) {
            Seen::Known
        } else if self.values.len() < self.max {
            Seen::New
        } else {
            self.values.remove(self.victim(value));
            Seen::Displaced
        };
        self.values.push(value.0);
        seen
    }

    /// Forgets a value. Returns whether it was known.
    pub(super) fn forget(&mut self, value: Value) -> bool {
        let known = self.values.iter().rposition(|known| *known == value.0);
        if let Some(index) = known {
            self.values.remove(index);
        }
        known.is_some()
    }

    /// Returns which value must go if another one comes: of the router that has the most
    /// then, the one that was not seen for the longest time.
    fn victim(&self, coming: Value) -> usize {
        let mut counts = [0_u16; 256];
        counts[coming.router()] = 1;
        for &value in &self.values {
            counts[Value(value).router()] += 1;
        }
        let most = counts.iter().max();
        let mut values = self.values.iter();
        let first = values.position(|&value| Some(&counts[Value(value).router()]) == most);
        first.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A newcomer takes the place of a value of the router that has the most, and there
    /// of the one that was not seen for the longest time.
    #[test]
    fn the_router_with_the_most_loses_one() {
        let mut values = Values::new(4);
        for (hash, router) in [(1, 7), (2, 8), (3, 8), (4, 8)] {
            assert_eq!(values.see(Value::new(hash, router)), Seen::New);
        }
        assert_eq!(values.see(Value::new(2, 8)), Seen::Known);
        assert_eq!(values.see(Value::new(5, 9)), Seen::Displaced);
        assert_eq!(values.see(Value::new(1, 7)), Seen::Known);
        assert_eq!(values.see(Value::new(2, 8)), Seen::Known);
        assert_eq!(values.see(Value::new(3, 8)), Seen::Displaced);
    }
}
