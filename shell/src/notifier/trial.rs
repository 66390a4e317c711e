//! One message to each notifier, to see whether it arrives.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use alertik_core::delivery::{Courier, CourierSettings, FixedStr, Form, Pacing, Verdict};
use alertik_core::ids::{NotifierId, NotifierSet, RuleId, Ticket};
use alertik_core::limits::BODY_BYTES_MAX;
use alertik_core::limits::OUTBOX_BYTES;
use alertik_core::rules::NoticeHead;
use alertik_core::text::Text;
use alertik_core::text::TextBuffer;
use alertik_core::time::Instant;
use rustls::ClientConfig;

use super::console::Console;
use super::http::{Http, Outcome, Store};
use crate::net::tls;
use crate::settings::services::{Notifier, Notifiers, Target};
use crate::sys::clock;
use crate::sys::threads;

/// What became of a test message.
pub(crate) struct Trial {
    pub(crate) id: NotifierId,
    /// Scheme, host and port of the service.
    pub(crate) site: String,
    pub(crate) delivered: bool,
    /// How long it took, in milliseconds.
    pub(crate) millis: u64,
    /// The service's answer or what went wrong, and what to check. No secrets.
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
    let tls = tls::client_config(notifiers.anchors)?;
    let timeout_secs = notifiers.timeout_secs;
    let trials = Arc::new(Trials::default());
    for notifier in notifiers.list {
        let mut own = TextBuffer::new();
        own.push_text(text);
        let (tls, trials) = (Arc::clone(&tls), Arc::clone(&trials));
        let work = move || trials.push(try_one(notifier, own.as_text(), timeout_secs, &tls));
        threads::start("trial", Box::new(work))?;
    }
    Ok(trials)
}

fn try_one(
    notifier: Notifier,
    text: Text<'_>,
    timeout_secs: u64,
    tls: &Arc<ClientConfig>,
) -> Trial {
    let id = notifier.id;
    let begun = clock::now();
    let mut courier = courier(id, begun, text);
    let (site, outcome) = match notifier.target {
        Target::Console => ("standard output".to_owned(), print(begun, &mut courier)),
        Target::Http(endpoint) => {
            let http = Http::new(id, endpoint, timeout_secs, tls);
            let request = http.begin(begun, &mut courier, &|_, out| {
                let _ = out.write_str("notify-test");
            });
            let outcome = http.send(&request, None);
            (http.site().to_owned(), outcome)
        }
    };
    Trial {
        id,
        site,
        delivered: matches!(outcome.verdict, Verdict::Delivered { .. }),
        millis: clock::now().since(begun),
        words: outcome.words,
    }
}

/// Returns a courier with nothing but the text in its outbox.
fn courier(id: NotifierId, now: Instant, text: Text<'_>) -> Courier<Store> {
    let settings = CourierSettings {
        pacing: Pacing::NONE,
        max_age_millis: u64::MAX,
        seed: 0,
    };
    let mut courier = Courier::new(vec![0; OUTBOX_BYTES].into_boxed_slice(), &settings);
    let mut notifiers = NotifierSet::EMPTY;
    notifiers.insert(id);
    if let Some(rule) = RuleId::new(0) {
        let head = NoticeHead {
            rule,
            notifiers,
            at: clock::wall(),
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ticket: Ticket::default(),
        };
        courier.push(now, &head, text, &mut |_| {});
    }
    courier
}

fn print(now: Instant, courier: &mut Courier<Store>) -> Outcome {
    let mut bytes = vec![0; BODY_BYTES_MAX];
    let mut lines = FixedStr::new(&mut bytes);
    courier.begin(now, &Form::Console, &[], &|_, _| {}, usize::MAX, &mut lines);
    Outcome::of_console(Console::open().and_then(|mut console| console.write(lines.as_str())))
}
