//! A host that is not RAM and speaks TLS by a certificate of a company's authority: an STS that knows one caller.

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use ramtape::ca::{CertificateAuthority, ServerCertificates};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) const ARN: &str = "arn:aws:sts::111122223333:assumed-role/tester/somebody";

/// Runs until it is dropped.
pub(crate) struct OtherHost {
    /// `localhost:PORT`.
    pub(crate) name: String,
    /// What its clients must trust.
    pub(crate) authority: String,
    asked: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl OtherHost {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let company = CertificateAuthority::make(&[], Duration::from_secs(3600)).unwrap();
        let authority = company.certificate_pem();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        runtime.spawn(serve(listener, ServerCertificates::new(company), Arc::clone(&asked)));
        Self { name: format!("localhost:{port}"), authority, asked, _runtime: runtime }
    }

    /// How many requests it has had.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, certificates: ServerCertificates, asked: Arc<AtomicUsize>) {
    let config = certificates.config_for_hosts(&["localhost".to_owned()]).await.unwrap();
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (config, asked) = (Arc::clone(&config), Arc::clone(&asked));
        tokio::spawn(async move {
            let stream = tokio_rustls::TlsAcceptor::from(config).accept(socket).await.unwrap();
            let answer = service_fn(|_| {
                asked.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from(identity())))) }
            });
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            drop(builder.serve_connection(TokioIo::new(stream), answer).await);
        });
    }
}

fn identity() -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{ARN}</Arn><UserId>AROAEXAMPLE:somebody</UserId><Account>111122223333</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
}
