//! From full rows to the cells of a [`Dfa`].

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::limits::DFA_PLACES_MAX;
use crate::matching::ere::compile::minimize::equals;
use crate::matching::ere::dfa::{CLASSES_MAX, Dfa, ENDS, FREE, MATCHED, PLAIN};

/// Packs a table, whose rows are as [`equals`] takes them. Returns `None` if there
/// are more classes or cells than numbers for them.
pub(super) fn pack(
    mut table: Vec<u16>,
    stride: usize,
    start: u16,
    mut classes: Box<[u8; 256]>,
) -> Option<Dfa> {
    if stride - 1 > CLASSES_MAX {
        return None;
    }
    for class in classes.iter_mut() {
        *class += 1;
    }
    let equals = equals(&table, stride);
    // Room for all rows one after another, and for the search after the last.
    let room = table.len() + stride;
    let (mut marks, mut nexts) = (vec![FREE; room], vec![0; room]);
    let mut end = 0_usize;
    // Where the cells of each state begin. The cells themselves hold numbers in the
    // table until all are placed.
    let mut places = vec![0; equals.len()];
    for (state, row) in table.chunks_exact_mut(stride).enumerate() {
        if usize::from(equals[state]) != state {
            continue;
        }
        for next in &mut *row {
            *next = equals[usize::from(*next)];
        }
        let count = |next| row[1..].iter().filter(|&&other| other == next).count();
        let usual = row[1..].iter().map(|&next| (count(next), next)).max()?.1;
        let mark = if row[0] == MATCHED { ENDS } else { PLAIN };
        // The usual next state has the first cell.
        row[0] = !usual;
        let own = || (0..stride).filter(|&class| row[class] != usual);
        let mut place = end.saturating_sub(DFA_PLACES_MAX);
        while own().any(|class| marks[place + class] != FREE) {
            place += 1;
        }
        for class in own() {
            marks[place + class] = class as u8;
            nexts[place + class] = row[class];
            end = end.max(place + class + 1);
        }
        marks[place] = mark;
        nexts[place] = usual;
        places[state] = u16::try_from(place).ok()?;
    }
    marks.truncate(end);
    nexts.truncate(end);
    for next in &mut nexts {
        *next = places[usize::from(*next)];
    }
    Some(Dfa {
        classes,
        start: places[usize::from(equals[usize::from(start)])],
        marks: marks.into_boxed_slice(),
        nexts: nexts.into_boxed_slice(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::ere::dfa::DEAD;

    /// From every state of tables full of different next states, the cells lead to the
    /// same answer as the rows.
    #[test]
    fn cells_are_the_rows() {
        const STRIDE: usize = 6;
        let mut random = 1_u32;
        let mut below = |limit: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((random >> 16) as usize % limit) as u16
        };
        for states in 3..60 {
            let mut table = vec![DEAD; STRIDE];
            table.resize(2 * STRIDE, MATCHED);
            for _ in 2..states {
                table.push(below(2));
                table.extend((1..STRIDE).map(|_| below(states)));
            }
            let classes = Box::new(core::array::from_fn(|byte| (byte % (STRIDE - 1)) as u8));
            let start = below(states);
            let dfa = pack(table.clone(), STRIDE, start, classes).expect("few");
            let (mut pairs, mut at) = (vec![(start, dfa.start)], 0);
            while let Some(&(row, state)) = pairs.get(at) {
                let row = &table[usize::from(row) * STRIDE..][..STRIDE];
                assert_eq!(dfa.ends(state), row[0] == MATCHED);
                for (byte, &next) in (0..).zip(&row[1..]) {
                    let pair = (next, dfa.next(state, byte));
                    if !pairs.contains(&pair) {
                        pairs.push(pair);
                    }
                }
                at += 1;
            }
        }
    }
}
