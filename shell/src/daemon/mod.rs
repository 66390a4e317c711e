//! The daemon put together: which threads there are, how it starts and how it
//! ends.
//!
//! ```text
//! receiver --queue--> matcher --outboxes--> one sender per notifier
//!     main waits for signals; log writes the log; forward resolves names
//! ```

pub(crate) mod health_socket;
mod matcher;
mod status;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use alertik_core::rules::{Engine, Rules};
use embedded_nal::{UdpClientStack as _, UdpFullStack as _};

use crate::intake::forward::{self, Forwarder};
use crate::intake::queue::Queue;
use crate::intake::receiver;
use crate::intake::udp::{Socket, StdStack};
use crate::log::{self as own_log, Escaped, RotatingFile, Sink};
use crate::notifier::{self, Senders};
use crate::settings::{LogSettings, Settings};
use crate::sys::clock;
use crate::sys::random::random;
use crate::sys::signals::{Blocked, Request};
use crate::sys::threads;
use crate::sys::udp_socket;
use matcher::{Counters, Matcher};

/// Asked for as receive buffer, in bytes. The kernel counts about 770 bytes for
/// a usual line, and doubles what it is asked for, so this holds 2,700 of them.
const RECEIVE_BUFFER_BYTES: libc::c_int = 1 << 20;

/// RouterOS gives a container 10 s; people at a terminal expect less. The parts
/// of the end add up to less than 2 s.
const DRAIN_LIMIT_MILLIS: u64 = 400;
const FLUSH_LIMIT_MILLIS: u64 = 1_200;
const LOG_LIMIT: Duration = Duration::from_millis(200);

/// There is one daemon in a process, and its queue is large and all zeroes: as a
/// static it costs neither file size nor memory that was not used yet.
static QUEUE: Queue = Queue::new();

/// The running daemon's parts that others look at.
pub(crate) struct Daemon {
    /// Between the receiver and the matcher.
    pub(crate) queue: &'static Queue,
    /// What the matcher counts.
    pub(crate) counters: Counters,
    /// What forward mode counts, where it is on.
    pub(crate) forward: Option<&'static forward::Shared>,
    /// The notifiers at work.
    pub(crate) senders: Senders,
    /// Where datagrams are received.
    pub(crate) local: SocketAddr,
    /// The same socket, where its buffer can be looked at.
    socket: Option<UdpSocket>,
    matcher_ended: AtomicBool,
}

/// Why the daemon could not start: one line for the user.
#[derive(Debug)]
pub(crate) struct StartError(pub(crate) String);

/// Starts all threads but the main one.
///
/// # Errors
///
/// Returns what the user must change: a port in use, an address that is not
/// this machine's.
pub(crate) fn start(settings: Settings) -> Result<&'static Daemon, StartError> {
    let Settings {
        listen,
        port,
        forward,
        rules,
        mut notifiers,
        log,
    } = settings;
    start_log(&log);
    // Before anybody is told where to send: what is left then takes no time.
    notifiers.rule_names = rules
        .rules()
        .iter()
        .map(|rule| rule.name.to_string())
        .collect();
    let failed = Box::new(|id, ticket| QUEUE.report_failure(id, ticket));
    let senders = notifier::start(notifiers, failed)
        .map_err(|error| cannot("start the notifiers", &error))?;
    let (stack, socket) = listen_on(listen, port)?;
    let local = local_address(&socket).map_err(|error| cannot("listen", &error))?;
    let watched = report_buffer(&socket);
    log::info!(
        "alertik {} listens on UDP {local}",
        env!("CARGO_PKG_VERSION")
    );

    let shared = forward.map(|target| {
        let shared: &'static forward::Shared = Box::leak(Box::default());
        spawn("forward", move || {
            forward::resolve(&target, local.port(), shared)
        })?;
        Ok(shared)
    });
    let forward = shared.transpose()?;
    // The daemon lives as long as the process; its threads share it freely.
    let daemon: &'static Daemon = Box::leak(Box::new(Daemon {
        queue: &QUEUE,
        counters: Counters::default(),
        forward,
        senders,
        local,
        socket: watched,
        matcher_ended: AtomicBool::new(false),
    }));
    spawn("matcher", move || run_matcher(daemon, rules))?;
    spawn("receiver", move || run_receiver(daemon, stack, socket))?;
    if let Err(error) = health_socket::start(daemon) {
        log::warn!("`alertik health` will find no daemon here: {error}");
    }
    Ok(daemon)
}

/// Waits for signals, and returns when the daemon has been asked to end.
pub(crate) fn wait(daemon: &Daemon, signals: &Blocked) {
    while signals.wait() == Request::Status {
        status::log(daemon);
    }
}

/// Ends the daemon: what was received is matched, what was matched is sent as
/// far as that is possible at once, what is left is told. Takes less than 2 s.
pub(crate) fn stop(daemon: &Daemon) {
    let begun = clock::now();
    let end = begun.after(DRAIN_LIMIT_MILLIS);
    let pause = || thread::sleep(Duration::from_millis(2));
    // Who is flooded for ever leaves the other half to the matcher.
    let enough = begun.after(DRAIN_LIMIT_MILLIS / 2);
    while holds_datagrams(daemon) && clock::now() < enough {
        pause();
    }
    // For the one that the receiver has in its hands.
    pause();
    daemon.queue.stop();
    while !daemon.matcher_ended.load(Ordering::Acquire) && clock::now() < end {
        pause();
    }
    daemon.senders.shut_down(FLUSH_LIMIT_MILLIS);
    status::log(daemon);
    log::info!("ended");
    own_log::flush(LOG_LIMIT);
}

/// Returns whether the kernel has datagrams that nobody has received.
fn holds_datagrams(daemon: &Daemon) -> bool {
    let socket = daemon.socket.as_ref();
    socket.is_some_and(|socket| udp_socket::queued(socket).is_ok_and(|bytes| bytes > 0))
}

fn run_matcher(daemon: &Daemon, rules: Rules) {
    let socket = daemon.socket.as_ref();
    let drops = || socket.and_then(|socket| udp_socket::drops(socket).ok());
    let engine = Engine::new(rules, (random(), random()));
    Matcher::new(
        engine,
        daemon.queue,
        &daemon.senders,
        &daemon.counters,
        &drops,
    )
    .run();
    daemon.matcher_ended.store(true, Ordering::Release);
}

fn run_receiver(daemon: &Daemon, mut stack: StdStack, mut socket: Socket) -> ! {
    let mut forwarder = Forwarder::new(daemon.forward);
    receiver::run(&mut stack, &mut socket, &mut forwarder, daemon.queue)
}

/// Logs to the configured file, or to standard output where there is none or it
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
    // Without a thread for it there is no log; the daemon works all the same.
    let _ = own_log::start(settings.level, sink);
    if let Some((path, error)) = failure {
        log::warn!(
            "LOG_FILE: cannot open {}: {error}; logging to standard output",
            Escaped(path.as_os_str().as_bytes())
        );
    }
}

/// Binds the socket. Without a configured address that is every address of both
/// families, or of IPv4 where the machine has no IPv6.
fn listen_on(listen: Option<IpAddr>, port: u16) -> Result<(StdStack, Socket), StartError> {
    let any = IpAddr::from(Ipv6Addr::UNSPECIFIED);
    let mut stack = StdStack {
        local: listen.unwrap_or(any),
    };
    let mut result = bind(&mut stack, port);
    let no_ipv6 = |error: &io::Error| {
        matches!(
            error.raw_os_error(),
            Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL)
        )
    };
    if listen.is_none() && result.as_ref().is_err_and(no_ipv6) {
        stack.local = Ipv4Addr::UNSPECIFIED.into();
        result = bind(&mut stack, port);
    }
    match result {
        Ok(socket) => Ok((stack, socket)),
        Err(error) => Err(StartError(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "SYSLOG_PORT: UDP port {port} is in use by another program; stop it or choose \
                 another port"
            ),
            io::ErrorKind::PermissionDenied => format!(
                "SYSLOG_PORT: not allowed to listen on UDP port {port}; ports below 1024 need \
                 the right to (CAP_NET_BIND_SERVICE)"
            ),
            io::ErrorKind::AddrNotAvailable => {
                format!(
                    "SYSLOG_ADDR: {} is not an address of this machine",
                    stack.local
                )
            }
            _ => format!(
                "SYSLOG_ADDR: cannot listen on {} port {port}: {error}",
                stack.local
            ),
        })),
    }
}

fn bind(stack: &mut StdStack, port: u16) -> io::Result<Socket> {
    let mut socket = stack.socket()?;
    stack.bind(&mut socket, port)?;
    Ok(socket)
}

fn local_address(socket: &Socket) -> io::Result<SocketAddr> {
    socket
        .std()
        .ok_or(io::ErrorKind::NotConnected)?
        .local_addr()
}

/// Raises the receive buffer, says how far it got, and returns a handle to ask
/// the kernel for its drops.
fn report_buffer(socket: &Socket) -> Option<UdpSocket> {
    let socket = socket.std()?;
    match udp_socket::raise_receive_buffer(socket, RECEIVE_BUFFER_BYTES) {
        Ok(granted) => log::info!(
            "receive buffer: {} KiB of {} KiB asked for",
            granted / 2_048,
            RECEIVE_BUFFER_BYTES / 1_024
        ),
        Err(error) => log::warn!("cannot raise the receive buffer: {error}"),
    }
    if let Err(error) = udp_socket::drops(socket) {
        log::warn!("the kernel does not tell what it drops ({error}); such losses go uncounted");
    }
    socket.try_clone().ok()
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
    threads::start(name, Box::new(body)).map_err(|error| cannot("start a thread", &error))
}

fn cannot(what: &str, error: &io::Error) -> StartError {
    StartError(format!("cannot {what}: {error}"))
}
