//! The environment as it was at start-up.
//!
//! One policy for blanks and case: blanks around a value and around the entries of
//! a list do not count, line ends among them; words that are chosen from a list may
//! be written in any case. Texts that are matched or sent count byte for byte.

use std::ffi::OsString;

use alertik_core::rules::{StaticEvent, static_event, static_events};

use super::Problems;

/// A copy of the environment variables. Values are bytes: a rule may hold any.
///
/// It is one piece of memory, which is free again as a whole after start-up. In many
/// small ones, what the rules keep would lie between them.
#[derive(Debug, Default)]
pub(crate) struct Env {
    /// Each name, and then its value.
    text: Vec<u8>,
    /// Where each name ends in `text`, and where its value does.
    ends: Vec<(usize, usize)>,
}

impl Env {
    /// Copies variables; names that are not UTF-8 cannot be ours and are left
    /// out.
    pub(crate) fn new(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut env = Self::default();
        for (name, value) in variables {
            if let Ok(name) = name.into_string() {
                env.text.extend_from_slice(by_number(name).as_bytes());
                let name_end = env.text.len();
                env.text.extend_from_slice(value.as_encoded_bytes());
                env.ends.push((name_end, env.text.len()));
            }
        }
        env
    }

    /// Returns each name and its value.
    fn variables(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let name = &self.text[start..name_end];
            start = end;
            (name, &self.text[name_end..end])
        })
    }

    /// Returns an environment that turns static events on and notifies Console, as if a
    /// user had set no more than that.
    pub(crate) fn of_static_events(list: &str) -> Self {
        let variables = [
            ("STATIC_EVENTS_ENABLED", list),
            ("STATIC_NOTIFIER", "Console"),
        ];
        Self::new(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .into_iter(),
        )
    }

    /// Returns a variable's value, or `None` if it is not set. Those of a static event
    /// that are not set have the event's own values.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.own(name).or_else(|| {
            let (event, field) = static_variable(name)?;
            match field {
                "NOTIFIER" => self.own("STATIC_NOTIFIER"),
                "MATCH_TYPE" => Some(b"regex"),
                _ => event.variable(field).map(str::as_bytes),
            }
        })
    }

    /// Returns a variable's value if the user has set it.
    pub(crate) fn own(&self, name: &str) -> Option<&[u8]> {
        let mut start = 0;
        for &(name_end, end) in &self.ends {
            // The lengths first: there are forty variables to look for, most of them not set.
            let is_it =
                name_end - start == name.len() && self.text[start..].starts_with(name.as_bytes());
            if is_it {
                return Some(&self.text[name_end..end]);
            }
            start = end;
        }
        None
    }

    /// Returns a variable's value as it stands; one that is not UTF-8 is a problem.
    pub(crate) fn verbatim(&self, name: &str, problems: &mut Problems) -> Option<&str> {
        let value = self.bytes(name)?;
        match std::str::from_utf8(value) {
            Ok(text) => Some(text),
            Err(error) => {
                let at = error.valid_up_to();
                problems.error(name, format_args!("byte {at} is not valid UTF-8"));
                None
            }
        }
    }

    /// Returns a variable's value without the blanks around it; one that is not
    /// UTF-8 is a problem.
    pub(crate) fn text(&self, name: &str, problems: &mut Problems) -> Option<&str> {
        self.verbatim(name, problems).map(str::trim_ascii)
    }

    /// Returns the entries of a list separated by commas, without blanks around
    /// them. Empty entries do not count; a list of nothing else is a problem.
    pub(crate) fn entries(&self, name: &str, problems: &mut Problems) -> Vec<&str> {
        let list = self.text(name, problems).unwrap_or_default();
        let entries = list.split(',').map(str::trim_ascii);
        let entries: Vec<_> = entries.filter(|entry| !entry.is_empty()).collect();
        if entries.is_empty() && !list.is_empty() {
            problems.error(name, format_args!("has nothing between its commas"));
        }
        entries
    }

    /// Returns the place of a variable's value in `allowed`, in any case. `None` if
    /// it is not set or empty, and if it is another word, which is a problem.
    pub(crate) fn choice(
        &self,
        name: &str,
        allowed: &[&str],
        problems: &mut Problems,
    ) -> Option<usize> {
        let word = self.text(name, problems).filter(|word| !word.is_empty())?;
        let is_it = |known: &&str| known.eq_ignore_ascii_case(word);
        let found = allowed.iter().position(is_it);
        if found.is_none() {
            let list = allowed.join(", ");
            problems.error(
                name,
                format_args!("'{word}' is not known; allowed are {list}"),
            );
        }
        found
    }

    /// Returns whether a switch is on. It is off if it is not set or empty.
    pub(crate) fn flag(&self, name: &str, problems: &mut Problems) -> bool {
        let found = self.choice(name, &["0", "no", "false", "1", "yes", "true"], problems);
        found.is_some_and(|place| place >= 3)
    }

    /// Returns the names of all variables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.variables().map(|(name, _)| std::str::from_utf8(name));
        names.map_while(Result::ok)
    }
}

/// Returns the static event that a variable belongs to, and its field.
fn static_variable(name: &str) -> Option<(&'static StaticEvent, &str)> {
    let (number, field) = name.strip_prefix("STATIC_EVENT")?.split_once('_')?;
    Some((static_event(number.parse().ok()?)?, field))
}

/// Returns a variable that names a static event, `STATIC_EVENT_LINK_KEY`, as the one that
/// has its number, `STATIC_EVENT12_KEY`; others as they are.
fn by_number(name: String) -> String {
    let Some(rest) = name.strip_prefix("STATIC_EVENT_") else {
        return name;
    };
    let named = static_events().filter_map(|event| {
        let mut rest = rest.bytes();
        let is_same = event.name.bytes().all(|byte| {
            let upper = byte.to_ascii_uppercase();
            rest.next() == Some(if byte == b'-' { b'_' } else { upper })
        });
        // What follows is the field, or more of a longer name.
        (is_same && rest.next() == Some(b'_')).then_some((event, rest.len()))
    });
    match named.min_by_key(|(_, length)| *length) {
        Some((event, length)) => {
            let field = &rest[rest.len() - length..];
            format!("STATIC_EVENT{}_{field}", event.number)
        }
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blanks and case do not matter, and a list of commas is no list.
    #[test]
    fn blanks_and_case() {
        let variable = |name: &str, value: &str| (name.into(), value.into());
        let variables = [
            variable("WORD", " Info\r"),
            variable("LIST", "\ta , ,b,"),
            variable("COMMAS", " , "),
        ];
        let env = Env::new(variables.into_iter());
        let mut problems = Problems::default();
        let allowed = &["error", "info"];
        assert_eq!(env.choice("WORD", allowed, &mut problems), Some(1));
        assert_eq!(env.entries("LIST", &mut problems), ["a", "b"]);
        assert!(problems.errors().is_empty());
        assert!(env.entries("COMMAS", &mut problems).is_empty());
        assert_eq!(env.choice("LIST", allowed, &mut problems), None);
        let expected = [
            "COMMAS: has nothing between its commas",
            "LIST: 'a , ,b,' is not known; allowed are error, info",
        ];
        assert_eq!(problems.errors(), expected);
    }
}
