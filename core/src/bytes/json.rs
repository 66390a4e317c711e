//! JSON strings, the one part of JSON that needs care (RFC 8259, section 7).

use core::fmt::{self, Write};

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
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find(is_special) {
            let (plain, special) = rest.split_at(at);
            out.write_str(plain)?;
            // `find` says that it is there, and it is one byte long.
            write_escaped(special.as_bytes()[0], out)?;
            rest = &special[1..];
        }
        out.write_str(rest)?;
        if !chunk.invalid().is_empty() {
            out.write_char(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Ok(())
}

const fn is_special(c: char) -> bool {
    matches!(c, '"' | '\\' | '\0'..='\x1F')
}

fn write_escaped(byte: u8, out: &mut dyn Write) -> fmt::Result {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(HEX[usize::from(value & 0xF)]);
    out.write_char('\\')?;
    match byte {
        b'\n' => out.write_char('n'),
        b'"' | b'\\' => out.write_char(char::from(byte)),
        _ => {
            out.write_str("u00")?;
            out.write_char(digit(byte >> 4))?;
            out.write_char(digit(byte))
        }
    }
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
}
