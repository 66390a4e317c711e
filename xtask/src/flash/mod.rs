//! Puts the daemon on a router: asks, plans, then changes.

mod env_file;
mod plan;
// The one exception to "no #[path]": the validator page must quote alike, and
// xtask depends on no package of ours.
#[path = "../../../core/validator/src/routeros.rs"]
mod quote;
mod remote;
mod router;
mod script;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::flags::Flags;
use crate::{Result, dist};
use plan::{Place, Step};
use remote::Remote;
use router::Router;

/// Path at which the daemon finds the certificate authority of `--ca-file`.
const AUTHORITY_PATH: &str = "/ca/ca.pem";

/// How long a container may take to be unpacked, started or stopped. Flash
/// memory of small routers writes some 100 kB/s; a stop takes up to ten
/// seconds until RouterOS kills the process.
const STATE_TIMEOUT: Duration = Duration::from_secs(90);

/// Time between two looks at the container's state.
const STATE_INTERVAL: Duration = Duration::from_millis(500);

/// Runs `flash`.
pub(crate) fn run(mut flags: Flags) -> Result {
    let host = flags.value("--host")?;
    let target = flags.value("--target")?;
    let env_file = flags.value("--env-file")?;
    let authority = flags.value("--ca-file")?.map(PathBuf::from);
    let disk = flags.value("--disk")?;
    let folder = flags
        .value("--dist")?
        .map_or_else(dist::folder, PathBuf::from);
    let (port, config) = (flags.value("--port")?, flags.value("--ssh-config")?);
    let dry_run = flags.switch("--dry-run");
    flags.finish()?;
    let host = host.ok_or("--host is missing, for example --host admin@192.168.88.1")?;
    let settings = read_settings(env_file.as_deref(), authority.is_some())?;

    let remote = Remote::new(host, port.as_deref(), config.as_deref(), dry_run)?;
    let router = Router::ask(&remote)?;
    let target = router.target(target.as_deref())?;
    let image = folder.join(format!("alertik-{}.tar", target.name));
    let image_bytes = fs::metadata(&image)
        .map_err(|_| {
            format!(
                "there is no {}; build it: cargo xtask dist --target {}",
                image.display(),
                target.name
            )
        })?
        .len();
    let place = Place::choose(&router, disk.as_deref(), image_bytes)?;
    println!(
        "{} ({}), RouterOS {}: {} to {}",
        router.board,
        router.architecture,
        router.version,
        image.display(),
        place.root
    );

    let authority = authority
        .map(|file| Authority::prepare(&file))
        .transpose()?;
    for step in plan::steps(&router, &place, &settings, authority.is_some()) {
        match step {
            Step::Change(command) => remote.change(&command)?,
            Step::Script(script) => remote.import(&script)?,
            Step::UploadImage(path) => remote.upload(&image, &path)?,
            Step::UploadAuthority(path) => {
                if let Some(authority) = &authority {
                    // An empty path is the folder after login.
                    let path = if path.is_empty() { "." } else { &path };
                    remote.upload(&authority.folder, path)?;
                }
            }
            Step::Await(_) if dry_run => {}
            Step::Await(state) => await_state(&remote, state)?,
        }
    }
    if dry_run {
        println!("nothing was changed");
        return Ok(());
    }
    let shown = remote.query("/container/print detail where comment=\"alertik\"")?;
    println!("{}", shown.trim_end());
    if place.is_volatile() {
        println!(
            "The flash is too full for the container: it runs from memory and is gone after a \
             reboot of the router. Run this again then, or use a disk (--disk usb1)."
        );
    }
    Ok(())
}

/// Reads the settings. The path of a certificate authority is one more, and so is
/// the router as the only sender, unless the file says who may send.
fn read_settings(env_file: Option<&str>, authority: bool) -> Result<Vec<(String, String)>> {
    let mut settings = Vec::new();
    if let Some(path) = env_file {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        settings = env_file::parse(&text).map_err(|error| format!("{path}, {error}"))?;
    }
    if authority {
        if settings.iter().any(|(name, _)| name == "TLS_CA_FILE") {
            return Err("--ca-file sets TLS_CA_FILE; take it out of the env file".into());
        }
        settings.push(("TLS_CA_FILE".to_owned(), AUTHORITY_PATH.to_owned()));
    }
    if !settings.iter().any(|(name, _)| name == "SYSLOG_ALLOW") {
        settings.push(("SYSLOG_ALLOW".to_owned(), plan::ROUTER_ADDRESS.to_owned()));
    }
    Ok(settings)
}

/// Waits until the container is in a state.
///
/// # Errors
///
/// If it is in state `error`, or not there in time; the router's log is part of
/// the text.
fn await_state(remote: &Remote, wanted: &str) -> Result {
    let start = Instant::now();
    loop {
        let answer = remote.query(&format!(
            ":foreach i in=[{}] do={{:put [/container/get $i]}}",
            plan::find_container()
        ))?;
        let state = state_of(&answer);
        if state == wanted {
            return Ok(());
        }
        if state == "error" || start.elapsed() > STATE_TIMEOUT {
            let log = remote.query("/log/print where topics~\"container\"")?;
            return Err(format!(
                "the container is not {wanted} but {state}; the router says:\n{}\n{}",
                answer.trim(),
                log.trim()
            )
            .into());
        }
        sleep(STATE_INTERVAL);
    }
}

/// Takes the state out of a container's properties: `status=running` up to
/// 7.20, `running=true` later. No container counts as stopped.
fn state_of(answer: &str) -> String {
    let mut properties = answer.trim().split(';');
    let states = ["running", "stopped", "error", "extracting", "stopping"];
    let state = properties.find_map(|property| match property.split_once('=')? {
        ("status", state) => Some(state),
        (state, "true") if states.contains(&state) => Some(state),
        _ => None,
    });
    match state {
        Some(state) => state.to_owned(),
        None if answer.trim().is_empty() => "stopped".to_owned(),
        None => "in an unknown state".to_owned(),
    }
}

/// A certificate authority in a folder by itself, as it is to be mounted.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn prepare(file: &Path) -> Result<Self> {
        let pem = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let folder = dist::folder().join("flash").join("alertik-ca");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("ca.pem"), pem)?;
        Ok(Self { folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RouterOS's old and new way to report a container's state are understood.
    #[test]
    fn the_state_is_read_in_both_forms() {
        assert_eq!(
            state_of(".id=*1;comment=alertik;status=extracting\n"),
            "extracting"
        );
        assert_eq!(
            state_of(".id=*1;comment=alertik;start-on-boot=true;running=true;stopped=false"),
            "running"
        );
        assert_eq!(state_of("\n"), "stopped");
        assert_eq!(state_of("start-on-boot=true"), "in an unknown state");
    }
}
