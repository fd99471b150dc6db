//! No circle of files: whoever reads a file can read what it needs before it, down to files that need nothing.

use crate::layering::{code, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The path of a module, from the crate's root on.
type Module = Vec<String>;

/// What the resolver knows of one file.
#[derive(Default)]
struct File {
    name: String,
    /// Every path that its code names, as it is written.
    paths: BTreeSet<Vec<String>>,
    /// What it gives further under a name of its own: `pub use`, and private `use` for its children.
    names: BTreeMap<String, Vec<String>>,
}

struct Crate(BTreeMap<Module, File>);

impl Crate {
    fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        sources(root, &mut files);
        let inside = files.iter().map(|file| (file, file.strip_prefix(root).unwrap()));
        let files = inside.filter(|(_, inside)| !inside.ends_with("tests.rs") && !inside.ends_with("main.rs"));
        Self(files.map(|(file, inside)| (module_of(inside), read_file(inside, &code(file)))).collect())
    }

    /// The module whose file defines what `path` names, seen from the module `from`; `None` where that is another crate's.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let (mut at, mut rest) = match first.as_str() {
            "crate" => (Module::new(), rest),
            "self" => (from.to_vec(), rest),
            "super" => (from[..from.len().checked_sub(1)?].to_vec(), rest),
            child if self.0.contains_key(&[from, &[child.to_owned()]].concat()) => (from.to_vec(), path),
            imported => {
                let given = self.0[from].names.get(imported).filter(|given| depth > 0 && given[0] != *imported)?;
                return self.resolve(from, &[given, rest].concat(), depth - 1);
            }
        };
        while let Some((segment, after)) = rest.split_first() {
            let child = [&at[..], std::slice::from_ref(segment)].concat();
            if segment == "super" {
                at.pop()?;
            } else if self.0.contains_key(&child) {
                at = child;
            } else {
                let given = self.0[&at].names.get(segment).filter(|_| depth > 0);
                return given.and_then(|given| self.resolve(&at, given, depth - 1)).or(Some(at));
            }
            rest = after;
        }
        Some(at)
    }

    /// By module, the modules whose files its own file needs.
    fn needs(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let of_file = |module: &Module, file: &File| -> BTreeSet<Module> {
            let needed = file.paths.iter().filter_map(|path| self.resolve(module, path, 8));
            needed.filter(|needed| needed != module).collect()
        };
        self.0.iter().map(|(module, file)| (module, of_file(module, file))).collect()
    }
}

fn module_of(inside: &Path) -> Module {
    let parts = inside.with_extension("");
    let parts = parts.iter().map(|part| part.to_str().unwrap().to_owned());
    parts.filter(|part| part != "mod" && part != "lib").collect()
}

fn read_file(inside: &Path, code: &str) -> File {
    let mut file = File { name: inside.display().to_string(), ..File::default() };
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        // What comes before a `use` in this piece ends with a line of its own.
        let Some((before, tree)) = split_use(statement) else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(before);
        for (path, name) in expand(tree.trim_end_matches(';')) {
            // A name for what this file's children take from elsewhere is no need of this file.
            file.names.insert(name, path.clone());
            let is_given_further = statement[before.len()..].trim_start().starts_with("pub");
            if !is_given_further {
                file.paths.insert(path);
            }
        }
    }
    file.paths.extend(inline_paths(&rest));
    file
}

/// The text before a `use` statement, and its tree.
fn split_use(statement: &str) -> Option<(&str, &str)> {
    let mut begin = 0;
    for line in statement.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let after = trimmed.strip_prefix("pub").map_or(trimmed, |after| match after.strip_prefix('(') {
            Some(inside) => inside.split_once(") ").map_or("", |(_, after)| after),
            None => after.trim_start(),
        });
        if after.starts_with("use ") {
            let at = begin + line.len() - after.len() + "use ".len();
            return Some((&statement[..begin], &statement[at..]));
        }
        begin += line.len();
    }
    None
}

/// The paths of a tree of `use`, each with the name that it gets.
fn expand(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    if let Some((prefix, group)) = tree.split_once('{') {
        let prefix: Vec<String> = prefix.split("::").filter(|part| !part.trim().is_empty()).map(own).collect();
        let inner = group.rsplit_once('}').map_or(group, |(inner, _)| inner);
        let of_prefix = |(path, name): (Vec<String>, String)| match path.as_slice() {
            [one] if one == "self" => (prefix.clone(), prefix.last().cloned().unwrap_or_default()),
            _ => ([&prefix[..], &path[..]].concat(), name),
        };
        return split_group(inner).into_iter().flat_map(expand).map(of_prefix).collect();
    }
    if tree.is_empty() {
        return Vec::new();
    }
    let (path, name) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(own(name))));
    let path: Vec<String> = path.split("::").map(own).collect();
    let name = name.unwrap_or_else(|| path.last().cloned().unwrap_or_default());
    vec![(path, name)]
}

fn own(text: &str) -> String {
    text.trim().to_owned()
}

/// The parts of a group, at its own commas.
fn split_group(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[begin..]);
    parts
}

/// Paths of two names and more, as code outside `use` has them.
fn inline_paths(code: &str) -> BTreeSet<Vec<String>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // Who may see something is no need of it.
    let code: String =
        code.split("pub(in ").map(|part| part.split_once(") ").map_or(part, |(_, after)| after)).collect();
    let words = code.split(|c: char| !is_word(c) && c != ':');
    let paths = words.map(|word| word.split("::").map(str::to_owned).collect::<Vec<_>>());
    paths.filter(|path| path.len() > 1 && path.iter().all(|part| !part.is_empty())).collect()
}

/// A way from `start` back to it.
fn circle<'m>(needs: &'m BTreeMap<&Module, BTreeSet<Module>>, start: &'m Module) -> Option<Vec<&'m Module>> {
    let mut came_from: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut open = vec![start];
    while let Some(module) = open.pop() {
        for next in &needs[module] {
            if next == start {
                let mut way = vec![module];
                while let Some(before) = way.last().and_then(|at| came_from.get(*at)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, module);
                open.push(next);
            }
        }
    }
    None
}

#[test]
fn no_file_needs_itself_by_way_of_others() {
    let whole = Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let needs = whole.needs();
    let known = needs.values().map(BTreeSet::len).sum::<usize>();
    assert!(known > 1_000, "only {known} imports were found: the reader of this test is wrong");
    let mut circles = BTreeSet::new();
    for module in whole.0.keys() {
        if let Some(way) = circle(&needs, module) {
            let mut names: Vec<_> = way.iter().map(|module| whole.0[*module].name.as_str()).collect();
            let first = (0..names.len()).min_by_key(|at| names[*at]).unwrap_or_default();
            names.rotate_left(first);
            circles.insert(names.join(" -> "));
        }
    }
    assert!(circles.is_empty(), "circles of files:\n{}", circles.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_circle_is_found_however_it_is_spelled() {
    let texts = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
        ("a.rs", "use crate::{b::{self, One}, c};\nfn f() { c::run() }"),
        ("b/mod.rs", "mod inner;\npub use self::inner::One;\n"),
        ("b/inner.rs", "pub struct One;\nfn f() { super::super::c::run() }"),
        ("c.rs", "pub(crate) fn run() { crate::a::f() }"),
    ];
    let files = |texts: &[(&str, &str)]| {
        Crate(texts.iter().map(|(name, text)| (module_of(Path::new(name)), read_file(Path::new(name), text))).collect())
    };
    let has_circle = |whole: &Crate| {
        let needs = whole.needs();
        whole.0.keys().any(|module| circle(&needs, module).is_some())
    };
    assert!(has_circle(&files(&texts)));
    let straight = texts.map(|(name, text)| (name, if name == "c.rs" { "pub(crate) fn run() {}" } else { text }));
    assert!(!has_circle(&files(&straight)));
    let needs = files(&straight);
    let of_a = needs.needs().remove(&vec!["a".to_owned()]).unwrap();
    assert!(of_a.contains(&vec!["b".to_owned(), "inner".to_owned()]), "{of_a:?}");
}
