//! What the browser of these tests reports of pages that are at fault: else a page without a fault would prove nothing.

use crate::support::browser::{Browser, Window, browser};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// An image without a text, pale letters, a script and a style that the policy refuses, and something from elsewhere.
const STRICT: &str = "<!doctype html><html lang=en><title>strict</title><main><h1 id=head>Strict</h1>\
    <img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><p style='color:#ccc;background:#fff'>pale</p>\
    <script>document.title = 'changed'</script><img alt='' src='http://127.0.0.1:1/elsewhere.png'>\
    <a href=/>first</a> <a href=/loose>second</a></main>";

/// Without a policy: what an attack would do.
const LOOSE: &str = "<!doctype html><html lang=en><title>loose</title><style>a:focus{outline:none}</style>\
    <main><h1>Loose</h1><a href=/>first</a><div style='width:2000px'>wide</div></main>\
    <script>alert('dialog'); fetch('/missing').then((a) => a.text()); throw new Error('thrown')</script>";

/// Serves both pages, for as long as the test runs.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(|| answer(&stream.unwrap()));
        }
    });
    addr
}

fn answer(mut stream: &TcpStream) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    lines.find(String::is_empty);
    let (status, policy, page) = match first.split(' ').nth(1) {
        Some("/") => ("200 OK", "content-security-policy: default-src 'none'; img-src data:\r\n", STRICT),
        Some("/loose") => ("200 OK", "", LOOSE),
        _ => ("404 Not Found", "", ""),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\n{policy}connection: close\r\n");
    // A browser may have gone meanwhile.
    drop(stream.write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes()));
}

/// The kinds of all faults, each once.
fn kinds(browser: &mut Browser) -> Vec<String> {
    let mut kinds: Vec<_> = browser.faults().into_iter().map(|fault| fault.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn what_is_wrong_with_a_page_is_seen() {
    let Some(mut browser) = browser() else { return };
    let addr = serve();

    let visit = browser.goto(&format!("http://{addr}/"));
    assert_eq!((visit.status, visit.title.as_str()), (200, "strict"), "the script was refused");
    assert_eq!(browser.texts("h1"), ["Strict"]);
    let found = browser.axe();
    let ids: Vec<_> = found.iter().map(|fault| fault["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["image-alt"], "the colours were refused: {found:?}");
    let faults = browser.faults();
    let told = |part: &str| faults.iter().any(|fault| fault.text.contains(part));
    assert!(told("inline script") && told("inline style") && told("elsewhere.png"), "{faults:?}");
    assert_eq!(browser.faults(), [], "they are told once");

    browser.press("Tab");
    let focused = browser.focused();
    assert_eq!((focused.text.as_str(), focused.visible), ("first", true));

    browser.goto(&format!("http://{addr}/loose"));
    browser.wait_for("h1", "Loose");
    browser.press("Tab");
    let focused = browser.focused();
    assert_eq!((focused.text.as_str(), focused.visible), ("first", false));
    browser.change(Window::PHONE);
    let width = browser.evaluate("document.documentElement.scrollWidth");
    assert!(width.as_u64() >= Some(2000), "{width}");
    assert_eq!(kinds(&mut browser), ["console", "dialog", "script"]);

    browser.open(Window { scripts: false, ..Window::DESK });
    browser.goto(&format!("http://{addr}/loose"));
    assert_eq!(browser.text("h1"), "Loose", "it can be read without scripts");
    assert_eq!(browser.faults(), []);
}
