//! `/_ramtape/…`: state, sessions and variables of a running ramtape, and the inspector's pages.

mod variables;

pub use variables::{SettledVariables, VariableValues, VariablesError};

use crate::model::{Request, Response};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// Every admin path begins so.
pub const ROOT: &str = "/_ramtape";

/// Where metrics are.
const METRICS: &str = "/_ramtape/metrics";

/// The content type of metrics.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const PATHS: [&str; 9] = [
    "GET /_ramtape/ (the inspector)",
    "GET /_ramtape/metrics",
    "GET /_ramtape/health",
    "GET /_ramtape/sessions",
    "GET /_ramtape/sessions/NAME",
    "POST /_ramtape/sessions/NAME/reset",
    "POST /_ramtape/sessions/NAME/discard",
    "POST /_ramtape/sessions/NAME/variables",
    "POST /_ramtape/variables",
];

/// How many recorded answers were thrown away.
pub type Discarded<'a> = Pin<Box<dyn Future<Output = Result<u64, DiscardError>> + Send + 'a>>;

/// Why a session's recording is not thrown away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscardError {
    /// The caller may not change the cassette.
    #[error(
        "this would throw recorded answers away, and the caller has not shown that it may: use the base URL with its key, as          ramtape printed it"
    )]
    NotProved,
    /// The cassette cannot be written.
    #[error("{0}")]
    Failed(String),
}

/// The sessions that admin requests read and change.
pub trait SessionAdmin: Send + Sync + 'static {
    /// All sessions with their positions: a JSON array.
    fn list(&self) -> Value;

    /// Session `name` with its position and the text of its misses: a JSON object, with zeros where it asked for nothing.
    fn get(&self, name: &str) -> Value;

    /// Throws away what session `name` has recorded in this run, and rewinds it; gives how many answers that were.
    fn discard<'a>(&'a self, request: Request, name: &'a str) -> Discarded<'a>;

    /// Rewinds session `name`. `false` where there is none.
    fn reset(&self, name: &str) -> bool;

    /// Settles recorded variables of session `name`, or of the session of `request`: `values` are used where none are recorded.
    fn settle<'a>(&'a self, request: Request, name: Option<&'a str>, values: VariableValues) -> SettledVariables<'a>;
}

/// The answer with a page.
pub type PageResponse<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// The pages of the inspector.
pub trait Pages: Send + Sync + 'static {
    /// Whether `path` (without prefixes) is one of theirs.
    fn owns(&self, path: &str) -> bool;

    /// The answer to a request for one of them.
    fn respond(&self, request: Request) -> PageResponse<'_>;
}

/// Answers admin requests.
pub struct AdminApi {
    mode: String,
    cassette: String,
    sessions: Box<dyn SessionAdmin>,
    pages: Option<Box<dyn Pages>>,
    metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}

impl fmt::Debug for AdminApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminApi").field("mode", &self.mode).field("cassette", &self.cassette).finish_non_exhaustive()
    }
}

impl AdminApi {
    /// An admin API that shows `mode` and `cassette` as they are.
    pub fn new(mode: impl Into<String>, cassette: impl Into<String>, sessions: impl SessionAdmin) -> Self {
        Self { mode: mode.into(), cassette: cassette.into(), sessions: Box::new(sessions), pages: None, metrics: None }
    }

    /// The same, with the pages of the inspector.
    #[must_use]
    pub fn with_pages(self, pages: impl Pages) -> Self {
        Self { pages: Some(Box::new(pages)), ..self }
    }

    /// The same, with metrics in the text format of OpenMetrics. `read` may block.
    #[must_use]
    pub fn with_metrics(self, read: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { metrics: Some(Arc::new(read)), ..self }
    }

    /// The pages, if `path` is one of them.
    fn pages_at(&self, path: &str) -> Option<&dyn Pages> {
        self.pages.as_deref().filter(|pages| pages.owns(path))
    }

    /// Whether `path` (without prefixes) is an admin path and never the service's.
    #[must_use]
    pub fn owns(path: &str) -> bool {
        path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether a request for `path`, without prefixes, is read whole for [`Self::handle_request`].
    #[must_use]
    pub fn reads_request(&self, method: &Method, path: &str) -> bool {
        let has_body = matches!(route(path), Some(AdminRoute::Variables(_) | AdminRoute::Discard(_)));
        (has_body && method == Method::POST) || path == METRICS || self.pages_at(path).is_some()
    }

    /// The response to a request that was read whole.
    pub async fn handle_request(&self, request: Request) -> Response {
        if let Some(pages) = self.pages_at(&request.path) {
            return pages.respond(request).await;
        }
        let path = request.path.clone();
        if path == METRICS
            && let Some(read) = &self.metrics
        {
            return answer_metrics(&request.method, Arc::clone(read)).await;
        }
        match route(&path) {
            Some(AdminRoute::Variables(name)) => {
                let settled = match variables::read_values(&request.body) {
                    Ok(values) => self.sessions.settle(request, name, values).await,
                    Err(refusal) => Err(refusal),
                };
                settled.map_or_else(|refusal| refusal.to_response(), |values| ok(&variables::to_json(values)))
            }
            Some(AdminRoute::Discard(name)) => match self.sessions.discard(request, name).await {
                Ok(answers) => ok(&json!({ "session": name, "discarded": answers })),
                Err(error) => error.to_response(),
            },
            _ => self.handle(&request.method, &path),
        }
    }

    /// The response to a request for `path`, without prefixes.
    #[must_use]
    pub fn handle(&self, method: &Method, path: &str) -> Response {
        match route(path) {
            Some(AdminRoute::Health) => match *method {
                Method::GET | Method::HEAD => {
                    ok(&json!({ "status": "ok", "mode": self.mode, "cassette": self.cassette }))
                }
                _ => wrong_method(method, "GET, HEAD"),
            },
            Some(AdminRoute::Sessions) => match *method {
                Method::GET | Method::HEAD => ok(&self.sessions.list()),
                _ => wrong_method(method, "GET, HEAD"),
            },
            Some(AdminRoute::Reset(name)) => match *method {
                Method::POST if self.sessions.reset(name) => ok(&json!({ "session": name, "reset": true })),
                // Most clients rewind before they begin: that is no error.
                Method::POST => {
                    let message = "there is no such session: no request has named it yet";
                    ok(&json!({ "session": name, "reset": false, "message": message }))
                }
                _ => wrong_method(method, "POST"),
            },
            Some(AdminRoute::Session(name)) => match *method {
                Method::GET | Method::HEAD => ok(&self.sessions.get(name)),
                _ => wrong_method(method, "GET, HEAD"),
            },
            Some(AdminRoute::Variables(_) | AdminRoute::Discard(_)) => wrong_method(method, "POST"),
            None => Response::error(
                StatusCode::NOT_FOUND,
                "RamtapeNotFoundException",
                &format!("ramtape: no such path; there are {}", PATHS.join(", ")),
            ),
        }
    }
}

/// The response with metrics.
async fn answer_metrics(method: &Method, read: Arc<dyn Fn() -> String + Send + Sync>) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return wrong_method(method, "GET, HEAD");
    }
    match tokio::task::spawn_blocking(move || read()).await {
        Ok(text) => {
            let mut headers = HeaderMap::with_capacity(1);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(OPENMETRICS));
            Response { status: StatusCode::OK, headers, body: Bytes::from(text) }
        }
        Err(error) => {
            let message = format!("ramtape: the metrics could not be read: {error}");
            Response::error(StatusCode::INTERNAL_SERVER_ERROR, "RamtapeInternalException", &message)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum AdminRoute<'a> {
    Health,
    Sessions,
    Session(&'a str),
    Reset(&'a str),
    Discard(&'a str),
    /// Of the session named, or of the one that the request belongs to.
    Variables(Option<&'a str>),
}

fn route(path: &str) -> Option<AdminRoute<'_>> {
    let rest = path.strip_prefix(ROOT)?;
    if rest == "/health" {
        return Some(AdminRoute::Health);
    }
    if rest == "/sessions" {
        return Some(AdminRoute::Sessions);
    }
    if rest == "/variables" {
        return Some(AdminRoute::Variables(None));
    }
    let rest = rest.strip_prefix("/sessions/")?;
    let (name, what) = rest.split_once('/').unwrap_or((rest, ""));
    match what {
        _ if name.is_empty() => None,
        "" => Some(AdminRoute::Session(name)),
        "reset" => Some(AdminRoute::Reset(name)),
        "discard" => Some(AdminRoute::Discard(name)),
        "variables" => Some(AdminRoute::Variables(Some(name))),
        _ => None,
    }
}

impl DiscardError {
    fn to_response(&self) -> Response {
        let (status, kind) = match self {
            Self::NotProved => (StatusCode::FORBIDDEN, "RamtapeCallerNotProvedException"),
            Self::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "RamtapeCassetteException"),
        };
        Response::error(status, kind, &format!("ramtape: {self}"))
    }
}

fn ok(body: &Value) -> Response {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response { status: StatusCode::OK, headers, body: Bytes::from(body.to_string()) }
}

/// The response to a method that a path does not take; `allowed` are those that it takes.
pub(crate) fn wrong_method(method: &Method, allowed: &'static str) -> Response {
    let message = format!("ramtape: {method} is not allowed on this path; it takes {allowed}");
    let mut response = Response::error(StatusCode::METHOD_NOT_ALLOWED, "RamtapeMethodException", &message);
    response.headers.insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    struct OnlyA;

    impl SessionAdmin for OnlyA {
        fn list(&self) -> Value {
            json!([{ "name": "a" }])
        }

        fn get(&self, name: &str) -> Value {
            json!({ "name": name, "misses": [] })
        }

        fn discard<'a>(&'a self, request: Request, name: &'a str) -> Discarded<'a> {
            let discarded = request.key.map_or(Err(DiscardError::NotProved), |_| Ok(u64::from(name == "a")));
            Box::pin(async { discarded })
        }

        fn reset(&self, name: &str) -> bool {
            name == "a"
        }

        fn settle<'a>(&'a self, _: Request, name: Option<&'a str>, values: VariableValues) -> SettledVariables<'a> {
            let values = values.into_iter().map(|(name, value)| (name, format!("{value}!")));
            let settled = match name {
                Some("a") | None => Ok(values.collect()),
                Some(name) => Err(VariablesError::NotRecorded(name.to_owned())),
            };
            Box::pin(async { settled })
        }
    }

    fn ask(method: Method, path: &str) -> (u16, String) {
        let response = AdminApi::new("none", "cassettes/default", OnlyA).handle(&method, path);
        (response.status.as_u16(), String::from_utf8_lossy(&response.body).into_owned())
    }

    #[test]
    fn tells_its_state() {
        let state = r#"{"status":"ok","mode":"none","cassette":"cassettes/default"}"#;
        assert_eq!(ask(Method::GET, "/_ramtape/health"), (200, state.to_owned()));
    }

    #[test]
    fn resets_by_name() {
        assert_eq!(ask(Method::POST, "/_ramtape/sessions/a/reset").1, r#"{"session":"a","reset":true}"#);
        let (status, body) = ask(Method::POST, "/_ramtape/sessions/b/reset");
        assert_eq!(status, 200);
        assert!(body.starts_with(r#"{"session":"b","reset":false,"message":"there is no such session"#), "{body}");
    }

    #[test]
    fn shows_sessions() {
        assert_eq!(ask(Method::GET, "/_ramtape/sessions"), (200, r#"[{"name":"a"}]"#.to_owned()));
        assert_eq!(ask(Method::GET, "/_ramtape/sessions/b"), (200, r#"{"name":"b","misses":[]}"#.to_owned()));
        assert_eq!(ask(Method::POST, "/_ramtape/sessions").0, 405);
    }

    #[test]
    fn says_what_there_is() {
        for path in
            ["/_ramtape", "/_ramtape/", "/_ramtape/x", "/_ramtape/sessions//reset", "/_ramtape/sessions/a/b/reset"]
        {
            let (status, body) = ask(Method::GET, path);
            assert_eq!(status, 404, "{path}");
            assert!(body.contains("GET /_ramtape/sessions/NAME, POST /_ramtape/sessions/NAME/reset"), "{body}");
        }
        assert_eq!(ask(Method::POST, "/_ramtape/health").0, 405);
        assert_eq!(ask(Method::GET, "/_ramtape/sessions/a/reset").0, 405);
        assert_eq!(ask(Method::GET, "/_ramtape/sessions/a/discard").0, 405);
        assert_eq!(ask(Method::POST, "/_ramtape/sessions/a").0, 405);
        assert_eq!(ask(Method::GET, "/_ramtape/variables").0, 405);
        assert_eq!(ask(Method::PUT, "/_ramtape/sessions/a/variables").0, 405);
    }

    #[test]
    fn only_what_carries_values_is_read_whole() {
        let api = AdminApi::new("none", "c", OnlyA);
        for path in ["/_ramtape/variables", "/_ramtape/sessions/a/variables", "/_ramtape/sessions/a/discard"] {
            assert!(api.reads_request(&Method::POST, path) && !api.reads_request(&Method::GET, path), "{path}");
        }
        for path in ["/_ramtape/health", "/_ramtape/sessions/a/reset", "/_ramtape/sessions//variables", "/variables"] {
            assert!(!api.reads_request(&Method::POST, path), "{path}");
        }
    }

    async fn post(path: &str, body: &'static str, key: Option<&str>) -> (u16, String) {
        let request = Request {
            method: Method::POST,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            signed_target: path.to_owned(),
            authority: "127.0.0.1".to_owned(),
            door: crate::model::Door::Endpoint,
            key: key.map(Secret::new),
            session_prefix: None,
        };
        let response = AdminApi::new("none", "c", OnlyA).handle_request(request).await;
        (response.status.as_u16(), String::from_utf8_lossy(&response.body).into_owned())
    }

    #[tokio::test]
    async fn discards_what_a_session_recorded_for_who_may() {
        let path = "/_ramtape/sessions/a/discard";
        assert_eq!(post(path, "", Some("key")).await, (200, r#"{"session":"a","discarded":1}"#.to_owned()));
        let (status, body) = post(path, "", None).await;
        assert!(status == 403 && body.contains("use the base URL with its key"), "{body}");
    }

    #[tokio::test]
    async fn settles_variables_of_the_session_that_is_named() {
        let ask = |path: &'static str, body: &'static str| post(path, body, None);
        let settled = (200, r#"{"X":"1!"}"#.to_owned());
        for path in ["/_ramtape/variables", "/_ramtape/sessions/a/variables"] {
            assert_eq!(ask(path, r#"{"X":"1"}"#).await, settled, "{path}");
        }
        assert_eq!(ask("/_ramtape/sessions/b/variables", "{}").await.0, 409);
        assert_eq!(ask("/_ramtape/variables", "X=1").await.0, 400);
    }

    #[test]
    fn owns_whole_segments_only() {
        assert!(AdminApi::owns("/_ramtape") && AdminApi::owns("/_ramtape/health"));
        assert!(!AdminApi::owns("/_ramtaped") && !AdminApi::owns("/x/_ramtape"));
    }
}
