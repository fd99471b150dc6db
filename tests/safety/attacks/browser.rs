//! A page in a real browser that tries everything a page can do to a recorder.

use super::recorder::Recorder;
use crate::support::browser::chromium;
use crate::support::raw::Client;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tempfile::TempDir;

const PAGE: &str = include_str!("page.html");

/// What the page tries for each base URL.
const ATTEMPTS: usize = 20;

/// A browser that has not reported by then is taken for broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// A name that the browser is told to find on this machine.
const EVIL: &str = "evil.test";

/// A running browser; killed when dropped.
struct Browser {
    process: Child,
    _profile: TempDir,
}

impl Browser {
    fn open(program: PathBuf, url: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("HOME", profile.path());
        // Without a sandbox it starts as root too; it sees nothing but the test's own page.
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.arg(format!("--user-data-dir={}", profile.path().join("profile").display()));
        command.arg(format!("--host-resolver-rules=MAP {EVIL} 127.0.0.1, EXCLUDE localhost"));
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { process: command.spawn().unwrap(), _profile: profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves the page, and hands on what it reports.
fn serve_page(page: String) -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (reported, reports) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (page, reported) = (page.clone(), reported.clone());
            std::thread::spawn(move || answer(stream.unwrap(), &page, &reported));
        }
    });
    (addr, reports)
}

/// One request; a connection that the browser opened in advance may bring none.
fn answer(stream: TcpStream, page: &str, reported: &Sender<Value>) {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    let mut length = 0;
    if reader.read_line(&mut first).is_err() {
        return;
    }
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, answer) = match first.split(' ').take(2).collect::<Vec<_>>().as_slice() {
        ["GET", "/page"] => ("200 OK", page),
        ["POST", "/report"] => {
            reported.send(serde_json::from_slice(&body).unwrap()).unwrap();
            ("200 OK", "")
        }
        _ => ("404 Not Found", ""),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}",
        answer.len()
    );
    let written = (&stream).write_all(format!("{head}\r\n\r\n{answer}").as_bytes());
    drop(written);
}

/// What a request without a browser gets from the control path `line` names.
fn control(recorder: &Recorder, line: &str) -> String {
    let mut client = Client::connect(recorder.addr());
    client.send(format!("{line} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", recorder.authority()));
    client.reply().body
}

/// The statuses of everything that `log` says was answered.
fn statuses(log: &str) -> Vec<u16> {
    let answered = log.lines().filter(|line| line.contains("answered"));
    answered.map(|line| line.split_once("status=").unwrap().1[..3].parse().unwrap()).collect()
}

#[test]
fn a_page_in_a_real_browser_reaches_nothing() {
    let Some(program) = chromium() else { return };
    let recorder = Recorder::changed(&["-vv"], |_| ());
    // Without the proof that a page would lack anyway.
    let open = Recorder::changed(&["-vv", "--allow-any-client"], |_| ());
    let create = r#"{"name":"kept"}"#;
    let made = format!("POST {}/~kept/createresourceshare HTTP/1.1\r\nHost: localhost\r\n", recorder.prefix());
    let made = recorder.ask(format!("{made}Content-Length: {}\r\n\r\n{create}", create.len()));
    assert_eq!(made.status, 200, "{made:?}");
    let before = control(&recorder, "GET /_ramtape/sessions");
    assert!(before.contains("\"kept\""), "{before}");

    let bases: Vec<String> = [(&recorder, recorder.prefix()), (&recorder, ""), (&open, "")]
        .into_iter()
        .flat_map(|(server, prefix)| {
            let port = server.addr().port();
            ["127.0.0.1", "localhost", EVIL].map(|name| format!("http://{name}:{port}{prefix}"))
        })
        .collect();
    let listed = bases.iter().map(|base| format!("{base:?}")).collect::<Vec<_>>().join(",");
    let (addr, reports) = serve_page(PAGE.replace("/*BASES*/", &listed));
    for host in ["127.0.0.1", EVIL] {
        let _browser = Browser::open(program.clone(), &format!("http://{host}:{}/page", addr.port()));
        let report = reports.recv_timeout(PATIENCE).unwrap();
        assert_tried(&report, &bases);
    }

    assert_eq!(control(&recorder, "GET /_ramtape/sessions"), before);
    assert_eq!(recorder.endpoint.running().requests(), 1, "{:?}", recorder.endpoint.running().received());
    open.endpoint.assert_untouched();
    // The same reset is done for who is no browser, and the same request answered.
    assert!(control(&recorder, "POST /_ramtape/sessions/kept/reset").contains("\"reset\":true"));
    open.assert_serves();

    // It all arrived, and was refused.
    for (recorder, own) in [(recorder, 4), (open, 1)] {
        let (finished, _) = recorder.stop();
        let (refused, others): (Vec<u16>, Vec<u16>) =
            statuses(&finished.stderr).into_iter().partition(|status| *status == 403);
        assert_eq!(others, vec![200; own], "{}", finished.stderr);
        assert!(refused.len() > 2 * 3 * ATTEMPTS / 2, "{} requests were refused: {}", refused.len(), finished.stderr);
    }
}

/// The page's own account: it tried everything everywhere, and could read nothing.
fn assert_tried(report: &Value, bases: &[String]) {
    let tried = report.as_array().unwrap();
    assert_eq!(tried.len(), ATTEMPTS * bases.len(), "{report:#}");
    for attempt in tried {
        let outcome = attempt["outcome"].as_str().unwrap();
        // That a request went out is all that it may learn: an answer it cannot see into, an error, or a frame.
        let blind = ["opaque 0", "TypeError", "error", "load", "true"];
        assert!(blind.contains(&outcome), "{attempt}");
        let can_load = ["form", "frame", "reset by a form"].contains(&attempt["name"].as_str().unwrap());
        assert!(outcome != "load" || can_load, "{attempt}");
    }
}
