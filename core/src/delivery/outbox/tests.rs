//! Tests of the outbox against a plain list.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::string::String;
use std::vec::Vec;

use super::record::HEADER_BYTES;
use super::*;
use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::rules::About;
use crate::text::TextBuffer;
use crate::time::Wall;

fn head(number: u32, rule: u8, source: u8) -> NoticeHead {
    NoticeHead {
        rule: RuleName::Environment(rule),
        notifiers: NotifierSet::EMPTY,
        at: Wall {
            unix_secs: i64::from(number) - 5,
            offset_secs: -3_600,
        },
        source: if source.is_multiple_of(2) {
            IpAddr::V4(Ipv4Addr::new(192, 0, 2, source))
        } else {
            IpAddr::V6(Ipv6Addr::from(u128::from(source) << 90))
        },
        ticket: Ticket(number),
        about: About::NOTHING,
        name_bytes: 0,
        time_bytes: 0,
    }
}

fn push(outbox: &mut Outbox, head: &NoticeHead, length: usize, gone: &mut Vec<u32>) {
    let mut buffer = TextBuffer::new();
    buffer.push_log("x".repeat(length).as_bytes());
    let expires = Instant::from_millis(u64::from(head.ticket.0));
    let is_restored = head.ticket.0.is_multiple_of(3);
    outbox.push(
        expires,
        is_restored,
        head,
        buffer.as_text(),
        &mut |waiting| {
            gone.push(waiting.ticket.0);
        },
    );
}

/// Random rules, sources and lengths against a plain list: the same order, the
/// same contents, and each notification is either still there or was shown as
/// evicted, once. Nothing goes before the promised bytes are in use.
#[test]
fn behaves_like_a_list() {
    let mut outbox = Outbox::new(3_000);
    let mut model: Vec<(u32, u8, u8, usize)> = Vec::new();
    let mut random = 0x9E37_79B9_u32;
    let mut evictions = 0;
    for number in 0..20_000 {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        if random.is_multiple_of(5) && !model.is_empty() {
            assert_eq!(outbox.front().unwrap().ticket, Ticket(model.remove(0).0));
            outbox.pop();
            continue;
        }
        let length = random as usize / 7 % 300;
        let (rule, source) = ((random >> 20) as u8 % 5, (random >> 24) as u8 % 40);
        let used: usize = model.iter().map(|m| HEADER_BYTES + 2 + m.3).sum();
        let mut gone = Vec::new();
        push(&mut outbox, &head(number, rule, source), length, &mut gone);
        assert!(gone.is_empty() || used + HEADER_BYTES + 2 + length > 3_000);
        evictions += gone.len();
        model.push((number, rule, source, length));
        let before = model.len();
        model.retain(|m| !gone.contains(&m.0));
        assert_eq!(model.len() + gone.len(), before, "each of them once");
        assert_eq!(outbox.len(), model.len());
        for (waiting, &(number, rule, source, length)) in outbox.iter().zip(&model) {
            let head = head(number, rule, source);
            assert_eq!((waiting.rule, waiting.at), (head.rule, head.at));
            assert_eq!((waiting.source, waiting.ticket), (head.source, head.ticket));
            assert_eq!(waiting.expires.millis(), u64::from(number));
            assert_eq!(waiting.is_restored, number.is_multiple_of(3));
            let read: String = waiting.text.parts().map(|(_, part)| part).collect();
            assert_eq!(read.len(), length);
        }
        assert!(outbox.iter().is_sorted_by_key(|waiting| waiting.sequence));
    }
    assert!(evictions > 1_000, "the test never filled the store");
}

/// A flood costs no rule and no source anything that holds less than its share,
/// and keeps its own first and newest.
#[test]
fn a_flood_pays_for_itself() {
    let mut outbox = Outbox::new(8_000);
    let mut gone = Vec::new();
    for number in 0..10 {
        push(&mut outbox, &head(number, 1, 2), 100, &mut gone);
        push(&mut outbox, &head(100 + number, 2, 2), 100, &mut gone);
    }
    for number in 1_000..20_000 {
        push(
            &mut outbox,
            &head(number, 1, 4),
            number as usize % 200,
            &mut gone,
        );
        let there: Vec<u32> = outbox.iter().map(|waiting| waiting.ticket.0).collect();
        for kept in [1_000, number] {
            assert!(there.contains(&kept), "{kept}");
        }
        assert!(gone.iter().all(|&gone| gone > 1_000), "{gone:?}");
        gone.clear();
    }
}

/// A flood of one text's worth from each of many forged sources: a rule's first
/// and newest stay, and of a true source as many as two.
#[test]
fn forged_sources() {
    let mut outbox = Outbox::new(8_000);
    let mut gone = Vec::new();
    for number in 0..6 {
        push(&mut outbox, &head(number, 1, 2), 100, &mut gone);
    }
    for number in 1_000..1_200 {
        let mut head = head(number, 1, 0);
        head.source = IpAddr::V4(Ipv4Addr::from(number));
        push(&mut outbox, &head, 90, &mut gone);
    }
    let left = outbox.iter().filter(|waiting| waiting.ticket.0 < 6).count();
    assert!(left >= 2, "{left}");
    assert_eq!(outbox.front().unwrap().ticket, Ticket(0));
}

/// A record that fills the store to the byte is kept, and evicts all others.
#[test]
fn one_record_may_fill_the_store() {
    let mut outbox = Outbox::new(HEADER_BYTES + 100);
    let mut gone = Vec::new();
    push(&mut outbox, &head(1, 0, 0), 10, &mut gone);
    let rest = (HEADER_BYTES + 100) / 8;
    push(&mut outbox, &head(2, 0, 0), 98 + rest, &mut gone);
    assert_eq!(gone, [1]);
    assert_eq!(outbox.len(), 1);
    let front = outbox.front().unwrap();
    assert_eq!((front.ticket, front.sequence), (Ticket(2), 1));
}

/// A record that cannot fit is shown as lost instead of looping or panicking.
#[test]
fn a_record_beyond_the_store_is_lost_visibly() {
    let mut outbox = Outbox::new(HEADER_BYTES - 5);
    let mut gone = Vec::new();
    push(&mut outbox, &head(9, 0, 0), 4, &mut gone);
    assert_eq!(gone, [9]);
    assert!(outbox.is_empty());
    outbox.pop();
    assert_eq!(outbox.front(), None);
}
