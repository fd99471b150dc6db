//! The HTTP server: accepts connections, reads requests, injects faults, answers.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::authenticate::{authenticate, session_over};
use super::dispatch::{Call, ServiceState};
use super::error::AwsError;
use super::faults::Effect;
use super::generator::Generator;
use super::received::Received;
use super::reply::{self, Reply, ReplyBody};
use super::routes::{self, OperationRoute};
use super::running::RunningSimulator;
use super::settings::SimulatorSettings;
use super::shared::EndpointState;
use super::wire::{Act, Script, Wire};
use crate::aws::sigv4::SignedRequest;
use crate::loopback::serve_connections;

const LARGEST_BODY: usize = 16 * 1024 * 1024;
const GARBAGE: &[u8] = b"\x00\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n\x7f";

pub(super) async fn start(settings: SimulatorSettings) -> io::Result<RunningSimulator> {
    let seed = match settings.seed {
        Some(seed) => seed,
        None => getrandom::u64().map_err(io::Error::other)?,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
    let addr = listener.local_addr()?;
    let shared = Arc::new(EndpointState {
        state: Mutex::new(ServiceState::new(&settings, seed)),
        faults: Mutex::default(),
        journal: Mutex::default(),
        ended_sessions: Mutex::default(),
        request_ids: Mutex::new(Generator::new(seed, "request ids")),
        settings,
    });
    let (stop, stopped) = oneshot::channel();
    let task = {
        let shared = Arc::clone(&shared);
        tokio::spawn(serve_connections(listener, stopped, move |stream| serve_connection(stream, Arc::clone(&shared))))
    };
    Ok(RunningSimulator::new(addr, shared, stop, task))
}

async fn serve_connection(stream: TcpStream, shared: Arc<EndpointState>) {
    shared.journal.lock().connections += 1;
    // A failure costs some milliseconds a request, and nothing else.
    let _ = stream.set_nodelay(true);
    let script = Script::default();
    let wire = TokioIo::new(Wire::new(stream, script.clone()));
    let service = service_fn(|request| {
        let (shared, script) = (Arc::clone(&shared), script.clone());
        async move {
            let is_head = request.method() == http::Method::HEAD;
            let response = serve(&shared, &script, request).await;
            Ok::<_, Infallible>(if is_head { reply::head_alone(response) } else { response })
        }
    });
    // How a connection ends is its client's business.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(wire, service).await;
}

async fn serve(shared: &EndpointState, script: &Script, request: Request<Incoming>) -> Response<ReplyBody> {
    let (parts, body) = request.into_parts();
    let request_id = shared.request_ids.lock().uuid();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        let error = AwsError::front(413, "RequestEntityTooLargeException", "The request body could not be read.");
        return Reply::from_outcome(Err(error)).into_response(&request_id);
    };
    let incoming = Parsed::new(parts, body.to_bytes());
    shared.journal.lock().note(incoming.received());
    let effect = shared.faults.lock().take(incoming.route.map(|route| route.operation));
    match effect {
        None => answer(shared, &incoming).into_response(&request_id),
        Some(effect) => disturbed(effect, shared, script, &incoming, &request_id).await,
    }
}

fn answer(shared: &EndpointState, incoming: &Parsed) -> Reply {
    Reply::from_outcome(outcome(shared, incoming))
}

fn outcome(shared: &EndpointState, incoming: &Parsed) -> Result<Vec<u8>, AwsError> {
    let route = incoming.route.ok_or_else(|| {
        AwsError::front(404, "UnknownOperationException", "The requested operation is not known to this service.")
    })?;
    let ended = shared.ended_sessions.lock().clone();
    let proved = authenticate(&incoming.signed(), &shared.settings, &ended)?;
    let call = Call {
        route,
        region: &proved.region,
        caller: &proved.caller,
        query: incoming.parts.uri.query().unwrap_or_default(),
        body: &incoming.body,
    };
    shared.state.lock().answer(&call)
}

/// An answer that something happens to, or none.
async fn disturbed(
    effect: Effect,
    shared: &EndpointState,
    script: &Script,
    incoming: &Parsed,
    request_id: &str,
) -> Response<ReplyBody> {
    let plain = || answer(shared, incoming).into_response(request_id);
    let refuse = |error: AwsError| Reply::from_outcome(Err(error)).into_response(request_id);
    let act = |act: Act| {
        script.set(act);
        Reply::from_outcome(Ok(Vec::new())).into_response(request_id)
    };
    match effect {
        Effect::Throttled => refuse(AwsError::modelled("ThrottlingException", "Rate exceeded")),
        Effect::Unavailable => refuse(AwsError::modelled("ServiceUnavailableException", "Service unavailable.")),
        Effect::InternalError => refuse(AwsError::modelled("ServerInternalException", "Internal server error.")),
        Effect::ExpiredToken => refuse(session_over()),
        Effect::Refused { status, name, message } => refuse(AwsError::front(status, &name, message)),
        Effect::Stall => std::future::pending().await,
        Effect::Reset => act(Act::Reset),
        Effect::Garbage => act(Act::Replace(Bytes::from_static(GARBAGE))),
        Effect::HalfBody => act(Act::Replace(answer(shared, incoming).half())),
        Effect::Chunked => reply::chunked(plain()),
        Effect::ConnectionClose => reply::closing(plain()),
        Effect::ContentType(content_type) => {
            Reply { content_type: Some(content_type), ..answer(shared, incoming) }.into_response(request_id)
        }
        Effect::Mebibytes(mebibytes) => reply::huge(mebibytes, request_id),
        Effect::Latency(latency) => {
            tokio::time::sleep(latency).await;
            plain()
        }
        Effect::Raw { status, content_type, body } => {
            Reply { status, content_type, error_type: None, body }.into_response(request_id)
        }
    }
}

/// A whole request, and the operation that it is for.
struct Parsed {
    parts: http::request::Parts,
    target: String,
    body: Bytes,
    route: Option<&'static OperationRoute>,
}

impl Parsed {
    fn new(parts: http::request::Parts, body: Bytes) -> Self {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let route = routes::find(parts.method.as_str(), parts.uri.path());
        Self { parts, target, body, route }
    }

    fn received(&self) -> Received {
        Received {
            method: self.parts.method.to_string(),
            target: self.target.clone(),
            headers: self.parts.headers.clone(),
            body: self.body.clone(),
            operation: self.route.map(|route| route.operation),
        }
    }

    fn signed(&self) -> SignedRequest<'_> {
        SignedRequest {
            path_as_sent: false,
            method: &self.parts.method,
            target: &self.target,
            headers: &self.parts.headers,
            body: &self.body,
            // HTTP/2 has it here; HTTP/1 has a host header.
            authority: self.parts.uri.authority().map(http::uri::Authority::as_str),
        }
    }
}
