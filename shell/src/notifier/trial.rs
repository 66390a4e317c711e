//! One message to each notifier, to see whether it arrives.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use alertik_core::delivery::{Courier, CourierSettings, Merging, Notifier, Pacing, Verdict};
use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::limits::OUTBOX_BYTES;
use alertik_core::rules::{About, NoticeHead};
use alertik_core::text::{Text, TextBuffer};
use alertik_core::time::Instant;

use super::transport::Transport;
use crate::net::tls::Tls;
use crate::settings::services::{NotifierSettings, Notifiers};
use crate::sys::{clock, threads};

/// The result of a test message.
pub(crate) struct Trial {
    pub(crate) notifier: Notifier,
    /// Scheme, host and port of the service.
    pub(crate) site: String,
    pub(crate) delivered: bool,
    /// How long it took, in milliseconds.
    pub(crate) millis: u64,
    /// The service's answer or the failure, and what to check. No secrets.
    pub(crate) words: String,
}

/// The results of test messages that have come in.
#[derive(Default)]
pub(crate) struct Trials {
    trials: Mutex<Vec<Trial>>,
    changed: Condvar,
}

impl Trials {
    fn lock(&self) -> MutexGuard<'_, Vec<Trial>> {
        self.trials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, trial: Trial) {
        self.lock().push(trial);
        self.changed.notify_all();
    }

    /// Waits for the next result. There is one for each notifier.
    pub(crate) fn next(&self) -> Trial {
        let mut trials = self.lock();
        loop {
            if let Some(trial) = trials.pop() {
                return trial;
            }
            trials = self
                .changed
                .wait(trials)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Sends `text` through every notifier at the same time, once. The request is
/// the daemon's, made by the same code.
///
/// # Errors
///
/// Where a thread cannot be started.
pub(crate) fn try_all(notifiers: Notifiers, text: Text<'_>) -> io::Result<Arc<Trials>> {
    let tls = Arc::new(Tls::new(notifiers.anchors));
    let timeout_secs = notifiers.timeout_secs;
    let trials = Arc::new(Trials::default());
    for settings in notifiers.list {
        let mut own = TextBuffer::new();
        own.push_text(text);
        let (tls, trials) = (Arc::clone(&tls), Arc::clone(&trials));
        let work = move || trials.push(try_one(settings, own.as_text(), timeout_secs, &tls));
        threads::start("trial", Box::new(work))?;
    }
    Ok(trials)
}

fn try_one(settings: NotifierSettings, text: Text<'_>, timeout_secs: u64, tls: &Arc<Tls>) -> Trial {
    let notifier = settings.notifier;
    let begun = clock::now();
    let mut trial = Trial {
        notifier,
        site: String::new(),
        delivered: false,
        millis: 0,
        words: String::new(),
    };
    match Transport::new(settings, timeout_secs, tls) {
        Ok(mut transport) => {
            let bytes = transport.begin(begun, &mut courier(begun, text));
            let outcome = transport.send(&bytes, None);
            trial.delivered = matches!(outcome.verdict, Verdict::Delivered { .. });
            trial.words = outcome.words;
            transport.site().clone_into(&mut trial.site);
        }
        Err(error) => trial.words = format!("standard output cannot be opened: {error}"),
    }
    trial.millis = clock::now().since(begun);
    trial
}

/// Returns a courier with nothing but the text in its outbox.
fn courier(now: Instant, text: Text<'_>) -> Courier {
    let mut courier = Courier::new(&CourierSettings {
        pacing: Pacing::NONE,
        max_age_millis: u64::MAX,
        outbox_bytes: OUTBOX_BYTES,
        merging: Merging::Nothing,
        seed: 0,
    });
    let head = NoticeHead {
        rule: RuleName::NotifyTest,
        notifiers: NotifierSet::EMPTY,
        at: clock::wall(),
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ticket: Ticket::default(),
        about: About::NOTHING,
        name_bytes: 0,
        time_bytes: 0,
    };
    courier.push(now, &head, text, &mut |_| {});
    courier
}
