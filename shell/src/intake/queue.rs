//! The hand-over from the receiver, and from the senders, to the matcher.
//!
//! A mutex and a condition variable around a plain ring: the matcher sleeps
//! anyway when there is nothing to do, the critical section is one copy of a
//! line, and the core stays free of atomics and `unsafe`.

use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::delivery::Notifier;
use alertik_core::ids::Ticket;
use alertik_core::intake::{Arrival, MessageBuffer, Ring, RingLoss};
use alertik_core::time::Instant;

use crate::sys::atomic::AtomicU64;

/// Failed deliveries that wait for the matcher. One that finds no room leaves a
/// cooldown of some seconds armed, which the next matching line is counted in.
const FAILURES_MAX: usize = 64;

/// What the matcher is to do next.
#[derive(Debug)]
pub(crate) enum Work {
    /// A message is in the buffer.
    Message(Arrival),
    /// The ring was full for a while.
    Lost(RingLoss),
    /// A delivery failed for good.
    Failed(Notifier, Ticket),
    /// Nothing arrived in time.
    Timeout,
    /// The queue is empty and no more will come.
    Stopped,
}

/// The queue in front of the matcher.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// Since when nothing but errors is received, in milliseconds of the
    /// monotonic clock and one more; 0 where all is well.
    failing: AtomicU64,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    failures: heapless::Deque<(Notifier, Ticket), FAILURES_MAX>,
    stopping: bool,
    /// The matcher waits. Waking takes a system call, which a busy receiver
    /// need not make for every datagram.
    waiting: bool,
}

/// Counts of the intake.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IntakeCounters {
    /// Messages that entered the queue.
    pub(crate) accepted: u64,
    /// Of these, messages that were longer than is matched.
    pub(crate) cut: u64,
}

impl Queue {
    /// Returns an empty queue.
    pub(crate) const fn new() -> Self {
        let state = State {
            ring: Ring::new(),
            failures: heapless::Deque::new(),
            stopping: false,
            waiting: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            failing: AtomicU64::new(0),
        }
    }

    /// Hands a received message over, or counts it as lost. Never waits.
    pub(crate) fn push(&self, arrival: Arrival, message: &[u8]) {
        let mut state = self.lock();
        state.ring.push(arrival, message);
        self.wake(state);
    }

    /// Reports a delivery that failed for good.
    pub(crate) fn report_failure(&self, notifier: Notifier, ticket: Ticket) {
        let mut state = self.lock();
        let _ = state.failures.push_back((notifier, ticket));
        self.wake(state);
    }

    /// Notes that nothing but errors is received from now on, or with `None`
    /// that something was.
    pub(crate) fn note_failing(&self, since: Option<Instant>) {
        let value = since.map_or(0, |since| since.millis() + 1);
        self.failing.store(value, Ordering::Relaxed);
    }

    /// Returns since when nothing but errors is received, if that is so.
    pub(crate) fn failing_since(&self) -> Option<Instant> {
        let millis = self.failing.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Instant::from_millis(millis))
    }

    /// Lets the matcher end once the queue is empty.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        self.wake(state);
    }

    /// Returns the counts of the intake.
    pub(crate) fn counters(&self) -> IntakeCounters {
        let state = self.lock();
        IntakeCounters {
            accepted: state.ring.accepted(),
            cut: state.ring.cut(),
        }
    }

    /// Returns the next thing to do if there is one already.
    pub(crate) fn try_next(&self, buffer: &mut MessageBuffer) -> Option<Work> {
        Self::take(&mut self.lock(), buffer)
    }

    /// Waits for the next thing to do, at most for `limit`.
    pub(crate) fn next(&self, buffer: &mut MessageBuffer, limit: Duration) -> Work {
        let mut state = self.lock();
        if let Some(work) = Self::take(&mut state, buffer) {
            return work;
        }
        state.waiting = true;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, limit, |state| {
                state.ring.is_idle() && state.failures.is_empty() && !state.stopping
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting = false;
        Self::take(&mut state, buffer).unwrap_or(Work::Timeout)
    }

    /// Losses come first: they were before the messages that are left.
    fn take(state: &mut State, buffer: &mut MessageBuffer) -> Option<Work> {
        if let Some(loss) = state.ring.take_loss() {
            return Some(Work::Lost(loss));
        }
        if let Some((notifier, ticket)) = state.failures.pop_front() {
            return Some(Work::Failed(notifier, ticket));
        }
        if let Some(arrival) = state.ring.pop(buffer) {
            return Some(Work::Message(arrival));
        }
        state.stopping.then_some(Work::Stopped)
    }

    fn wake(&self, state: MutexGuard<'_, State>) {
        let waiting = state.waiting;
        drop(state);
        if waiting {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
