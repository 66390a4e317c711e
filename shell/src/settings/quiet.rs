//! When a rule's notifications are held: `…_QUIET`, `…_DIGEST`, `…_URGENT`.

use alertik_core::ids::RuleName;
use alertik_core::rules::{DigestTime, PolicySpec, Quiet, QuietError};

use super::variables::of_rule;
use super::{Env, Problems};

/// The names after `EVENTn_` and `STATIC_EVENTn_`.
pub(super) const FIELDS: [&str; 3] = ["QUIET", "DIGEST", "URGENT"];

/// When the notifications of a rule are held.
#[derive(Debug, Default)]
pub(super) struct Holding {
    quiet: Option<Quiet>,
    digest: Option<DigestTime>,
    is_urgent: bool,
}

impl Holding {
    /// Adds itself to the rule's policies.
    pub(super) const fn add_to<'a>(&'a self, policies: &mut PolicySpec<'a>) {
        policies.quiet = self.quiet.as_ref();
        policies.digest = self.digest.as_ref();
        policies.is_urgent = self.is_urgent;
    }
}

/// Reads when the notifications of a rule are held. An empty value is none.
pub(super) fn read(env: &Env, rule: RuleName, problems: &mut Problems) -> Holding {
    let [quiet, digest, urgent] = FIELDS.map(|field| of_rule(rule, field));
    let holding = Holding {
        quiet: read_times(env, &quiet, Quiet::parse, problems),
        digest: read_times(env, &digest, DigestTime::parse, problems),
        is_urgent: env.flag(&urgent, problems),
    };
    let of_day = holding.quiet.is_some() || matches!(holding.digest, Some(DigestTime::At(_)));
    for (variable, is_held) in [
        (&quiet, holding.quiet.is_some()),
        (&digest, holding.digest.is_some()),
    ] {
        // Urgency may be there to turn off what a static event has.
        if is_held && holding.is_urgent && env.own(variable).is_some() {
            problems.warning(variable, format_args!("is not used: {urgent} is 1"));
        }
    }
    if of_day && !holding.is_urgent && env.bytes("TZ").is_none() {
        let variable = if holding.quiet.is_some() {
            &quiet
        } else {
            &digest
        };
        problems.warning(
            variable,
            format_args!(
                "is in UTC, as TZ is not set; an example is TZ=CET-1CEST,M3.5.0,M10.5.0/3"
            ),
        );
    }
    holding
}

fn read_times<T>(
    env: &Env,
    variable: &str,
    parse: impl FnOnce(&str) -> Result<T, QuietError>,
    problems: &mut Problems,
) -> Option<T> {
    let text = env.text(variable, problems)?;
    if text.is_empty() {
        return None;
    }
    match parse(text) {
        Ok(times) => Some(times),
        Err(error) => {
            problems.error_at(variable, (text.as_bytes(), error.offset()), &error);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(variables: &[(&str, &str)]) -> (Holding, Problems) {
        let variables = variables.iter();
        let env = Env::new(variables.map(|&(name, value)| (name.into(), value.into())));
        let mut problems = Problems::default();
        let holding = read(&env, RuleName::Static(0), &mut problems);
        (holding, problems)
    }

    /// Right values are taken without a word, and empty ones are none.
    #[test]
    fn right_values() {
        let (holding, problems) = read_all(&[
            ("STATIC_EVENT0_QUIET", "22:00-07:00"),
            ("STATIC_EVENT0_DIGEST", "3600"),
            ("STATIC_EVENT0_URGENT", "0"),
            ("TZ", "UTC"),
        ]);
        assert!(holding.quiet.is_some() && holding.digest.is_some() && !holding.is_urgent);
        assert_eq!(problems.text(), "");
        let empty = FIELDS.map(|field| (format!("STATIC_EVENT0_{field}"), ""));
        let empty = empty.each_ref().map(|(name, value)| (&**name, *value));
        let (holding, problems) = read_all(&empty);
        assert!(holding.quiet.is_none() && holding.digest.is_none() && !holding.is_urgent);
        assert_eq!(problems.text(), "");
    }

    /// Every mistake is reported at once, with its place.
    #[test]
    fn mistakes() {
        let (_, problems) = read_all(&[
            ("STATIC_EVENT0_QUIET", "mon-fri 22-7"),
            ("STATIC_EVENT0_DIGEST", "7am"),
            ("STATIC_EVENT0_URGENT", "x"),
        ]);
        let errors = problems.errors().iter();
        let lines: Vec<_> = errors.filter_map(|error| error.lines().next()).collect();
        assert_eq!(
            lines,
            [
                "STATIC_EVENT0_QUIET: at byte 8: this is neither a range such as 22:00-07:00 nor \
                 days such as sat or mon-fri",
                "STATIC_EVENT0_DIGEST: at byte 0: this is neither a number of seconds from 1 to \
                 604800 nor a time of day such as 07:00",
                "STATIC_EVENT0_URGENT: 'x' is not known; allowed are 0, no, false, 1, yes, true",
            ]
        );
    }

    /// Hours in UTC that were not meant so are worth a warning, and so are those of an
    /// urgent event.
    #[test]
    fn warnings() {
        for (variable, value, is_warning) in [
            ("STATIC_EVENT0_QUIET", "22:00-07:00", true),
            ("STATIC_EVENT0_DIGEST", "07:00", true),
            ("STATIC_EVENT0_DIGEST", "60", false),
        ] {
            let (_, problems) = read_all(&[(variable, value)]);
            assert_eq!(problems.warnings().len(), is_warning.into(), "{value}");
            let (_, problems) = read_all(&[(variable, value), ("TZ", "UTC")]);
            assert_eq!(problems.warnings().len(), 0, "{value}");
            let (_, problems) = read_all(&[(variable, value), ("STATIC_EVENT0_URGENT", "1")]);
            assert_eq!(
                problems.warnings(),
                [format!(
                    "{variable}: is not used: STATIC_EVENT0_URGENT is 1"
                )]
            );
        }
    }
}
