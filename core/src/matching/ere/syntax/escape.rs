//! A backslash and what it gives a meaning to.

use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::syntax::error::{ErrorKind, PatternError};

/// First value at which the digits of `\x{...}` stop being read.
const CODE_LIMIT: u32 = 0x11_0000;

/// What an escape means.
pub(super) enum Escape {
    /// Conditions on the place where it is.
    Assert(Assertions),
    /// What this bracket expression matches.
    Bracket(&'static [u8]),
    /// This byte.
    Byte(u8),
    /// A code point, which may be no byte's. Its case matters, whatever the flags are.
    Code(u32),
}

/// Parses the escape whose backslash is at `at`. Returns its meaning and the
/// offset after it.
pub(super) fn parse(pattern: &[u8], at: usize) -> Result<(Escape, usize), PatternError> {
    let Some(&byte) = pattern.get(at + 1) else {
        return Err(PatternError::new(at, ErrorKind::TrailingBackslash));
    };
    if byte == b'x' {
        return hexadecimal(pattern, at);
    }
    // A byte that has no meaning after a backslash stands for itself.
    let escape = meaning(byte).unwrap_or(Escape::Byte(byte));
    Ok((escape, at + 2))
}

/// Returns what a backslash and `byte` mean together, if that is more than the
/// byte itself. `\x` has digits after it and is not among these.
pub(super) const fn meaning(byte: u8) -> Option<Escape> {
    Some(match byte {
        b'b' => Escape::Assert(Assertions::WORD_EDGE),
        b'B' => Escape::Assert(Assertions::NOT_WORD_EDGE),
        b'<' => Escape::Assert(Assertions::WORD_START),
        b'>' => Escape::Assert(Assertions::WORD_END),
        b'w' => Escape::Bracket(b"[[:alnum:]_]"),
        b'W' => Escape::Bracket(b"[^[:alnum:]_]"),
        b's' => Escape::Bracket(b"[[:space:]]"),
        b'S' => Escape::Bracket(b"[^[:space:]]"),
        b'd' => Escape::Bracket(b"[[:digit:]]"),
        b'D' => Escape::Bracket(b"[^[:digit:]]"),
        b't' => Escape::Code(b'\t' as u32),
        b'n' => Escape::Code(b'\n' as u32),
        b'r' => Escape::Code(b'\r' as u32),
        b'f' => Escape::Code(0x0c),
        b'a' => Escape::Code(0x07),
        b'e' => Escape::Code(0x1b),
        _ => return None,
    })
}

/// Parses `\xHH` with up to two digits, or `\x{H...}` with up to eight. No digits
/// at all is code point 0, which matches nothing.
fn hexadecimal(pattern: &[u8], escape: usize) -> Result<(Escape, usize), PatternError> {
    let peek = |at: usize| pattern.get(at).copied();
    let mut at = escape + 2;
    let braced = peek(at) == Some(b'{');
    at += usize::from(braced);
    let mut code = 0;
    for _ in 0..if braced { 8 } else { 2 } {
        let digit = peek(at).and_then(|byte| char::from(byte).to_digit(16));
        let (Some(digit), true) = (digit, code < CODE_LIMIT) else {
            break;
        };
        code = 16 * code + digit;
        at += 1;
    }
    if braced {
        if peek(at) != Some(b'}') {
            return Err(PatternError::new(escape, ErrorKind::MissingBrace));
        }
        at += 1;
    }
    Ok((Escape::Code(code), at))
}
