//! The conditions of rules, through the engine: which lines notify, and what is wrong
//! with a configuration.

use std::net::IpAddr;

use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::limits::{EXCEPTIONS_MAX, MESSAGE_BYTES_MAX};
use alertik_core::matching::{Flags, Pattern, Scratch};
use alertik_core::replay::{Outcome, Replay};
use alertik_core::rules::{
    Conditions, Engine, ExceptionFault, Filter, MatchType, PolicySpec, RuleErrors, RuleSpec,
    RulesBuilder, exceptions,
};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

const REGEX: MatchType = MatchType::Regex;
const SUBSTR: MatchType = MatchType::Substring;

fn rule<'a>(match_type: MatchType, match_str: &'a str, mask: &'a str) -> RuleSpec<'a> {
    RuleSpec {
        name: RuleName::Environment(0),
        match_type,
        match_str: match_str.as_bytes(),
        mask,
        notifiers: NotifierSet::EMPTY,
        cooldown_millis: 0,
    }
}

fn except(value: &str) -> Conditions<'_> {
    Conditions {
        except: value.as_bytes(),
        ..Conditions::default()
    }
}

fn engine(spec: &RuleSpec<'_>, conditions: Conditions<'_>) -> Engine {
    let mut builder = RulesBuilder::new();
    builder.add_with(spec, conditions).expect("a right rule");
    Engine::new(builder.finish(), (1, 2))
}

/// Lets a line arrive, and returns the notification's text without its time.
fn text(engine: &mut Engine, line: &[u8]) -> Option<String> {
    let arrival = Arrival {
        at: Instant::ZERO,
        source: IpAddr::from([192, 0, 2, 1]),
    };
    engine.handle(Instant::ZERO, arrival, Wall::default, line);
    let mut buffer = TextBuffer::new();
    engine.poll(&mut buffer)?;
    let text: String = buffer.as_text().parts().map(|(_, part)| part).collect();
    let (text, _) = text.rsplit_once(", at: ").expect("a time");
    Some(text.to_owned())
}

fn errors(spec: &RuleSpec<'_>, conditions: Conditions<'_>) -> RuleErrors {
    let mut builder = RulesBuilder::new();
    builder.add_with(spec, conditions).expect_err("a mistake")
}

/// A line with one of the exceptions is not the rule's: it neither notifies nor counts
/// as matched. In a substring rule an exception is a text, whatever its characters mean
/// in expressions; in a regex rule it is an expression.
#[test]
fn exceptions_exclude() {
    for (match_type, match_str, exceptions, line, expected) in [
        (
            SUBSTR,
            "link down",
            "ether7",
            "ether1 link down",
            Some("<>"),
        ),
        (SUBSTR, "link down", "ether7", "ether7 link down", None),
        (
            SUBSTR,
            "link down",
            "ether[7]",
            "ether7 link down",
            Some("<>"),
        ),
        (SUBSTR, "link down", "ether[7]\n[", "x[y link down", None),
        (
            SUBSTR,
            "link down",
            "ether7",
            "ETHER7 link down",
            Some("<>"),
        ),
        (SUBSTR, "", "x", "", Some("<>")),
        (SUBSTR, "", "x", "axe", None),
        (
            REGEX,
            "([^ ]+) link down",
            "ether[7-9]",
            "ether1 link down",
            Some("<ether1>"),
        ),
        (
            REGEX,
            "([^ ]+) link down",
            "ether[7-9]",
            "ether8 link down",
            None,
        ),
        (
            REGEX,
            "([^ ]+) link down",
            "^a\nb$\r\n\n",
            "ether1 link down",
            Some("<ether1>"),
        ),
        (
            REGEX,
            "([^ ]+) link down",
            "^a\nb$\r\n\n",
            "b ether1 link down",
            Some("<ether1>"),
        ),
        (
            REGEX,
            "([^ ]+) link down",
            "^a\nb$\r\n\n",
            "a ether1 link down",
            None,
        ),
        (
            REGEX,
            "([^ ]+) link down",
            "^a\nb$\r\n\n",
            "ether1 link down b",
            None,
        ),
        // A typed line break is the expression's.
        (REGEX, "a", "x\\ny", "axy", Some("<>")),
        (REGEX, "a", "x\\ny", "ax\ny", None),
    ] {
        let mask = if match_str.contains('(') {
            "<@1>"
        } else {
            "<>"
        };
        let mut engine = engine(&rule(match_type, match_str, mask), except(exceptions));
        let found = text(&mut engine, line.as_bytes());
        assert_eq!(found.as_deref(), expected, "{exceptions:?} on {line}");
        let counters = engine.counters();
        let times = u64::from(expected.is_some());
        assert_eq!(
            (counters.matched, counters.suppressed),
            (times, 0),
            "{line}"
        );
    }
}

/// An exception that takes too much work to be found does not exclude: the line
/// notifies. The next one is looked for all the same.
#[test]
fn exceptions_that_take_too_much_work_lose_nothing() {
    let hard = "(x(.{0,255})){2,3}y";
    let pattern = Pattern::compile(hard.as_bytes()).expect("valid");
    assert_eq!(pattern.dfa_states(), None);
    let easy = format!("{hard}\n0$");
    let mut engine = engine(&rule(REGEX, "[xy]", "m"), except(&easy));
    assert_eq!(text(&mut engine, b"xx"), Some("m".to_owned()));
    assert_eq!(text(&mut engine, b"xxy"), None);
    // The only `y` is where no match ends.
    let mut line = [b'x'; MESSAGE_BYTES_MAX];
    line[0] = b'y';
    let mut scratch = Scratch::for_patterns([&pattern]);
    assert!(pattern.is_match(&line, &mut scratch) && pattern.exact_up_to() < line.len());
    assert!(!pattern.is_certain_match(&line, &mut scratch));
    assert_eq!(text(&mut engine, &line), Some("m".to_owned()));
    *line.last_mut().expect("not empty") = b'0';
    assert_eq!(text(&mut engine, &line), None);
}

/// Each exception has its part of the work, so one that takes too much does not keep the
/// next one from being found.
#[test]
fn exceptions_share_the_work() {
    let hard = "(x(.{0,255})){2,3}y";
    let next = "(p(.{0,255})){2,3}q";
    let mut engine = engine(
        &rule(REGEX, "[xy]", "m"),
        except(&format!("{hard}\n{next}")),
    );
    let mut line = [b'x'; MESSAGE_BYTES_MAX];
    line[0] = b'y';
    assert_eq!(text(&mut engine, &line), Some("m".to_owned()));
    line[MESSAGE_BYTES_MAX - 3..].copy_from_slice(b"ppq");
    assert_eq!(text(&mut engine, &line), None);
}

/// A rule's exceptions take of its own part of the work, so that they keep no other rule
/// from its groups.
#[test]
fn exceptions_share_the_work_of_their_rule() {
    let hard = "(x(.{0,255})){2,3}y";
    let mut builder = RulesBuilder::new();
    let first = rule(REGEX, "[xy]", "first");
    builder.add_with(&first, except(hard)).expect("right");
    let second = RuleSpec {
        name: RuleName::Environment(1),
        ..rule(REGEX, "^(y)(x|xx)*", "<@1>")
    };
    builder.add(&second).expect("right");
    let mut engine = Engine::new(builder.finish(), (1, 2));
    let mut line = [b'x'; MESSAGE_BYTES_MAX];
    line[0] = b'y';
    assert_eq!(text(&mut engine, &line), Some("first".to_owned()));
    let mut buffer = TextBuffer::new();
    assert!(engine.poll(&mut buffer).is_some());
    let (_, group) = buffer.as_text().parts().nth(1).expect("a group");
    assert_eq!(group, "y");
}

/// Every mistake in the exceptions is reported at once, with its byte in the whole value,
/// and so are those of the rule itself.
#[test]
fn mistakes_in_exceptions() {
    let found = errors(&rule(REGEX, "(", "@1"), except("ab(\n\nc\r\nd[\n*\n"));
    assert!(found.pattern.is_some());
    let found: Vec<_> = found.exceptions.iter().map(|error| error.offset).collect();
    assert_eq!(found, [2, 9, 11]);
    // In a text there is nothing to be wrong.
    engine(&rule(SUBSTR, "a", ""), except("ab(\nd[\n*"));
}

/// There are only so many exceptions.
#[test]
fn too_many_exceptions() {
    let mut value = "x\n".repeat(EXCEPTIONS_MAX);
    engine(&rule(SUBSTR, "a", ""), except(&value));
    value += "y\nz";
    let found = errors(&rule(SUBSTR, "a", ""), except(&value)).exceptions;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fault, ExceptionFault::TooMany);
    assert_eq!(found[0].offset, 2 * EXCEPTIONS_MAX);
}

/// Exceptions count among the memory of all expressions, and the one for which there is
/// no room is named.
#[test]
fn exceptions_share_the_memory() {
    let large = "((.?){7}){30}(a{0,1})()()()()()()()()()()()()()()()()()()()()()()()()()()()()z";
    let value = [large; EXCEPTIONS_MAX].join("\n");
    let mut builder = RulesBuilder::new();
    let spec = rule(REGEX, "a", "");
    builder.add_with(&spec, except(&value)).expect("room");
    let errors = builder.add_with(&spec, except(&value)).expect_err("full");
    assert_eq!(errors.too_large, None);
    let first = &errors.exceptions[0];
    assert!(first.offset > 0 && first.offset.is_multiple_of(large.len() + 1));
    assert!(matches!(first.fault, ExceptionFault::TooLarge(bytes) if bytes > 100_000));
}

/// What exceptions cost is part of what their rule costs.
#[test]
fn exceptions_cost() {
    let cost = |value| {
        let mut builder = RulesBuilder::new();
        let spec = rule(SUBSTR, "a", "");
        builder.add_with(&spec, except(value)).expect("right");
        builder.finish().rules()[0].cost()
    };
    assert_eq!(cost("").micros, 0);
    assert_eq!(cost("x\ny").micros / 2, cost("x").micros);
    assert_eq!(cost("x\nx").bytes - cost("x").bytes, cost("x").bytes - 1);
}

/// A literal pattern finds its text and nothing else, whatever its bytes are.
#[test]
fn literal_patterns() {
    let flags = Flags {
        literal: true,
        ..Flags::default()
    };
    for text in [
        "", "a", "(", "a*b", "[^x]", "\\", "\\n", "^$", "a|b", "é", "\n\0",
    ] {
        let pattern = Pattern::compile_with(text.as_bytes(), flags, &mut 10_000).expect(text);
        assert_eq!(pattern.groups(), 0);
        let mut scratch = Scratch::for_patterns([&pattern]);
        for line in [
            "", "a", "b", "aab", "xa|b", "^$", "[^x]", "<\\n>", "(é)", "a*b\n\0",
        ] {
            let expected = line.contains(text);
            assert_eq!(pattern.is_match(line.as_bytes(), &mut scratch), expected);
        }
    }
}

/// Exceptions are the lines of a value that are not empty, each at its place.
#[test]
fn lines_of_a_value() {
    let found: Vec<_> = exceptions(b"a b\r\n\n \nc\r").collect();
    let expected: [(usize, &[u8]); 3] = [(0, b"a b"), (6, b" "), (8, b"c")];
    assert_eq!(found, expected);
    assert_eq!(exceptions(b"").count(), 0);
}

/// Ignored case is that of the rule's own text or expression and of its exceptions, of
/// ASCII letters only. Groups keep the line's case.
#[test]
fn case_is_ignored() {
    for (match_type, match_str, exceptions, line, expected) in [
        (SUBSTR, "Link DOWN", "", "ether1 lINK down", Some("<>")),
        (SUBSTR, "Link DOWN", "", "ether1 lINK dow", None),
        (SUBSTR, "\u{e9}", "", "\u{e9}", Some("<>")),
        (SUBSTR, "\u{e9}", "", "\u{c9}", None),
        (SUBSTR, "@", "", "`", None),
        (SUBSTR, "", "", "x", Some("<>")),
        (SUBSTR, "link down", "Ether7", "eTHER7 LINK DOWN", None),
        (
            REGEX,
            "([^ ]+) link (up|down)",
            "",
            "Ether1 LINK Down",
            Some("<Ether1 Down>"),
        ),
        (
            REGEX,
            "([^ ]+) link (up|down)",
            "^ETHER7",
            "Ether7 LINK Down",
            None,
        ),
        (
            REGEX,
            "([^ ]+) link (up|down)",
            "^\\x45",
            "Ether7 link up",
            None,
        ),
        (
            REGEX,
            "([^ ]+) link (up|down)",
            "^\\x45",
            "ether7 link up",
            Some("<ether7 up>"),
        ),
    ] {
        let mask = if match_str.contains('(') {
            "<@1 @2>"
        } else {
            "<>"
        };
        let conditions = Conditions {
            ignore_case: true,
            ..except(exceptions)
        };
        let mut engine = engine(&rule(match_type, match_str, mask), conditions);
        let found = text(&mut engine, line.as_bytes());
        assert_eq!(
            found.as_deref(),
            expected,
            "{match_str} {exceptions} on {line}"
        );
    }
}

/// A rule whose case matters is exact beside one whose case does not, although the two
/// share the screen.
#[test]
fn case_matters_to_the_others() {
    let rules = [
        (SUBSTR, "Link", false),
        (SUBSTR, "LINK", true),
        (REGEX, "Link", false),
        (SUBSTR, "", false),
        (SUBSTR, "nk do", false),
    ];
    for (line, expected) in [
        ("link down", &[1, 3, 4][..]),
        ("Link down", &[0, 1, 2, 3, 4]),
        ("LINK DOWN", &[1, 3]),
        ("lin", &[3]),
    ] {
        let mut builder = RulesBuilder::new();
        for (match_type, match_str, ignore_case) in rules {
            let conditions = Conditions {
                ignore_case,
                ..Conditions::default()
            };
            let spec = rule(match_type, match_str, "");
            builder.add_with(&spec, conditions).expect("a right rule");
        }
        let mut replay = Replay::new(builder.finish(), Wall::default());
        replay.push(line.as_bytes());
        let mut found = Vec::new();
        while let Some(Outcome::Match(hit)) = replay.poll() {
            let whole = hit.spans[0].expect("a place");
            let place = &hit.message[whole.start..whole.end];
            let wanted = rules[hit.id.index()].1.as_bytes();
            assert!(place.eq_ignore_ascii_case(wanted), "{line}");
            found.push(hit.id.index());
        }
        assert_eq!(found, expected, "{line}");
    }
}

/// `check` says on which lines an expression is tried: those with its literals in any
/// case.
#[test]
fn description_of_ignored_case() {
    let mut builder = RulesBuilder::new();
    let conditions = Conditions {
        ignore_case: true,
        ..Conditions::default()
    };
    let spec = rule(REGEX, "Link (up|down)", "");
    builder.add_with(&spec, conditions).expect("right");
    let said = builder.finish().rules()[0].describe().to_string();
    let expected = "tried on lines that contain \"link \" in any case, by a DFA of ";
    assert!(said.starts_with(expected), "{said}");
}

/// What ends a case is found in any case, too; the exceptions do not concern it.
#[test]
fn recoveries() {
    let mut builder = RulesBuilder::new();
    let conditions = Conditions {
        ignore_case: true,
        ..except("up")
    };
    let spec = rule(REGEX, "(ether[0-9]) link down", "<@1 down>");
    let id = builder.add_with(&spec, conditions).expect("right");
    let up = b"(ether[0-9]) link up";
    builder.add_recovery(id, up, "<@1 up>").expect("right");
    let mut engine = Engine::new(builder.finish(), (1, 2));
    let down = text(&mut engine, b"ether1 Link Down");
    assert_eq!(down.as_deref(), Some("<ether1 down>"));
    let up = text(&mut engine, b"ether1 LINK UP");
    assert_eq!(up.as_deref(), Some("<ether1 up>"));
}

/// A recovery is for the lines that the rule's filter lets pass, and must have the groups
/// that the rule's key names.
#[test]
fn recoveries_have_the_filter_and_the_groups() {
    let mut builder = RulesBuilder::new();
    let filter = Filter {
        topics: Box::new(["interface".into()]),
        drops_unknown: true,
        ..Filter::default()
    };
    let conditions = Conditions {
        filter,
        ..Conditions::default()
    };
    let spec = rule(REGEX, "(ether[0-9]) link down", "<@1 down>");
    assert!(!builder.has(spec.name));
    let id = builder.add_with(&spec, conditions).expect("right");
    assert!(builder.has(spec.name) && !builder.has(RuleName::Environment(1)));
    let wrong = builder
        .add_recovery(id, b"link up", "up")
        .expect_err("no group");
    assert_eq!(wrong.key_group, Some(1));
    let up = b"(ether[0-9]) link up";
    builder.add_recovery(id, up, "<up>").expect("right");
    // Groups that say which case ends are needed, whatever the mask names.
    builder.forget_groups();
    let mut engine = Engine::new(builder.finish(), (1, 2));
    for (line, expected) in [
        ("interface,info ether1 link down", Some("<ether1 down>")),
        ("interface,info ether2 link up", None),
        ("system,info ether1 link up", None),
        ("interface,info ether1 link up", Some("<up>")),
    ] {
        let found = text(&mut engine, line.as_bytes());
        assert_eq!(found.as_deref(), expected, "{line}");
    }
}

/// The memory for groups that nothing asks for is given back; what a mask or a key names
/// stays known.
#[test]
fn groups_that_nobody_needs() {
    let bytes = |mask, forget| {
        let mut builder = RulesBuilder::new();
        let spec = rule(REGEX, "user ([a-z]+) from ([0-9.]+)", mask);
        builder.add(&spec).expect("right");
        if forget {
            builder.forget_groups();
        }
        let rules = builder.finish();
        assert!(!rules.rules()[0].knows_values());
        rules.rules()[0].cost().bytes
    };
    assert!(bytes("m", true) < bytes("m", false));
    assert_eq!(bytes("@1", true), bytes("@1", false));
    let mut builder = RulesBuilder::new();
    let spec = rule(REGEX, "user ([a-z]+)", "m");
    let id = builder.add(&spec).expect("right");
    let policies = PolicySpec {
        first: Some("@1"),
        ..PolicySpec::default()
    };
    builder.set_policies(id, &policies).expect("right");
    builder.forget_groups();
    let mut engine = Engine::new(builder.finish(), (1, 2));
    assert!(engine.rules()[0].knows_values());
    for (line, is_new) in [("user a", true), ("user b", true), ("user a", false)] {
        assert_eq!(
            text(&mut engine, line.as_bytes()).is_some(),
            is_new,
            "{line}"
        );
    }
}

/// Expressions share a memory, and the rule for which there is no room is named with
/// what it takes.
#[test]
fn expressions_share_the_memory() {
    let large = "((.?){7}){30}(a{0,1})()()()()()()()()()()()()()()()()()()()()()()()()()()()()z";
    let mut builder = RulesBuilder::new();
    let refused = (0..64).find_map(|_| builder.add(&rule(REGEX, large, "")).err());
    let refused = refused.expect("there is an end");
    assert!(refused.too_large.is_some_and(|bytes| bytes > 100_000));
}
