//! Any bytes as a request for metrics: the outcome is the same whether they arrive in one
//! piece or one by one. And any text as the value of a label: it stays one value.

#![no_main]

use alertik_core::metrics::{Family, Labels, Refusal, Request, RequestHead};
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8], piece: usize) -> Result<Option<Request>, Refusal> {
    let mut head = RequestHead::default();
    for piece in bytes.chunks(piece) {
        match head.push(piece) {
            Ok(None) => {}
            end => return end,
        }
    }
    Ok(None)
}

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(read(bytes, bytes.len().max(1)), read(bytes, 1));
    let mut labels = Labels::default();
    labels.push("v", &String::from_utf8_lossy(bytes));
    let mut out = String::new();
    let mut family = Family::new("x", "X.", &mut out);
    assert_eq!(family.sample(&labels, 1), Ok(()));
    let sample = out.lines().nth(2).expect("one line");
    assert!(out.lines().count() == 3 && sample.ends_with("\"} 1"));
    let value = &sample["alertik_x{v=\"".len()..sample.len() - "\"} 1".len()];
    let plain = value
        .replace("\\\\", "")
        .replace("\\\"", "")
        .replace("\\n", "");
    assert!(!plain.contains(['"', '\\']) && !plain.contains(|c: char| c.is_ascii_control()));
});
