//! How grave an entry is.

/// A severity; its number is the one of RFC 5424, section 6.2.1, so the gravest
/// is the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The system is unusable. RouterOS has no such topic.
    Emergency,
    /// Something must be done at once. RouterOS has no such topic.
    Alert,
    /// RouterOS' gravest topic; it sends such entries as errors.
    Critical,
    /// Something failed.
    Error,
    /// Something may fail.
    Warning,
    /// Normal but significant. RouterOS has no such topic.
    Notice,
    /// A report.
    Info,
    /// For those who look for a fault.
    Debug,
}

/// All severities by number, with the names that RouterOS and RFC 5424 use.
const ALL: [(Severity, &str); 8] = [
    (Severity::Emergency, "emergency"),
    (Severity::Alert, "alert"),
    (Severity::Critical, "critical"),
    (Severity::Error, "error"),
    (Severity::Warning, "warning"),
    (Severity::Notice, "notice"),
    (Severity::Info, "info"),
    (Severity::Debug, "debug"),
];

impl Severity {
    /// Returns the severity of a priority value, which is its last three bits.
    #[must_use]
    pub const fn from_priority(priority: u8) -> Self {
        ALL[(priority & 7) as usize].0
    }

    /// Returns the severity that a topic of RouterOS stands for.
    #[must_use]
    pub fn from_topic(topic: &[u8]) -> Option<Self> {
        let is_topic = |(severity, name): &&(Self, &str)| {
            name.as_bytes() == topic
                && !matches!(severity, Self::Emergency | Self::Alert | Self::Notice)
        };
        ALL.iter().find(is_topic).map(|(severity, _)| *severity)
    }

    /// Returns the severity's name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ALL[self as usize].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number, name and topic belong together.
    #[test]
    fn numbers_and_names() {
        for (number, (severity, name)) in ALL.into_iter().enumerate() {
            assert_eq!(severity as usize, number);
            assert_eq!(severity.name(), name);
            assert_eq!(Severity::from_priority(24 + number as u8), severity);
        }
        assert_eq!(Severity::from_topic(b"critical"), Some(Severity::Critical));
        assert_eq!(Severity::from_topic(b"notice"), None);
        assert_eq!(Severity::from_topic(b"system"), None);
    }
}
