//! Any bytes as the stream of a connection: the same messages at once, byte by byte and
//! in pieces of the size that the first byte says.

#![no_main]

use alertik_core::limits::MESSAGE_BYTES_MAX;
use alertik_core::syslog::Framing;
use libfuzzer_sys::fuzz_target;

fn messages(bytes: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut framing = Framing::new();
    let mut messages = Vec::new();
    let mut take = |message: &[u8]| messages.push(message.to_vec());
    for piece in bytes.chunks(piece) {
        framing.push(piece, &mut take);
    }
    framing.end(&mut take);
    messages
}

fuzz_target!(|bytes: &[u8]| {
    let piece = bytes.first().map_or(1, |&byte| 1 + usize::from(byte));
    let whole = messages(bytes, bytes.len().max(1));
    assert!(
        whole
            .iter()
            .all(|line| (1..=MESSAGE_BYTES_MAX + 1).contains(&line.len()))
    );
    assert_eq!(whole, messages(bytes, 1));
    assert_eq!(whole, messages(bytes, piece));
});
