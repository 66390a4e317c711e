//! `<PRI>`: facility and severity, as a number in brackets.

/// The largest priority: facility 23, severity 7.
const PRIORITY_MAX: u8 = 191;

/// Splits a priority off the beginning of a text (RFC 3164, section 4.1.1).
///
/// It has no leading zero and is at most 191. `<0010>: user skn014 authentication
/// failed` and `<152.32.197.159>: disconnected` are texts of RouterOS.
pub(super) fn split_priority(text: &[u8]) -> (Option<u8>, &[u8]) {
    match parse(text) {
        Some((priority, rest)) => (Some(priority), rest),
        None => (None, text),
    }
}

/// Skips a priority at the beginning of a text, if there is one.
pub(super) fn skip_priority(text: &[u8]) -> &[u8] {
    split_priority(text).1
}

fn parse(text: &[u8]) -> Option<(u8, &[u8])> {
    let rest = text.strip_prefix(b"<")?;
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit());
    let (number, count) = digits.fold((0_u16, 0), |(number, count), digit| {
        (number * 10 + u16::from(digit - b'0'), count + 1)
    });
    let priority = u8::try_from(number).ok()?;
    let leads_with_zero = count > 1 && rest[0] == b'0';
    let is_priority = matches!(count, 1..=3) && !leads_with_zero && priority <= PRIORITY_MAX;
    let rest = rest[count..].strip_prefix(b">")?;
    is_priority.then_some((priority, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One to three digits go, and their value is known.
    #[test]
    fn priorities() {
        for (text, priority) in [("<0>x", 0), ("<30>x", 30), ("<191>x", 191)] {
            let expected = (Some(priority), &b"x"[..]);
            assert_eq!(split_priority(text.as_bytes()), expected, "{text}");
        }
    }

    /// Whatever only looks like a priority stays.
    #[test]
    fn other_brackets_stay() {
        for text in [
            "<>x", "<1234>x", "<3x>x", "<30", "<", "30>x", "x<30>", "", "<192>x", "<999>x",
            "<010>x", "<00>x",
        ] {
            assert_eq!(skip_priority(text.as_bytes()), text.as_bytes());
        }
    }
}
