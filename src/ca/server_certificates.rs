//! The TLS configurations that the proxy serves with, made when first needed.

use super::leaf::Leaf;
use super::{AuthorityStore, CaError, CertificateAuthority};
use quick_cache::sync::Cache;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::Mutex;

/// How many hosts' certificates are kept. There are fewer RAM hosts than this.
const MOST_LEAVES: usize = 128;

/// The certificates of a running proxy: signed when first needed, and kept until they are due for renewal.
#[derive(Debug)]
pub struct ServerCertificates {
    store: Option<AuthorityStore>,
    authority: Mutex<Option<Arc<CertificateAuthority>>>,
    leaves: Cache<ServerIdentity, Ready>,
}

/// What a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ServerIdentity {
    /// A server of its own, whatever name its clients ask for: they ask for none where they connect to an address.
    Own(Vec<String>),
    /// One host, and none for clients that ask for another.
    Only(String),
}

/// A TLS configuration with its server certificate.
#[derive(Clone, Debug)]
struct Ready {
    config: Arc<ServerConfig>,
    fresh_until: SystemTime,
}

impl ServerCertificates {
    /// Certificates of the authority that `store` has when the first one is needed.
    #[must_use]
    pub fn from_store(store: AuthorityStore) -> Self {
        Self { store: Some(store), authority: Mutex::default(), leaves: Cache::new(MOST_LEAVES) }
    }

    /// Certificates of this authority.
    #[must_use]
    pub fn new(authority: CertificateAuthority) -> Self {
        let authority = Mutex::new(Some(Arc::new(authority)));
        Self { store: None, authority, leaves: Cache::new(MOST_LEAVES) }
    }

    /// The TLS settings of a server that is `hosts`, with HTTP/2 and HTTP/1.1 to choose from. A certificate is signed once for
    /// each list of hosts, on a thread of its own, until it is due for another.
    ///
    /// # Errors
    /// Where there is no authority, or it is not valid for all of `hosts`.
    pub async fn config_for_hosts(&self, hosts: &[String]) -> Result<Arc<ServerConfig>, CaError> {
        self.config(ServerIdentity::Own(hosts.to_vec()), SystemTime::now()).await
    }

    /// As [`Self::config_for_hosts`], of a server that is `host` to clients that ask for just that name.
    ///
    /// # Errors
    /// Where there is no authority, or it is not valid for `host`.
    pub async fn config_for_host(&self, host: &str) -> Result<Arc<ServerConfig>, CaError> {
        self.config(ServerIdentity::Only(host.to_owned()), SystemTime::now()).await
    }

    async fn config(&self, identity: ServerIdentity, now: SystemTime) -> Result<Arc<ServerConfig>, CaError> {
        if let Some(ready) = self.leaves.get(&identity) {
            if ready.fresh_until > now {
                return Ok(ready.config);
            }
            self.leaves.remove(&identity);
        }
        let ready = self.leaves.get_or_insert_async(&identity, self.sign_certificate(&identity, now)).await?;
        Ok(ready.config)
    }

    async fn sign_certificate(&self, identity: &ServerIdentity, now: SystemTime) -> Result<Ready, CaError> {
        let (authority, identity) = (self.authority(now).await?, identity.clone());
        let minted = tokio::task::spawn_blocking(move || match identity {
            ServerIdentity::Own(hosts) => settings(authority.leaf(&hosts, now)?, None),
            ServerIdentity::Only(host) => settings(authority.leaf(std::slice::from_ref(&host), now)?, Some(host)),
        });
        minted.await.map_err(CaError::make)?
    }

    /// An authority may be made or renewed while the proxy runs: one that was found is used as long as it is valid.
    async fn authority(&self, now: SystemTime) -> Result<Arc<CertificateAuthority>, CaError> {
        let mut kept = self.authority.lock().await;
        if let Some(authority) = kept.as_ref().filter(|authority| authority.expires() > now) {
            return Ok(Arc::clone(authority));
        }
        let over = || CaError::make("this process's certificate authority is no longer valid; restart ramtape");
        let store = self.store.clone().ok_or_else(over)?;
        let opened = tokio::task::spawn_blocking(move || store.open()).await;
        let opened = Arc::new(opened.map_err(CaError::make)??);
        *kept = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

fn settings(leaf: Leaf, only: Option<String>) -> Result<Ready, CaError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(CaError::make)?.with_no_client_auth();
    let mut config =
        builder.with_cert_resolver(Arc::new(SingleCertificate { certified: Arc::new(leaf.certified), only }));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Ready { config: Arc::new(config), fresh_until: leaf.fresh_until })
}

/// One certificate, for clients that ask for one name or for any.
#[derive(Debug)]
struct SingleCertificate {
    certified: Arc<CertifiedKey>,
    only: Option<String>,
}

impl ResolvesServerCert for SingleCertificate {
    fn resolve(&self, asked: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls gives the name in lower case.
        let fits = self.only.as_deref().is_none_or(|only| asked.server_name() == Some(only));
        fits.then(|| Arc::clone(&self.certified))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_host_gets_one_certificate() {
        let host = "ram.us-east-1.amazonaws.com".to_owned();
        let authority = CertificateAuthority::make(std::slice::from_ref(&host), Duration::from_secs(86_400)).unwrap();
        let certificates = ServerCertificates::new(authority);
        let first = certificates.config_for_hosts(std::slice::from_ref(&host)).await.unwrap();
        let second = certificates.config_for_hosts(std::slice::from_ref(&host)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let foreign = certificates.config_for_hosts(&["example.com".to_owned()]).await;
        assert!(matches!(foreign, Err(CaError::Outside { host }) if host == "example.com"));
    }

    #[tokio::test]
    async fn it_is_renewed_near_its_end_and_those_of_other_hosts_are_not() {
        const HOUR: Duration = Duration::from_secs(3600);
        let hosts = ["ram.us-east-1.amazonaws.com", "ram.eu-west-1.amazonaws.com"].map(str::to_owned);
        let certificates = ServerCertificates::new(CertificateAuthority::make(&hosts, 100 * HOUR).unwrap());
        let now = SystemTime::now();
        let [one, other] = hosts.map(ServerIdentity::Only);
        let at = async |identity: &ServerIdentity, hours: u32| {
            certificates.config(identity.clone(), now + hours * HOUR).await.unwrap()
        };
        let (first, of_other) = (at(&one, 0).await, at(&other, 8).await);
        assert!(!Arc::ptr_eq(&first, &of_other));
        assert!(Arc::ptr_eq(&first, &at(&one, 11).await));
        // It would hold for 24 hours.
        let second = at(&one, 13).await;
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &at(&one, 24).await) && Arc::ptr_eq(&of_other, &at(&other, 19).await));
        // The last one goes no further than the authority.
        let last = at(&one, 95).await;
        assert!(Arc::ptr_eq(&last, &at(&one, 99).await));
        let over = certificates.config(one, now + 101 * HOUR).await.unwrap_err();
        assert!(over.to_string().contains("restart ramtape"), "{over}");
    }

    #[tokio::test]
    async fn an_authority_can_be_made_later() {
        let folder = tempfile::tempdir().unwrap();
        let store = AuthorityStore::at(folder.path().join("ca"));
        let certificates = ServerCertificates::from_store(store.clone());
        let localhost = ["localhost".to_owned()];
        assert!(matches!(certificates.config_for_hosts(&localhost).await, Err(CaError::Absent { .. })));
        // One that is over is told as such, and the next one is taken without a new start.
        store.keep(&CertificateAuthority::make(&[], Duration::ZERO).unwrap()).unwrap();
        assert!(matches!(certificates.config_for_hosts(&localhost).await, Err(CaError::Expired { .. })));
        store.keep(&CertificateAuthority::make(&[], Duration::from_secs(86_400)).unwrap()).unwrap();
        assert!(certificates.config_for_hosts(&localhost).await.is_ok());
    }
}
