//! The servers that ramtape is measured against, and the endpoint that it records from.

use crate::sample::Kind;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use ramtape::simulator::{Simulator, SimulatorSettings};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A runtime as all servers here have it: one thread does the work.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A bare hyper server: the same bytes for every request, whose body it does not look at.
pub(crate) fn serve_fixed(kind: Kind) {
    let answer = Bytes::from(kind.answer(0));
    serve(move |_request| {
        let answer = answer.clone();
        async move { found(answer) }
    });
}

/// A hyper server that reads the body, hashes it, and looks the hash up in a map.
pub(crate) fn serve_lookup(kind: Kind, takes: usize) {
    let hashed = |number| (Sha256::digest(kind.body(number)).into(), Bytes::from(kind.answer(number)));
    let answers: Arc<HashMap<[u8; 32], Bytes>> = Arc::new((0..takes).map(hashed).collect());
    serve(move |request: Request<Incoming>| {
        let answers = Arc::clone(&answers);
        async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let hash: [u8; 32] = Sha256::digest(&body).into();
            answers.get(&hash).map_or_else(missing, |answer| found(answer.clone()))
        }
    });
}

/// A bare hyper proxy: it reads a request whole, sends it to `upstream` over a connection that it keeps, and passes the answer on.
pub(crate) fn forward(upstream: &str) {
    let authority = upstream.strip_prefix("http://").unwrap_or(upstream).to_owned();
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    serve(move |request: Request<Incoming>| {
        let (client, authority) = (client.clone(), authority.clone());
        async move {
            let (mut parts, body) = request.into_parts();
            let path = parts.uri.path_and_query().unwrap().clone();
            parts.uri = Uri::builder().scheme("http").authority(authority).path_and_query(path).build().unwrap();
            let body = body.collect().await.unwrap().to_bytes();
            let answer = client.request(Request::from_parts(parts, Full::new(body))).await.unwrap();
            let (parts, body) = answer.into_parts();
            Response::from_parts(parts, Full::new(body.collect().await.unwrap().to_bytes()))
        }
    });
}

fn found(answer: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn missing() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn serve<F, A>(answer: F)
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let accept = async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answered = answer(request);
                    async move { Ok::<_, Infallible>(answered.await) }
                });
                // A connection that breaks is the load's own end.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    };
    let runtime = runtime();
    // On the worker thread, as ramtape does it.
    let accepting = runtime.spawn(accept);
    runtime.block_on(accepting).unwrap();
}

/// The simulated RAM endpoint.
pub(crate) fn simulate() {
    let runtime = runtime();
    runtime.block_on(async {
        let endpoint =
            Simulator::start(SimulatorSettings { seed: Some(7), ..SimulatorSettings::default() }).await.unwrap();
        println!("{}", endpoint.base_url());
        std::future::pending::<()>().await;
    });
}
