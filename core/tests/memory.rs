//! The memory that the matcher says it uses is what it has allocated: users see it, and
//! limits are kept by it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use alertik_core::limits::DFA_BYTES_MAX;
use alertik_core::matching::{Needle, Pattern, Scratch, Screen};

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with the number of bytes that this thread has.
struct Counting;

// SAFETY: every call goes on to the system's allocator unchanged.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|bytes| {
            bytes.set(bytes.get().wrapping_add(layout.size()));
            MOST.set(MOST.get().max(bytes.get()));
        });
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = ALLOCATED.try_with(|bytes| bytes.set(bytes.get().wrapping_sub(layout.size())));
        // SAFETY: the caller's pointer, which is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Expressions of all kinds: of many states, groups, sets and conditions.
const PATTERNS: [&str; 6] = [
    "login failure",
    "login failure for user (.*) from ([^ ]+) via ([a-z-]+)",
    "([a-zA-Z0-9-]+) link (up|down)( \\(speed ([0-9]+[MG]))?",
    "(a|b)*c(d(e(f(g)?)*)+){2,5}",
    "\\<(alpha|beta|gamma)\\>.*[[:digit:]]{1,3}$",
    "(([0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9a-f:]+)",
];

/// Returns what `make` makes, and how many bytes that has.
fn allocated_by<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATED.get();
    let made = make();
    (made, ALLOCATED.get().wrapping_sub(before))
}

/// A pattern has what it says, and its literals; and without groups it has less by what it
/// says.
#[test]
fn patterns() {
    for dfa_bytes in [0, DFA_BYTES_MAX] {
        for source in PATTERNS {
            let compile = || Pattern::compile_within(source.as_bytes(), &mut { dfa_bytes });
            let (pattern, bytes) = allocated_by(compile);
            let mut pattern = pattern.expect("valid");
            let said = pattern.memory();
            let literals = bytes - said;
            assert!(
                literals <= 128 + source.len(),
                "{source}: {said} of {bytes}"
            );
            let ((), freed) = allocated_by(|| pattern.forget_groups());
            assert_eq!(said - pattern.memory(), freed.wrapping_neg(), "{source}");
        }
    }
}

/// What is too large is refused before it is built, wherever in the pattern that is.
#[test]
fn patterns_that_are_too_large() {
    let large = "((a{100}){100}){100}";
    for (before, after) in [
        ("", ""),
        ("x", "y"),
        ("x|", "|y"),
        ("(x(", ")y)?z"),
        ("(", "|)*"),
    ] {
        let source = [before, large, after].concat();
        MOST.set(ALLOCATED.get());
        let before = ALLOCATED.get();
        assert!(Pattern::compile(source.as_bytes()).is_err(), "{source}");
        let most = MOST.get() - before;
        assert!(most < 16 * 1024, "{source}: {most} bytes");
    }
}

/// The scratch and the screen have exactly what they say.
#[test]
fn what_patterns_share() {
    let patterns = PATTERNS.map(|source| Pattern::compile(source.as_bytes()).expect("valid"));
    for count in 0..=PATTERNS.len() {
        let (scratch, bytes) = allocated_by(|| Scratch::for_patterns(&patterns[..count]));
        assert_eq!(scratch.memory(), bytes, "of {count} patterns");
        let needles = patterns[..count].iter().map(Needle::Pattern);
        let needles = needles.chain([Needle::Substring(b"link down")]);
        let (screen, bytes) = allocated_by(|| Screen::build(needles));
        assert_eq!(screen.memory(), bytes, "of {count} patterns");
    }
}
