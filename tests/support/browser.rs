//! A real browser for the tests: Chromium, as the machine has it, driven by Playwright, with axe-core for accessibility. Both are
//! pinned in `tests/clients/pinned/browser`.

use crate::support::clients::{Call, install_modules, skipped, source};
use serde::Deserialize;
use serde_json::{Value, json};
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A step that takes longer fails the test; the script's own limit is shorter, and its message says more.
const STEP_LIMIT: Duration = Duration::from_secs(90);
/// How long the browser has for its end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Chromium, where there is one; in continuous integration there has to be.
pub(crate) fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    found.into_iter().find(|program| program.is_file()).or_else(|| skipped("Chromium is not installed"))
}

/// A browser with one window open; `None`, having said why on stderr, where Chromium or Node.js is missing.
pub(crate) fn browser() -> Option<Browser> {
    static MODULES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let chromium = chromium()?;
    let modules = MODULES.get_or_init(|| install_modules("browser")).clone()?;
    Some(Browser::start(&chromium, &modules))
}

/// What a window of the browser is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Whether its user prefers dark pages.
    pub(crate) dark: bool,
    /// Whether pages may run scripts.
    pub(crate) scripts: bool,
}

impl Window {
    pub(crate) const DESK: Self = Self { width: 1280, height: 800, dark: false, scripts: true };
    pub(crate) const PHONE: Self = Self { width: 390, height: 844, ..Self::DESK };
}

/// A page that has been loaded.
#[derive(Debug, Deserialize)]
pub(crate) struct Visit {
    pub(crate) status: u16,
    /// Where it ended, after redirects.
    pub(crate) url: String,
    pub(crate) title: String,
}

/// The element that has the focus.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Focused {
    pub(crate) tag: String,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) href: Option<String>,
    pub(crate) text: String,
    /// Whether it is on the page and an outline shows that it has the focus.
    pub(crate) visible: bool,
}

/// Something that a page should not do: an error on its console, a refused script or style, a failed request, a dialog.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) page: String,
}

/// A running browser; it ends when this is dropped.
pub(crate) struct Browser {
    process: Child,
    steps: Option<ChildStdin>,
    results: Receiver<String>,
    _home: TempDir,
}

impl Browser {
    fn start(chromium: &Path, modules: &Path) -> Self {
        let home = tempfile::tempdir().unwrap();
        let call = Call::new("node").args(["--no-warnings".into(), source("browser/visit.mjs")]);
        let call = call.env("CLIENT_MODULES", modules).env("CHROMIUM", chromium).env("TMPDIR", home.path());
        let mut command = call.command(&home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (steps, stdout) = (process.stdin.take(), process.stdout.take().unwrap());
        let (told, results) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Nobody waits any more once the test has ended.
                let _ = told.send(line);
            }
        });
        let mut browser = Self { process, steps, results, _home: home };
        browser.open(Window::DESK);
        browser
    }

    /// Opens another window in place of the last one: without its cookies, and with no faults seen yet.
    pub(crate) fn open(&mut self, window: Window) {
        let Window { width, height, dark, scripts } = window;
        self.step(&json!({ "do": "open", "width": width, "height": height, "dark": dark, "scripts": scripts }));
    }

    /// The same window in another size and colour scheme, as its page stands.
    pub(crate) fn change(&mut self, window: Window) {
        self.step(&json!({ "do": "resize", "width": window.width, "height": window.height }));
        self.step(&json!({ "do": "dark", "dark": window.dark }));
    }

    pub(crate) fn goto(&mut self, url: &str) -> Visit {
        serde_json::from_value(self.step(&json!({ "do": "goto", "url": url }))).unwrap()
    }

    /// The URL that the window shows now.
    pub(crate) fn url(&mut self) -> String {
        self.step(&json!({ "do": "where" }))["url"].as_str().unwrap().to_owned()
    }

    /// What is shown of each element that `selector` finds.
    pub(crate) fn texts(&mut self, selector: &str) -> Vec<String> {
        serde_json::from_value(self.step(&json!({ "do": "texts", "selector": selector }))).unwrap()
    }

    /// What is shown of the one element that `selector` finds.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let mut texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "elements {selector}: {texts:?}");
        texts.remove(0)
    }

    /// An attribute of each element that `selector` finds.
    pub(crate) fn attributes(&mut self, selector: &str, name: &str) -> Vec<Option<String>> {
        let step = json!({ "do": "attributes", "selector": selector, "name": name });
        serde_json::from_value(self.step(&step)).unwrap()
    }

    pub(crate) fn count(&mut self, selector: &str) -> u64 {
        self.step(&json!({ "do": "count", "selector": selector })).as_u64().unwrap()
    }

    pub(crate) fn click(&mut self, selector: &str) {
        self.step(&json!({ "do": "click", "selector": selector }));
    }

    pub(crate) fn fill(&mut self, selector: &str, value: &str) {
        self.step(&json!({ "do": "fill", "selector": selector, "value": value }));
    }

    /// Chooses an option of a `<select>`.
    pub(crate) fn choose(&mut self, selector: &str, value: &str) {
        self.step(&json!({ "do": "choose", "selector": selector, "value": value }));
    }

    /// Presses a key by its name, as `Tab`, `Shift+Tab` or `Enter`.
    pub(crate) fn press(&mut self, key: &str) {
        self.step(&json!({ "do": "press", "key": key }));
    }

    /// Waits until `selector` finds an element with `text` in it.
    pub(crate) fn wait_for(&mut self, selector: &str, text: &str) {
        self.step(&json!({ "do": "wait", "selector": selector, "text": text }));
    }

    pub(crate) fn focused(&mut self) -> Focused {
        serde_json::from_value(self.step(&json!({ "do": "focused" }))).unwrap()
    }

    /// The value of an expression of JavaScript, in the page.
    pub(crate) fn evaluate(&mut self, script: &str) -> Value {
        self.step(&json!({ "do": "evaluate", "script": script }))
    }

    /// The serious and critical faults of accessibility that axe-core finds; empty where there is none.
    pub(crate) fn axe(&mut self) -> Vec<Value> {
        serde_json::from_value(self.step(&json!({ "do": "axe" }))).unwrap()
    }

    /// Writes what the window shows to `path`: `.png` or `.webp`.
    pub(crate) fn screenshot(&mut self, path: &Path) {
        self.step(&json!({ "do": "screenshot", "path": path }));
    }

    /// What went wrong since this was asked last.
    pub(crate) fn faults(&mut self) -> Vec<Fault> {
        serde_json::from_value(self.step(&json!({ "do": "faults" }))).unwrap()
    }

    /// Does one step, and gives its result; the test fails where it cannot be done.
    fn step(&mut self, step: &Value) -> Value {
        writeln!(self.steps.as_mut().unwrap(), "{step}").unwrap();
        let line = match self.results.recv_timeout(STEP_LIMIT) {
            Ok(line) => line,
            Err(error) => panic!("no result of {step}: {error}"),
        };
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer["error"].is_null(), "{step}: {}", answer["error"].as_str().unwrap_or_default());
        answer["result"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The end of its stdin is the script's sign to end the browser; who kills it leaves that to the browser itself.
        self.steps = None;
        let deadline = Instant::now() + END_LIMIT;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
