//! Any bytes as a state that an earlier process has saved, with a right checksum and
//! without: what an engine takes from them it can save, and take again.

#![no_main]

use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::STATE_BYTES_MAX;
use alertik_core::rules::{Engine, MatchType, PolicySpec, RuleSpec, RulesBuilder, State};
use alertik_core::time::Instant;
use libfuzzer_sys::fuzz_target;

/// Returns an engine with two rules that know values.
fn engine() -> Engine {
    let mut builder = RulesBuilder::new();
    for number in [0, 1] {
        let rule = RuleSpec {
            name: RuleName::Environment(number),
            match_type: MatchType::Substring,
            match_str: b"x",
            mask: "x",
            notifiers: NotifierSet::EMPTY,
            cooldown_millis: 0,
        };
        let policies = PolicySpec {
            first: Some("@{text}"),
            learn_millis: 5,
            ..PolicySpec::default()
        };
        let id = builder.add(&rule).unwrap();
        builder.set_policies(id, &policies).unwrap();
    }
    Engine::new(builder.finish(), (1, 2))
}

/// FNV-1a, as the state's.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let _ = State::parse(bytes);
    let mut right = b"alertik state 1\n".to_vec();
    right.extend(bytes);
    right.extend(checksum(&right).to_le_bytes());
    let Ok(state) = State::parse(&right) else {
        return;
    };
    let mut one = engine();
    let now = Instant::from_millis(7);
    let mut counted = 0;
    one.novelties_mut()
        .restore(now, Some(&state), &mut |_, count, _| counted += count);
    assert!(5 * counted <= bytes.len());
    let mut saved = [0; STATE_BYTES_MAX];
    let len = one.novelties_mut().save(now, &mut saved);
    let state = State::parse(&saved[..len]).expect("what was saved is right");
    let mut other = engine();
    other
        .novelties_mut()
        .restore(now, Some(&state), &mut |_, _, _| {});
    let mut again = [0; STATE_BYTES_MAX];
    let len_again = other.novelties_mut().save(now, &mut again);
    assert_eq!(saved[..len], again[..len_again]);
});
