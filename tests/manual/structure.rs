//! The manual's shape: its pages, their links, and the book that mdBook makes of them.

use crate::book::{anchors, linked_pages, local_links, pages, root};
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn summary_links_every_page_once() {
    let linked = linked_pages();
    let once: BTreeSet<String> = linked.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(once.len(), linked.len(), "{linked:?}");
    let files = std::fs::read_dir(root().join("docs")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(once, names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect());
}

#[test]
fn pages_are_short() {
    for page in pages() {
        let (lines, most) = (page.text.lines().count(), if page.path == "README.md" { 200 } else { 250 });
        assert!(lines <= most, "{} has {lines} lines, more than {most}", page.path);
    }
}

#[test]
fn the_map_names_every_folder() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rows: Vec<&str> = library.lines().filter(|line| line.starts_with("//! | ")).collect();
    for entry in std::fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        let is_named = rows.iter().any(|row| row.starts_with(&format!("//! | [`{name}`] | ")));
        assert!(!entry.path().is_dir() || is_named, "src/{name} is not in the map of src/lib.rs");
    }
}

#[test]
fn links_and_their_anchors_lead_somewhere() {
    let links = local_links();
    assert!(!links.is_empty());
    for link in links {
        let (path, anchor) = link.destination();
        let at = format!("{} in {}", link.target, link.page.path);
        assert!(path.exists(), "{at}: no such file");
        if let Some(anchor) = anchor {
            let text = std::fs::read_to_string(path).unwrap();
            assert!(anchors(&text).iter().any(|known| known == anchor), "{at}: no such heading");
        }
    }
}

#[test]
fn mdbook_builds_the_manual() {
    let folder = crate::support::binary::folder();
    let mut mdbook = Command::new("mdbook");
    let Ok(built) = mdbook.args(["build", "--dest-dir"]).arg(folder.path()).arg(root().join("docs")).output() else {
        println!("skipped: mdbook is not installed");
        return;
    };
    assert!(built.status.success(), "{built:?}");
    for page in linked_pages() {
        assert!(folder.path().join(page).with_extension("html").exists(), "{page}");
    }
    // Its anchors are those of GitHub.
    for link in local_links() {
        let (path, Some(anchor)) = link.destination() else { continue };
        if path.parent().is_some_and(|parent| parent == root().join("docs")) {
            let built = folder.path().join(path.file_name().unwrap()).with_extension("html");
            let html = std::fs::read_to_string(built).unwrap();
            assert!(html.contains(&format!("id=\"{anchor}\"")), "{} in {}", link.target, link.page.path);
        }
    }
}
