//! The hand-over from the receiver, and from the senders, to the matcher.
//!
//! A mutex and a condition variable around a plain ring: the matcher sleeps
//! anyway if there is nothing to do, the critical section is one copy of a line,
//! and the core stays free of atomics and `unsafe`.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::delivery::Notifier;
use alertik_core::ids::Ticket;
use alertik_core::intake::{Arrival, MessageBuffer, Ring, RingLoss};
use alertik_core::time::Instant;

/// Failed deliveries that can wait for the matcher. One that finds no room leaves
/// its cooldown armed for some seconds, so a repeat is counted and not sent.
const FAILURES_MAX: usize = 64;

/// The matcher's next task.
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
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner {
    ring: Ring,
    failures: heapless::Deque<(Notifier, Ticket), FAILURES_MAX>,
    stopping: bool,
    /// Since when nothing but errors has been received, if that is so.
    failing_since: Option<Instant>,
    /// The matcher waits. Waking it takes a system call, which a busy receiver
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
        let inner = Inner {
            ring: Ring::new(),
            failures: heapless::Deque::new(),
            stopping: false,
            failing_since: None,
            waiting: false,
        };
        Self {
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        }
    }

    /// Hands a received message over, or counts it as lost. Never waits.
    pub(crate) fn push(&self, arrival: Arrival, message: &[u8]) {
        let mut inner = self.lock();
        inner.ring.push(arrival, message);
        self.wake(inner);
    }

    /// Returns whether more than half of the space is in use, so that senders that
    /// can wait should.
    pub(crate) fn is_half_full(&self) -> bool {
        self.lock().ring.is_half_full()
    }

    /// Reports a delivery that failed for good.
    pub(crate) fn report_failure(&self, notifier: Notifier, ticket: Ticket) {
        let mut inner = self.lock();
        let _ = inner.failures.push_back((notifier, ticket));
        self.wake(inner);
    }

    /// Notes since when nothing but errors has been received, or with `None`
    /// that something was.
    pub(crate) fn set_failing(&self, since: Option<Instant>) {
        self.lock().failing_since = since;
    }

    /// Lets the matcher end once the queue is empty.
    pub(crate) fn stop(&self) {
        let mut inner = self.lock();
        inner.stopping = true;
        self.wake(inner);
    }

    /// Returns how the intake is doing.
    pub(crate) fn status(&self) -> IntakeStatus {
        let inner = self.lock();
        IntakeStatus {
            accepted: inner.ring.accepted(),
            cut: inner.ring.cut(),
            failing_since: inner.failing_since,
        }
    }

    /// Returns the next task if there is one already.
    pub(crate) fn try_next(&self, buffer: &mut MessageBuffer) -> Option<Work> {
        Self::take(&mut self.lock(), buffer)
    }

    /// Returns the next task, waiting for it up to `limit`.
    pub(crate) fn next(&self, buffer: &mut MessageBuffer, limit: Duration) -> Work {
        let mut inner = self.lock();
        if let Some(work) = Self::take(&mut inner, buffer) {
            return work;
        }
        inner.waiting = true;
        let (mut inner, _) = self
            .changed
            .wait_timeout_while(inner, limit, |inner| {
                inner.ring.is_idle() && inner.failures.is_empty() && !inner.stopping
            })
            .unwrap_or_else(PoisonError::into_inner);
        inner.waiting = false;
        Self::take(&mut inner, buffer).unwrap_or(Work::Timeout)
    }

    /// Losses come first: they happened before the messages that are left.
    fn take(inner: &mut Inner, buffer: &mut MessageBuffer) -> Option<Work> {
        if let Some(loss) = inner.ring.take_loss() {
            return Some(Work::Lost(loss));
        }
        if let Some((notifier, ticket)) = inner.failures.pop_front() {
            return Some(Work::Failed(notifier, ticket));
        }
        if let Some(arrival) = inner.ring.pop(buffer) {
            return Some(Work::Message(arrival));
        }
        inner.stopping.then_some(Work::Stopped)
    }

    fn wake(&self, inner: MutexGuard<'_, Inner>) {
        let waiting = inner.waiting;
        drop(inner);
        if waiting {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
