//! The variables of the intake: the address to listen on, who may send, and
//! forward mode.

use std::net::{IpAddr, Ipv6Addr};

use alertik_core::intake::AllowList;
use alertik_core::limits::ALLOWED_MAX;
use alertik_core::prefix::Prefix;

use super::{Env, Problems, numbers};

/// The predecessor's port.
const SYSLOG_PORT_DEFAULT: u64 = 5_140;

/// The server that datagrams are forwarded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForwardTarget {
    /// A name or an address.
    pub(crate) host: String,
    /// The UDP port.
    pub(crate) port: u16,
    /// The form.
    pub(crate) format: ForwardFormat,
}

/// The form in which datagrams are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardFormat {
    /// Byte for byte.
    Raw,
    /// With a header that names the router (RFC 5424).
    Rfc5424,
}

/// Reads the UDP port to listen on.
pub(crate) fn read_port(env: &Env, problems: &mut Problems) -> u16 {
    let port = numbers::whole(
        env,
        "SYSLOG_PORT",
        0..=65_535,
        SYSLOG_PORT_DEFAULT,
        problems,
    );
    check_any_port(env, "SYSLOG_PORT", port, problems);
    // In range, as `whole` checked.
    port as u16
}

/// Refuses port 0: no router can know the port that is chosen then. On a loopback address,
/// which no router reaches anyway, it is for tests, and a warning.
fn check_any_port(env: &Env, name: &str, port: u64, problems: &mut Problems) {
    // A mistake in the address is reported where it is read.
    let address = env.text("SYSLOG_ADDR", &mut Problems::default());
    let address = address.and_then(|address| address.parse::<IpAddr>().ok());
    if port == 0 {
        problems.any_port(
            name,
            address.is_some_and(|address| address.is_loopback()),
            format_args!("is 0, so the port is another one at each start; set it to 5140"),
        );
    }
}

/// Reads the TCP port to listen on; `None` is none.
pub(super) fn read_tcp_port(env: &Env, problems: &mut Problems) -> Option<u16> {
    const PORT: &str = "SYSLOG_TCP_PORT";
    env.bytes(PORT)
        .filter(|value| !value.trim_ascii().is_empty())?;
    let port = numbers::whole(env, PORT, 0..=65_535, SYSLOG_PORT_DEFAULT, problems);
    check_any_port(env, PORT, port, problems);
    // In range, as `whole` checked.
    Some(port as u16)
}

/// Reads the address to listen on; `None` is every address of both families.
pub(super) fn read_listen(env: &Env, problems: &mut Problems) -> Option<IpAddr> {
    let text = env.text("SYSLOG_ADDR", problems)?;
    match text.parse() {
        Ok(address) if address == IpAddr::from(Ipv6Addr::UNSPECIFIED) => None,
        Ok(address) => Some(address),
        Err(_) => {
            problems.error(
                "SYSLOG_ADDR",
                format_args!(
                    "'{text}' is not an IP address; allowed are :: (every address), 0.0.0.0 \
                     (every IPv4 address) or one of this machine's"
                ),
            );
            None
        }
    }
}

/// Reads who may send. Without the variable, or if it is empty, everybody may.
pub(super) fn read_allowed(env: &Env, problems: &mut Problems) -> AllowList {
    const ALLOW: &str = "SYSLOG_ALLOW";
    let mut allowed = AllowList::new();
    for entry in env.entries(ALLOW, problems) {
        match entry.parse::<Prefix>() {
            Ok(prefix) if allowed.push(prefix) => {}
            Ok(_) => problems.error(
                ALLOW,
                format_args!("'{entry}' is one too many; {ALLOWED_MAX} entries are allowed"),
            ),
            Err(error) => problems.error(ALLOW, format_args!("'{entry}' {error}")),
        }
    }
    allowed
}

/// Reads the server to forward datagrams to, if there is one.
pub(super) fn read_forward(env: &Env, problems: &mut Problems) -> Option<ForwardTarget> {
    let is_set = |name| {
        env.bytes(name)
            .is_some_and(|value| !value.trim_ascii().is_empty())
    };
    let format = read_format(env, problems);
    match (is_set("FORWARD_HOST"), is_set("FORWARD_PORT")) {
        (false, false) => {
            if format != ForwardFormat::Raw {
                problems.error(
                    "FORWARD_FORMAT",
                    format_args!("is set, but FORWARD_HOST and FORWARD_PORT are not"),
                );
            }
            return None;
        }
        (true, true) => {}
        (true, false) => problems.error(
            "FORWARD_PORT",
            format_args!("is not set, but FORWARD_HOST is"),
        ),
        (false, true) => problems.error(
            "FORWARD_HOST",
            format_args!("is not set, but FORWARD_PORT is"),
        ),
    }
    let host = env.text("FORWARD_HOST", problems).unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let has_letters = host
        .bytes()
        .any(|byte| !byte.is_ascii_digit() && byte != b'.');
    if !host.is_empty()
        && host.parse::<IpAddr>().is_err()
        && !(has_letters && host.bytes().all(is_name))
    {
        problems.error(
            "FORWARD_HOST",
            format_args!(
                "'{host}' is not a host name or an IP address; the port is FORWARD_PORT's"
            ),
        );
    }
    let port = if is_set("FORWARD_PORT") {
        numbers::whole(env, "FORWARD_PORT", 1..=65_535, 514, problems)
    } else {
        0
    };
    Some(ForwardTarget {
        host: host.to_owned(),
        port: port as u16,
        format,
    })
}

fn read_format(env: &Env, problems: &mut Problems) -> ForwardFormat {
    match env.choice("FORWARD_FORMAT", &["raw", "rfc5424"], problems) {
        Some(1) => ForwardFormat::Rfc5424,
        _ => ForwardFormat::Raw,
    }
}
