//! `alertik demo`: the real daemon with sample rules, which sends itself log
//! lines of real routers.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::unix::ffi::OsStringExt as _;
use std::thread;
use std::time::Duration;

use super::command::{BadArguments, Command, only_switch};
use super::serve::serve;
use crate::daemon::Daemon;
use crate::settings::Env;
use crate::sys::clock;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "demo",
    arguments: "[--once]",
    help: "      Run with sample rules, send itself a dozen log lines, and stay until
      Ctrl-C; with --once end after the sample.
",
    run,
};

/// Variables that the demonstration keeps from the user's environment.
const KEPT: [&str; 6] = [
    "SYSLOG_ADDR",
    "SYSLOG_PORT",
    "TZ",
    "LOG_LEVEL",
    "LOG_FILE",
    "LOG_MAX_BYTES",
];

const RULES: [(&str, &str); 15] = [
    ("STATIC_EVENTS_ENABLED", "0"),
    ("STATIC_EVENT0_NOTIFIER", "Console"),
    ("ENV_EVENTS", "3"),
    ("EVENT0_NOTIFIER", "Console"),
    ("EVENT0_MATCH_TYPE", "regex"),
    (
        "EVENT0_MATCH_STR",
        "login failure for user (.*) from ([^ ]+) via ([a-z-]+)",
    ),
    ("EVENT0_MASK_MSG", "Failed login as @1 from @2 (@3)"),
    ("EVENT1_NOTIFIER", "Console"),
    ("EVENT1_MATCH_TYPE", "regex"),
    ("EVENT1_MATCH_STR", "([a-zA-Z0-9-]+) link (up|down)"),
    ("EVENT1_MASK_MSG", "Interface @1 is @2"),
    ("EVENT2_NOTIFIER", "Console"),
    ("EVENT2_MATCH_TYPE", "substr"),
    ("EVENT2_MATCH_STR", "rebooted without proper shutdown"),
    ("EVENT2_MASK_MSG", "The router lost power"),
];

const LINES: [&str; 12] = [
    "interface,info ether2 link up (speed 1G, full duplex)",
    "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung",
    "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
    "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
    "system,error,critical login failure for user root from 192.168.88.17 via ssh",
    "system,info,account user admin logged in from 10.1.101.212 via winbox",
    "wireless,info 36:7F:7F:07:C4:B0@honeypot: disconnected, unicast key exchange timeout, \
     signal strength -85",
    "wireless,info D6:E0:17:31:D4:A2@left-5g(SSID) connected, signal strength -75",
    "interface,info ether9 link down",
    "firewall,info input: in:ether1 out:(none), src-mac 00:21:29:93:56:e1, proto UDP, \
     10.1.101.1:520->10.1.101.255:520, len 452",
    "system,error,critical router rebooted without proper shutdown, probably power outage",
    "<27>Oct  2 17:36:35 MikroTik login failure for user guest from 192.168.88.17 via ssh",
];

/// Returns the environment of the demonstration.
fn environment(users: &Env) -> Env {
    let kept = KEPT
        .into_iter()
        .filter_map(|name| Some((name, users.bytes(name)?)));
    let os = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let own = RULES
        .into_iter()
        .map(|(name, value)| (OsString::from(name), os(value.as_bytes())));
    let kept = kept.map(|(name, value)| (OsString::from(name), os(value)));
    Env::new(own.chain(kept))
}

/// See [`COMMAND`].
fn run(env: &Env, arguments: &[OsString]) -> Result<i32, BadArguments> {
    let once = only_switch(arguments, "--once")?;
    Ok(serve(environment(env), |daemon| {
        let stays = send_lines(daemon) && !once;
        if stays {
            let at = reachable(daemon.local);
            log::info!(
                "try a line of your own: logger -d -n {} -P {} 'login failure for user you from \
                 192.0.2.1 via ssh'",
                at.ip(),
                at.port()
            );
        }
        stays
    }))
}

/// Sends the sample lines to the daemon's socket. Returns false, after a line in the log,
/// if that fails.
fn send_lines(daemon: &Daemon) -> bool {
    let target = reachable(daemon.local);
    let any: IpAddr = if target.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let sent = UdpSocket::bind((any, 0)).and_then(|socket| {
        let mut lines = LINES.iter();
        lines.try_for_each(|line| send_line(daemon, &socket, target, line))
    });
    if let Err(error) = &sent {
        log::error!("the demonstration cannot send to {target}: {error}");
    }
    sent.is_ok()
}

/// Logs a line, sends it, and waits until it has been matched, so that its notification
/// comes before the next line.
fn send_line(
    daemon: &Daemon,
    socket: &UdpSocket,
    target: SocketAddr,
    line: &str,
) -> io::Result<()> {
    log::info!("a router writes: {line}");
    let handled = || daemon.matcher_status().engine.handled;
    let before = handled();
    socket.send_to(line.as_bytes(), target)?;
    let started = clock::now();
    while handled() == before {
        if clock::now().since(started) > 5_000 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Returns an address that reaches a socket bound to `local` on this machine.
fn reachable(local: SocketAddr) -> SocketAddr {
    let ip = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, local.port())
}
