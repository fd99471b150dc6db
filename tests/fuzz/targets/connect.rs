//! CONNECT: whatever its line says, the way out leads to AWS's hosts on the port of HTTPS, or to what was configured.

use super::host::is_of_aws;
use super::requests::{NoSessions, NobodyAnswers, exchange, settings};
use httparse::{EMPTY_HEADER, Request, Status};
use ramtape::control::Control;
use ramtape::interaction::ServiceHost;
use ramtape::proxy::{self, Outward, Passage, Running, Settings, Target};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// What a user configured.
const CONFIGURED: &str = "vault.test:8200";

type Way = (Target, bool);

/// A way out that leads nowhere, and tells where it would have led.
#[derive(Debug, Default)]
struct Spy(Mutex<Vec<Way>>);

impl Outward for Spy {
    fn connect<'a>(
        &'a self,
        target: &'a Target,
        configured: bool,
    ) -> Pin<Box<dyn Future<Output = Result<TcpStream, String>> + Send + 'a>> {
        self.0.lock().unwrap().push((target.clone(), configured));
        Box::pin(async { Err("not today".to_owned()) })
    }
}

struct Proxy {
    running: Running,
    spy: Arc<Spy>,
    _runtime: Runtime,
}

static PROXY: LazyLock<Mutex<Proxy>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let spy = Arc::new(Spy::default());
    let outward: Arc<dyn Outward> = Arc::clone(&spy) as _;
    let passage = Passage { keeper: None, outward: Some(outward), allowed: vec![CONFIGURED.parse().unwrap()] };
    let control = Arc::new(Control::new("recording", "tape", NoSessions));
    let settings = Settings { passage, ..settings() };
    let running = runtime.block_on(proxy::start(settings, Arc::new(NobodyAnswers), control)).unwrap();
    Mutex::new(Proxy { running, spy, _runtime: runtime })
});

/// `data` is what follows the method.
pub(crate) fn check(data: &[u8]) {
    let proxy = PROXY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let head = [b"CONNECT ", data].concat();
    let answered = exchange(proxy.running.addr, &head);
    let ways = std::mem::take(&mut *proxy.spy.0.lock().unwrap());
    assert!(answered.is_empty() || answered.starts_with(b"HTTP/1.1 4") || answered.starts_with(b"HTTP/1.1 5"));
    let Some((target, configured)) = ways.first() else { return };
    assert_eq!(ways.len(), 1, "{ways:?}");
    if *configured {
        assert_eq!(target.to_string(), CONFIGURED);
    } else {
        assert_eq!(target.port, 443, "{target}");
        assert!(is_of_aws(&target.host) && ServiceHost::parse(&target.host, "ram").is_none(), "{target}");
    }
    was_asked_for(&head, target);
}

/// Another parser reads the same target in a whole head.
fn was_asked_for(head: &[u8], target: &Target) {
    let mut fields = [EMPTY_HEADER; 64];
    let mut request = Request::new(&mut fields);
    assert!(matches!(request.parse(head), Ok(Status::Complete(_))), "no whole head");
    assert_eq!(request.method, Some("CONNECT"));
    let asked = request.path.unwrap().to_ascii_lowercase();
    let (host, port) = asked.rsplit_once(':').unwrap();
    assert_eq!((host, port.parse()), (target.host.as_str(), Ok(target.port)));
}
