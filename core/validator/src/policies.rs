//! The optional variables of a rule: its policies, and the part of a line it is about.

use std::fmt::{self, Display, Write as _};

use alertik_core::bytes::write_json_string;
use alertik_core::ids::RuleId;
use alertik_core::limits::{COOLDOWN_SECS_DEFAULT, PATTERN_BYTES_TOTAL_MAX, POLICY_SECS_MAX};
use alertik_core::rules::{Filter, PolicySpec, RECOVERY_ENDING, RuleErrors, RulesBuilder, Window};
use alertik_core::syslog::parse;

/// How many optional variables there are.
pub const COUNT: usize = 7;

/// The optional variables as typed. An empty one is not set.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// `EVENTn_MATCH_PART`.
    pub part: &'a str,
    /// `EVENTn_COOLDOWN_SECS`.
    pub cooldown: &'a str,
    /// `EVENTn_KEY`.
    pub key: &'a str,
    /// `EVENTn_THRESHOLD`.
    pub threshold: &'a str,
    /// `EVENTn_RECOVERY_STR`.
    pub recovery: &'a str,
    /// `EVENTn_RECOVERY_MSG`.
    pub recovery_mask: &'a str,
    /// `EVENTn_GRACE_SECS`.
    pub grace: &'a str,
}

/// Something that is wrong with an optional variable.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The variable's name, without `EVENTn_`.
    pub variable: &'static str,
    /// Its place, in bytes from 0, if it has one.
    pub offset: Option<usize>,
    /// What is wrong, without a full stop.
    pub text: String,
    /// Whether alertik would not start. Otherwise it would warn.
    pub is_error: bool,
}

impl Mistake {
    fn error(variable: &'static str, offset: Option<usize>, text: &dyn Display) -> Self {
        Self {
            variable,
            offset,
            text: text.to_string(),
            is_error: true,
        }
    }
}

impl<'a> Policies<'a> {
    /// No variable is set.
    pub const NONE: Policies<'static> = Policies {
        part: "",
        cooldown: "",
        key: "",
        threshold: "",
        recovery: "",
        recovery_mask: "",
        grace: "",
    };

    /// Reads the variables in the order of [`list`](Self::list); `None` if `next` has too few.
    pub fn read(next: &mut dyn FnMut() -> Option<&'a str>) -> Option<Self> {
        Some(Self {
            part: next()?,
            cooldown: next()?,
            key: next()?,
            threshold: next()?,
            recovery: next()?,
            recovery_mask: next()?,
            grace: next()?,
        })
    }

    /// Returns all variables, with their names after `EVENTn_`.
    #[must_use]
    pub const fn list(&self) -> [(&'static str, &'a str); COUNT] {
        [
            ("MATCH_PART", self.part),
            ("COOLDOWN_SECS", self.cooldown),
            ("KEY", self.key),
            ("THRESHOLD", self.threshold),
            ("RECOVERY_STR", self.recovery),
            ("RECOVERY_MSG", self.recovery_mask),
            ("GRACE_SECS", self.grace),
        ]
    }

    /// Returns whether the rule has a policy. Without one no time passes between lines.
    #[must_use]
    pub fn are_set(&self) -> bool {
        let [_, policies @ ..] = self.list();
        policies.iter().any(|(_, value)| !value.is_empty())
    }

    /// Returns the rule's filter.
    #[must_use]
    pub fn filter(&self) -> Filter {
        Filter {
            is_for_message: self.part == "message",
            ..Filter::default()
        }
    }

    /// Returns the part of a line that the rule is about, and how many bytes are before it.
    #[must_use]
    pub fn part_of<'l>(&self, line: &'l [u8]) -> (&'l [u8], usize) {
        if self.part != "message" {
            return (line, 0);
        }
        let part = parse(line).text;
        let before = part.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
        // An empty part may be anywhere.
        (part, if before <= line.len() { before } else { 0 })
    }

    /// Returns the cooldown in milliseconds, and the policies of the rule itself.
    pub fn parse(&self, mistakes: &mut Vec<Mistake>) -> (u64, PolicySpec<'a>) {
        let mut secs = |variable, text: &str, default| {
            if text.is_empty() {
                return default;
            }
            let secs = text.trim_ascii().parse().ok();
            let secs = secs.filter(|secs| *secs <= POLICY_SECS_MAX);
            secs.unwrap_or_else(|| {
                let wanted = format!("must be whole seconds from 0 to {POLICY_SECS_MAX}");
                mistakes.push(Mistake::error(variable, None, &wanted));
                default
            })
        };
        let cooldown_millis = secs("COOLDOWN_SECS", self.cooldown, COOLDOWN_SECS_DEFAULT) * 1_000;
        let grace_millis = secs("GRACE_SECS", self.grace, 0) * 1_000;
        let threshold = Window::parse(self.threshold);
        if threshold.is_none() && !self.threshold.is_empty() {
            let wanted = "is not understood; an example is 5/60 for 5 within 60 s";
            mistakes.push(Mistake::error("THRESHOLD", None, &wanted));
        }
        let spec = PolicySpec {
            key: (!self.key.is_empty()).then_some(self.key),
            threshold,
            grace_millis,
            ..PolicySpec::default()
        };
        (cooldown_millis, spec)
    }

    /// Gives a rule, which was added last and has the mask `mask`, its policies and its
    /// recovery.
    pub fn add_to(
        &self,
        builder: &mut RulesBuilder,
        id: RuleId,
        (mask, spec): (&str, &PolicySpec<'_>),
        mistakes: &mut Vec<Mistake>,
    ) {
        if let Err(errors) = builder.set_policies(id, spec)
            && let Some(error) = errors.key
        {
            mistakes.push(Mistake::error("KEY", Some(error.offset()), &error));
        }
        if self.recovery.is_empty() {
            for (variable, value) in [
                ("RECOVERY_MSG", self.recovery_mask),
                ("GRACE_SECS", self.grace),
            ] {
                if !value.is_empty() {
                    mistakes.push(Mistake {
                        is_error: false,
                        ..Mistake::error(variable, None, &"is not used without a recovery")
                    });
                }
            }
            return;
        }
        let default = format!("{mask}{RECOVERY_ENDING}");
        let text = match self.recovery_mask {
            "" => &default,
            text => text,
        };
        if let Err(errors) = builder.add_recovery(id, self.recovery.as_bytes(), text) {
            self.report(&errors, mistakes);
        }
    }

    fn report(&self, errors: &RuleErrors, mistakes: &mut Vec<Mistake>) {
        let mut add = |variable, offset, text: &dyn Display| {
            mistakes.push(Mistake::error(variable, offset, text));
        };
        if let Some(error) = &errors.pattern {
            add("RECOVERY_STR", Some(error.offset()), error);
        } else if let Some(group) = errors.key_group {
            let text = format!(
                "has no group {group}, which says what ends: its groups must be those that the key, or \
                 else the message, refers to"
            );
            add("RECOVERY_STR", None, &text);
        } else if errors.too_large.is_some() {
            let most = PATTERN_BYTES_TOTAL_MAX / 1_024;
            let text = format!("takes more than {most} KiB together with the rule's expression");
            add("RECOVERY_STR", None, &text);
        }
        if let Some(error) = &errors.mask {
            // A mask that was not typed is the rule's own.
            match self.recovery_mask {
                "" => {
                    let text =
                        format!("is empty, and the message does not fit the recovery: {error}");
                    add("RECOVERY_MSG", None, &text);
                }
                _ => add("RECOVERY_MSG", Some(error.offset()), error),
            }
        }
    }
}

/// Writes `,"errors":{…}` with each mistake under its variable's name; nothing if there are
/// none.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write_mistakes(mistakes: &[Mistake], out: &mut String) -> fmt::Result {
    for (index, mistake) in mistakes.iter().enumerate() {
        out.write_str(if index == 0 { ",\"errors\":{" } else { "," })?;
        write!(out, "\"{}\":{{", mistake.variable)?;
        if let Some(offset) = mistake.offset {
            write!(out, "\"offset\":{offset},")?;
        }
        out.write_str("\"text\":")?;
        write_json_string(mistake.text.as_bytes(), out)?;
        out.write_char('}')?;
    }
    out.write_str(if mistakes.is_empty() { "" } else { "}" })
}
