//! Every command that sets a router up, in the words of its version.
//!
//! The whole plan is made before anything is changed, from the router's answers
//! and nothing else, so it can be shown and tested without a router.

use super::NAME;
use super::place::Place;
use super::quote::quoted;
use super::router::{Router, Version};
use super::script::Script;

/// The router's and the container's address on the interface between them, a
/// network of its own: no bridge has to be chosen, and no address of the
/// user's is taken.
pub(super) const ROUTER_ADDRESS: &str = "172.31.255.1";
const CONTAINER_ADDRESS: &str = "172.31.255.2";

/// UDP port of the daemon where the environment names no other, and TCP port where
/// `--tcp` asks for one.
pub(super) const SYSLOG_PORT: &str = "5140";

/// The variable that makes the daemon listen on TCP, and the router send over it.
pub(super) const TCP_PORT: &str = "SYSLOG_TCP_PORT";

/// The first version that can send over TCP.
pub(super) const TCP_SINCE: Version = Version(7, 18, 0);

/// The topics of four rules. A rule wants all of its topics, so one rule per
/// severity; without warning, error and critical no login failure arrives.
const SEVERITIES: [&str; 4] = ["info", "warning", "error", "critical"];

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// What the next steps do, for the person who waits.
    Begin(&'static str),
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

/// Writes the plan for a router.
pub(crate) fn steps(
    router: &Router,
    place: &Place,
    settings: &[(String, String)],
    authority: bool,
) -> Vec<Step> {
    let mut steps = vec![Step::Begin("removing what an earlier run has left")];
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
    steps.push(Step::Begin("uploading"));
    steps.push(Step::UploadImage(place.image.clone()));
    if authority {
        steps.push(Step::UploadAuthority(router.lasting.to_owned()));
    }
    steps.push(Step::Begin("setting up network and variables"));
    add_interface(&mut steps);
    add_environment(router, settings, &mut steps);
    steps.push(Step::Begin("unpacking"));
    add_container(router, place, authority, &mut steps);
    steps.push(Step::Begin("starting"));
    add_logging(router, settings, &mut steps);
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

/// Writes the plan that takes everything off a router which [`steps`] makes, but for
/// the tmpfs, which others may use.
pub(crate) fn removal(router: &Router) -> Vec<Step> {
    let mut steps = vec![Step::Begin("removing the container")];
    remove_old(router, &mut steps);
    steps.push(Step::Begin("removing logging, network and files"));
    for (menu, found) in [
        ("/system/logging", format!("action=\"{NAME}\"")),
        ("/system/logging/action", format!("name=\"{NAME}\"")),
        ("/ip/address", format!("interface=\"{NAME}\"")),
        ("/interface/veth", format!("name=\"{NAME}\"")),
        ("/file", format!("name~\"{NAME}(.tar|-ca)\\$\"")),
    ] {
        change(
            &mut steps,
            format!("{menu}/remove [{menu}/find where {found}]"),
        );
    }
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
         {reference}=\"{NAME}\"{mounts} comment=\"{NAME}\" logging=yes start-on-boot=yes{}",
            bounds(router.version)
        ),
    );
    // The image is unpacked in the background.
    steps.push(Step::Await("stopped"));
}

/// Returns the properties that start the container again after a crash and bound its
/// memory, as far as the version has them. It needs about 1 MB.
fn bounds(version: Version) -> &'static str {
    if version >= Version(7, 23, 0) {
        " restart-policy=on-failure restart-interval=30s memory-high=16M memory-max=24M \
         healthcheck-cmd=\"/alertik health --live\""
    } else if version >= Version(7, 20, 0) {
        " auto-restart-interval=30s memory-high=16M"
    } else {
        ""
    }
}

/// Sends the log to the container, without the container's own lines: they
/// would come back endlessly.
fn add_logging(router: &Router, settings: &[(String, String)], steps: &mut Vec<Step>) {
    let find = |wanted| settings.iter().find(|(name, _)| name == wanted);
    // Only CEF has a delimiter over TCP. The protocol is named where it can be, so
    // that an earlier run with the other one leaves nothing.
    let (variable, protocol) = match find(TCP_PORT) {
        Some(_) => (TCP_PORT, " remote-protocol=tcp remote-log-format=cef"),
        None if router.version >= TCP_SINCE => ("SYSLOG_PORT", " remote-protocol=udp"),
        None => ("SYSLOG_PORT", ""),
    };
    let port = quoted(find(variable).map_or(SYSLOG_PORT, |(_, value)| value));
    let target = format!("remote={CONTAINER_ADDRESS} remote-port={port}{protocol}");
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
    use crate::flash::router::hap_ac2;

    const IMAGE: u64 = 560 * 1024;

    fn changes(version: Version) -> String {
        let router = hap_ac2(version, 4 << 20, 40 << 20);
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

    /// The container comes back after a crash and cannot take the router's memory,
    /// in the words of the version.
    #[test]
    fn bounds_of_the_container() {
        for (version, words) in [
            (Version(7, 19, 6), "start-on-boot=yes\n"),
            (
                Version(7, 22, 1),
                "start-on-boot=yes auto-restart-interval=30s memory-high=16M\n",
            ),
            (
                Version(7, 23, 0),
                " restart-interval=30s memory-high=16M memory-max=24M healthcheck-cmd=",
            ),
        ] {
            let changes = changes(version);
            assert!(
                changes.contains(words),
                "{version}: no {words} in\n{changes}"
            );
        }
    }

    /// TCP brings CEF, and a run without it takes the protocol back where there is one.
    #[test]
    fn logging_over_tcp() {
        let logging = |version, settings: &[(&str, &str)]| {
            let pair = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
            let settings: Vec<_> = settings.iter().map(pair).collect();
            let mut steps = Vec::new();
            add_logging(&hap_ac2(version, 0, 0), &settings, &mut steps);
            let Step::Change(action) = steps.swap_remove(0) else {
                panic!("{steps:?}");
            };
            let (_, target) = action.rsplit_once("remote-port=").unwrap();
            target.to_owned()
        };
        let tcp = [("SYSLOG_PORT", "514"), (TCP_PORT, "601")];
        assert_eq!(
            logging(Version(7, 18, 0), &tcp),
            "\"601\" remote-protocol=tcp remote-log-format=cef}"
        );
        let udp = &tcp[..1];
        assert_eq!(
            logging(Version(7, 18, 0), udp),
            "\"514\" remote-protocol=udp}"
        );
        assert_eq!(logging(Version(7, 16, 0), udp), "\"514\"}");
    }

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
}
