//! The daemon put together: its threads, its start and its end.
//!
//! ```text
//! receiver --queue--> matcher --outboxes--> one sender per notifier
//! tcp, if it is on, is a second receiver; metrics, if it is on, answers Prometheus
//!     main waits for signals; log writes the log; state writes what rules know;
//!     forward resolves names
//! ```

pub(crate) mod health_socket;
pub(crate) mod listen;
mod matcher;
mod metrics_server;
mod shared;
mod startup;
mod state;
mod status;

use std::fmt;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use alertik_core::routers::Routers;
use alertik_core::rules::{Engine, Rules, SilenceSpec};

use crate::intake::forward::{self, ForwardState, Forwarder};
use crate::intake::gate::Gate;
use crate::intake::queue::Queue;
use crate::intake::receiver;
use crate::intake::tcp::{TcpCounts, TcpIntake};
use crate::log::{self as own_log, Escaped, RotatingFile, Sink};
use crate::notifier;
use crate::settings::heartbeat::Heartbeat;
use crate::settings::{ForwardFormat, ForwardTarget, LogSettings, Settings};
use crate::sys::clock;
use crate::sys::random::random;
use crate::sys::signals::{Action, Blocked};
use crate::sys::threads;
use listen::{Listening, listen_for_metrics, listen_on, listen_on_tcp};
use matcher::{Matcher, Published};
pub(crate) use shared::Daemon;
use state::StateFile;

/// RouterOS gives a container 10 s to end. `STOP_SECS` counts from its beginning;
/// writing what is left and the log take less than a second more.
const DRAIN_LIMIT_MILLIS: u64 = 400;
const STATE_LIMIT: Duration = Duration::from_millis(300);
const LOG_LIMIT: Duration = Duration::from_millis(200);

/// The reason why the daemon could not start, in one line for the user.
#[derive(Debug)]
pub(crate) struct StartError(pub(crate) String);

/// Starts all threads but the main one.
///
/// # Errors
///
/// Returns a mistake that the user must correct, such as a port in use or an
/// address that is not this machine's.
pub(crate) fn start(settings: Settings) -> Result<&'static Daemon, StartError> {
    let Settings {
        listen,
        port,
        allowed,
        tcp_port,
        metrics,
        forward,
        routers,
        rules,
        silence,
        heartbeat,
        startup,
        notifiers,
        log,
        state_file,
    } = settings;
    // There is one daemon in a process, and its queue is large and all zeroes: a
    // static costs neither file size nor memory that was not used yet.
    static QUEUE: Queue = Queue::new();
    let queue = &QUEUE;

    start_log(&log);
    let stop_millis = notifiers.stop_secs * 1_000;
    let timeout_secs = notifiers.timeout_secs;
    let description = startup::describe(&rules, &notifiers, &routers);
    let failed = Box::new(|id, ticket| queue.report_failure(id, ticket));
    let senders = notifier::start(notifiers, failed)
        .map_err(|error| cannot("start the notifiers", &error))?;
    let state = state_file.map(StateFile::open).transpose();
    let state = state.map_err(|error| cannot("start a thread", &error))?;
    let (state, left) = state.flatten().unzip();
    let Listening {
        stack,
        socket,
        local,
        watched,
    } = listen_on(listen, port).map_err(StartError)?;
    log::info!(
        "alertik {} listens on UDP {local}",
        env!("CARGO_PKG_VERSION")
    );

    let tcp = tcp_port.map(|port| listen_on_tcp(local, port));
    let tcp = tcp.transpose().map_err(StartError)?;
    let metrics = metrics.map(listen_for_metrics);
    let metrics = metrics.transpose().map_err(StartError)?;

    let forward = forward.map(|target| start_forward(target, &routers, local.port()));
    let forward = forward.transpose()?;
    // The daemon lives as long as the process; its threads share it freely.
    let daemon: &'static Daemon = Box::leak(Box::new(Daemon {
        gate: Gate::new(allowed),
        queue,
        matcher: Mutex::new(Published::default()),
        forward,
        senders,
        local,
        socket: watched,
        stop_millis,
        state,
        tcp: TcpCounts::default(),
    }));
    startup::report(&description, &daemon.senders, startup);
    spawn("matcher", move || {
        run_matcher(daemon, rules, routers, silence, &left.unwrap_or_default());
    })?;
    spawn("receiver", move || {
        let (mut stack, mut socket) = (stack, socket);
        let mut forwarder = Forwarder::new(forward);
        receiver::run(&mut stack, &mut socket, &daemon.gate, &mut forwarder, queue)
    })?;
    if let Some(listener) = tcp {
        start_tcp(daemon, listener)?;
    }
    if let Some(listener) = metrics {
        report_address("serves metrics", &listener);
        spawn("metrics", move || metrics_server::run(daemon, &listener))?;
    }
    if let Some(heartbeat) = heartbeat {
        start_heartbeat(daemon, heartbeat, timeout_secs)?;
    }
    if let Err(error) = health_socket::start(daemon) {
        log::warn!("`alertik health` will find no daemon here: {error}");
    }
    Ok(daemon)
}

/// Waits for signals, and returns once one asks the daemon to end.
pub(crate) fn wait(daemon: &Daemon, signals: &Blocked) {
    loop {
        match signals.wait() {
            Action::Stop => return,
            Action::Nothing => log::info!("SIGHUP: a log file that was moved is made again"),
            Action::Status => status::log(daemon),
        }
    }
}

/// Ends the daemon: matches what was received, sends what can be sent within
/// `STOP_SECS` or until another signal, and hands the rest over.
pub(crate) fn stop(daemon: &'static Daemon, signals: Blocked) {
    let begun = clock::now();
    let again = move || {
        while signals.wait() != Action::Stop {}
        daemon.senders.close(clock::now());
    };
    // Without it the end only takes longer.
    let _ = threads::start("stop", Box::new(again));
    let end = begun.after(DRAIN_LIMIT_MILLIS);
    let pause = || thread::sleep(Duration::from_millis(2));
    // In a flood that does not end, the second half of the limit is the
    // matcher's.
    let half = begun.after(DRAIN_LIMIT_MILLIS / 2);
    while daemon.holds_datagrams() && clock::now() < half {
        pause();
    }
    // Let the receiver finish the datagram that it holds.
    pause();
    daemon.queue.stop();
    while !daemon.matcher_status().ended && clock::now() < end {
        pause();
    }
    daemon.senders.close(begun.after(daemon.stop_millis));
    daemon.senders.shut_down();
    if let Some(state) = daemon.state {
        state.flush(STATE_LIMIT);
    }
    status::log(daemon);
    log::info!("ended");
    own_log::flush(LOG_LIMIT);
}

/// Logs the port of a listener, which the system may have chosen.
fn report_address(what: &str, listener: &TcpListener) {
    // Cannot fail for a socket that is bound.
    if let Ok(address) = listener.local_addr() {
        log::info!("{what} on TCP {address}");
    }
}

/// Starts the intake of TCP.
fn start_tcp(daemon: &'static Daemon, listener: TcpListener) -> Result<(), StartError> {
    report_address("listens", &listener);
    let Daemon {
        tcp,
        gate,
        queue,
        forward,
        ..
    } = daemon;
    spawn("tcp", move || {
        TcpIntake::new(listener, gate, tcp, queue, *forward).run()
    })
}

/// Starts the heartbeat.
fn start_heartbeat(
    daemon: &'static Daemon,
    heartbeat: Heartbeat,
    timeout_secs: u64,
) -> Result<(), StartError> {
    let is_alive = Box::new(|| status::is_working(daemon));
    notifier::heartbeat::start(heartbeat, timeout_secs, daemon.senders.tls(), is_alive)
        .map_err(|error| cannot("start the heartbeat", &error))
}

/// Starts the resolver of forward mode.
fn start_forward(
    target: ForwardTarget,
    routers: &Routers,
    own_port: u16,
) -> Result<&'static ForwardState, StartError> {
    let names = match target.format {
        ForwardFormat::Raw => None,
        ForwardFormat::Rfc5424 => Some(routers.names().clone()),
    };
    let state: &'static ForwardState = Box::leak(Box::new(ForwardState::new(names)));
    spawn("forward", move || {
        forward::resolve(&target, own_port, state)
    })?;
    Ok(state)
}

fn run_matcher(
    daemon: &Daemon,
    rules: Rules,
    routers: Routers,
    silence: Option<SilenceSpec>,
    left: &[u8],
) {
    let mut engine = Engine::new(rules, (random(), random())).with_routers(routers);
    if let Some(silence) = silence {
        engine = engine.with_silence(silence, clock::now(), random());
    }
    let drops = || daemon.kernel_drops();
    let Daemon {
        queue,
        senders,
        matcher,
        state,
        ..
    } = daemon;
    state::restore(*state, clock::now(), left, &mut engine);
    let matcher = Matcher::new(engine, queue, senders, &drops, matcher);
    matcher.keeping(*state).run();
}

/// Logs to the configured file, or to standard output if there is none or it
/// cannot be opened.
fn start_log(settings: &LogSettings) {
    let opened = settings.file.as_ref().map(|path| {
        RotatingFile::open(path.clone(), settings.bytes_max).map_err(|error| (path, error))
    });
    let (sink, failure) = match opened {
        None => (Sink::Stdout, None),
        Some(Ok(file)) => (Sink::File(file), None),
        Some(Err(failure)) => (Sink::Stdout, Some(failure)),
    };
    // Without a thread there is no log, but the daemon works all the same.
    let _ = own_log::start(settings.level, sink);
    if let Some((path, error)) = failure {
        log::warn!(
            "LOG_FILE: cannot open {}: {error}; logging to standard output",
            Escaped(path.as_os_str().as_bytes())
        );
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
    threads::start(name, Box::new(body)).map_err(|error| cannot("start a thread", &error))
}

fn cannot(what: &str, error: &dyn fmt::Display) -> StartError {
    StartError(format!("cannot {what}: {error}"))
}
