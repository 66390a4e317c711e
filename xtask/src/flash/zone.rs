//! The router's time zone, as the daemon takes it.

use std::fs;

/// Folder of zone files on this machine.
const ZONEINFO: &str = "/usr/share/zoneinfo";

/// Returns the POSIX time zone of a zone's name such as `Europe/Riga`, from this
/// machine's files; `None` if it has none. The router has no such files.
pub(super) fn posix(name: &str) -> Option<String> {
    let is_part = |part: &str| {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || "+-_".contains(c);
        !part.is_empty() && part.chars().all(is_fit)
    };
    if !name.split('/').all(is_part) {
        return None;
    }
    let file = fs::read(format!("{ZONEINFO}/{name}")).ok()?;
    // RFC 9636, section 3.3: the footer is the last line.
    let footer = file
        .strip_suffix(b"\n")?
        .rsplit(|&byte| byte == b'\n')
        .next()?;
    let footer = String::from_utf8(footer.to_vec()).ok()?;
    (!footer.is_empty()).then_some(footer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name becomes a POSIX time zone, and nothing but a name is looked up.
    #[test]
    fn names_become_posix_zones() {
        if fs::exists(ZONEINFO).unwrap() {
            assert_eq!(
                posix("Europe/Riga").unwrap(),
                "EET-2EEST,M3.5.0/3,M10.5.0/4"
            );
        }
        for name in ["manual", "", "../../../etc/hosts", "/etc/hosts", "Europe/"] {
            assert_eq!(posix(name), None, "{name}");
        }
    }
}
