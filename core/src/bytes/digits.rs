//! Digits: parses decimal numbers in untrusted text, writes hexadecimal digits.

/// Parses a decimal number (RFC 9110, section 8.6; resolv.conf(5)). A number that
/// is too large becomes `usize::MAX`. Returns `None` if the text contains anything
/// but digits, such as a sign, or is empty.
pub(crate) fn parse_digits(digits: &[u8]) -> Option<usize> {
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    valid.then(|| {
        digits.iter().fold(0_usize, |number, &digit| {
            number
                .saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'))
        })
    })
}

/// Returns the low four bits as a lower-case hexadecimal digit in ASCII.
pub(crate) const fn hex_digit(value: u8) -> u8 {
    b"0123456789abcdef"[(value & 0xF) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only digits are accepted, however many.
    #[test]
    fn digits() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("4294967295", Some(4_294_967_295)),
            ("99999999999999999999999", Some(usize::MAX)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1 ", None),
        ] {
            assert_eq!(parse_digits(text.as_bytes()), expected, "{text:?}");
        }
    }

    /// The digits are those of the standard library; the upper bits are ignored.
    #[test]
    fn hexadecimal_digits() {
        for value in 0..=u8::MAX {
            let expected = format!("{:x}", value & 0xF);
            assert_eq!(char::from(hex_digit(value)).to_string(), expected);
        }
    }
}
