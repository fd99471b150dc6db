//! The text form of certificates and keys (RFC 7468). rustls reads it; it is written by hand because rcgen's feature `pem` only
//! writes what rcgen has just made, and a bundle also has the system's certificates.

use data_encoding::BASE64;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

const LINE: usize = 64;

/// `der` as text, under `label`.
pub(super) fn text(label: &str, der: &[u8]) -> String {
    let encoded = BASE64.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(LINE.min(rest.len()));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// A certificate as text.
pub(super) fn certificate(der: &[u8]) -> String {
    text("CERTIFICATE", der)
}

/// The certificates in `text`.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(text).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        for length in [0, 1, 47, 48, 49, 500] {
            let der = vec![7; length];
            let text = certificate(&der);
            assert!(text.lines().all(|line| line.len() <= LINE), "{text}");
            assert_eq!(certificates(text.as_bytes()).unwrap(), [CertificateDer::from(der)]);
        }
    }
}
