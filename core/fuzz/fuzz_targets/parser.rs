//! Any bytes as a pattern: it compiles, or its error lies within the pattern, and so
//! do its hints.

#![no_main]

use alertik_core::matching::{Pattern, hints};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pattern: &[u8]| {
    match Pattern::compile(pattern) {
        Ok(compiled) => assert!(compiled.groups() <= pattern.len()),
        Err(error) => {
            assert!(error.offset() <= pattern.len());
            assert!((3..=13).contains(&error.code()));
            assert!(!error.to_string().is_empty());
        }
    }
    assert!(
        hints(pattern)
            .iter()
            .all(|hint| hint.offset() < pattern.len())
    );
});
