//! The acceptance test of the shipped binaries, those for ARM under qemu: the
//! demonstration, and one regex rule from a datagram to a verified HTTPS request
//! and SIGTERM.

mod binary;
mod server;

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::flags::Flags;
use crate::targets::Target;
use crate::{Result, dist};
use binary::{Binary, STEP_LIMIT, command};
use server::Server;

/// Time between two datagrams until the first one has had an effect.
const RESEND_INTERVAL: Duration = Duration::from_millis(500);

/// Most resident memory of the daemon, in KiB: idle with one regex rule, and after
/// an HTTPS notification. Measured only if no emulator adds its own. The difference is
/// mostly the libraries' code for TLS (`toolchain/cold.ld`).
const RESIDENT_KIB_MAX: [u64; 2] = [1_024, 1_280];

/// The loader's exit status if the file is damaged (`shell/loader/src/arm.rs`).
const LOADER_FAILED: i32 = 127;

/// Texts that the demonstration must print.
const DEMO_SAYS: [&str; 3] = [
    "Failed login as root from 192.168.88.17 (ssh)",
    "Interface ether2 is up",
    "The router lost power",
];

/// Groups for the key exchange, as openssl names them. Each runs different code,
/// which differs again between targets.
const GROUPS: [&str; 2] = ["P-256", "P-384"];

/// A router's line, the rule for it, and the notification.
const LINE: &str = "interface,info ether2 link up (speed 1G, full duplex)";
const PATTERN: &str = r"(ether[0-9]+) link up \(speed (.+), full duplex\)";
const MASK: &str = "Your link @1 is up at @2";
const ARRIVES: &str = "Your link ether2 is up at 1G";

/// Runs `emulate`.
///
/// # Errors
///
/// Names the step that failed, its target and the binary's output.
pub(crate) fn run(mut flags: Flags) -> Result {
    let targets = Target::select(flags.value("--target")?.as_deref())?;
    flags.finish()?;
    for target in targets {
        let start = Instant::now();
        let binary = dist::folder().join(format!("alertik-{}", target.name));
        if !binary.is_file() {
            return Err(format!("not built; cargo xtask dist --target {}", target.name).into());
        }
        if target.packed {
            damaged(target, &binary).map_err(|error| format!("{}: {error}", target.name))?;
        }
        demo(target, &binary).map_err(|error| format!("{}, demo: {error}", target.name))?;
        let resident = notify_all(target, &binary)?;
        println!(
            "{}: demo, regex rule, HTTPS by each key exchange and SIGTERM in {:.1} s, {}",
            target.name,
            start.elapsed().as_secs_f32(),
            match resident {
                Some([idle, after]) => format!("resident {idle} KiB idle, {after} KiB after HTTPS"),
                None => "emulated".to_owned(),
            }
        );
    }
    Ok(())
}

/// Checks that a packed file with one wrong bit does nothing but say so by its exit status.
fn damaged(target: &Target, binary: &Path) -> Result {
    let mut bytes = fs::read(binary)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let folder = dist::folder().join("emulate").join(target.name);
    fs::create_dir_all(&folder)?;
    let copy = folder.join("damaged");
    dist::write_executable(&copy, &bytes)?;
    let mut command = command(target, &copy);
    command.arg("--version");
    let mut process = Binary::start(command)?;
    let status = process.wait()?;
    if status.code() != Some(LOADER_FAILED) || !process.printed().is_empty() {
        let printed = process.printed();
        return Err(format!("a damaged file ran, and ended with {status}:\n{printed}").into());
    }
    Ok(())
}

/// Runs the demonstration to its end.
fn demo(target: &Target, binary: &Path) -> Result {
    let mut command = command(target, binary);
    // Port 0 is for loopback only.
    command
        .args(["demo", "--once"])
        .env("SYSLOG_ADDR", "127.0.0.1");
    command.env("SYSLOG_PORT", "0");
    let mut process = Binary::start(command)?;
    let status = process.wait()?;
    let printed = process.printed();
    if !status.success() {
        return Err(format!("ended with {status}:\n{printed}").into());
    }
    for text in DEMO_SAYS {
        if !printed.contains(text) {
            return Err(format!("did not say `{text}`:\n{printed}").into());
        }
    }
    Ok(())
}

/// Notifies a server of every group for the key exchange. Returns the most that
/// was resident, see [`notify`].
fn notify_all(target: &Target, binary: &Path) -> Result<Option<[u64; 2]>> {
    let folder = dist::folder().join("emulate").join(target.name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    server::certificates(&folder)?;
    let mut most: Option<[u64; 2]> = None;
    for group in GROUPS {
        let resident = notify(target, binary, &folder, group)
            .map_err(|error| format!("{}, notification by {group}: {error}", target.name))?;
        if let Some([idle, after]) = resident {
            let [idle_most, after_most] = most.unwrap_or_default();
            most = Some([idle.max(idle_most), after.max(after_most)]);
        }
    }
    if let Some(resident) = most
        && (0..2).any(|state| resident[state] > RESIDENT_KIB_MAX[state])
    {
        return Err(format!(
            "{}: resident are {resident:?} KiB (idle, after HTTPS), more than {RESIDENT_KIB_MAX:?}",
            target.name
        )
        .into());
    }
    Ok(most)
}

/// Sends a datagram until a notification arrives at a TLS server whose
/// certificate is of an authority that only `TLS_CA_FILE` names, then asks the
/// daemon to end. Returns the resident memory before and after, in KiB, unless it
/// is emulated.
fn notify(target: &Target, binary: &Path, folder: &Path, group: &str) -> Result<Option<[u64; 2]>> {
    let mut server = Server::start(folder, group)?;

    let mut command = command(target, binary);
    command
        .env("SYSLOG_ADDR", "127.0.0.1")
        .env("SYSLOG_PORT", "0")
        .env("TLS_CA_FILE", server.authority())
        .env("GENERIC1_WEBHOOK_URL", server.url())
        .env("ENV_EVENTS", "1")
        .env("EVENT0_NOTIFIER", "Generic1")
        .env("EVENT0_MATCH_TYPE", "regex")
        .env("EVENT0_MATCH_STR", PATTERN)
        .env("EVENT0_MASK_MSG", MASK);
    let mut process = Binary::start(command)?;
    let address = process.wait_for("listens on UDP ")?;
    let idle = process.resident_kib()?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let start = Instant::now();
    while !server.received(ARRIVES, RESEND_INTERVAL) {
        socket.send_to(LINE.as_bytes(), address.trim())?;
        if start.elapsed() > STEP_LIMIT || process.has_ended()? {
            return Err(format!(
                "nothing arrived.\nThe server saw:\n{}\nThe daemon printed:\n{}",
                server.seen(),
                process.printed()
            )
            .into());
        }
    }
    server.answer()?;
    let after = process.resident_kib()?;
    process.terminate()?;
    let status = process.wait()?;
    if !status.success() {
        return Err(format!("SIGTERM ended it with {status}:\n{}", process.printed()).into());
    }
    Ok(target.qemu.is_empty().then_some([idle, after]))
}
