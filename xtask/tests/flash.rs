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

/// The rule of the README with every character that RouterOS reads as special.
const ENV_FILE: &str = r#"
ENV_EVENTS=2
EVENT0_NOTIFIER=Telegram
EVENT0_MATCH_TYPE=regex
EVENT0_MATCH_STR=ether2 link up \(speed (\d+)M?bps, "full" duplex\)$
EVENT0_MASK_MSG=at @1
TELEGRAM_BOT_TOKEN=123456:SECRET$token"?
GENERIC1_HEADERS=Authorization: Bearer SECRET\header
export EVENT1_MATCH_STR="it costs \$5?"
"#;

/// A small ARMv7 board with RouterOS before 7.20 runs in the end, image removed.
#[test]
fn an_old_hap_ac2_is_set_up_in_old_words() {
    let Some(router) = Router::start("hap-ac2", "7.16", HAP_AC2) else {
        return;
    };
    router.write("alertik.env", ENV_FILE);
    let env_file = router.path("alertik.env");
    let output = router.flash(&["--env-file", env_file.to_str().unwrap()]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("status=running"));

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
        r#"/container/envs/add name="alertik" key="TELEGRAM_BOT_TOKEN" value="123456:SECRET\$token\"\?""#,
    );
    has(
        r#"/container/envs/add name="alertik" key="GENERIC1_HEADERS" value="Authorization: Bearer SECRET\\header""#,
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
    for (more, works) in [(&["--dry-run"][..], true), (&[], true), (&[], false)] {
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
    router.write("own-ca.pem", "-----BEGIN CERTIFICATE-----");
    let authority = router.path("own-ca.pem");
    router.write(
        "alertik.env",
        "SYSLOG_PORT=5514\nSYSLOG_ALLOW=192.0.2.0/24\n",
    );
    let env_file = router.path("alertik.env");
    let output = router.flash(&[
        "--env-file",
        env_file.to_str().unwrap(),
        "--ca-file",
        authority.to_str().unwrap(),
    ]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("alertik-armv5.tar"));

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
    assert_eq!(
        router.read("files/alertik-ca/ca.pem"),
        "-----BEGIN CERTIFICATE-----"
    );
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
    let output = router.flash(&["--dry-run"]);
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
    let output = router.flash(&[]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("gone after a reboot"));
    let changes = router.changes().join("\n");
    assert!(changes.contains(r#"root-dir="tmpfs/alertik""#), "{changes}");
}

/// Runs `flash` on a router that lacks something and returns what it says;
/// nothing may have been changed.
fn refusal(router: &Router, arguments: &[&str]) -> String {
    let output = router.flash(arguments);
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
    router.write("alertik.env", "ENV_EVENTS=0\n");
    let env_file = router.path("alertik.env");
    let output = router.flash(&["--env-file", env_file.to_str().unwrap()]);
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
