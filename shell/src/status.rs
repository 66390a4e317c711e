//! What the daemon has done so far, in one line.

use std::sync::atomic::Ordering;

use crate::daemon::Daemon;

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
}
