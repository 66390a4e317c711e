//! The matcher thread: takes messages from the queue, lets the core's engine
//! decide, and hands notifications to the senders. It never waits for a service.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use alertik_core::delivery::{Loss, LossCause, Losses};
use alertik_core::intake::{Arrival, MessageBuffer};
use alertik_core::routers::HeardRouters;
use alertik_core::rules::{Engine, EngineCounters};
use alertik_core::syslog::trim_line_end;
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

use crate::daemon::state::{Keeper, StateFile};
use crate::intake::queue::{Queue, Work};
use crate::log::{Escaped, debug, is_own_output};
use crate::notifier::Senders;
use crate::sys::clock;

/// Longest sleep if there is nothing to do.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// A matcher that did nothing for longer than this was stopped, and what came meanwhile
/// may be lost.
const STOPPED_MILLIS: u64 = 5_000;
/// Time between two looks at the kernel's count of dropped datagrams.
const DROPS_PAUSE_MILLIS: u64 = 1_000;
/// Time between two reports of losses, as long as they go on.
const REPORT_PAUSE_MILLIS: u64 = 1_000;

/// The matcher's counts and state. Published as a whole after each message, so that
/// the counts of one status belong together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MatcherStatus {
    /// The engine's counts.
    pub(crate) engine: EngineCounters,
    /// Lines of our own output that came back and were dropped.
    pub(crate) own_output: u64,
    /// Messages lost because the ring was full.
    pub(crate) lost_ring: u64,
    /// Messages that the kernel dropped.
    pub(crate) lost_kernel: u64,
    /// When the last of these losses was noticed.
    pub(crate) lost_at: Option<Instant>,
    /// When the matcher last did something, or found that there is nothing to
    /// do.
    pub(crate) moved_at: Instant,
    /// The matcher has finished after a stop.
    pub(crate) ended: bool,
}

/// What the matcher publishes.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) status: MatcherStatus,
    /// The routers heard most recently.
    pub(crate) routers: HeardRouters,
}

/// The matcher: the engine and what it is connected to.
pub(super) struct Matcher<'a> {
    engine: Engine,
    queue: &'a Queue,
    senders: &'a Senders,
    /// Returns the kernel's count of dropped datagrams, modulo 2^32.
    kernel_drops: &'a (dyn Fn() -> Option<u32> + Sync),
    /// The last count of these, and when it was read.
    drops_seen: u32,
    drops_read_at: Option<Instant>,
    unreported: Losses,
    reported_at: Option<Instant>,
    keeper: Keeper,
    /// The matcher's own copy, and the one that others read.
    status: MatcherStatus,
    published: &'a Mutex<Published>,
}

impl<'a> Matcher<'a> {
    /// Returns a matcher that is ready to run and publishes its status in
    /// `published`.
    pub(super) fn new(
        engine: Engine,
        queue: &'a Queue,
        senders: &'a Senders,
        kernel_drops: &'a (dyn Fn() -> Option<u32> + Sync),
        published: &'a Mutex<Published>,
    ) -> Self {
        Self {
            engine,
            queue,
            senders,
            kernel_drops,
            drops_seen: 0,
            drops_read_at: None,
            unreported: Losses::NONE,
            reported_at: None,
            keeper: Keeper::default(),
            status: MatcherStatus::default(),
            published,
        }
    }

    /// Keeps what the rules know in a file.
    pub(super) fn keeping(mut self, file: Option<&'static StateFile>) -> Self {
        self.keeper.file = file;
        self
    }

    /// Works until the queue is stopped and empty.
    pub(super) fn run(mut self) {
        let mut buffer = Box::new(MessageBuffer::new());
        let mut text = Box::new(TextBuffer::new());
        loop {
            let work = self.queue.next(&mut buffer, || self.idle_limit());
            if matches!(work, Work::Stopped) {
                break;
            }
            self.handle(clock::now(), &work, &mut buffer, &mut text);
        }
        self.finish(&mut text);
    }

    /// Does one thing, and all that follows from it.
    fn handle(
        &mut self,
        now: Instant,
        work: &Work,
        buffer: &mut MessageBuffer,
        text: &mut TextBuffer,
    ) {
        if now.since(self.status.moved_at) > STOPPED_MILLIS {
            self.engine.handle_loss(now);
        }
        // By the clock and not whenever the queue is empty, which it never is
        // in a flood that lasts.
        let is_due = |at: Instant| now.since(at) >= DROPS_PAUSE_MILLIS;
        if self.drops_read_at.is_none_or(is_due) {
            self.read_kernel_drops(now);
        }
        match *work {
            Work::Messages => {}
            Work::Lost(loss) => {
                self.status.lost_ring += loss.count;
                self.status.lost_at = Some(now);
                self.engine.handle_loss(now);
                self.unreported.add(Loss {
                    cause: LossCause::Ring,
                    count: loss.count,
                    since: wall_at(now, loss.since),
                });
            }
            Work::Failed(notifier, ticket) => self.engine.handle_failure(ticket, notifier.id()),
            Work::Timeout | Work::Stopped => self.engine.handle_timeout(now, clock::wall),
        }
        // Before the notifications, so that the next one mentions the losses.
        let is_due = |at: Instant| now.since(at) >= REPORT_PAUSE_MILLIS;
        if self.reported_at.is_none_or(is_due) {
            self.report_losses(now);
        }
        let now = match *work {
            Work::Messages => self.match_messages(now, buffer, text),
            _ => self.notify(now, text),
        };
        self.keeper.look(now, &mut self.engine);
        self.status.engine = self.engine.counters();
        self.status.moved_at = now;
        self.publish();
    }

    /// Matches the messages in `buffer`. Returns the time as of the last clock
    /// reading.
    fn match_messages(
        &mut self,
        mut now: Instant,
        buffer: &mut MessageBuffer,
        text: &mut TextBuffer,
    ) -> Instant {
        while let Some((arrival, datagram)) = buffer.next_message() {
            self.match_message(now, arrival, datagram);
            now = self.notify(now, text);
        }
        now
    }

    /// Ends every cooldown, since what they have counted is reported now or
    /// never, reports the last losses, and saves what the rules know.
    fn finish(mut self, text: &mut TextBuffer) {
        let now = clock::now();
        self.engine
            .handle_timeout(Instant::from_millis(u64::MAX), clock::wall);
        self.read_kernel_drops(now);
        self.report_losses(now);
        self.notify(now, text);
        self.keeper.finish(now, &mut self.engine);
        self.status.engine = self.engine.counters();
        self.status.ended = true;
        self.publish();
    }

    fn match_message(&mut self, now: Instant, arrival: Arrival, datagram: &[u8]) {
        let message = trim_line_end(datagram);
        if is_own_output(message) {
            self.status.own_output += 1;
            // It does not count as heard: a report of silence that came back would end it.
            self.engine.handle_timeout(now, clock::wall);
            return;
        }
        debug(format_args!(
            "received from {}: {}",
            arrival.source,
            Escaped(message)
        ));
        self.engine
            .handle(now, arrival, || wall_at(now, arrival.at), message);
    }

    /// Hands the engine's notifications on. Returns the time, which is read again
    /// only if there were any: other messages take a few microseconds.
    fn notify(&mut self, now: Instant, text: &mut TextBuffer) -> Instant {
        let Some(mut head) = self.engine.poll(text) else {
            return now;
        };
        loop {
            self.senders.push(now, &head, text.as_text());
            match self.engine.poll(text) {
                Some(next) => head = next,
                None => return clock::now().max(now),
            }
        }
    }

    /// Returns how long there is nothing to do unless something arrives, as of
    /// what was done last.
    fn idle_limit(&self) -> Duration {
        let now = self.status.moved_at;
        let until = self.engine.poll_timeout().map(|at| at.since(now));
        until.map_or(IDLE_MAX, |millis| {
            Duration::from_millis(millis).min(IDLE_MAX)
        })
    }

    fn read_kernel_drops(&mut self, now: Instant) {
        // They may have begun right after the last look.
        let since = self
            .drops_read_at
            .replace(now)
            .map_or_else(clock::wall, |at| wall_at(now, at));
        if self.queue.status().failing_since.is_some() {
            self.engine.handle_loss(now);
        }
        let Some(drops) = (self.kernel_drops)() else {
            return;
        };
        let count = u64::from(drops.wrapping_sub(self.drops_seen));
        self.drops_seen = drops;
        self.status.lost_kernel += count;
        if count > 0 {
            self.status.lost_at = Some(now);
            self.engine.handle_loss(now);
        }
        self.unreported.add(Loss {
            cause: LossCause::Kernel,
            count,
            since,
        });
    }

    /// Reports losses to the log and to every notifier.
    fn report_losses(&mut self, now: Instant) {
        for loss in std::mem::take(&mut self.unreported).iter() {
            self.reported_at = Some(now);
            let why = match loss.cause {
                LossCause::Kernel => "the receive buffer of the kernel was full",
                _ => "the queue was full",
            };
            let Loss { count, since, .. } = loss;
            log::warn!("{count} messages lost since {}: {why}", since.time_of_day());
            self.senders.report_loss(loss);
        }
    }

    fn publish(&mut self) {
        let published = self.published.lock();
        let mut published = published.unwrap_or_else(PoisonError::into_inner);
        published.status = self.status;
        self.engine.copy_heard(&mut published.routers);
    }
}

/// Returns the wall-clock time of a monotonic time in the recent past.
fn wall_at(now: Instant, at: Instant) -> Wall {
    let ago = now.since(at) / 1_000;
    let mut wall = clock::wall();
    wall.unix_secs -= i64::try_from(ago).unwrap_or(0);
    wall
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::atomic::{AtomicU32, Ordering};

    use alertik_core::ids::{NotifierSet, RuleName};
    use alertik_core::rules::{MatchType, RuleSpec, RulesBuilder};

    use super::*;
    use crate::notifier;
    use crate::settings::services::Notifiers;

    /// An engine whose only rule matches lines with "match".
    fn engine() -> Engine {
        let mut builder = RulesBuilder::new();
        let spec = RuleSpec {
            name: RuleName::Environment(0),
            match_type: MatchType::Substring,
            match_str: b"match",
            mask: "found",
            notifiers: NotifierSet::EMPTY,
            cooldown_millis: 0,
        };
        builder.add(&spec).expect("a right rule");
        Engine::new(builder.finish(), (1, 2))
    }

    /// Runs a matcher over `count` matching messages that are `pause` ms apart,
    /// without ever finding the queue empty.
    fn flood(
        count: u64,
        pause: u64,
        kernel_drops: &(dyn Fn() -> Option<u32> + Sync),
        published: &Mutex<Published>,
    ) {
        let queue = Box::new(Queue::new());
        let failed = Box::new(|_, _| {});
        let senders = notifier::start(Notifiers::none(), failed).expect("no threads to start");
        let mut matcher = Matcher::new(engine(), &queue, &senders, kernel_drops, published);
        let mut buffer = MessageBuffer::new();
        let mut text = TextBuffer::new();
        for number in 0..count {
            let at = Instant::from_millis(number * pause);
            let source = IpAddr::from(Ipv4Addr::LOCALHOST);
            let message = (source, &b"a match"[..]);
            queue.push_all(at, std::iter::once(message), Duration::ZERO);
            let work = queue.next(&mut buffer, || Duration::ZERO);
            matcher.handle(at, &work, &mut buffer, &mut text);
        }
    }

    /// Kernel losses are counted within a second, also if the queue never gets
    /// empty.
    #[test]
    fn kernel_drops_are_read_once_a_second() {
        let reads = AtomicU32::new(0);
        // Ten datagrams get lost between two looks.
        let drops = || Some(10 * reads.fetch_add(1, Ordering::Relaxed));
        let published = Mutex::default();
        flood(301, 10, &drops, &published);
        let Published { status, routers } = published.into_inner().expect("no panic");
        assert_eq!((routers.len(), routers[0].matched), (1, 301));
        assert_eq!(reads.into_inner(), 4, "at 0, 1, 2 and 3 seconds");
        assert_eq!(status.lost_kernel, 30);
        assert_eq!(status.engine.handled, 301);
    }

    /// At any time the counts of a status belong to the same message.
    #[test]
    fn a_status_is_consistent() {
        let published = Mutex::<Published>::default();
        std::thread::scope(|scope| {
            let matcher = scope.spawn(|| flood(5_000, 1, &|| None, &published));
            while !matcher.is_finished() {
                let engine = published.lock().expect("no panic").status.engine;
                assert_eq!(engine.matched, engine.handled);
                assert_eq!(engine.notified, engine.handled);
            }
        });
    }
}
