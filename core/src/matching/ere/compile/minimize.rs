//! States of a DFA that do the same.
//!
//! Determinising keeps apart what a match may begin with after `.*`, although
//! whatever comes is a match already on its way. So a third to four fifths of the
//! states of a usual pattern are not needed.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::MINIMIZE_WORK_MAX;
use crate::matching::ere::dfa::MATCHED;

/// No state.
const NONE: u16 = u16::MAX;

/// Returns for each state of a table the first one that does the same on every
/// text. If finding out takes too much work, that is each state itself.
///
/// A row of the table has what the end of the text leads to, which is [`MATCHED`] if
/// there is a match, and then the next state for each class of bytes.
///
/// It divides the states until those of a part lead to the same parts (Moore 1956).
/// It begins with the number of bytes that are missing to a match, which
/// distinguishes most of them.
pub(super) fn equals(table: &[u16], stride: usize) -> Vec<u16> {
    let states = table.len() / stride;
    let row = |state: usize| &table[state * stride..][..stride];
    let mut parts = vec![u16::MAX - 1; states];
    // Backwards, since most bytes lead from lower numbers to higher ones. If a way
    // back makes a number smaller after that, too many parts come out, no wrong ones.
    for state in (0..3 * states).rev() {
        let state = state % states;
        let mut missing = 0;
        if row(state)[0] != MATCHED {
            let after = row(state).iter().map(|&next| parts[usize::from(next)]);
            missing = after.fold(u16::MAX - 2, u16::min) + 1;
        }
        parts[state] = missing;
    }
    let slots = (2 * states).next_power_of_two();
    let mut work = 0;
    loop {
        // The first state of each part, where a hash of the part and of those that it
        // leads to puts it.
        let mut firsts = vec![NONE; slots];
        let mut finer = vec![0; states];
        for state in 0..states {
            let leads_to = |state| row(state).iter().map(|&next| parts[usize::from(next)]);
            let hash = leads_to(state).fold(parts[state], |hash, part| {
                (hash ^ part).wrapping_mul(0x9e37).rotate_left(7)
            });
            let mut slot = usize::from(hash);
            finer[state] = loop {
                slot %= slots;
                work += stride;
                match firsts[slot] {
                    NONE => {
                        firsts[slot] = state as u16;
                        break state as u16;
                    }
                    first => {
                        let other = usize::from(first);
                        if parts[other] == parts[state] && leads_to(other).eq(leads_to(state)) {
                            break first;
                        }
                    }
                }
                slot += 1;
            };
            if work > MINIMIZE_WORK_MAX {
                return (0..states as u16).collect();
            }
        }
        if finer == parts {
            return parts;
        }
        parts = finer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::ere::dfa::DEAD;

    /// States that do the same are one, whether they lead to the same state, to each
    /// other or in a circle; others are not.
    #[test]
    fn equal_states() {
        let rows = [
            [DEAD, DEAD, DEAD],
            [MATCHED, MATCHED, MATCHED],
            // Two that lead to the same, and one that is a byte later.
            [DEAD, 4, DEAD],
            [DEAD, 4, DEAD],
            [DEAD, MATCHED, DEAD],
            // Two that lead to each other, and two that never match.
            [MATCHED, 6, 3],
            [MATCHED, 5, 2],
            [DEAD, 8, 8],
            [DEAD, 7, DEAD],
            // Matches, whatever comes.
            [MATCHED, MATCHED, 9],
        ];
        let expected = [0, 1, 2, 2, 4, 5, 5, 0, 0, 1];
        assert_eq!(equals(rows.as_flattened(), 3), expected);
    }

    /// If it takes too much work, no two states are one.
    #[test]
    fn too_much_work() {
        // Of this chain each division finds one state only that differs: the last one.
        let states: u16 = 2_000;
        let mut table = vec![DEAD, DEAD, DEAD, MATCHED, MATCHED, MATCHED];
        table.extend((2..states).flat_map(|state| [DEAD, MATCHED, state + 1]));
        table.extend([DEAD, MATCHED, DEAD]);
        // This one never matches.
        table.extend([DEAD, DEAD, DEAD]);
        assert!(equals(&table, 3).into_iter().eq(0..states + 2));
    }
}
