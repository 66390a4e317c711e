//! Delivery: one thread and one outbox per notifier, so that none waits for
//! another and nobody waits for the network.
//!
//! The core's `Courier` decides what to send and when; here are the threads, the
//! connections and the words for the log. Nothing here logs more of a URL than
//! scheme, host and port.

mod console;
mod exchange;
pub(crate) mod heartbeat;
mod http;
mod mail;
mod outcome;
mod secrets;
mod sender;
mod spool;
#[cfg(test)]
mod tests;
mod transport;
mod trial;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use alertik_core::delivery::{
    Courier, CourierSettings, Loss, LossCause, Notifier, Spool, SpoolWriter,
};
use alertik_core::ids::Ticket;
use alertik_core::limits::{OUTBOX_BYTES, SPOOL_BYTES_MAX};
use alertik_core::rules::NoticeHead;
use alertik_core::text::Text;
use alertik_core::time::Instant;

use crate::log as own_log;
use crate::net::tls::Tls;
use crate::settings::services::Notifiers;
use crate::sys::clock;
use crate::sys::random::random;
use crate::sys::threads;
use sender::Sender;
use spool::SpoolFile;
use transport::Transport;

pub(crate) use sender::NotifierStatus;
pub(crate) use trial::{Trial, try_all};

/// How long the texts that are left may take to be written to the log, in
/// milliseconds, and how many of them its queue surely has room for.
const LOG_MILLIS: u64 = 500;
const LINES_AT_ONCE: u32 = 8;

/// The running notifiers.
pub(crate) struct Senders {
    senders: Vec<Arc<Sender>>,
    tls: Arc<Tls>,
    spool: Option<SpoolFile>,
}

/// Starts a thread for each notifier.
///
/// `failed` is called once for each notification that will not arrive: refused,
/// expired, or pushed out of a full outbox. It is called without any lock, from
/// a sender's thread, or from within [`Senders::push`] where that pushes older
/// ones out.
///
/// # Errors
///
/// Where a thread cannot be started, or standard output not be duplicated.
pub(crate) fn start(
    notifiers: Notifiers,
    failed: Box<dyn Fn(Notifier, Ticket) + Send + Sync>,
) -> io::Result<Senders> {
    let tls = Arc::new(Tls::new(notifiers.anchors));
    let failed: sender::Failed = Arc::from(failed);
    let spool = notifiers.spool_file.map(SpoolFile::new);
    let left = spool.as_ref().map(SpoolFile::take).unwrap_or_default();
    let restored = Spool::parse(&left.bytes).ok();
    let mut senders = Vec::new();
    for settings in notifiers.list {
        let notifier = settings.notifier;
        let pacing = settings.pacing;
        let transport = Transport::new(settings, notifiers.timeout_secs, &tls)?;
        let courier = Courier::new(&CourierSettings {
            pacing,
            max_age_millis: notifiers.max_age_secs.saturating_mul(1_000),
            outbox_bytes: OUTBOX_BYTES,
            merging: transport.merging(),
            seed: random() as u32,
        });
        let sender = Arc::new(Sender::new(notifier, courier, Arc::clone(&failed)));
        if let Some(spool) = &restored {
            sender.restore(spool);
        }
        if left.crashed {
            sender.report_loss(Loss {
                cause: LossCause::Crash,
                count: 1,
                since: clock::wall(),
            });
        }
        senders.push(Arc::clone(&sender));
        threads::start(notifier.name(), Box::new(move || sender.run(transport)))?;
    }
    if let Some(restored) = restored {
        log_restored(&restored, &senders);
    }
    if left.crashed {
        log::warn!("the last process ended without a stop: what waited then is lost");
    }
    Ok(Senders {
        senders,
        tls,
        spool,
    })
}

impl Senders {
    /// Returns how servers are verified, for other requests.
    pub(crate) fn tls(&self) -> Arc<Tls> {
        Arc::clone(&self.tls)
    }

    /// Puts a notification into the outbox of each of its notifiers. Never
    /// waits for the network.
    pub(crate) fn push(&self, now: Instant, head: &NoticeHead, text: Text<'_>) {
        for sender in &self.senders {
            if head.notifiers.contains(sender.notifier().id()) {
                sender.push(now, head, text);
            }
        }
    }

    /// Lets every notifier report a loss in its next message.
    pub(crate) fn report_loss(&self, loss: Loss) {
        for sender in &self.senders {
            sender.report_loss(loss);
        }
    }

    /// Returns how a notifier is doing, or nothing if it is not in use.
    pub(crate) fn status(&self, notifier: Notifier) -> Option<NotifierStatus> {
        let sender = self
            .senders
            .iter()
            .find(|sender| sender.notifier() == notifier)?;
        Some(sender.status())
    }

    /// Asks every notifier to send what can be sent until the given time, and to
    /// end. Called again, it can bring that time forward.
    pub(crate) fn close(&self, until: Instant) {
        for sender in &self.senders {
            sender.close(until);
        }
    }

    /// Waits for what [`Senders::close`] began. Then writes what is left to the
    /// log and to `SPOOL_FILE`.
    pub(crate) fn shut_down(&self) {
        for sender in &self.senders {
            sender.wait_closed();
        }
        let mut bytes = vec![0; SPOOL_BYTES_MAX];
        let mut writer = SpoolWriter::new(&mut bytes);
        // The log's queue is short; but its writer may be stalled.
        let end = clock::now().after(LOG_MILLIS);
        let mut lines = 0;
        let mut pause = || {
            lines += 1;
            if lines % LINES_AT_ONCE == 0 {
                own_log::flush(Duration::from_millis(end.since(clock::now())));
            }
        };
        for sender in &self.senders {
            let writer = self.spool.is_some().then_some(&mut writer);
            sender.hand_over(writer, &mut pause);
        }
        if let Some(spool) = &self.spool {
            let len = writer.finish();
            spool.leave((len > SpoolWriter::EMPTY_BYTES).then_some(&bytes[..len]));
        }
    }
}

/// Says what came from the last process, and what nobody here wants.
fn log_restored(spool: &Spool<'_>, senders: &[Arc<Sender>]) {
    for notifier in Notifier::ALL {
        let count = spool.count(notifier);
        let name = notifier.name();
        if count == 0 {
        } else if senders.iter().any(|sender| sender.notifier() == notifier) {
            log::info!("{name}: notifications from before the restart: {count}");
        } else {
            log::error!("{name} is not in use any more: notifications dropped: {count}");
        }
    }
}
