//! Whether text is JSON (RFC 8259), read once and in pieces, without recursion.

/// Deepest nesting that is followed: one bit each.
const DEPTH_MAX: u32 = 64;

/// Reads text piece by piece. Of numbers it checks the characters, not their order.
#[derive(Clone, Copy, Debug)]
pub struct JsonCheck {
    state: State,
    /// Objects and arrays that are open.
    depth: u32,
    /// A bit for each of these, the innermost lowest; 1 is an object.
    objects: u64,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    /// A value or the end of an empty array.
    FirstValue,
    Key,
    /// A key or the end of an empty object.
    FirstKey,
    Colon,
    /// Nothing, a comma or the end of what is open.
    After,
    /// More of a string and whether it is a key.
    Text(bool),
    Escape(bool),
    /// So many digits of an escape.
    Digits(bool, u8),
    Number,
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
}

impl Default for JsonCheck {
    fn default() -> Self {
        Self {
            state: State::Value,
            depth: 0,
            objects: 0,
        }
    }
}

impl JsonCheck {
    /// Reads the next piece.
    ///
    /// # Errors
    ///
    /// Returns the offset in `piece` of the first byte that JSON cannot have there.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), usize> {
        for (offset, &byte) in piece.iter().enumerate() {
            self.state = self.after(byte).ok_or(offset)?;
        }
        Ok(())
    }

    /// Returns whether everything that began has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.depth == 0 && matches!(self.state, State::After | State::Number)
    }

    fn after(&mut self, byte: u8) -> Option<State> {
        let state = match self.state {
            // Only a byte that is no part of it ends a number.
            State::Number if byte.is_ascii_digit() || b"+-.eE".contains(&byte) => {
                return Some(State::Number);
            }
            State::Number => State::After,
            state => state,
        };
        match (state, byte) {
            (State::Text(_), ..0x20) => None,
            (State::Text(true), b'"') => Some(State::Colon),
            (State::Text(false), b'"') => Some(State::After),
            (State::Text(key), b'\\') => Some(State::Escape(key)),
            (State::Text(_), _) => Some(state),
            (State::Escape(key), b'u') => Some(State::Digits(key, 4)),
            (State::Escape(key), _) => b"\"\\/bfnrt".contains(&byte).then_some(State::Text(key)),
            (State::Digits(key, left), _) => byte.is_ascii_hexdigit().then_some(match left {
                1 => State::Text(key),
                _ => State::Digits(key, left - 1),
            }),
            (State::Word(rest), _) => match rest.split_first()? {
                (&next, []) if next == byte => Some(State::After),
                (&next, rest) if next == byte => Some(State::Word(rest)),
                _ => None,
            },
            (_, b' ' | b'\t' | b'\n' | b'\r') => Some(state),
            (State::Value | State::FirstValue, b'{') => self.open(1, State::FirstKey),
            (State::Value | State::FirstValue, b'[') => self.open(0, State::FirstValue),
            (State::Value | State::FirstValue, b'"') => Some(State::Text(false)),
            (State::Value | State::FirstValue, b't') => Some(State::Word(b"rue")),
            (State::Value | State::FirstValue, b'f') => Some(State::Word(b"alse")),
            (State::Value | State::FirstValue, b'n') => Some(State::Word(b"ull")),
            (State::Value | State::FirstValue, b'-' | b'0'..=b'9') => Some(State::Number),
            (State::FirstValue, b']') | (State::FirstKey, b'}') => self.close(),
            (State::Key | State::FirstKey, b'"') => Some(State::Text(true)),
            (State::Colon, b':') => Some(State::Value),
            (State::After, b',') if self.depth > 0 => Some(match self.objects & 1 {
                1 => State::Key,
                _ => State::Value,
            }),
            (State::After, b'}') if self.objects & 1 == 1 => self.close(),
            (State::After, b']') if self.depth > 0 && self.objects & 1 == 0 => self.close(),
            _ => None,
        }
    }

    fn open(&mut self, object: u64, next: State) -> Option<State> {
        if self.depth == DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        self.objects = self.objects << 1 | object;
        Some(next)
    }

    fn close(&mut self) -> Option<State> {
        self.depth -= 1;
        self.objects >>= 1;
        Some(State::After)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the offset of the first mistake, the length if the end is missing.
    fn mistake(text: &str) -> Option<usize> {
        let mut check = JsonCheck::default();
        match check.push(text.as_bytes()) {
            Err(offset) => Some(offset),
            Ok(()) => (!check.is_complete()).then_some(text.len()),
        }
    }

    /// What JSON is, by examples of each of its parts.
    #[test]
    fn json() {
        for text in [
            "{}",
            " [ ] ",
            "1",
            "-1.5e+3",
            "null",
            r#""\u00e9\"\\\/\n é""#,
            r#"{"a":[1,{"b":true},"c",false,null],"d":{"e":-0}}"#,
            "[[],[[]],{}]\n",
            &("[".repeat(64) + &"]".repeat(64)),
        ] {
            assert_eq!(mistake(text), None, "{text}");
        }
    }

    /// Each mistake is found at its place.
    #[test]
    fn mistakes() {
        for (text, offset) in [
            ("", 0),
            (r#"{"a":"b""#, 8),
            (r#"{"a":"b"}}"#, 9),
            (r#"{"a" "b"}"#, 5),
            (r#"{"a":}"#, 5),
            (r#"{"a":1,}"#, 7),
            ("[1,]", 3),
            ("[1}", 2),
            (r#"{"a":1]"#, 6),
            ("{a:1}", 1),
            (r#"{'a':1}"#, 1),
            ("truth", 3),
            ("tru", 3),
            ("\"a\nb\"", 2),
            (r#""\x""#, 2),
            (r#""\u00g0""#, 5),
            (r#""open"#, 5),
            ("1 2", 2),
            (",", 0),
            ("1,2", 1),
            ("]", 0),
            ("}", 0),
            (&"[".repeat(65), 64),
        ] {
            assert_eq!(mistake(text), Some(offset), "{text}");
        }
    }
}
