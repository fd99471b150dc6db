//! The set-up of tests in one process: a simulated RAM endpoint, ramtape in front of it, and a bare HTTP client.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ramtape::app;
use ramtape::aws::{CredentialSource, Keys};
use ramtape::config::{Config, Environment, RawConfig, RecordMode, Settings};
use ramtape::model::Secret;
use ramtape::simulator::{Credential, RunningSimulator, Simulator, SimulatorSettings};
use serde_json::{Value, json};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const NOTHING: [(&str, &str); 0] = [];

/// A folder for cassettes, and the endpoint while it is up.
pub(crate) struct Stage {
    folder: TempDir,
    endpoint: Option<RunningSimulator>,
    url: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(SimulatorSettings { seed: Some(7), ..SimulatorSettings::default() }).await
    }

    pub(crate) async fn with(settings: SimulatorSettings) -> Self {
        let endpoint = Simulator::start(settings).await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), url: endpoint.base_url(), endpoint: Some(endpoint) }
    }

    /// The endpoint, while it is up.
    pub(crate) fn endpoint(&self) -> &RunningSimulator {
        self.endpoint.as_ref().unwrap()
    }

    /// The endpoint is gone; what ramtape is told to ask stays the same.
    pub(crate) async fn stop_endpoint(&mut self) {
        self.endpoint.take().unwrap().stop().await;
    }

    /// The folder that cassettes are in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The endpoint's base URL, up or not.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The folder of the cassette called `name`.
    pub(crate) fn cassette(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn ramtape(&self, cassette: &str, mode: RecordMode) -> Ramtape {
        self.ramtape_with(cassette, mode, |_| ()).await
    }

    pub(crate) async fn ramtape_with(
        &self,
        cassette: &str,
        mode: RecordMode,
        change: impl FnOnce(&mut RawConfig),
    ) -> Ramtape {
        Self::start(self.config(cassette, mode, change)).await
    }

    /// The configuration that [`Self::ramtape_with`] starts from.
    pub(crate) fn config(&self, cassette: &str, mode: RecordMode, change: impl FnOnce(&mut RawConfig)) -> Config {
        let mut written = RawConfig {
            cassette: Some(self.cassette(cassette)),
            upstream: Some(self.url.clone()),
            ..RawConfig::default()
        };
        change(&mut written);
        let environment = Environment::from_variables(NOTHING, self.folder.path());
        Config::from_settings(Settings::load(written, &environment).unwrap(), mode).unwrap()
    }

    pub(crate) async fn start(config: Config) -> Ramtape {
        let running = app::start_as(config, CredentialSource::Fixed(owner())).await.unwrap();
        Ramtape { caller: Caller::of(&running.base_url()), running }
    }

    /// The text of every file in a cassette, by path inside it.
    pub(crate) fn texts(&self, cassette: &str) -> Vec<(String, String)> {
        let root = self.cassette(cassette);
        let mut texts = Vec::new();
        for folder in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap()) {
            let name = folder.file_name().into_string().unwrap();
            if name.starts_with('.') || !folder.path().is_dir() {
                continue;
            }
            for file in std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
                let inside = format!("{name}/{}", file.file_name().unwrap().to_str().unwrap());
                texts.push((inside, std::fs::read_to_string(&file).unwrap()));
            }
        }
        texts.sort();
        texts
    }
}

/// The keys that ramtape signs with.
pub(crate) fn owner() -> Keys {
    let Credential { access_key_id, secret, .. } = Credential::owner();
    Keys { access_key_id, secret: Secret::new(secret), session_token: None, expiry: None }
}

/// A running ramtape and a client of it.
pub(crate) struct Ramtape {
    running: app::RunningServer,
    caller: Caller,
}

impl Ramtape {
    pub(crate) async fn stop(self) -> ramtape::engine::Summary {
        self.running.stop().await.unwrap()
    }

    /// What the inspector answers to who has the token, at the path `path` below its root.
    pub(crate) async fn look(&self, path: &str) -> Answer {
        let (root, token) = self.running.inspector.split_once("/?token=").unwrap();
        let request = Request::get(format!("{root}/{path}")).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Full::default()).unwrap()).await
    }

    /// What was worth a line at the start.
    pub(crate) fn notices(&self) -> &[String] {
        &self.running.notices
    }

    /// Stops; gives of how many requests was told before each that was sealed.
    pub(crate) async fn stop_listening(self) -> Vec<usize> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&told);
        self.running.stop_with_progress(move |all| hear.lock().unwrap().push(all)).await.unwrap();
        std::mem::take(&mut *told.lock().unwrap())
    }
}

impl Deref for Ramtape {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// A bare HTTP client of whatever answers at `base`.
pub(crate) struct Caller {
    pub(crate) base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A request in the making: what a test wants to say besides operation and body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asking {
    pub(crate) headers: HeaderMap,
    pub(crate) session: Option<String>,
}

impl Asking {
    pub(crate) fn invocation(id: &str) -> Self {
        Self::default().header("amz-sdk-invocation-id", id)
    }

    pub(crate) fn session(name: &str) -> Self {
        Self { session: Some(name.to_owned()), ..Self::default() }
    }

    /// As from a client that signs for `region`; the signature is nonsense.
    pub(crate) fn region(region: &str) -> Self {
        let scope = format!("AKIDEXAMPLE/20261122/{region}/ram/aws4_request");
        Self::default().header(
            "authorization",
            &format!(
                "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={}",
                "0".repeat(64)
            ),
        )
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn next_token(&self) -> Option<String> {
        self.json()["nextToken"].as_str().map(str::to_owned)
    }

    /// The error's name, up to its first colon.
    pub(crate) fn error(&self) -> Option<String> {
        let kind = self.headers.get("x-amzn-errortype")?.to_str().unwrap();
        Some(kind.split(':').next().unwrap().to_owned())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl Caller {
    pub(crate) fn of(base: &str) -> Self {
        Self { base: base.to_owned(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// POSTs `body` to the operation's path, by the capability URL.
    pub(crate) async fn post(&self, operation: &str, body: Value) -> Answer {
        self.ask(operation, body.to_string(), Asking::default()).await
    }

    pub(crate) async fn ask(&self, operation: &str, body: impl Into<Bytes>, asking: Asking) -> Answer {
        let session = asking.session.map(|name| format!("/~{name}")).unwrap_or_default();
        let url = format!("{}{session}/{}", self.base, operation.to_lowercase());
        let mut request = Request::new(Full::new(body.into()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.parse().unwrap();
        *request.headers_mut() = asking.headers;
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let answer = self.client.request(request).await.unwrap();
        let (head, body) = answer.into_parts();
        Answer { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    /// Follows nextToken from the first page, `limit` pages at most.
    pub(crate) async fn pages(&self, operation: &str, parameters: &Value, limit: usize) -> Vec<Answer> {
        self.pages_from(operation, parameters, None, limit).await
    }

    /// Follows nextToken from the page that `token` leads to.
    pub(crate) async fn pages_from(
        &self,
        operation: &str,
        parameters: &Value,
        token: Option<String>,
        limit: usize,
    ) -> Vec<Answer> {
        follow(async |body| self.post(operation, body).await, parameters, token, limit).await
    }
}

/// The pages that `post` gives for `parameters`, from the first one or the one that `token` leads to, `limit` at most.
pub(crate) async fn follow(
    post: impl AsyncFn(Value) -> Answer,
    parameters: &Value,
    mut token: Option<String>,
    limit: usize,
) -> Vec<Answer> {
    let mut pages = Vec::new();
    while pages.len() < limit {
        let mut body = parameters.clone();
        if let Some(token) = token.take() {
            body["nextToken"] = json!(token);
        }
        let page = post(body).await;
        token = page.next_token();
        pages.push(page);
        if token.is_none() {
            break;
        }
    }
    pages
}

/// The bodies, as text.
pub(crate) fn bodies(pages: &[Answer]) -> Vec<String> {
    pages.iter().map(|page| String::from_utf8(page.body.to_vec()).unwrap()).collect()
}
