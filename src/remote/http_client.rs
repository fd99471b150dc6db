//! The HTTP client of the object stores: ramtape's own connections, with its TLS and its trusted roots.

use crate::aws::{HttpsPool, https_pool};
use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

const CONNECT_TIME: Duration = Duration::from_secs(5);
/// From a request to the head of its answer; a large object may take longer to come.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Makes the clients.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) ca_bundle: Option<PathBuf>,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let pool = https_pool(self.ca_bundle.as_deref(), CONNECT_TIME);
        let pool = pool.map_err(|error| object_store::Error::Generic { store: "HTTP", source: Box::new(error) })?;
        Ok(HttpClient::new(Service(pool)))
    }
}

struct Service(HttpsPool<HttpRequestBody>);

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = tokio::time::timeout(ANSWER_TIME, self.0.request(request)).await;
        let late = |elapsed| HttpError::new(HttpErrorKind::Timeout, elapsed);
        let answer = answer.map_err(late)?.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { kind_of(&error) };
            HttpError::new(kind, error)
        })?;
        Ok(answer.map(|body| HttpResponseBody::new(body.map_err(|error| HttpError::new(kind_of(&error), error)))))
    }
}

/// What kind of failure is at the root of `error`: it decides whether the request is sent again.
fn kind_of(error: &(dyn Error + 'static)) -> HttpErrorKind {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_incomplete_message() || error.is_closed() || error.is_body_write_aborted() {
                return HttpErrorKind::Interrupted;
            }
            if error.is_timeout() {
                return HttpErrorKind::Timeout;
            }
        }
        if error.downcast_ref::<std::io::Error>().is_some() {
            return HttpErrorKind::Interrupted;
        }
        cause = error.source();
    }
    HttpErrorKind::Unknown
}
