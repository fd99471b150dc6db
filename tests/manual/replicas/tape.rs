//! What is replayed in the tests of replicas: two runs that write differently and otherwise ask alike, and a listing.

use crate::support::binary::Server;
use crate::support::cassette::copy_text;
use crate::support::endpoint::{Endpoint, get, post, with_keys};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

const LIST: &str = "/getresourceshares";
const OWN: &str = r#"{"resourceOwner":"SELF"}"#;

/// A cassette, and what is right to answer from it.
pub(super) struct Tape {
    folder: TempDir,
    /// By the number of a run: the answer to the write, and to the request for all shares after it.
    runs: [(String, String); 2],
    /// The items of the listing of other accounts' shares, which nothing changes, in the order of its pages.
    items: Vec<Value>,
}

/// How a run at a session went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Run {
    Right,
    /// With what was answered after the write.
    Wrong(String),
}

impl Tape {
    pub(super) fn record() -> Self {
        let (folder, endpoint) = (crate::support::binary::folder(), Endpoint::start());
        let mut command = with_keys(folder.path());
        let server = Server::start(command.args(["record", "--cassette", "tape", "--upstream", &endpoint.url()]));
        let items = list(&server.url, &server.url, 2).unwrap();
        assert!(items.len() > 3, "{items:?}");
        assert_eq!(post(&server.url, LIST, OWN).0, 200);
        let runs = [0, 1].map(|number| {
            let base = format!("{}/~run-{number}", server.url);
            (post(&base, "/createresourceshare", &write(number)).1, post(&base, LIST, OWN).1)
        });
        assert_ne!(runs[0].1, runs[1].1);
        assert_eq!(server.stop().code, Some(0));
        Self { folder, runs, items }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("tape")
    }

    /// A copy without the index, as another machine has it.
    pub(super) fn copy(&self, name: &str) -> PathBuf {
        let to = self.folder.path().join(name);
        copy_text(&self.path(), &to);
        to
    }

    /// Begins the session `name` anew, writes, and asks what only that write decides.
    pub(super) fn run(&self, url: &str, name: &str, number: usize) -> Run {
        assert_eq!(reset(url, name).0, 200);
        self.write(url, name, number);
        self.read(url, name, number)
    }

    pub(super) fn write(&self, url: &str, name: &str, number: usize) {
        let written = post(&format!("{url}/~{name}"), "/createresourceshare", &write(number));
        assert_eq!(written, (200, self.runs[number].0.clone()));
    }

    pub(super) fn read(&self, url: &str, name: &str, number: usize) -> Run {
        let (status, answer) = post(&format!("{url}/~{name}"), LIST, OWN);
        assert_eq!(status, 200, "{answer}");
        if answer == self.runs[number].1 { Run::Right } else { Run::Wrong(answer) }
    }

    /// Walks the listing, its first page at `first` and the others at `then`, and holds it to what was recorded.
    pub(super) fn lists(&self, first: &str, then: &str, size: usize) {
        assert_eq!(list(first, then, size).unwrap(), self.items, "pages of {size}");
    }
}

fn write(number: usize) -> String {
    json!({ "name": format!("share-{number}") }).to_string()
}

/// The items of a listing page by page, or the answer that is none.
pub(super) fn list(first: &str, then: &str, size: usize) -> Result<Vec<Value>, String> {
    let mut parameters = json!({ "resourceOwner": "OTHER-ACCOUNTS", "maxResults": size });
    let (mut items, mut url) = (Vec::new(), first);
    loop {
        let (status, answer) = post(url, LIST, &parameters.to_string());
        let page: Value = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        let (200, Some(listed)) = (status, page["resourceShares"].as_array()) else { return Err(answer) };
        items.extend(listed.iter().cloned());
        let Some(token) = page["nextToken"].as_str() else { return Ok(items) };
        parameters["nextToken"] = token.into();
        url = then;
    }
}

pub(super) fn reset(url: &str, name: &str) -> (u16, Value) {
    let (status, answer) = post(url, &format!("/_ramtape/sessions/{name}/reset"), "");
    (status, serde_json::from_str(&answer).unwrap())
}

/// What is told of a session there.
pub(super) fn session(url: &str, name: &str) -> Value {
    serde_json::from_str(&get(url, &format!("/_ramtape/sessions/{name}")).1).unwrap()
}

/// The names of the sessions there.
pub(super) fn sessions(url: &str) -> Vec<String> {
    let listed: Value = serde_json::from_str(&get(url, "/_ramtape/sessions").1).unwrap();
    listed.as_array().unwrap().iter().filter_map(|session| Some(session["name"].as_str()?.to_owned())).collect()
}
