//! Every command that sets a router up, in the words of its version.
//!
//! The whole plan is made before anything is changed, from the router's answers
//! and nothing else, so it can be shown and tested without a router.

use super::quote::quoted;
use super::router::{Router, Version};
use super::script::Script;
use crate::Result;

/// Name of everything that is created: environment, mounts, interface, logging
/// action. Names of logging actions may hold letters and digits only.
const NAME: &str = "alertik";

/// The router's and the container's address on the interface between them, a
/// network of its own: no bridge has to be chosen, and no address of the
/// user's is taken.
pub(super) const ROUTER_ADDRESS: &str = "172.31.255.1";
const CONTAINER_ADDRESS: &str = "172.31.255.2";

/// UDP port of the daemon if the environment names no other.
const SYSLOG_PORT: &str = "5140";

/// The topics of four rules. A rule wants all of its topics, so one rule per
/// severity; without warning, error and critical no login failure arrives.
const SEVERITIES: [&str; 4] = ["info", "warning", "error", "critical"];

/// Bytes of flash that stay free, for the router's own writes.
const FLASH_RESERVE: u64 = 128 * 1024;

/// Bytes of memory that stay free for the router and the daemon.
const MEMORY_RESERVE: u64 = 8 * 1024 * 1024;

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A command that changes something.
    Change(String),
    /// Commands that hold secrets.
    Script(Script),
    /// Copies the image to this path.
    UploadImage(String),
    /// Copies the folder with the certificate authority into this one.
    UploadAuthority(String),
    /// Waits until the container has this state; a missing one counts as
    /// stopped.
    Await(&'static str),
}

/// The places of image and container.
#[derive(Debug)]
pub(crate) struct Place {
    /// Path of the uploaded image.
    pub(crate) image: String,
    /// The container's root folder.
    pub(crate) root: String,
    /// Whether a tmpfs is needed for one of them.
    pub(crate) tmpfs: bool,
}

impl Place {
    /// Chooses the place: everything on flash if there is room; else the image in
    /// memory and the root on flash, if there is room for that; else everything in
    /// memory. `disk` overrides it.
    ///
    /// # Errors
    ///
    /// If not even memory has the room.
    pub(crate) fn choose(router: &Router, disk: Option<&str>, image_bytes: u64) -> Result<Self> {
        if let Some(disk) = disk {
            let disk = disk.trim_matches('/');
            return Ok(Self {
                image: format!("{disk}/{NAME}.tar"),
                root: format!("{disk}/{NAME}"),
                tmpfs: false,
            });
        }
        let lasting = router.lasting;
        let reclaimed = if router.replaces { image_bytes } else { 0 };
        let free_flash = router.free_flash + reclaimed;
        let fits = |images: u64| images * image_bytes + FLASH_RESERVE <= free_flash;
        let (image, root, in_memory) = if fits(2) {
            (
                format!("{lasting}{NAME}.tar"),
                format!("{lasting}{NAME}"),
                0,
            )
        } else if fits(1) {
            (format!("tmpfs/{NAME}.tar"), format!("{lasting}{NAME}"), 1)
        } else {
            (format!("tmpfs/{NAME}.tar"), format!("tmpfs/{NAME}"), 2)
        };
        if in_memory * image_bytes + MEMORY_RESERVE > router.free_memory {
            return Err(format!(
                "{} has {} kB of flash and {} kB of memory free, too little for an image of {} kB; \
                 plug a USB disk in and add --disk usb1",
                router.board,
                router.free_flash / 1024,
                router.free_memory / 1024,
                image_bytes / 1024
            )
            .into());
        }
        Ok(Self {
            image,
            root,
            tmpfs: in_memory > 0,
        })
    }

    /// Returns whether the container is gone after a reboot.
    pub(crate) fn is_volatile(&self) -> bool {
        self.root.starts_with("tmpfs/")
    }
}

/// Writes the plan for a router.
pub(crate) fn steps(
    router: &Router,
    place: &Place,
    settings: &[(String, String)],
    authority: bool,
) -> Vec<Step> {
    let mut steps = Vec::new();
    remove_old(router, &mut steps);
    if place.tmpfs {
        let size = "tmpfs-max-size=8M";
        change(
            &mut steps,
            format!(
                ":if ([:len [/disk/find where slot=\"tmpfs\"]] = 0) do={{/disk/add type=tmpfs {size} slot=tmpfs}}"
            ),
        );
    }
    steps.push(Step::UploadImage(place.image.clone()));
    if authority {
        steps.push(Step::UploadAuthority(router.lasting.to_owned()));
    }
    add_interface(&mut steps);
    add_environment(router, settings, &mut steps);
    add_container(router, place, authority, &mut steps);
    add_logging(settings, &mut steps);
    change(
        &mut steps,
        format!("/container/start [{}]", find_container()),
    );
    steps.push(Step::Await("running"));
    let file = quoted(&place.image);
    change(
        &mut steps,
        format!("/file/remove [/file/find where name={file}]"),
    );
    steps
}

/// Returns the command that finds our container.
pub(crate) fn find_container() -> String {
    format!("/container/find where comment=\"{NAME}\"")
}

fn change(steps: &mut Vec<Step>, command: String) {
    steps.push(Step::Change(command));
}

/// Stops and removes everything that an earlier run has left.
fn remove_old(router: &Router, steps: &mut Vec<Step>) {
    let found = find_container();
    change(
        steps,
        format!(":do {{/container/stop [{found}]}} on-error={{}}"),
    );
    steps.push(Step::Await("stopped"));
    change(steps, format!("/container/remove [{found}]"));
    for (menu, key) in [("envs", env_key(router)), ("mounts", mount_key(router))] {
        let found = format!("/container/{menu}/find where {key}=\"{NAME}\"");
        change(steps, format!("/container/{menu}/remove [{found}]"));
    }
}

/// Connects the container to the router by a network of two addresses.
fn add_interface(steps: &mut Vec<Step>) {
    change(
        steps,
        format!(
            ":if ([:len [/interface/veth/find where name=\"{NAME}\"]] = 0) do={{\
         /interface/veth/add name=\"{NAME}\" address={CONTAINER_ADDRESS}/30 gateway={ROUTER_ADDRESS}}}"
        ),
    );
    change(
        steps,
        format!(
            ":if ([:len [/ip/address/find where interface=\"{NAME}\"]] = 0) do={{\
         /ip/address/add interface=\"{NAME}\" address={ROUTER_ADDRESS}/30}}"
        ),
    );
}

/// Sets the variables in a script, because their values may be secret.
fn add_environment(router: &Router, settings: &[(String, String)], steps: &mut Vec<Step>) {
    let list = env_key(router);
    let mut script = Script::default();
    for (name, value) in settings {
        script.push(
            &format!("/container/envs/add {list}=\"{NAME}\" key=\"{name}\" value="),
            value,
            may_be_shown(name),
        );
    }
    steps.push(Step::Script(script));
}

/// Returns whether the value of a variable is certainly no secret: rules and
/// numbers are not; tokens, chats, URLs, headers and bodies may be, and so may
/// whatever is not known here.
fn may_be_shown(name: &str) -> bool {
    let harmless = [
        "ENV_EVENTS",
        "EVENT",
        "FORWARD_",
        "HTTP_TIMEOUT_SECS",
        "LOG_",
        "NOTIFY_MAX_AGE_SECS",
        "STATIC_EVENT",
        "SYSLOG_",
        "TLS_CA_FILE",
        "TZ",
    ];
    harmless.iter().any(|beginning| name.starts_with(beginning))
        || name.ends_with("_MIN_INTERVAL_MS")
}

fn add_container(router: &Router, place: &Place, authority: bool, steps: &mut Vec<Step>) {
    let mut mounts = String::new();
    if authority {
        let key = mount_key(router);
        let source = quoted(&format!("/{}{NAME}-ca", router.lasting));
        change(
            steps,
            format!("/container/mounts/add {key}=\"{NAME}\" src={source} dst=\"/ca\""),
        );
        let reference = if router.version >= Version(7, 21, 0) {
            "mountlists"
        } else {
            "mounts"
        };
        mounts = format!(" {reference}=\"{NAME}\"");
    }
    let reference = if router.version >= Version(7, 20, 0) {
        "envlists"
    } else {
        "envlist"
    };
    let (image, root) = (quoted(&place.image), quoted(&place.root));
    change(
        steps,
        format!(
            "/container/add file={image} interface=\"{NAME}\" root-dir={root} \
         {reference}=\"{NAME}\"{mounts} comment=\"{NAME}\" logging=yes start-on-boot=yes"
        ),
    );
    // The image is unpacked in the background.
    steps.push(Step::Await("stopped"));
}

/// Sends the log to the container, without the container's own lines: they
/// would come back endlessly.
fn add_logging(settings: &[(String, String)], steps: &mut Vec<Step>) {
    let port = settings.iter().find(|(name, _)| name == "SYSLOG_PORT");
    let port = quoted(port.map_or(SYSLOG_PORT, |(_, value)| value));
    let target = format!("remote={CONTAINER_ADDRESS} remote-port={port}");
    change(
        steps,
        format!(
            ":if ([:len [/system/logging/action/find where name=\"{NAME}\"]] = 0) do={{\
         /system/logging/action/add name=\"{NAME}\" target=remote {target}}} else={{\
         /system/logging/action/set [/system/logging/action/find where name=\"{NAME}\"] {target}}}"
        ),
    );
    let found = format!("/system/logging/find where action=\"{NAME}\"");
    change(steps, format!("/system/logging/remove [{found}]"));
    for severity in SEVERITIES {
        change(
            steps,
            format!("/system/logging/add topics={severity},!container action=\"{NAME}\""),
        );
    }
}

/// Returns the property that names the list of an environment variable; it
/// changed in 7.20.
fn env_key(router: &Router) -> &'static str {
    if router.version >= Version(7, 20, 0) {
        "list"
    } else {
        "name"
    }
}

/// Returns the property that names the list of a mount; it changed in 7.21.
fn mount_key(router: &Router) -> &'static str {
    if router.version >= Version(7, 21, 0) {
        "list"
    } else {
        "name"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: u64 = 410 * 1024;

    fn router(version: Version, free_flash: u64, free_memory: u64) -> Router {
        Router {
            architecture: "arm".to_owned(),
            board: "hAP ac^2".to_owned(),
            version,
            free_flash,
            free_memory,
            lasting: "flash/",
            replaces: false,
        }
    }

    fn changes(version: Version) -> String {
        let router = router(version, 4 << 20, 40 << 20);
        let place = Place::choose(&router, None, IMAGE).unwrap();
        let settings = [("EVENT0_MATCH_STR".to_owned(), r"^a\d?$".to_owned())];
        let mut text = String::new();
        for step in steps(&router, &place, &settings, true) {
            match step {
                Step::Change(command) => text += &command,
                Step::Script(script) => text += &script.text(),
                _ => {}
            }
            text.push('\n');
        }
        text
    }

    /// Each RouterOS version gets the property names that it knows.
    #[test]
    fn the_words_are_those_of_the_version() {
        for (version, words) in [
            (
                Version(7, 19, 6),
                [
                    "envs/add name=",
                    "envlist=",
                    "mounts/add name=",
                    "mounts=\"",
                ],
            ),
            (
                Version(7, 20, 0),
                [
                    "envs/add list=",
                    "envlists=",
                    "mounts/add name=",
                    "mounts=\"",
                ],
            ),
            (
                Version(7, 21, 0),
                [
                    "envs/add list=",
                    "envlists=",
                    "mounts/add list=",
                    "mountlists=",
                ],
            ),
        ] {
            let changes = changes(version);
            for word in words {
                assert!(changes.contains(word), "{version}: no {word} in\n{changes}");
            }
        }
    }

    /// A pattern reaches the router as it is in the env file.
    #[test]
    fn values_are_quoted() {
        let changes = changes(Version(7, 20, 0));
        assert!(changes.contains(r#"value="^a\\d\?\$""#), "{changes}");
    }

    /// A value is shown only if it is known to be harmless.
    #[test]
    fn unknown_values_are_not_shown() {
        for name in ["EVENT63_MATCH_STR", "SYSLOG_PORT", "SLACK_MIN_INTERVAL_MS"] {
            assert!(may_be_shown(name), "{name}");
        }
        for name in [
            "TELEGRAM_BOT_TOKEN",
            "TELEGRAM_CHAT_ID",
            "SLACK_WEBHOOK_URL",
            "GENERIC1_HEADERS",
            "GENERIC4_BODY",
            "NEW",
        ] {
            assert!(!may_be_shown(name), "{name}");
        }
    }

    /// Flash is preferred, memory is the way out, and neither is overfilled.
    #[test]
    fn the_place_follows_the_free_space() {
        let place =
            |flash, memory| Place::choose(&router(Version(7, 16, 0), flash, memory), None, IMAGE);
        let roomy = place(2 << 20, 40 << 20).unwrap();
        assert_eq!(
            (roomy.image.as_str(), roomy.tmpfs),
            ("flash/alertik.tar", false)
        );
        let tight = place(700 << 10, 40 << 20).unwrap();
        assert_eq!(
            (tight.image.as_str(), tight.root.as_str()),
            ("tmpfs/alertik.tar", "flash/alertik")
        );
        assert!(tight.tmpfs && !tight.is_volatile());
        let full = place(0, 40 << 20).unwrap();
        assert!(full.tmpfs && full.is_volatile());
        assert!(place(0, 8 << 20).is_err());
        let mut again = router(Version(7, 16, 0), 200 << 10, 40 << 20);
        again.replaces = true;
        let again = Place::choose(&again, None, IMAGE).unwrap();
        assert_eq!(again.root, "flash/alertik");
    }
}
