//! Real clients that reach ramtape as their HTTP proxy, through an intercepted tunnel, or over TLS.

mod corporate_proxy;
mod forward;
mod intercept;
mod intercept_run;
mod intercepted;
mod other_host;
mod rust_sdk;
mod tls;
