//! New calls appear in an open page by themselves.

use super::scene::{AUDIT, Caller, Inspected, audit, miss, record};
use crate::support::browser::{Browser, Window, browser};
use serde_json::json;

/// The operations in the list, the latest first.
fn operations(browser: &mut Browser) -> Vec<String> {
    let cells = browser.texts("#calls tr td:nth-child(4)");
    cells.iter().map(|cell| cell.split_whitespace().next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn calls_appear_while_a_client_makes_them() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replay(record());
    inspected.enter(&mut browser, Window::DESK);
    browser.evaluate("globalThis.sameDocument = true");
    assert_eq!(operations(&mut browser), [""; 0]);

    let mut caller = Caller::new(&inspected.server.url, AUDIT);
    caller.good("ListResourceTypes", &json!({}));
    browser.wait_for("#calls tr", "ListResourceTypes");
    assert_eq!(operations(&mut browser), ["ListResourceTypes"]);

    audit(&inspected.server.url);
    miss(&inspected.server.url);
    browser.wait_for("#calls tr", "frobnicate");
    let shown = operations(&mut browser);
    assert_eq!(shown.len(), 10, "each once: {shown:?}");
    assert_eq!((shown[1].as_str(), shown[9].as_str()), ("GetResourceShares", "ListResourceTypes"), "{shown:?}");

    assert_eq!(browser.evaluate("globalThis.sameDocument"), true, "nothing was loaded anew");
    browser.wait_for("[role=status]", "new calls");
    browser.click("#calls tr:first-child a");
    browser.wait_for("h1", "Call 10");
    assert_eq!(browser.faults(), []);
}

#[test]
fn a_filtered_list_gets_what_it_asks_for() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replay(record());
    audit(&inspected.server.url);
    inspected.enter(&mut browser, Window::DESK);
    browser.choose("#operation", "ListPermissions");
    browser.click("form button");
    browser.wait_for("#calls tr", "ListPermissions");
    assert!(browser.url().contains("operation=ListPermissions"));
    assert_eq!(operations(&mut browser), ["ListPermissions"]);

    browser.evaluate("globalThis.sameDocument = true");
    audit(&inspected.server.url);
    browser.wait_for("#calls tr:nth-child(2)", "ListPermissions");
    assert_eq!(operations(&mut browser), ["ListPermissions"; 2]);
    assert_eq!(browser.evaluate("globalThis.sameDocument"), true);
    assert_eq!(browser.faults(), []);
}

#[test]
fn an_open_page_does_not_keep_ramtape_from_stopping() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replay(record());
    inspected.enter(&mut browser, Window::DESK);
    let began = std::time::Instant::now();
    let finished = inspected.server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
}
