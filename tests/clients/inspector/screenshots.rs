//! The pictures of the manual: `RAMTAPE_SCREENSHOTS=docs/screenshots cargo test --test clients inspector::screenshots`.

use super::scene::Inspected;
use crate::support::browser::{Window, browser};
use std::env;
use std::fs;
use std::path::Path;

/// What a picture in the manual may have: a page of the manual is loaded at once.
const MAX_BYTES: u64 = 120_000;

/// As wide as a page of the manual.
const WINDOW: Window = Window { width: 1100, height: 700, ..Window::DESK };

#[test]
fn pictures_for_the_manual() {
    let Some(folder) = env::var_os("RAMTAPE_SCREENSHOTS") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replaying();
    inspected.enter(&mut browser, WINDOW);
    for (name, page) in [
        ("calls", ""),
        ("call", "calls/3"),
        ("miss", "calls/19"),
        ("waiter", "calls/28"),
        ("timeline", "timeline"),
        ("recorded", "recorded"),
    ] {
        let visit = browser.goto(&inspected.page(page));
        assert_eq!(visit.status, 200, "{visit:?}");
        // What a picture is for is further down on the page of a call.
        browser.evaluate(
            "[...document.querySelectorAll('h2')].find((head) => head.textContent.startsWith('Why'))?.scrollIntoView()",
        );
        let path = folder.join(format!("{name}.webp"));
        browser.screenshot(&path);
        let bytes = fs::metadata(&path).unwrap().len();
        assert!(bytes < MAX_BYTES, "{} has {bytes} bytes", path.display());
    }
}
