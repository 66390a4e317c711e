//! Numbers in text from outside.

/// Parses digits (RFC 9110, section 8.6; resolv.conf(5)). What is too large for
/// a number is the largest one. Nothing for anything else, a sign included.
pub(crate) fn parse_digits(digits: &[u8]) -> Option<usize> {
    let right = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    right.then(|| {
        digits.iter().fold(0_usize, |number, &digit| {
            number
                .saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'))
        })
    })
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
}
