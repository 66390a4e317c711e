//! Imports point one way: no circle between files or rooms, and in the core no
//! room that imports a later one.
//!
//! The compiler allows both. A circle costs the reader: neither file can be
//! understood, moved or tested without the other. The imports are read from the
//! source, by `use` and by paths that begin with `crate::`; an item that a
//! `mod.rs` re-exports counts as imported from the file that defines it.
//!
//! One kind of circle is none: `mod.rs` and a file of its folder may import each
//! other, since together they are one idea, as long as the files in that circle do
//! not import each other as well.

mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::{Imports, Package};

/// The core's rooms, in the order of a datagram's life. The first ones are tools
/// for all others; the last one runs lines of a file through the others.
const ORDER: [&str; 13] = [
    "bytes", "limits", "prefix", "time", "text", "ids", "intake", "syslog", "matching", "routers",
    "rules", "delivery", "replay",
];

/// Rooms at the front of [`ORDER`] that any room may import.
const TOOLS: usize = 6;

/// Name resolution and metrics are no phases: they may import the tools, and no room
/// imports them.
const APART: [&str; 2] = ["dns", "metrics"];

/// Returns every set of two or more nodes that reach each other.
fn circles<T: Clone + Ord>(edges: &BTreeSet<(T, T)>) -> BTreeSet<BTreeSet<T>> {
    let mut reach: BTreeMap<T, BTreeSet<T>> = BTreeMap::new();
    for (from, _) in edges {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.clone()];
        while let Some(node) = open.pop() {
            for (_, to) in edges.iter().filter(|(at, _)| *at == node) {
                if seen.insert(to.clone()) {
                    open.push(to.clone());
                }
            }
        }
        reach.insert(from.clone(), seen);
    }
    let mut found = BTreeSet::new();
    for (node, reached) in &reach {
        if reached.contains(node) {
            let back = |other: &T| reach.get(other).is_some_and(|seen| seen.contains(node));
            found.insert(
                reached
                    .iter()
                    .filter(|other| back(other))
                    .cloned()
                    .collect(),
            );
        }
    }
    found
}

/// Returns the circles between files, those within one folder's face left out.
fn file_circles(package: &Package) -> BTreeSet<BTreeSet<String>> {
    let imports = package.imports();
    let all = circles(&imports).into_iter();
    let wrong = all.filter(|circle| !is_face(circle, &imports));
    wrong
        .map(|circle| circle.iter().map(|path| path.join("::")).collect())
        .collect()
}

/// Returns whether a circle is a `mod.rs` with files of its folder that do not
/// know each other.
fn is_face(circle: &BTreeSet<Vec<String>>, imports: &Imports) -> bool {
    // The shortest path comes first where one is the beginning of the others.
    let Some(parent) = circle.first() else {
        return false;
    };
    let is_child = |path: &&Vec<String>| path.len() == parent.len() + 1 && path.starts_with(parent);
    let children: Vec<_> = circle.iter().filter(is_child).collect();
    let know_each_other = imports
        .iter()
        .any(|(from, to)| children.contains(&from) && children.contains(&to));
    children.len() + 1 == circle.len() && !know_each_other
}

/// Returns the imports between the rooms at the top.
fn between_rooms(package: &Package) -> BTreeSet<(String, String)> {
    let imports = package.imports().into_iter();
    let rooms = imports.filter_map(|(from, to)| Some((from.first()?.clone(), to.first()?.clone())));
    rooms.filter(|(from, to)| from != to).collect()
}

/// Returns the imports of the core that point to a later room.
fn backward(package: &Package) -> Vec<(String, String)> {
    let place = |room: &str| ORDER.iter().position(|known| *known == room);
    let wrong = |from: &str, to: &str| match (place(from), place(to)) {
        (Some(from), Some(to)) => to > from && to >= TOOLS,
        (None, Some(to)) => !APART.contains(&from) || to >= TOOLS,
        (_, None) => true,
    };
    let rooms = between_rooms(package).into_iter();
    rooms.filter(|(from, to)| wrong(from, to)).collect()
}

/// Asserts that no file of a package, and no room, can be reached from itself.
fn assert_no_circle(folder: &str) {
    let package = Package::read(folder);
    let mut found = file_circles(&package);
    found.extend(circles(&between_rooms(&package)));
    assert_eq!(found, BTreeSet::new(), "circles of imports in {folder}");
}

/// No file of the core can be reached from itself.
#[test]
fn no_circle_in_the_core() {
    assert_no_circle("core/src");
}

/// No file of the shell can be reached from itself.
#[test]
fn no_circle_in_the_shell() {
    assert_no_circle("shell/src");
}

/// Every room of the core has its place, and imports only earlier ones.
#[test]
fn the_cores_rooms_point_back() {
    let package = Package::read("core/src");
    let rooms: BTreeSet<_> = package
        .modules
        .keys()
        .filter_map(|path| path.first())
        .collect();
    for room in rooms {
        assert!(
            ORDER.iter().chain(&APART).any(|known| known == room),
            "{room} has no place"
        );
    }
    assert_eq!(backward(&package), []);
}

/// The rules find what they are for, through re-exports and groups.
#[test]
fn what_is_wrong_is_found() {
    let package = Package::of(&[
        ("", "pub mod rules;\npub mod matching;"),
        ("rules", "mod a;\npub use a::{A as B, Other};"),
        (
            "rules::a",
            "use crate::matching::{Inner, deep::Deep};\nuse std::fmt;",
        ),
        (
            "matching",
            "mod inner;\npub mod deep;\npub use inner::Inner;",
        ),
        ("matching::inner", "fn f() { crate::rules::Other::new() }"),
        (
            "matching::deep",
            "// use crate::rules::Other;\nuse super::Inner;",
        ),
    ]);
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let imports = package.imports().into_iter();
    let imports = imports.map(|(from, to)| (from.join("::"), to.join("::")));
    assert_eq!(
        imports.collect::<BTreeSet<_>>(),
        BTreeSet::from([
            pair("matching::deep", "matching::inner"),
            pair("matching::inner", "rules::a"),
            pair("rules::a", "matching::deep"),
            pair("rules::a", "matching::inner"),
        ])
    );
    let circle = ["matching::deep", "matching::inner", "rules::a"];
    assert_eq!(
        file_circles(&package),
        BTreeSet::from([circle.map(str::to_owned).into()])
    );
    assert_eq!(backward(&package), [pair("matching", "rules")]);
}

/// A folder's face may be part of a circle with each of its files, but not with
/// two that know each other.
#[test]
fn a_folder_has_a_face() {
    let face = (
        "daemon",
        "mod a;\nmod b;\npub struct D;\nfn f() { a::f(); b::f() }",
    );
    let a = ("daemon::a", "use super::D;");
    let package = Package::of(&[face, a, ("daemon::b", "use crate::daemon::D;")]);
    assert_eq!(circles(&package.imports()).len(), 1);
    assert_eq!(file_circles(&package), BTreeSet::new());
    let b = ("daemon::b", "use super::{D, a::A};");
    assert_eq!(file_circles(&Package::of(&[face, a, b])).len(), 1);
}
