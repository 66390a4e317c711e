//! Base64 (RFC 4648, section 4), written over the bytes that it stands for.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes on a line of a mail: 76 characters (RFC 2045, section 6.8).
pub(crate) const MIME_LINE_BYTES: usize = 57;

/// Returns the length of the form of `len` bytes: in lines of `line` bytes, each with
/// its end, or as one piece if `line` is 0.
pub(crate) const fn base64_len(len: usize, line: usize) -> usize {
    let lines = match line {
        0 => 0,
        _ => len.div_ceil(line),
    };
    len.div_ceil(3) * 4 + 2 * lines
}

/// Replaces the first `len` bytes of a buffer by their form, see [`base64_len`], and
/// returns its length. `line` is divisible by 3. `None` if the buffer is too short,
/// which then is as it was.
pub(crate) fn encode_base64(buffer: &mut [u8], len: usize, line: usize) -> Option<usize> {
    let total = base64_len(len, line);
    if buffer.len() < total {
        return None;
    }
    // The last group first: none is written where one before it has yet to be read.
    let mut to = total;
    for from in (0..len).step_by(3).rev() {
        let bytes = &buffer[from..len.min(from + 3)];
        let count = bytes.len();
        let mut word = 0_u32;
        for place in 0..3 {
            word = (word << 8) | u32::from(bytes.get(place).copied().unwrap_or(0));
        }
        if line > 0 && ((from + 3).is_multiple_of(line) || from + 3 >= len) {
            to -= 2;
            buffer[to..to + 2].copy_from_slice(b"\r\n");
        }
        to -= 4;
        for (place, slot) in buffer[to..to + 4].iter_mut().enumerate() {
            let digit = (word >> (18 - 6 * place)) & 63;
            *slot = match place <= count {
                true => ALPHABET[digit as usize],
                false => b'=',
            };
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn encoded(text: &[u8], line: usize) -> Vec<u8> {
        let mut buffer = text.to_vec();
        buffer.resize(base64_len(text.len(), line), 0);
        let total = encode_base64(&mut buffer, text.len(), line).expect("room");
        assert_eq!(total, buffer.len());
        buffer
    }

    /// The examples of RFC 4648, section 10, and the two digits that are no letters.
    #[test]
    fn known_forms() {
        for (text, form) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("~~>?", "fn4+Pw=="),
        ] {
            assert_eq!(encoded(text.as_bytes(), 0), form.as_bytes(), "{text}");
        }
    }

    /// Lines end where they are full and where the text ends, and nowhere else.
    #[test]
    fn lines() {
        assert_eq!(encoded(b"", 6), b"");
        assert_eq!(encoded(b"fooba", 6), b"Zm9vYmE=\r\n");
        assert_eq!(encoded(b"foobar", 6), b"Zm9vYmFy\r\n");
        assert_eq!(encoded(b"foobarf", 6), b"Zm9vYmFy\r\nZg==\r\n");
        let long = encoded(&[b'x'; 1_000], MIME_LINE_BYTES);
        let lines = long.split(|&byte| byte == b'\n');
        assert!(lines.clone().all(|line| line.len() <= 77));
        assert_eq!(lines.count(), 19);
    }

    /// Without room nothing happens.
    #[test]
    fn no_room() {
        let mut buffer = *b"foobar.";
        assert_eq!(encode_base64(&mut buffer, 6, 0), None);
        assert_eq!(&buffer, b"foobar.");
    }
}
