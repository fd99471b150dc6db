//! The certificate authority: its key, and its certificate with name constraints.

use super::{CaError, der, pem};
use data_encoding::HEXLOWER;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// Clocks differ: what is made now holds a little earlier already.
pub(super) const BACKDATED: Duration = Duration::from_secs(60 * 60);

/// The name that every machine has for itself.
const LOCALHOST: &str = "localhost";

/// A certificate authority that is valid for loopback and for the hosts it was made for.
#[derive(Debug)]
pub struct CertificateAuthority {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) issuer: Issuer<'static, KeyPair>,
    expires: SystemTime,
}

impl CertificateAuthority {
    /// A new authority for `hosts` (and what is below them) and for loopback, that holds for `lifetime` from now.
    ///
    /// # Errors
    /// Where the system has no random numbers, or a host is not a host name.
    pub fn make(hosts: &[String], lifetime: Duration) -> Result<Self, CaError> {
        let key = KeyPair::generate().map_err(CaError::make)?;
        let now = SystemTime::now();
        let mut params = identity(&key);
        params.not_before = (now - BACKDATED).into();
        params.not_after = (now + lifetime).into();
        // No authority below this one.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees: permitted(hosts)?, excluded_subtrees: Vec::new() });
        let certificate = params.self_signed(&key).map_err(CaError::make)?;
        Self::from_key(certificate.der().clone(), key).ok_or_else(|| CaError::make("it cannot be read back"))
    }

    /// The authority of this certificate and this private key (PKCS #8), if they belong together.
    pub(super) fn from_parts(certificate: CertificateDer<'static>, key: &PrivatePkcs8KeyDer<'_>) -> Option<Self> {
        let key = KeyPair::try_from(key).ok()?;
        let public = key.der_bytes();
        let belongs = certificate.windows(public.len()).any(|window| window == public);
        if belongs { Self::from_key(certificate, key) } else { None }
    }

    fn from_key(certificate: CertificateDer<'static>, key: KeyPair) -> Option<Self> {
        let (_, expires) = der::validity(&certificate)?;
        // What an issuer says of itself in a leaf follows from its key alone.
        Some(Self { certificate, issuer: Issuer::new(identity(&key), key), expires })
    }

    /// The certificate, as text.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::certificate(&self.certificate)
    }

    /// When it expires.
    #[must_use]
    pub const fn expires(&self) -> SystemTime {
        self.expires
    }

    /// The day on which it expires, as in 2026-12-24.
    #[must_use]
    pub fn last_day(&self) -> String {
        OffsetDateTime::from(self.expires).date().to_string()
    }

    /// The SHA-256 of the certificate in hexadecimal, for people to compare.
    #[must_use]
    pub fn digest(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(&self.certificate))
    }

    /// Whether its name constraints allow `host`, a name or an address, as clients would check it.
    #[must_use]
    pub fn may_speak_for(&self, host: &str) -> bool {
        match host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => der::names(&self.certificate, &host.to_ascii_lowercase()),
        }
    }

    /// The private key, as PKCS #8.
    pub(super) fn key_der(&self) -> &[u8] {
        self.issuer.key().serialized_der()
    }
}

/// The distinguished name of the authority, in its own certificate and as issuer in its leaves.
fn identity(key: &KeyPair) -> CertificateParams {
    let mut name = DistinguishedName::new();
    let digest = HEXLOWER.encode(&Sha256::digest(key.der_bytes()));
    name.push(DnType::OrganizationName, "ramtape");
    name.push(DnType::CommonName, format!("ramtape local authority {}", digest.get(..8).unwrap_or_default()));
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn permitted(hosts: &[String]) -> Result<Vec<GeneralSubtree>, CaError> {
    let mut subtrees = vec![
        GeneralSubtree::DnsName(LOCALHOST.to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
        GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(std::net::Ipv6Addr::LOCALHOST.octets(), 128)),
    ];
    for host in hosts {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        // A subtree without a dot would be a whole top-level domain.
        if host.len() > 127 || host.starts_with('.') || !host.contains('.') || !host.bytes().all(plain) {
            return Err(CaError::make(format!("{host:?} is not a host name")));
        }
        subtrees.push(GeneralSubtree::DnsName(host.clone()));
    }
    Ok(subtrees)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn authority() -> CertificateAuthority {
        CertificateAuthority::make(&["ram.us-east-1.amazonaws.com".to_owned()], Duration::from_secs(86_400)).unwrap()
    }

    #[test]
    fn speaks_for_what_it_was_made_for_and_for_loopback() {
        let authority = authority();
        for own in
            ["ram.us-east-1.amazonaws.com", "RAM.us-east-1.amazonaws.com", "localhost", "127.0.0.1", "127.9.9.9", "::1"]
        {
            assert!(authority.may_speak_for(own), "{own}");
        }
        for foreign in [
            "sts.us-east-1.amazonaws.com",
            "ram.eu-west-1.amazonaws.com",
            "amazonaws.com",
            "example.com",
            "",
            "10.0.0.1",
            "::2",
        ] {
            assert!(!authority.may_speak_for(foreign), "{foreign}");
        }
    }

    #[test]
    fn is_read_back_with_its_own_key_only() {
        let (one, other) = (authority(), authority());
        let key = |authority: &CertificateAuthority| PrivatePkcs8KeyDer::from(authority.key_der().to_vec());
        let again = CertificateAuthority::from_parts(one.certificate.clone(), &key(&one)).unwrap();
        assert_eq!((again.expires(), again.digest()), (one.expires(), one.digest()));
        assert!(CertificateAuthority::from_parts(one.certificate.clone(), &key(&other)).is_none());
    }

    #[test]
    fn lives_as_long_as_it_was_told() {
        let left = authority().expires().duration_since(SystemTime::now()).unwrap();
        assert!(left <= Duration::from_secs(86_400) && left > Duration::from_secs(86_000), "{left:?}");
    }

    #[test]
    fn no_whole_domain_and_no_nonsense() {
        for bad in ["com", "", ".amazonaws.com", "a b.c", "A.com", "ä.com"] {
            assert!(CertificateAuthority::make(&[bad.to_owned()], Duration::from_secs(60)).is_err(), "{bad}");
        }
    }
}
