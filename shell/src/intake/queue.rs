//! The hand-over from the receiver, and from the senders, to the matcher.
//!
//! A mutex and a condition variable around a plain ring: the matcher sleeps
//! anyway when there is nothing to do, the critical section is one copy of a
//! line, and the core stays free of atomics and `unsafe`.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::ids::{NotifierId, Ticket};
use alertik_core::intake::{Arrival, MessageBuffer, Ring, RingLoss};
use alertik_core::time::Instant;

/// Failed deliveries that wait for the matcher. One that finds no room leaves a
/// cooldown of some seconds armed, which the next matching line is counted in.
const FAILURES_MAX: usize = 64;

/// The matcher's next task.
#[derive(Debug)]
pub(crate) enum Work {
    /// A message of this length is in the buffer.
    Message(Arrival, usize),
    /// The ring was full for a while.
    Lost(RingLoss),
    /// A delivery failed for good.
    Failed(NotifierId, Ticket),
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
}

#[derive(Debug)]
struct State {
    intake: Ring,
    failures: heapless::Deque<(NotifierId, Ticket), FAILURES_MAX>,
    stopping: bool,
    /// Since when nothing but errors has been received, if that is so.
    failing_since: Option<Instant>,
    /// The matcher waits. Waking takes a system call, which a busy receiver
    /// need not make for every datagram.
    waiting: bool,
}

/// How the intake is doing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IntakeStatus {
    /// Messages that entered the queue.
    pub(crate) accepted: u64,
    /// Of these, messages that were longer than is matched.
    pub(crate) cut: u64,
    /// Since when nothing but errors has been received, if that is so.
    pub(crate) failing_since: Option<Instant>,
}

impl Queue {
    /// Returns an empty queue.
    pub(crate) const fn new() -> Self {
        let state = State {
            intake: Ring::new(),
            failures: heapless::Deque::new(),
            stopping: false,
            failing_since: None,
            waiting: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Hands a received message over, or counts it as lost. Never waits.
    pub(crate) fn push(&self, arrival: Arrival, message: &[u8]) {
        let mut state = self.lock();
        state.intake.push(arrival, message);
        self.wake(state);
    }

    /// Reports a delivery that failed for good.
    pub(crate) fn report_failure(&self, notifier: NotifierId, ticket: Ticket) {
        let mut state = self.lock();
        let _ = state.failures.push_back((notifier, ticket));
        self.wake(state);
    }

    /// Notes since when nothing but errors has been received, or with `None`
    /// that something was.
    pub(crate) fn set_failing(&self, since: Option<Instant>) {
        self.lock().failing_since = since;
    }

    /// Lets the matcher end once the queue is empty.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        self.wake(state);
    }

    /// Returns how the intake is doing.
    pub(crate) fn status(&self) -> IntakeStatus {
        let state = self.lock();
        IntakeStatus {
            accepted: state.intake.accepted(),
            cut: state.intake.cut(),
            failing_since: state.failing_since,
        }
    }

    /// Returns the next task, waiting for it up to `limit`.
    pub(crate) fn next(&self, buffer: &mut MessageBuffer, limit: Duration) -> Work {
        let mut state = self.lock();
        if let Some(work) = Self::take(&mut state, buffer) {
            return work;
        }
        state.waiting = true;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, limit, |state| {
                state.intake.is_idle() && state.failures.is_empty() && !state.stopping
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting = false;
        Self::take(&mut state, buffer).unwrap_or(Work::Timeout)
    }

    /// Losses come first: they happened before the messages that are left.
    fn take(state: &mut State, buffer: &mut MessageBuffer) -> Option<Work> {
        if let Some(loss) = state.intake.take_loss() {
            return Some(Work::Lost(loss));
        }
        if let Some((notifier, ticket)) = state.failures.pop_front() {
            return Some(Work::Failed(notifier, ticket));
        }
        if let Some((arrival, length)) = state.intake.pop(buffer) {
            return Some(Work::Message(arrival, length));
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
