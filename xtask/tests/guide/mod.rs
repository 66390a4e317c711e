//! The blocks of `docs/router.md`, pasted as they stand there into the stand-in's
//! terminal. It knows which property each RouterOS version has.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{HAP_AC2, HEX_REFRESH, Router, text};

/// Each block's heading, with versions to paste it into.
const BLOCKS: &[(&str, &[&str])] = &[
    ("RouterOS before 7.20", &["7.4", "7.16.2", "7.19.6"]),
    ("RouterOS 7.20", &["7.20", "7.20.8"]),
    ("RouterOS 7.21 and 7.22", &["7.21", "7.22.1"]),
    ("RouterOS 7.23 and later", &["7.23", "7.25"]),
];

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    fs::read_to_string(path).unwrap()
}

/// The first block of RouterOS commands after a mark.
fn block(page: &str, mark: &str) -> String {
    let (_, rest) = page.split_once(mark).expect(mark);
    let (_, rest) = rest.split_once("```routeros\n").expect(mark);
    let (block, _) = rest.split_once("```").expect(mark);
    block.to_owned()
}

fn summary(heading: &str) -> String {
    format!("<b>{heading}</b>")
}

/// Pastes a text into the router's terminal.
fn paste(router: &Router, block: &str) -> Output {
    let mut ssh = Command::new("ssh")
        .arg("-T")
        .arg("-F")
        .arg(router.path("ssh_config"))
        .arg("router")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A router that refuses may close the pipe.
    let _ = ssh.stdin.take().unwrap().write_all(block.as_bytes());
    let output = ssh.wait_with_output().unwrap();
    println!("{}", text(&output.stdout));
    output
}

fn with_image(name: &str, version: &str) -> Option<Router> {
    let router = Router::start(name, version, HAP_AC2)?;
    fs::create_dir_all(router.path("files/flash")).unwrap();
    router.write("files/alertik-armv7.tar", "image");
    Some(router)
}

/// The variables that a paste has set, with the quotes taken off.
fn environment(router: &Router) -> Vec<(String, String)> {
    let pasted = router.read("pasted");
    let added = pasted
        .lines()
        .filter_map(|line| line.strip_prefix("/container/envs/add "));
    added
        .map(|line| {
            let (_, rest) = line.split_once(" key=").unwrap();
            let (name, value) = rest.split_once(" value=").unwrap();
            let value = value.trim_matches('"');
            // A backslash would have to be taken off; none of the rules needs one.
            assert!(!value.contains('\\'), "{value}");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Each block sets its versions up, twice as well as once, with the rules of the
/// README.
#[test]
fn each_block_sets_its_versions_up() {
    let (guide, readme) = (page("docs/router.md"), page("README.md"));
    let (_, file) = readme.split_once("\n## Three rules").unwrap();
    let (_, file) = file.split_once("```sh\n").unwrap();
    let (file, _) = file.split_once("```").unwrap();
    let mut expected: Vec<(String, String)> = file
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect();
    for (name, value) in [("TZ", "UTC0"), ("SYSLOG_ALLOW", "172.31.255.1")] {
        expected.push((name.to_owned(), value.to_owned()));
    }
    expected.sort();

    for (heading, versions) in BLOCKS {
        let block = block(&guide, &summary(heading));
        for version in *versions {
            let Some(router) = with_image(&format!("guide-{version}"), version) else {
                return;
            };
            for _ in 0..2 {
                let _ = fs::remove_file(router.path("pasted"));
                let output = paste(&router, &block);
                assert!(output.status.success(), "{heading} into {version}");
                assert_eq!(router.read("state").trim(), "running");
            }
            let mut set = environment(&router);
            set.sort();
            assert_eq!(set, expected, "{heading}");
            let pasted = router.read("pasted");
            assert!(pasted.contains("root-dir=flash/alertik "), "{pasted}");
            for severity in ["info", "warning", "error", "critical"] {
                let rule =
                    format!("/system/logging/add topics={severity},!container action=alertik\n");
                assert!(pasted.contains(&rule), "{pasted}");
            }
        }
    }
}

/// The pack's line goes where the rules were, in the block of each version.
#[test]
fn the_pack_takes_the_place_of_the_rules() {
    let guide = page("docs/router.md");
    let pack = block(&guide, "\n## The pack");
    let name_of_list = [("list=", "name="), ("list=", "list=")];
    for ((heading, versions), (from, to)) in BLOCKS[..2].iter().zip(name_of_list) {
        let Some(router) = with_image(&format!("guide-pack-{}", versions[0]), versions[0]) else {
            return;
        };
        let block = block(&guide, &summary(heading));
        let (start, rest) = block.split_once("key=ENV_EVENTS").unwrap();
        let (start, _) = start.rsplit_once('\n').unwrap();
        let (_, rest) = rest.split_once("key=EVENT2_MASK_MSG").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let changed = format!("{start}\n{}{rest}", pack.replace(from, to));
        assert!(paste(&router, &changed).status.success(), "{heading}");
        let names: Vec<_> = environment(&router)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let expected = [
            "TELEGRAM_BOT_TOKEN",
            "TELEGRAM_CHAT_ID",
            "TZ",
            "SYSLOG_ALLOW",
        ];
        assert_eq!(names[..4], expected);
        assert_eq!(names[4..], ["STATIC_EVENTS_ENABLED"]);
    }
}

/// The block of another version is refused as a whole: nothing is changed.
#[test]
fn a_block_of_another_version_changes_nothing() {
    let guide = page("docs/router.md");
    for (heading, version) in [
        ("RouterOS before 7.20", "7.20"),
        ("RouterOS 7.20", "7.19"),
        ("RouterOS 7.21 and 7.22", "7.16"),
        ("RouterOS 7.23 and later", "7.22"),
        ("RouterOS 7.21 and 7.22", "7.23"),
    ] {
        let Some(router) = with_image(&format!("guide-not-{version}"), version) else {
            return;
        };
        let output = paste(&router, &block(&guide, &summary(heading)));
        assert!(!output.status.success(), "{heading} into {version}");
        assert!(text(&output.stdout).contains("expected end of command"));
        assert!(!router.path("pasted").exists());
    }
}

/// Without the file, a name server or the package, the block stops before it
/// changes anything, and says why.
#[test]
fn the_block_names_what_is_missing() {
    let guide = page("docs/router.md");
    let block = block(&guide, &summary("RouterOS 7.23 and later"));
    let Some(router) = Router::start("guide-missing", "7.23", HEX_REFRESH) else {
        return;
    };
    let refusal = |words: &str| {
        let output = paste(&router, &block);
        assert!(!output.status.success(), "{words}");
        assert!(text(&output.stdout).contains(words), "{words}");
        assert!(!router.path("pasted").exists(), "{words}");
    };
    refusal("alertik-armv7.tar is not in Files");
    fs::create_dir_all(router.path("files")).unwrap();
    router.write("files/alertik-armv7.tar", "image");
    router.write("no-dns", "");
    refusal("/ip/dns/set servers=9.9.9.9");
    fs::remove_file(router.path("no-dns")).unwrap();
    router.write("no-container", "");
    refusal("bad command name container");
    fs::remove_file(router.path("no-container")).unwrap();
    // A board without a folder `flash`.
    assert!(paste(&router, &block).status.success());
    assert!(router.read("pasted").contains("root-dir=alertik "));
}

/// The blocks differ in the words of their versions and in nothing else.
#[test]
fn the_blocks_are_alike() {
    let guide = page("docs/router.md");
    let plain = |heading: &str| {
        let block = block(&guide, &summary(heading));
        let (start, rest) = block.split_once(" start-on-boot=yes").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        format!("{start}\n{rest}")
            .replace("/container/envs/add name=", "/container/envs/add list=")
            .replace(
                "remove [find where name=\"alertik\"]",
                "remove [find where list=\"alertik\"]",
            )
            .replace(" envlist=", " envlists=")
            .replace("status!=\"stopped\"", "!stopped")
    };
    for (heading, _) in BLOCKS {
        assert_eq!(plain(heading), plain(BLOCKS[3].0), "{heading}");
    }
}

/// `notify-test` on the router leaves the daemon running, and the last block
/// removes everything that the first one added.
#[test]
fn the_trial_and_the_removal_work() {
    let guide = page("docs/router.md");
    let Some(router) = with_image("guide-removal", "7.21") else {
        return;
    };
    let install = block(&guide, &summary("RouterOS 7.21 and 7.22"));
    assert!(paste(&router, &install).status.success());
    let added = router.read("pasted");

    let trial = block(&guide, "\n## Try it on the router itself");
    assert!(paste(&router, &trial).status.success());
    assert_eq!(router.read("state").trim(), "running");
    assert!(router.read("pasted").contains("cmd=\"notify-test\""));

    let _ = fs::remove_file(router.path("pasted"));
    let removal = block(&guide, "\n* **Uninstall:**");
    assert!(paste(&router, &removal).status.success());
    assert!(!router.path("state").exists());
    let removed = router.read("pasted");
    for line in added.lines() {
        let Some((menu, _)) = line.split_once("/add ") else {
            continue;
        };
        assert!(removed.contains(&format!("{menu}/remove ")), "{menu} stays");
    }

    let old = removal.replace("where list=", "where name=");
    let Some(router) = with_image("guide-removal-old", "7.16") else {
        return;
    };
    assert!(paste(&router, &old).status.success());
}

/// Every command in the documents is one that some version knows.
#[test]
fn every_command_is_known() {
    let mut routers = Vec::new();
    for version in ["7.16", "7.20", "7.21", "7.23"] {
        let Some(router) = with_image(&format!("guide-any-{version}"), version) else {
            return;
        };
        routers.push(router);
    }
    for name in ["docs/router.md", "docs/moving.md", "docs/operating.md"] {
        let page = page(name);
        for block in page.split("```routeros\n").skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            let taken = routers.iter().any(|router| {
                router.write("state", "running");
                paste(router, block).status.success()
            });
            assert!(taken, "{name}: no version takes\n{block}");
        }
    }
}
