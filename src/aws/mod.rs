//! The AWS side: endpoints, credentials, signatures, and the client that sends requests upstream.
//!
//! A request that was signed for ramtape goes up afresh: method, path, query and body, the few headers that upstream may need,
//! and a signature by ramtape's own credentials. One that was signed for upstream itself is passed on as it is (`passthrough`).
//! Nothing is built, read or fetched before the first request.

mod address;
mod answer;
mod caller;
mod client;
mod content_encoding;
mod credentials;
mod endpoint;
mod error;
mod hosts;
mod http_failure;
mod https;
mod issued_keys;
mod known_keys;
mod passthrough;
mod resolve;
mod roots;
mod service_endpoints;
mod shared_files;
pub mod sigv4;
mod upstream;

pub use address::{AddressRules, ForbiddenAddress, NetworkError, Reserved, parse_network};
pub use answer::Answer;
pub use caller::{CallerError, Proof, Trust, has_key, key_id_end};
pub use credentials::{CredentialSource, Credentials, CredentialsError, Keys, SigningKeys};
pub use endpoint::{BaseUrl, Endpoint};
pub use error::{Phase, UpstreamError};
pub use hosts::{EndpointKind, ServiceHost, endpoint_host, endpoint_hosts, is_aws_host};
pub use https::{HttpsError, HttpsPool, https_pool};
pub use issued_keys::{IssuedKey, IssuedKeys};
pub use known_keys::KnownKeys;
pub use resolve::{Names, ResolveError, Resolver};
pub use roots::CaBundleError;
pub use service_endpoints::{AddressedService, FixedEndpoint, ServiceEndpoint, ServiceEndpoints};
pub use shared_files::{ProfileKeys, SharedFiles};
pub use upstream::{Destination, Upstream, UpstreamSettings};
