//! Any pattern on any text, separated by the first zero byte, with and without case: the
//! engines agree, the screen loses no match, and the spans lie in the text.

#![no_main]

use alertik_core::ids::RuleIds;
use alertik_core::limits::{DFA_BYTES_MAX, GROUPS_MAX, MESSAGE_BYTES_MAX};
use alertik_core::matching::{Flags, Needle, Pattern, Scratch, Screen};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let border = data
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(data.len());
    let (source, text) = data.split_at(border);
    let text = &text[..text.len().min(MESSAGE_BYTES_MAX)];
    for ignore_case in [false, true] {
        let flags = Flags {
            ignore_case,
            ..Flags::default()
        };
        check(source, text, flags);
    }
});

fn check(source: &[u8], text: &[u8], flags: Flags) {
    let Ok(pattern) = Pattern::compile_with(source, flags, &mut { DFA_BYTES_MAX }) else {
        return;
    };
    let mut scratch = Scratch::for_patterns([&pattern]);
    let mut spans = [None; GROUPS_MAX + 1];
    let quick = pattern.is_match(text, &mut scratch);
    if pattern.exact_up_to() >= text.len() {
        let without_dfa = Pattern::compile_with(source, flags, &mut 0).unwrap();
        assert_eq!(quick, without_dfa.is_match(text, &mut scratch));
        assert_eq!(quick, without_dfa.captures(text, &mut scratch, &mut spans));
        assert_eq!(quick, pattern.captures(text, &mut scratch, &mut spans));
        assert_eq!(quick, spans[0].is_some());
    }
    for span in spans.iter().flatten() {
        assert!(span.start <= span.end && span.end <= text.len());
    }
    if quick {
        let screen = Screen::build([Needle::Pattern(&pattern)]);
        let mut found = RuleIds::EMPTY;
        screen.candidates(text, &mut found);
        assert!(!found.is_empty(), "the screen lost a match");
    }
}
