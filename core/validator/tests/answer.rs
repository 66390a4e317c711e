//! Questions about rules, and the start.

use alertik_core::bytes::write_json_string;
use alertik_validator::answer::answer;

fn ask_bytes(fields: &[&str]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
    let mut out = String::new();
    answer(&fields.join(&0xFF), &mut out);
    out
}

/// Asks about the rule that has the number `shown`.
fn ask_about(shown: &str, variables: &[&str], lines: &[&str]) -> String {
    let count = variables.len().to_string();
    let head = ["rules", "0", "3600", "1", shown, &count];
    ask_bytes(&[&head[..], variables, lines].concat())
}

/// Asks about one rule, which notifies Slack, with more variables.
fn ask(rule: [&str; 3], more: &[&str], lines: &[&str]) -> String {
    let names = ["MATCH_TYPE", "MATCH_STR", "MASK_MSG"];
    let rule = names.iter().zip(rule);
    let rule: Vec<_> = rule
        .map(|(name, value)| format!("EVENT4_{name}={value}"))
        .collect();
    let mut variables = vec!["EVENT4_NOTIFIER=Slack"];
    variables.extend(rule.iter().map(String::as_str));
    variables.extend(more);
    ask_about("4", &variables, lines)
}

/// Asserts that parts are in a text, in their order.
fn assert_order(out: &str, parts: &[&str]) {
    let mut rest = out;
    for part in parts {
        let at = rest.find(part);
        rest = &rest[at.unwrap_or_else(|| panic!("no {part} in {rest} of {out}"))..];
    }
}

/// A valid rule gets its groups, lines and forms; numbers before its own are no mistake.
#[test]
fn a_right_rule() {
    let out = ask(["regex", "a(b)?", "<@1>"], &[], &["xab", "c"]);
    assert_order(
        &out,
        &[
            "{\"problems\":[],\"rules\":[{\"rule\":\"EVENT4\",\"groups\":1}],\"lines\":[",
            "{\"line\":1,\"message\":\"xab\",\"matches\":[{\"rule\":\"EVENT4\",\"start\":1,\"end\":3,",
            "\"notifiers\":[\"Slack\"],\"text\":\"<b>, at: 1970-01-01 01:00:00\"}]},",
            "{\"line\":2,\"message\":\"c\",\"matches\":[]}],\"near\":[null,null],\"forms\":{\"shell\":",
            "},\"placeholders\":[\"SLACK_WEBHOOK_URL\"]}",
        ],
    );
    assert!(!out.contains("pace"), "{out}");
}

/// Every rule that matches a line notifies, by number, and they know each other.
#[test]
fn several_rules() {
    let rule = |number: u8, pattern: &str| {
        [
            format!("EVENT{number}_NOTIFIER=Console"),
            format!("EVENT{number}_MATCH_TYPE=substr"),
            format!("EVENT{number}_MATCH_STR={pattern}"),
            format!("EVENT{number}_MASK_MSG=m{number}"),
        ]
    };
    let rules = [rule(3, "b"), rule(0, "a"), rule(2, "c")].concat();
    let mut rules: Vec<_> = rules.iter().map(String::as_str).collect();
    let out = ask_about("3", &rules, &["ab", "b", "x"]);
    assert_order(
        &out,
        &[
            "\"line\":1,",
            "\"rule\":\"EVENT0\",",
            "\"rule\":\"EVENT3\",",
            "\"line\":2,",
            "\"matches\":[{\"rule\":\"EVENT3\",",
            "\"matches\":[]}],\"near\":",
            "ENV_EVENTS='4'",
        ],
    );
    rules.push("EVENT3_ELSE=1");
    let out = ask_about("3", &rules, &["ab"]);
    assert_order(&out, &["\"rule\":\"EVENT0\"", "}]}]"]);
    assert!(!out.contains("{\"rule\":\"EVENT3\",\"start\""), "{out}");
    rules.push("EVENT0_UNLESS=1");
    let out = ask_about("3", &rules, &["ab"]);
    let text = "{\"problems\":[{\"variable\":\"EVENT0_UNLESS\",\"text\":\"names EVENT1, which is not a rule";
    assert!(out.starts_with(text), "{out}");
}

/// A line without a match says how far it agrees; one that an exception leaves out
/// agrees as a whole. Hints are about both fields.
#[test]
fn a_rule_that_misses() {
    let lines = ["a user x from y", "a user x_y", "other"];
    let rule = ["regex", "user ([a-z]+) from", "@1 $1"];
    let out = ask(rule, &[], &lines);
    assert_order(
        &out,
        &[
            "{\"variable\":\"EVENT4_MASK_MSG\",\"text\":\"is sent as it stands; ",
            "\"error\":false,\"value\":\"@1 $1\",\"offset\":3}",
            "\"near\":[{\"start\":2,\"end\":13,\"wants\":\"\"},{\"start\":2,\"end\":8,\"wants\":\" from\"},null]",
        ],
    );
    let out = ask(rule, &["EVENT4_EXCEPT_STR=from y"], &lines[..1]);
    assert_order(&out, &["\"matches\":[]}]", "\"near\":[{\"start\":2,"]);
    assert!(!out.contains("pace"), "{out}");
    let rule = ["regex", "USER ([a-z]+) from", "@1"];
    let out = ask(rule, &["EVENT4_IGNORE_CASE=1"], &lines);
    assert_order(&out, &["\"start\":2,\"end\":8,\"wants\":\" from\"}"]);
}

/// An invalid rule gets the errors of both fields, and no lines or forms.
#[test]
fn a_wrong_rule() {
    let out = ask(["regex", "a(b", "@x"], &[], &["a"]);
    assert_order(
        &out,
        &[
            "{\"variable\":\"EVENT4_MATCH_STR\",\"text\":\"",
            ",\"error\":true,\"value\":\"a(b\",\"offset\":1}",
            "{\"variable\":\"EVENT4_MASK_MSG\",",
            ",\"offset\":0}]}",
        ],
    );
    assert!(!out.contains("forms") && !out.contains("lines"), "{out}");
}

/// A malformed question gets an empty answer.
#[test]
fn malformed_questions() {
    for fields in [
        &[][..],
        &["x"],
        &["rules"],
        &["rules", "0", "0", "1", "x", "0"],
        &["rules", "0", "0", "-1", "0", "0"],
        &["rules", "0", "0", "1", "0", "2", "A=1"],
        &["rules", "0", "0", "1", "0", "1", "A"],
        &["start", ""],
        &["import"],
    ] {
        assert_eq!(ask_bytes(fields), "", "{fields:?}");
    }
    let mut out = String::new();
    answer(b"rules\xFF0\xFF0\xFF1\xFF0\xFF1\xFFA=\x80", &mut out);
    assert_eq!(out, "");
}

/// What takes much work is said, and nothing else about how a rule is matched.
#[test]
fn expensive_rules() {
    let out = ask(["regex", "(x(.{0,255})){2,3}y", "@1"], &[], &[]);
    let note = "\"note\":\"takes much work: at most ";
    assert!(out.contains(note) && out.contains("; groups are exact in lines of up to "));
    assert!(!out.contains("DFA"), "{out}");
}

/// A second passes from line to line, what is held back says so, and timers stand
/// between the lines and after them.
#[test]
fn a_threshold_and_a_cooldown() {
    let more = ["EVENT4_COOLDOWN_SECS=1", "EVENT4_THRESHOLD=2/60"];
    let out = ask(["regex", "(a)", "@1 @{count}"], &more, &["a"; 4]);
    assert_order(
        &out,
        &[
            ",\"pace\":\"step\",\"lines\":[{\"line\":1,",
            "\"held\":\"threshold 1 of 2\"}]},{\"line\":2,",
            "\"text\":\"a 2, at: 1970-01-01 01:00:01\"}]}",
            "export EVENT4_COOLDOWN_SECS='1'\\nexport EVENT4_THRESHOLD='2/60'\\n",
        ],
    );
    assert!(!out.contains('\n'), "{out}");
}

/// A pair whose grace time ends between two lines: the lines say their times.
#[test]
fn a_pair_in_the_time_of_the_lines() {
    let lines = [
        "Nov 22 10:00:00 r ether1 link down",
        "Nov 22 10:01:00 r ether1 link up",
        "Nov 22 10:02:00 r ether1 link down",
    ];
    let more = [
        "EVENT4_COOLDOWN_SECS=0",
        "EVENT4_RECOVERY_STR=([^ ]+) link up",
        "EVENT4_GRACE_SECS=30",
    ];
    let out = ask(["regex", "([^ ]+) link down", "@1 down"], &more, &lines);
    assert_order(
        &out,
        &[
            ",\"pace\":\"lines\",",
            "{\"line\":1,",
            "\"held\":\"its grace time runs\"",
            "{\"timer\":\"EVENT4\",\"at\":\"1970-11-22 10:00:30\",",
            "\"},{\"line\":2,",
            "ether1 down: over after 1 min",
            "{\"line\":3,",
            "{\"timer\":\"EVENT4\",",
        ],
    );
}

/// Each mistake in a policy is reported with its variable, in the daemon's words; one that is
/// only a warning leaves the lines.
#[test]
fn wrong_policies() {
    let rule = ["regex", "(a)", "@1"];
    let wrong = [
        "EVENT4_COOLDOWN_SECS=x",
        "EVENT4_KEY=@2",
        "EVENT4_THRESHOLD=5",
        "EVENT4_RECOVERY_STR=(b",
        "EVENT4_GRACE_SECS=604801",
        "EVENT4_QUIET=22",
    ];
    let out = ask(rule, &wrong, &["a"]);
    for part in [
        "\"EVENT4_COOLDOWN_SECS\",\"text\":\"'x' is not a whole number",
        "\"EVENT4_KEY\",\"text\":\"there is no group @2",
        "\"EVENT4_THRESHOLD\",\"text\":\"'5' is not understood; an example is 5/60",
        "\"EVENT4_RECOVERY_STR\",",
        "\"EVENT4_GRACE_SECS\",\"text\":\"'604801' is not",
        "\"EVENT4_QUIET\",",
    ] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    assert!(
        !out.contains("\"lines\"") && !out.contains("forms"),
        "{out}"
    );
    let out = ask(rule, &["EVENT4_RECOVERY_STR=b"], &["a"]);
    assert!(
        out.contains("\"EVENT4_RECOVERY_STR\",\"text\":\"has no group 1"),
        "{out}"
    );
    let out = ask(rule, &["EVENT4_GRACE_SECS=5"], &["a"]);
    assert!(
        out.contains("\"EVENT4_GRACE_SECS\",\"text\":\"is not used"),
        "{out}"
    );
    assert!(out.contains("\"lines\":[{") && out.contains("GRACE_SECS='5'"));
}

/// A rule for the message alone finds its beginning, and no time passes.
#[test]
fn only_the_message() {
    let line = "<27>Oct  2 17:36:35 MikroTik login failure";
    let rule = ["regex", "^login f", "x"];
    assert!(ask(rule, &[], &[line]).contains("\"matches\":[]"));
    let part = ["EVENT4_MATCH_PART=message"];
    let out = ask(rule, &part, &[line]);
    assert!(out.contains("\"start\":29,\"end\":36,"), "{out}");
    assert!(out.contains("EVENT4_MATCH_PART='message'") && !out.contains("pace"));
    let out = ask(["regex", "^login x", "x"], &part, &[line]);
    assert!(out.contains("\"near\":[{\"start\":29,\"end\":35,"), "{out}");
}

/// The start has every notifier and every static event, and is one line.
#[test]
fn the_start() {
    let out = ask_bytes(&["start"]);
    for event in alertik_core::rules::static_events() {
        let head = format!("{{\"number\":{},\"name\":\"{}\"", event.number, event.name);
        assert!(out.contains(&head), "{head}");
    }
    assert!(out.starts_with("{\"notifiers\":[\"Telegram\",\"Slack\","));
    assert!(out.ends_with("\"}}]}") && !out.contains('\n'));
    assert!(out.contains("\"THRESHOLD\":\"5/60\""));
}

/// The page's examples include the README's rules.
#[test]
fn examples_are_the_documented_ones() {
    let page = include_str!("../../../docs/rules.md");
    let examples = include_str!("../page/examples.js");
    let rules = page.split("<!-- rules -->").nth(1).unwrap();
    let rules = rules.split("<!-- /rules -->").next().unwrap();
    let mut seen = 0;
    for line in rules.lines() {
        let Some((_, value)) = line
            .strip_prefix("export EVENT0_M")
            .filter(|line| !line.starts_with("ATCH_TYPE"))
            .and_then(|line| line.split_once('='))
        else {
            continue;
        };
        let mut literal = String::new();
        write_json_string(value.trim_matches('\'').as_bytes(), &mut literal).unwrap();
        assert!(examples.contains(&literal), "{literal}");
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}
