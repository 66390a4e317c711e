//! Any bytes as a line: each part is a piece of it, and the text is parsed again
//! without an end. `core/fuzz/seeds/syslog.txt` has a line of each format.

#![no_main]

use alertik_core::syslog::{Line, OwnOutput, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut own = OwnOutput::new((1, 2));
    own.remember(bytes);
    let _ = own.contains(bytes);
    let mut rest = bytes;
    loop {
        let line = parse(rest);
        let Line {
            time,
            identity,
            topics,
            text,
            ..
        } = line;
        let range = rest.as_ptr_range();
        for part in [time, identity, Some(topics.as_bytes()), Some(text)] {
            let part = part.unwrap_or_default();
            assert!(part.is_empty() || range.contains(&part.as_ptr()));
        }
        assert!(line.text_bytes().count() <= text.len());
        let _ = line.severity();
        if text.len() == rest.len() {
            break;
        }
        rest = text;
    }
});
