//! The loopback server that a folder answers through.

use super::error::PlaceboError;
use super::folder::PlaceboFolder;
use super::playback::{Playback, PlaybackReport};
use crate::loopback::serve_connections;
use crate::model::{Door, Request, Response, VIA};
use crate::service::Service;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const LARGEST_BODY: usize = 16 << 20;

/// A folder that is served. Dropped, it stops soon.
#[derive(Debug)]
pub struct RunningPlayback {
    addr: SocketAddr,
    playback: Arc<Playback>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves `folder` on a free port of 127.0.0.1, for a ramtape in front of it.
///
/// # Errors
/// Where no port can be had.
pub async fn serve(folder: PlaceboFolder, service: Arc<Service>) -> Result<RunningPlayback, PlaceboError> {
    let failed = |source| PlaceboError::Listen { source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let playback = Arc::new(Playback::new(folder, service));
    let (stop, stopped) = oneshot::channel();
    let task = {
        let playback = Arc::clone(&playback);
        tokio::spawn(serve_connections(listener, stopped, move |stream| {
            serve_connection(stream, Arc::clone(&playback))
        }))
    };
    Ok(RunningPlayback { addr, playback, stop, task })
}

impl RunningPlayback {
    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Closes the port, and tells what was not answered and not asked for.
    pub async fn stop(self) -> PlaybackReport {
        let Self { playback, stop, task, .. } = self;
        drop(stop);
        // It can fail by a panic only, which has already been printed.
        let _ = task.await;
        playback.report()
    }
}

async fn serve_connection(stream: TcpStream, playback: Arc<Playback>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let playback = Arc::clone(&playback);
        async move { Ok::<_, Infallible>(answer(&playback, request).await) }
    });
    // How a connection ends is its client's business.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(playback: &Playback, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    // An answer that another program took would be missing in the recording.
    if !parts.headers.contains_key(VIA) {
        return plain(http::StatusCode::FORBIDDEN);
    }
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return plain(http::StatusCode::PAYLOAD_TOO_LARGE);
    };
    let request = read_request(parts, body.to_bytes());
    let Response { status, headers, body } = playback.answer(&request, OffsetDateTime::now_utc());
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn read_request(parts: http::request::Parts, body: Bytes) -> Request {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let path = parts.uri.path();
    Request {
        method: parts.method,
        // As the proxy reads it.
        path: format!("/{}", path.trim_matches('/')),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
        signed_target: target,
        authority: String::new(),
        door: Door::Endpoint,
        key: None,
        session_prefix: None,
    }
}

fn plain(status: http::StatusCode) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::default());
    *response.status_mut() = status;
    response
}
