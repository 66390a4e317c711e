//! The nearest of several words to one that was misspelt.

/// Longest word that is compared, in bytes.
const BYTES_MAX: usize = super::NAME_BYTES_MAX;

/// Returns the word of least [`cost`] and that cost, if there are any words.
pub(crate) fn nearest<'w>(
    written: &str,
    words: impl Iterator<Item = &'w str>,
) -> Option<(usize, &'w str)> {
    words
        .map(|word| (cost(written.as_bytes(), word.as_bytes()), word))
        .min_by_key(|&(cost, _)| cost)
}

/// Returns how far a word is from what was written: 1 for each byte that is missing
/// (`SLACK_URL` is meant for `SLACK_WEBHOOK_URL`), 3 for each that is too many or
/// another one. A word that goes on after the other one ends is half as far. Words beyond [`BYTES_MAX`] are far from everything.
fn cost(written: &[u8], word: &[u8]) -> usize {
    if written.len() > BYTES_MAX || word.len() > BYTES_MAX {
        return usize::MAX;
    }
    // The row of the edit matrix for the part of `written` that has been read.
    let mut row = [0; BYTES_MAX + 1];
    for (column, cell) in row.iter_mut().enumerate() {
        *cell = column;
    }
    for &byte in written {
        let mut diagonal = row[0];
        row[0] += 3;
        for (column, &other) in word.iter().enumerate() {
            let replaced = diagonal + if byte == other { 0 } else { 3 };
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 3).min(row[column] + 1);
        }
    }
    row[word.len()] >> u32::from(is_beginning(written, word))
}

/// Returns a bit for each of a word's letters, [`is_far`] says which are one.
pub(super) const fn letters(word: &str) -> u32 {
    let (mut letters, mut at) = (0, 0);
    while at < word.len() {
        letters |= 1 << (word.as_bytes()[at] % 32);
        at += 1;
    }
    letters
}

/// Returns whether the letters that a word lacks, of those written, make it cost more than
/// `cost_max`: what [`is_far`] finds for most words, for a tenth of its work.
pub(super) const fn lacks(written: u32, word: u32, cost_max: usize) -> bool {
    // Half, as if one began the other.
    3 * (written & !word).count_ones() as usize / 2 > cost_max
}

/// Returns whether the lengths and the letters alone make a word cost more than
/// `cost_max`.
pub(super) fn is_far(written: &str, word: &str, cost_max: usize) -> bool {
    let missing = word.len().saturating_sub(written.len());
    // Half, as if one began the other.
    if missing / 2 > cost_max {
        return true;
    }
    // Five bits of a byte do: letters that share them seem to be one.
    let mut letters = [0_u8; 32];
    for byte in word.bytes() {
        letters[usize::from(byte % 32)] += 1;
    }
    let mut extra = 0;
    for byte in written.bytes() {
        let left = &mut letters[usize::from(byte % 32)];
        extra += usize::from(*left == 0);
        *left = left.saturating_sub(1);
    }
    // At best each letter that is too many is there in place of one that is missing.
    let least = 3 * extra + missing;
    least >> u32::from(is_beginning(written.as_bytes(), word.as_bytes())) > cost_max
}

/// Returns whether one begins with the other.
fn is_beginning(written: &[u8], word: &[u8]) -> bool {
    word.starts_with(written) || written.starts_with(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A missing byte costs least, and what is too long is far away.
    #[test]
    fn costs() {
        for (written, word, expected) in [
            ("abc", "abc", 0),
            ("xbc", "xabc", 1),
            ("a", "abcde", 2),
            ("ac", "abc", 1),
            ("abbc", "abc", 3),
            ("abd", "abc", 3),
            ("acb", "abc", 4),
        ] {
            assert_eq!(cost(written.as_bytes(), word.as_bytes()), expected);
            assert!(!is_far(written, word, expected), "{written}");
            let (written, word) = (letters(written), letters(word));
            assert!(!lacks(written, word, expected), "{written:b}");
        }
        for (written, word, least) in [
            ("abc", "abcde", 1),
            ("abc", "abcdefghi", 3),
            ("abcde", "abc", 3),
            ("abc", "xyc", 6),
            ("aab", "xabc", 4),
        ] {
            assert!(!is_far(written, word, least), "{written}");
            assert!(is_far(written, word, least - 1), "{written}");
        }
        let long = "x".repeat(BYTES_MAX + 1);
        assert_eq!(cost(long.as_bytes(), long.as_bytes()), usize::MAX);
        assert_eq!(
            nearest("match", ["check", "match"].into_iter()),
            Some((0, "match"))
        );
    }
}
