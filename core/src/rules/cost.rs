//! What a rule can cost at worst.

use core::fmt;

use crate::limits::{MESSAGE_BYTES_MAX, RUN_WORK_MAX};
use crate::rules::rule::{Condition, Rule};

/// Nanoseconds of a step of the bounded engine on a hAP ac² (Cortex-A7 at 716
/// MHz): an estimate, ten times what a desktop of 2020 takes.
const STEP_NANOS: usize = 20;
/// Nanoseconds that a DFA takes for a byte there, estimated likewise.
const BYTE_NANOS: usize = 20;

/// The most that a rule can take. `Display` writes it for `alertik check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Microseconds for the worst message of [`MESSAGE_BYTES_MAX`] bytes on a hAP
    /// ac², by an estimate. All rules together are limited, see
    /// [`RUN_WORK_MAX`].
    pub micros: usize,
    /// Bytes of memory.
    pub bytes: usize,
}

impl Rule {
    /// Returns the most that the rule can take.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let (mut steps, mut scans, mut bytes) = match &self.condition {
            // The screen, which reads the message for all rules, finds it.
            Condition::Substring(text) => (0, 0, text.len()),
            Condition::Regex(pattern) => (
                pattern.work_max(self.mask.uses_groups()),
                1,
                pattern.memory(),
            ),
        };
        for pattern in self.exceptions.patterns() {
            steps += pattern.work_max(false);
            scans += 1;
            bytes += pattern.memory();
        }
        let nanos = steps.min(RUN_WORK_MAX) * STEP_NANOS + scans * MESSAGE_BYTES_MAX * BYTE_NANOS;
        Cost {
            micros: nanos / 1_000,
            bytes,
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.micros.div_ceil(1_000);
        let kib = self.bytes.div_ceil(1_024);
        match millis {
            0 => f.write_str("no time of its own")?,
            _ => write!(
                f,
                "at most {millis} ms for a line of {MESSAGE_BYTES_MAX} bytes on a hAP ac²"
            )?,
        }
        write!(f, ", {kib} KiB of memory")
    }
}
