//! How the daemon is doing, and whether somebody should look: a few lines for people, one
//! for the log, JSON for scripts and metrics for Prometheus.

mod lines;
mod metrics;
mod report;

use alertik_core::delivery::{Hold, Notifier};
use alertik_core::routers::HeardRouter;
use alertik_core::time::Instant;

use crate::daemon::matcher::MatcherStatus;
use crate::daemon::shared::Daemon;
use crate::intake::forward::ForwardState;
use crate::notifier::NotifierStatus;
use crate::sys::clock;

/// A notifier that has failed for longer than this, in milliseconds, makes the
/// daemon unhealthy: services have bad minutes.
const NOTIFIER_FAILING_MILLIS: u64 = 60 * 60 * 1_000;
/// A receiver that gets only errors, or a matcher that has not moved, for longer
/// than this, in milliseconds, has stopped. Both should move within a second.
const INTAKE_STOPPED_MILLIS: u64 = 60 * 1_000;

/// A matcher that has not moved for so long, in milliseconds, must not have others
/// believe that the daemon works. The worst line takes less than one second.
const MATCHER_STUCK_MILLIS: u64 = 10 * 1_000;

/// For so long after a loss, in milliseconds, the daemon is unhealthy: somebody
/// should look whether it lasts.
const LOSS_TOLD_MILLIS: u64 = 10 * 60 * 1_000;

/// The daemon's state at one moment.
pub(crate) struct Status {
    now: Instant,
    /// Each with its name in JSON.
    counts: [Count; COUNTS],
    /// Messages and notifications that were lost, by cause.
    lost: [Count; LOSSES],
    notifiers: Vec<(Notifier, NotifierStatus)>,
    /// The routers heard most recently, the last one first.
    routers: Vec<HeardRouter>,
    /// The reason why somebody should look, if there is one.
    complaint: Option<String>,
    /// Whether intake and matcher work.
    is_live: bool,
}

const COUNTS: usize = 16;
const LOSSES: usize = 6;

/// A count with its name in JSON.
type Count = (&'static str, u64);

/// The fact about a notifier that is true (1) or false (0).
const SUSPENDED: &str = "suspended";

/// A fact with its name in JSON; `None` is never.
type Fact = (&'static str, Option<u64>);

/// Returns the state.
pub(crate) fn of(daemon: &Daemon) -> Status {
    let now = clock::now();
    let matcher = daemon.matcher_status();
    let notifiers: Vec<_> = Notifier::ALL
        .into_iter()
        .filter_map(|id| Some((id, daemon.senders.status(id)?)))
        .collect();
    let sum = |count: fn(&NotifierStatus) -> u64| notifiers.iter().map(|(_, n)| count(n)).sum();
    let intake = daemon.queue.status();
    let forward = daemon.forward.map(ForwardState::counts);
    let forward = forward.unwrap_or_default();
    let stopped = stopped(now, intake.failing_since, matcher.moved_at);
    let is_live = stopped.is_none();
    let complaint = stopped
        .map(str::to_owned)
        .or_else(|| lost(now, matcher.lost_at))
        .or_else(|| {
            notifiers
                .iter()
                .find_map(|(id, status)| ails(now, *id, status))
        });
    let mut routers = daemon.routers();
    routers.sort_unstable_by_key(|router| std::cmp::Reverse(router.order));
    Status {
        now,
        counts: [
            ("received", intake.accepted),
            ("matched", matcher.engine.matched),
            ("notified", matcher.engine.notified),
            ("suppressed", matcher.engine.suppressed),
            ("forgotten", matcher.engine.forgotten),
            ("restored", sum(|n| n.counts.restored)),
            ("sent", sum(|n| n.counts.sent)),
            ("failed", sum(|n| n.counts.failed_attempts)),
            ("waiting", sum(|n| n.waiting)),
            ("own_output", matcher.own_output),
            ("foreign", daemon.gate.foreign()),
            ("cut", intake.cut),
            ("forwarded", forward.forwarded),
            ("not_forwarded", forward.failed),
            ("tcp_connections", daemon.tcp.open()),
            ("tcp_refused", daemon.tcp.refused()),
        ],
        lost: [
            ("kernel", matcher.lost_kernel),
            ("queue", matcher.lost_ring),
            ("outbox", sum(|n| n.counts.evicted)),
            ("expired", sum(|n| n.counts.expired)),
            ("unanswered", sum(|n| n.counts.unanswered)),
            ("refused", sum(|n| n.counts.refused)),
        ],
        notifiers,
        routers,
        complaint,
        is_live,
    }
}

/// Returns what has stopped, if anything has: nothing was received since
/// `failing_since`, or the matcher has not moved since `moved_at`. A restart may
/// help.
fn stopped(
    now: Instant,
    failing_since: Option<Instant>,
    moved_at: Instant,
) -> Option<&'static str> {
    if failing_since.is_some_and(|since| now.since(since) > INTAKE_STOPPED_MILLIS) {
        return Some("intake stopped: nothing can be received");
    }
    (now.since(moved_at) > INTAKE_STOPPED_MILLIS)
        .then_some("intake stopped: the matcher has stopped")
}

/// Returns whether the daemon receives and matches.
pub(super) fn is_working(daemon: &Daemon) -> bool {
    let matcher = daemon.matcher_status();
    let failing_since = daemon.queue.status().failing_since;
    works(clock::now(), failing_since, &matcher)
}

/// See [`is_working`].
fn works(now: Instant, failing_since: Option<Instant>, matcher: &MatcherStatus) -> bool {
    let moved_at = matcher.moved_at;
    let moves = moved_at > Instant::ZERO && now.since(moved_at) < MATCHER_STUCK_MILLIS;
    moves && !matcher.ended && stopped(now, failing_since, moved_at).is_none()
}

/// Returns a complaint if intake has lost messages not long ago.
fn lost(now: Instant, lost_at: Option<Instant>) -> Option<String> {
    let ago = now.since(lost_at?);
    (ago < LOSS_TOLD_MILLIS).then(|| format!("messages lost at intake {} s ago", ago / 1_000))
}

/// Returns what is wrong with a notifier, if anything is: it is suspended, has
/// lost notifications not long ago, or has failed for too long.
fn ails(now: Instant, id: Notifier, status: &NotifierStatus) -> Option<String> {
    let name = id.name();
    if let (Hold::Suspended, until) = status.hold {
        let secs = until.since(now).div_ceil(1_000);
        let at = clock::wall_in(secs).time_of_day();
        return Some(format!("{name} suspended, next attempt at {at}"));
    }
    if let Some(at) = status.evicted_at
        && now.since(at) < LOSS_TOLD_MILLIS
    {
        let secs = now.since(at) / 1_000;
        return Some(format!(
            "{name} lost notifications {secs} s ago: its outbox was full"
        ));
    }
    let millis = now.since(status.failing_since?);
    (millis > NOTIFIER_FAILING_MILLIS)
        .then(|| format!("{name} has failed for {} s", millis / 1_000))
}

/// Writes the state to the log.
pub(crate) fn log(daemon: &Daemon) {
    log::info!("{}", of(daemon));
}

impl Status {
    /// Returns whether nobody needs to look.
    pub(crate) const fn is_healthy(&self) -> bool {
        self.complaint.is_none()
    }

    /// Returns whether intake and matcher work, whatever becomes of notifications.
    pub(crate) const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Returns the complaint, if somebody should look.
    pub(super) fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    fn up_secs(&self) -> u64 {
        // The clock's epoch is its first use, at the start.
        self.now.millis() / 1_000
    }

    fn secs_since(&self, at: Instant) -> u64 {
        self.now.since(at) / 1_000
    }

    /// Returns what is known of a notifier. Times are seconds before now.
    fn facts_of_notifier(&self, status: &NotifierStatus) -> [Fact; 9] {
        let ago = |at: Option<Instant>| at.map(|at| self.secs_since(at));
        let (hold, until) = status.hold;
        let resumes_in = match hold {
            Hold::None => 0,
            _ => until.since(self.now) / 1_000,
        };
        [
            ("sent", Some(status.counts.sent)),
            ("failed", Some(status.counts.failed_attempts)),
            ("waiting", Some(status.waiting)),
            ("failures_in_a_row", Some(status.failures.into())),
            ("last_success", ago(status.last_success)),
            ("failing_since", ago(status.failing_since)),
            ("last_error_at", ago(status.last_error_at)),
            (SUSPENDED, Some((hold == Hold::Suspended).into())),
            ("resumes_in", Some(resumes_in)),
        ]
    }

    /// Returns what is known of a router. Times are seconds before now.
    fn facts_of_router(&self, router: &HeardRouter) -> [Fact; 3] {
        [
            ("last_heard", Some(self.secs_since(router.last))),
            ("received", Some(router.received)),
            ("matched", Some(router.matched)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notifier() -> NotifierStatus {
        NotifierStatus {
            counts: alertik_core::delivery::Counts::default(),
            waiting: 0,
            last_success: None,
            evicted_at: None,
            failing_since: None,
            failures: 0,
            hold: (Hold::None, Instant::ZERO),
            last_error_at: None,
            last_error: None,
        }
    }

    /// Each reason on its own, on both sides of its limit.
    #[test]
    fn complaints() {
        let now = Instant::from_millis(100_000_000);
        let ago = |millis| Instant::from_millis(now.millis() - millis);
        let (minute, hour) = (60_000, 3_600_000);
        assert_eq!(stopped(now, Some(ago(minute)), ago(minute)), None);
        let deaf = Some("intake stopped: nothing can be received");
        assert_eq!(stopped(now, Some(ago(minute + 1)), now), deaf);
        let stuck = Some("intake stopped: the matcher has stopped");
        assert_eq!(stopped(now, None, ago(minute + 1)), stuck);

        let matcher = |moved_at, ended| MatcherStatus {
            moved_at,
            ended,
            ..MatcherStatus::default()
        };
        assert!(works(now, Some(ago(minute)), &matcher(ago(9_999), false)));
        assert!(!works(now, None, &matcher(ago(10_000), false)));
        assert!(!works(now, None, &matcher(now, true)));
        assert!(!works(now, Some(ago(minute + 1)), &matcher(now, false)));
        let soon = Instant::from_millis(500);
        assert!(!works(soon, None, &matcher(Instant::ZERO, false)));

        assert_eq!(lost(now, None), None);
        assert_eq!(lost(now, Some(ago(10 * minute))), None);
        let complaint = lost(now, Some(ago(10 * minute - 1)));
        assert_eq!(
            complaint.as_deref(),
            Some("messages lost at intake 599 s ago")
        );

        let ask = |status: &NotifierStatus| ails(now, Notifier::Slack, status);
        let mut status = notifier();
        status.failing_since = Some(ago(hour));
        assert_eq!(ask(&status), None);
        status.failing_since = Some(ago(2 * hour));
        assert_eq!(ask(&status).as_deref(), Some("Slack has failed for 7200 s"));
        let mut status = notifier();
        status.evicted_at = Some(ago(10 * minute));
        assert_eq!(ask(&status), None);
        status.evicted_at = Some(ago(minute));
        let complaint = "Slack lost notifications 60 s ago: its outbox was full";
        assert_eq!(ask(&status).as_deref(), Some(complaint));
        let mut status = notifier();
        status.hold = (Hold::Suspended, now.after(30_000));
        let complaint = ask(&status).unwrap_or_default();
        assert!(complaint.starts_with("Slack suspended, next attempt at "));
        status.hold = (Hold::Failed, now.after(30_000));
        assert_eq!(ask(&status), None);
    }
}
