//! The grammar: which patterns are accepted, and what tree they make.
//!
//! ```text
//! regex  = branch *( "|" branch )
//! branch = *( atom *repeat )
//! atom   = byte / escape / "." / "^" / "$" / bracket / "(" regex ")"
//! repeat = "*" / "+" / "?" / "{" min [ "," [ max ] ] "}"
//! ```
//!
//! This is POSIX's grammar (XBD 9.5.3). It is as in musl wherever POSIX leaves a
//! case undefined: empty branches and groups are allowed, repeats stack, `)` alone
//! is a literal, `^` and `$` are anchors everywhere.

use alloc::vec::Vec;

use crate::limits::{PATTERN_BYTES_MAX, REPEAT_MAX};
use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::syntax::ast::{Kind, Tree, UNBOUNDED};
use crate::matching::ere::syntax::bracket::{self, bytes_between, code_of};
use crate::matching::ere::syntax::error::{ErrorKind, PatternError};
use crate::matching::ere::syntax::escape::{self, Escape};

/// Bytes that repeat what comes before them.
const REPEATS: [u8; 4] = [b'*', b'+', b'?', b'{'];

/// Largest code point that stands for a byte, so that `.` matches every byte.
const ANY_CODE: u32 = 0xdfff;

/// How a pattern's bytes are read, as `regcomp` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Each byte stands for itself (the `REG_LITERAL` of TRE and of the BSDs).
    pub literal: bool,
    /// ASCII letters match in both cases (`REG_ICASE` in the C locale).
    pub ignore_case: bool,
}

/// Parses a pattern.
pub(crate) fn parse(pattern: &[u8], flags: Flags) -> Result<Tree, PatternError> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(PatternError::new(PATTERN_BYTES_MAX, ErrorKind::TooLong));
    }
    let mut parser = Parser {
        pattern,
        flags,
        at: 0,
        tree: Tree::default(),
        level: Level::default(),
        outer: Vec::new(),
    };
    if flags.literal {
        parser.literal()?;
    } else {
        parser.regex()?;
    }
    Ok(parser.tree)
}

/// The state of the innermost open group.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Offset of its parenthesis.
    open: usize,
    /// Its number.
    group: u16,
    /// Whether the tree already holds alternatives of it, joined.
    has_union: bool,
    /// Whether the tree already holds pieces of its current branch, joined.
    has_branch: bool,
}

struct Parser<'a> {
    pattern: &'a [u8],
    flags: Flags,
    at: usize,
    tree: Tree,
    level: Level,
    /// The levels around the innermost one.
    outer: Vec<Level>,
}

impl Parser<'_> {
    /// Reads the bytes as they are.
    fn literal(&mut self) -> Result<(), PatternError> {
        // So an empty text is a tree, too.
        self.tree.push_leaf(Kind::Empty);
        self.join_piece();
        for &byte in self.pattern {
            self.push_byte(byte);
            self.join_piece();
        }
        self.end()
    }

    fn regex(&mut self) -> Result<(), PatternError> {
        loop {
            match self.peek() {
                Some(b'(') => {
                    self.open_group();
                    continue;
                }
                Some(b')') if !self.outer.is_empty() => self.tree.push_leaf(Kind::Empty),
                _ => self.atom()?,
            }
            // The piece that was just read may be repeated. If its group ends
            // after it, the group is the next such piece.
            loop {
                self.repeats()?;
                self.join_piece();
                match self.peek() {
                    Some(b'|') => {
                        self.join_branch();
                        self.at += 1;
                        break;
                    }
                    Some(b')') if !self.outer.is_empty() => {
                        self.join_branch();
                        self.at += 1;
                        self.close_group();
                    }
                    Some(_) => break,
                    None => return self.end(),
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn error<T>(&self, kind: ErrorKind) -> Result<T, PatternError> {
        Err(PatternError::new(self.at, kind))
    }

    fn open_group(&mut self) {
        self.outer.push(self.level);
        self.tree.groups += 1;
        self.level = Level {
            open: self.at,
            group: self.tree.groups as u16,
            ..Level::default()
        };
        self.at += 1;
    }

    fn close_group(&mut self) {
        self.mark(self.level.group);
        self.level = self.outer.pop().unwrap_or_default();
    }

    fn end(&mut self) -> Result<(), PatternError> {
        self.join_branch();
        if !self.outer.is_empty() {
            return Err(PatternError::new(
                self.level.open,
                ErrorKind::MissingParenthesis,
            ));
        }
        self.mark(0);
        Ok(())
    }

    /// Makes the last subtree a group.
    fn mark(&mut self, group: u16) {
        if let Some(node) = self.tree.nodes.last_mut() {
            node.group = group;
            node.groups += 1;
        }
    }

    /// Appends the last subtree to the current branch.
    fn join_piece(&mut self) {
        if self.level.has_branch {
            self.tree.push_parent(Kind::Cat);
        }
        self.level.has_branch = true;
    }

    /// Makes the current branch the last alternative.
    fn join_branch(&mut self) {
        if self.level.has_union {
            self.tree.push_parent(Kind::Alt);
        }
        self.level.has_union = true;
        self.level.has_branch = false;
    }

    fn atom(&mut self) -> Result<(), PatternError> {
        let Some(byte) = self.peek() else {
            self.tree.push_leaf(Kind::Empty);
            return Ok(());
        };
        match byte {
            b'[' => return self.bracket(),
            b'\\' => return self.escape(),
            b'|' => {
                self.tree.push_leaf(Kind::Empty);
                return Ok(());
            }
            b'.' => self.push_set(bytes_between(0, ANY_CODE)),
            b'^' => self.tree.push_leaf(Kind::Assert(Assertions::TEXT_START)),
            b'$' => self.tree.push_leaf(Kind::Assert(Assertions::TEXT_END)),
            b'?' if self.at > 0 && self.pattern[self.at - 1] == b'(' => {
                return self.error(ErrorKind::PerlGroup);
            }
            _ if REPEATS.contains(&byte) => return self.error(ErrorKind::NothingToRepeat),
            _ => self.push_byte(byte),
        }
        self.at += 1;
        Ok(())
    }

    fn push_set(&mut self, set: ByteSet) {
        let id = self.tree.intern(set);
        self.tree.push_leaf(Kind::Set(id));
    }

    fn push_byte(&mut self, byte: u8) {
        // To musl, a letter is an alternation then, which is visible in captures.
        if self.flags.ignore_case && byte.is_ascii_alphabetic() {
            self.push_code(code_of(byte.to_ascii_uppercase()));
            self.push_code(code_of(byte.to_ascii_lowercase()));
            self.tree.push_parent(Kind::Alt);
        } else {
            self.push_code(code_of(byte));
        }
    }

    fn push_code(&mut self, code: u32) {
        self.push_set(bytes_between(code, code));
    }

    fn bracket(&mut self) -> Result<(), PatternError> {
        let bracket = bracket::parse(self.pattern, self.at, self.flags.ignore_case)?;
        self.push_bracket(&bracket);
        self.at = bracket.end;
        Ok(())
    }

    fn push_bracket(&mut self, bracket: &bracket::Bracket) {
        if let Some(others) = bracket.others {
            self.push_set(others);
        }
        self.push_set(bracket.last);
        if bracket.others.is_some() {
            self.tree.push_parent(Kind::Alt);
        }
    }

    fn escape(&mut self) -> Result<(), PatternError> {
        let (escape, end) = escape::parse(self.pattern, self.at)?;
        match escape {
            Escape::Assert(assertions) => self.tree.push_leaf(Kind::Assert(assertions)),
            Escape::Bracket(bracket) => {
                let ignore_case = self.flags.ignore_case;
                self.push_bracket(&bracket::parse(bracket, 0, ignore_case)?);
            }
            Escape::Byte(byte) => self.push_byte(byte),
            Escape::Code(code) => self.push_code(code),
        }
        self.at = end;
        Ok(())
    }

    /// Parses any number of repeats of the last subtree.
    fn repeats(&mut self) -> Result<(), PatternError> {
        while let Some(byte) = self.peek() {
            let (min, max) = match byte {
                b'*' => (0, UNBOUNDED),
                b'+' => (1, UNBOUNDED),
                b'?' => (0, 1),
                b'{' => self.interval()?,
                _ => break,
            };
            self.at += 1;
            if max == 0 {
                // `x{0}` matches only the empty string, so nothing is kept of x.
                self.remove_piece();
                self.tree.push_leaf(Kind::Empty);
            } else {
                self.tree.push_parent(Kind::Repeat { min, max });
            }
        }
        Ok(())
    }

    /// Drops the last subtree. Groups inside it stay counted.
    fn remove_piece(&mut self) {
        let nodes = &mut self.tree.nodes;
        let size = nodes.last().map_or(0, |node| node.size as usize);
        nodes.truncate(nodes.len() - size);
    }

    /// Parses `{n}`, `{n,}` or `{n,m}` and stops before its closing brace.
    fn interval(&mut self) -> Result<(u16, u16), PatternError> {
        let open = self.at;
        self.at += 1;
        let min = self.count();
        let max = if self.peek() == Some(b',') {
            self.at += 1;
            self.count().map_or(Some(UNBOUNDED), Some)
        } else {
            min
        };
        let closed = self.peek() == Some(b'}');
        let kind = match (min, max) {
            (Some(min), Some(max)) if max == UNBOUNDED && min <= REPEAT_MAX && closed => {
                return Ok((min, max));
            }
            (Some(min), Some(max)) if min <= max && max <= REPEAT_MAX && closed => {
                return Ok((min, max));
            }
            (Some(_), Some(_)) if closed => ErrorKind::IntervalCount,
            (None, Some(_)) if closed => ErrorKind::IntervalWithoutMin,
            _ => ErrorKind::Interval,
        };
        Err(PatternError::new(open, kind))
    }

    /// Parses a decimal number; values above [`REPEAT_MAX`] are cut short.
    fn count(&mut self) -> Option<u16> {
        let mut count = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let value = 10 * count.unwrap_or(0) + u16::from(digit - b'0');
            count = Some(value.min(REPEAT_MAX + 1));
            self.at += 1;
        }
        count
    }
}
