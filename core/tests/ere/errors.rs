//! The errors that users see for a malformed pattern: the place, the mistake and
//! the remedy.

use alertik_core::matching::Pattern;

/// Pattern, offset of the error, and a part of its text.
const ERRORS: [(&str, usize, &str); 30] = [
    ("(?i)error", 1, "[Aa] instead of (?i)"),
    ("link (?:up|down)", 6, "write ( ... ) instead of (?: ... )"),
    ("*", 0, "nothing to repeat"),
    ("?", 0, "nothing to repeat"),
    ("?:a", 0, "nothing to repeat"),
    ("a|?", 2, "nothing to repeat"),
    ("a|+", 2, "put a backslash before it"),
    ("{3}", 0, "nothing to repeat"),
    ("a{", 1, "write \\{"),
    ("ab{x}", 2, "{n}, {n,} or {n,m}"),
    ("ab{,3}", 2, "write {0,m}"),
    ("ab{3,1}", 2, "must not exceed the second"),
    ("ab{256}", 2, "must not exceed 255"),
    // What is not closed is the first mistake.
    ("ab{3,1", 2, "{n}, {n,} or {n,m}"),
    ("ab{256x", 2, "{n}, {n,} or {n,m}"),
    ("ab{,3x", 2, "{n}, {n,} or {n,m}"),
    ("ab[cd", 2, "this '[' has no closing ']'"),
    ("[]", 0, "comes first stands for itself"),
    ("x[z-a]", 2, "end comes before its beginning"),
    ("x[a-c-e]", 5, "to match '-' itself, put it last"),
    ("[[:digits:]]", 1, "[:digit:]"),
    ("[[:word:]]", 1, "the classes are"),
    ("[[.a.]]", 1, "not supported"),
    ("a(b(c)", 1, "this '(' has no closing ')'"),
    ("(a(b", 2, "write \\("),
    ("via \\", 4, "escapes nothing"),
    ("a\\x{41", 1, "closing '}'"),
    ("\\x{zz}", 0, "eight hexadecimal digits"),
    ("((a{255}){255}){255}", 0, "too large"),
    (
        "(.?){200}(.?){200}(.?){200}(.?){200}",
        0,
        "use smaller counts",
    ),
];

/// Each error reports the right place and the right remedy.
#[test]
fn place_and_remedy() {
    for (pattern, offset, part) in ERRORS {
        let error = Pattern::compile(pattern.as_bytes())
            .map(drop)
            .expect_err(pattern);
        let text = error.to_string();
        assert_eq!(error.offset(), offset, "{pattern}: {text}");
        assert!(text.contains(part), "{pattern}: {text}");
        assert!(!text.ends_with('.'), "{pattern}: {text}");
    }
}

/// The patterns that the remedies suggest are valid.
#[test]
fn remedies_are_valid() {
    for pattern in [
        "[Aa]",
        "\\{",
        "a{0,3}",
        "\\[",
        "[]]",
        "[a-]",
        "[[:digit:]]",
        "[.=[]",
        "\\(",
        "\\\\",
        "\\x{41}",
        "\\*",
    ] {
        assert!(Pattern::compile(pattern.as_bytes()).is_ok(), "{pattern}");
    }
}
