//! How loudly a notification calls.

use crate::syslog::Severity;

/// A priority, from the quietest to the loudest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// To be found by whoever looks.
    Lowest,
    /// Without a sound.
    Low,
    /// As other notifications.
    #[default]
    Normal,
    /// So that it is noticed.
    High,
    /// Until somebody answers.
    Highest,
}

impl Priority {
    /// The words for the priorities, by their numbers.
    pub const WORDS: [&str; 5] = ["lowest", "low", "normal", "high", "highest"];

    const ALL: [Self; 5] = [
        Self::Lowest,
        Self::Low,
        Self::Normal,
        Self::High,
        Self::Highest,
    ];

    /// Returns the priority with a number; normal if there is none.
    #[must_use]
    pub fn from_number(number: usize) -> Self {
        Self::ALL.get(number).copied().unwrap_or_default()
    }

    /// Returns the priority of an event that says nothing but how grave it is.
    #[must_use]
    pub fn of_severity(severity: Option<Severity>) -> Self {
        match severity {
            Some(severity) if severity <= Severity::Error => Self::High,
            Some(Severity::Debug) => Self::Low,
            _ => Self::Normal,
        }
    }

    /// Returns it in the upper half of a byte, so that zero is normal.
    pub(crate) const fn to_bits(self) -> u8 {
        (self as u8 + 1) << 4
    }

    /// The inverse of [`Priority::to_bits`]; the lower half, and other numbers, are ignored.
    pub(crate) fn from_bits(byte: u8) -> Self {
        Self::from_number(usize::from(byte >> 4).wrapping_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, words and bits belong together, and a byte without a priority is normal.
    #[test]
    fn numbers_and_bits() {
        for (number, priority) in Priority::ALL.into_iter().enumerate() {
            assert_eq!(priority as usize, number);
            assert_eq!(Priority::from_number(number), priority);
            assert_eq!(Priority::from_bits(priority.to_bits() | 15), priority);
        }
        for byte in [0, 7, 15, 0x60, 0xFF] {
            assert_eq!(Priority::from_bits(byte), Priority::Normal);
        }
        assert!(Priority::Highest > Priority::Normal && Priority::Low < Priority::Normal);
    }

    /// Errors, and what is graver, are loud, debug messages quiet.
    #[test]
    fn severities() {
        for (severity, priority) in [
            (Some(Severity::Emergency), Priority::High),
            (Some(Severity::Error), Priority::High),
            (Some(Severity::Warning), Priority::Normal),
            (Some(Severity::Info), Priority::Normal),
            (Some(Severity::Debug), Priority::Low),
            (None, Priority::Normal),
        ] {
            assert_eq!(Priority::of_severity(severity), priority, "{severity:?}");
        }
    }
}
