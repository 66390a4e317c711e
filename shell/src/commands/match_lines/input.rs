//! The lines to be matched.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};

use alertik_core::limits::DATAGRAM_BYTES_MAX;

/// Reads a line without its newline, and skips the part of it that no datagram
/// would have room for. Returns how many bytes it has, or `None` at the end.
pub(super) fn next_line(
    reader: &mut BufReader<File>,
    line: &mut Vec<u8>,
) -> io::Result<Option<usize>> {
    line.clear();
    let mut begun = false;
    let mut bytes = 0;
    loop {
        let buffer = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            return Ok(begun.then_some(bytes));
        }
        begun = true;
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        bytes += part.len();
        let room = DATAGRAM_BYTES_MAX - line.len();
        line.extend_from_slice(&part[..part.len().min(room)]);
        let taken = part.len() + usize::from(end.is_some());
        reader.consume(taken);
        if end.is_some() {
            return Ok(Some(bytes));
        }
    }
}
