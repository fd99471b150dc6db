//! The root certificates that TLS trusts: Mozilla's, the system's, and those of `AWS_CA_BUNDLE`.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Why a file of trusted roots cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the CA bundle {path} cannot be used: {problem}")]
pub struct CaBundleError {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The trusted roots. The system's are read when they are first needed.
#[derive(Debug, Default)]
pub(super) struct Roots {
    bundle: Option<BundleFile>,
    native: OnceLock<Vec<CertificateDer<'static>>>,
}

#[derive(Debug)]
struct BundleFile {
    pem: Vec<u8>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Reads the PEM file `bundle`, if there is one.
    pub(super) fn read(bundle: Option<&Path>) -> Result<Self, CaBundleError> {
        let bundle = bundle.map(BundleFile::read).transpose()?;
        Ok(Self { bundle, native: OnceLock::new() })
    }

    /// The configuration of a TLS client that trusts these roots. Reads files: not for an async thread.
    pub(super) fn client_config(&self) -> Result<ClientConfig, rustls::Error> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.add_parsable_certificates(self.native().iter().cloned());
        let bundle = self.bundle.iter().flat_map(|bundle| bundle.certificates.iter().cloned());
        roots.add_parsable_certificates(bundle);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }

    /// Whether the system has any root that can be read. Reads files: not for an async thread.
    pub(super) fn has_native(&self) -> bool {
        RootCertStore::empty().add_parsable_certificates(self.native().iter().cloned()).0 > 0
    }

    /// The bundle's text, checked.
    pub(super) fn bundle_pem(&self) -> Option<&[u8]> {
        self.bundle.as_ref().map(|bundle| bundle.pem.as_slice())
    }

    fn native(&self) -> &[CertificateDer<'static>] {
        self.native.get_or_init(|| {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "some of the system's trusted roots cannot be read");
            }
            found.certs
        })
    }
}

impl BundleFile {
    fn read(path: &Path) -> Result<Self, CaBundleError> {
        let bad = |problem| CaBundleError { path: path.display().to_string(), problem };
        let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| bad(format!("it is not PEM: {error:?}")))?;
        if certificates.is_empty() {
            return Err(bad("it holds no certificate".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for (number, certificate) in certificates.iter().enumerate() {
            let parsed = store.add(certificate.clone());
            parsed.map_err(|error| bad(format!("its certificate {} cannot be read: {error}", number + 1)))?;
        }
        Ok(Self { pem, certificates })
    }
}
