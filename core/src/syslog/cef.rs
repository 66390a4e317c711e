//! CEF, ArcSight's Common Event Format, as RouterOS writes it.

use crate::bytes::find;
use crate::syslog::time::skip_time;

/// The two parts of a CEF entry that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cef<'a> {
    /// The topics, separated by commas.
    pub(super) topics: &'a [u8],
    /// The text after `msg=`, if there is one.
    pub(super) message: Option<&'a [u8]>,
}

impl<'a> Cef<'a> {
    /// Finds `CEF:0|vendor|board|version|class|topics|severity|…msg=…` after a
    /// time and an identity.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let after_time = skip_time(text)?;
        let start = find(after_time, b" CEF:0|")?;
        let mut fields = after_time[start + 1..].splitn(8, |&byte| byte == b'|');
        let topics = fields.nth(5)?;
        // Past the severity; the extension may hold bars of its own.
        let extension = fields.nth(1)?;
        let message = find(extension, b"msg=").map(|at| &extension[at + 4..]);
        Some(Self { topics, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Topics and text are found, bars and all; an entry that ends early, or has
    /// no time, is none.
    #[test]
    fn entries() {
        let head = "Oct  2 17:36:35 My Tik CEF:0|MikroTik|hAP|7.25|10|dhcp,info|Low|";
        let cef = |text: String| Cef::parse(text.as_bytes()).map(|cef| cef.message.is_some());
        assert_eq!(cef(format!("{head}dvc=::1 msg=a|b")), Some(true));
        assert_eq!(cef(format!("{head}dvc=::1")), Some(false));
        assert_eq!(cef(head[..head.len() - 1].to_owned()), None);
        assert_eq!(cef(head[4..].to_owned()), None);
        let entry = format!("{head}dvc=::1 msg=a|b");
        let Cef { topics, message } = Cef::parse(entry.as_bytes()).unwrap();
        assert_eq!((topics, message), (&b"dhcp,info"[..], Some(&b"a|b"[..])));
    }
}
