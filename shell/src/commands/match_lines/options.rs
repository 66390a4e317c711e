//! The arguments of `alertik match`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use alertik_core::replay::Pace;

use crate::log::Escaped;

/// The lines to match, the rules, and the form of the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options<'a> {
    /// The file; `None` or `-` is standard input.
    pub(super) file: Option<&'a OsStr>,
    /// Show lines that match nothing, too.
    pub(super) include_unmatched: bool,
    /// Show what the parser understood of every line.
    pub(super) explain: bool,
    /// Write one JSON object per line.
    pub(super) json: bool,
    /// How time passes; not at all if `None`.
    pub(super) pace: Option<Pace>,
    /// Run with the recommended static events instead of the rules.
    pub(super) pack: bool,
    /// An expression to try instead of the rules.
    pub(super) regex: Option<&'a [u8]>,
    /// Its mask.
    pub(super) mask: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// Reads the arguments after `match`.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with them.
    pub(super) fn parse(arguments: &'a [OsString]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = arguments.iter().map(OsString::as_os_str);
        while let Some(word) = words.next() {
            let (name, attached) = split_at_equals(word);
            let mut value = || {
                let value = attached.or_else(|| words.next());
                value.ok_or_else(|| format!("{} takes a value", shown(name)))
            };
            match name.to_str() {
                Some("--regex") => options.regex = Some(value()?.as_bytes()),
                Some("--mask") => options.mask = Some(value()?.as_bytes()),
                Some("--all") if attached.is_none() => options.include_unmatched = true,
                Some("--explain") if attached.is_none() => options.explain = true,
                Some("--json") if attached.is_none() => options.json = true,
                Some("--time-from-lines") if attached.is_none() => {
                    options.pace = Some(Pace::FromLines);
                }
                Some("--step") => {
                    let value = value()?.to_str().and_then(|text| text.parse().ok());
                    // A week is more than anybody waits for.
                    let secs = value.filter(|secs| *secs <= 604_800);
                    let secs = secs.ok_or("--step takes seconds from 0 to 604800")?;
                    options.pace = Some(Pace::Step(secs));
                }
                Some("--pack") if attached.is_none() => options.pack = true,
                Some(other) if other.starts_with("--") => {
                    return Err(format!("unknown option {}", shown(word)));
                }
                _ if options.file.is_some() => {
                    return Err("one file at a time; join several with cat".to_owned());
                }
                _ => options.file = Some(word),
            }
        }
        if options.mask.is_some() && options.regex.is_none() {
            return Err("--mask needs --regex; the rules have masks of their own".to_owned());
        }
        if options.pack && options.regex.is_some() {
            return Err("--pack and --regex are two kinds of rules; choose one".to_owned());
        }
        if options.explain && options.json {
            return Err("--explain is for people, --json is not; choose one".to_owned());
        }
        options.include_unmatched |= options.explain;
        Ok(options)
    }
}

fn shown(word: &OsStr) -> Escaped<'_> {
    Escaped(word.as_bytes())
}

/// Splits `--name=value`.
fn split_at_equals(word: &OsStr) -> (&OsStr, Option<&OsStr>) {
    let bytes = word.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) if bytes.starts_with(b"--") => (
            OsStr::from_bytes(&bytes[..at]),
            Some(OsStr::from_bytes(&bytes[at + 1..])),
        ),
        _ => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options in any order, with their values attached or not, values that look
    /// like options.
    #[test]
    fn options() {
        let words: Vec<_> = ["--regex=a=b", "log", "--mask", "--all", "--json"]
            .map(OsString::from)
            .into();
        let expected = Options {
            file: Some(OsStr::new("log")),
            include_unmatched: false,
            explain: false,
            json: true,
            pace: None,
            pack: false,
            regex: Some(b"a=b"),
            mask: Some(b"--all"),
        };
        assert_eq!(Options::parse(&words), Ok(expected));
    }

    /// Each mistake is named.
    #[test]
    fn mistakes() {
        for (words, expected) in [
            (&["--regex"][..], "--regex takes a value"),
            (
                &["--mask", "x"],
                "--mask needs --regex; the rules have masks of their own",
            ),
            (
                &["--explain", "--json"],
                "--explain is for people, --json is not; choose one",
            ),
            (
                &["--regex", "a", "--pack"],
                "--pack and --regex are two kinds of rules; choose one",
            ),
            (&["--all=1"], "unknown option --all=1"),
            (&["--step", "-1"], "--step takes seconds from 0 to 604800"),
            (&["a", "b"], "one file at a time; join several with cat"),
        ] {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            assert_eq!(
                Options::parse(&words),
                Err(expected.to_owned()),
                "{words:?}"
            );
        }
    }
}
