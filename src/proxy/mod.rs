//! The HTTP face: sockets in, plain types out.
//!
//! A connection's bytes pass the head scanner (`head`, under `wire`), hyper's parser, the `gate`; then `translate`
//! turns the request into [`crate::model::Request`] and whatever [`Answer`] gives back into HTTP. What is refused on
//! the way is put into words in `refusal` and becomes an answer in `rescue`, nowhere else.
//!
//! Before that, `entrance` looks at a connection's first bytes: TLS goes to `handshake`, CONNECT to `connect`, and from there
//! as `passage` allows through `handshake` back to ramtape itself, or out by a `tunnel`.

mod authority;
mod connect;
mod connection;
mod entrance;
mod farewell;
mod gate;
mod handshake;
mod head;
mod leak;
mod limits;
mod listener;
mod passage;
mod prefix;
#[doc(hidden)]
pub mod probe;
mod pulse;
mod refusal;
mod rescue;
mod translate;
mod tunnel;
mod wire;

pub use limits::Limits;
pub use passage::{Outward, Passage, Target, Tunnels};
pub use prefix::without_prefixes;

use crate::admin::Control;
use crate::ca::{CaError, Keeper};
use crate::model::{Request, Response, Secret};
use authority::OwnNames;
use gate::Gate;
use leak::Watch;
use passage::Traffic;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use translate::{House, Tls};

/// What answers requests that the gate let through.
pub trait Answer: Send + Sync + 'static {
    /// Answers `request`. Dropped unfinished when its time is up or its client goes away: what must be carried to its end
    /// belongs in a task of its own.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// How the proxy listens and what it lets in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether `listen` may be other than loopback.
    pub allow_remote: bool,
    /// Names (`host` or `host:port`) besides loopback and `listen` that a `Host` header may carry.
    pub allowed_hosts: Vec<String>,
    /// The service whose endpoints may be addressed through ramtape as a proxy.
    pub service: String,
    /// Whether upstream can be reached: the rules for `Origin` and `Host` then apply to every request.
    pub guarded: bool,
    /// The capability key, to tell its path segment from a session's name.
    pub key: Secret,
    /// The limits.
    pub limits: Limits,
    /// This ramtape's mark in the header `x-ramtape-via`, to notice itself as its own upstream.
    pub instance: String,
    /// What signs for ramtape where the listening port speaks TLS, and nothing else.
    pub tls: Option<Arc<Keeper>>,
    /// Where CONNECT may lead to.
    pub passage: Passage,
}

/// Why the proxy could not start.
#[derive(Debug, Error)]
pub enum ProxyError {
    /// The port belongs to somebody else.
    #[error(
        "{listen} is in use; stop the program that listens there, or choose another port with --listen (0 takes a free one)"
    )]
    InUse {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// Other machines could connect, and nobody asked for that.
    #[error("{listen} is not a loopback address; add --allow-remote if other machines shall reach ramtape")]
    NotLoopback {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The system refused the address.
    #[error("cannot listen on {listen}")]
    Bind {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system does not tell the address it bound.
    #[error("the listening socket has no address")]
    NoAddress(#[source] std::io::Error),
    /// There is no certificate for TLS.
    #[error("TLS needs a certificate that clients trust")]
    Certificate(#[from] CaError),
}

/// A proxy that listens. Dropping it stops it as [`Running::stop`] does, without waiting.
#[derive(Debug)]
pub struct Running {
    /// The address that it listens on, the port filled in.
    pub addr: SocketAddr,
    stopping: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    traffic: Arc<Traffic>,
}

impl Running {
    /// What became of CONNECT so far.
    #[must_use]
    pub fn tunnels(&self) -> Tunnels {
        self.traffic.so_far()
    }

    /// Stops accepting, lets requests in flight finish within five seconds, then drops what is left. Gives what became of
    /// CONNECT to the end.
    pub async fn stop(self) -> Tunnels {
        self.stopping.send_replace(true);
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the accept loop failed");
        }
        self.traffic.so_far()
    }
}

/// Binds first, then serves in the background; the address handed back can be connected to at once.
///
/// # Errors
/// When the address cannot be bound, or is not loopback without leave, or there is no certificate for TLS.
pub async fn start<A: Answer>(
    settings: Settings,
    answer: Arc<A>,
    control: Arc<Control>,
) -> Result<Running, ProxyError> {
    let listener = listener::bind(settings.listen, settings.allow_remote).await?;
    let addr = listener.local_addr().map_err(ProxyError::NoAddress)?;
    let gate = Gate {
        own: OwnNames { listen: addr, allowed: settings.allowed_hosts },
        service: settings.service,
        guarded: settings.guarded,
        limits: settings.limits.clone(),
        instance: settings.instance,
    };
    let tls = match settings.tls {
        Some(keeper) => Some(own_tls(keeper, addr.ip()).await?),
        None => None,
    };
    let traffic = Arc::new(Traffic::default());
    let house = Arc::new(House {
        gate,
        watch: Watch::new(&settings.key),
        key: settings.key,
        answer,
        control,
        tls,
        tunnels: Semaphore::new(settings.limits.tunnels.min(Semaphore::MAX_PERMITS)),
        passage: settings.passage,
        traffic: Arc::clone(&traffic),
    });
    let (stopping, on_stop) = watch::channel(false);
    let accepting = tokio::spawn(listener::accept(listener, house, on_stop));
    Ok(Running { addr, stopping, accepting, traffic })
}

/// ramtape on loopback, for which alone its authority may speak. Signs here, so that what is missing shows at the start.
async fn own_tls(keeper: Arc<Keeper>, listen: IpAddr) -> Result<Tls, CaError> {
    let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let address = listen.to_string();
    if listen.is_loopback() && !hosts.contains(&address) {
        hosts.push(address);
    }
    keeper.server(&hosts).await?;
    Ok(Tls { keeper, hosts })
}
