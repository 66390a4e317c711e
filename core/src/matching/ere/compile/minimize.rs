//! States of a DFA that do the same.
//!
//! Determinising keeps apart what a match may begin with after `.*`, although
//! whatever comes is a match already on its way. So a third to four fifths of the
//! states of a usual pattern are not needed.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::MINIMIZE_WORK_MAX;
use crate::matching::ere::dfa::MATCHED;

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
    let mut work = 0;
    loop {
        let mut finer = vec![0; states];
        for state in 0..states {
            work += state;
            if work > MINIMIZE_WORK_MAX {
                return (0..states as u16).collect();
            }
            let does_the_same = |&other: &usize| {
                parts[other] == parts[state]
                    && usize::from(finer[other]) == other
                    && row(state)
                        .iter()
                        .zip(row(other))
                        .all(|(&a, &b)| parts[usize::from(a)] == parts[usize::from(b)])
            };
            let first = (0..state).find(does_the_same).unwrap_or(state);
            finer[state] = first as u16;
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
        let states = 3_000;
        assert!(states * states / 2 > MINIMIZE_WORK_MAX);
        let mut table = vec![DEAD, DEAD, MATCHED, MATCHED];
        table.resize(2 * states, MATCHED);
        assert!(equals(&table, 2).into_iter().eq(0..states as u16));
    }
}
