//! The two tools that all formats are taken apart with.

/// Splits at the first blank.
pub(super) fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = text.iter().position(|&byte| byte == b' ')?;
    Some((&text[..blank], &text[blank + 1..]))
}

/// Returns whether `text` begins with a shape, in which `A` stands for an
/// upper-case letter, `a` for a lower-case one, `0` for a digit, `d` for a digit
/// or a blank, and everything else for itself.
pub(super) fn has_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() >= shape.len()
        && shape.iter().zip(text).all(|(&want, &got)| match want {
            b'A' => got.is_ascii_uppercase(),
            b'a' => got.is_ascii_lowercase(),
            b'0' => got.is_ascii_digit(),
            b'd' => got.is_ascii_digit() || got == b' ',
            _ => want == got,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blanks that follow belong to the rest; without one there is no word.
    #[test]
    fn words() {
        assert_eq!(split_word(b"a  b"), Some((&b"a"[..], &b" b"[..])));
        assert_eq!(split_word(b" b"), Some((&b""[..], &b"b"[..])));
        assert_eq!(split_word(b"ab"), None);
    }

    /// Each class takes its own bytes only, and more may follow.
    #[test]
    fn shapes() {
        assert!(has_shape(b"Nov  8", b"Aaa d0"));
        assert!(has_shape(b"Nov 18, and more", b"Aaa d0"));
        for text in ["NOv  8", "nov  8", "Nov  x", "Nov x8", "Nov-18", "Nov 1"] {
            assert!(!has_shape(text.as_bytes(), b"Aaa d0"), "{text}");
        }
    }
}
