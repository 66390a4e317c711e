//! A static event's own line run through the engine.

use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr};

use crate::ids::NotifierSet;
use crate::intake::Arrival;
use crate::rules::{Engine, Filter, RuleSpec, RulesBuilder, StaticEvent};
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

/// Returns the text that an event's sample gives if it arrives at `wall`. Its policies are
/// off, so it is the text of one line, even where several must come.
#[must_use]
pub fn sample_text(event: &'static StaticEvent, wall: Wall) -> String {
    let mut builder = RulesBuilder::new();
    let filter = Filter {
        is_for_message: event.variable("MATCH_PART") != Some("line"),
        ..Filter::default()
    };
    let spec = RuleSpec::of_static_event(event, NotifierSet::EMPTY, 0);
    let mut text = TextBuffer::new();
    // The tests show that each event compiles and matches its sample.
    if builder.add_filtered(&spec, filter).is_ok() {
        let mut engine = Engine::new(builder.finish(), (0, 0));
        let at = Instant::ZERO;
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        engine.handle(at, Arrival { at, source }, || wall, event.sample.as_bytes());
        let _ = engine.poll(&mut text);
    }
    text.as_text().parts().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::static_events;

    /// Every event's sample gives a text with its time.
    #[test]
    fn every_sample_gives_a_text() {
        for event in static_events() {
            let text = sample_text(event, Wall::default());
            assert!(text.ends_with("1970-01-01 00:00:00"), "{}", event.name);
        }
    }
}
