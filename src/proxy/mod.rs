//! The HTTP proxy: sockets in, plain types out.
//!
//! A connection's bytes pass the `head_scanner` (inside a `guarded_stream`), hyper's parser and the `request_guard`; then
//! `handle_request` turns the request into [`crate::model::Request`], and the response of the [`Handler`] into HTTP. Whatever is
//! refused on the way is a `refusal` and becomes a response in `error_response`, nowhere else.
//!
//! Before that, `protocol` looks at a connection's first bytes: TLS goes to `tls`, CONNECT to `connect`, which terminates TLS as the
//! target host or opens a tunnel, as its policy says.

mod connect;
mod connection;
mod deadlines;
mod error_response;
#[doc(hidden)]
pub mod fuzzing;
mod guarded_stream;
mod handle_request;
mod handler;
mod head_scanner;
mod host_port;
mod key_leak_guard;
mod limits;
mod linger_close;
mod listener;
mod prefix;
mod protocol;
mod refusal;
mod request_guard;
mod server;
mod server_state;
mod settings;
mod tls;

pub use connect::{ConnectPolicy, ConnectTarget, Connector, InvalidTarget, TunnelCounts};
pub use handler::Handler;
pub use limits::Limits;
pub use prefix::strip_prefixes;
pub use server::{RunningProxy, start};
pub use settings::{ProxyError, ProxySettings};
