//! Patterns and texts generated from a seed.

/// A pattern as a tree.
#[derive(Clone, Debug)]
pub(crate) enum Ast {
    Alt(Vec<Self>),
    /// `^ $ \b \B \< \>`, by its last byte.
    Assert(u8),
    Cat(Vec<Self>),
    /// Its notation, and the bytes it matches, split into the parts that musl turns
    /// into alternatives.
    Class(Vec<u8>, Vec<Vec<u8>>),
    Group(Box<Self>),
    Literal(u8),
    /// The piece, and the least and greatest number of times.
    Repeat(Box<Self>, u16, Option<u16>),
}

impl Ast {
    /// Returns the pattern in POSIX notation.
    pub(crate) fn pattern(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// Returns the tree that means, with case, what this one means without: each letter
    /// is a class of both, the upper case first, as in musl.
    pub(crate) fn in_any_case(&self) -> Self {
        let all = |parts: &[Self]| parts.iter().map(Self::in_any_case).collect();
        match self {
            Self::Alt(branches) => Self::Alt(all(branches)),
            Self::Assert(_) => self.clone(),
            Self::Cat(pieces) => Self::Cat(all(pieces)),
            Self::Class(written, parts) => {
                Self::Class(written.clone(), class_in_any_case(written, parts))
            }
            Self::Group(inner) => Self::Group(Box::new(inner.in_any_case())),
            Self::Literal(byte) if byte.is_ascii_alphabetic() => {
                let cases = [byte.to_ascii_uppercase(), byte.to_ascii_lowercase()];
                Self::Class(vec![*byte], cases.map(|byte| vec![byte]).into())
            }
            Self::Literal(_) => self.clone(),
            Self::Repeat(piece, min, max) => {
                Self::Repeat(Box::new(piece.in_any_case()), *min, *max)
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Alt(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        out.push(b'|');
                    }
                    branch.write(out);
                }
            }
            Self::Assert(byte @ (b'^' | b'$')) => out.push(*byte),
            Self::Assert(byte) => out.extend([b'\\', *byte]),
            Self::Cat(pieces) => pieces.iter().for_each(|piece| piece.write(out)),
            Self::Class(written, _) => out.extend(written),
            Self::Group(inner) => {
                out.push(b'(');
                inner.write(out);
                out.push(b')');
            }
            Self::Literal(byte) => {
                if b".[]()*+?{}|^$\\".contains(byte) {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            Self::Repeat(piece, min, max) => {
                piece.write(out);
                let written = match (min, max) {
                    (0, None) => "*".to_owned(),
                    (1, None) => "+".to_owned(),
                    (0, Some(1)) => "?".to_owned(),
                    (min, None) => format!("{{{min},}}"),
                    (min, Some(max)) if min == max => format!("{{{min}}}"),
                    (min, Some(max)) => format!("{{{min},{max}}}"),
                };
                out.extend(written.bytes());
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, and good enough for tests.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Returns true with a probability of `percent`.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Bounds of a repeat: the least and greatest number of times.
type Bounds = (u16, Option<u16>);

const BOUNDS: [Bounds; 13] = [
    (0, None),
    (0, None),
    (1, None),
    (1, None),
    (0, Some(1)),
    (0, Some(1)),
    (2, None),
    (1, Some(2)),
    (0, Some(2)),
    (2, Some(3)),
    (2, Some(2)),
    (0, Some(3)),
    (3, None),
];

/// Returns a small, ambiguous pattern over a few letters, and a text of the same
/// letters.
pub(crate) fn ambiguous(random: &mut Random) -> (Ast, Vec<u8>) {
    const LETTERS: [&[u8]; 6] = [b"ab", b"ab", b"abc", b"a", b"ab1 ", b"xy\xe9"];
    let letters = *random.pick(&LETTERS);
    let depth = 2 + random.below(3);
    let ast = alternatives(random, letters, depth);
    let mut text = Vec::new();
    if random.chance(60) {
        sample(&ast, random, letters, &mut text);
    }
    for _ in 0..random.below(8) {
        let at = random.below(text.len() + 1);
        text.insert(at, *random.pick(letters));
    }
    text.truncate(32);
    (ast, text)
}

fn alternatives(random: &mut Random, letters: &[u8], depth: usize) -> Ast {
    match *random.pick(&[1, 1, 1, 2, 2, 3]) {
        1 => branch(random, letters, depth),
        count => Ast::Alt(
            (0..count)
                .map(|_| branch(random, letters, depth.saturating_sub(1)))
                .collect(),
        ),
    }
}

fn branch(random: &mut Random, letters: &[u8], depth: usize) -> Ast {
    if random.chance(4) {
        return Ast::Cat(Vec::new());
    }
    let count = *random.pick(&[1, 1, 2, 2, 2, 3, 4]);
    Ast::Cat((0..count).map(|_| piece(random, letters, depth)).collect())
}

fn piece(random: &mut Random, letters: &[u8], depth: usize) -> Ast {
    if random.chance(5) {
        return Ast::Assert(*random.pick(b"^$bB<>"));
    }
    let atom = if depth > 0 && random.chance(55) {
        Ast::Group(Box::new(alternatives(random, letters, depth - 1)))
    } else if random.chance(20) {
        class(random, letters)
    } else {
        Ast::Literal(*random.pick(letters))
    };
    if random.chance(55) {
        return atom;
    }
    let (min, max) = *random.pick(&BOUNDS);
    Ast::Repeat(Box::new(atom), min, max)
}

fn class(random: &mut Random, letters: &[u8]) -> Ast {
    let first = *random.pick(letters);
    let not_word = |byte: u8| !is_word(byte);
    match random.below(6) {
        0 => Ast::Class(b".".to_vec(), vec![bytes(|_| true)]),
        1 => all_but(first, |_| true, &[b'[', b'^', first, b']']),
        2 => {
            let alphanumeric = bytes(|byte| byte.is_ascii_alphanumeric());
            Ast::Class(br"\w".to_vec(), vec![alphanumeric, b"_".to_vec()])
        }
        3 => all_but(b'_', not_word, br"\W"),
        4 => Ast::Class(br"\d".to_vec(), vec![bytes(|byte| byte.is_ascii_digit())]),
        _ => {
            let second = *random.pick(letters);
            let written = [b'[', first, second, b']'].to_vec();
            Ast::Class(written, vec![vec![first], vec![second]])
        }
    }
}

/// Returns the bytes for which `belongs` answers true, but not the byte 0: musl
/// cannot judge texts that hold one.
fn bytes(belongs: impl Fn(u8) -> bool) -> Vec<u8> {
    (1..=u8::MAX).filter(|&byte| belongs(byte)).collect()
}

/// Returns a class of the bytes below and above a byte.
fn all_but(byte: u8, belongs: impl Fn(u8) -> bool, written: &[u8]) -> Ast {
    let below = bytes(|other| other < byte && belongs(other));
    let above = bytes(|other| other > byte && belongs(other));
    Ast::Class(written.to_vec(), vec![below, above])
}

/// Returns the parts of a class that this module has made, if case is ignored.
fn class_in_any_case(written: &[u8], parts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let other = |byte: u8| match byte {
        b'a'..=b'z' => Some(byte.to_ascii_uppercase()),
        b'A'..=b'Z' => Some(byte.to_ascii_lowercase()),
        _ => None,
    };
    match *written {
        [b'[', b'^', byte, b']'] if other(byte).is_some() => {
            let (upper, lower) = (byte.to_ascii_uppercase(), byte.to_ascii_lowercase());
            let between = |other| upper < other && other < lower;
            vec![
                bytes(|other| other < upper),
                bytes(between),
                bytes(|other| other > lower),
            ]
        }
        [b'[', first, second, b']'] if first != b'^' => {
            let both = [first, second].into_iter();
            both.flat_map(|byte| std::iter::once(byte).chain(other(byte)))
                .map(|byte| vec![byte])
                .collect()
        }
        _ => parts.to_vec(),
    }
}

/// Returns whether a byte is part of a word in the C locale.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Appends a text that the tree matches, if its assertions hold.
fn sample(ast: &Ast, random: &mut Random, letters: &[u8], out: &mut Vec<u8>) {
    match ast {
        Ast::Alt(branches) => sample(random.pick(branches), random, letters, out),
        Ast::Assert(_) => {}
        Ast::Cat(pieces) => pieces
            .iter()
            .for_each(|piece| sample(piece, random, letters, out)),
        Ast::Class(_, parts) => {
            let usual = |byte: &u8| parts.iter().any(|part| part.contains(byte));
            let usual: Vec<u8> = letters.iter().copied().filter(usual).collect();
            out.push(*random.pick(if usual.is_empty() { &parts[0] } else { &usual }));
        }
        Ast::Group(inner) => sample(inner, random, letters, out),
        Ast::Literal(byte) => out.push(*byte),
        Ast::Repeat(piece, min, max) => {
            let most = max.unwrap_or(min + 2).min(min + 2);
            for _ in 0..*min + random.below(usize::from(most - min) + 1) as u16 {
                sample(piece, random, letters, out);
            }
        }
    }
}

/// Log lines from which patterns are derived.
const LINES: [&str; 8] = [
    "login failure for user root from 192.168.88.17 via ssh",
    "ether2 link up (speed 1Gbps, full duplex)",
    "system,info,account user admin logged out from 10.1.101.212 via telnet after 00:12:31",
    "input: in:ether1 out:(none), src-mac 00:21:29:93:56:e1, proto UDP, 10.1.101.1:520->10.1.101.255:520, len 452",
    "00:80:48:6B:CE:EC@wlan1: disconnected, signal strength -85",
    "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung",
    "ipsec,error phase1 negotiation failed due to time up 198.51.100.9[500]<=>203.0.113.7[500]",
    "vrrp,info vrrp1 now MASTER, master down timer",
];

/// Returns a pattern in which parts of a log line have become variable, and that
/// line or another one.
pub(crate) fn log_like(random: &mut Random) -> (Ast, Vec<u8>) {
    let line = random.pick(&LINES).as_bytes();
    let start = random.below(line.len() / 2);
    let mut pieces = Vec::new();
    let mut at = start;
    let end = line.len().min(at + 10 + random.below(60));
    while at < end {
        let word = line[at..end]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric());
        let length = word.count();
        let variable = length > 0 && random.chance(30);
        if !variable {
            pieces.push(Ast::Literal(line[at]));
            at += 1;
            continue;
        }
        let digits = line[at..at + length].iter().all(u8::is_ascii_digit);
        pieces.push(variable_piece(random, &line[at..at + length], digits));
        at += length;
    }
    if start == 0 && random.chance(20) {
        pieces.insert(0, Ast::Assert(b'^'));
    }
    let text = if random.chance(70) {
        line
    } else {
        random.pick(&LINES).as_bytes()
    };
    (Ast::Cat(pieces), text.to_vec())
}

fn variable_piece(random: &mut Random, word: &[u8], digits: bool) -> Ast {
    let class = match (digits, random.below(3)) {
        (true, 0) => Ast::Class(b"[0-9]".to_vec(), vec![bytes(|byte| byte.is_ascii_digit())]),
        (true, _) => Ast::Class(br"\d".to_vec(), vec![bytes(|byte| byte.is_ascii_digit())]),
        (false, 0) => all_but(b' ', |_| true, b"[^ ]"),
        (false, 1) => Ast::Class(br"\w".to_vec(), {
            let alphanumeric = bytes(|byte| byte.is_ascii_alphanumeric());
            vec![alphanumeric, b"_".to_vec()]
        }),
        (false, _) => Ast::Class(b".".to_vec(), vec![bytes(|_| true)]),
    };
    let (min, max) = *random.pick(&[(1, None), (0, None), (1, Some(3)), (1, Some(5))]);
    let repeated = Ast::Repeat(Box::new(class), min, max);
    let literal = Ast::Cat(word.iter().copied().map(Ast::Literal).collect());
    match random.below(4) {
        0 => repeated,
        1 => Ast::Group(Box::new(repeated)),
        2 => Ast::Repeat(Box::new(Ast::Group(Box::new(repeated))), 1, None),
        _ => Ast::Group(Box::new(Ast::Alt(vec![literal, repeated]))),
    }
}

/// Returns a random sequence of pattern syntax, mostly malformed, and a text.
pub(crate) fn soup(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    const PIECES: [&[u8]; 54] = [
        b"a",
        b"b",
        b"(",
        b")",
        b"[",
        b"]",
        b"{",
        b"}",
        b"*",
        b"+",
        b"?",
        b"|",
        b"^",
        b"$",
        b".",
        b"\\",
        b"-",
        b",",
        b"1",
        b"0",
        b":",
        b"[:",
        b":]",
        b"[:alpha:]",
        b"[:digit:]",
        b"[^",
        b"{1,2}",
        b"{2}",
        b"{0}",
        b"{,",
        b"{5}",
        b"{256}",
        b"\\d",
        b"\\W",
        b"\\b",
        b"\\<",
        b"\\B",
        b"\\x",
        b"\\x4",
        b"\\x{",
        b"\\x{62}",
        b"[=",
        b"[.",
        b"\xe9",
        b"a-",
        b"()",
        b"(a|",
        b"\\1",
        b"A",
        b"-B",
        b"\\Q",
        b"\\x41",
        b"[:upper:]",
        b"[:lower:]",
    ];
    const BYTES: [&[u8]; 10] = [
        b"a", b"b", b"1", b" ", b"-", b"\xe9", b"A", b"(", b"{", b"\\",
    ];
    let join = |random: &mut Random, from: &[&[u8]], count: usize| {
        let parts = (0..count).flat_map(|_| random.pick(from).to_vec());
        parts.collect::<Vec<u8>>()
    };
    let count = 1 + random.below(6);
    let pattern = join(random, &PIECES, count);
    (pattern, join(random, &BYTES, 6))
}
