//! The module's memory: an arena that only grows.
//!
//! The page throws a module instance away when its memory has become large and
//! starts a fresh one, so little needs to be given back here; a general
//! allocator would cost 7 kB of a module that is limited to 150 kB. The block
//! that was handed out last can grow and go, which is what most vectors do.

use core::arch::wasm32::memory_grow;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::alloc::{GlobalAlloc, Layout};

/// Bytes of a page of memory (WebAssembly core specification, 2.5.5).
const PAGE_BYTES: usize = 65_536;

#[global_allocator]
static ARENA: Arena = Arena {
    next: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
};

/// What is left of the memory taken so far: the addresses from `next` on, below
/// `end`. A module has one thread; the atomics only make it shareable.
struct Arena {
    next: AtomicUsize,
    end: AtomicUsize,
}

impl Arena {
    /// Returns whether there are `bytes` from `start` on, which is at or behind
    /// `next`, after taking more memory if need be.
    fn reaches(&self, start: usize, bytes: usize) -> bool {
        let Some(until) = start.checked_add(bytes) else {
            return false;
        };
        let end = self.end.load(Relaxed);
        if until > end {
            let pages = (until - end).div_ceil(PAGE_BYTES);
            if memory_grow::<0>(pages) == usize::MAX {
                return false;
            }
            self.end.store(end + pages * PAGE_BYTES, Relaxed);
        }
        self.next.store(until, Relaxed);
        true
    }
}

// SAFETY: Blocks come from memory that the arena alone took from the engine,
// each begins where the last one ended or behind it, and what is given back is
// only ever the last one. Alignment is rounded up.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.end.load(Relaxed) == 0 {
            // The first call: what lies below is the stack and the statics.
            let end = core::arch::wasm32::memory_size::<0>() * PAGE_BYTES;
            self.next.store(end, Relaxed);
            self.end.store(end, Relaxed);
        }
        let start = self.next.load(Relaxed).next_multiple_of(layout.align());
        if self.reaches(start, layout.size()) {
            core::ptr::with_exposed_provenance_mut(start)
        } else {
            core::ptr::null_mut()
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block.addr() + layout.size() == self.next.load(Relaxed) {
            self.next.store(block.addr(), Relaxed);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let is_last = block.addr() + layout.size() == self.next.load(Relaxed);
        if is_last && self.reaches(block.addr(), bytes) {
            return block;
        }
        // SAFETY: The alignment is one that a layout had already, and `GlobalAlloc`
        // promises that the size fits.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(bytes, layout.align())) };
        if !moved.is_null() {
            // SAFETY: Both blocks are valid for the smaller size, and a new block
            // lies behind every old one.
            unsafe { block.copy_to_nonoverlapping(moved, bytes.min(layout.size())) };
        }
        moved
    }
}
