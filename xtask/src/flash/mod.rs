//! Puts the daemon on a router: asks, plans, then changes.

mod check;
mod env_file;
mod place;
mod plan;
// An exception to "no #[path]": the validator page must quote alike, and
// xtask depends on no package of ours.
#[path = "../../../core/validator/src/routeros.rs"]
mod quote;
mod remote;
mod router;
mod script;
mod wait;
mod zone;

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use crate::flags::Flags;
use crate::say::say;
use crate::{Result, dist, workspace};
use place::Place;
use plan::Step;
use remote::Remote;
use router::Router;

/// Name of everything that is created: environment, mounts, interface, logging
/// action. Names of logging actions may hold letters and digits only.
const NAME: &str = "alertik";

/// Path at which the daemon finds the certificate authority of `--ca-file`.
const AUTHORITY_PATH: &str = "/ca/ca.pem";

/// What a dry run ends with.
const NOTHING: &str = "nothing was changed";

/// What the command line asks for.
struct Wishes {
    target: Option<String>,
    authority: Option<PathBuf>,
    disk: Option<String>,
    /// The folder of the images.
    folder: PathBuf,
    tcp: bool,
    dry_run: bool,
}

/// Runs `flash`.
pub(crate) fn run(mut flags: Flags) -> Result {
    let host = flags.value("--host")?;
    let env_file = flags.value("--env-file")?;
    let folder = flags.value("--dist")?;
    let (port, config) = (flags.value("--port")?, flags.value("--ssh-config")?);
    let wishes = Wishes {
        target: flags.value("--target")?,
        authority: flags.value("--ca-file")?.map(PathBuf::from),
        disk: flags.value("--disk")?,
        folder: folder.map_or_else(dist::folder, PathBuf::from),
        tcp: flags.switch("--tcp"),
        dry_run: flags.switch("--dry-run"),
    };
    let is_verbose = flags.switch("-v") | flags.switch("--verbose");
    let removes = flags.switch("--remove");
    flags.finish()?;
    let host = host.ok_or("--host is missing, for example --host admin@192.168.88.1")?;
    let modes = (wishes.dry_run, is_verbose);
    let remote = Remote::new(host, port.as_deref(), config.as_deref(), modes)?;
    if removes {
        let router = Router::ask(&remote)?;
        carry_out(&remote, plan::removal(&router), None, None)?;
        say!(
            "{}",
            if wishes.dry_run {
                NOTHING
            } else {
                "alertik is gone"
            }
        );
        return Ok(());
    }
    let settings = read_settings(env_file.as_deref(), &wishes)?;
    check::run(&settings, wishes.authority.as_deref())?;
    set_up(&remote, settings, &wishes)
}

/// Sets a router up.
fn set_up(remote: &Remote, mut settings: Vec<(String, String)>, wishes: &Wishes) -> Result {
    let router = Router::ask(remote)?;
    router.check_dns(remote)?;
    // A name means UTC there: the image holds no zone files.
    for (_, zone) in settings.iter_mut().filter(|(name, _)| name == "TZ") {
        if let Some(posix) = zone::posix(zone) {
            *zone = posix;
        }
    }
    let has = |name: &str| settings.iter().any(|(other, _)| other == name);
    if has(plan::TCP_PORT) && router.version < plan::TCP_SINCE {
        let text = format!("RouterOS {} cannot log over TCP, 7.18 can", router.version);
        return Err(text.into());
    }
    if !has("TZ") {
        let name = router.zone.as_deref().unwrap_or("manual");
        match zone::posix(name) {
            Some(zone) => settings.push(("TZ".to_owned(), zone)),
            // RouterOS would set its own name for it, which means UTC and a warning.
            None => {
                say!("the time zone {name} is not known here: times are in UTC; TZ sets one");
                settings.push(("TZ".to_owned(), "UTC0".to_owned()));
            }
        }
    }
    let target = router.target(wishes.target.as_deref())?;
    let image = wishes.folder.join(format!("alertik-{}.tar", target.name));
    let image_bytes = fs::metadata(&image)
        .map_err(|_| {
            format!(
                "there is no {}; build it: cargo xtask dist --target {}",
                image.display(),
                target.name
            )
        })?
        .len();
    let place = Place::choose(&router, wishes.disk.as_deref(), image_bytes)?;
    say!(
        "{} ({}), RouterOS {}: {} ({} kB) to {}",
        router.board,
        router.architecture,
        router.version,
        image.display(),
        image_bytes.div_ceil(1024),
        place.root
    );
    if place.is_volatile() {
        say!(
            "The flash is too full for the container: it runs from memory and is gone after a \
             reboot of the router. Run this again then, or use a disk (--disk usb1)."
        );
    }
    let authority = wishes.authority.as_deref();
    let authority = authority.map(Authority::prepare).transpose()?;
    let steps = plan::steps(&router, &place, &settings, authority.is_some());
    carry_out(remote, steps, Some(&image), authority.as_ref())?;
    if wishes.dry_run {
        say!("{NOTHING}");
        return Ok(());
    }
    say!("running; it says:");
    for line in wait::for_log(remote)? {
        say!("  {line}");
    }
    say!(
        "Ring the bell, with a line that one of your rules matches:\n  ssh {} \
         ':log error \"login failure for user test from 192.0.2.1 via ssh\"'",
        remote.host()
    );
    Ok(())
}

/// Does one step after the other; says what it does, and every command if asked to.
fn carry_out(
    remote: &Remote,
    steps: Vec<Step>,
    image: Option<&Path>,
    authority: Option<&Authority>,
) -> Result {
    for step in steps {
        match step {
            Step::Begin(what) => say!("  {what}"),
            Step::Change(command) => remote.change(&command)?,
            Step::Script(script) => remote.import(&script)?,
            Step::UploadImage(path) => {
                if let Some(image) = image {
                    remote.upload(image, &path)?;
                }
            }
            Step::UploadAuthority(path) => {
                if let Some(authority) = authority {
                    // An empty path is the folder after login.
                    let path = if path.is_empty() { "." } else { &path };
                    remote.upload(&authority.folder, path)?;
                }
            }
            Step::Await(_) if remote.is_dry_run() => {}
            Step::Await(state) => wait::for_state(remote, state)?,
        }
    }
    Ok(())
}

/// Reads the settings. The path of a certificate authority is one more, and so are a
/// port for TCP if it is wished for, and the router as the only sender, unless the file
/// says who may send.
fn read_settings(env_file: Option<&str>, wishes: &Wishes) -> Result<Vec<(String, String)>> {
    let mut settings = Vec::new();
    if let Some(path) = env_file {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        settings = env_file::parse(&text).map_err(|error| format!("{path}, {error}"))?;
    }
    if settings.is_empty() {
        return Err("there are no settings; put your rules into a file, for --env-file".into());
    }
    let has = |name: &str| settings.iter().any(|(other, _)| other == name);
    let mut more = Vec::new();
    if wishes.authority.is_some() {
        if has("TLS_CA_FILE") {
            return Err("--ca-file sets TLS_CA_FILE; take it out of the env file".into());
        }
        more.push(("TLS_CA_FILE", AUTHORITY_PATH));
    }
    if wishes.tcp && !has(plan::TCP_PORT) {
        more.push((plan::TCP_PORT, plan::SYSLOG_PORT));
    }
    if !has("SYSLOG_ALLOW") {
        more.push(("SYSLOG_ALLOW", plan::ROUTER_ADDRESS));
    }
    let more = more.into_iter();
    settings.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(settings)
}

/// A certificate authority in a folder by itself, as it is to be mounted. The folder is
/// this run's own, far from what a release takes, and goes with it.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn prepare(file: &Path) -> Result<Self> {
        let pem = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let run = workspace()
            .join("target/flash")
            .join(process::id().to_string());
        let authority = Self {
            folder: run.join("alertik-ca"),
        };
        fs::create_dir_all(&authority.folder)?;
        fs::write(authority.folder.join("ca.pem"), pem)?;
        Ok(authority)
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let run = self.folder.parent().unwrap_or(&self.folder);
        let _ = fs::remove_dir_all(run);
    }
}
