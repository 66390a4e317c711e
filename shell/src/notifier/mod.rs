//! Delivery: one thread and one outbox per notifier, so that none waits for
//! another and nobody waits for the network.
//!
//! The core's `Courier` decides what to send and when; here are the threads, the
//! connections and the words for the log. Nothing here logs more of a URL than
//! scheme, host and port.

mod console;
mod http;
mod outcome;
mod secrets;
mod sender;
#[cfg(test)]
mod tests;
mod transport;
mod trial;

use std::io;
use std::sync::Arc;

use alertik_core::delivery::{Courier, CourierSettings, Loss, Notifier};
use alertik_core::ids::Ticket;
use alertik_core::limits::{CONSOLE_OUTBOX_BYTES, OUTBOX_BYTES};
use alertik_core::rules::NoticeHead;
use alertik_core::text::Text;
use alertik_core::time::Instant;

use crate::net::tls;
use crate::settings::services::Notifiers;
use crate::sys::clock;
use crate::sys::random::random;
use crate::sys::threads;
use sender::Sender;
use transport::Transport;

pub(crate) use sender::NotifierStatus;
pub(crate) use trial::{Trial, try_all};

/// The running notifiers.
pub(crate) struct Senders {
    senders: Vec<Arc<Sender>>,
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
    let tls = tls::client_config(notifiers.anchors)?;
    let failed: sender::Failed = Arc::from(failed);
    let mut senders = Vec::new();
    for settings in notifiers.list {
        let notifier = settings.notifier;
        let outbox_bytes = match notifier {
            Notifier::Console => CONSOLE_OUTBOX_BYTES,
            _ => OUTBOX_BYTES,
        };
        let courier = Courier::new(&CourierSettings {
            pacing: settings.pacing,
            max_age_millis: notifiers.max_age_secs.saturating_mul(1_000),
            outbox_bytes,
            seed: random() as u32,
        });
        let transport = Transport::new(settings, notifiers.timeout_secs, &tls)?;
        let sender = Arc::new(Sender::new(notifier, courier, Arc::clone(&failed)));
        senders.push(Arc::clone(&sender));
        threads::start(notifier.name(), Box::new(move || sender.run(transport)))?;
    }
    Ok(Senders { senders })
}

impl Senders {
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

    /// Sends what can be sent within the given time, and ends the threads that
    /// are not held up. Logs what is left.
    pub(crate) fn shut_down(&self, within_millis: u64) {
        let until = clock::now().after(within_millis);
        for sender in &self.senders {
            sender.close(until);
        }
        for sender in &self.senders {
            let left = sender.wait_closed(until);
            if left > 0 {
                log::warn!(
                    "{}: notifications not delivered: {left}",
                    sender.notifier().name()
                );
            }
        }
    }
}
