//! The heartbeat: a GET that says to a service outside that the daemon works and has a
//! way out. The service raises the alarm if it does not come.
//!
//! It is withheld while the daemon does not do its work, and takes the same way as
//! notifications: the same look-up of names, deadlines and verified TLS.

use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::{io, mem};

use alertik_core::delivery::{Notifier, Response};
use alertik_core::limits::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX};

use super::exchange::{describe, exchange, explain};
use super::secrets::Secrets;
use crate::log::debug;
use crate::net::request::Head;
use crate::net::tls::Tls;
use crate::settings::heartbeat::Heartbeat as Settings;
use crate::sys::{clock, threads};

/// Longest time until the next heartbeat after one that failed.
const RETRY: Duration = Duration::from_secs(60);
/// Time until the next look at a daemon that does not do its work.
const WITHHELD: Duration = Duration::from_secs(1);

/// The thread's state.
pub(super) struct Heartbeat {
    settings: Settings,
    secrets: Secrets,
    timeout_secs: u64,
    tls: Arc<Tls>,
    /// Whether the daemon does its work.
    is_alive: Box<dyn Fn() -> bool + Send>,
    last: Last,
}

/// What became of the last heartbeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Taken,
    Failed,
    Withheld,
}

/// Starts the thread.
///
/// # Errors
///
/// If the system has no more threads.
pub(crate) fn start(
    settings: Settings,
    timeout_secs: u64,
    tls: Arc<Tls>,
    is_alive: Box<dyn Fn() -> bool + Send>,
) -> io::Result<()> {
    let mut heartbeat = Heartbeat::new(settings, timeout_secs, tls, is_alive);
    let beat = move || {
        loop {
            thread::sleep(heartbeat.beat());
        }
    };
    threads::start("heartbeat", Box::new(beat))
}

impl Heartbeat {
    pub(super) fn new(
        settings: Settings,
        timeout_secs: u64,
        tls: Arc<Tls>,
        is_alive: Box<dyn Fn() -> bool + Send>,
    ) -> Self {
        let mut secrets = Secrets::default();
        secrets.add(settings.url.path());
        secrets.add(settings.url.query());
        Self {
            settings,
            secrets,
            timeout_secs,
            tls,
            is_alive,
            last: Last::Taken,
        }
    }

    /// Sends a heartbeat, unless it must be withheld, and returns the time until the next
    /// one. Logs what has changed.
    pub(super) fn beat(&mut self) -> Duration {
        let interval = Duration::from_secs(self.settings.secs);
        if !(self.is_alive)() {
            if mem::replace(&mut self.last, Last::Withheld) != Last::Withheld {
                log::error!("no heartbeat: the daemon does not do its work");
            }
            return WITHHELD;
        }
        let site = self.settings.url.site();
        let sent = self.send();
        let now = if sent.is_ok() {
            Last::Taken
        } else {
            Last::Failed
        };
        let before = mem::replace(&mut self.last, now);
        match sent {
            Ok(()) if before != now => log::info!("heartbeat: {site} takes it again"),
            Ok(()) => debug(format_args!("heartbeat: {site} took it")),
            Err(words) if before != now => {
                log::warn!("HEARTBEAT_URL: {site}: {words}; trying again until it works");
            }
            Err(words) => debug(format_args!("heartbeat: {site}: {words}")),
        }
        match now {
            Last::Taken => interval,
            _ => interval.min(RETRY),
        }
    }

    /// Sends a request. If it is not taken, returns why.
    fn send(&self) -> Result<(), String> {
        let url = &self.settings.url;
        let target = [url.path(), url.query()].concat();
        let request = Head::new("GET", &target, url.authority()).finish("", "");
        let mut head = vec![0; ANSWER_HEAD_BYTES_MAX];
        let mut body = vec![0; ANSWER_BODY_BYTES_MAX];
        // Only the body of an error is read, as for a webhook.
        let mut response = Response::new(Notifier::Generic1, &mut head, &mut body);
        let millis = self.timeout_secs * 1_000;
        let times = (clock::now().after(millis), millis);
        exchange(url, &self.tls, &request, times, &mut response)
            .map_err(|failure| explain(&failure, url.host(), self.timeout_secs))?;
        match response.status() {
            Some(200..300) => Ok(()),
            _ => Err(describe(
                &response,
                &self.secrets,
                &["HEARTBEAT_URL".to_owned()],
            )),
        }
    }
}
