//! What a session asks, and what it must be answered: recorded from the simulated endpoint in sessions that write different
//! things and otherwise ask alike.

use crate::shared::bare::{found, missing, serve};
use crate::shared::child::Server;
use crate::shared::signed::signed;
use crate::shared::wire::{ask, extent};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// How many scripts there are; clients have them by turns.
const SCRIPTS: usize = 4;

const LIST: &str = "/getresourceshares";

/// A request, and its answer at the recording.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) answer: String,
    /// Whether the body has the page token of the step before.
    pub(crate) is_next_page: bool,
}

/// The token in an answer, or in a request that goes on with a listing.
pub(crate) fn token(body: &str) -> Option<&str> {
    body.split_once(r#""nextToken":""#)?.1.split('"').next()
}

/// Records all scripts into `cassette`, and writes them to `script` with their answers.
pub(crate) fn record(cassette: &Path, script: &Path, folder: &Path) {
    let endpoint = Server::role(&["simulate"]);
    let recorder = Server::ramtape("record", cassette, &["--upstream", &endpoint.url], folder);
    let scripts: Vec<Vec<Step>> = (0..SCRIPTS)
        .map(|number| Recording::new(&recorder, &format!("{}/~script-{number}", recorder.url)).walk(number))
        .collect();
    recorder.stop();
    fs::write(script, serde_json::to_vec(&scripts).unwrap()).unwrap();
}

pub(crate) fn read(script: &Path) -> Arc<Vec<Vec<Step>>> {
    Arc::new(serde_json::from_slice(&fs::read(script).unwrap()).unwrap())
}

/// A bare hyper server that reads the body, looks path and body up, and knows no sessions: where an answer is decided by what
/// was asked before, it has the last.
pub(crate) fn serve_script(script: &Path) {
    let scripts = read(script);
    let steps = scripts.iter().flatten();
    let answers =
        steps.map(|step| ((step.path.clone(), Bytes::from(step.body.clone())), Bytes::from(step.answer.clone())));
    let answers: Arc<HashMap<(String, Bytes), Bytes>> = Arc::new(answers.collect());
    serve(move |request: Request<Incoming>| {
        let answers = Arc::clone(&answers);
        async move {
            let path = request.uri().path();
            let path = path.get(path.rfind('/').unwrap_or_default()..).unwrap_or_default().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            answers.get(&(path, body)).map_or_else(missing, |answer| found(answer.clone()))
        }
    });
}

/// A session that is recorded.
struct Recording<'a> {
    stream: TcpStream,
    base: &'a str,
    steps: Vec<Step>,
}

impl<'a> Recording<'a> {
    fn new(recorder: &Server, base: &'a str) -> Self {
        Self { stream: recorder.connect(), base, steps: Vec::new() }
    }

    /// The first step is a write: from there on every answer is decided by the session's own history.
    fn walk(mut self, number: usize) -> Vec<Step> {
        let mine = json!({ "resourceOwner": "SELF" });
        let first = self.asks("/createresourceshare", &json!({ "name": format!("load-{number}-first") }));
        let created: Value = serde_json::from_str(&first).unwrap();
        let arn = created.pointer("/resourceShare/resourceShareArn").unwrap();
        self.asks(LIST, &mine);
        self.asks(LIST, &mine);
        self.lists(&json!({ "resourceOwner": "SELF", "maxResults": 3 }));
        self.asks("/createresourceshare", &json!({ "name": format!("load-{number}-second") }));
        self.asks(LIST, &mine);
        self.lists(&json!({ "resourceOwner": "SELF", "maxResults": 3 }));
        self.asks(
            "/updateresourceshare",
            &json!({ "resourceShareArn": arn, "name": format!("load-{number}-renamed") }),
        );
        self.asks(LIST, &mine);
        self.lists(&json!({ "resourceOwner": "SELF", "maxResults": 5 }));
        self.steps
    }

    /// Walks a listing to its end.
    fn lists(&mut self, parameters: &Value) {
        let mut answer = self.asks(LIST, parameters);
        while let Some(token) = token(&answer) {
            let mut parameters = parameters.clone();
            parameters["nextToken"] = token.into();
            answer = self.asks(LIST, &parameters);
        }
    }

    fn asks(&mut self, path: &str, parameters: &Value) -> String {
        let body = parameters.to_string();
        let received = ask(&mut self.stream, &signed(self.base, path, &body));
        let (_, begin) = extent(&received).unwrap();
        let answer = String::from_utf8(received.get(begin..).unwrap().to_vec()).unwrap();
        let is_next_page = token(&body).is_some();
        self.steps.push(Step { path: path.to_owned(), body, answer: answer.clone(), is_next_page });
        answer
    }
}
