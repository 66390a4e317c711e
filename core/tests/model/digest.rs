//! Quiet hours and digests under clocks that jump: whatever is held is sent at last.

use std::net::IpAddr;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::rules::{
    DigestTime, Engine, MatchType, PolicySpec, Quiet, RuleSpec, RulesBuilder,
};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

use super::Random;

/// Quiet hours, digest and cooldown of each rule. All of them match every line.
const RULES: [(&str, &str, u64); 5] = [
    ("22:00-07:00", "", 0),
    ("sat,sun 00:00-24:00, 12:00-13:00", "", 60_000),
    ("", "1800", 0),
    ("", "07:00,19:30", 5_000),
    ("fri-mon 20:00-06:00", "12:30", 0),
];

/// Sunday, 2026-11-22 00:00:00 UTC.
const SUNDAY: i64 = 1_795_305_600;
const QUARTER_MILLIS: u64 = 15 * 60 * 1_000;
/// More than the table has room for.
const TEXTS: u64 = 400;

struct Bench {
    engine: Engine,
    now: u64,
    unix_at_zero: i64,
    offset_secs: i32,
    matches: [u64; RULES.len()],
    sent: [u64; RULES.len()],
}

impl Bench {
    fn new() -> Self {
        let mut builder = RulesBuilder::new();
        let mut notifiers = NotifierSet::EMPTY;
        notifiers.insert(Notifier::Slack.id());
        for (number, (quiet, digest, cooldown_millis)) in RULES.into_iter().enumerate() {
            let spec = RuleSpec {
                name: RuleName::Environment(number as u8),
                match_type: MatchType::Regex,
                match_str: b"text (.*)",
                mask: "<@1>",
                notifiers,
                cooldown_millis,
            };
            let id = builder.add(&spec).expect("a right rule");
            let (quiet, digest) = (Quiet::parse(quiet).ok(), DigestTime::parse(digest).ok());
            let policies = PolicySpec {
                quiet: quiet.as_ref(),
                digest: digest.as_ref(),
                ..PolicySpec::default()
            };
            builder.set_policies(id, &policies).expect("no masks");
        }
        Self {
            engine: Engine::new(builder.finish(), (5, 6)),
            now: 0,
            unix_at_zero: SUNDAY,
            offset_secs: 0,
            matches: [0; RULES.len()],
            sent: [0; RULES.len()],
        }
    }

    fn wall(&self) -> Wall {
        Wall {
            unix_secs: self.unix_at_zero + (self.now / 1_000) as i64,
            offset_secs: self.offset_secs,
        }
    }

    fn line(&mut self, router: u8, text: u64) {
        let (at, wall) = (Instant::from_millis(self.now), self.wall());
        let source = IpAddr::from([192, 0, 2, router]);
        let line = format!("text {text}");
        self.engine
            .handle(at, Arrival { at, source }, || wall, line.as_bytes());
        self.matches.iter_mut().for_each(|count| *count += 1);
        self.drain();
    }

    /// Sleeps as the daemon does.
    fn sleep(&mut self, millis: u64) {
        let end = self.now + millis;
        loop {
            let next = self.engine.poll_timeout().map_or(end, Instant::millis);
            self.now = next.clamp(self.now, end);
            self.wake(self.now);
            let is_over = |next: Instant| next.millis() > end;
            if self.now == end && self.engine.poll_timeout().is_none_or(is_over) {
                return;
            }
        }
    }

    fn wake(&mut self, now: u64) {
        let wall = self.wall();
        self.engine
            .handle_timeout(Instant::from_millis(now), || wall);
        self.drain();
    }

    fn drain(&mut self) {
        let mut buffer = TextBuffer::new();
        while let Some(head) = self.engine.poll(&mut buffer) {
            let text: String = buffer.as_text().parts().map(|(_, part)| part).collect();
            let RuleName::Environment(rule) = head.rule else {
                panic!("no such rule: {}", head.rule);
            };
            self.sent[usize::from(rule)] += count(&text);
        }
        // While anything is held, the clock is looked at.
        let held = self.matches != self.sent;
        if let Some(next) = self.engine.poll_timeout() {
            assert!(next.millis().saturating_sub(self.now) <= QUARTER_MILLIS);
        } else {
            assert!(!held, "{:?} of {:?}", self.sent, self.matches);
        }
    }
}

/// Returns how many matches a notification stands for, and checks that a digest's lines
/// add up to what its heading says.
fn count(text: &str) -> u64 {
    let times = |line: &str| {
        let before = line.split(" time").next().unwrap_or_default();
        let number = before.rsplit(' ').next().unwrap_or_default();
        let is_count = line.contains(" time");
        is_count.then(|| number.parse::<u64>().expect(line))
    };
    let Some(digest) = text.strip_prefix("Digest of ") else {
        return times(text).unwrap_or(1);
    };
    let mut lines = digest.lines();
    let heading = lines.next().unwrap_or_default();
    let (_, heading) = heading.split_once(": ").expect(text);
    let all = heading.split(' ').next().unwrap_or_default();
    let all: u64 = all.parse().expect(text);
    assert_eq!(
        lines.map(|line| times(line).unwrap_or(1)).sum::<u64>(),
        all,
        "{text}"
    );
    all
}

fn round(random: &mut Random) {
    let mut bench = Bench::new();
    for _ in 0..1_500 {
        match random.below(100) {
            0 => bench.unix_at_zero = SUNDAY + random.below(14 * 86_400) as i64,
            1 => bench.unix_at_zero = random.below(1_000) as i64,
            2 => bench.offset_secs = random.below(50) as i32 * 1_800 - 43_200,
            3..=9 => bench.sleep(random.below(4 * 3_600_000)),
            10..=20 => bench.sleep(random.below(60_000)),
            _ => bench.line(random.below(3) as u8, random.below(TEXTS)),
        }
    }
    if random.once_in(2) {
        // The clock is right from now on: a week has time that is quiet for no rule, and
        // every time of day.
        bench.unix_at_zero = SUNDAY;
        bench.sleep(7 * 86_400_000);
    } else {
        bench.wake(u64::MAX);
    }
    assert_eq!(bench.sent, bench.matches);
    assert_eq!(bench.engine.poll_timeout(), None);
}

/// Every match is notified or part of a digest, exactly once, however the clock jumps, and
/// a digest's lines add up.
#[test]
fn nothing_is_held_for_ever() {
    super::run("digest", round);
}
