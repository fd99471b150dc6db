//! `ramtape ui`: a cassette and the calls of its latest run, after that run.

use super::scene::{Caller, Inspected, record};
use crate::support::binary::{Server, ramtape};
use crate::support::browser::{Window, browser};
use crate::support::scene::Tape;
use serde_json::json;

impl Inspected {
    /// The inspector of `tape` without a proxy.
    pub(super) fn alone(tape: Tape) -> Self {
        let server = Server::start(ramtape(tape.folder()).args(["ui", "--cassette", "cassettes/tape"]));
        Self { tape, entrance: server.url.clone(), server }
    }
}

#[test]
fn the_latest_run_is_shown_after_its_end() {
    let Some(mut browser) = browser() else { return };
    let running = Inspected::replaying();
    running.enter(&mut browser, Window::DESK);
    let shown = browser.texts("#calls tr");
    let call = running.page("calls/5");
    browser.goto(&call);
    let answered = browser.text("main");
    let finished = running.server.stop();
    assert_eq!(finished.code, Some(3), "{finished:?}");

    let alone = Inspected::alone(running.tape);
    alone.enter(&mut browser, Window::DESK);
    assert_eq!(browser.texts("#calls tr"), shown);
    browser.goto(&alone.page("calls/5"));
    assert_eq!(browser.text("main"), answered);
    assert_eq!(browser.faults(), []);

    // It shows, and answers nothing else.
    let mut caller = Caller::new(&format!("http://{}", alone.server.authority()), "");
    let (status, answer) = caller.call("ListResourceTypes", &json!({}));
    assert!((400..500).contains(&status) && !answer.to_string().contains("resourceTypes"), "{status} {answer}");
    let finished = alone.server.stop();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
}

#[test]
fn a_cassette_that_nothing_ran_over_is_shown() {
    let Some(mut browser) = browser() else { return };
    let alone = Inspected::alone(record().text_alone());
    alone.enter(&mut browser, Window::DESK);
    assert_eq!(browser.count("#calls tr"), 0);
    assert_eq!(browser.faults(), []);
}
