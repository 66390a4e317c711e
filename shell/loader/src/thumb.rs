//! Calls of Thumb code, which say how far away the called function is. Two calls of one
//! function differ by that; as addresses they are the same four bytes, which LZMA finds
//! again: 5 % of the file.
//!
//! A call is the pair of half words `11110 high` and `11111 low` (Arm ARM, `BL` in encoding
//! T1 with both J bits set, which is every call over less than 4 MiB). Constants that look
//! like one are converted there and back like one.

/// Makes distances out of addresses.
pub fn to_relative(code: &mut [u8]) {
    convert(code, u32::wrapping_sub);
}

/// Makes addresses out of distances: the inverse.
pub fn to_absolute(code: &mut [u8]) {
    convert(code, u32::wrapping_add);
}

/// Applies `change` to the target of each call and the position from which it counts.
fn convert(code: &mut [u8], change: fn(u32, u32) -> u32) {
    let mut at = 0;
    while let Some(call) = code.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<4>) {
        if call[1] & 0xF8 != 0xF0 || call[3] & 0xF8 != 0xF8 {
            at += 2;
            continue;
        }
        let half = |low: u8, high: u8| u32::from(low) | u32::from(high & 7) << 8;
        let target = half(call[0], call[1]) << 11 | half(call[2], call[3]);
        // Counted in half words from the instruction after the next.
        let target = change(target, at as u32 / 2 + 2);
        let [low, mid, high, _] = target.to_le_bytes();
        call[2] = low;
        call[3] = 0xF8 | mid & 7;
        call[0] = mid >> 3 | high << 5;
        call[1] = 0xF0 | high >> 3 & 7;
        at += 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the bytes are, they come back.
    #[test]
    fn there_and_back() {
        let mut state = 1_u32;
        let mut code = [0; 4096];
        for byte in &mut code {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Half of them are bytes of calls.
            *byte = (state >> 24) as u8 | if state & 0x100 == 0 { 0xF0 } else { 0 };
        }
        let before = code;
        to_absolute(&mut code);
        assert_ne!(code, before);
        to_relative(&mut code);
        assert_eq!(code, before);
    }

    /// Two calls of one function are the same bytes afterwards.
    #[test]
    fn calls_of_one_function_are_alike() {
        // bl to 0x0, at 0x4 and at 0x8.
        let mut code = [0, 0, 0, 0, 0xFF, 0xF7, 0xFC, 0xFF, 0xFF, 0xF7, 0xFA, 0xFF];
        to_absolute(&mut code);
        assert_eq!(code[4..8], code[8..12]);
        assert_eq!(code[4..8], [0x00, 0xF0, 0x00, 0xF8]);
    }
}
