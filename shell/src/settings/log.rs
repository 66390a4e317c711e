//! The variables of the daemon's own log.

use std::path::{Path, PathBuf};

use log::LevelFilter;

use super::{Env, Problems, numbers};

/// The predecessor's log file, used if its folder exists.
const CUSTOMARY_FOLDER: &str = "log";
const CUSTOMARY_FILE: &str = "log/log.txt";
/// Default of `LOG_MAX_BYTES`.
const MAX_BYTES_DEFAULT: u64 = 1_024 * 1_024;

/// How the daemon logs.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// The least severe level that is logged.
    pub(crate) level: LevelFilter,
    /// The file, or `None` for standard output.
    pub(crate) file: Option<PathBuf>,
    /// Bytes that the file and its predecessor may have together.
    pub(crate) bytes_max: u64,
}

impl LogSettings {
    /// Reads `LOG_LEVEL`, `LOG_FILE` and `LOG_MAX_BYTES`.
    pub(crate) fn read(env: &Env, problems: &mut Problems) -> Self {
        const LEVELS: [&str; 5] = ["error", "warning", "info", "debug", "warn"];
        let level = match env.choice("LOG_LEVEL", &LEVELS, problems) {
            Some(0) => LevelFilter::Error,
            Some(1 | 4) => LevelFilter::Warn,
            Some(3) => LevelFilter::Debug,
            _ => LevelFilter::Info,
        };
        let bytes_max = numbers::whole(
            env,
            "LOG_MAX_BYTES",
            4_096..=1 << 30,
            MAX_BYTES_DEFAULT,
            problems,
        );
        let file = match env.text("LOG_FILE", problems) {
            Some("") | None => Path::new(CUSTOMARY_FOLDER)
                .is_dir()
                .then(|| PathBuf::from(CUSTOMARY_FILE)),
            Some(path) => Some(PathBuf::from(path)),
        };
        Self {
            level,
            file,
            bytes_max,
        }
    }
}
