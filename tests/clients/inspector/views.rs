//! Every page in light and dark, on a desk and on a phone, with scripts and without: it has no fault, and says what it should.

use super::crawl::Crawl;
use super::scene::{Inspected, record};
use crate::support::browser::{Browser, Window, browser};
use std::collections::BTreeMap;

/// The kinds of pages that links lead to from the list of calls.
const KINDS: [&str; 9] = [
    "",
    "calls/N",
    "coverage",
    "diff",
    "recorded",
    "recorded/FINGERPRINT",
    "recorded/FINGERPRINT/takes/N",
    "timeline",
    "timeline.svg",
];

/// How many pages of one kind are looked at.
const OF_A_KIND: usize = 4;

/// Looks at the pages that links lead to from the first one; gives their paths.
fn visit_all(
    browser: &mut Browser,
    inspected: &Inspected,
    crawl: &mut Crawl,
    mut look: impl FnMut(&mut Browser, &str),
) -> Vec<String> {
    let root = inspected.page("");
    let mut seen = Vec::new();
    while let Some(path) = crawl.next() {
        // What is saved is no page.
        if path.contains(".svg") {
            continue;
        }
        let visit = browser.goto(&inspected.page(&path));
        assert_eq!(visit.status, 200, "{path}: {visit:?}");
        look(browser, &path);
        let links = browser.evaluate("Array.from(document.links, (link) => link.href)");
        let links = links.as_array().unwrap().iter().map(|link| link.as_str().unwrap());
        crawl.add(links.map(|link| link.strip_prefix(&root).unwrap_or_else(|| panic!("a link to elsewhere: {link}"))));
        seen.push(path);
    }
    seen
}

/// What must be so on each page, however it is looked at.
fn assert_sound(browser: &mut Browser, path: &str) {
    let heading = browser.text("main h1");
    let title = browser.evaluate("document.title");
    assert_eq!(title.as_str(), Some(format!("{heading} · ramtape").as_str()), "{path}");
    assert!(browser.text("main").len() > heading.len() + 10, "{path} is empty");
    for window in [Window::DESK, Window { dark: true, ..Window::DESK }, Window::PHONE] {
        browser.change(window);
        let found = browser.axe();
        assert!(found.is_empty(), "{path} {window:?}: {}", serde_json::to_string_pretty(&found).unwrap());
        let wider = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wider, 0, "{path} is wider than the window: {window:?}");
    }
    browser.change(Window::DESK);
    assert_eq!(browser.faults(), [], "{path}");
}

#[test]
fn every_page_is_without_fault() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replaying();
    inspected.enter(&mut browser, Window::DESK);
    let mut crawl = Crawl::new(OF_A_KIND);
    // A listing first: not everything recorded has pages.
    let files = inspected.tape.files();
    let listing =
        files.iter().find_map(|file| file.strip_prefix("get-resource-shares/")?.strip_suffix(".json")).unwrap();
    crawl.add([format!("recorded/{listing}").as_str()]);
    visit_all(&mut browser, &inspected, &mut crawl, assert_sound);
    assert_eq!(crawl.kinds(), KINDS);
}

#[test]
fn nothing_recorded_and_nothing_asked_makes_pages_too() {
    let Some(mut browser) = browser() else { return };
    for inspected in [Inspected::empty(), Inspected::replay(record())] {
        inspected.enter(&mut browser, Window::DESK);
        visit_all(&mut browser, &inspected, &mut Crawl::new(OF_A_KIND), assert_sound);
    }
}

#[test]
fn every_page_can_be_read_without_scripts() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replaying();
    inspected.enter(&mut browser, Window::DESK);
    let mut texts = BTreeMap::new();
    let seen = visit_all(&mut browser, &inspected, &mut Crawl::new(OF_A_KIND), |browser, path| {
        texts.insert(path.to_owned(), browser.text("main"));
    });
    inspected.enter(&mut browser, Window { scripts: false, ..Window::DESK });
    for path in seen {
        browser.goto(&inspected.page(&path));
        // A line may say more where a script lets one do more.
        let (with, without) = (&texts[&path], browser.text("main"));
        assert_eq!(with.lines().count(), without.lines().count(), "{path}: {without}");
        for (with, without) in with.lines().zip(without.lines()) {
            assert!(with.starts_with(without), "{path}: {without:?}, with scripts {with:?}");
        }
        assert_eq!(browser.faults(), [], "{path}");
    }
}
