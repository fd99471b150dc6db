//! A cassette for each session: one is chosen, and links stay with it.

use super::scene::{AUDIT, Caller, DEPLOY, Inspected, audit, deploy};
use crate::support::binary::{Server, ramtape};
use crate::support::browser::{Browser, Window, browser};
use crate::support::scene::{Endpoint, Tape};
use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::json;

/// The sessions of the calls in the list.
fn sessions(browser: &mut Browser) -> Vec<String> {
    let mut sessions = browser.texts("#calls tr td:nth-child(3)");
    sessions.dedup();
    sessions
}

#[test]
fn links_stay_with_the_cassette_that_was_chosen() {
    let Some(mut browser) = browser() else { return };
    let settings = SimulatorSettings { seed: Some(7), settling_reads: 2, ..SimulatorSettings::default() };
    let (endpoint, tape, owner) = (Endpoint::with(settings), Tape::new(), Credential::owner());
    let mut command = ramtape(tape.folder());
    command.args(["record", "--cassette-per-session", "--cassette", "cassettes/tape", "--upstream", &endpoint.url()]);
    command.env("AWS_ACCESS_KEY_ID", &owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", &owner.secret);
    let server = Server::start(&mut command);
    let inspected = Inspected::of(tape, server);

    browser.open(Window::DESK);
    assert_eq!(browser.goto(&inspected.entrance).status, 404);
    assert!(browser.text("main").contains("no cassette is open yet"), "{}", browser.text("main"));
    // The console tells of every page that is not there.
    assert_eq!(browser.faults().len(), 1);

    deploy(&inspected.server.url);
    audit(&inspected.server.url);
    assert_eq!(browser.goto(&inspected.page("")).status, 200);
    let mut names = browser.texts("#cassette option");
    names.sort();
    assert_eq!(names, [AUDIT, DEPLOY]);
    for name in [DEPLOY, AUDIT] {
        browser.choose("#cassette", name);
        browser.click("form.cassettes button");
        browser.wait_for("#cassette option[selected]", name);
        assert!(browser.url().contains(&format!("cassette={name}")), "{}", browser.url());
        assert_eq!(sessions(&mut browser), [name]);
        let links = browser.attributes("main a, header a", "href");
        let strays: Vec<_> =
            links.iter().flatten().filter(|link| !link.contains(&format!("cassette={name}"))).collect();
        assert!(strays.is_empty(), "{strays:?}");

        browser.choose("#outcome", "recorded");
        browser.click("form.filters button");
        assert_eq!(sessions(&mut browser), [name], "{}", browser.url());
        // What the other session does is not in this list.
        let before = browser.count("#calls tr");
        let other = if name == AUDIT { DEPLOY } else { AUDIT };
        for session in [other, name] {
            Caller::new(&inspected.server.url, session).good("ListResourceTypes", &json!({ "maxResults": 3 }));
        }
        browser.wait_for(&format!("#calls tr:nth-child({})", before + 1), "");
        assert_eq!(sessions(&mut browser), [name]);
        browser.click("#calls tr:first-child a");
        browser.wait_for("h1", "ListResourceTypes");
        assert!(browser.text("main").contains(name));
        browser.click("header nav a");
        assert_eq!(sessions(&mut browser), [name]);
    }
    assert_eq!(browser.faults(), []);
}
