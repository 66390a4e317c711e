//! The hand-over from the receiver, and from the senders, to the matcher.
//!
//! A mutex and two condition variables around a plain ring: the matcher sleeps
//! anyway if there is nothing to do, the critical section is a copy of some lines,
//! and the core stays free of atomics and `unsafe`.
//!
//! Both sides hand over in batches, and a thread is woken only if it waits:
//! whoever wakes it takes the mark of that away, so that it is woken once. So a
//! flood costs a few system calls for many datagrams, and one datagram at a time
//! costs one call to wake the matcher and one of the matcher to sleep again.

use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertik_core::delivery::Notifier;
use alertik_core::ids::Ticket;
use alertik_core::intake::{Arrival, MessageBuffer, Ring, RingLoss};
use alertik_core::time::Instant;

/// Failed deliveries that can wait for the matcher. One that finds no room leaves
/// its cooldown armed for some seconds, so a repeat is counted and not sent.
const FAILURES_MAX: usize = 256;

/// The matcher's next task.
#[derive(Debug)]
pub(crate) enum Work {
    /// Messages are in the buffer.
    Messages,
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
    /// Wakes the matcher.
    changed: Condvar,
    /// Wakes the receiver.
    room: Condvar,
}

#[derive(Debug)]
struct Inner {
    ring: Ring,
    failures: heapless::Deque<(Notifier, Ticket), FAILURES_MAX>,
    stopping: bool,
    /// Since when nothing but errors has been received, if that is so.
    failing_since: Option<Instant>,
    /// The matcher waits for something to do, and nobody has woken it yet.
    waiting: bool,
    receiver: Receiver,
}

/// What the receiver does as far as the queue knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Receiver {
    /// Anything but waiting for room.
    Works,
    /// Waits for room, and nobody has woken it yet.
    Waits,
    /// Was woken, and will push the messages that it holds.
    Woken,
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
            receiver: Receiver::Works,
        };
        Self {
            inner: Mutex::new(inner),
            changed: Condvar::new(),
            room: Condvar::new(),
        }
    }

    /// Hands received messages over, which all arrived at `at`. While the ring is
    /// full it waits for room, `limit` at most in all; what finds none by then is
    /// counted as lost.
    pub(crate) fn push_all<'m>(
        &self,
        at: Instant,
        messages: impl Iterator<Item = (IpAddr, &'m [u8])>,
        limit: Duration,
    ) {
        let mut inner = self.lock();
        let mut may_wait = !limit.is_zero();
        for (source, message) in messages {
            if may_wait && !inner.ring.has_room(message.len()) {
                inner = self.wait_for_room(inner, limit);
                // Once the ring is half empty, a batch fits; and a matcher that
                // took longer than the limit will not be any faster now.
                may_wait = false;
            }
            inner.ring.push(Arrival { at, source }, message);
        }
        self.wake(inner);
    }

    /// Waits until half of the ring is empty, so that the two threads need not
    /// alternate for every few messages.
    fn wait_for_room<'a>(
        &self,
        mut inner: MutexGuard<'a, Inner>,
        limit: Duration,
    ) -> MutexGuard<'a, Inner> {
        inner.receiver = Receiver::Waits;
        if std::mem::replace(&mut inner.waiting, false) {
            self.changed.notify_one();
        }
        let (mut inner, _) = self
            .room
            .wait_timeout_while(inner, limit, |inner| !inner.ring.is_half_empty())
            .unwrap_or_else(PoisonError::into_inner);
        inner.receiver = Receiver::Works;
        inner
    }

    /// Returns whether more than half of the space is in use, so that senders that
    /// can wait should.
    pub(crate) fn is_half_full(&self) -> bool {
        !self.lock().ring.is_half_empty()
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

    /// Returns the next task. If there is none yet, waits for it as long as
    /// `limit` returns.
    pub(crate) fn next(
        &self,
        buffer: &mut MessageBuffer,
        limit: impl FnOnce() -> Duration,
    ) -> Work {
        let mut inner = self.lock();
        if let Some(work) = self.take(&mut inner, buffer) {
            return work;
        }
        inner.waiting = true;
        let (mut inner, _) = self
            .changed
            .wait_timeout_while(inner, limit(), |inner| {
                inner.ring.is_idle() && inner.failures.is_empty() && !inner.stopping
            })
            .unwrap_or_else(PoisonError::into_inner);
        inner.waiting = false;
        self.take(&mut inner, buffer).unwrap_or(Work::Timeout)
    }

    /// Losses come first: they happened before the messages that are left.
    fn take(&self, inner: &mut Inner, buffer: &mut MessageBuffer) -> Option<Work> {
        if let Some(loss) = inner.ring.take_loss() {
            return Some(Work::Lost(loss));
        }
        if let Some((notifier, ticket)) = inner.failures.pop_front() {
            return Some(Work::Failed(notifier, ticket));
        }
        if inner.ring.pop(buffer) {
            if inner.receiver == Receiver::Waits && inner.ring.is_half_empty() {
                inner.receiver = Receiver::Woken;
                self.room.notify_one();
            }
            return Some(Work::Messages);
        }
        let is_last = inner.stopping && inner.receiver == Receiver::Works;
        is_last.then_some(Work::Stopped)
    }

    fn wake(&self, mut inner: MutexGuard<'_, Inner>) {
        let waiting = std::mem::replace(&mut inner.waiting, false);
        drop(inner);
        if waiting {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::thread;
    use std::time::Instant as StdInstant;

    use super::*;

    const LINE: &[u8] = &[b'x'; 110];
    /// Far longer than the other thread needs.
    const LONG: Duration = Duration::from_secs(60);

    fn push(queue: &Queue, count: usize, limit: Duration) {
        let source = IpAddr::from(Ipv4Addr::LOCALHOST);
        let messages = std::iter::repeat_n((source, LINE), count);
        queue.push_all(Instant::ZERO, messages, limit);
    }

    /// Takes what there is, and returns how many messages there were and how many
    /// were lost.
    fn take_all(queue: &Queue, buffer: &mut MessageBuffer) -> (u64, u64) {
        let (mut messages, mut lost) = (0, 0);
        loop {
            match queue.next(buffer, || Duration::ZERO) {
                Work::Messages => {
                    while buffer.next_message().is_some() {
                        messages += 1;
                    }
                }
                Work::Lost(loss) => lost += loss.count,
                _ => return (messages, lost),
            }
        }
    }

    /// While the matcher works, the receiver waits for room and loses nothing.
    #[test]
    fn a_full_ring_makes_the_receiver_wait() {
        let queue = Box::new(Queue::new());
        let mut buffer = MessageBuffer::new();
        thread::scope(|scope| {
            let receiver = scope.spawn(|| {
                for _ in 0..2_000 {
                    push(&queue, 5, LONG);
                }
            });
            let (mut messages, mut is_over) = (0, false);
            while !is_over {
                is_over = receiver.is_finished();
                let (more, lost) = take_all(&queue, &mut buffer);
                assert_eq!(lost, 0);
                messages += more;
            }
            assert_eq!(messages, 10_000);
        });
    }

    /// If the matcher does not move, the receiver goes on after its limit: one for
    /// a batch and not one for each message. What was lost is counted.
    #[test]
    fn the_wait_is_bounded() {
        let queue = Queue::new();
        push(&queue, 5_000, Duration::ZERO);
        let accepted = queue.status().accepted;
        let started = StdInstant::now();
        let limit = Duration::from_millis(50);
        push(&queue, 100, limit);
        assert!(started.elapsed() >= limit);
        assert!(started.elapsed() < 50 * limit);
        let counts = take_all(&queue, &mut MessageBuffer::new());
        assert_eq!(counts, (accepted, 5_100 - accepted));
    }

    /// Whoever wakes the matcher takes the mark: a second message does not wake it
    /// again, and the next wait is ended again.
    #[test]
    fn a_wait_is_ended_once() {
        let queue = Queue::new();
        thread::scope(|scope| {
            let matcher = scope.spawn(|| {
                let mut buffer = MessageBuffer::new();
                for _ in 0..2 {
                    assert!(matches!(queue.next(&mut buffer, || LONG), Work::Messages));
                }
            });
            for _ in 0..2 {
                while !queue.lock().waiting {
                    thread::yield_now();
                }
                push(&queue, 1, LONG);
                let inner = queue.lock();
                assert!(!inner.waiting || inner.ring.is_idle());
            }
            matcher.join().expect("no panic");
        });
    }
}
