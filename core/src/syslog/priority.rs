//! `<PRI>`: facility and severity, as a number in brackets.

/// Skips one to three digits in brackets at the beginning (RFC 3164, section
/// 4.1.1). Anything else is not a priority and stays.
pub(super) fn skip_priority(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"<") else {
        return text;
    };
    let digits = rest
        .iter()
        .take(4)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    match (digits, rest.get(digits)) {
        (1..=3, Some(b'>')) => &rest[digits + 1..],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One to three digits go; whatever only looks like them stays.
    #[test]
    fn priorities() {
        for text in ["<0>x", "<30>x", "<191>x"] {
            assert_eq!(skip_priority(text.as_bytes()), b"x", "{text}");
        }
        for text in ["<>x", "<1234>x", "<3x>x", "<30", "<", "30>x", "x<30>", ""] {
            assert_eq!(skip_priority(text.as_bytes()), text.as_bytes());
        }
    }
}
