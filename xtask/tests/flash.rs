//! `xtask flash` against a real sshd on loopback, with the system's ssh and
//! scp. The sshd runs `router.sh`, a stand-in for RouterOS. `guide` pastes the
//! router guide's blocks into its terminal.
//!
//! Without an sshd the tests say so and stop; `cargo xtask setup`
//! installs it.

mod guide;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SSHD: &str = "/usr/sbin/sshd";

/// A router: an sshd that answers on a loopback port as long as it lives.
struct Router {
    folder: PathBuf,
}

impl Router {
    /// Starts a stand-in. `facts` are its answers about itself.
    fn start(name: &str, version: &str, facts: &[&str]) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!("skipped: there is no {SSHD}");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("flash-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("dist")).unwrap();
        let router = Self { folder };
        router.write("version", version);
        router.write("device-mode", "true");
        router.write(
            "facts",
            &format!("{}\nversion={version} (stable)\n", facts.join("\n")),
        );
        for target in ["armv7", "armv5", "arm64", "amd64"] {
            router.write(
                &format!("dist/alertik-{target}.tar"),
                &format!("image of {target}"),
            );
        }
        router.serve();
        Some(router)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Makes keys and listens; every connection gets an sshd of its own in
    /// inetd mode, so no port has to be guessed.
    fn serve(&self) {
        for key in ["host-key", "user-key"] {
            let status = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(self.path(key))
                .status()
                .unwrap();
            assert!(status.success());
        }
        // Asked for by an sshd that runs as root.
        let _ = fs::create_dir_all("/run/sshd");
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/router.sh");
        let folder = self.folder.display();
        self.write(
            "sshd_config",
            &format!(
                "HostKey {folder}/host-key\nAuthorizedKeysFile {folder}/user-key.pub\n\
                 StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n\
                 Subsystem sftp /usr/lib/openssh/sftp-server\n\
                 ForceCommand {} {folder}\n",
                stand_in.display()
            ),
        );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        self.write(
            "ssh_config",
            &format!(
                "Host router\nHostName 127.0.0.1\nPort {port}\nUser {}\n\
                 IdentityFile {folder}/user-key\nIdentitiesOnly yes\n\
                 StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n",
                user()
            ),
        );
        let config = self.path("sshd_config");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let input = std::os::fd::OwnedFd::from(stream.try_clone().unwrap());
                let output = std::os::fd::OwnedFd::from(stream);
                let mut sshd = Command::new(SSHD)
                    .args(["-i", "-e", "-f"])
                    .arg(&config)
                    .stdin(Stdio::from(input))
                    .stdout(Stdio::from(output))
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::spawn(move || sshd.wait());
            }
        });
    }

    /// Writes an env file of a rule and more, and returns its path.
    fn env_file(&self, more: &str) -> String {
        self.write("alertik.env", &[RULE, more].concat());
        self.path("alertik.env").to_str().unwrap().to_owned()
    }

    fn flash(&self, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["flash", "--host", "router", "--ssh-config"])
            .arg(self.path("ssh_config"))
            .arg("--dist")
            .arg(self.path("dist"))
            .args(arguments)
            .output()
            .unwrap();
        println!("{}", text(&output.stdout));
        eprintln!("{}", text(&output.stderr));
        output
    }

    /// Returns the commands that change something, as the router got them.
    fn changes(&self) -> Vec<String> {
        let commands = self.read("commands");
        let changes = commands
            .lines()
            .filter_map(|line| line.strip_suffix("; :put \"alertik: done\""));
        changes.map(str::to_owned).collect()
    }
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    text(&output.stdout).trim().to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const HAP_AC2: &[&str] = &[
    "architecture=arm",
    "board=hAP ac^2",
    "flash=1048576",
    "memory=52428800",
    "folder=1",
];

const HEX_REFRESH: &[&str] = &[
    "architecture=arm",
    "board=hEX",
    "flash=94371840",
    "memory=314572800",
    "folder=0",
];

/// A rule, so that there is something to start for.
const RULE: &str = "ENV_EVENTS=1
EVENT0_NOTIFIER=Console
EVENT0_MATCH_TYPE=substr
EVENT0_MATCH_STR=link down
EVENT0_MASK_MSG=A link is down
";

/// A certificate authority, valid for a hundred years.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUWLHJwAgGSi3lU+Yw0SVjYpobAA0wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGb3duIENBMCAXDTI2MTEyNDIyNDYzN1oYDzIxMjYxMDMxMjI0
NjM3WjARMQ8wDQYDVQQDDAZvd24gQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASvvJdOquDwrqjZDSTaZfpe+BWZcM7qhMKdgbUgMQWx1GYockTrddzR6btf8mu0
yu7nu0eBan8lNbwelZsoY/d0o1MwUTAdBgNVHQ4EFgQUO17pPkJ8m62LeVOLPCDC
750161EwHwYDVR0jBBgwFoAUO17pPkJ8m62LeVOLPCDC750161EwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA4JTk7Mls/nOhhOChKcRrN5GQ4xMu
YxEziHbglGaXykcCIBPyxDFvMTA+mvTZs+PkwLz09lF18CTbKaeR2vmwYsvT
-----END CERTIFICATE-----
";

/// The rule of the README with every character that RouterOS reads as special.
const ENV_FILE: &str = r#"
ENV_EVENTS=2
EVENT0_NOTIFIER=Telegram
EVENT0_MATCH_TYPE=regex
EVENT0_MATCH_STR=ether2 link up \(speed (\d+)M?bps, "full" duplex\)$
EVENT0_MASK_MSG=at @1
TELEGRAM_BOT_TOKEN=123456:SECRET-token
TELEGRAM_CHAT_ID=1
GENERIC1_HEADERS=Authorization: Bearer SECRET\header$x"?
EVENT1_NOTIFIER=Console
EVENT1_MATCH_TYPE=substr
export EVENT1_MATCH_STR="it costs \$5?"
EVENT1_MASK_MSG=Expensive
"#;

/// A small ARMv7 board with RouterOS before 7.20 runs in the end, image removed.
#[test]
fn an_old_hap_ac2_is_set_up_in_old_words() {
    let Some(router) = Router::start("hap-ac2", "7.16", HAP_AC2) else {
        return;
    };
    router.write("alertik.env", ENV_FILE);
    let env_file = router.path("alertik.env");
    router.write(
        "log",
        "10:00:00 container,info,debug alertik: listens on UDP [::]:5140\n",
    );
    let output = router.flash(&["--env-file", env_file.to_str().unwrap()]);
    assert!(output.status.success());
    let said = text(&output.stdout);
    let says =
        "running; it says:\n  10:00:00 container,info,debug alertik: listens on UDP [::]:5140\n";
    assert!(said.contains(says), "{said}");
    assert!(said.contains("ssh router ':log error "), "{said}");
    for part in ["uploading", "unpacking", "starting"] {
        assert!(said.contains(&format!("\n  {part}\n")), "{said}");
    }
    assert!(!said.contains("/container/"), "raw commands in {said}");

    let changes = router.changes();
    let has = |command: &str| {
        assert!(
            changes.iter().any(|change| change == command),
            "no {command} in {changes:#?}"
        );
    };
    has(
        r#"/container/envs/add name="alertik" key="EVENT0_MATCH_STR" value="ether2 link up \\(speed (\\d+)M\?bps, \"full\" duplex\\)\$""#,
    );
    has(r#"/container/envs/add name="alertik" key="EVENT1_MATCH_STR" value="it costs \$5\?""#);
    has(
        r#"/container/envs/add name="alertik" key="TELEGRAM_BOT_TOKEN" value="123456:SECRET-token""#,
    );
    has(
        r#"/container/envs/add name="alertik" key="GENERIC1_HEADERS" value="Authorization: Bearer SECRET\\header\$x\"\?""#,
    );
    has(r#"/container/envs/add name="alertik" key="SYSLOG_ALLOW" value="172.31.255.1""#);
    has(
        r#"/container/add file="flash/alertik.tar" interface="alertik" root-dir="flash/alertik" envlist="alertik" comment="alertik" logging=yes start-on-boot=yes"#,
    );
    for severity in ["info", "warning", "error", "critical"] {
        has(&format!(
            r#"/system/logging/add topics={severity},!container action="alertik""#
        ));
    }
    let position = |part: &str| changes.iter().position(|change| change.starts_with(part));
    assert!(position("/container/remove") < position("/container/add"));
    assert!(position("/container/add") < position("/container/start"));
    assert!(
        !router.path("files/flash/alertik.tar").exists(),
        "the image is still there"
    );
}

/// A secret is in none of the arguments of ssh and in nothing that is printed,
/// also if the router refuses it and repeats it; and the file that brought it is gone.
#[test]
fn secrets_are_neither_printed_nor_passed_as_arguments() {
    let Some(router) = Router::start("secrets", "7.16", HAP_AC2) else {
        return;
    };
    router.write("alertik.env", ENV_FILE);
    let env_file = router.path("alertik.env");
    let arguments = ["--env-file", env_file.to_str().unwrap()];
    for (more, works) in [
        (&["--dry-run"][..], true),
        (&["-v"], true),
        (&["-v"], false),
    ] {
        if !works {
            router.write("refuse-secrets", "");
        }
        let output = router.flash(&[&arguments, more].concat());
        assert_eq!(output.status.success(), works);
        for said in [&output.stdout, &output.stderr] {
            assert!(!text(said).contains("SECRET"), "{}", text(said));
        }
        let shown = [output.stdout, output.stderr].concat();
        assert!(text(&shown).contains(r#"key="TELEGRAM_BOT_TOKEN" value=***"#));
        assert!(!router.path("files/alertik-env.rsc").exists());
    }
    assert!(router.read("commands").contains("SECRET"));
    assert!(!router.read("arguments").contains("SECRET"));
}

/// An ARMv5 board with RouterOS 7.21 gets its own code, a CA and another port.
#[test]
fn a_new_hex_refresh_gets_armv5_code_in_new_words() {
    let Some(router) = Router::start("hex", "7.21", HEX_REFRESH) else {
        return;
    };
    router.write("own-ca.pem", AUTHORITY);
    let authority = router.path("own-ca.pem");
    let output = router.flash(&[
        "--env-file",
        &router.env_file("SYSLOG_PORT=5514\nSYSLOG_ALLOW=192.0.2.0/24\n"),
        "--ca-file",
        authority.to_str().unwrap(),
        "-v",
    ]);
    assert!(output.status.success());
    let said = text(&output.stdout);
    assert!(said.contains("alertik-armv5.tar"));
    // The folder that was sent is not among the files of a release, and is gone again.
    let folder = said.lines().find_map(|line| {
        line.trim()
            .strip_prefix("scp -r ")?
            .split_once("/alertik-ca ")
    });
    let (folder, _) = folder.expect("the folder's way to the router");
    assert!(folder.contains("/target/flash/"), "{folder}");
    assert!(!Path::new(folder).exists(), "{folder}");

    let changes = router.changes().join("\n");
    for command in [
        r#"/container/envs/add list="alertik" key="TLS_CA_FILE" value="/ca/ca.pem""#,
        r#"/container/envs/add list="alertik" key="SYSLOG_ALLOW" value="192.0.2.0/24""#,
        r#"/container/mounts/add list="alertik" src="/alertik-ca" dst="/ca""#,
        r#"/container/add file="alertik.tar" interface="alertik" root-dir="alertik" envlists="alertik" mountlists="alertik" comment="alertik""#,
        r#"remote=172.31.255.2 remote-port="5514""#,
    ] {
        assert!(changes.contains(command), "no {command} in\n{changes}");
    }
    assert!(!changes.contains("tmpfs"), "{changes}");
    assert_eq!(router.read("files/alertik-ca/ca.pem"), AUTHORITY);
}

/// `--dry-run` shows every command and sends none that changes something.
#[test]
fn a_dry_run_prints_everything_and_changes_nothing() {
    let mut facts = HAP_AC2.to_vec();
    facts[2] = "flash=300000";
    let Some(router) = Router::start("dry-run", "7.20.4", &facts) else {
        return;
    };
    // Too large for flash with its reserve.
    router.write("dist/alertik-armv7.tar", &"x".repeat(200 * 1024));
    let output = router.flash(&["--env-file", &router.env_file(""), "--dry-run"]);
    assert!(output.status.success());
    let printed = text(&output.stdout);
    for command in [
        "/disk/add type=tmpfs",
        "scp -r",
        "envlists=\"alertik\"",
        "/container/start",
    ] {
        assert!(printed.contains(command), "no {command} in\n{printed}");
    }
    assert!(router.changes().is_empty());
    assert!(!router.path("files").exists());
}

/// A board without room on flash runs from memory, and the user learns it.
#[test]
fn without_flash_the_container_lives_in_memory() {
    let mut facts = HAP_AC2.to_vec();
    facts[2] = "flash=0";
    let Some(router) = Router::start("tmpfs", "7.16.2", &facts) else {
        return;
    };
    let arguments = ["--env-file", &router.env_file(""), "--dry-run"];
    let output = router.flash(&arguments);
    assert!(text(&output.stdout).contains("gone after a reboot"));
    let output = router.flash(&arguments[..2]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("gone after a reboot"));
    let changes = router.changes().join("\n");
    assert!(changes.contains(r#"root-dir="tmpfs/alertik""#), "{changes}");
}

/// Runs `flash` on a router that lacks something and returns what it says;
/// nothing may have been changed.
fn refusal(router: &Router, arguments: &[&str]) -> String {
    let env_file = router.env_file("");
    let output = router.flash(&[&["--env-file", &env_file], arguments].concat());
    assert!(!output.status.success());
    assert!(router.changes().is_empty(), "{:?}", router.changes());
    assert!(!router.path("files").exists());
    text(&output.stderr)
}

/// A missing package is named before anything is changed.
#[test]
fn without_the_container_package_nothing_is_changed() {
    let Some(router) = Router::start("no-package", "7.16", HAP_AC2) else {
        return;
    };
    router.write("no-container", "");
    let said = refusal(&router, &[]);
    assert!(said.contains("container-7.16-arm.npk"), "{said}");
    assert!(said.contains("ssh router /system/reboot"), "{said}");
}

/// Every other obstacle is reported, with its remedy, before anything is changed.
#[test]
fn other_obstacles_are_reported_before_anything_is_changed() {
    let Some(router) = Router::start("refusals", "7.21", HEX_REFRESH) else {
        return;
    };
    let said = refusal(&router, &["--target", "armv7"]);
    assert!(said.contains("take armv5"), "{said}");

    router.write("device-mode", "false");
    let said = refusal(&router, &[]);
    assert!(
        said.contains("/system/device-mode/update container=yes"),
        "{said}"
    );
    router.write("device-mode", "true");

    let facts = router.read("facts");
    router.write(
        "facts",
        &facts
            .replace("flash=94371840", "flash=0")
            .replace("memory=314572800", "memory=4000000"),
    );
    let said = refusal(&router, &[]);
    assert!(said.contains("--disk usb1"), "{said}");

    router.write(
        "facts",
        &facts.replace("architecture=arm", "architecture=mipsbe"),
    );
    let said = refusal(&router, &[]);
    assert!(said.contains("arm, arm64 and x86 only"), "{said}");
    router.write("facts", &facts);

    fs::remove_file(router.path("dist/alertik-armv5.tar")).unwrap();
    let said = refusal(&router, &[]);
    assert!(said.contains("cargo xtask dist --target armv5"), "{said}");
}

/// A refused command ends the run with the router's words.
#[test]
fn a_command_that_the_router_refuses_ends_the_run() {
    // The stand-in takes the words of 7.16 only, and says that it is newer.
    let Some(router) = Router::start("refused", "7.16", HAP_AC2) else {
        return;
    };
    let facts = router.read("facts").replace("version=7.16", "version=7.20");
    router.write("facts", &facts);
    let output = router.flash(&["--env-file", &router.env_file("")]);
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("expected end of command"), "{said}");
    assert!(
        !router
            .changes()
            .iter()
            .any(|change| change.starts_with("/container/add"))
    );
}

/// Settings with which the daemon would not start leave a working set-up alone, and so
/// do none at all; a warning does not.
#[test]
fn wrong_settings_are_found_before_anything_is_changed() {
    let Some(router) = Router::start("check", "7.16", HAP_AC2) else {
        return;
    };
    for (text, said) in [
        ("", "there are no settings"),
        (
            "ENV_EVENTS=1 # one\n",
            "ENV_EVENTS: '1 # one' is not a whole number",
        ),
        ("EVENT0_MATCH_STR=(a\n", "ENV_EVENTS: there is no rule"),
        (
            "\u{feff}ENV_EVENTS=1\n",
            "line 1: the file begins with a byte order mark",
        ),
        ("ENV_EVENTS = 1\n", "line 1: there are blanks around `=`"),
        (
            "ENV_EVENTS=1\nTELEGRAM_BOT_TOKEN=1:SECRET x\n",
            "EVENT0_NOTIFIER: is not set",
        ),
    ] {
        router.write("alertik.env", text);
        let env_file = router.path("alertik.env");
        for more in [&[][..], &["--dry-run"]] {
            let arguments = [&["--env-file", env_file.to_str().unwrap()], more].concat();
            let output = router.flash(&arguments);
            assert!(!output.status.success(), "{text}");
            let errors = self::text(&output.stderr);
            assert!(
                errors.contains(said) && !errors.contains("SECRET"),
                "{errors}"
            );
        }
    }
    assert!(router.changes().is_empty(), "{:?}", router.changes());
    let env_file = router.env_file("SYSLOG_PROT=514\n");
    let output = router.flash(&["--env-file", &env_file, "--dry-run"]);
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert!(printed.contains("did you mean SYSLOG_PORT?"), "{printed}");
}

/// The router's time zone becomes the daemon's, unless the file has one; a container
/// comes back after a crash, in the words of the version.
#[test]
fn what_the_router_says_is_set() {
    let mut facts = HEX_REFRESH.to_vec();
    facts.push("zone=Europe/Riga");
    let Some(router) = Router::start("zone", "7.23", &facts) else {
        return;
    };
    let zone = |file: &str| {
        let output = router.flash(&["--env-file", &router.env_file(file), "--dry-run"]);
        assert!(output.status.success());
        let printed = text(&output.stdout);
        assert!(printed.contains("restart-policy=on-failure"), "{printed}");
        let zone = printed.split("key=\"TZ\" value=").nth(1);
        let zone = zone.and_then(|rest| rest.lines().next());
        zone.expect("a zone").to_owned()
    };
    if Path::new("/usr/share/zoneinfo/Europe/Riga").exists() {
        // The file's own name for a zone is one that the container does not know either.
        for file in ["", "TZ=Europe/Riga\n"] {
            assert_eq!(zone(file), "\"EET-2EEST,M3.5.0/3,M10.5.0/4\"", "{file}");
        }
    }
    assert_eq!(zone("TZ=CET-1\n"), "\"CET-1\"");
    let facts = router.read("facts").replace("Europe/Riga", "manual");
    router.write("facts", &facts);
    assert_eq!(zone(""), "\"UTC0\"");
}

/// `--remove` leaves nothing of what a run made, and needs no settings.
#[test]
fn everything_can_be_removed() {
    let Some(router) = Router::start("remove", "7.20", HAP_AC2) else {
        return;
    };
    assert!(
        router
            .flash(&["--env-file", &router.env_file("")])
            .status
            .success()
    );
    let before = router.changes().len();
    let output = router.flash(&["--remove", "--dry-run"]);
    assert!(text(&output.stdout).contains("nothing was changed"));
    assert_eq!(router.changes().len(), before);
    let output = router.flash(&["--remove"]);
    assert!(output.status.success());
    assert!(text(&output.stdout).ends_with("alertik is gone\n"));
    let removal = router.changes().split_off(before).join("\n");
    for menu in [
        "/container/remove",
        "/container/envs/remove",
        "/container/mounts/remove",
        "/system/logging/remove",
        "/system/logging/action/remove",
        "/ip/address/remove",
        "/interface/veth/remove",
        "/file/remove",
    ] {
        assert!(removal.contains(menu), "no {menu} in\n{removal}");
    }
    assert!(
        !router.path("state").exists(),
        "the container is still there"
    );
}

/// A reader that goes away, such as `head`, does not end a run with a panic.
#[test]
fn a_reader_may_go_away() {
    let Some(router) = Router::start("head", "7.20", HAP_AC2) else {
        return;
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["flash", "--host", "router", "--dry-run", "--ssh-config"])
        .arg(router.path("ssh_config"))
        .arg("--dist")
        .arg(router.path("dist"))
        .args(["--env-file", &router.env_file("")])
        .stdout(writer)
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}
