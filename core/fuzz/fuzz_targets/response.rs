//! Any bytes as an answer of HTTP: the same in one piece and byte by byte.

#![no_main]

use alertik_core::limits::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX};
use alertik_core::delivery::{Malformed, Response};
use libfuzzer_sys::fuzz_target;

fn take(bytes: &[u8], piece: usize) -> Result<(Option<u16>, Vec<u8>), Malformed> {
    let mut head = [0; ANSWER_HEAD_BYTES_MAX];
    let mut body = [0; ANSWER_BODY_BYTES_MAX];
    let mut response = Response::new(&mut head, &mut body);
    for piece in bytes.chunks(piece) {
        response.push(piece)?;
    }
    response.end();
    let _ = response.header("retry-after");
    Ok((response.status(), response.body().into()))
}

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(take(bytes, bytes.len().max(1)), take(bytes, 1));
});
