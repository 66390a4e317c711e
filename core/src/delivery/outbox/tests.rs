//! Tests of the outbox against a plain queue.

use std::collections::VecDeque;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::ids::NotifierSet;
use crate::text::TextBuffer;

fn head(number: u32) -> NoticeHead {
    NoticeHead {
        rule: RuleName::Environment(number as u8 % 80),
        notifiers: NotifierSet::EMPTY,
        at: Wall {
            unix_secs: i64::from(number) - 5,
            offset_secs: -3_600,
        },
        source: if number.is_multiple_of(2) {
            IpAddr::V4(Ipv4Addr::new(192, 0, 2, number as u8))
        } else {
            IpAddr::V6(Ipv6Addr::from(u128::from(number) << 90))
        },
        ticket: Ticket(number),
    }
}

/// Random lengths against a model queue: same order, same contents, and every
/// notification is either still there or was shown as evicted, the oldest first.
#[test]
fn behaves_like_a_queue_that_loses_its_oldest() {
    let mut outbox = Outbox::new(700);
    let mut model: VecDeque<(u32, String)> = VecDeque::new();
    let mut random = 0x9E37_79B9_u32;
    let mut evictions = 0;
    for number in 0..20_000 {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        if random.is_multiple_of(5) && !model.is_empty() {
            let (expected, _) = model.pop_front().unwrap();
            assert_eq!(outbox.front().unwrap().ticket, Ticket(expected));
            outbox.pop();
            continue;
        }
        let text = "x".repeat(random as usize / 7 % 300);
        let mut buffer = TextBuffer::new();
        buffer.push_log(text.as_bytes());
        let head = head(number);
        outbox.push(
            Instant::from_millis(u64::from(number)),
            &head,
            buffer.as_text(),
            &mut |gone| {
                evictions += 1;
                assert_eq!(gone.ticket, Ticket(model.pop_front().unwrap().0));
            },
        );
        model.push_back((number, text));
        assert_eq!(outbox.len(), model.len());
        for (waiting, (number, text)) in outbox.iter().zip(&model) {
            let head = self::head(*number);
            assert_eq!((waiting.rule, waiting.at), (head.rule, head.at));
            assert_eq!((waiting.source, waiting.ticket), (head.source, head.ticket));
            assert_eq!(waiting.since.millis(), u64::from(*number));
            let read: String = waiting.text.parts().map(|(_, part)| part).collect();
            assert_eq!(&read, text);
        }
    }
    assert!(evictions > 1_000, "the test never filled the store");
}

/// A record that fills the store to the byte is kept, and evicts all others.
#[test]
fn one_record_may_fill_the_store() {
    let mut outbox = Outbox::new(HEADER_BYTES + 100);
    let mut gone = Vec::new();
    for (number, length) in [(1, 10), (2, 98)] {
        let mut buffer = TextBuffer::new();
        buffer.push_log("y".repeat(length).as_bytes());
        outbox.push(Instant::ZERO, &head(number), buffer.as_text(), &mut |w| {
            gone.push(w.ticket.0);
        });
    }
    assert_eq!(gone, [1]);
    assert_eq!(outbox.len(), 1);
    assert_eq!(outbox.front().unwrap().ticket, Ticket(2));
    assert_eq!(outbox.first_sequence(), 1);
}

/// A record that cannot fit is shown as lost instead of looping or panicking.
#[test]
fn a_record_beyond_the_store_is_lost_visibly() {
    let mut outbox = Outbox::new(HEADER_BYTES + 3);
    let mut gone = Vec::new();
    let mut buffer = TextBuffer::new();
    buffer.push_mask("four");
    outbox.push(Instant::ZERO, &head(9), buffer.as_text(), &mut |w| {
        gone.push(w.ticket.0);
    });
    assert_eq!(gone, [9]);
    assert!(outbox.is_empty());
    outbox.pop();
    assert_eq!(outbox.front(), None);
}
