//! Layering: which module may import which. Layers import downwards only; an entry that nothing uses fails too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and the modules of this crate that it may import. What a line names stands further down, or below it in the
/// house: `lib.rs` shows the layers.
const ALLOWED: &[(&str, &[&str])] = &[
    ("main", &["cli", "command", "ui"]),
    ("guard", &["admin", "app", "aws", "config", "engine", "model", "ui"]),
    ("cli", &["config"]),
    (
        "command",
        &[
            "app",
            "aws",
            "ca",
            "cassette",
            "cli",
            "config",
            "coverage",
            "diff",
            "engine",
            "entry_file",
            "fingerprint",
            "git",
            "har",
            "json",
            "lock_file",
            "maintenance",
            "model",
            "placebo",
            "redact",
            "remote",
            "review",
            "scratch",
            "service",
            "session",
            "simulator",
            "sync",
            "ui",
            "vcr",
        ],
    ),
    (
        "ui",
        &[
            "app",
            "aws",
            "cassette",
            "cli",
            "config",
            "engine",
            "files",
            "har",
            "inspector",
            "maintenance",
            "model",
            "placebo",
            "redact",
            "review",
            "sync",
            "vcr",
        ],
    ),
    (
        "app",
        &[
            "admin",
            "aws",
            "ca",
            "cassette",
            "config",
            "engine",
            "files",
            "fingerprint",
            "inspector",
            "model",
            "proxy",
            "redact",
            "service",
            "session",
        ],
    ),
    (
        "inspector",
        &["admin", "cassette", "coverage", "diff", "engine", "entry_file", "fingerprint", "model", "review", "session"],
    ),
    ("config", &["aws", "model", "proxy", "redact", "remote", "service"]),
    ("proxy", &["admin", "aws", "ca", "model"]),
    ("admin", &["json", "model"]),
    (
        "engine",
        &["aws", "cassette", "diff", "fingerprint", "json", "model", "redact", "service", "session", "token", "wire"],
    ),
    ("simulator", &["aws", "loopback", "model"]),
    ("placebo", &["aws", "loopback", "model", "service", "wire"]),
    ("har", &["model"]),
    ("vcr", &["model"]),
    ("sync", &["cassette", "files", "git", "lock_file", "maintenance", "model", "remote"]),
    ("remote", &["aws", "model"]),
    ("aws", &["model"]),
    ("ca", &["files"]),
    ("review", &["cassette", "diff", "fingerprint", "git", "model", "scratch", "service"]),
    ("maintenance", &["cassette", "diff", "entry_file", "fingerprint", "model", "redact"]),
    ("cassette", &["diff", "entry_file", "files", "fingerprint", "json", "model", "redact", "session"]),
    ("coverage", &["model", "service"]),
    ("diff", &["entry_file", "json", "model", "wire"]),
    ("entry_file", &["json", "model", "wire"]),
    ("session", &["fingerprint", "json", "model", "wire"]),
    ("redact", &["json", "model", "wire"]),
    ("token", &["json", "model"]),
    ("fingerprint", &["json", "model", "service"]),
    ("wire", &["json", "model"]),
    ("service", &["json", "model"]),
    ("lock_file", &["model"]),
    ("model", &["json"]),
    ("json", &[]),
    ("files", &[]),
    ("git", &[]),
    ("scratch", &[]),
    ("loopback", &[]),
    ("lib", &[]),
];

/// What the lower layers may not know: no async, socket, clock, environment or file.
const PURE: [&str; 13] = [
    "coverage",
    "diff",
    "entry_file",
    "har",
    "json",
    "lock_file",
    "model",
    "service",
    "redact",
    "token",
    "fingerprint",
    "wire",
    "vcr",
];
const IMPURE: [&str; 8] =
    ["tokio", "hyper", "std::net", "std::fs", "std::env", "std::time", "async fn", "std::process"];

pub(crate) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file: no comment lines, and nothing from its tests on.
pub(crate) fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let tests = ["mod tests {", "pub(super) mod tests {"].map(|head| format!("#[cfg(test)]\n{head}"));
    let end = tests.iter().filter_map(|head| text.find(head)).min().unwrap_or(text.len());
    let body = &text[..end];
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every module's code, test-only files left out.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap().to_owned();
        if inside.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        modules.entry(module).or_default().push((inside, code(&file)));
    }
    modules
}

fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "ramtape::"] {
        for (at, _) in code.match_indices(root) {
            let own = code[..at]
                .chars()
                .next_back()
                .is_none_or(|before| !before.is_alphanumeric() && before != '_' && before != ':');
            if own {
                let rest = &code[at + root.len()..];
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !name.is_empty() {
                    found.insert(name);
                }
            }
        }
    }
    found
}

#[test]
fn modules_import_what_is_allowed_and_no_more() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(module, uses)| (*module, uses.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let Some(may) = allowed.get(module.as_str()) else {
            wrong.push(format!("src/{module} has no line in the allow-list"));
            continue;
        };
        let mut used = BTreeSet::new();
        for (file, code) in &files {
            for import in imports(code) {
                if import != module && !may.contains(import.as_str()) {
                    wrong.push(format!("src/{}: {module} must not import {import}", file.display()));
                }
                used.insert(import);
            }
        }
        for stale in may.iter().filter(|name| !used.contains(**name)) {
            wrong.push(format!("{module} no longer imports {stale}: take it off the allow-list"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lower_layers_use_no_io() {
    for (module, files) in modules().into_iter().filter(|(module, _)| PURE.contains(&module.as_str())) {
        for (file, code) in files {
            for word in IMPURE {
                assert!(!code.contains(word), "src/{}: {module} must not know {word}", file.display());
            }
        }
    }
}

#[test]
fn operations_are_data() {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ram.toml")).unwrap();
    let names: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("[operations.")?.strip_suffix(']')).collect();
    assert_eq!(names.len(), 36);
    for (module, files) in modules().into_iter().filter(|(module, _)| module != "simulator") {
        for (file, code) in files.iter().filter(|(file, _)| !file.ends_with("demo.rs")) {
            for name in &names {
                let spelled = format!("\"{name}\"");
                assert!(!code.contains(&spelled), "src/{}: {module} spells {name}", file.display());
            }
        }
    }
}
