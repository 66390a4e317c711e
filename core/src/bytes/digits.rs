//! Digits: parses decimal ones from untrusted text, writes hexadecimal ones.

/// Parses digits (RFC 9110, section 8.6; resolv.conf(5)). A number that is too
/// large becomes the largest one. `None` for anything else, a sign included.
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

/// Returns the lower-case hexadecimal digit of the last four bits, in ASCII.
pub(crate) const fn hex_digit(value: u8) -> u8 {
    b"0123456789abcdef"[(value & 0xF) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits and nothing else, however many.
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

    /// As the standard library writes them, whatever the upper four bits are.
    #[test]
    fn hexadecimal_digits() {
        for value in 0..=u8::MAX {
            let expected = format!("{:x}", value & 0xF);
            assert_eq!(char::from(hex_digit(value)).to_string(), expected);
        }
    }
}
