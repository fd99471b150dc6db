//! ramtape's own certificate authority: created, stored, and used to sign server certificates.
//!
//! Clients that speak TLS to ramtape must trust a certificate of its making. The authority is bound twice: by its name
//! constraints, which clients enforce, it is valid for RAM's hosts in named regions and for loopback, and for nobody
//! else; and it is short-lived. Its key is kept where only its owner can read it, or in memory alone.

mod authority;
mod bundle;
mod der;
mod error;
mod leaf;
mod pem;
mod server_certificates;
mod store;

pub use authority::CertificateAuthority;
pub use bundle::{Bundle, bundle};
pub use error::CaError;
pub use server_certificates::ServerCertificates;
pub use store::AuthorityStore;
