//! Bare hyper servers, which ramtape is measured against, and the endpoint that it records from.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use ramtape::simulator::{Simulator, SimulatorSettings};
use std::convert::Infallible;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A runtime as all servers here have it: one thread does the work.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// The answer that was found.
pub(crate) fn found(answer: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The answer where there is none.
pub(crate) fn missing() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Serves for ever, its address printed, and answers with what `answer` gives.
pub(crate) fn serve<F, A>(answer: F)
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
