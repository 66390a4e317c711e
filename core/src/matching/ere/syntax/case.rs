//! The other case of a range, as musl finds it for `REG_ICASE`.

use alloc::vec::Vec;

/// The ranges of ASCII letters.
const UPPER: (u32, u32) = (b'A' as u32, b'Z' as u32);
const LOWER: (u32, u32) = (b'a' as u32, b'z' as u32);

/// Distance of a letter's two cases.
const DISTANCE: u32 = LOWER.0 - UPPER.0;

/// The ASCII letters that are the other case of some letter beyond: of `ı`, `İ`, the
/// long s and the Kelvin sign.
const FROM_BEYOND: [u8; 4] = *b"IiSk";

/// Stands for all letters beyond ASCII: no byte has this code point.
const BEYOND: u32 = 0x80;

/// Returns the ranges whose code points are the other cases of those in `min..=max`, in
/// musl's order (`add_icase_literals`).
///
/// A range from ASCII to a byte from 80 on holds all code points between, and so all
/// letters of the world that have two cases, although no byte stands for them. Some have
/// an ASCII letter as their other case, so `[{-\xff]` matches `k`.
pub(super) fn other_cases(min: u32, max: u32) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    let common = |letters: (u32, u32)| (min.max(letters.0), max.min(letters.1));
    let (first, last) = common(UPPER);
    if first <= last {
        ranges.push((first + DISTANCE, last + DISTANCE));
    }
    let (first, last) = common(LOWER);
    if first <= last {
        ranges.push((first - DISTANCE, last - DISTANCE));
    }
    if min < BEYOND && max > BEYOND {
        ranges.extend(FROM_BEYOND.map(|byte| (byte.into(), byte.into())));
        ranges.push((BEYOND, BEYOND));
    }
    ranges
}
