//! The router that this machine or container sends everything else to.

use std::net::Ipv4Addr;

/// Returns the gateway of the default route of IPv4, as Linux shows it in
/// `/proc/net/route`, or nothing if there is none.
pub(crate) fn ipv4() -> Option<Ipv4Addr> {
    parse(&std::fs::read_to_string("/proc/net/route").ok()?)
}

/// Each line holds the interface, the destination and the gateway, these as numbers of
/// 32 bits in the order of the machine's memory.
fn parse(routes: &str) -> Option<Ipv4Addr> {
    routes.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (destination, gateway) = (fields.next()?, fields.next()?);
        let gateway = u32::from_str_radix(gateway, 16).ok()?;
        let is_default = destination == "00000000" && gateway != 0;
        is_default.then(|| Ipv4Addr::from(gateway.to_ne_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default route counts, and the heading and other routes do not.
    #[test]
    fn routes() {
        let bytes = |a, b, c, d| format!("{:08X}", u32::from_ne_bytes([a, b, c, d]));
        let gateway = bytes(172, 31, 255, 1);
        let heading = "Iface\tDestination\tGateway \tFlags";
        let other = format!("eth0\t{}\t00000000\t0001", bytes(172, 31, 255, 0));
        let default = format!("eth0\t00000000\t{gateway}\t0003");
        let routes = [heading, &other, &default].join("\n");
        assert_eq!(parse(&routes), Some(Ipv4Addr::new(172, 31, 255, 1)));
        assert_eq!(parse(&[heading, &other].join("\n")), None);
        assert_eq!(parse(""), None);
    }
}
