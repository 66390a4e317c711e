//! lld's link map: which crate or library every byte comes from.
//!
//! The map lists output sections, the input sections in them, and the symbols
//! in those, one per line, distinguished by their indentation. An input section
//! holds one function or constant, because everything is compiled that way
//! for `--gc-sections`.

/// A function or constant in the finished file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The crate or library it comes from.
    pub(crate) contributor: String,
    /// Its name as lld prints it, or the section's if it has none.
    pub(crate) symbol: String,
    pub(crate) bytes: u64,
}

/// The kind of a line of the map, by its indentation.
enum Line<'a> {
    Output(&'a str),
    Input(u64, &'a str),
    Symbol(&'a str),
}

/// Reads a map; sections that take no room in the file are left out.
pub(crate) fn parse(map: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut in_file = false;
    let mut fresh = false;
    for line in map.lines().filter_map(line) {
        match line {
            Line::Output(name) => in_file = is_loaded(name),
            Line::Input(bytes, input) if in_file && bytes > 0 => {
                let (file, section) = split(input);
                pieces.push(Piece {
                    contributor: contributor(file, section),
                    symbol: section.to_owned(),
                    bytes,
                });
                fresh = true;
            }
            Line::Input(..) => fresh = false,
            Line::Symbol(name) => {
                // `$t`, `$a` and `$d` mark Thumb code, ARM code and data.
                if let (true, Some(piece), false) =
                    (fresh, pieces.last_mut(), name.starts_with('$'))
                {
                    piece.symbol = name.to_owned();
                    fresh = false;
                }
            }
        }
    }
    pieces
}

/// Takes a line apart: four numbers, then text after 1, 9 or 17 blanks.
fn line(line: &str) -> Option<Line<'_>> {
    let mut rest = line;
    let mut size = 0;
    for column in 0..4 {
        rest = rest.trim_start();
        let end = rest.find(' ')?;
        if column == 2 {
            size = u64::from_str_radix(&rest[..end], 16).ok()?;
        }
        rest = &rest[end..];
    }
    let text = rest.trim_start();
    match rest.len() - text.len() {
        1 => Some(Line::Output(text)),
        9 => Some(Line::Input(size, text)),
        17 => Some(Line::Symbol(text)),
        _ => None,
    }
}

/// Returns whether an output section takes room in the finished file.
fn is_loaded(section: &str) -> bool {
    let absent = [
        ".bss",
        ".tbss",
        ".comment",
        ".ARM.attributes",
        ".debug",
        ".sym",
        ".shstr",
        ".str",
    ];
    section.starts_with('.') && !absent.iter().any(|name| section.starts_with(name))
}

/// Splits `file:(section)`.
fn split(input: &str) -> (&str, &str) {
    match input.rsplit_once(":(") {
        Some((file, section)) => (file, section.trim_end_matches(')')),
        None => (input, ""),
    }
}

/// Names the crate or library of an input section.
fn contributor(file: &str, section: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    if name.starts_with("libc.a(") || name.starts_with("crt") {
        return "musl".to_owned();
    }
    if let Some(mangled) = section.find("_R").map(|at| &section[at..])
        && let Some(name) = crate_of(mangled)
    {
        return name.to_owned();
    }
    if section.contains("OUTLINED_FUNCTION") {
        return "(outlined code)".to_owned();
    }
    if let Some((library, member)) = name.split_once(".rlib(") {
        let library = library.trim_start_matches("lib");
        let library = library.rsplit_once('-').map_or(library, |(name, _)| name);
        return if member.contains(".rcgu.") {
            library.to_owned()
        } else {
            format!("{library} (C, assembly)")
        };
    }
    if name.contains(".rcgu.") {
        return "(Rust constants)".to_owned();
    }
    "(merged by the linker)".to_owned()
}

/// Takes the crate out of a symbol in Rust's v0 mangling (RFC 2603): the first
/// crate root of its path, which is where the function was written.
fn crate_of(mangled: &str) -> Option<&str> {
    let mut rest = mangled.strip_prefix("_R")?;
    loop {
        let tag = rest.chars().next()?;
        rest = &rest[tag.len_utf8()..];
        match tag {
            'C' => break,
            // A namespace follows a path element.
            'N' => rest = rest.get(1..)?,
            'M' | 'X' => rest = without_disambiguator(rest)?,
            // A generic, or one of the type constructors and basic types in
            // front of the path of a trait's implementation.
            'A'..='Z' | 'a'..='z' => {}
            _ => return None,
        }
    }
    let rest = without_disambiguator(rest)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let length: usize = rest[..digits].parse().ok()?;
    let name = rest[digits..]
        .strip_prefix('_')
        .unwrap_or_else(|| &rest[digits..]);
    name.get(..length)
}

/// Skips `s` base-62-number `_`.
fn without_disambiguator(rest: &str) -> Option<&str> {
    match rest.strip_prefix('s') {
        Some(behind) => behind.split_once('_').map(|(_, behind)| behind),
        None => Some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symbol counts for the crate that its function was written in.
    #[test]
    fn crates_are_read_from_mangled_names() {
        for (mangled, name) in [
            (
                "_RNvNtNtNtCs7cnTbYbs1mE_4core7unicode12unicode_data7OFFSETS",
                "core",
            ),
            (
                "_RNvXs1_NtNtNtCs5oAVIb5wMUH_4ring3rsa7padding3pssNtB5_3PSS6verify",
                "ring",
            ),
            (
                "_RINvNtCs7cnTbYbs1mE_4core3ptr13drop_in_placeNtCsdwrXtVYkm3W_6rustls5Error",
                "core",
            ),
            (
                "_RNvMsC_NtCsdwrXtVYkm3W_12alertik_core4ringNtB5_4Ring4push",
                "alertik_core",
            ),
            ("_RNvYNtCsdwrXtVYkm3W_6rustls5ErrorNtB5_3fmt3fmt", "rustls"),
        ] {
            assert_eq!(crate_of(mangled), Some(name), "{mangled}");
        }
        assert_eq!(crate_of("main"), None);
    }

    /// 32-bit and 64-bit maps are read alike.
    #[test]
    fn a_map_is_read_in_both_word_sizes() {
        let map = "     VMA      LMA     Size Align Out     In      Symbol\n\
            \x20  10110    10110     72ac    16 .text\n\
            \x20  10110    10110       20     1         /t/deps/a-1.a.2-cgu.0.rcgu.o:(.text._RNvCs1_7alertik4main)\n\
            \x20  10110    10110       20     1                 $t.1\n\
            \x20  10110    10110       20     1                 alertik::main\n\
            \x20  10130    10130        8     1         /s/libc.a(read.lo):(.text.read)\n\
            \x20  10130    10130        8     1                 read\n\
            \x20  10138    10138       10     1         /t/libring-12ab.rlib(34-mem.o):(.text)\n\
            \x20  20000    20000       10     1 .bss\n\
            \x20  20000    20000       10     1         /s/libc.a(errno.lo):(.bss)\n\
                    2010d0           2010d0      3ac     4 .rodata\n\
                    2010d0           2010d0       1d     4         /t/a.rcgu.o:(.rodata..Lanon.1)\n";
        let found: Vec<_> = parse(map)
            .into_iter()
            .map(|piece| (piece.contributor, piece.symbol, piece.bytes))
            .collect();
        let expected = [
            ("alertik", "alertik::main", 32),
            ("musl", "read", 8),
            ("ring (C, assembly)", ".text", 16),
            ("(Rust constants)", ".rodata..Lanon.1", 29),
        ]
        .map(|(contributor, symbol, bytes)| (contributor.to_owned(), symbol.to_owned(), bytes));
        assert_eq!(found, expected);
    }
}
