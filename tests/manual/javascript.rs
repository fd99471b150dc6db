//! The suites of the page on JavaScript, with the npm packages around this binary: with the simulated endpoint, and without it.

use crate::book::marked;
use crate::examples::Reader;
use crate::support::npm::Project;
use std::os::unix::fs::symlink;

#[test]
fn suites_record_and_replay() {
    let Some(project) = Project::new() else { return };
    let reader = Reader::new(None);
    symlink(project.path().join("node_modules"), reader.folder.path().join("node_modules")).unwrap();
    let blocks = [
        (marked("npm vitest"), "1 passed"),
        (marked("npm vitest").replace("shares", "names"), "1 passed"),
        (marked("npm node"), "pass 1"),
        ("RAMTAPE_UPSTREAM=http://127.0.0.1:4599 node program.mjs\n".to_owned(), "[\n"),
    ];
    let endpoint = reader.endpoint();
    for (block, told) in &blocks {
        let recorded = reader.types(&endpoint.lines(&[&marked("setup"), block]));
        assert!(recorded.stdout.contains(told), "{recorded:?}");
    }
    endpoint.stop();
    for (block, told) in &blocks {
        let replayed = reader.types(block);
        assert!(replayed.stdout.contains(told), "{replayed:?}");
    }
}
