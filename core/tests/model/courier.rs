//! The courier: everything leaves in exactly one way, in order, once.

use std::collections::BTreeSet;
use std::net::IpAddr;

use alertik_core::delivery::{
    Courier, CourierSettings, Doubt, Encoding, FixedStr, Form, Generic, Loss, LossCause, Merging,
    Pacing, Rate, Step, Template, Verdict,
};
use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::limits::BODY_BYTES_MAX;
use alertik_core::rules::{About, NoticeHead};
use alertik_core::text::{Label, TextBuffer};
use alertik_core::time::{Instant, Wall};

use super::Random;

const MAX_AGE_MILLIS: u64 = 600_000;
const OUTBOX_BYTES: usize = 3_000;
const BODY: &str = "{{id}} {{text}}";

struct Bench {
    courier: Courier,
    form: Form<'static>,
    now: Instant,
    /// Whether some notifications say the same of different routers; then they are
    /// merged, and so out of order.
    merges: bool,
    pushed: u32,
    /// Numbers that left: by a delivery, and as failed.
    delivered: BTreeSet<u32>,
    failed: BTreeSet<u32>,
    /// Those that failed while they were under way: these may still arrive.
    failed_under_way: BTreeSet<u32>,
    /// The last number that arrived.
    last: Option<u32>,
    /// The body that must come again, and how many had failed when it was sent.
    frozen: Option<(String, usize)>,
    /// Losses that messages have told, by their words, and those reported.
    told: [u64; CAUSES.len()],
    reported: u64,
}

/// The words of each cause in a message.
const CAUSES: [&str; 5] = [
    "(intake queue)",
    "(outbox full)",
    "(too old)",
    "(no answer)",
    "(refused by the service)",
];

impl Bench {
    fn new(random: &mut Random) -> Self {
        let rate = Rate {
            burst: 1 + random.below(5) as u32,
            interval_millis: random.below(4_000),
        };
        let settings = CourierSettings {
            pacing: Pacing::new(rate, Rate::UNLIMITED),
            max_age_millis: MAX_AGE_MILLIS,
            outbox_bytes: OUTBOX_BYTES,
            merging: Merging::Routers,
            seed: random.next() as u32,
        };
        let body = Template::parse(BODY, Encoding::Raw).expect("a template");
        Self {
            courier: Courier::new(&settings),
            form: Form::Generic(Box::new(Generic {
                body: Some(body),
                ..Generic::TEXT
            })),
            now: Instant::from_millis(1_000),
            merges: random.once_in(2),
            pushed: 0,
            delivered: BTreeSet::new(),
            failed: BTreeSet::new(),
            failed_under_way: BTreeSet::new(),
            last: None,
            frozen: None,
            told: [0; CAUSES.len()],
            reported: 0,
        }
    }

    fn push(&mut self, random: &mut Random, under_way: &[u32]) {
        let number = self.pushed;
        self.pushed += 1;
        let mut text = TextBuffer::new();
        let name = format!("#{number} ");
        text.push_mask(&name);
        let mut about = About::NOTHING;
        about.router = Label::beginning_of(text.as_text());
        let merges = self.merges && random.once_in(2);
        let (length, rules) = if merges { (3, 2) } else { (200, 4) };
        text.clear();
        if merges {
            text.push_mask(&format!("[{name}] "));
        } else {
            text.push_mask(&name);
        }
        let name_bytes = if merges { name.len() as u8 + 3 } else { 0 };
        text.push_mask(&"x".repeat(random.below(length) as usize));
        let head = NoticeHead {
            rule: RuleName::Environment(random.below(rules) as u8),
            notifiers: NotifierSet::EMPTY,
            at: Wall::default(),
            source: IpAddr::from([192, 0, 2, random.below(3) as u8]),
            ticket: Ticket(number),
            about,
            name_bytes,
            time_bytes: 0,
        };
        let (failed, failed_under_way) = (&mut self.failed, &mut self.failed_under_way);
        self.courier
            .push(self.now, &head, text.as_text(), &mut |ticket| {
                assert!(failed.insert(ticket.0), "{} failed twice", ticket.0);
                if under_way.contains(&ticket.0) {
                    failed_under_way.insert(ticket.0);
                }
            });
    }

    /// Does what the courier wants, or lets time pass. Returns false if it wants
    /// nothing.
    fn step(&mut self, random: &mut Random, verdict: Option<Verdict>) -> bool {
        let failed = &mut self.failed;
        let step = self.courier.step(self.now, false, &mut |ticket| {
            assert!(failed.insert(ticket.0), "{} failed twice", ticket.0);
        });
        match step {
            Step::Idle => return false,
            Step::Expired(_, count) => assert!(count > 0),
            Step::Wait(until) => {
                assert!(until > self.now, "a wait for nothing");
                assert!(until.since(self.now) <= 960_000);
                self.now = until;
            }
            Step::Send => self.send(random, verdict),
        }
        true
    }

    fn send(&mut self, random: &mut Random, verdict: Option<Verdict>) {
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        self.courier.begin(self.now, &self.form, &mut body);
        let body = body.as_str().to_owned();
        if let Some((frozen, failed)) = self.frozen.take()
            && failed == self.failed.len()
        {
            assert_eq!(body, frozen, "a frozen message changed");
        }
        let numbers = numbers(&body);
        assert!(self.merges || numbers.is_sorted(), "{numbers:?}");
        let failed_before = self.failed.len();
        while random.once_in(3) {
            self.push(random, &numbers);
        }
        self.now = self.now.after(random.below(16_000));
        let verdict = verdict.unwrap_or_else(|| any_verdict(random));
        let failed = &mut self.failed;
        self.courier
            .finish(self.now, verdict, Wall::default(), &mut |ticket| {
                assert!(failed.insert(ticket.0), "{} failed twice", ticket.0);
            });
        match verdict {
            Verdict::Delivered { .. } => self.deliver(&body, &numbers),
            Verdict::Retry(Doubt::Failed | Doubt::Unanswered)
                if failed_before == self.failed.len() =>
            {
                self.frozen = Some((body, self.failed.len()));
            }
            _ => {}
        }
    }

    fn deliver(&mut self, body: &str, numbers: &[u32]) {
        for &number in numbers {
            let in_order = self.last.is_none_or(|last| last < number);
            assert!(self.merges || in_order, "out of order");
            self.last = Some(number);
            assert!(self.delivered.insert(number), "{number} came twice");
            assert!(!self.failed.contains(&number) || self.failed_under_way.contains(&number));
        }
        for line in body.lines().filter(|line| line.contains(" lost since ")) {
            // The id comes before the first line.
            let count = line.split(" message").next().unwrap_or_default();
            let count = count.split(" notification").next().unwrap_or_default();
            let count: u64 = count
                .rsplit(' ')
                .next()
                .unwrap_or_default()
                .parse()
                .expect("a count");
            let cause = CAUSES.iter().position(|cause| line.contains(cause));
            self.told[cause.expect("a known cause")] += count;
        }
    }

    /// Checks the identity, which holds whenever nothing is under way.
    fn check(&self) {
        let counts = self.courier.counts();
        let gone =
            counts.sent + counts.refused + counts.expired + counts.unanswered + counts.evicted;
        assert_eq!(u64::from(self.pushed), gone + self.courier.waiting());
        assert_eq!(counts.sent, self.delivered.len() as u64);
        let both = self.delivered.intersection(&self.failed).count();
        let left = self.delivered.len() + self.failed.len() - both;
        assert_eq!(left as u64, gone, "each in one way");
        // At least ticket, length and name of each.
        assert!(self.courier.waiting() <= OUTBOX_BYTES as u64 * 9 / 8 / 8);
    }
}

/// Returns the numbers of a message's notifications.
fn numbers(body: &str) -> Vec<u32> {
    let parts = body.split('#').skip(1);
    parts
        .filter_map(|part| part.split(' ').next()?.parse().ok())
        .collect()
}

const SENT: Verdict = Verdict::Delivered {
    pause_millis: 0,
    odd: false,
};

fn any_verdict(random: &mut Random) -> Verdict {
    match random.below(12) {
        0 => Verdict::Retry(Doubt::None),
        1 | 2 => Verdict::Retry(Doubt::Failed),
        3 | 4 => Verdict::Retry(Doubt::Unanswered),
        5 => Verdict::Wait {
            millis: 1 + random.below(900_000),
        },
        6 => Verdict::Gone,
        7 => Verdict::Barred,
        8 => Verdict::Refused,
        _ => SENT,
    }
}

fn round(random: &mut Random) {
    let mut bench = Bench::new(random);
    for _ in 0..300 {
        match random.below(6) {
            0..=2 => bench.push(random, &[]),
            3 if random.once_in(4) => {
                bench.now = bench.now.after(random.below(MAX_AGE_MILLIS / 4));
            }
            4 if random.once_in(6) => {
                bench.reported += 2;
                bench.courier.report_loss(Loss {
                    cause: LossCause::Ring,
                    count: 2,
                    since: Wall::default(),
                });
            }
            _ => {
                bench.step(random, None);
            }
        }
        bench.check();
    }
    // A service that works again gets all that is left, and every loss.
    for _ in 0..2 {
        bench.push(random, &[]);
        while bench.step(random, Some(SENT)) {}
        bench.check();
    }
    assert_eq!(bench.courier.waiting(), 0);
    let counts = bench.courier.counts();
    let lost = [
        bench.reported,
        counts.evicted,
        counts.expired,
        counts.unanswered,
        counts.refused,
    ];
    assert_eq!(bench.told, lost, "every loss is told once");
}

/// The accounting identity, order, one way out for each, frozen messages, and
/// every loss told once, over random operations and verdicts.
#[test]
fn everything_leaves_in_one_way() {
    super::run("courier", round);
}
