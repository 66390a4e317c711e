//! Any bytes as a line: each part is a piece of it, the text is parsed again
//! without an end, and what is relayed is a line of RFC 5424. `core/fuzz/seeds/syslog.txt` has a line of each format.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use alertik_core::syslog::{Format, Line, OwnOutput, Sender, parse, write_rfc5424};
use alertik_core::text::Label;
use alertik_core::time::Wall;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut own = OwnOutput::new((1, 2));
    own.remember(bytes);
    let _ = own.contains(bytes);
    let router = Label::of_log(parse(bytes).identity.unwrap_or(bytes));
    let sender = Sender {
        router: &router,
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        at: Wall::default(),
    };
    let mut relayed = [0; 8_192];
    let length = write_rfc5424(bytes, &sender, &mut relayed);
    assert!(length == relayed.len() || parse(&relayed[..length]).format == Format::Rfc5424);
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
