//! A router's answers about itself, and their meaning for us.

use std::fmt;

use super::remote::Remote;
use crate::Result;
use crate::targets::{TARGETS, Target};

/// A RouterOS version, without anything after the numbers (`beta5`, `(stable)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// The first version with containers.
    pub(crate) const CONTAINERS: Self = Self(7, 4, 0);

    /// Reads `7.16.2 (stable)` or `7.22beta5`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|part| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse::<u32>()
        });
        let major = numbers.next()?.ok()?;
        let minor = numbers.next()?.ok()?;
        let patch = numbers
            .next()
            .and_then(std::result::Result::ok)
            .unwrap_or(0);
        Some(Self(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Boards whose processors run Thumb-2 and NEON code, by how RouterOS starts
/// their names: IPQ-4018/4019, IPQ-50xx, AL21400. Every other 32-bit ARM gets
/// the ARMv5 build, which runs on all of them: EN7562CT boards stop at newer
/// code, and switches may lack NEON.
const NEON_BOARDS: &[&str] = &[
    "hAP ac^2",
    "hAP ac^3",
    "hAP ax lite",
    "cAP ac",
    "wAP ax",
    "RB450Gx4",
    "RB4011",
    "RB1100AHx4",
    "RB1100Dx4",
    "L009",
];

/// The answers of one router.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) architecture: String,
    pub(crate) board: String,
    pub(crate) version: Version,
    /// Free bytes of the internal storage.
    pub(crate) free_flash: u64,
    /// Free bytes of memory.
    pub(crate) free_memory: u64,
    /// Prefix of the path of a file that must survive a reboot: boards with 16 MB
    /// of flash keep only the folder `flash`.
    pub(crate) lasting: &'static str,
    /// Whether an earlier container of ours lies on the internal storage and
    /// will make room there.
    pub(crate) replaces: bool,
    /// Name of its time zone, if it said one.
    pub(crate) zone: Option<String>,
}

impl Router {
    /// Asks the router everything that has to be known before it is changed.
    ///
    /// # Errors
    ///
    /// Names what the router lacks, and the command that adds it.
    pub(crate) fn ask(remote: &Remote) -> Result<Self> {
        let answers = remote.query(
            ":put (\"architecture=\" . [/system resource get architecture-name]); \
             :put (\"board=\" . [/system resource get board-name]); \
             :put (\"version=\" . [/system resource get version]); \
             :put (\"flash=\" . [/system resource get free-hdd-space]); \
             :put (\"memory=\" . [/system resource get free-memory]); \
             :put (\"folder=\" . [:len [/file find where name=\"flash\"]]); \
             :put (\"zone=\" . [/system clock get time-zone-name])",
        )?;
        let mut router = Self::from_answers(&answers)?;
        router.check_containers(remote)?;
        let root = remote.query(
            ":foreach i in=[/container/find where comment=\"alertik\"] \
             do={:put (\"root=\" . [/container/get $i root-dir])}",
        )?;
        let root = root.trim().strip_prefix("root=");
        let root = root.map(|path| path.trim_start_matches('/'));
        router.replaces = root == Some(&format!("{}alertik", router.lasting));
        Ok(router)
    }

    fn from_answers(answers: &str) -> Result<Self> {
        let value = |name: &str| {
            answers
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(str::trim)
                .ok_or_else(|| format!("the router did not report its {name}; it said:\n{answers}"))
        };
        let version = value("version")?;
        Ok(Self {
            architecture: value("architecture")?.to_owned(),
            board: value("board")?.to_owned(),
            version: Version::parse(version)
                .ok_or_else(|| format!("`{version}` is no RouterOS version"))?,
            free_flash: value("flash")?.parse()?,
            free_memory: value("memory")?.parse()?,
            lasting: if value("folder")? == "0" {
                ""
            } else {
                "flash/"
            },
            replaces: false,
            zone: value("zone").ok().map(str::to_owned),
        })
    }

    /// Returns the target that runs on this router; `wanted` is checked
    /// against it.
    ///
    /// # Errors
    ///
    /// For an architecture without containers, and if `wanted` would not run.
    pub(crate) fn target(&self, wanted: Option<&str>) -> Result<&'static Target> {
        let (best, runs): (&str, &[&str]) = match self.architecture.as_str() {
            "arm" if self.has_neon() => ("armv7", &["armv7", "armv5"]),
            "arm" => ("armv5", &["armv5"]),
            "arm64" => ("arm64", &["arm64"]),
            "x86" | "x86_64" => ("amd64", &["amd64"]),
            other => {
                return Err(format!(
                    "{} ({other}): RouterOS has containers on arm, arm64 and x86 only; \
                     run alertik on another machine and send it the log",
                    self.board
                )
                .into());
            }
        };
        let name = wanted.unwrap_or(best);
        if !runs.contains(&name) {
            return Err(format!(
                "--target {name} does not run on {} ({}); leave it out, or take {best}",
                self.board, self.architecture
            )
            .into());
        }
        TARGETS
            .iter()
            .find(|target| target.name == name)
            .ok_or_else(|| format!("there is no target {name}").into())
    }

    fn has_neon(&self) -> bool {
        NEON_BOARDS.iter().any(|name| self.board.starts_with(name))
    }

    /// Checks the version, the container package and the device mode.
    fn check_containers(&self, remote: &Remote) -> Result {
        if self.version < Version::CONTAINERS {
            return Err(format!(
                "RouterOS {} has no containers; update it to {} or later:\n    \
                 /system/package/update/install",
                self.version,
                Version::CONTAINERS
            )
            .into());
        }
        let count = remote.query(":put (\"containers=\" . [:len [/container/find]])")?;
        if !count.contains("containers=") {
            let Version(major, minor, patch) = self.version;
            let patch = if patch == 0 {
                String::new()
            } else {
                format!(".{patch}")
            };
            return Err(format!(
                "the router has no container package (it said: {})\n\
                 take container-{major}.{minor}{patch}-{}.npk out of the extra packages of your \
                 version at mikrotik.com/download, then:\n    \
                 scp container-*.npk {host}:/\n    \
                 ssh {host} /system/reboot",
                count.trim(),
                self.architecture,
                host = remote.host()
            )
            .into());
        }
        let mode = remote.query(":put (\"container=\" . [/system/device-mode/get container])")?;
        if mode.contains("container=false") || mode.contains("container=no") {
            return Err(format!(
                "containers are switched off in the router's device mode; type\n    \
                 ssh {} /system/device-mode/update container=yes\n\
                 and press the router's button, or cut its power, within five minutes",
                remote.host()
            )
            .into());
        }
        Ok(())
    }

    /// A container does not start on a router without name servers.
    ///
    /// # Errors
    ///
    /// Names the command that sets one.
    pub(crate) fn check_dns(&self, remote: &Remote) -> Result {
        let servers = remote
            .query(":put (\"servers=\" . [/ip/dns/get servers] . [/ip/dns/get dynamic-servers])")?;
        if servers.trim() == "servers=" {
            return Err(format!(
                "the router knows no name server, and no container starts without; type\n    \
                 ssh {} /ip/dns/set servers=9.9.9.9",
                remote.host()
            )
            .into());
        }
        Ok(())
    }
}

/// A router for tests: a hAP ac² with so many free bytes of flash and memory.
#[cfg(test)]
pub(super) fn hap_ac2(version: Version, free_flash: u64, free_memory: u64) -> Router {
    Router {
        architecture: "arm".to_owned(),
        board: "hAP ac^2".to_owned(),
        version,
        free_flash,
        free_memory,
        lasting: "flash/",
        replaces: false,
        zone: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(architecture: &str, board: &str) -> Router {
        Router {
            architecture: architecture.to_owned(),
            board: board.to_owned(),
            ..hap_ac2(Version(7, 16, 0), 0, 0)
        }
    }

    /// Versions compare by number, betas included.
    #[test]
    fn versions_are_read_and_ordered() {
        assert_eq!(Version::parse("7.16 (stable)"), Some(Version(7, 16, 0)));
        assert_eq!(
            Version::parse("7.21.2 (long-term)"),
            Some(Version(7, 21, 2))
        );
        assert_eq!(
            Version::parse("7.22beta5 (testing)"),
            Some(Version(7, 22, 0))
        );
        assert_eq!(Version::parse("seven"), None);
        assert!(Version(7, 9, 0) < Version(7, 20, 0));
    }

    /// No board gets instructions that its processor lacks.
    #[test]
    fn boards_get_the_code_they_run() {
        for (architecture, board, name) in [
            ("arm", "hAP ac^2", "armv7"),
            ("arm", "RB4011iGS+", "armv7"),
            ("arm", "hEX", "armv5"),
            ("arm", "CRS326-24G-2S+", "armv5"),
            ("arm64", "RB5009UPr+S+", "arm64"),
            ("x86_64", "CHR", "amd64"),
        ] {
            assert_eq!(router(architecture, board).target(None).unwrap().name, name);
        }
    }

    /// A target that the user names is checked against the board.
    #[test]
    fn code_that_would_not_run_is_refused() {
        assert!(router("mipsbe", "hAP ac lite").target(None).is_err());
        assert!(router("arm", "hEX").target(Some("armv7")).is_err());
        assert!(router("arm64", "hAP ax^2").target(Some("armv5")).is_err());
        let on_neon = router("arm", "hAP ac^2").target(Some("armv5"));
        assert_eq!(on_neon.unwrap().name, "armv5");
    }
}
