//! Numbers in variables.

use super::{Env, Problems};

/// Reads a whole number in `allowed`. Returns `default` if the variable is not set,
/// and if its value is wrong, which is a problem.
///
/// A leading `+` and leading zeros are accepted, as the predecessor's `strtol`
/// did.
pub(crate) fn whole(
    env: &Env,
    name: &str,
    allowed: std::ops::RangeInclusive<u64>,
    default: u64,
    problems: &mut Problems,
) -> u64 {
    let Some(text) = env.text(name, problems) else {
        return default;
    };
    if let Ok(value) = text.parse::<u64>()
        && allowed.contains(&value)
    {
        return value;
    }
    let (low, high) = (allowed.start(), allowed.end());
    problems.error(
        name,
        format_args!("'{text}' is not a whole number from {low} to {high}"),
    );
    default
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> (u64, Vec<String>) {
        let mut problems = Problems::default();
        let env = Env::new([("N".into(), value.into())].into_iter());
        let number = whole(&env, "N", 0..=64, 7, &mut problems);
        (number, problems.errors().to_vec())
    }

    /// Spellings of `strtol` are accepted, and a refusal names what is allowed.
    #[test]
    fn accepted_and_refused() {
        for (value, number) in [("0", 0), ("+1", 1), ("01", 1), (" 64\r", 64)] {
            assert_eq!(read(value), (number, vec![]));
        }
        for value in ["", "65", "-3", "a b", "0x1", "99999999999999999999", "1.5"] {
            let expected = format!("N: '{value}' is not a whole number from 0 to 64");
            assert_eq!(read(value), (7, vec![expected]));
        }
    }
}
