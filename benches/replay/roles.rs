//! The servers that ramtape is measured against.

use crate::shared::bare::{found, missing, serve};
use crate::shared::sample::Kind;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

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
