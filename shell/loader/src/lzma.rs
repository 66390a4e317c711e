//! A decoder of raw LZMA, as the LZMA specification of the LZMA SDK 9.22 describes it
//! (`lzma-specification.txt`), for one set of parameters and a known length.
//!
//! It decodes into its destination, which is its dictionary: it allocates nothing. Whatever the
//! input is, it ends after at most as many steps as the destination has bytes, and never panics.

/// Bits of the byte before that choose a literal's probabilities.
pub const LC: u32 = 2;
/// Bits of the position that choose a literal's probabilities: instructions of Thumb code
/// begin at even addresses.
pub const LP: u32 = 1;
/// Bits of the position that choose a match's probabilities.
pub const PB: u32 = 1;

/// States: what the last symbols were.
const STATES: usize = 12;
const POS_STATES: usize = 1 << PB;
/// Probabilities of one length decoder: two choices, short, middle and long lengths.
const LENGTH: usize = 2 + 2 * 8 * POS_STATES + 256;
/// Lengths that have probabilities of their own for a distance's first bits.
const DISTANCE_STATES: usize = 4;
/// The shortest match, in bytes.
const MATCH_MIN: usize = 2;

// Where each table begins in the array of probabilities.
const IS_MATCH: usize = 0;
const IS_REP: usize = IS_MATCH + STATES * POS_STATES;
const IS_REP_G0: usize = IS_REP + STATES;
const IS_REP_G1: usize = IS_REP_G0 + STATES;
const IS_REP_G2: usize = IS_REP_G1 + STATES;
const IS_REP0_LONG: usize = IS_REP_G2 + STATES;
const POS_SLOT: usize = IS_REP0_LONG + STATES * POS_STATES;
const POS_SPECIAL: usize = POS_SLOT + DISTANCE_STATES * 64;
const ALIGN: usize = POS_SPECIAL + 115;
const MATCH_LENGTH: usize = ALIGN + 16;
const REP_LENGTH: usize = MATCH_LENGTH + LENGTH;
const LITERAL: usize = REP_LENGTH + LENGTH;
const PROBABILITIES: usize = LITERAL + (0x300 << (LC + LP));

/// Decodes `input` until `output` is full; returns whether the input was enough and made
/// sense.
#[must_use]
pub fn decode(input: &[u8], output: &mut [u8]) -> bool {
    let mut coder = RangeDecoder::new(input);
    let mut state = 0;
    // The distances of the last four matches, less one.
    let mut reps = [0_usize; 4];
    let mut at = 0;
    while at < output.len() {
        let pos_state = at & (POS_STATES - 1);
        if !coder.bit(IS_MATCH + state * POS_STATES + pos_state) {
            let Some(byte) = literal(&mut coder, &output[..at], state, reps[0]) else {
                return false;
            };
            output[at] = byte;
            at += 1;
            state = match state {
                0..=3 => 0,
                4..=9 => state - 3,
                _ => state - 6,
            };
            continue;
        }
        let length = if coder.bit(IS_REP + state) {
            repeated(&mut coder, &mut reps, &mut state, pos_state)
        } else {
            reps.copy_within(..3, 1);
            let length = coder.length(MATCH_LENGTH, pos_state);
            state = if state < 7 { 7 } else { 10 };
            reps[0] = distance(&mut coder, length);
            length + MATCH_MIN
        };
        let (Some(from), Some(room)) = (at.checked_sub(reps[0] + 1), output.len().checked_sub(at))
        else {
            return false;
        };
        // Byte by byte: a match may reach into what it writes.
        for offset in 0..length.min(room) {
            output[at + offset] = output[from + offset];
        }
        at += length;
    }
    coder.enough()
}

/// Decodes a byte that is in no match.
fn literal(coder: &mut RangeDecoder<'_>, before: &[u8], state: usize, rep: usize) -> Option<u8> {
    let last = before.last().copied().unwrap_or_default();
    let context = (before.len() & ((1 << LP) - 1)) << LC | usize::from(last) >> (8 - LC);
    let table = LITERAL + 0x300 * context;
    let mut symbol = 1;
    if state >= 7 {
        // After a match the byte that would have continued it is a hint, until they differ.
        let mut hint = usize::from(before[before.len().checked_sub(rep + 1)?]);
        while symbol < 0x100 {
            hint <<= 1;
            let expected = hint & 0x100;
            let bit = coder.bit(table + 0x100 + expected + symbol);
            symbol = symbol << 1 | usize::from(bit);
            if bit != (expected != 0) {
                break;
            }
        }
    }
    while symbol < 0x100 {
        symbol = symbol << 1 | usize::from(coder.bit(table + symbol));
    }
    Some(symbol as u8)
}

/// Decodes a match at one of the last four distances, which becomes the first; returns its
/// length.
fn repeated(
    coder: &mut RangeDecoder<'_>,
    reps: &mut [usize; 4],
    state: &mut usize,
    pos_state: usize,
) -> usize {
    let index = if !coder.bit(IS_REP_G0 + *state) {
        if !coder.bit(IS_REP0_LONG + *state * POS_STATES + pos_state) {
            *state = if *state < 7 { 9 } else { 11 };
            return 1;
        }
        0
    } else if !coder.bit(IS_REP_G1 + *state) {
        1
    } else if !coder.bit(IS_REP_G2 + *state) {
        2
    } else {
        3
    };
    reps[..=index].rotate_right(1);
    *state = if *state < 7 { 8 } else { 11 };
    coder.length(REP_LENGTH, pos_state) + MATCH_MIN
}

/// Decodes the distance, less one, of a match of `length + MATCH_MIN` bytes.
fn distance(coder: &mut RangeDecoder<'_>, length: usize) -> usize {
    let slot = coder.tree(POS_SLOT + length.min(DISTANCE_STATES - 1) * 64, 6);
    if slot < 4 {
        return slot;
    }
    let bits = (slot >> 1) as u32 - 1;
    let base = (2 | slot & 1) << bits;
    if slot < 14 {
        return base + coder.reverse_tree(POS_SPECIAL + base - slot, bits);
    }
    let direct = coder.direct(bits - 4) << 4;
    base.wrapping_add(direct) + coder.reverse_tree(ALIGN, 4)
}

/// Decodes bits, each with an adaptive probability.
struct RangeDecoder<'a> {
    input: &'a [u8],
    /// The position in the input; beyond its end zeros are read.
    at: usize,
    range: u32,
    code: u32,
    /// Of 2,048, that the next bit is 0.
    probabilities: [u16; PROBABILITIES],
}

impl<'a> RangeDecoder<'a> {
    fn new(input: &'a [u8]) -> Self {
        let mut coder = Self {
            input,
            at: 0,
            range: u32::MAX,
            code: 0,
            probabilities: [1024; PROBABILITIES],
        };
        // The first byte is always 0 and is shifted out again.
        for _ in 0..5 {
            coder.shift();
        }
        coder
    }

    /// Says whether nothing was read beyond the input's end.
    fn enough(&self) -> bool {
        self.at <= self.input.len()
    }

    fn shift(&mut self) {
        let byte = self.input.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        self.code = self.code << 8 | u32::from(byte);
    }

    fn normalize(&mut self) {
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.shift();
        }
    }

    fn bit(&mut self, index: usize) -> bool {
        self.normalize();
        let probability = &mut self.probabilities[index];
        let bound = (self.range >> 11) * u32::from(*probability);
        let bit = self.code >= bound;
        if bit {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> 5;
        } else {
            self.range = bound;
            *probability += (2048 - *probability) >> 5;
        }
        bit
    }

    /// Decodes `count` bits of even probability, the highest first.
    fn direct(&mut self, count: u32) -> usize {
        let mut value = 0;
        for _ in 0..count {
            self.normalize();
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            value = value << 1 | usize::from(bit);
        }
        value
    }

    /// Decodes `count` bits, the highest first; each has a probability for those before it.
    fn tree(&mut self, table: usize, count: u32) -> usize {
        let mut node = 1;
        for _ in 0..count {
            node = node << 1 | usize::from(self.bit(table + node));
        }
        node - (1 << count)
    }

    /// The same, the lowest bit first.
    fn reverse_tree(&mut self, table: usize, count: u32) -> usize {
        let (mut node, mut value) = (1, 0);
        for position in 0..count {
            let bit = usize::from(self.bit(table + node));
            node = node << 1 | bit;
            value |= bit << position;
        }
        value
    }

    /// Decodes the length of a match, less [`MATCH_MIN`].
    fn length(&mut self, table: usize, pos_state: usize) -> usize {
        let short = table + 2 + pos_state * 8;
        if !self.bit(table) {
            self.tree(short, 3)
        } else if !self.bit(table + 1) {
            8 + self.tree(short + POS_STATES * 8, 3)
        } else {
            16 + self.tree(table + 2 + 2 * POS_STATES * 8, 8)
        }
    }
}
