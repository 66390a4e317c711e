//! Tests of the spool: from one courier to the next, and damaged bytes.

use core::net::{IpAddr, Ipv4Addr};
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;
use crate::delivery::{
    Courier, CourierSettings, Encoding, FixedStr, Form, Generic, Merging, Pacing, Step, Template,
    Verdict,
};
use crate::ids::{NotifierSet, Ticket};
use crate::limits::{BODY_BYTES_MAX, OUTBOX_BYTES, SPOOL_BYTES_MAX};
use crate::rules::{About, NoticeHead, Priority};
use crate::syslog::Severity;
use crate::text::{Label, TextBuffer};
use crate::time::Instant;

const G1: Notifier = Notifier::Generic1;
const START: i64 = 1_795_341_600;

fn courier() -> Courier {
    Courier::new(&CourierSettings {
        pacing: Pacing::NONE,
        max_age_millis: 3_600_000,
        outbox_bytes: OUTBOX_BYTES,
        merging: Merging::Routers,
        seed: 1,
    })
}

fn wall(secs: i64) -> Wall {
    Wall {
        unix_secs: START + secs,
        offset_secs: 0,
    }
}

fn push(courier: &mut Courier, secs: u64, text: &str) {
    let mut buffer = TextBuffer::new();
    buffer.push_log(text.as_bytes());
    let head = NoticeHead {
        rule: RuleName::Environment(3),
        notifiers: NotifierSet::EMPTY,
        at: wall(secs as i64),
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ticket: Ticket(7),
        about: About::NOTHING,
        name_bytes: 0,
        time_bytes: 0,
    };
    let now = Instant::from_millis(secs * 1_000);
    courier.push(now, &head, buffer.as_text(), &mut |_| {});
}

/// Saves a courier `secs` after its start.
fn save(courier: &mut Courier, secs: u64) -> Vec<u8> {
    let mut bytes = vec![0; SPOOL_BYTES_MAX];
    let mut writer = SpoolWriter::new(&mut bytes);
    let now = Instant::from_millis(secs * 1_000);
    courier.save(now, wall(secs as i64), G1, &mut writer);
    let len = writer.finish();
    bytes.truncate(len);
    bytes
}

/// Sends all there is, and returns the texts.
fn drain(courier: &mut Courier, now: Instant) -> String {
    let form = Form::Generic(Box::new(Generic::TEXT));
    let sent = Verdict::Delivered {
        pause_millis: 0,
        odd: false,
    };
    drain_with(courier, now, &form, sent, &mut Vec::new())
}

/// The same in a form, with an answer to each.
fn drain_with(
    courier: &mut Courier,
    now: Instant,
    form: &Form<'_>,
    verdict: Verdict,
    failed: &mut Vec<Ticket>,
) -> String {
    let mut all = String::new();
    loop {
        match courier.step(now, false, &mut |_| {}) {
            Step::Expired(..) => {}
            Step::Send => {
                let mut bytes = [0; BODY_BYTES_MAX];
                let mut body = FixedStr::new(&mut bytes);
                courier.begin(now, form, &mut body);
                all.push_str(body.as_str());
                courier.finish(now, verdict, Wall::default(), &mut |ticket| {
                    failed.push(ticket);
                });
            }
            Step::Idle | Step::Wait(_) => return all.to_string(),
        }
    }
}

/// What waits and what was not reported yet comes to the next process, with its time
/// and its age; what is too old by then is counted.
#[test]
fn a_restart_loses_nothing() {
    let mut old = courier();
    push(&mut old, 10, "old");
    push(&mut old, 3_000, "one");
    push(&mut old, 3_595, "two");
    old.report_loss(Loss {
        cause: LossCause::Kernel,
        count: 5,
        since: wall(7),
    });
    let bytes = save(&mut old, 3_600);
    let spool = Spool::parse(&bytes).unwrap();
    assert_eq!((spool.count(G1), spool.count(Notifier::Slack)), (3, 0));
    // The next process begins with another clock, 20 s later.
    let mut new = courier();
    let now = Instant::from_millis(5);
    new.restore(now, wall(3_620), G1, &spool);
    assert_eq!(new.counts().restored, 3);
    let told = drain(&mut new, now);
    assert_eq!(
        told,
        "{\"text\":\"5 messages lost since 10:00:07 (receive buffer)\\n\
         1 notification lost since 10:00:10 (too old)\\n\
         one (delayed 10 min)\\ntwo (delayed by a restart)\"}"
    );
    let counts = new.counts();
    assert_eq!((counts.sent, counts.expired), (2, 1));
}

/// What is known of a line goes with it, and so do further routers that said the same.
#[test]
fn facts_survive_a_restart() {
    let mut old = courier();
    for (router, last) in [("a", 1), ("b", 1), ("a", 2)] {
        let mut buffer = TextBuffer::new();
        buffer.push_log(router.as_bytes());
        let label = Label::beginning_of(buffer.as_text());
        buffer.clear();
        buffer.push_mask(&std::format!("[{router}] down"));
        let head = NoticeHead {
            rule: RuleName::Environment(3),
            notifiers: NotifierSet::EMPTY,
            at: wall(0),
            source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)),
            ticket: Ticket(7),
            about: About {
                router: label,
                topics: Label::EMPTY,
                severity: Some(Severity::Critical),
                priority: Priority::High,
            },
            name_bytes: 4,
            time_bytes: 0,
        };
        old.push(Instant::ZERO, &head, buffer.as_text(), &mut |_| {});
    }
    let bytes = save(&mut old, 1);
    let spool = Spool::parse(&bytes).unwrap();
    assert_eq!(spool.count(G1), 3);
    let mut new = courier();
    new.restore(Instant::ZERO, wall(2), G1, &spool);
    assert_eq!((new.waiting(), new.counts().restored), (3, 3));
    let body = Template::parse(
        "{{router}} {{severity}} {{priority}} {{text}}",
        Encoding::Raw,
    )
    .unwrap();
    let form = Form::Generic(Box::new(Generic {
        body: Some(body),
        ..Generic::TEXT
    }));
    let mut failed = Vec::new();
    let sent = drain_with(
        &mut new,
        Instant::ZERO,
        &form,
        Verdict::Refused,
        &mut failed,
    );
    let routers = "a 192.0.2.1, b, a 192.0.2.2";
    let expected = std::format!("{routers} critical high [{routers}] down (delayed by a restart)");
    assert_eq!(sent, expected);
    assert_eq!(failed, [Ticket::default(); 3]);
}

/// A clock that was not set in either process makes nothing too old.
#[test]
fn a_clock_that_is_not_set_ages_nothing() {
    let mut old = courier();
    push(&mut old, 10, "x");
    let mut bytes = vec![0; SPOOL_BYTES_MAX];
    let mut writer = SpoolWriter::new(&mut bytes);
    let at_1970 = Wall {
        unix_secs: 60,
        offset_secs: 0,
    };
    old.save(Instant::from_millis(20_000), at_1970, G1, &mut writer);
    let len = writer.finish();
    let spool = Spool::parse(&bytes[..len]).unwrap();
    for wall in [wall(0), at_1970] {
        let mut new = courier();
        new.restore(Instant::ZERO, wall, G1, &spool);
        assert!(drain(&mut new, Instant::ZERO).contains("x (delayed by a restart)"));
    }
}

/// What has no room is counted as lost.
#[test]
fn a_full_spool_counts() {
    let mut old = courier();
    for number in 0..100 {
        push(&mut old, number, &"x".repeat(200));
    }
    let mut bytes = [0; 6_000];
    let mut writer = SpoolWriter::new(&mut bytes);
    let left = old.save(Instant::from_millis(100_000), wall(100), G1, &mut writer);
    let len = writer.finish();
    let spool = Spool::parse(&bytes[..len]).unwrap();
    let kept = spool.count(G1);
    assert!(kept > 5);
    assert_eq!(kept + left, 100);
    let mut new = courier();
    new.restore(Instant::ZERO, wall(101), G1, &spool);
    let told = std::format!("{left} notifications lost since ");
    assert!(drain(&mut new, Instant::ZERO).contains(&told));
}

/// Every truncation and every flipped bit is noticed, and random bytes with a
/// right checksum neither panic nor loop.
#[test]
fn damage_is_noticed() {
    let mut old = courier();
    push(&mut old, 1, "text");
    let bytes = save(&mut old, 2);
    for end in 0..bytes.len() {
        assert!(Spool::parse(&bytes[..end]).is_err());
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Spool::parse(&damaged).is_err(), "{bit}");
    }
    let mut random = 7_u32;
    for _ in 0..20_000 {
        let mut bytes = HEADER.to_vec();
        for _ in 0..random as usize % 120 {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            bytes.push(if random.is_multiple_of(3) {
                1
            } else {
                random as u8
            });
        }
        random = random.wrapping_add(0x9E37_79B9) | 1;
        let sum = checksum(&bytes).to_le_bytes();
        bytes.extend(sum);
        if let Ok(spool) = Spool::parse(&bytes) {
            let mut new = courier();
            for notifier in Notifier::ALL {
                new.restore(Instant::ZERO, wall(0), notifier, &spool);
            }
        }
    }
}

/// A notification is kept if there is room for it to the byte, and always for the losses
/// of all notifiers.
#[test]
fn room_to_the_byte() {
    let mut buffer = TextBuffer::new();
    buffer.push_log(b"office");
    let router = Label::beginning_of(buffer.as_text());
    buffer.clear();
    buffer.push_log(b"system,info");
    let topics = Label::beginning_of(buffer.as_text());
    buffer.push_log(&[b'x'; 300]);
    let head = NoticeHead {
        rule: RuleName::Environment(3),
        notifiers: NotifierSet::EMPTY,
        at: wall(0),
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ticket: Ticket(7),
        about: About {
            router,
            topics,
            ..About::NOTHING
        },
        name_bytes: 0,
        time_bytes: 0,
    };
    let mut more = vec![0; 12];
    more[8] = 3;
    let waiting = Waiting {
        more: Names::from_stored(&more),
        ..Waiting::of(&head, buffer.as_text(), Instant::ZERO)
    };
    let texts = [waiting.text, waiting.router, waiting.topics];
    let texts: usize = texts.iter().map(|text| text.as_bytes().len()).sum();
    let losses = Notifier::ALL.len() * LossCause::ALL.len() * 23;
    let needed = SpoolWriter::EMPTY_BYTES + 64 + texts + more.len() + losses;
    for (bytes, is_kept) in [(needed, true), (needed - 1, false)] {
        let mut bytes = vec![0; bytes];
        let mut writer = SpoolWriter::new(&mut bytes);
        assert_eq!(writer.put_notice(G1, &waiting, START), is_kept);
        let mut all = Losses::default();
        for cause in LossCause::ALL {
            all.add(Loss {
                cause,
                count: 1,
                since: wall(0),
            });
        }
        for notifier in Notifier::ALL {
            writer.put_losses(notifier, &all);
        }
        let len = writer.finish();
        let spool = Spool::parse(&bytes[..len]).expect("whole");
        assert_eq!(spool.count(G1) > 0, is_kept);
    }
}

/// Items that are none are noticed, although the checksum is right.
#[test]
fn wrong_items_are_noticed() {
    let mut bytes = [HEADER, b"no items"].concat();
    bytes.extend(checksum(&bytes).to_le_bytes());
    assert_eq!(Spool::parse(&bytes).map(|_| ()), Err(DamagedSpool));
}

/// Whoever stops the daemon can be shown what waits, the oldest first.
#[test]
fn what_waits_is_shown() {
    let mut courier = courier();
    push(&mut courier, 1, "one");
    push(&mut courier, 2, "two");
    let mut shown = Vec::new();
    courier.each_waiting(&mut |at, text| shown.push((at, text.to_string())));
    assert_eq!(shown, [(wall(1), "one".into()), (wall(2), "two".into())]);
}
