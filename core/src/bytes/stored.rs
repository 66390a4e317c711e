//! Bytes that are stored for later: their fields, and whether they are still the same.

/// Takes the first `N` bytes off a slice, or nothing if it has fewer.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

/// Takes the first bytes off a slice, if it has so many.
pub(crate) fn take_slice<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (first, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(first)
}

/// Returns a checksum that takes up where `sum` ended: FNV-1a in 64 bits (Fowler, Noll,
/// Vo), against damage and not against forgery.
pub(crate) fn checksum_from(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Returns the checksum of bytes.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    checksum_from(0xCBF2_9CE4_8422_2325, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checksums are those of the published test vectors, in one piece and in two.
    #[test]
    fn known_checksums() {
        assert_eq!(checksum(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(checksum(b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(checksum(b"foobar"), 0x8594_4171_F739_67E8);
        assert_eq!(checksum_from(checksum(b"foo"), b"bar"), checksum(b"foobar"));
    }
}
