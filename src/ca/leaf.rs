//! Server certificates that the authority signs.

use super::CaError;
use super::authority::{BACKDATED, CertificateAuthority};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::time::{Duration, SystemTime};

/// How long a leaf holds. A process that runs longer mints another.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The age at which another one is minted.
const RENEWED_AFTER: Duration = Duration::from_secs(12 * 60 * 60);
/// No host's name: clients that check common names would hold addresses to the constraints on names.
const COMMON_NAME: &str = "ramtape";

/// A server certificate for some names, its key, and until when it may be used.
pub(super) struct Leaf {
    pub(super) certified: CertifiedKey,
    pub(super) fresh_until: SystemTime,
}

impl CertificateAuthority {
    /// Signs a certificate for `hosts`, from `now` on, with a key of its own; names and addresses alike.
    ///
    /// # Errors
    /// [`CaError::Outside`] where the authority is not valid for one of them: its clients would refuse it.
    pub(super) fn leaf(&self, hosts: &[String], now: SystemTime) -> Result<Leaf, CaError> {
        if let Some(host) = hosts.iter().find(|host| !self.may_speak_for(host)) {
            return Err(CaError::Outside { host: host.clone() });
        }
        let key = KeyPair::generate().map_err(CaError::make)?;
        let expires = (now + LIFETIME).min(self.expires());
        let params = params(hosts, now, expires)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(CaError::make)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = rustls::crypto::ring::sign::any_ecdsa_type(&key).map_err(CaError::make)?;
        let certified = CertifiedKey::new(vec![certificate.der().clone()], key);
        Ok(Leaf { certified, fresh_until: (now + RENEWED_AFTER).min(expires) })
    }
}

fn params(hosts: &[String], now: SystemTime, expires: SystemTime) -> Result<CertificateParams, CaError> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, COMMON_NAME);
    let san = |host: &String| match host.parse() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => host.as_str().try_into().map(SanType::DnsName).map_err(CaError::make),
    };
    let mut params = CertificateParams::default();
    params.not_before = (now - BACKDATED).into();
    params.not_after = expires.into();
    params.subject_alt_names = hosts.iter().map(san).collect::<Result<_, _>>()?;
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use std::sync::Arc;

    const RAM: &str = "ram.us-east-1.amazonaws.com";

    fn authority() -> CertificateAuthority {
        CertificateAuthority::make(&[RAM.to_owned()], Duration::from_secs(86_400)).unwrap()
    }

    /// The result of rustls verifying `leaf` as the certificate of `host`.
    fn verdict(authority: &CertificateAuthority, leaf: &CertificateDer<'_>, host: &str) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let host = ServerName::try_from(host).unwrap();
        verifier.verify_server_cert(leaf, &[], &host, &[], UnixTime::now()).map(|_| ())
    }

    #[test]
    fn is_accepted_for_its_own_hosts_only() {
        let authority = authority();
        let leaf = authority
            .leaf(&[RAM.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()], SystemTime::now())
            .unwrap();
        let certificate = &leaf.certified.cert[0];
        for host in [RAM, "localhost", "127.0.0.1"] {
            assert_eq!(verdict(&authority, certificate, host), Ok(()), "{host}");
        }
        for host in ["ram.eu-west-1.amazonaws.com", "127.0.0.2", "example.com"] {
            assert!(verdict(&authority, certificate, host).is_err(), "{host}");
        }
    }

    #[test]
    fn what_the_key_signs_beyond_the_constraints_is_refused() {
        let authority = authority();
        let (key, now) = (KeyPair::generate().unwrap(), SystemTime::now());
        for host in ["example.com", "sts.us-east-1.amazonaws.com", "s3.amazonaws.com", "10.1.2.3"] {
            let hosts = [host.to_owned()];
            assert!(authority.leaf(&hosts, SystemTime::now()).is_err(), "{host}");
            let rogue = params(&hosts, now, now + LIFETIME).unwrap().signed_by(&key, &authority.issuer).unwrap();
            let refused = verdict(&authority, rogue.der(), host).unwrap_err().to_string();
            assert!(refused.contains("NameConstraint"), "{host}: {refused}");
        }
    }
}
