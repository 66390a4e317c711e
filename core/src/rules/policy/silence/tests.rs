use core::net::IpAddr;

use crate::ids::{NotifierId, NotifierSet, RuleName};
use crate::intake::Arrival;
use crate::limits::{HEARD_MAX, SILENT_STRANGERS_MAX, STRANGER_PROBATION_MILLIS};
use crate::routers::{NamedPrefix, NotifyRouter, Routers};
use crate::rules::{Engine, RouterFilter, RulesBuilder, SilenceSpec};
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

const MIN: u64 = 60_000;
const LIMIT: u64 = 15 * MIN;

/// An engine without rules that watches routers, from the first second on.
struct Bench {
    engine: Engine,
    now: u64,
}

fn named(name: &str, prefix: &str) -> NamedPrefix {
    NamedPrefix {
        name: name.into(),
        prefix: prefix.parse().unwrap(),
    }
}

fn notifiers() -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    set.insert(NotifierId::new(3).unwrap());
    set
}

impl Bench {
    /// Watches the routers `named`, a device at 172.31.255.1, and all others.
    fn new(named: Vec<NamedPrefix>, limits: Vec<(RouterFilter, u64)>) -> Self {
        Self::with_limit(LIMIT, named, limits)
    }

    fn with_limit(
        millis: u64,
        routers: Vec<NamedPrefix>,
        limits: Vec<(RouterFilter, u64)>,
    ) -> Self {
        let spec = SilenceSpec {
            millis,
            routers: limits.into(),
            notifiers: notifiers(),
        };
        let device = vec![named("me", "127.0.0.1"), named("me", "172.31.255.1")];
        let routers = Routers::new(routers, device, NotifyRouter::Auto);
        let engine = Engine::new(RulesBuilder::new().finish(), (1, 2))
            .with_routers(routers)
            .with_silence(spec, Instant::from_millis(1_000), 0x1234_5678_9ABC_DEF0);
        Self { engine, now: 1_000 }
    }

    fn wall(now: u64) -> Wall {
        Wall {
            unix_secs: (now / 1_000) as i64,
            offset_secs: 0,
        }
    }

    /// Lets a line arrive, and returns the texts of the notifications.
    fn hear(&mut self, source: &str) -> Vec<String> {
        self.hear_from(source.parse().unwrap())
    }

    fn hear_from(&mut self, source: IpAddr) -> Vec<String> {
        let at = Instant::from_millis(self.now);
        let arrival = Arrival { at, source };
        let now = self.now;
        self.engine.handle(at, arrival, || Self::wall(now), b"x");
        self.drain()
    }

    /// Lets so many milliseconds pass with the engine called as it asks for.
    fn pass(&mut self, millis: u64) -> Vec<String> {
        let end = self.now + millis;
        let mut said = Vec::new();
        loop {
            let next = self.engine.poll_timeout().map_or(u64::MAX, Instant::millis);
            self.now = next.max(self.now).min(end);
            let now = self.now;
            self.engine
                .handle_timeout(Instant::from_millis(now), || Self::wall(now));
            said.extend(self.drain());
            if now == end {
                return said;
            }
        }
    }

    /// Lets `rounds` times `millis` pass, with a line of each source in between.
    fn chat(&mut self, rounds: u64, millis: u64, sources: &[&str]) -> Vec<String> {
        let mut said = Vec::new();
        for _ in 0..rounds {
            said.extend(self.pass(millis));
            for source in sources {
                said.extend(self.hear(source));
            }
        }
        said
    }

    fn drain(&mut self) -> Vec<String> {
        let mut text = TextBuffer::new();
        let mut said = Vec::new();
        while let Some(head) = self.engine.poll(&mut text) {
            assert_eq!(head.rule, RuleName::Silence);
            assert_eq!(head.notifiers, notifiers());
            assert_eq!(head.at, Self::wall(self.now));
            let shown: String = text.as_text().parts().map(|(_, part)| part).collect();
            let (shown, at) = shown.split_once(", at: 1970-01-").unwrap();
            let router = head.about.router.as_text().parts();
            let router: String = router.map(|(_, part)| part).collect();
            assert!(!router.is_empty() && shown.starts_with(&std::format!("Router {router} ")));
            assert!(at.len() == "01 00:00:00".len());
            said.push(shown.to_owned());
        }
        said
    }
}

fn none() -> Vec<String> {
    Vec::new()
}

/// A name counts from the start, is reported once at its limit and not a millisecond
/// before, and again when it is heard.
#[test]
fn never_heard() {
    let mut bench = Bench::new(vec![named("office", "192.0.2.1")], vec![]);
    assert_eq!(bench.pass(LIMIT - 1), none());
    let silent = "Router office is silent: nothing heard for 15 min since the start";
    assert_eq!(bench.pass(1), [silent]);
    assert_eq!(bench.pass(100 * LIMIT), none());
    let heard = bench.hear("192.0.2.1");
    assert_eq!(heard, ["Router office is heard after 1 d 1 h"]);
    assert_eq!(bench.pass(LIMIT - 1), none());
    let silent = "Router office is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(1), [silent]);
}

/// Each line gives the router its limit again. Its return has the whole duration.
#[test]
fn heard_then_silent_then_back() {
    let office = vec![named("office", "192.0.2.1"), named("office", "2001:db8::1")];
    let mut bench = Bench::new(office, vec![]);
    assert_eq!(bench.chat(50, LIMIT - 1, &["192.0.2.1"]), none());
    // Its other address is the same router.
    assert_eq!(bench.chat(50, LIMIT - 1, &["2001:db8::1"]), none());
    let silent = "Router office is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(LIMIT), [silent]);
    assert_eq!(bench.pass(2 * MIN + 3_000), none());
    let heard = "Router office is heard again after 17 min 3 s";
    assert_eq!(bench.hear("192.0.2.1"), [heard]);
    assert_eq!(bench.hear("192.0.2.1"), none());
    assert_eq!(bench.hear("2001:db8::1"), none());
}

/// The first limit that fits counts; 0 is off. What is off is off for the name, and for
/// each address of a network.
#[test]
fn limits_of_certain_routers() {
    let routers = vec![
        named("office", "192.0.2.1"),
        named("lab", "192.0.2.2"),
        named("pop", "198.51.100.0/28"),
        named("home", "203.0.113.1"),
    ];
    let limits = vec![
        (RouterFilter::Name("office".into()), 5 * MIN),
        (RouterFilter::Name("lab".into()), 0),
        (
            RouterFilter::Prefix("198.51.100.3".parse().unwrap()),
            2 * MIN,
        ),
        (RouterFilter::Name("pop".into()), 0),
        (RouterFilter::Prefix("203.0.113.0/24".parse().unwrap()), MIN),
    ];
    let mut bench = Bench::new(routers, limits);
    assert_eq!(bench.hear("198.51.100.3"), none());
    assert_eq!(bench.hear("198.51.100.4"), none());
    assert_eq!(
        bench.pass(100 * LIMIT),
        [
            "Router home is silent: nothing heard for 1 min since the start",
            "Router pop (198.51.100.3) is silent: nothing heard for 2 min",
            "Router office is silent: nothing heard for 5 min since the start",
        ]
    );
    // Without a limit for all, only those listed count.
    let limits = vec![(RouterFilter::Prefix("192.0.2.9".parse().unwrap()), MIN)];
    let mut bench = Bench::with_limit(0, vec![named("office", "192.0.2.1")], limits);
    bench.hear("192.0.2.9");
    bench.hear("192.0.2.8");
    let silent = "Router 192.0.2.9 is silent: nothing heard for 1 min";
    assert_eq!(bench.pass(100 * LIMIT), [silent]);
}

/// Of a network each address counts once it was heard; the name counts as long as none
/// was.
#[test]
fn networks() {
    let pop = || vec![named("pop", "198.51.100.0/28")];
    let mut bench = Bench::new(pop(), vec![]);
    let silent = "Router pop is silent: nothing heard for 15 min since the start";
    assert_eq!(bench.pass(LIMIT), [silent]);
    let heard = bench.hear("198.51.100.3");
    assert_eq!(heard, ["Router pop is heard after 15 min"]);
    let silent = "Router pop (198.51.100.3) is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(10 * LIMIT), [silent]);

    let mut bench = Bench::new(pop(), vec![]);
    bench.hear("198.51.100.3");
    bench.hear("198.51.100.4");
    let said = bench.chat(3, LIMIT - 1, &["198.51.100.4"]);
    assert_eq!(said, [silent]);
    let heard = "Router pop (198.51.100.3) is heard again after 44 min 59 s";
    assert_eq!(bench.hear("198.51.100.3"), [heard]);
}

/// The device counts once it was heard, whichever of its addresses it uses.
#[test]
fn the_device() {
    let mut bench = Bench::new(vec![], vec![]);
    assert_eq!(bench.pass(10 * LIMIT), none());
    bench.hear("172.31.255.1");
    let silent = "Router me is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(LIMIT), [silent]);
    let heard = "Router me is heard again after 15 min";
    assert_eq!(bench.hear("127.0.0.1"), [heard]);
}

/// A stranger counts after an hour without a pause, and after its return again.
#[test]
fn strangers() {
    let mut bench = Bench::new(vec![], vec![]);
    let source = ["192.0.2.9"];
    bench.hear(source[0]);
    assert_eq!(bench.chat(11, 5 * MIN, &source), none());
    assert_eq!(
        bench.pass(10 * LIMIT),
        none(),
        "it was heard for 55 minutes"
    );
    assert_eq!(bench.hear(source[0]), none());
    assert_eq!(bench.chat(12, 5 * MIN, &source), none());
    let silent = "Router 192.0.2.9 is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(10 * LIMIT), [silent], "it was heard for 60");
    let heard = "Router 192.0.2.9 is heard again after 2 h 30 min";
    assert_eq!(bench.hear(source[0]), [heard]);
    assert_eq!(bench.pass(10 * LIMIT), none(), "its hour begins again");
    assert_eq!(STRANGER_PROBATION_MILLIS, 60 * MIN);
}

fn forged(number: u32) -> IpAddr {
    IpAddr::from((0xFE80_u128 << 112 | u128::from(number)).to_be_bytes())
}

/// 10,000 forged addresses, of which more than there is room for go on all the time,
/// push out neither names nor what is known, and make no more alarms than strangers may.
#[test]
fn forged_addresses() {
    let mut routers: Vec<_> = (1..=20)
        .map(|number| {
            named(
                &std::format!("r{number}"),
                &std::format!("192.0.2.{number}"),
            )
        })
        .collect();
    routers.push(named("pop", "198.51.100.0/24"));
    let mut bench = Bench::new(routers, vec![]);
    let own: Vec<_> = (1..=20)
        .map(|number| std::format!("192.0.2.{number}"))
        .chain((1..=10).map(|number| std::format!("198.51.100.{number}")))
        .collect();
    // They come first.
    for number in 0..10_000 {
        assert_eq!(bench.hear_from(forged(number)), none());
    }
    for _ in 0..140 {
        for source in &own {
            assert_eq!(bench.pass(1_000), none(), "nobody is silent");
            for number in 0..150 {
                assert_eq!(bench.hear_from(forged(number)), none());
            }
            assert_eq!(bench.hear(source), none());
        }
    }
    let said = bench.pass(100 * LIMIT);
    let is_known = |text: &&String| !text.contains("fe80");
    let known = said.iter().filter(is_known).count();
    assert_eq!(known, own.len(), "{said:?}");
    assert_eq!(said.len() - known, SILENT_STRANGERS_MAX);
}

/// A stranger that speaks every minute becomes known although 10,000 addresses are made
/// up at the same time.
#[test]
fn a_stranger_among_forged_addresses() {
    let mut bench = Bench::new(vec![], vec![]);
    bench.hear("192.0.2.9");
    for minute in 0..61 {
        for number in 0..200 {
            bench.hear_from(forged(minute * 200 + number));
        }
        assert_eq!(bench.chat(1, MIN, &["192.0.2.9"]), none());
    }
    let silent = "Router 192.0.2.9 is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(LIMIT), [silent]);
}

/// What is known is not pushed out by its like, and a name takes nobody's place.
#[test]
fn a_full_table() {
    let routers = vec![
        named("pop", "198.51.100.0/24"),
        named("office", "192.0.2.1"),
    ];
    let mut bench = Bench::new(routers, vec![]);
    for number in 0..=HEARD_MAX {
        bench.pass(1_000);
        bench.hear(&std::format!("198.51.100.{number}"));
    }
    bench.hear("192.0.2.1");
    let said = bench.pass(LIMIT);
    assert_eq!(said.len(), HEARD_MAX + 1);
    assert!(said[0].contains("(198.51.100.0)"));
    assert!(said.iter().any(|text| text.contains("office")));
    assert!(!said.iter().any(|text| text.contains("(198.51.100.128)")));
    // One that is silent goes for one that is heard.
    assert_eq!(bench.hear("198.51.100.128"), none());
    let silent = "Router pop (198.51.100.128) is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(LIMIT), [silent]);
}

/// A forged address costs no other its place: those of a named network are as many as
/// the table holds, and all of them are known.
#[test]
fn a_large_network_is_no_better_than_strangers() {
    let lab = vec![named("lab", "2001:db8::/64"), named("office", "192.0.2.1")];
    let mut bench = Bench::new(lab, vec![]);
    bench.hear("192.0.2.1");
    for forged in 0..1_000_u128 {
        let bits = 0x2001_0DB8 << 96 | forged;
        assert_eq!(bench.hear_from(IpAddr::from(bits.to_be_bytes())), none());
    }
    let silent = "Router office is silent: nothing heard for 15 min";
    assert_eq!(bench.pass(10 * LIMIT), [silent]);
}

/// After a loss every router has its time again, but only once: then the report says
/// so.
#[test]
fn losses_are_no_silence() {
    let mut bench = Bench::new(vec![named("office", "192.0.2.1")], vec![]);
    bench.hear("192.0.2.1");
    bench.pass(10 * MIN);
    bench.engine.handle_loss(Instant::from_millis(bench.now));
    assert_eq!(bench.pass(LIMIT - 1), none());
    let lossy = "nothing heard for 25 min, messages were lost here meanwhile";
    assert_eq!(
        bench.pass(1),
        [std::format!("Router office is silent: {lossy}")]
    );
    bench.hear("192.0.2.1");
    for _ in 0..29 {
        assert_eq!(bench.pass(MIN), none());
        bench.engine.handle_loss(Instant::from_millis(bench.now));
    }
    let lossy = "nothing heard for 30 min, messages were lost here meanwhile";
    assert_eq!(
        bench.pass(MIN),
        [std::format!("Router office is silent: {lossy}")]
    );
}

/// The end of the daemon is no silence, and no return is left out before it.
#[test]
fn the_end_is_no_silence() {
    let mut bench = Bench::new(vec![named("office", "192.0.2.1")], vec![]);
    bench.pass(MIN);
    bench
        .engine
        .handle_timeout(Instant::from_millis(u64::MAX), Wall::default);
    assert_eq!(bench.drain(), none());
}

/// If nobody is watched, the daemon need not be woken.
#[test]
fn nobody_is_watched() {
    let mut bench = Bench::with_limit(0, vec![named("office", "192.0.2.1")], vec![]);
    assert_eq!(bench.pass(1), none());
    assert_eq!(bench.engine.poll_timeout(), None);
}

/// A stranger counts after four times the limit, if that is longer than an hour; and no
/// more of them than there may be, although many are due at once.
#[test]
fn strangers_with_a_long_limit() {
    let limit = 60 * MIN;
    for (rounds, counts) in [(5, false), (6, true)] {
        let mut bench = Bench::with_limit(limit, vec![], vec![]);
        bench.chat(rounds, limit - MIN, &["192.0.2.1"]);
        assert_eq!(bench.pass(limit).len(), usize::from(counts), "{rounds}");
    }
    let sources: Vec<_> = (1..=SILENT_STRANGERS_MAX + 5)
        .map(|number| std::format!("192.0.2.{number}"))
        .collect();
    let sources: Vec<_> = sources.iter().map(|source| &**source).collect();
    let mut bench = Bench::with_limit(limit, vec![], vec![]);
    bench.chat(6, limit - MIN, &sources);
    // All are looked at, and none is silent yet.
    bench.hear("192.0.2.200");
    assert_eq!(bench.pass(limit).len(), SILENT_STRANGERS_MAX);
}
