//! A plain POSIX matcher: slow and obviously right.
//!
//! It works on the tree of the pattern and tries every start from the left, and
//! every end from the longest. It does not support groups.
//!
//! If a piece can match the empty string in several ways, POSIX allows all of them;
//! musl keeps one ([`EmptyPaths::One`]), so that `^*a` requires the beginning of the
//! text. The product copies that.

use std::collections::BTreeSet;

use crate::generate::{Ast, is_word};

/// The permitted ways through a piece that consume nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptyPaths {
    /// All, as in POSIX.
    All,
    /// Through the left alternative if it can be empty, and through the body of a
    /// loop if that can be empty.
    One,
}

/// Returns the span of the leftmost-longest match.
pub(crate) fn find(ast: &Ast, text: &[u8], paths: EmptyPaths) -> Option<(usize, usize)> {
    let matcher = Matcher { text, paths };
    let ast = written_out(ast);
    (0..=text.len()).find_map(|start| {
        let longest = matcher.ends(&ast, start).last().copied();
        let empty = matcher.skips(&ast, start).then_some(start);
        longest.or(empty).map(|end| (start, end))
    })
}

/// Returns the tree with repeat counts written out as copies.
fn written_out(ast: &Ast) -> Ast {
    let all = |parts: &[Ast]| parts.iter().map(written_out).collect();
    match ast {
        Ast::Alt(branches) => Ast::Alt(all(branches)),
        Ast::Cat(pieces) => Ast::Cat(all(pieces)),
        Ast::Group(inner) => written_out(inner),
        Ast::Assert(_) | Ast::Class(..) | Ast::Literal(_) => ast.clone(),
        Ast::Repeat(piece, min, max) => {
            let piece = written_out(piece);
            if *min <= 1 && max.is_none_or(|max| max == 1) {
                return Ast::Repeat(Box::new(piece), *min, *max);
            }
            let mut copies = vec![piece.clone(); usize::from(*min)];
            match max {
                None => copies.push(Ast::Repeat(Box::new(piece), 0, None)),
                Some(max) => {
                    let mut rest = Ast::Cat(Vec::new());
                    for _ in *min..*max {
                        let more = Ast::Cat(vec![piece.clone(), rest]);
                        rest = Ast::Alt(vec![Ast::Cat(Vec::new()), more]);
                    }
                    copies.push(rest);
                }
            }
            Ast::Cat(copies)
        }
    }
}

struct Matcher<'t> {
    text: &'t [u8],
    paths: EmptyPaths,
}

impl Matcher<'_> {
    /// Returns the ends of all matches of at least one byte that begin at `at`.
    fn ends(&self, ast: &Ast, at: usize) -> BTreeSet<usize> {
        match ast {
            Ast::Alt(branches) => branches
                .iter()
                .flat_map(|branch| self.ends(branch, at))
                .collect(),
            Ast::Assert(_) => BTreeSet::new(),
            Ast::Cat(pieces) => self.ends_of_sequence(pieces, at),
            Ast::Class(_, parts) => {
                self.one_byte(at, |byte| parts.iter().any(|part| part.contains(&byte)))
            }
            Ast::Group(inner) => self.ends(inner, at),
            Ast::Literal(literal) => self.one_byte(at, |byte| byte == *literal),
            Ast::Repeat(piece, _, max) => {
                let mut all = self.ends(piece, at);
                let mut new: Vec<usize> = all.iter().copied().collect();
                while max.is_none()
                    && let Some(end) = new.pop()
                {
                    for further in self.ends(piece, end) {
                        if all.insert(further) {
                            new.push(further);
                        }
                    }
                }
                all
            }
        }
    }

    fn ends_of_sequence(&self, pieces: &[Ast], at: usize) -> BTreeSet<usize> {
        let Some((piece, rest)) = pieces.split_first() else {
            return BTreeSet::new();
        };
        let mut all = BTreeSet::new();
        for end in self.ends(piece, at) {
            all.extend(self.ends_of_sequence(rest, end));
            if rest.iter().all(|piece| self.skips(piece, end)) {
                all.insert(end);
            }
        }
        if self.skips(piece, at) {
            all.extend(self.ends_of_sequence(rest, at));
        }
        all
    }

    fn one_byte(&self, at: usize, matches: impl Fn(u8) -> bool) -> BTreeSet<usize> {
        let byte = self.text.get(at).filter(|&&byte| matches(byte));
        byte.map(|_| at + 1).into_iter().collect()
    }

    /// Returns whether the empty string at `at` is a match.
    fn skips(&self, ast: &Ast, at: usize) -> bool {
        match ast {
            Ast::Alt(branches) if self.paths == EmptyPaths::One => branches
                .iter()
                .find(|branch| is_nullable(branch))
                .is_some_and(|branch| self.skips(branch, at)),
            Ast::Alt(branches) => branches.iter().any(|branch| self.skips(branch, at)),
            Ast::Assert(assertion) => self.holds(*assertion, at),
            Ast::Cat(pieces) => pieces.iter().all(|piece| self.skips(piece, at)),
            Ast::Class(..) | Ast::Literal(_) => false,
            Ast::Group(inner) => self.skips(inner, at),
            Ast::Repeat(piece, ..) if self.paths == EmptyPaths::One && is_nullable(piece) => {
                self.skips(piece, at)
            }
            Ast::Repeat(piece, min, _) => *min == 0 || self.skips(piece, at),
        }
    }

    fn holds(&self, assertion: u8, at: usize) -> bool {
        let before = at.checked_sub(1).map(|index| is_word(self.text[index]));
        let after = self.text.get(at).map(|&byte| is_word(byte));
        let edge = before.is_none() || after.is_none() || before != after;
        match assertion {
            b'^' => before.is_none(),
            b'$' => after.is_none(),
            b'b' => edge,
            b'B' => !edge,
            b'<' => before != Some(true) && after == Some(true),
            _ => before == Some(true) && after != Some(true),
        }
    }
}

/// Returns whether a tree can match the empty string if its assertions hold.
fn is_nullable(ast: &Ast) -> bool {
    match ast {
        Ast::Alt(branches) => branches.iter().any(is_nullable),
        Ast::Assert(_) => true,
        Ast::Cat(pieces) => pieces.iter().all(is_nullable),
        Ast::Class(..) | Ast::Literal(_) => false,
        Ast::Group(inner) => is_nullable(inner),
        Ast::Repeat(piece, min, _) => *min == 0 || is_nullable(piece),
    }
}
