use core::net::{IpAddr, Ipv4Addr};

use super::event::Samples;
use super::*;
use crate::ids::NotifierSet;
use crate::intake::Arrival;
use crate::rules::engine::Engine;
use crate::rules::rule::RulesBuilder;
use crate::rules::spec::RuleSpec;
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

/// The samples of every family.
const FAMILIES: &[&[Samples]] = &[wifi::SAMPLES];

/// Returns an event's message for each line, without its time.
fn messages<'a>(event: &'static StaticEvent, lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut builder = RulesBuilder::new();
    builder
        .add(&RuleSpec::of_static_event(event, NotifierSet::EMPTY, 0))
        .unwrap();
    let mut engine = Engine::new(builder.finish(), (1, 2));
    let mut text = TextBuffer::new();
    let arrival = Arrival {
        at: Instant::ZERO,
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    lines
        .map(|line| {
            engine.handle(Instant::ZERO, arrival, Wall::default, line.as_bytes());
            if engine.poll(&mut text).is_none() {
                return String::new();
            }
            let parts = text.as_text().parts().map(|(_, part)| part);
            let message: String = parts.collect();
            let time = ", at:1970-01-01 00:00:00";
            message.strip_suffix(time).expect(&message).to_owned()
        })
        .collect()
}

/// Every event is proved by lines of both kinds, and each does what it must.
#[test]
fn samples() {
    for event in STATIC_EVENTS {
        let mut counts = (0, 0);
        let families = FAMILIES.iter().flat_map(|family| family.iter());
        for samples in families.filter(|samples| samples.number == event.number) {
            let lines = samples.matching.iter().map(|(line, _)| *line);
            for (message, (line, expected)) in messages(event, lines).iter().zip(samples.matching) {
                assert_eq!(message, expected, "{line}");
            }
            let lines = samples.foreign.iter().copied();
            for (message, line) in messages(event, lines).iter().zip(samples.foreign) {
                assert_eq!(message, "", "{line}");
            }
            counts.0 += samples.matching.len();
            counts.1 += samples.foreign.len();
        }
        let name = event.name;
        assert!(counts.0 > 0, "{name} has no line that it must match");
        assert!(counts.1 > 0, "{name} has no line that it must not match");
    }
}

/// Users write numbers into their configuration, so a number names one event;
/// and events notify in the order of their numbers.
#[test]
fn numbers_ascend() {
    assert!(STATIC_EVENTS.is_sorted_by(|one, next| one.number < next.number));
    for event in STATIC_EVENTS {
        assert_eq!(static_event(event.number).unwrap().name, event.name);
    }
    assert!(static_event(u8::MAX).is_none());
}

/// Names as long as a message can hold are taken whole.
#[test]
fn long_names() {
    let long = "n".repeat(300);
    let line = format!("{long}@{long}: disconnected, unicast key exchange timeout");
    let messages = messages(static_event(0).unwrap(), [&line[..]].into_iter());
    let expected = format!(": {long}, with the mac-address: {long}");
    assert!(messages[0].ends_with(&expected), "{messages:?}");
}
