//! The matcher thread: takes messages from the queue, lets the core's engine
//! decide, and hands notifications to the senders. It never waits for a service.

use std::sync::atomic::Ordering;
use std::time::Duration;

use alertik_core::delivery::{Loss, LossCause};
use alertik_core::intake::{Arrival, MessageBuffer};
use alertik_core::rules::Engine;
use alertik_core::syslog::{is_own_output, trim_line_end};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

use crate::intake::queue::{Queue, Work};
use crate::log::{Escaped, debug};
use crate::notifier::Senders;
use crate::sys::atomic::AtomicU64;
use crate::sys::clock;

/// Longest sleep without anything to do. The kernel's drops are asked for then.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// While losses go on, they are told no more often than this.
const LOSS_PAUSE_MILLIS: u64 = 1_000;

/// What the matcher counts, for the status.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Messages the engine has handled.
    pub(crate) handled: AtomicU64,
    /// Messages that matched a rule.
    pub(crate) matched: AtomicU64,
    /// Notifications handed to the senders.
    pub(crate) notified: AtomicU64,
    /// Notifications that a cooldown held back.
    pub(crate) suppressed: AtomicU64,
    /// Lines of our own output that came back and were dropped.
    pub(crate) own_output: AtomicU64,
    /// When the matcher last had something to do or looked whether there is
    /// anything, in milliseconds of the monotonic clock.
    pub(crate) moved: AtomicU64,
    /// Messages lost because the ring was full.
    pub(crate) lost_ring: AtomicU64,
    /// Messages the kernel dropped.
    pub(crate) lost_kernel: AtomicU64,
}

/// The matcher: the engine and what it is connected to.
pub(crate) struct Matcher<'a> {
    engine: Engine,
    queue: &'a Queue,
    senders: &'a Senders,
    counters: &'a Counters,
    /// Returns the kernel's count of dropped datagrams, modulo 2^32.
    kernel_drops: &'a (dyn Fn() -> Option<u32> + Sync),
    seen_drops: u32,
    untold: [Option<Loss>; 2],
    told_at: Option<Instant>,
}

impl<'a> Matcher<'a> {
    /// Returns a matcher that is ready to run.
    pub(crate) fn new(
        engine: Engine,
        queue: &'a Queue,
        senders: &'a Senders,
        counters: &'a Counters,
        kernel_drops: &'a (dyn Fn() -> Option<u32> + Sync),
    ) -> Self {
        let (seen_drops, untold, told_at) = (0, [None; 2], None);
        Self {
            engine,
            queue,
            senders,
            counters,
            kernel_drops,
            seen_drops,
            untold,
            told_at,
        }
    }

    /// Works until the queue is stopped and empty.
    pub(crate) fn run(mut self) {
        let mut buffer = Box::new(MessageBuffer::new());
        let mut text = Box::new(TextBuffer::new());
        loop {
            let now = clock::now().millis();
            self.counters.moved.store(now, Ordering::Relaxed);
            let work = match self.queue.try_next(&mut buffer) {
                Some(work) => work,
                None => {
                    self.note_kernel_drops();
                    self.tell_losses(clock::now(), false);
                    self.queue.next(&mut buffer, self.idle_limit())
                }
            };
            match work {
                Work::Message(arrival) => self.match_message(arrival, buffer.message()),
                Work::Lost(loss) => {
                    let since = wall_at(loss.since);
                    self.note(LossCause::Ring, loss.count, since);
                    self.tell_losses(clock::now(), false);
                    continue;
                }
                Work::Failed(notifier, ticket) => self.engine.handle_failure(ticket, notifier.id()),
                Work::Timeout => self.engine.handle_timeout(clock::now()),
                Work::Stopped => break,
            }
            self.notify(&mut text);
        }
        // What a cooldown has counted is told now or never.
        self.engine.handle_timeout(Instant::from_millis(u64::MAX));
        self.note_kernel_drops();
        self.tell_losses(clock::now(), true);
        self.notify(&mut text);
    }

    fn match_message(&mut self, arrival: Arrival, datagram: &[u8]) {
        let message = trim_line_end(datagram);
        if is_own_output(message) {
            self.counters.own_output.fetch_add(1, Ordering::Relaxed);
            self.engine.handle_timeout(clock::now());
            return;
        }
        debug(format_args!(
            "received from {}: {}",
            arrival.source,
            Escaped(message)
        ));
        self.engine
            .handle(clock::now(), arrival, || wall_at(arrival.at), message);
    }

    /// Hands on what the engine has to tell.
    fn notify(&mut self, text: &mut TextBuffer) {
        while let Some(head) = self.engine.poll(text) {
            self.senders.push(clock::now(), &head, text.as_text());
        }
        let counters = self.engine.counters();
        self.counters
            .handled
            .store(counters.handled, Ordering::Relaxed);
        self.counters
            .matched
            .store(counters.matched, Ordering::Relaxed);
        self.counters
            .notified
            .store(counters.notified, Ordering::Relaxed);
        self.counters
            .suppressed
            .store(counters.suppressed, Ordering::Relaxed);
    }

    fn idle_limit(&self) -> Duration {
        let until = self.engine.poll_timeout().map(|at| at.since(clock::now()));
        until.map_or(IDLE_MAX, |millis| {
            Duration::from_millis(millis).min(IDLE_MAX)
        })
    }

    fn note_kernel_drops(&mut self) {
        let Some(drops) = (self.kernel_drops)() else {
            return;
        };
        let new = drops.wrapping_sub(self.seen_drops);
        self.seen_drops = drops;
        if new > 0 {
            self.note(LossCause::Kernel, u64::from(new), clock::wall());
        }
    }

    fn note(&mut self, cause: LossCause, count: u64, since: Wall) {
        let (slot, total) = match cause {
            LossCause::Kernel => (0, &self.counters.lost_kernel),
            _ => (1, &self.counters.lost_ring),
        };
        total.fetch_add(count, Ordering::Relaxed);
        let untold = self.untold[slot].get_or_insert(Loss {
            cause,
            count: 0,
            since,
        });
        untold.count += count;
    }

    /// Tells the log and every notifier what was lost; at most once a second
    /// while it goes on, unless this is the `last` chance.
    fn tell_losses(&mut self, now: Instant, last: bool) {
        let too_early = self
            .told_at
            .is_some_and(|at| now.since(at) < LOSS_PAUSE_MILLIS);
        if too_early && !last {
            return;
        }
        for loss in &mut self.untold {
            let Some(loss) = loss.take() else { continue };
            self.told_at = Some(now);
            let why = match loss.cause {
                LossCause::Kernel => "the receive buffer of the kernel was full",
                _ => "the queue was full",
            };
            let Loss { count, since, .. } = loss;
            log::warn!("{count} messages lost since {}: {why}", since.time_of_day());
            self.senders.report_loss(loss);
        }
    }
}

/// Returns the wall-clock time of a monotonic time in the recent past.
fn wall_at(at: Instant) -> Wall {
    let ago = clock::now().since(at) / 1_000;
    let mut wall = clock::wall();
    wall.unix_secs -= i64::try_from(ago).unwrap_or(0);
    wall
}
