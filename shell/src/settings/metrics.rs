//! `METRICS_ADDR`: where metrics can be asked for.

use std::net::SocketAddr;

use super::{Env, Problems};

/// Reads the address and the port to answer on; `None` is not to answer. Port 0 lets the
/// system choose, which is for tests on a loopback address.
pub(super) fn read(env: &Env, problems: &mut Problems) -> Option<SocketAddr> {
    const ADDR: &str = "METRICS_ADDR";
    let text = env.text(ADDR, problems).filter(|text| !text.is_empty())?;
    let address: Option<SocketAddr> = text.parse().ok();
    match address {
        Some(address) if address.port() == 0 => problems.any_port(
            ADDR,
            address.ip().is_loopback(),
            format_args!("has port 0, which is another one at each start; take 9479"),
        ),
        Some(_) => {}
        None => problems.error(
            ADDR,
            format_args!(
                "'{text}' is not an IP address and a port, such as 127.0.0.1:9479, or [::]:9479 \
                 for every address"
            ),
        ),
    }
    address
}
