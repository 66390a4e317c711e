//! JSON strings, the one part of JSON that needs care (RFC 8259, section 7).

use core::fmt::{self, Write};

use crate::bytes::digits::hex_digit;

/// Writes bytes as a JSON string with its quotes. Each maximal invalid sequence
/// of UTF-8 becomes U+FFFD.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write_json_string(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    out.write_char('"')?;
    write_json_part(bytes, out)?;
    out.write_char('"')
}

/// Writes bytes as a part of a JSON string, without quotes.
pub(crate) fn write_json_part(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    let mut buffer = [0; JSON_ESCAPE_BYTES_MAX];
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        // Write whole stretches at once: most text needs no escape.
        while let Some(at) = rest.find(needs_escape) {
            let (plain, special) = rest.split_at(at);
            out.write_str(plain)?;
            // `find` guarantees that it exists, and it is ASCII: one byte.
            let escape = json_escape(char::from(special.as_bytes()[0]), &mut buffer);
            out.write_str(escape.unwrap_or_default())?;
            rest = &special[1..];
        }
        out.write_str(rest)?;
        if !chunk.invalid().is_empty() {
            out.write_char(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Ok(())
}

/// Length of the longest escape, such as `\u001f`, in bytes.
pub(crate) const JSON_ESCAPE_BYTES_MAX: usize = 6;

/// Returns a character's escape inside a JSON string, or `None` if it needs none.
/// Everything that writes JSON uses this table.
pub(crate) fn json_escape(
    character: char,
    buffer: &mut [u8; JSON_ESCAPE_BYTES_MAX],
) -> Option<&str> {
    if !needs_escape(character) {
        return None;
    }
    // All characters that need an escape are ASCII.
    let byte = character as u8;
    let length = match byte {
        b'"' | b'\\' => {
            buffer[..2].copy_from_slice(&[b'\\', byte]);
            2
        }
        b'\n' => {
            buffer[..2].copy_from_slice(b"\\n");
            2
        }
        _ => {
            *buffer = [
                b'\\',
                b'u',
                b'0',
                b'0',
                hex_digit(byte >> 4),
                hex_digit(byte),
            ];
            JSON_ESCAPE_BYTES_MAX
        }
    };
    core::str::from_utf8(&buffer[..length]).ok()
}

const fn needs_escape(character: char) -> bool {
    matches!(character, '"' | '\\' | '\0'..='\x1F')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that must be escaped is, invalid UTF-8 is replaced, and the
    /// rest stays as it is.
    #[test]
    fn strings() {
        let mut out = String::new();
        write_json_string(b"a\"b\\c\n\r\x1F\x7F\xC3\xA9\xFFz", &mut out).unwrap();
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u000d\\u001f\x7F\u{e9}\u{FFFD}z\"");
        out.clear();
        write_json_string(b"", &mut out).unwrap();
        assert_eq!(out, "\"\"");
    }

    /// A JSON parser reads every character up to U+00FF, and some beyond, back from
    /// its escape, or from the character itself if it has none.
    #[test]
    fn escapes_are_read_back() {
        let mut buffer = [0; JSON_ESCAPE_BYTES_MAX];
        for character in ('\0'..='\u{FF}').chain(['\u{2028}', '\u{10FFFF}']) {
            let plain = character.to_string();
            let escape = json_escape(character, &mut buffer).unwrap_or(&plain);
            let read: String = serde_json::from_str(&format!("\"{escape}\"")).unwrap();
            assert_eq!(read, plain);
        }
    }
}
