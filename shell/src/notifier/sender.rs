//! One notifier's thread: takes messages out of its courier and delivers them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::delivery::{Counts, Courier, FixedStr, Form, Hold, Loss, Step, Verdict};
use alertik_core::ids::{NotifierId, RuleId, Ticket};
use alertik_core::limits::BODY_BYTES_MAX;
use alertik_core::rules::NoticeHead;
use alertik_core::text::Text;
use alertik_core::time::Instant;

use super::console::Console;
use super::http::{Http, Outcome, Store};
use crate::log::debug;
use crate::sys::clock;

/// Reports a notification that will not arrive.
pub(super) type Failed = Arc<dyn Fn(NotifierId, Ticket) + Send + Sync>;

/// One notifier: its courier, and what its thread and the others share.
pub(super) struct Sender {
    id: NotifierId,
    state: Mutex<State>,
    changed: Condvar,
    failed: Failed,
    rule_names: Arc<[String]>,
}

struct State {
    courier: Courier<Store>,
    /// When to stop, once somebody wants that.
    closing: Option<Instant>,
    closed: bool,
    last_success: Option<Instant>,
    /// When the first of the attempts failed that have failed since a success.
    failing_since: Option<Instant>,
    /// When an attempt failed last, and with what.
    last_failure: Option<(Instant, String)>,
}

/// How a notifier is doing. Holds no secrets.
#[derive(Clone, Debug)]
pub(crate) struct NotifierStatus {
    /// What it has done since the start.
    pub(crate) counts: Counts,
    /// Notifications that wait.
    pub(crate) waiting: usize,
    /// When a message arrived last.
    pub(crate) last_success: Option<Instant>,
    /// Since when every attempt has failed, if the last one did.
    pub(crate) failing_since: Option<Instant>,
    /// Attempts that failed in a row.
    pub(crate) failures: u32,
    /// Why it sends nothing at the moment, and until when.
    pub(crate) hold: (Hold, Instant),
    /// When an attempt failed last.
    pub(crate) last_error_at: Option<Instant>,
    /// What the last failed attempt failed with.
    pub(crate) last_error: Option<String>,
}

/// The way to a notifier's service.
pub(super) enum Transport {
    Console(Console),
    Http(Box<Http>),
}

impl Sender {
    pub(super) fn new(
        id: NotifierId,
        courier: Courier<Store>,
        failed: Failed,
        rule_names: Arc<[String]>,
    ) -> Self {
        Self {
            id,
            state: Mutex::new(State {
                courier,
                closing: None,
                closed: false,
                last_success: None,
                failing_since: None,
                last_failure: None,
            }),
            changed: Condvar::new(),
            failed,
            rule_names,
        }
    }

    pub(super) const fn id(&self) -> NotifierId {
        self.id
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a notification into the outbox; never waits for the service.
    pub(super) fn push(&self, now: Instant, head: &NoticeHead, text: Text<'_>) {
        let mut gone = Vec::new();
        let mut state = self.lock();
        state
            .courier
            .push(now, head, text, &mut |ticket| gone.push(ticket));
        drop(state);
        self.changed.notify_all();
        self.report(&gone);
    }

    pub(super) fn tell_loss(&self, loss: Loss) {
        self.lock().courier.tell_loss(loss);
    }

    pub(super) fn status(&self) -> NotifierStatus {
        let state = self.lock();
        NotifierStatus {
            counts: state.courier.counts(),
            waiting: state.courier.waiting(),
            last_success: state.last_success,
            failing_since: state.failing_since,
            failures: state.courier.failures(),
            hold: state.courier.hold(clock::now()),
            last_error_at: state.last_failure.as_ref().map(|(at, _)| *at),
            last_error: state.last_failure.as_ref().map(|(_, words)| words.clone()),
        }
    }

    /// Asks the thread to send what it can until the given time, and to end.
    pub(super) fn close(&self, until: Instant) {
        self.lock().closing = Some(until);
        self.changed.notify_all();
    }

    /// Waits until the thread has ended, at most until the given time. Returns
    /// how many notifications are left.
    pub(super) fn wait_closed(&self, until: Instant) -> usize {
        let mut state = self.lock();
        loop {
            let now = clock::now();
            if state.closed || now >= until {
                return state.courier.waiting();
            }
            state = self.wait(state, until, now);
        }
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Instant,
        now: Instant,
    ) -> MutexGuard<'a, State> {
        let timeout = Duration::from_millis(until.since(now));
        let (state, _) = self
            .changed
            .wait_timeout(state, timeout)
            .unwrap_or_else(PoisonError::into_inner);
        state
    }

    /// Reports notifications that will not arrive. Without the lock: whoever
    /// listens may push.
    fn report(&self, gone: &[Ticket]) {
        for &ticket in gone {
            (self.failed)(self.id, ticket);
        }
    }

    fn write_rule_name(&self, rule: RuleId, out: &mut dyn std::fmt::Write) {
        let _ = match self.rule_names.get(rule.index()) {
            Some(name) => out.write_str(name),
            None => write!(out, "rule {}", rule.index()),
        };
    }

    /// The thread's work, until [`Self::close`].
    pub(super) fn run(&self, mut transport: Transport) {
        while let Some(end) = self.wait_for_work() {
            let outcome = match &mut transport {
                Transport::Console(console) => self.print(console),
                Transport::Http(http) => {
                    let request = {
                        let mut state = self.lock();
                        http.begin(clock::now(), &mut state.courier, &|rule, out| {
                            self.write_rule_name(rule, out);
                        })
                    };
                    http.send(&request, end)
                }
            };
            self.settle(outcome, transport.site());
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until there is a message to send. Returns when an attempt has to
    /// end if that is before its own deadline, or nothing if the thread shall
    /// end now.
    fn wait_for_work(&self) -> Option<Option<Instant>> {
        let mut state = self.lock();
        loop {
            let now = clock::now();
            let mut gone = Vec::new();
            let expired = state.courier.expire(now, &mut |ticket| gone.push(ticket));
            if expired > 0 {
                drop(state);
                log::error!(
                    "{}: notifications dropped: {expired}, too old (NOTIFY_MAX_AGE_SECS)",
                    self.id.name()
                );
                self.report(&gone);
                state = self.lock();
                continue;
            }
            let closing = state.closing;
            let step = state.courier.step(now, closing.is_some());
            match (step, closing) {
                (_, Some(until)) if now >= until => return None,
                (Step::Send, _) => return Some(closing),
                // There is no later.
                (_, Some(_)) => return None,
                (Step::Wait(until), None) => state = self.wait(state, until, now),
                (Step::Idle, None) => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn print(&self, console: &mut Console) -> Outcome {
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut lines = FixedStr::new(&mut bytes);
        let now = clock::now();
        self.lock()
            .courier
            .begin(now, &Form::Console, &[], &|_, _| {}, usize::MAX, &mut lines);
        Outcome::of_console(console.write(lines.as_str()))
    }

    /// Tells the courier how an attempt went, and the user what changed by it.
    fn settle(&self, outcome: Outcome, site: &str) {
        let Outcome { verdict, words } = outcome;
        let now = clock::now();
        let mut gone = Vec::new();
        let mut state = self.lock();
        let before = state.courier.failures();
        let left = state
            .courier
            .finish(now, verdict, clock::wall(), &mut |ticket| gone.push(ticket));
        let (_, held_until) = state.courier.hold(now);
        let mut news = true;
        if let Verdict::Delivered { .. } = verdict {
            state.last_success = Some(now);
            state.failing_since = None;
        } else {
            let last = state.last_failure.replace((now, words.clone()));
            let failed_before = state.failing_since.is_some();
            news = !failed_before || last.is_none_or(|(_, last)| last != words);
            state.failing_since.get_or_insert(now);
        }
        let closing = state.closing.is_some();
        if closing && !matches!(verdict, Verdict::Delivered { .. } | Verdict::Refused) {
            // A second attempt within the last second would fail like this one.
            state.closing = Some(now);
        }
        drop(state);
        self.report(&gone);
        let name = self.id.name();
        let wait = held_until.since(now) / 1_000;
        match verdict {
            Verdict::Delivered { odd: true, .. } => {
                log::warn!("{name}: {site} took the message with an unusual answer: {words}");
            }
            Verdict::Delivered { .. } if before > 0 => {
                log::info!("{name}: {site} works again after {before} failed attempts");
            }
            Verdict::Delivered { .. } => debug(format_args!("{name}: notifications sent: {left}")),
            Verdict::Retry | Verdict::Unanswered if left > 0 => {
                log::error!(
                    "{name}: notifications dropped: {left}; no answer twice, {site}: {words}"
                );
            }
            Verdict::Retry | Verdict::Unanswered if news => {
                log::warn!("{name}: {site}: {words}; trying again until it works");
            }
            Verdict::Retry | Verdict::Unanswered => {
                debug(format_args!(
                    "{name}: {site}: {words}; next attempt in {wait} s"
                ));
            }
            Verdict::Wait { .. } => log::warn!("{name}: {site} asks to wait {wait} s"),
            Verdict::Refused => {
                log::error!("{name}: notifications dropped: {left}; {site}: {words}");
            }
            Verdict::Gone => {
                log::error!("{name}: {site}: {words}; nothing is sent to it for an hour");
            }
            Verdict::Moved(chat) => {
                log::warn!("{name}: the chat has moved: set TELEGRAM_CHAT_ID to {chat}");
            }
        }
    }
}

impl Transport {
    fn site(&self) -> &str {
        match self {
            Self::Console(_) => "standard output",
            Self::Http(http) => http.site(),
        }
    }
}
