//! What the daemon has done so far, in one line.

use std::sync::atomic::Ordering;

use alertik_core::NotifierId;

use crate::clock;
use crate::daemon::Daemon;
use crate::notifier::NotifierStatus;

/// Writes the counts to the log. `received` and the losses add up to what was
/// sent to the daemon.
pub(crate) fn log(daemon: &Daemon) {
    let intake = daemon.queue.counters();
    let counters = &daemon.counters;
    let [matched, notified, suppressed, own, ring, kernel] = [
        &counters.matched,
        &counters.notified,
        &counters.suppressed,
        &counters.own_output,
        &counters.lost_ring,
        &counters.lost_kernel,
    ]
    .map(|counter| counter.load(Ordering::Relaxed));
    log::info!(
        "received {}, matched {matched}, notified {notified}, suppressed {suppressed}, own output \
         {own}, cut {}, lost: queue {ring}, kernel {kernel}",
        intake.accepted,
        intake.cut,
    );
    if let Some((forwarded, failed)) = daemon.forward.map(|shared| shared.counters()) {
        log::info!("forwarded {forwarded}, not forwarded {failed}");
    }
    for id in NotifierId::ALL {
        if let Some(status) = daemon.senders.status(id) {
            log_notifier(id, &status);
        }
    }
}

/// Writes what a notifier has done. Its error texts hold no secrets.
fn log_notifier(id: NotifierId, status: &NotifierStatus) {
    let counts = status.counts;
    log::info!(
        "{}: sent {} in {} messages, waiting {}, lost: refused {}, too old {}, outbox {}; failed \
         attempts {}, {} of them last",
        id.name(),
        counts.sent,
        counts.messages,
        status.waiting,
        counts.refused,
        counts.expired,
        counts.evicted,
        counts.failed_attempts,
        status.failures,
    );
    if let Some(error) = &status.last_error {
        let now = clock::now();
        let next = status.hold.1.since(now) / 1_000;
        let last = status
            .last_success
            .map_or(0, |last| now.since(last) / 1_000);
        log::info!(
            "{}: last failure: {error}; next attempt in {next} s, last success {last} s ago (0: \
             none)",
            id.name()
        );
    }
}
