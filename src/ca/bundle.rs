//! Writes one file of trusted certificates for clients that take only one: ramtape's own first, then the user's, then the
//! public.
//!
//! `AWS_CA_BUNDLE` and `SSL_CERT_FILE` replace what a client trusts otherwise. A bundle of ramtape's certificate alone would
//! break every other connection: to STS for credentials, to a company's own services.

use super::{CaError, CertificateAuthority, pem};
use rustls::pki_types::CertificateDer;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A bundle's text, and how many certificates are in it.
#[derive(Debug)]
pub struct Bundle {
    /// All certificates, as PEM.
    pub text: String,
    /// How many there are.
    pub certificates: usize,
}

/// Joins the certificate of `authority`, those in the files `own`, and the public ones: the system's and Mozilla's. An
/// earlier bundle of ramtape's may be among `own`: the certificate of the `earlier` authority is left out.
///
/// # Errors
/// Where a file of `own` cannot be read.
pub fn bundle(
    authority: &CertificateAuthority,
    own: &[PathBuf],
    earlier: Option<&CertificateAuthority>,
) -> Result<Bundle, CaError> {
    let mut certificates = vec![authority.certificate.clone()];
    for path in own {
        certificates.extend(read(path)?);
    }
    certificates.extend(rustls_native_certs::load_native_certs().certs);
    certificates.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    let mut seen: HashSet<CertificateDer<'static>> =
        earlier.map(|earlier| earlier.certificate.clone()).into_iter().collect();
    certificates.retain(|certificate| seen.insert(certificate.clone()));
    let text = certificates.iter().map(|certificate| pem::certificate(certificate)).collect();
    Ok(Bundle { text, certificates: certificates.len() })
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaError> {
    let bad = |reason: String| CaError::OwnBundle { path: path.to_owned(), reason };
    let text = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    pem::certificates(&text).map_err(|error| bad(format!("it is not PEM: {error:?}")))
}
