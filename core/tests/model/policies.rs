//! The policies of rules, in all combinations, against a model without bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::limits::FLAP_REPORT_MILLIS;
use alertik_core::rules::{Engine, MatchType, PolicySpec, RuleSpec, RulesBuilder, Window};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Duration, Instant, Wall};

use super::Random;

const RULES: usize = 4;
const START: i64 = 1_795_341_600;

/// A rule as the model knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Policed {
    cooldown: u64,
    threshold: Option<Window>,
    distinct: Option<Window>,
    /// The rule that must match before.
    after: Option<(usize, Window)>,
    /// The rule that holds this one back.
    unless: Option<usize>,
    /// For how long values are learned, if only new ones are notified.
    first: Option<u64>,
    /// Grace and reminders, if there is a recovery.
    pair: Option<(u64, u64)>,
}

/// The rule, the router and the key.
type Case = (usize, u8, u64);

struct Cooldown {
    ends: u64,
    held: u64,
    last: u64,
    /// The text that the summary begins with.
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Grace,
    Open,
    Over,
}

struct Pair {
    state: State,
    is_told: bool,
    begun: u64,
    flaps_since: u64,
    is_first_told: bool,
    since: u64,
    told_at: u64,
    due: u64,
    text: String,
}

#[derive(Default)]
struct Model {
    rules: [Policed; RULES],
    /// The matches that still count, with their values.
    windows: BTreeMap<Case, Vec<(u64, u64)>>,
    /// The matches that came before a rule.
    before: BTreeMap<Case, Vec<u64>>,
    /// The values that each rule has seen of each router.
    known: BTreeSet<(Case, u64)>,
    cooldowns: BTreeMap<Case, Cooldown>,
    pairs: BTreeMap<Case, Pair>,
    now: u64,
}

fn wall(millis: u64) -> Wall {
    Wall {
        unix_secs: START + (millis / 1_000) as i64,
        offset_secs: 0,
    }
}

impl Model {
    /// Returns what the timers that are due say.
    fn timers(&mut self) -> Vec<String> {
        let now = self.now;
        let mut texts = Vec::new();
        for (case, cooldown) in self.cooldowns.extract_if(.., |_, case| case.ends <= now) {
            let Cooldown {
                held, last, text, ..
            } = cooldown;
            let rule = &self.rules[case.0];
            let is_tally = rule.threshold.is_some() || rule.distinct.is_some();
            let words = match held {
                0 => continue,
                _ if is_tally => format!("{held} more"),
                1 => "repeated 1 time".to_owned(),
                _ => format!("repeated {held} times"),
            };
            texts.push(format!("{text}, {words}, last at: {}", wall(last)));
        }
        let due: Vec<Case> = self
            .pairs
            .iter()
            .filter(|(_, pair)| pair.due <= now)
            .map(|(case, _)| *case)
            .collect();
        for case in due {
            let (_, remind) = self.rules[case.0].pair.unwrap();
            let pair = self.pairs.get_mut(&case).unwrap();
            let flapped = |state: &str| {
                let within = Duration(pair.since - pair.flaps_since);
                let (text, begun) = (&pair.text, pair.begun);
                format!("{text}, has flapped {begun} times in {within} and now {state}")
            };
            match pair.state {
                State::Grace => texts.push(format!("{}, at: {}", pair.text, wall(pair.since))),
                State::Open if pair.is_told => {
                    let lasts = Duration(now - pair.since);
                    texts.push(format!("{}, lasts for {lasts}", pair.text));
                }
                State::Open => texts.push(flapped("lasts")),
                State::Over => {
                    let enough = if pair.is_first_told { 2 } else { 3 };
                    if !pair.is_told && pair.begun >= enough {
                        texts.push(flapped("is over"));
                    }
                    self.pairs.remove(&case);
                    continue;
                }
            }
            pair.state = State::Open;
            pair.is_told = true;
            pair.told_at = now;
            pair.begun = 1;
            pair.flaps_since = pair.since;
            pair.is_first_told = true;
            pair.due = if remind == 0 { u64::MAX } else { now + remind };
        }
        texts
    }

    fn next(&self) -> Option<u64> {
        let cooldowns = self.cooldowns.values().map(|cooldown| cooldown.ends);
        let pairs = self.pairs.values().map(|pair| pair.due);
        cooldowns.chain(pairs).filter(|&due| due < u64::MAX).min()
    }

    fn is_under_way(&self, rule: usize, router: u8) -> bool {
        let is_of = |case: &Case| case.0 == rule && case.1 == router;
        self.cooldowns.keys().any(is_of)
            || self
                .pairs
                .iter()
                .any(|(case, pair)| is_of(case) && pair.state != State::Over)
    }

    /// Returns what a beginning says, if it is not held back.
    fn begin(&mut self, rule: usize, router: u8, key: u64, value: u64) -> Option<String> {
        let (now, case) = (self.now, (rule, router, key));
        for follower in 0..RULES {
            if self.rules[follower]
                .after
                .is_some_and(|(before, _)| before == rule)
            {
                self.before
                    .entry((follower, router, key))
                    .or_default()
                    .push(now);
            }
        }
        let policed = self.rules[rule];
        if policed
            .unless
            .is_some_and(|other| self.is_under_way(other, router))
        {
            return None;
        }
        if let Some(learn) = policed.first
            && (!self.known.insert((case, value)) || now < learn)
        {
            return None;
        }
        if let Some((_, window)) = policed.after {
            let before = self.before.get(&case).map_or(&[][..], Vec::as_slice);
            let count = before
                .iter()
                .filter(|&&at| at + window.millis >= now)
                .count();
            if count < window.count.into() {
                return None;
            }
        }
        let (mut count, mut first) = (1, now);
        let is_open = |pair: &Pair| pair.state != State::Over;
        let is_known =
            self.cooldowns.contains_key(&case) || self.pairs.get(&case).is_some_and(is_open);
        if let Some(window) = policed.threshold.or(policed.distinct)
            && !is_known
        {
            let matches = self.windows.entry(case).or_default();
            if policed.distinct.is_some() {
                matches.retain(|&(_, other)| other != value);
            }
            matches.push((now, value));
            let live = matches.iter().filter(|(at, _)| at + window.millis >= now);
            count = live.clone().count();
            first = live.map(|&(at, _)| at).min().unwrap();
            if count < window.count.into() {
                return None;
            }
            matches.clear();
        }
        // As far as a clock that counts seconds can say.
        let first = wall(now - (now - first) / 1_000 * 1_000);
        let text = format!("<{rule} k{key}> {count} since {first}");
        let said = Some(format!("{text}, at: {}", wall(now)));
        match policed.pair {
            Some(times) => self.begin_pair(case, times, text).then_some(said?),
            None if policed.cooldown == 0 => said,
            None => match self.cooldowns.get_mut(&case) {
                Some(cooldown) => {
                    if policed.threshold.is_none()
                        && policed.distinct.is_none()
                        && cooldown.held == 0
                    {
                        cooldown.text = text;
                    }
                    cooldown.held += 1;
                    cooldown.last = now;
                    None
                }
                None => {
                    let cooldown = Cooldown {
                        ends: now + policed.cooldown,
                        held: 0,
                        last: now,
                        text,
                    };
                    self.cooldowns.insert(case, cooldown);
                    said
                }
            },
        }
    }

    /// Returns whether the beginning is notified.
    fn begin_pair(&mut self, case: Case, (grace, remind): (u64, u64), text: String) -> bool {
        let (now, cooldown) = (self.now, self.rules[case.0].cooldown);
        let Some(pair) = self.pairs.get_mut(&case) else {
            let due = match (grace, remind) {
                (0, 0) => u64::MAX,
                (0, remind) => now + remind,
                (grace, _) => now + grace,
            };
            let pair = Pair {
                state: if grace > 0 { State::Grace } else { State::Open },
                is_told: grace == 0,
                begun: 1,
                flaps_since: now,
                is_first_told: grace == 0,
                since: now,
                told_at: now,
                due,
                text,
            };
            self.pairs.insert(case, pair);
            return grace == 0;
        };
        match pair.state {
            State::Open if pair.is_told && now - pair.told_at >= cooldown => {
                pair.told_at = now;
                true
            }
            State::Grace | State::Open => false,
            State::Over => {
                pair.begun += 1;
                pair.since = now;
                pair.state = State::Open;
                pair.is_told = false;
                pair.due = stable_at(pair, now, cooldown.max(grace));
                false
            }
        }
    }

    /// Returns what a recovery says, if its beginning was notified.
    fn end(&mut self, rule: usize, router: u8, key: u64) -> Option<String> {
        let (now, case) = (self.now, (rule, router, key));
        let (grace, _) = self.rules[rule].pair?;
        let cooldown = self.rules[rule].cooldown;
        let pair = self.pairs.get_mut(&case)?;
        if pair.state == State::Over {
            return None;
        }
        pair.state = State::Over;
        let lasted = Duration(now - pair.since);
        let was_told = pair.is_told;
        if was_told {
            pair.begun = 1;
            pair.flaps_since = pair.since;
            pair.is_first_told = true;
        }
        pair.due = stable_at(pair, now, cooldown.max(grace));
        if cooldown == 0 {
            self.pairs.remove(&case);
        }
        was_told.then(|| format!("over: {rule} k{key} {lasted}, at: {}", wall(now)))
    }
}

/// Returns when a case that has changed is reported at the latest.
fn stable_at(pair: &Pair, now: u64, pause: u64) -> u64 {
    let latest = pair.flaps_since + FLAP_REPORT_MILLIS.max(pause);
    (now + pause).min(latest.max(now))
}

/// The engine and the model, with one clock.
struct Bench {
    engine: Engine,
    model: Model,
}

impl Bench {
    fn new(rules: [Policed; RULES]) -> Self {
        let mut builder = RulesBuilder::new();
        let mut notifiers = NotifierSet::EMPTY;
        notifiers.insert(Notifier::Console.id());
        for (number, policed) in rules.iter().enumerate() {
            let pattern = format!("^b:[0-9]*{number}[0-9]* ([^ ]+) ([^ ]+)$");
            let mask = format!("<{number} @1> @{{count}} since @{{first}}");
            let spec = RuleSpec {
                name: RuleName::Environment(number as u8),
                match_type: MatchType::Regex,
                match_str: pattern.as_bytes(),
                mask: &mask,
                notifiers,
                cooldown_millis: policed.cooldown,
            };
            let id = builder.add(&spec).expect("a right rule");
            let name = |rule: usize| RuleName::Environment(rule as u8);
            let unless = policed.unless.map(name);
            let (grace, remind) = policed.pair.unwrap_or_default();
            let policies = PolicySpec {
                key: Some("@1"),
                threshold: policed.threshold,
                distinct: policed.distinct.map(|window| ("@2", window)),
                after: policed.after.map(|(rule, window)| (name(rule), window)),
                first: policed.first.map(|_| "@1 @2"),
                learn_millis: policed.first.unwrap_or(0),
                unless: unless.as_slice(),
                grace_millis: grace,
                remind_millis: remind,
                ..PolicySpec::default()
            };
            builder.set_policies(id, &policies).expect("right masks");
            if policed.pair.is_some() {
                let pattern = format!("^e:[0-9]*{number}[0-9]* ([^ ]+) ");
                let mask = format!("over: {number} @1 @{{duration}}");
                builder
                    .add_recovery(id, pattern.as_bytes(), &mask)
                    .expect("a right recovery");
            }
        }
        let mut engine = Engine::new(builder.finish(), (3, 4));
        let novelties = engine.novelties_mut();
        novelties.restore(Instant::ZERO, None, &mut |_, _, _| {});
        Self {
            engine,
            model: Model {
                rules,
                ..Model::default()
            },
        }
    }

    /// Lets a line arrive: its kind, the rules that match it, and its words.
    fn line(&mut self, is_end: bool, rules: &[usize], router: u8, key: u64, value: u64) {
        let mut expected = self.model.timers();
        let mut digits = String::new();
        for &rule in rules {
            digits.push_str(&rule.to_string());
            let text = if is_end {
                self.model.end(rule, router, key)
            } else {
                self.model.begin(rule, router, key, value)
            };
            expected.extend(text);
        }
        // What became due at once.
        expected.extend(self.model.timers());
        let kind = if is_end { 'e' } else { 'b' };
        let line = format!("{kind}:{digits} k{key} v{value}");
        let now = Instant::from_millis(self.model.now);
        let arrival = Arrival {
            at: now,
            source: IpAddr::from([192, 0, 2, router]),
        };
        let wall = wall(self.model.now);
        self.engine.handle(now, arrival, || wall, line.as_bytes());
        self.compare(expected, &line);
    }

    /// Lets time pass. Every timer fires on time.
    fn pass(&mut self, millis: u64) {
        let end = self.model.now + millis;
        loop {
            let next = self.engine.poll_timeout().map_or(end, Instant::millis);
            if let Some(due) = self.model.next() {
                let (now, rules) = (self.model.now, &self.model.rules);
                assert!(
                    next <= due,
                    "at {now} the engine sleeps until {next}, not {due}: {rules:?}"
                );
            }
            self.model.now = next.clamp(self.model.now, end);
            let expected = self.model.timers();
            self.engine
                .handle_timeout(Instant::from_millis(self.model.now), Wall::default);
            self.compare(expected, "");
            if next >= end {
                break;
            }
        }
        self.model.now = end;
    }

    fn compare(&mut self, mut expected: Vec<String>, line: &str) {
        let mut buffer = TextBuffer::new();
        let mut texts = Vec::new();
        while self.engine.poll(&mut buffer).is_some() {
            let text: String = buffer.as_text().parts().map(|(_, part)| part).collect();
            // Routers have names once there are two.
            let text = text
                .split_once("] ")
                .map_or(text.as_str(), |(_, text)| text);
            texts.push(text.to_owned());
        }
        texts.sort_unstable();
        expected.sort_unstable();
        let rules = &self.model.rules;
        assert_eq!(
            texts, expected,
            "{line:?} at {} of {rules:#?}",
            self.model.now
        );
    }
}

fn window(random: &mut Random) -> Option<Window> {
    random.once_in(3).then(|| Window {
        count: 1 + random.below(5) as u16,
        millis: 1_000 * (1 + random.below(60)),
    })
}

fn policed(random: &mut Random, rule: usize) -> Policed {
    let other = |random: &mut Random| (rule + 1 + random.below(RULES as u64 - 1) as usize) % RULES;
    let threshold = window(random);
    Policed {
        cooldown: [0, 10_000, 60_000][random.below(3) as usize],
        threshold,
        distinct: window(random).filter(|_| threshold.is_none()),
        after: window(random).map(|window| (other(random), window)),
        unless: random.once_in(4).then(|| other(random)),
        first: random
            .once_in(4)
            .then(|| [0, 60_000][random.below(2) as usize]),
        pair: random.once_in(2).then(|| {
            let grace = [0, 5_000, 30_000][random.below(3) as usize];
            let remind = [0, 45_000][random.below(2) as usize];
            (grace, remind)
        }),
    }
}

fn round(random: &mut Random) {
    let rules = core::array::from_fn(|rule| policed(random, rule));
    let mut bench = Bench::new(rules);
    for _ in 0..300 {
        match random.below(6) {
            0 if random.once_in(10) => bench.pass(random.below(4_000_000)),
            0 | 1 => bench.pass(random.below(20_000)),
            kind => {
                let mut matching: Vec<usize> = (0..RULES).filter(|_| random.once_in(2)).collect();
                if kind == 2 {
                    matching = (0..RULES).collect();
                }
                let (router, key) = (1 + random.below(2) as u8, random.below(3));
                bench.line(kind > 3, &matching, router, key, random.below(6));
            }
        }
    }
}

/// In every combination of policies the engine says what a model without bounds says, at the
/// same times.
#[test]
fn policies_do_what_they_say() {
    super::run("policies", round);
}
