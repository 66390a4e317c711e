//! A 64-bit counter that threads share, on every target.

#[cfg(target_has_atomic = "64")]
pub(crate) use std::sync::atomic::AtomicU64;

#[cfg(not(target_has_atomic = "64"))]
pub(crate) use locked::AtomicU64;

/// ARMv5 has atomic operations, by help of the kernel, on 32 bits only. A mutex
/// is what std's own fallbacks are; these counters are touched once a message.
#[cfg(not(target_has_atomic = "64"))]
mod locked {
    use std::sync::atomic::Ordering;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// The part of std's type of this name that is used here. Every operation
    /// is sequentially consistent, whatever order is asked for.
    #[derive(Debug, Default)]
    pub(crate) struct AtomicU64(Mutex<u64>);

    impl AtomicU64 {
        pub(crate) const fn new(value: u64) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn fetch_add(&self, addend: u64, _: Ordering) -> u64 {
            let mut value = self.lock();
            let before = *value;
            *value = before.wrapping_add(addend);
            before
        }

        pub(crate) fn store(&self, value: u64, _: Ordering) {
            *self.lock() = value;
        }

        pub(crate) fn load(&self, _: Ordering) -> u64 {
            *self.lock()
        }

        fn lock(&self) -> MutexGuard<'_, u64> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
