//! The engine and its cooldowns.

use std::collections::BTreeMap;
use std::net::IpAddr;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::intake::Arrival;
use alertik_core::rules::{Engine, MatchType, NoticeHead, RuleSpec, RulesBuilder};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

use super::Random;

/// Two rules, both of which match every line, and the notifiers of each.
const COOLDOWNS: [u64; 3] = [0, 5_000, 60_000];
const NOTIFIERS: [&[Notifier]; 3] = [
    &[Notifier::Slack],
    &[Notifier::Slack, Notifier::Telegram, Notifier::Console],
    &[Notifier::Telegram, Notifier::Generic1],
];
/// Fewer than a table of cooldowns holds: no entry ends early.
const TEXTS: u64 = 20;

/// A text of a rule that is being counted.
struct Case {
    quiet: NotifierSet,
    owed: NotifierSet,
    held: u64,
    ends: u64,
    ticket: Ticket,
}

/// The engine, and a plain model of what its rules say.
struct Bench {
    engine: Engine,
    cases: BTreeMap<(u8, u64), Case>,
    now: u64,
    /// What the model expects: rule, notifiers, and the text's beginning.
    expected: Vec<(u8, NotifierSet, String)>,
    suppressed: u64,
}

fn set(notifiers: &[Notifier]) -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    notifiers
        .iter()
        .for_each(|notifier| set.insert(notifier.id()));
    set
}

impl Bench {
    fn new() -> Self {
        let mut builder = RulesBuilder::new();
        for (number, (&notifiers, &cooldown_millis)) in NOTIFIERS.iter().zip(&COOLDOWNS).enumerate()
        {
            let spec = RuleSpec {
                name: RuleName::Environment(number as u8),
                match_type: MatchType::Regex,
                match_str: b"text (.*)",
                mask: "<@1>",
                notifiers: set(notifiers),
                cooldown_millis,
            };
            builder.add(&spec).expect("a right rule");
        }
        Self {
            engine: Engine::new(builder.finish(), (3, 4)),
            cases: BTreeMap::new(),
            now: 0,
            expected: Vec::new(),
            suppressed: 0,
        }
    }

    /// Moves the model's clock: cooldowns that end say what they have counted.
    fn end_cases(&mut self) {
        let now = self.now;
        for ((rule, text), case) in self.cases.extract_if(.., |_, case| case.ends <= now) {
            if case.held > 0 {
                let told = format!("<{text}>, repeated {} time", case.held);
                self.expected.push((rule, case.owed, told));
            }
        }
    }

    fn line(&mut self, text: u64) {
        self.end_cases();
        for (rule, (&notifiers, &cooldown)) in (0..).zip(NOTIFIERS.iter().zip(&COOLDOWNS)) {
            let all = set(notifiers);
            let told = format!("<{text}>, at: ");
            if cooldown == 0 {
                self.expected.push((rule, all, told));
                continue;
            }
            let case = self.cases.entry((rule, text)).or_insert_with(|| Case {
                quiet: NotifierSet::EMPTY,
                owed: NotifierSet::EMPTY,
                held: 0,
                ends: self.now + cooldown,
                // Filled in when the notification shows it.
                ticket: Ticket::default(),
            });
            if !case.quiet.is_empty() {
                case.held += 1;
                case.owed = case.owed.union(case.quiet);
            }
            let missing = all.without(case.quiet);
            if missing.is_empty() {
                self.suppressed += 1;
            } else {
                self.expected.push((rule, missing, told));
            }
            case.quiet = all;
        }
        let arrival = Arrival {
            at: Instant::from_millis(self.now),
            source: IpAddr::from([192, 0, 2, 1]),
        };
        let line = format!("text {text}");
        let now = Instant::from_millis(self.now);
        self.engine
            .handle(now, arrival, Wall::default, line.as_bytes());
        self.drain(Some(text));
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.saturating_add(millis);
        self.end_cases();
        self.engine
            .handle_timeout(Instant::from_millis(self.now), Wall::default);
        self.drain(None);
    }

    /// Takes all notifications, each of which the model must expect, and no other.
    fn drain(&mut self, line: Option<u64>) {
        let mut buffer = TextBuffer::new();
        while let Some(head) = self.engine.poll(&mut buffer) {
            let text: String = buffer.as_text().parts().map(|(_, part)| part).collect();
            let NoticeHead {
                rule, notifiers, ..
            } = head;
            let RuleName::Environment(rule) = rule else {
                panic!("no such rule: {rule}");
            };
            let at = self.expected.iter().position(|(number, set, told)| {
                *number == rule && *set == notifiers && text.starts_with(told)
            });
            let at = at.unwrap_or_else(|| panic!("{text} of {rule}, not of {:?}", self.expected));
            self.expected.remove(at);
            if let (Some(line), true) = (line, head.ticket != Ticket::default())
                && let Some(case) = self.cases.get_mut(&(rule, line))
            {
                case.ticket = head.ticket;
            }
        }
        assert!(self.expected.is_empty(), "missing: {:?}", self.expected);
        let next = self.cases.values().map(|case| case.ends).min();
        assert_eq!(self.engine.poll_timeout().map(Instant::millis), next);
        assert_eq!(self.engine.counters().suppressed, self.suppressed);
    }

    /// Lets a delivery of some running cooldown fail.
    fn fail(&mut self, random: &mut Random) {
        let number = random.below(self.cases.len().max(1) as u64) as usize;
        if let Some(case) = self.cases.values_mut().nth(number) {
            let notifier = Notifier::ALL[random.below(9) as usize].id();
            case.quiet.remove(notifier);
            self.engine.handle_failure(case.ticket, notifier);
        }
    }
}

fn round(random: &mut Random) {
    let mut bench = Bench::new();
    for _ in 0..400 {
        match random.below(8) {
            0..=4 => {
                let text = random.below(TEXTS);
                bench.line(text);
            }
            5 => {
                let millis = random.below(4_000);
                bench.pass(millis);
            }
            6 if random.once_in(10) => bench.pass(70_000),
            _ => bench.fail(random),
        }
    }
    bench.pass(u64::MAX);
    assert!(bench.cases.is_empty());
}

/// Every match is notified at once or counted, every count is reported to those it
/// was held back from, and nothing is reported twice.
#[test]
fn every_match_is_told_or_counted() {
    super::run("engine", round);
}
