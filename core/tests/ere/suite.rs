//! Hand-written cases by topic: pattern, text and answer.
//!
//! The answers are musl's; the module `musl` checks that if musl is available.

use crate::{answer, show};

/// A case of [`CASES`].
pub(crate) struct Case {
    pub(crate) pattern: Vec<u8>,
    pub(crate) text: Vec<u8>,
    pub(crate) answer: &'static str,
    /// Whether musl's answer differs, contrary to POSIX.
    pub(crate) differs: bool,
    /// Its number among the cases, from 1.
    pub(crate) line: usize,
}

#[rustfmt::skip]
const CASES: &[(&[u8], &[u8], &str, bool)] = &[
    // Literals, escapes and the byte values they stand for.
    (b"link", b"ether1 link up", "M0 7,11", false),
    (b"Link", b"link", "N", false),
    (b"", b"abc", "M0 0,0", false),
    (b"a.c", b"a\nc", "M0 0,3", false),
    (b".", b"\xff", "M0 0,1", false),
    (b"\\.", b"a.b", "M0 1,2", false),
    (b"\\t\\n\\r\\f\\a\\e", b"\t\n\r\x0c\x07\x1b", "M0 0,6", false),
    (b"\\v", b"v", "M0 0,1", false),
    (b"\\x41\\x4a", b"AJ", "M0 0,2", false),
    (b"\\x4z", b"\x04z", "M0 0,2", false),
    (b"\\x{6c}\\x{00006F}", b"lo", "M0 0,2", false),
    (b"\\xe9", b"\xe9", "N", false),
    (b"\\x{dfe9}", b"\xe9", "M0 0,1", false),
    (b"\\x", b"x", "N", false),
    (b"\\x00*b", b"ab", "M0 1,2", false),
    (b"(a)\\1", b"aa1", "M1 1,3 1,2", false),
    (b"\\Q\\E", b"QE", "M0 0,2", false),
    (b"\\-\\/\\\"", b"-/\"", "M0 0,3", false),
    (b"\\(a\\)\\{1\\}", b"(a){1}", "M0 0,6", false),
    (b"\xc3\xa9+", b"x\xc3\xa9\xc2\xa9", "M0 1,3", false),
    (b"a}", b"a}", "M0 0,2", false),
    (b"a)b", b"a)b", "M0 0,3", false),
    (b")*", b"))(", "M0 0,2", false),
    // Classes written as escapes.
    (b"\\d+", b"ab 0193x", "M0 3,7", false),
    (b"\\D+", b"12ab\xe934", "M0 2,5", false),
    (b"\\w+", b"--a_9Z--", "M0 2,6", false),
    (b"\\W+", b"ab-\xe9 c", "M0 2,5", false),
    (b"\\s+", b"a \t\n\x0b\x0c\rb", "M0 1,7", false),
    (b"\\S+", b"  ab\xe9 c", "M0 2,5", false),
    (b"[\\d]+", b"1d\\d1", "M0 1,4", false),
    (b"[\\w-]+", b"a-w\\", "M0 1,4", false),
    (b"(\\w)(\\d)", b"-a1", "M2 1,3 1,2 2,3", false),
    // Bracket expressions.
    (b"[abc]+", b"xxcabx", "M0 2,5", false),
    (b"[^abc]+", b"abxyzc", "M0 2,5", false),
    (b"[]a]+", b"x]a[", "M0 1,3", false),
    (b"[^]a]", b"]ab", "M0 2,3", false),
    (b"[a-]+", b"b-a-", "M0 1,4", false),
    (b"[-a]+", b"b-a-", "M0 1,4", false),
    (b"[a\\]", b"\\", "M0 0,1", false),
    (b"[a-c]+", b"xabcd", "M0 1,4", false),
    (b"[+--]+", b"*+,-.", "M0 1,4", false),
    (b"[a-z--@]+", b"Q-@z", "M0 1,4", false),
    (b"[[:digit:][:upper:]_]+", b"ab_C4d", "M0 2,5", false),
    (b"[^[:alnum:]]+", b"ab, c", "M0 2,4", false),
    (b"[[:xdigit:]]{2}(:[[:xdigit:]]{2}){5}", b"mac 00:0c:42:FF:e7:87.", "M1 4,21 18,21", false),
    (b"[[:blank:]]+", b"a\t b", "M0 1,3", false),
    (b"[[:punct:]]+", b"a[+]b", "M0 1,4", false),
    (b"[[:space:]]", b"\x0b", "M0 0,1", false),
    (b"[[:cntrl:]]", b"\x7f", "M0 0,1", false),
    (b"[^b-d]+", b"cabcde", "M0 1,2", false),
    (b"[^c]+", b"cbc", "M0 1,2", false),
    (b"[^c]+", b"cdc", "M0 1,2", false),
    (b"[^a-cb-e]+", b"adef", "M0 3,4", false),
    (b"[^b-ca-e]+", b"dcf", "M0 2,3", false),
    (b"[^\x01-a]+", b"aAb", "M0 2,3", false),
    (b"[^[:digit:]b-d]+", b"1a2e", "M0 1,2", false),
    (b"[a[:digit:]b[:upper:]c]+", b"-a1bXc", "M0 1,6", false),
    (b"([[:digit:]a]|[b[:upper:]])+", b"-1aXb", "M1 1,5 4,5", false),
    (b"[[a]+", b"x[a[", "M0 1,4", false),
    (b"[:alpha:]+", b"xalphax", "M0 1,6", false),
    (b"[a^]+", b"b^a", "M0 1,3", false),
    (b"[\x80-\xff]+", b"a\x80\xffb", "M0 1,3", false),
    (b"[^\xe9]+", b"\xe9\xe8a\xe9", "M0 1,3", false),
    (b"[ -~]+", b"\x01abc\x80", "M0 1,4", false),
    (b"([a-c0-9])+", b"xb2c", "M1 1,4 3,4", false),
    (b"([^a-c])", b"abz", "M1 2,3 2,3", false),
    // Malformed bracket expressions.
    (b"[", b"", "E7", false),
    (b"[a", b"", "E7", false),
    (b"[]", b"", "E7", false),
    (b"[^]", b"", "E7", false),
    (b"[a-", b"", "E11", false),
    (b"[z-a]", b"", "E11", false),
    (b"[a--]", b"", "E11", false),
    (b"[a-c-e]", b"", "E11", false),
    (b"[[:alpha:]-z]", b"", "E11", false),
    (b"[[:word:]]", b"", "E4", false),
    (b"[[:ALPHA:]]", b"", "E4", false),
    (b"[[:alpha", b"", "E4", false),
    (b"[[:alpha:", b"", "E4", false),
    (b"[[:alpha:]", b"", "E7", false),
    (b"[[.a.]]", b"", "E3", false),
    (b"[[=a=]]", b"", "E3", false),
    // Repeats.
    (b"ab*c", b"xacabbbc", "M0 1,3", false),
    (b"ab+c", b"acabbc", "M0 2,6", false),
    (b"ab?c", b"abbcac", "M0 4,6", false),
    (b"a{3}", b"aaaa", "M0 0,3", false),
    (b"a{2,}", b"aaaa", "M0 0,4", false),
    (b"a{1,2}", b"aaaa", "M0 0,2", false),
    // A match that goes on by itself notes where its groups are, and stops where it may.
    (b"x(a)*b", b"xaaaaab", "M1 0,7 5,6", false),
    (b"xy(a|b)*c", b"xyaaaaabbbbc", "M1 0,12 10,11", false),
    (b"x([a-z])*,", b"xabcdef,", "M1 0,8 6,7", false),
    (b"x(a\\B)*b", b"xaaaaab", "M1 0,7 5,6", false),
    (b"x[a ]*\\b", b"xaa aa  ", "M0 0,8", false),
    (b"x[a ]*\\>", b"xaa aaa   aa   .", "M0 0,12", false),
    (b"x[a ]*\\B", b"xaa aa", "M0 0,5", false),
    (b"x[ab]*(a$|b)", b"xaaabaaaaba", "M1 0,11 10,11", false),
    (b"x[ab]*b?", b"xaabaab-", "M0 0,7", false),
    (b"a{0}b", b"ab", "M0 1,2", false),
    (b"x(ab){0}y", b"xabyxy", "M1 4,6 4,4", false),
    (b"abcd(ef){0}g", b"abcdg", "M1 0,5 0,0", false),
    (b"\\x{df80}", b"\x80", "M0 0,1", false),
    (b"x((a)b){0}y", b"xy", "M2 0,2 0,0 0,0", false),
    (b"a{1x", b"a", "E10", false),
    (b"a{1,2x", b"a", "E10", false),
    (b"a{1,x", b"a", "E10", false),
    (b"(a{0,1}b){2}", b"abbab", "M1 0,3 2,3", false),
    (b"a{00002}", b"aaa", "M0 0,2", false),
    (b"a{2}{3}", b"aaaaaaa", "M0 0,6", false),
    (b"a**", b"aa", "M0 0,2", false),
    (b"a+?", b"aaa", "M0 0,3", false),
    (b".*?x", b"axbx", "M0 0,4", false),
    (b"a{1,2}?", b"aa", "M0 0,2", false),
    (b"(ab|c)*", b"abcabd", "M1 0,5 3,5", false),
    (b"(a*)*", b"b", "M1 0,0 0,0", false),
    (b"(a*)+", b"aa", "M1 0,2 0,2", false),
    (b"\\d{1,3}(\\.\\d{1,3}){3}", b"ip 192.168.88.17 via", "M1 3,16 13,16", false),
    (b"(a){0}b(c)", b"abc", "M2 1,3 1,1 2,3", false),
    // Malformed repeats.
    (b"*a", b"", "E13", false),
    (b"+", b"", "E13", false),
    (b"(?:a)", b"", "E13", false),
    (b"(?i)a", b"", "E13", false),
    (b"a|*b", b"", "E13", false),
    (b"(|+)", b"", "E13", false),
    (b"{1}", b"", "E13", false),
    (b"a{", b"", "E10", false),
    (b"a{1", b"", "E10", false),
    (b"a{1,", b"", "E10", false),
    (b"a{,2}", b"", "E10", false),
    (b"a{}", b"", "E10", false),
    (b"a{2,1}", b"", "E10", false),
    (b"a{256}", b"", "E10", false),
    (b"a{1,256}", b"", "E10", false),
    (b"a{x}", b"", "E10", false),
    (b"a{ 1}", b"", "E10", false),
    (b"a{1,2,3}", b"", "E10", false),
    // Other malformed patterns.
    (b"\\", b"", "E5", false),
    (b"ab\\", b"", "E5", false),
    (b"(\\", b"", "E5", false),
    (b"(", b"", "E8", false),
    (b"(a", b"", "E8", false),
    (b"((a)", b"", "E8", false),
    (b"\\x{41", b"", "E9", false),
    (b"\\x{ffffffff}", b"", "E9", false),
    (b"\\x{g}", b"", "E9", false),
    // Anchors and word assertions.
    (b"^a", b"ba", "N", false),
    (b"^a", b"ab", "M0 0,1", false),
    (b"a$", b"ba", "M0 1,2", false),
    (b"a$", b"a\n", "N", false),
    (b"^$", b"", "M0 0,0", false),
    (b"a^b", b"a^b", "N", false),
    (b"a$b", b"a$b", "N", false),
    (b"(^|,)a", b"b,a", "M1 1,3 1,2", false),
    (b"a($|,)", b"xa", "M1 1,2 2,2", false),
    (b"\\bup\\b", b"link up, down", "M0 5,7", false),
    (b"\\bup\\b", b"startup", "N", false),
    (b"\\b", b" ", "M0 0,0", false),
    (b"\\B", b" ", "N", false),
    (b"\\Bp", b"up", "M0 1,2", false),
    (b"\\<link\\>", b"a link up", "M0 2,6", false),
    (b"\\<", b"", "N", false),
    (b"x\\b$", b"x", "M0 0,1", false),
    (b"a\\b*b", b"ab", "N", false),
    // Only one of several empty paths is kept.
    (b"^*a", b"ba", "N", false),
    (b"(^)?a", b"ba", "N", false),
    (b"(^| *)a", b"ba", "N", false),
    (b"( *|^)a", b"ba", "M1 1,2 1,1", false),
    (b"(b|^)*a", b"cba", "M1 1,3 1,2", false),
    (b"(b|^)*a", b"ca", "N", false),
    (b"(|^)a", b"ca", "M1 1,2 1,1", false),
    (b"\\b{0}a", b"ba", "M0 1,2", false),
    // Leftmost, then longest.
    (b"a|ab|abc", b"xabcd", "M0 1,4", false),
    (b"abcd|c", b"abcx", "M0 2,3", false),
    (b"(a|ab)(c|bcd)", b"abcd", "M2 0,4 0,1 1,4", false),
    (b"x*", b"aaxx", "M0 0,0", false),
    (b"x*$", b"axx", "M0 1,3", false),
    (b"b+|a", b"cabb", "M0 1,2", false),
    (b"(up|upper|down)", b"upper", "M1 0,5 0,5", false),
    (b"a*(ab)?", b"aab", "M1 0,3 1,3", false),
    // Groups follow TRE's tags.
    (b"(a|ab)(c|bcd)(d*)", b"abcd", "M3 0,4 0,1 1,4 4,4", false),
    (b"(a|aa)*", b"aaa", "M1 0,3 1,3", false),
    (b"(\\d{1,3})+", b"1234", "M1 0,4 1,4", false),
    (b"()|a", b"a", "M1 0,1 1,1", false),
    (b"(()|.)(b)", b"ab", "M3 0,2 0,1 1,1 1,2", false),
    (b"(a)|(b)", b"b", "M2 0,1 -1,-1 0,1", false),
    (b"(a)|b", b"b", "M1 0,1 -1,-1", false),
    (b"((a)|b)*", b"ab", "M2 0,2 1,2 -1,-1", false),
    (b"(a(b)?)+", b"aba", "M2 0,3 2,3 -1,-1", false),
    (b"(a*)(ab)*(b*)", b"abb", "M3 0,3 0,0 0,2 2,3", false),
    (b"((a))", b"a", "M2 0,1 0,1 0,1", false),
    (b"(((a)|(b))+)", b"ab", "M4 0,2 0,2 1,2 -1,-1 1,2", false),
    (b"(a)*", b"b", "M1 0,0 -1,-1", false),
    (b"(a?)*", b"b", "M1 0,0 0,0", false),
    (b"(^a)*", b"ba", "M1 0,0 -1,-1", false),
    (b"(a){3}", b"aaaa", "M1 0,3 2,3", false),
    (b"(a|b){2,3}", b"abab", "M1 0,3 2,3", false),
    (b"(.*)(.*)", b"ab", "M2 0,2 0,2 2,2", false),
    (b"(.+)(.+)", b"abc", "M2 0,3 0,2 2,3", false),
    (b"(a*)(a*)b", b"aab", "M2 0,3 0,2 2,2", false),
    (b"((\\d{1,3}\\.?)+):(\\d{1,5})->((\\d{1,3}\\.?)+):(\\d{1,5})", b"10.1.101.1:520->10.1.101.255:521, len 452", "M6 0,32 0,10 9,10 11,14 16,28 25,28 29,32", false),
    (b"login failure for user ([A-Za-z]+) from (\\d{1,3}.*) via ssh", b"login failure for user root from 192.168.88.17 via ssh", "M2 0,54 23,27 33,46", false),
    (b"([a-zA-Z0-9]+) link up \\(speed (\\d+Mbps), full duplex\\)", b"eth0 link up (speed 100Mbps, full duplex)", "M2 0,41 0,4 20,27", false),
    (b"(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "M33 0,33 0,1 1,2 2,3 3,4 4,5 5,6 6,7 7,8 8,9 9,10 10,11 11,12 12,13 13,14 14,15 15,16 16,17 17,18 18,19 19,20 20,21 21,22 22,23 23,24 24,25 25,26 26,27 27,28 28,29 29,30 30,31", false),
    (b"(((((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))))", b"a", "M35 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1 0,1", false),
    // Departures of musl: `true` if the product gives POSIX's answer instead.
    (b"(\\d{1,3})+:(\\d{1,3})+", b"after 00:12:31", "M2 6,11 6,8 9,11", true),
    (b"\\d+:(\\d{1,3})+", b"... 00:12:31", "M1 4,9 7,9", true),
];

/// Returns the cases.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    CASES
        .iter()
        .enumerate()
        .map(|(index, (pattern, text, answer, differs))| Case {
            pattern: pattern.to_vec(),
            text: text.to_vec(),
            answer,
            differs: *differs,
            line: index + 1,
        })
}

/// The classes hold what they hold in the C locale, and no byte from 80 on.
#[test]
fn classes() {
    type Belongs = fn(&u8) -> bool;
    let expected: [(&str, Belongs); 12] = [
        ("alnum", u8::is_ascii_alphanumeric),
        ("alpha", u8::is_ascii_alphabetic),
        ("blank", |byte| b" \t".contains(byte)),
        ("cntrl", u8::is_ascii_control),
        ("digit", u8::is_ascii_digit),
        ("graph", u8::is_ascii_graphic),
        ("lower", u8::is_ascii_lowercase),
        ("print", |byte| byte.is_ascii_graphic() || *byte == b' '),
        ("punct", u8::is_ascii_punctuation),
        ("space", |byte| {
            byte.is_ascii_whitespace() || *byte == b'\x0b'
        }),
        ("upper", u8::is_ascii_uppercase),
        ("xdigit", u8::is_ascii_hexdigit),
    ];
    for (name, belongs) in expected {
        let (class, none) = (format!("[[:{name}:]]"), format!("[^[:{name}:]]"));
        for byte in 1..=u8::MAX {
            let found = answer(class.as_bytes(), &[byte]).starts_with('M');
            assert_eq!(found, belongs(&byte), "{byte:x} in {name}");
            let found = answer(none.as_bytes(), &[byte]).starts_with('M');
            assert_eq!(found, !belongs(&byte), "{byte:x} not in {name}");
        }
    }
}

/// Every case gets its expected answer.
#[test]
fn answers() {
    for case in cases() {
        let Case {
            pattern,
            text,
            answer: expected,
            line,
            ..
        } = case;
        let ours = answer(&pattern, &text);
        assert_eq!(
            ours,
            expected,
            "{line}: {} on {}",
            show(&pattern),
            show(&text)
        );
    }
}
