//! What a rule wants of a line beside its text or expression: its filter, its
//! exceptions (`…_EXCEPT_STR`), and whether case matters (`…_IGNORE_CASE`).

use std::fmt;

use alertik_core::ids::RuleName;
use alertik_core::limits::EXCEPTIONS_MAX;
use alertik_core::rules::{Conditions, ExceptionFault, RuleErrors, RuleSpec, exceptions};

use super::variables::of_rule;
use super::written::TooLarge;
use super::{Env, Problems, filters};

/// The names after `EVENTn_` and `STATIC_EVENTn_`.
const EXCEPT: &str = "EXCEPT_STR";
const IGNORE_CASE: &str = "IGNORE_CASE";

/// Reads the conditions of a rule.
pub(super) fn read<'a>(env: &'a Env, rule: RuleName, problems: &mut Problems) -> Conditions<'a> {
    let ignore_case = of_rule(rule, IGNORE_CASE);
    Conditions {
        filter: filters::read(env, rule, problems),
        except: env.bytes(&except_name(rule)).unwrap_or_default(),
        ignore_case: env.choice(&ignore_case, &["0", "1"], problems) == Some(1),
    }
}

/// Adds a warning for everything in a rule's exceptions that probably means something
/// else to its author.
pub(super) fn hints(spec: &RuleSpec<'_>, except: &[u8], problems: &mut Problems) {
    for (start, text) in exceptions(except) {
        if text == spec.match_str {
            let what = "is what the rule looks for, so it never matches; leave it out";
            problems.warning_at(&except_name(spec.name), (except, start), &what);
        }
        // Of the two parts that hints are about, the mask is a right one.
        for hint in alertik_core::rules::hints(spec.match_type, text, "x") {
            let at = start + hint.offset.unwrap_or(0);
            problems.warning_at(&except_name(spec.name), (except, at), &hint);
        }
    }
}

/// Adds the errors of a rule's exceptions to `problems`.
pub(super) fn report(errors: &RuleErrors, rule: RuleName, except: &[u8], problems: &mut Problems) {
    for error in &errors.exceptions {
        let fault: &dyn fmt::Display = match &error.fault {
            ExceptionFault::Pattern(error) => error,
            ExceptionFault::TooLarge(bytes) => &TooLarge(*bytes),
            ExceptionFault::TooMany => &format_args!(
                "a rule has at most {EXCEPTIONS_MAX} exceptions; a regex joins several with |"
            ),
        };
        problems.error_at(&except_name(rule), (except, error.offset), fault);
    }
}

fn except_name(rule: RuleName) -> String {
    of_rule(rule, EXCEPT)
}
