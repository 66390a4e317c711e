//! Substring search, without the standard library's two-way searcher.
//!
//! That searcher (Crochemore and Perrin 1991) pays off in long texts and costs
//! 1.1 kB on ARMv7. The texts searched here have a few hundred bytes, and most of
//! them are searched once, at start-up.

/// Returns the offset of the first `part` in `text`. An empty part is not found.
#[must_use]
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    text.windows(part.len()).position(|window| window == part)
}

/// As [`find`], whatever the case of ASCII letters is in either.
#[must_use]
pub fn find_in_any_case(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    text.windows(part.len())
        .position(|window| window.eq_ignore_ascii_case(part))
}

/// Returns the text before and after the first `mark`, or `None` without one.
#[must_use]
pub fn split_at_mark<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text.as_bytes(), mark.as_bytes())?;
    // If valid UTF-8 occurs in valid UTF-8, both ends are character boundaries.
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results are those of the standard library, for every part of a text.
    #[test]
    fn as_the_standard_library() {
        let text = "aabäaab{{x}}ä";
        let borders: Vec<_> = (0..=text.len())
            .filter(|&at| text.is_char_boundary(at))
            .collect();
        for &start in &borders {
            for &end in borders.iter().filter(|&&end| end > start) {
                let part = &text[start..end];
                assert_eq!(find(text.as_bytes(), part.as_bytes()), text.find(part));
                assert_eq!(split_at_mark(text, part), text.split_once(part));
            }
        }
        assert_eq!(find(b"ab", b"abc"), None);
        assert_eq!(find_in_any_case(b"xaB@", b"Ab@"), Some(1));
        assert_eq!(find_in_any_case(b"xaB`", b"Ab@"), None);
        assert_eq!(find_in_any_case(b"ab", b""), None);
        assert_eq!(find(b"ab", b""), None);
        assert_eq!(split_at_mark("a{b", "{{"), None);
    }
}
