//! One notifier's thread: takes messages out of its courier and delivers them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::delivery::{
    Counts, Courier, Hold, Loss, LossCause, Notifier, Spool, SpoolWriter, Step, Verdict,
};
use alertik_core::ids::Ticket;
use alertik_core::rules::NoticeHead;
use alertik_core::text::Text;
use alertik_core::time::Instant;

use super::outcome::Outcome;
use super::transport::Transport;
use crate::log::{Escaped, debug};
use crate::sys::clock;

/// Reports a notification that will not arrive.
pub(super) type Failed = Arc<dyn Fn(Notifier, Ticket) + Send + Sync>;

/// One notifier: its courier, and what its thread and the others share.
pub(super) struct Sender {
    notifier: Notifier,
    state: Mutex<State>,
    changed: Condvar,
    failed: Failed,
}

struct State {
    courier: Courier,
    /// When to stop, once somebody wants that.
    closing: Option<Instant>,
    closed: bool,
    last_success: Option<Instant>,
    /// When a notification was last evicted.
    evicted_at: Option<Instant>,
    /// When the current run of failures began.
    failing_since: Option<Instant>,
    /// When the last failed attempt ended, and its reason.
    last_failure: Option<(Instant, String)>,
}

/// How a notifier is doing. Holds no secrets.
#[derive(Clone, Debug)]
pub(crate) struct NotifierStatus {
    /// Totals since the start.
    pub(crate) counts: Counts,
    /// Notifications that wait.
    pub(crate) waiting: u64,
    /// When the last message arrived.
    pub(crate) last_success: Option<Instant>,
    /// When a notification was last evicted from a full outbox.
    pub(crate) evicted_at: Option<Instant>,
    /// Since when every attempt has failed, if the last one did.
    pub(crate) failing_since: Option<Instant>,
    /// Attempts that failed in a row.
    pub(crate) failures: u32,
    /// Why it sends nothing at the moment, and until when.
    pub(crate) hold: (Hold, Instant),
    /// When the last failed attempt ended.
    pub(crate) last_error_at: Option<Instant>,
    /// The reason of the last failed attempt.
    pub(crate) last_error: Option<String>,
}

impl Sender {
    pub(super) const fn new(notifier: Notifier, courier: Courier, failed: Failed) -> Self {
        Self {
            notifier,
            state: Mutex::new(State {
                courier,
                closing: None,
                closed: false,
                last_success: None,
                evicted_at: None,
                failing_since: None,
                last_failure: None,
            }),
            changed: Condvar::new(),
            failed,
        }
    }

    pub(super) const fn notifier(&self) -> Notifier {
        self.notifier
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a notification into the outbox; never waits for the service.
    pub(super) fn push(&self, now: Instant, head: &NoticeHead, text: Text<'_>) {
        let mut failed = Vec::new();
        let mut state = self.lock();
        state
            .courier
            .push(now, head, text, &mut |ticket| failed.push(ticket));
        if !failed.is_empty() {
            state.evicted_at = Some(now);
        }
        drop(state);
        self.changed.notify_all();
        self.report_failed(&failed);
    }

    pub(super) fn report_loss(&self, loss: Loss) {
        self.lock().courier.report_loss(loss);
    }

    pub(super) fn status(&self) -> NotifierStatus {
        let state = self.lock();
        NotifierStatus {
            counts: state.courier.counts(),
            waiting: state.courier.waiting(),
            last_success: state.last_success,
            evicted_at: state.evicted_at,
            failing_since: state.failing_since,
            failures: state.courier.failures(),
            hold: state.courier.hold(clock::now()),
            last_error_at: state.last_failure.as_ref().map(|(at, _)| *at),
            last_error: state.last_failure.as_ref().map(|(_, words)| words.clone()),
        }
    }

    /// Asks the thread to send what it can until the given time, and to end.
    /// Called again, it can bring that time forward.
    pub(super) fn close(&self, until: Instant) {
        let mut state = self.lock();
        state.closing = Some(state.closing.map_or(until, |before| before.min(until)));
        state.courier.hurry(clock::now());
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until the thread has ended, at most until the time of
    /// [`Self::close`].
    pub(super) fn wait_closed(&self) {
        let mut state = self.lock();
        loop {
            let now = clock::now();
            let until = state.closing.unwrap_or(now);
            if state.closed || now >= until {
                return;
            }
            state = self.wait(state, until, now);
        }
    }

    /// Takes what an earlier process has left for this notifier.
    pub(super) fn restore(&self, spool: &Spool<'_>) {
        let mut state = self.lock();
        state
            .courier
            .restore(clock::now(), clock::wall(), self.notifier, spool);
    }

    /// Writes what is left to the log, and adds it to the spool if there is one.
    pub(super) fn hand_over(&self, spool: Option<&mut SpoolWriter<'_>>, written: &mut dyn FnMut()) {
        let mut state = self.lock();
        let left = state.courier.waiting();
        let name = self.notifier.name();
        if left > 0 {
            log::error!("{name}: notifications not delivered: {left}");
        }
        state.courier.each_waiting(&mut |at, text| {
            let text = text.to_string();
            log::error!(
                "{name}: not delivered, of {at}: {}",
                Escaped(text.as_bytes())
            );
            written();
        });
        let Some(spool) = spool else { return };
        let (now, wall) = (clock::now(), clock::wall());
        let cut = state.courier.save(now, wall, self.notifier, spool);
        if cut > 0 {
            log::error!("{name}: notifications that the spool has no room for: {cut}");
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
    fn report_failed(&self, tickets: &[Ticket]) {
        for &ticket in tickets {
            (self.failed)(self.notifier, ticket);
        }
    }

    /// The thread's work, until [`Self::close`].
    pub(super) fn run(&self, mut transport: Transport) {
        while let Next::Attempt { end } = self.wait_for_work() {
            let bytes = transport.begin(clock::now(), &mut self.lock().courier);
            let outcome = transport.send(&bytes, end);
            self.settle(outcome, transport.site());
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until there is a message to send, or the thread is to end.
    fn wait_for_work(&self) -> Next {
        let mut state = self.lock();
        loop {
            let now = clock::now();
            let closing = state.closing;
            let mut failed = Vec::new();
            let step = state
                .courier
                .step(now, closing.is_some(), &mut |ticket| failed.push(ticket));
            match (step, closing) {
                (Step::Expired(cause, count), _) => {
                    drop(state);
                    let why = match cause {
                        LossCause::Unanswered => "no answer until they were too old",
                        _ => "too old",
                    };
                    log::error!(
                        "{}: notifications dropped: {count}, {why} (NOTIFY_MAX_AGE_SECS)",
                        self.notifier.name()
                    );
                    self.report_failed(&failed);
                    state = self.lock();
                }
                (_, Some(until)) if now >= until => return Next::End,
                (Step::Send, end) => return Next::Attempt { end },
                (Step::Idle, Some(_)) => return Next::End,
                (Step::Wait(at), Some(until)) if at >= until => return Next::End,
                (Step::Wait(until), _) => state = self.wait(state, until, now),
                (Step::Idle, None) => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Reports to the courier how an attempt went, and to the user what changed.
    fn settle(&self, outcome: Outcome, site: &str) {
        let Outcome { verdict, words } = outcome;
        let now = clock::now();
        let mut failed = Vec::new();
        let mut state = self.lock();
        let failures = state.courier.failures();
        let settled = state
            .courier
            .finish(now, verdict, clock::wall(), &mut |ticket| {
                failed.push(ticket)
            });
        let wait_secs = state.courier.hold(now).1.since(now).div_ceil(1_000);
        let is_new = state.note(now, verdict, &words);
        drop(state);
        self.report_failed(&failed);
        let facts = Facts {
            site,
            words: &words,
            failures,
            settled,
            wait_secs,
            is_new,
        };
        self.announce(verdict, &facts);
    }

    /// Writes to the log what an attempt came to.
    fn announce(&self, verdict: Verdict, facts: &Facts<'_>) {
        let name = self.notifier.name();
        let Facts {
            site,
            words,
            failures,
            settled,
            wait_secs,
            is_new,
        } = *facts;
        match verdict {
            Verdict::Delivered { odd: true, .. } => {
                log::warn!("{name}: {site} took the message with an unusual answer: {words}");
            }
            Verdict::Delivered { .. } if failures > 0 => {
                log::info!("{name}: {site} works again after {failures} failed attempts");
            }
            Verdict::Delivered { .. } => {
                debug(format_args!("{name}: notifications sent: {settled}"));
            }
            Verdict::Retry(_) if is_new => log::warn!(
                "{name}: {site}: {words}; trying again until it works or the notifications are \
                 too old (NOTIFY_MAX_AGE_SECS)"
            ),
            Verdict::Retry(_) => {
                debug(format_args!(
                    "{name}: {site}: {words}; next attempt in {wait_secs} s"
                ));
            }
            Verdict::Wait { .. } => log::warn!("{name}: {site} asked us to wait {wait_secs} s"),
            Verdict::Refused => {
                log::error!("{name}: notifications dropped: {settled}; {site}: {words}");
            }
            Verdict::Barred if settled > 0 => {
                log::error!("{name}: notifications dropped: {settled}; {site}: {words}");
            }
            Verdict::Barred => log::warn!(
                "{name}: {site}: {words}; one more attempt in {wait_secs} s, then they are dropped"
            ),
            Verdict::Gone => log::error!(
                "{name}: {site}: {words}; suspended, next attempt at {}",
                clock::wall_in(wait_secs).time_of_day()
            ),
            Verdict::Moved(chat) => {
                log::warn!("{name}: the chat has moved: set TELEGRAM_CHAT_ID to {chat}");
            }
        }
    }
}

/// The sender's next deed.
enum Next {
    /// An attempt, which has to end at `end` if that is before its own deadline.
    Attempt { end: Option<Instant> },
    /// Nothing more: the daemon ends.
    End,
}

/// An attempt's facts for the log.
struct Facts<'a> {
    site: &'a str,
    words: &'a str,
    /// Attempts in a row that had failed before it.
    failures: u32,
    /// Notifications that left the courier with it.
    settled: u64,
    wait_secs: u64,
    /// Whether it failed in another way than the attempt before.
    is_new: bool,
}

impl State {
    /// Notes an attempt's result for the status. Returns whether it differs from
    /// the one before.
    fn note(&mut self, now: Instant, verdict: Verdict, words: &str) -> bool {
        if let Verdict::Delivered { .. } = verdict {
            self.last_success = Some(now);
            self.failing_since = None;
            return true;
        }
        let last = self.last_failure.replace((now, words.to_owned()));
        let failed_before = self.failing_since.is_some();
        self.failing_since.get_or_insert(now);
        !failed_before || last.is_none_or(|(_, last)| last != words)
    }
}
