//! Any bytes as an HTTP answer, to every notifier: the result and the verdict are
//! the same whether the bytes arrive in one piece or one by one.

#![no_main]

use alertik_core::delivery::{Malformed, Notifier, Response, Verdict};
use alertik_core::limits::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX};
use libfuzzer_sys::fuzz_target;

/// 2026-11-22, so that dates in answers lie on both sides of it.
const UNIX_SECS: i64 = 1_795_305_600;

type Taken = (Option<u16>, Vec<u8>, Verdict);

fn take(notifier: Notifier, bytes: &[u8], piece: usize) -> Result<Taken, Malformed> {
    let mut head = [0; ANSWER_HEAD_BYTES_MAX];
    let mut body = [0; ANSWER_BODY_BYTES_MAX];
    let mut response = Response::new(notifier, &mut head, &mut body);
    for piece in bytes.chunks(piece) {
        response.push(piece)?;
    }
    response.end();
    let verdict = response.judge(UNIX_SECS);
    Ok((response.status(), response.body().into(), verdict))
}

fuzz_target!(|bytes: &[u8]| {
    for notifier in Notifier::ALL {
        let whole = take(notifier, bytes, bytes.len().max(1));
        assert_eq!(whole, take(notifier, bytes, 1));
    }
});
