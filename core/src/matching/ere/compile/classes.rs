//! The classes of bytes that a pattern does not distinguish.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::matching::ere::assertions::WORD_BYTES;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::program::Program;

/// Divides the bytes into classes, as few as the pattern distinguishes. Returns the
/// class of each byte, and one byte of each class.
pub(in crate::matching::ere) fn classify(program: &Program) -> (Box<[u8; 256]>, Vec<u8>) {
    let mut classes = Box::new([0; 256]);
    let mut split = |set: &ByteSet| split(&mut *classes, &|byte| set.contains(byte as u8));
    program.sets.iter().for_each(&mut split);
    // Other bytes than those of sets matter to conditions on words only.
    if !program.has_text_edges_only() {
        split(&WORD_BYTES);
    }
    // Classes are numbered in the order of their first bytes.
    let mut representatives = Vec::new();
    for byte in 0..=u8::MAX {
        if usize::from(classes[usize::from(byte)]) == representatives.len() {
            representatives.push(byte);
        }
    }
    (classes, representatives)
}

/// Divides each class into what is in a set and what is not.
pub(super) fn split(classes: &mut [u8], is_in: &dyn Fn(usize) -> bool) {
    const NONE: u16 = u16::MAX;
    // The new class of the members and of the others of each old class. Numbers
    // are given out on first use, so that an empty part gets none.
    let mut parts = [[NONE; 2]; 256];
    let mut count = 0;
    for (index, class) in classes.iter_mut().enumerate() {
        let part = &mut parts[usize::from(*class)][usize::from(is_in(index))];
        if *part == NONE {
            *part = count;
            count += 1;
        }
        *class = *part as u8;
    }
}
