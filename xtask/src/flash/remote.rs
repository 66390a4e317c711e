//! The system's ssh and scp.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::script::{self, Script};
use crate::Result;
use crate::process::succeed;
use crate::say::say;

/// The router's last line after a command that succeeded. RouterOS reports a
/// failure as text and not always as an exit status.
const DONE: &str = "alertik: done";

/// How long one answer may take until the connection counts as dead, in
/// seconds: the interval of ssh's probes, three of which may be lost.
const PROBE_SECS: u32 = 10;

/// A router, as ssh reaches it.
#[derive(Debug)]
pub(crate) struct Remote {
    host: String,
    /// Options of both ssh and scp.
    options: Vec<String>,
    /// Folder of the shared connection's socket, and of scripts on their way;
    /// removed at the end.
    private_folder: PathBuf,
    dry_run: bool,
    /// Whether every command is printed.
    is_verbose: bool,
}

impl Remote {
    /// Prepares the connection; nothing is opened yet. `config` is an
    /// ssh_config file for both programs. A dry run changes nothing; that and a
    /// verbose one print every command.
    pub(crate) fn new(
        host: String,
        port: Option<&str>,
        config: Option<&str>,
        (dry_run, is_verbose): (bool, bool),
    ) -> Result<Self> {
        if host.starts_with('-') || host.chars().any(char::is_whitespace) {
            return Err(format!("--host: `{host}` is no user@address").into());
        }
        let private_folder = private_folder()?;
        let mut options = Vec::new();
        let mut option = |text: String| options.extend(["-o".to_owned(), text]);
        option(format!("ServerAliveInterval={PROBE_SECS}"));
        option(format!("ConnectTimeout={PROBE_SECS}"));
        // One connection, so that a password is asked for once.
        option("ControlMaster=auto".to_owned());
        option("ControlPersist=60".to_owned());
        option(format!("ControlPath={}/%C", private_folder.display()));
        if let Some(port) = port {
            option(format!("Port={port}"));
        }
        if let Some(config) = config {
            options.extend(["-F".to_owned(), config.to_owned()]);
        }
        Ok(Self {
            host,
            options,
            private_folder,
            dry_run,
            is_verbose: is_verbose || dry_run,
        })
    }

    /// Returns whether nothing is to be changed.
    pub(crate) const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Runs a command that changes nothing and returns the router's output, errors
    /// included.
    pub(crate) fn query(&self, command: &str) -> Result<String> {
        let output = self
            .ssh()
            .arg(command)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        // 255 is ssh's own failure; it has printed why.
        if output.status.code() == Some(255) {
            return Err(format!("cannot reach {} with ssh", self.host).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
    }

    /// Runs a command that changes something; a dry run only prints it.
    ///
    /// # Errors
    ///
    /// The router's words, if it did not carry the command out.
    pub(crate) fn change(&self, command: &str) -> Result {
        self.show(format_args!("{command}"));
        if self.dry_run {
            return Ok(());
        }
        let said = self.query(&format!("{command}; :put \"{DONE}\""))?;
        if is_done(&said) {
            return Ok(());
        }
        Err(format!(
            "the router refused\n    {command}\nand said: {}",
            said.trim()
        )
        .into())
    }

    /// Runs a script, which reaches the router as a file and is removed there
    /// afterwards, whatever came of it. A dry run only shows it.
    ///
    /// # Errors
    ///
    /// The router's words, without secrets, if it did not carry the script out.
    pub(crate) fn import(&self, script: &Script) -> Result {
        let file = script::FILE;
        self.show(format_args!(
            "/import file-name=\"{file}\", with these lines:"
        ));
        for line in script.shown() {
            self.show(format_args!("  {line}"));
        }
        if self.dry_run {
            return Ok(());
        }
        let local = self.private_folder.join(file);
        write_private(&local, &script.text())?;
        let uploaded = self.copy(&local, file);
        fs::remove_file(&local)?;
        uploaded?;
        let said = self.query(&format!("/import file-name=\"{file}\"; :put \"{DONE}\""))?;
        self.query(&format!(
            "/file/remove [/file/find where name=\"{file}\"]; :put \"{DONE}\""
        ))?;
        if is_done(&said) {
            return Ok(());
        }
        Err(format!(
            "the router refused a line of\n    {}\nand said: {}",
            script.shown().join("\n    "),
            script.without_secrets(said.trim())
        )
        .into())
    }

    /// Copies a file, or a folder with its content; a dry run only prints the
    /// command.
    pub(crate) fn upload(&self, local: &Path, remote: &str) -> Result {
        self.show(format_args!(
            "scp -r {} {}:{remote}",
            local.display(),
            self.host
        ));
        if self.dry_run {
            return Ok(());
        }
        self.copy(local, remote)
    }

    fn show(&self, command: fmt::Arguments<'_>) {
        if self.is_verbose {
            say!("    {command}");
        }
    }

    fn copy(&self, local: &Path, remote: &str) -> Result {
        let mut scp = Command::new("scp");
        scp.args(&self.options)
            .args(["-q", "-r"])
            .arg(local)
            .arg(format!("{}:{remote}", self.host))
            .stdin(Stdio::null());
        succeed(&mut scp).map_err(|error| {
            format!("cannot copy {} to the router: {error}", local.display()).into()
        })
    }

    fn ssh(&self) -> Command {
        let mut command = Command::new("ssh");
        command.args(&self.options).arg("--").arg(&self.host);
        command
    }
}

impl Drop for Remote {
    /// Closes the shared connection.
    fn drop(&mut self) {
        let mut command = Command::new("ssh");
        command
            .args(&self.options)
            .args(["-O", "exit", "--"])
            .arg(&self.host);
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = fs::remove_dir_all(&self.private_folder);
    }
}

/// Returns whether a command was carried out.
fn is_done(said: &str) -> bool {
    said.lines().any(|line| line.trim() == DONE)
}

/// Writes a file that only this user can read.
fn write_private(path: &Path, text: &str) -> Result {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// Makes a folder that only this user can enter. Its name is short because the
/// path of a socket may have 107 bytes.
fn private_folder() -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let path = std::env::temp_dir().join(format!("alertik-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}
