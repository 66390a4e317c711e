//! Tests of the outbox against a plain list.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::string::String;
use std::vec::Vec;

use super::record::{HEADER_BYTES, TRAILER_BYTES};
use super::*;
use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::rules::{About, NoticeHead, Priority};
use crate::syslog::Severity;
use crate::text::{Label, Text, TextBuffer};
use crate::time::{Instant, Wall};

/// Bytes of a record without its texts.
const RECORD_BYTES: usize = HEADER_BYTES + TRAILER_BYTES;

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
    let waiting = Waiting {
        is_restored: head.ticket.0.is_multiple_of(3),
        ..Waiting::of(
            head,
            buffer.as_text(),
            Instant::from_millis(u64::from(head.ticket.0)),
        )
    };
    outbox.push(waiting, (Merging::Routers, 0), &mut |waiting| {
        gone.push(waiting.ticket.0);
    });
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
        let used: usize = model.iter().map(|m| RECORD_BYTES + 2 + m.3).sum();
        let mut gone = Vec::new();
        push(&mut outbox, &head(number, rule, source), length, &mut gone);
        assert!(gone.is_empty() || used + RECORD_BYTES + 2 + length > 3_000);
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
    let mut outbox = Outbox::new(RECORD_BYTES + 100);
    let mut gone = Vec::new();
    push(&mut outbox, &head(1, 0, 0), 10, &mut gone);
    let rest = (RECORD_BYTES + 100) / 8;
    push(&mut outbox, &head(2, 0, 0), 98 + rest, &mut gone);
    assert_eq!(gone, [1]);
    assert_eq!(outbox.len(), 1);
    let front = outbox.front().unwrap();
    assert_eq!((front.ticket, front.sequence), (Ticket(2), 1));
}

/// A record that cannot fit is shown as lost instead of looping or panicking.
#[test]
fn a_record_beyond_the_store_is_lost_visibly() {
    let mut outbox = Outbox::new(RECORD_BYTES - 5);
    let mut gone = Vec::new();
    push(&mut outbox, &head(9, 0, 0), 4, &mut gone);
    assert_eq!(gone, [9]);
    assert!(outbox.is_empty());
    outbox.pop();
    assert_eq!(outbox.front(), None);
}

/// A notification of a router at a time of its own, and when it is too old.
fn said<'a>(
    router: &str,
    secs: i64,
    text: &str,
    buffer: &'a mut TextBuffer,
) -> (NoticeHead, Text<'a>) {
    buffer.clear();
    buffer.push_log(router.as_bytes());
    let mut head = head(secs as u32, 1, 2);
    head.at.unix_secs = secs;
    head.about = About {
        router: Label::beginning_of(buffer.as_text()),
        topics: Label::EMPTY,
        severity: Some(Severity::Info),
        priority: Priority::High,
    };
    buffer.clear();
    buffer.push_mask(&std::format!("[{router}] "));
    head.name_bytes = router.len() as u8 + 3;
    buffer.push_log(text.as_bytes());
    buffer.push_mask(&std::format!(", at: {}", head.at));
    head.time_bytes = 19;
    (head, buffer.as_text())
}

/// An outbox with what was said, each by a router at a second.
fn with(merging: Merging, open_from: u64, all: &[(&str, i64, &str)]) -> Outbox {
    let mut outbox = Outbox::new(64 * 1_024);
    for (router, secs, text) in all {
        let mut buffer = TextBuffer::new();
        let (head, text) = said(router, *secs, text, &mut buffer);
        let expires = Instant::from_millis(*secs as u64 * 1_000);
        let waiting = Waiting::of(&head, text, expires);
        outbox.push(waiting, (merging, open_from), &mut |_| {
            panic!("there is room")
        });
    }
    outbox
}

fn texts(outbox: &Outbox) -> Vec<String> {
    outbox
        .iter()
        .map(|waiting| std::format!("{waiting}"))
        .collect()
}

/// Routers that say the same share a record, also with others between them; what one
/// says twice is said twice.
#[test]
fn the_same_of_several_routers() {
    let all = [
        ("a", 0, "down"),
        ("a", 0, "up"),
        ("b", 0, "down"),
        ("c", 2, "down"),
        ("c", 3, "down"),
        ("d", 4, "down"),
    ];
    let mut outbox = with(Merging::Routers, 0, &all);
    // The zone is an hour behind.
    let expected = [
        "[a, b, c] down, at: 1969-12-31 23:00:00 to 1969-12-31 23:00:02",
        "[a] up, at: 1969-12-31 23:00:00",
        "[c, d] down, at: 1969-12-31 23:00:03 to 1969-12-31 23:00:04",
    ];
    assert_eq!(texts(&outbox), expected);
    assert_eq!((outbox.len(), outbox.notices()), (3, 6));
    let mut tickets = Vec::new();
    outbox
        .iter()
        .for_each(|one| one.each_ticket(&mut |ticket| tickets.push(ticket.0)));
    assert_eq!(tickets, [0, 0, 2, 0, 3, 4]);
    outbox.pop();
    assert_eq!((outbox.len(), outbox.notices()), (2, 3));
}

/// Addresses distinguish routers that share a name, the first one included; the
/// same one is not merged with itself. Two of one address differ in their names.
#[test]
fn shared_names() {
    let mut outbox = Outbox::new(8_000);
    let mut buffer = TextBuffer::new();
    for (router, source) in [
        ("net", "192.0.2.1"),
        ("other", "192.0.2.9"),
        ("net", "192.0.2.2"),
        ("other", "2001:db8::1"),
        ("other2", "2001:db8::1"),
        ("net", "192.0.2.2"),
        ("net", "192.0.2.1"),
    ] {
        let (mut head, text) = said(router, 0, "down", &mut buffer);
        head.source = source.parse().unwrap();
        let waiting = Waiting::of(&head, text, Instant::ZERO);
        outbox.push(waiting, (Merging::Routers, 0), &mut |_| {
            panic!("there is room")
        });
    }
    let at = "down, at: 1969-12-31 23:00:00";
    let expected = [
        std::format!("[net 192.0.2.1, other, net 192.0.2.2, other 2001:db8::1, other2] {at}"),
        // The second line of the same router begins another record.
        std::format!("[net 192.0.2.2, net 192.0.2.1] {at}"),
    ];
    assert_eq!(texts(&outbox), expected);
}

/// What is under way stays as it is; so does a record that the requests could not
/// describe any more, one that is older, and one that says something else of its line.
#[test]
fn what_is_not_merged() {
    let all = [("a", 0, "down"), ("b", 1, "down")];
    assert_eq!(with(Merging::Routers, 0, &all).len(), 1);
    assert_eq!(with(Merging::Routers, 1, &all).len(), 2);
    assert_eq!(with(Merging::Nothing, 0, &all).len(), 2);
    assert_eq!(with(Merging::RoutersAtOnce, 0, &all).len(), 2);
    let at_once = [("a", 1, "down"), ("b", 1, "down")];
    assert_eq!(with(Merging::RoutersAtOnce, 0, &at_once).len(), 1);
    let late = [("a", 0, "down"), ("b", 61, "down")];
    assert_eq!(with(Merging::Routers, 0, &late).len(), 2);
    let others: Vec<String> = (0..40).map(|number| std::format!("{number}")).collect();
    let mut far: Vec<_> = others.iter().map(|text| ("a", 0, text.as_str())).collect();
    far.push(("b", 0, "0"));
    assert_eq!(with(Merging::Routers, 0, &far).len(), 41);
}

/// What an earlier process left waiting stays by itself, and so does a text that does
/// not name its router: two that said it would look like one.
#[test]
fn what_stays_by_itself() {
    for (is_restored, is_named, records) in [(false, true, 1), (true, true, 2), (false, false, 2)] {
        let mut outbox = with(Merging::Routers, 0, &[("a", 0, "down")]);
        let mut buffer = TextBuffer::new();
        let (head, text) = said("b", 0, "down", &mut buffer);
        let mut waiting = Waiting {
            is_restored,
            ..Waiting::of(&head, text, Instant::ZERO)
        };
        if !is_named {
            waiting.text = Text::from_stored(waiting.body());
            waiting.name_bytes = 0;
            waiting.time_bytes = 0;
        }
        outbox.push(waiting, (Merging::Routers, 0), &mut |_| {});
        assert_eq!(outbox.len(), records, "{is_restored} {is_named}");
    }
}

/// A name is added also where the records must move first, and none is lost.
#[test]
fn names_are_added_at_the_end_of_the_store() {
    let mut outbox = Outbox::new(1_000);
    let mut shown = String::new();
    let mut buffer = TextBuffer::new();
    for number in 0..2_000 {
        let text = std::format!("text {}", number / 3);
        let (head, text) = said(&std::format!("r{number}"), 0, &text, &mut buffer);
        let waiting = Waiting::of(&head, text, Instant::ZERO);
        outbox.push(waiting, (Merging::Routers, 0), &mut |_| {
            panic!("there is room")
        });
        if outbox.len() > 4 {
            shown += &std::format!("{}\n", outbox.front().unwrap());
            outbox.pop();
        }
    }
    for (number, line) in shown.lines().enumerate() {
        let [one, two, three] = [0, 1, 2].map(|more| 3 * number + more);
        let expected = std::format!("[r{one}, r{two}, r{three}] text {number}, at: ");
        assert!(line.starts_with(&expected), "{line}");
    }
    assert!(shown.lines().count() > 600);
}

/// Each notification is counted, one of several routers as often as it has them: it waits,
/// or it was shown as evicted.
#[test]
fn each_router_of_a_record_counts() {
    let mut outbox = Outbox::new(1_000);
    let mut buffer = TextBuffer::new();
    let mut evicted = 0;
    for number in 0..300 {
        let text = std::format!("text {}", number / 3);
        let (head, text) = said(&std::format!("r{number}"), 0, &text, &mut buffer);
        let waiting = Waiting::of(&head, text, Instant::ZERO);
        outbox.push(waiting, (Merging::Routers, 0), &mut |waiting| {
            evicted += waiting.count();
        });
        assert_eq!(outbox.notices() + evicted, number + 1);
        let waiting: u64 = outbox.iter().map(|waiting| waiting.count()).sum();
        assert_eq!(outbox.notices(), waiting);
    }
    assert!(evicted > 200, "{evicted}");
}

/// Of the names of a record there are so many that even the strictest markup leaves it
/// within a message; all are there, in few records.
#[test]
fn a_record_has_room_for_so_many_names() {
    let names: Vec<String> = (0..5_000)
        .map(|number| std::format!("pop_{number}"))
        .collect();
    let all: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), 0, "down"))
        .collect();
    let mut outbox = Outbox::new(crate::limits::OUTBOX_BYTES);
    for (router, secs, text) in &all {
        let mut buffer = TextBuffer::new();
        let (head, text) = said(router, *secs, text, &mut buffer);
        let waiting = Waiting::of(&head, text, Instant::ZERO);
        outbox.push(waiting, (Merging::Routers, 0), &mut |_| {
            panic!("there is room")
        });
    }
    assert_eq!(outbox.notices(), 5_000);
    assert!(outbox.len() < 80, "{}", outbox.len());
    let mut shown = Vec::new();
    for waiting in outbox.iter() {
        let text = std::format!("{waiting}");
        assert!(text.replace('_', "&amp;").len() < 1_300);
        let (routers, _) = text[1..].split_once(']').unwrap();
        shown.extend(routers.split(", ").map(String::from));
    }
    assert_eq!(shown, names);
}

/// Who pays when one more comes than there is room for: the middle of the rule with the
/// most bytes, and there of the source with the most, if it has a middle.
#[test]
fn who_pays() {
    let environment = |number| RuleName::Environment(number);
    let (one, two) = (environment(1), environment(2));
    let of = |rule, source, count| [(rule, source)].repeat(count);
    let mixed = [of(one, 1, 2), of(one, 2, 2), of(one, 3, 2)].concat();
    let hidden: Vec<_> = (30..36)
        .flat_map(|source| [(one, 1), (one, source)])
        .collect();
    for (records, coming, expected) in [
        // The coming one is the newest of its rule, and is no part of another's.
        (of(one, 1, 2), (one, 1), 1),
        (of(one, 1, 2), (two, 1), 0),
        // The larger rule, whatever stands around it.
        (
            [of(two, 1, 2), of(one, 1, 5), of(two, 1, 2)].concat(),
            (two, 2),
            3,
        ),
        // Rules of other kinds are others, whatever their numbers.
        (
            [of(one, 1, 3), of(RuleName::Static(1), 1, 3), of(two, 1, 5)].concat(),
            (one, 2),
            7,
        ),
        (
            [of(two, 1, 3), of(one, 1, 5), of(RuleName::Static(1), 1, 3)].concat(),
            (one, 2),
            4,
        ),
        (
            [of(environment(0), 1, 5), of(RuleName::Silence, 1, 4)].concat(),
            (one, 2),
            1,
        ),
        // The source that has the most of it, not one that has more of another rule.
        (
            [of(one, 1, 4), of(one, 2, 3), of(two, 2, 6)].concat(),
            (two, 3),
            1,
        ),
        (
            [of(one, 1, 3), of(one, 2, 4), of(two, 1, 6)].concat(),
            (two, 3),
            4,
        ),
        // More sources than can be watched do not hide the one with the most.
        (
            [Vec::from_iter((10..26).map(|source| (one, source))), hidden].concat(),
            (two, 1),
            20,
        ),
        // A source that has no middle pays together with the others of its rule.
        (mixed, (two, 1), 2),
    ] {
        let size = RECORD_BYTES + 2 + 100;
        let store = records.len() * size;
        let mut outbox = Outbox::new(store - store / 9 + 1);
        let mut gone = Vec::new();
        for (number, &(rule, source)) in (0..).zip(records.iter().chain([&coming])) {
            assert!(gone.is_empty());
            let head = NoticeHead {
                rule,
                ..head(number, 0, source)
            };
            push(&mut outbox, &head, 100, &mut gone);
        }
        assert_eq!(
            gone.first(),
            Some(&expected),
            "{records:?} {coming:?}: {gone:?}"
        );
    }
}

/// Nothing goes as long as there is room to the byte, and then no more than it takes to
/// have what is promised: one by one if each is a rule's only one, else at once from the
/// middle of its rule.
#[test]
fn room_to_the_byte() {
    let size = RECORD_BYTES + 2 + 100;
    for (rules, spare, lost) in [(64, 0, &[][..]), (64, 1, &[0, 1, 2]), (1, 1, &[7, 8, 9])] {
        let mut outbox = Outbox::new(16 * size);
        assert_eq!(outbox.store.len(), 18 * size);
        let mut gone = Vec::new();
        let mut put = |number: u32, length, gone: &mut Vec<u32>| {
            let head = head(number, number as u8 % rules, 2);
            push(&mut outbox, &head, length, gone);
        };
        (0..17).for_each(|number| put(number, 100, &mut gone));
        assert!(gone.is_empty());
        put(17, 100 + spare, &mut gone);
        gone.sort_unstable();
        assert_eq!(gone.len(), lost.len(), "{gone:?}");
        if rules == 1 {
            assert_eq!(gone, lost);
        }
        if spare == 0 {
            // Then what is promised is kept to the byte.
            put(18, 100, &mut gone);
            assert_eq!(gone.len(), 3, "{gone:?}");
        }
    }
    // More than half of what must go is never more than a quarter of what is there.
    let mut outbox = Outbox::new(16 * size);
    let mut gone = Vec::new();
    for number in 0..19 {
        push(&mut outbox, &head(number, 1, 2), 100, &mut gone);
    }
    assert_eq!(gone, [8, 9, 10]);
}

/// A name is added if there is room for it to the byte. A text that names no router is
/// none that another one may share.
#[test]
fn room_for_one_more_name() {
    for (spare, named, expected) in [(0, true, 1), (1, true, 2), (0, false, 2)] {
        let mut buffer = TextBuffer::new();
        let mut sizes = Vec::new();
        let mut bytes = 64 * 1_024;
        // The first time to see what it takes.
        for _ in 0..2 {
            let mut outbox = Outbox::new(bytes);
            if sizes.is_empty() {
                let (head, text) = said("a", 0, "down", &mut buffer);
                outbox.push(
                    Waiting::of(&head, text, Instant::ZERO),
                    (Merging::Routers, 0),
                    &mut |_| {},
                );
                let (head, text) = said("b", 0, "down", &mut buffer);
                outbox.push(
                    Waiting::of(&head, text, Instant::ZERO),
                    (Merging::Routers, 0),
                    &mut |_| {},
                );
                sizes.push(outbox.used());
                bytes = 0;
                while bytes + bytes / 8 < sizes[0] - spare {
                    bytes += 1;
                }
                if !named {
                    bytes *= 4;
                }
                continue;
            }
            for router in ["a", "b"] {
                let (mut head, text) = said(router, 0, "down", &mut buffer);
                if !named {
                    (head.name_bytes, head.time_bytes) = (0, 0);
                    head.about = About::NOTHING;
                    head.source = if router == "a" {
                        [192, 0, 2, 1]
                    } else {
                        [192, 0, 2, 2]
                    }
                    .into();
                }
                let text = if named {
                    text
                } else {
                    Text::from_stored(b"down")
                };
                outbox.push(
                    Waiting::of(&head, text, Instant::ZERO),
                    (Merging::Routers, 0),
                    &mut |_| {},
                );
            }
            let records = outbox.len() + usize::from(outbox.notices() == 1 && named);
            assert_eq!(records, expected, "{spare} {named}");
        }
    }
}

/// A notification that says no time has none when several routers say it.
#[test]
fn no_time_is_added() {
    let mut outbox = Outbox::new(8_000);
    for (router, secs) in [("a", 0), ("b", 9)] {
        let mut buffer = TextBuffer::new();
        let (mut head, _) = said(router, secs, "down", &mut buffer);
        head.time_bytes = 0;
        buffer.clear();
        buffer.push_mask(&std::format!("[{router}] down"));
        let waiting = Waiting::of(&head, buffer.as_text(), Instant::ZERO);
        outbox.push(waiting, (Merging::Routers, 0), &mut |_| {});
    }
    assert_eq!(texts(&outbox), ["[a, b] down"]);
}
