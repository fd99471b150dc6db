//! Markup in everything that a client, upstream or a folder's name can bring: it is shown as it is, and does nothing.

use super::crawl::Crawl;
use super::scene::{Caller, Inspected};
use crate::support::binary::{Server, ramtape};
use crate::support::browser::{Browser, Window, browser};
use crate::support::scene::{Endpoint, Tape, recording};
use bytes::Bytes;
use ramtape::simulator::{Credential, Effect, Fault, SimulatorSettings};
use serde_json::json;

/// What would make an element, run a script or leave an attribute.
const HOSTILE: [&str; 10] = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "\"><svg onload=alert(3)>",
    "'><svg onload='alert(4)'>",
    "</script><script>alert(5)</script>",
    "javascript:alert(6)",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "</pre></td></table><iframe src=javascript:alert(7)>",
    "\" onmouseover=\"alert(8)\" autofocus onfocus=\"alert(9)",
    "&lt;b&gt;&amp;lt;<!--",
];

/// What turns the text around, or ends a line where none ends.
const CONTROLS: &str = "\u{202e}gnirts\u{202c}\u{200b}\u{7f}\u{85}\u{2028}";

/// How many pages of one kind are looked at: everything that is recorded, and most calls.
const OF_A_KIND: usize = 75;

/// Elements that no page of the inspector has.
const FOREIGN: &str = "img, iframe, object, embed, script:not([src]), style, base, [onerror], [onload], [onmouseover], \
                       [onfocus], [autofocus], [style], a[href^='javascript' i], svg[onload]";

/// Puts markup everywhere.
fn attack(base: &str) {
    for (number, hostile) in HOSTILE.into_iter().enumerate() {
        let mut caller = Caller::new(base, "");
        let session = format!("x-ramtape-session: {hostile}\r\n");
        let mut ask = |operation: &str, parameters: serde_json::Value| {
            caller.send("POST", &format!("/{}", operation.to_lowercase()), &session, &parameters.to_string())
        };
        let made = ask(
            "CreateResourceShare",
            json!({ "name": hostile, "tags": [{ "key": format!("key {hostile}"), "value": hostile }], "clientToken": hostile }),
        );
        let arn = made.1["resourceShare"]["resourceShareArn"].clone();
        ask("TagResource", json!({ "resourceShareArn": arn, "tags": [{ "key": hostile, "value": CONTROLS }] }));
        let policy =
            json!({ "Effect": "Allow", "Action": [hostile], "Condition": { "StringEquals": { hostile: hostile } } });
        ask(
            "CreatePermission",
            json!({ "name": format!("permission-{number}"), "resourceType": "ec2:Subnet", "policyTemplate": policy.to_string() }),
        );
        ask("GetResourceShares", json!({ "resourceOwner": "SELF", "name": hostile }));
        // Errors repeat what they complain of.
        ask("GetPermission", json!({ "permissionArn": hostile }));
        ask("DeleteResourceShare", json!({ "resourceShareArn": hostile }));
        let spelled: String = hostile.bytes().map(|byte| format!("%{byte:02X}")).collect();
        caller.send(
            "POST",
            &format!("/{spelled}?{spelled}={spelled}"),
            &session,
            &json!({ hostile: hostile }).to_string(),
        );
        let target = format!("X-Amz-Target: Logs_20140328.{}\r\n", hostile.replace(' ', ""));
        caller.send("POST", "/", &format!("{session}{target}"), "{}");
        caller.send("POST", "/getresourceshares", &session, hostile);
    }
}

/// An error of upstream's whose name and text are markup.
fn inject(endpoint: &Endpoint) {
    let body =
        Bytes::from_static(br#"{"__type":"<script>alert(10)</script>","message":"<img src=x onerror=alert(11)>"}"#);
    let raw = Effect::Raw { status: 400, content_type: Some("application/json".to_owned()), body };
    endpoint.running().inject(Fault::next(raw).on("ListResources"));
}

fn ask_injected(base: &str) {
    let (status, answer) = Caller::new(base, "errors").call("ListResources", &json!({ "resourceOwner": "SELF" }));
    assert_eq!(status, 400, "{answer}");
}

/// No element was made of what is shown, and nothing ran.
fn assert_harmless(browser: &mut Browser, path: &str) {
    let made =
        browser.evaluate(&format!("Array.from(document.querySelectorAll(\"{FOREIGN}\"), (one) => one.outerHTML)"));
    assert_eq!(made.as_array().map(Vec::len), Some(0), "{path}: {made:#}");
    assert_eq!(browser.faults(), [], "{path}");
}

/// The picture that can be saved is opened by whatever shows SVG.
fn assert_harmless_picture(browser: &mut Browser, url: &str) {
    let foreign = "script, foreignObject, image, parsererror, [onload], [onerror], a[href^='javascript' i]";
    let made = browser.evaluate(&format!(
        "fetch('{url}').then((answer) => answer.text()).then((text) => {{
            const picture = new DOMParser().parseFromString(text, 'image/svg+xml');
            return Array.from(picture.querySelectorAll(\"{foreign}\"), (one) => one.outerHTML);
        }})"
    ));
    assert_eq!(made.as_array().map(Vec::len), Some(0), "{url}: {made:#}");
}

#[test]
fn markup_is_shown_as_text() {
    let Some(mut browser) = browser() else { return };
    let settings = SimulatorSettings { seed: Some(7), ..SimulatorSettings::default() };
    let (mut endpoint, tape) = (Endpoint::with(settings), Tape::named(HOSTILE[2]));
    inject(&endpoint);
    let recorder = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    attack(&recorder.url);
    ask_injected(&recorder.url);
    let recorded = recorder.stop();
    assert!(recorded.stderr.contains(" recorded, 0 missed"), "{recorded:?}");
    endpoint.stop();

    let server = Server::start(ramtape(tape.folder()).args(["replay", "--cassette"]).arg(tape.path()));
    let inspected = Inspected::of(tape, server);
    attack(&inspected.server.url);
    ask_injected(&inspected.server.url);
    inspected.enter(&mut browser, Window::DESK);

    let (mut crawl, mut shown, root) = (Crawl::new(OF_A_KIND), String::new(), inspected.page(""));
    while let Some(path) = crawl.next() {
        if path.contains(".svg") {
            assert_harmless_picture(&mut browser, &inspected.page(&path));
            continue;
        }
        let visit = browser.goto(&inspected.page(&path));
        assert_eq!(visit.status, 200, "{visit:?}");
        assert!(visit.title.ends_with(" · ramtape"), "{visit:?}");
        shown.push_str(browser.evaluate("document.body.textContent").as_str().unwrap());
        shown.push_str(&visit.title);
        assert_harmless(&mut browser, &path);
        let links = browser.evaluate("Array.from(document.links, (link) => link.href)");
        let links = links.as_array().unwrap().iter().map(|link| link.as_str().unwrap());
        crawl.add(links.map(|link| link.strip_prefix(&root).unwrap()));
    }
    for hostile in HOSTILE {
        assert!(shown.contains(hostile) || shown.contains(&json_spelled(hostile)), "{hostile} is nowhere as text");
    }
    for hostile in ["<script>alert(10)</script>", "<img src=x onerror=alert(11)>"] {
        assert!(shown.contains(hostile), "{hostile} of an error is nowhere as text");
    }
}

/// As it stands inside a JSON string.
fn json_spelled(text: &str) -> String {
    json!(text).to_string().trim_matches('"').to_owned()
}

#[test]
fn markup_that_comes_while_a_page_is_open_is_shown_as_text() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::empty();
    inspected.enter(&mut browser, Window::DESK);
    attack(&inspected.server.url);
    let mut caller = Caller::new(&inspected.server.url, "");
    caller.call("GetResourceShares", &json!({ "resourceOwner": "the last one" }));
    browser.wait_for("#calls tr:first-child", "GetResourceShares");
    assert_harmless(&mut browser, "the list");
    assert!(browser.text("#calls").contains("%3C%69%6D%67") || browser.text("#calls").contains("<img"));
}

#[test]
fn markup_in_the_url_of_a_page_is_shown_as_text() {
    let Some(mut browser) = browser() else { return };
    let inspected = Inspected::replaying();
    inspected.enter(&mut browser, Window::DESK);
    for hostile in HOSTILE {
        let spelled: String = hostile.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [
            format!("?session={spelled}&operation={spelled}&outcome={spelled}&before={spelled}&cassette={spelled}"),
            format!("?{spelled}={spelled}"),
            format!("calls/{spelled}"),
            format!("timeline?session={spelled}&from={spelled}&to={spelled}"),
            format!("recorded?q={spelled}"),
            format!("recorded/{spelled}"),
            format!("coverage?q={spelled}"),
            format!("diff?with={spelled}"),
        ] {
            let visit = browser.goto(&inspected.page(&path));
            assert!([200, 400, 404].contains(&visit.status), "{visit:?}");
            let status = visit.status;
            // The browser's console tells of every page that there is not.
            let faults = browser.faults();
            let told = |text: &str| text.contains("the server responded with a status of") && status != 200;
            assert!(faults.iter().all(|fault| told(&fault.text)), "{path}: {faults:?}");
            assert_harmless(&mut browser, &path);
        }
    }
}
