//! Everything can be reached and used without a mouse, and one sees where one is.

use super::scene::Inspected;
use crate::support::browser::{Browser, Focused, Window, browser};

/// Presses Tab until `is_wanted`; every element on the way shows that it has the focus.
fn tab_to(browser: &mut Browser, is_wanted: impl Fn(&Focused) -> bool) -> Vec<Focused> {
    let mut way = Vec::new();
    loop {
        browser.press("Tab");
        let focused = browser.focused();
        assert!(focused.visible, "the focus is not seen: {focused:?}");
        let found = is_wanted(&focused);
        way.push(focused);
        if found {
            return way;
        }
        assert!(way.len() < 60, "not reached: {way:#?}");
    }
}

#[test]
fn the_list_is_used_by_keyboard() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replaying();
    inspected.enter(&mut browser, Window::DESK);

    let way = tab_to(&mut browser, |focused| focused.text == "Skip to content");
    assert_eq!(way.len(), 1, "it comes first");
    browser.press("Enter");
    assert_eq!(browser.focused().id, "main");
    let way = tab_to(&mut browser, |focused| focused.name.as_deref() == Some("session"));
    assert_eq!(way.len(), 1, "the navigation was skipped: {way:?}");
    let way = tab_to(&mut browser, |focused| focused.href.as_deref().is_some_and(|href| href.contains("/calls/")));
    let names: Vec<_> = way.iter().filter_map(|focused| focused.name.as_deref()).collect();
    assert_eq!(names, ["operation", "outcome"]);
    assert!(way.iter().any(|focused| focused.tag == "button"), "{way:?}");
    browser.press("Enter");
    browser.wait_for("h1", "Call ");
    assert!(browser.url().contains("/_ramtape/calls/"), "{}", browser.url());

    // Without a mouse a filter is chosen by its first letters and sent with Enter on the button.
    browser.goto(&inspected.page(""));
    tab_to(&mut browser, |focused| focused.name.as_deref() == Some("outcome"));
    browser.press("m");
    tab_to(&mut browser, |focused| focused.tag == "button");
    browser.press("Enter");
    browser.wait_for("#calls tr", "frobnicate");
    assert!(browser.url().contains("outcome=missed"), "{}", browser.url());
    assert_eq!(browser.count("#calls tr"), 2);
    assert_eq!(browser.faults(), []);
}

#[test]
fn the_focus_is_seen_on_every_page_in_either_scheme() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replaying();
    for dark in [false, true] {
        inspected.enter(&mut browser, Window { dark, ..Window::DESK });
        for page in ["calls/5", "timeline", "recorded", "coverage"] {
            browser.goto(&inspected.page(page));
            tab_to(&mut browser, |focused| focused.text == "Skip to content");
            let links = browser.count("a[href], button, select, input:not([type=hidden]), summary");
            for _ in 0..links.min(40) {
                browser.press("Tab");
                let focused = browser.focused();
                // Behind the last one the browser's own controls follow.
                assert!(focused.visible || focused.tag == "body", "{page}: {focused:?}");
            }
        }
    }
}
