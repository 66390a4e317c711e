//! What can be tried without sending anything: the ports, the files, and the server
//! that datagrams are forwarded to.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::daemon::{health_socket, listen};
use crate::intake::forward;
use crate::log::RotatingFile;
use crate::settings::{Problems, Settings};

/// Tries it, reports what fails, and returns a text about what was tried and what was
/// not. What keeps the daemon from starting is an error.
pub(super) fn run(settings: &Settings, problems: &mut Problems) -> String {
    let Settings {
        listen: address,
        port,
        tcp_port,
        metrics,
        ..
    } = *settings;
    let mut text = "\nTried: the port".to_owned();
    match listen::try_to_listen(address, port, tcp_port, metrics) {
        Err(_) if health_socket::ask(port).is_ok() => {
            text.push_str(" (alertik listens on it already)");
        }
        Err(line) => problems.line(line),
        Ok(()) => {}
    }
    let files = [
        ("LOG_FILE", &settings.log.file),
        ("SPOOL_FILE", &settings.notifiers.spool_file),
        ("STATE_FILE", &settings.state_file),
    ];
    for (name, path) in files {
        let Some(path) = path else { continue };
        text.push_str(", ");
        text.push_str(name);
        if let Err(error) = try_to_write(path) {
            let path = path.display();
            problems.warning(
                name,
                format_args!("{path} cannot be written: {error}; mount its folder, or change it"),
            );
        }
    }
    if let Some(target) = &settings.forward {
        text.push_str(", FORWARD_HOST");
        if let Some(what) = forward::fault(target, port) {
            problems.warning("FORWARD_HOST", format_args!("{} {what}", target.host));
        }
    }
    text + ".\nNot tried: the notifiers (`alertik notify-test` does), and the way from the router.\n"
}

/// Writes nothing into a file that is there, and leaves none that was not.
fn try_to_write(path: &Path) -> io::Result<()> {
    if path.exists() {
        return RotatingFile::open(path.to_owned(), 0).map(drop);
    }
    let mut beside = OsString::from(path);
    beside.push(".check");
    File::create_new(&beside)?;
    fs::remove_file(&beside)
}
