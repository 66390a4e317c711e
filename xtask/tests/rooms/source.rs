//! A package's imports, read from its source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Pairs of modules of which the first imports from the second.
pub(crate) type Imports = BTreeSet<(Vec<String>, Vec<String>)>;

/// The source of one package: files and the modules they are.
pub(crate) struct Package {
    /// Path of each module, such as `delivery::courier`, with its source, the
    /// tests left out.
    pub(crate) modules: BTreeMap<Vec<String>, String>,
}

impl Package {
    /// Reads every file below `folder` of the workspace but the tests'.
    pub(crate) fn read(folder: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(folder);
        let mut package = Self {
            modules: BTreeMap::new(),
        };
        package.add_folder(&root, &[]);
        assert!(package.modules.len() > 20, "{folder} is nearly empty");
        package
    }

    fn add_folder(&mut self, folder: &Path, path: &[String]) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for entry in entries {
            let name = entry.file_stem().unwrap().to_str().unwrap();
            let mut path = path.to_vec();
            if !["mod", "lib", "main"].contains(&name) {
                path.push(name.to_owned());
            }
            if name == "tests" {
                continue;
            }
            if entry.is_dir() {
                self.add_folder(&entry, &path);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let source = without_tests(&fs::read_to_string(&entry).unwrap());
                self.modules.insert(path, source);
            }
        }
    }

    /// Returns a package of given modules, for trying the rules themselves.
    pub(crate) fn of(modules: &[(&str, &str)]) -> Self {
        let modules = modules.iter().map(|(path, source)| {
            let path = words(path);
            (path, without_tests(source))
        });
        Self {
            modules: modules.collect(),
        }
    }

    /// Returns every pair of modules of which the first imports from the second.
    pub(crate) fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (module, source) in &self.modules {
            let mut paths = Vec::new();
            for (is_public, path) in uses(source) {
                // A re-export is followed by whoever imports it.
                if !is_public {
                    paths.push(path);
                }
            }
            paths.extend(inline_paths(source));
            paths.extend(self.child_paths(module, source));
            for path in paths {
                let defined = self
                    .absolute(module, &path)
                    .and_then(|path| self.home_of(&path));
                if let Some(home) = defined
                    && home != *module
                {
                    imports.insert((module.clone(), home));
                }
            }
        }
        imports
    }

    /// Returns paths in the code that begin with a child module's name.
    fn child_paths(&self, module: &[String], source: &str) -> Vec<Vec<String>> {
        let children = self
            .modules
            .keys()
            .filter(|path| path.len() == module.len() + 1);
        let children = children.filter(|path| path.starts_with(module));
        let mut paths = Vec::new();
        for child in children.filter_map(|path| path.last()) {
            for (at, _) in source.match_indices(&format!("{child}::")) {
                let before = source[..at].chars().next_back();
                let begins = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
                if begins && !in_use(source, at) {
                    paths.push(path_at(source, at));
                }
            }
        }
        paths
    }

    /// Returns a path from the package's root; nothing for other packages' paths.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut base = module.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    base.pop()?;
                    rest = &rest[1..];
                }
            }
            first => {
                // A child of this module, or else another package.
                base.push(first.to_owned());
                self.modules.get(&base)?;
                rest = &rest[1..];
            }
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    /// Returns the module in which the item at `path` is defined, re-exports
    /// followed.
    fn home_of(&self, path: &[String]) -> Option<Vec<String>> {
        let mut module = Vec::new();
        let mut rest = path;
        while let Some(word) = rest.first() {
            let mut child = module.clone();
            child.push(word.clone());
            if !self.modules.contains_key(&child) {
                break;
            }
            module = child;
            rest = &rest[1..];
        }
        if let Some(item) = rest.first() {
            for (is_public, exported) in uses(self.modules.get(&module)?) {
                if is_public && exported.last() == Some(item) {
                    let exported = self.absolute(&module, &exported)?;
                    return self.home_of(&exported);
                }
            }
        }
        Some(module)
    }
}

fn words(path: &str) -> Vec<String> {
    let words = path.split("::").map(str::trim);
    words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Removes comments and the unit tests at a file's end.
fn without_tests(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        if line == "mod tests {" {
            break;
        }
        let code = line.split("//").next().unwrap_or(line);
        text.push_str(code);
        text.push('\n');
    }
    text
}

/// Returns the paths of all `use` declarations and whether each is a re-export.
fn uses(source: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for statement in source.split(';') {
        // What stands before: attributes, and whatever ended without a semicolon.
        let Some(start) = statement
            .rfind("use ")
            .filter(|&at| begins_word(statement, at))
        else {
            continue;
        };
        let line_start = statement[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = statement[line_start..start].trim();
        if !before.is_empty() && !before.starts_with("pub") {
            continue;
        }
        expand(&statement[start + 4..], &[], &mut |path| {
            found.push((before.starts_with("pub"), path));
        });
    }
    found
}

fn begins_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_none_or(char::is_whitespace)
}

/// Calls `found` for every path of a `use` tree: `a::{b, c::d as e}`.
fn expand(tree: &str, base: &[String], found: &mut impl FnMut(Vec<String>)) {
    let tree = tree.trim();
    let (head, group) = match tree.split_once('{') {
        None => (tree, None),
        Some((head, group)) => (head, group.strip_suffix('}')),
    };
    let mut path = base.to_vec();
    let head = head.split(" as ").next().unwrap_or(head);
    path.extend(words(head).into_iter().filter(|word| word != "*"));
    let Some(group) = group else {
        if path.last().is_some_and(|word| word == "self") && path.len() > 1 {
            path.pop();
        }
        return found(path);
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&group[start..at], &path, found);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !group[start..].trim().is_empty() {
        expand(&group[start..], &path, found);
    }
}

/// Returns paths in the code that begin with `crate::` without a `use`.
fn inline_paths(source: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        if !source[..at].ends_with("$") && !in_use(source, at) {
            paths.push(path_at(source, at));
        }
    }
    paths
}

/// Returns the path that begins at a place.
fn path_at(source: &str, at: usize) -> Vec<String> {
    let rest = &source[at..];
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    words(&rest[..end.unwrap_or(rest.len())])
}

/// Returns whether the place lies in a `use` declaration.
fn in_use(source: &str, at: usize) -> bool {
    let start = source[..at].rfind('\n').map_or(0, |at| at + 1);
    source[start..at].contains("use ")
}
