//! A client that signs as the Rust SDK does, and shows the bytes that came back.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use ramtape::simulator::Credential;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer's status, head and body, as received.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {raw:?}"));
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: raw[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error's name, as SDKs read it from the header.
    pub(crate) fn error(&self) -> &str {
        let value = self.header("x-amzn-ErrorType").unwrap_or_else(|| panic!("no error: {self:?}"));
        value.split(':').next().unwrap()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

pub(crate) struct Client {
    pub(crate) addr: SocketAddr,
    pub(crate) credential: Credential,
    pub(crate) region: &'static str,
    /// When it believes to be.
    pub(crate) time: fn() -> SystemTime,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr, credential: Credential) -> Self {
        Self { addr, credential, region: super::REGION, time: SystemTime::now }
    }

    /// A POST that is answered well.
    pub(crate) async fn ok(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// A POST that is refused with the error of this name.
    pub(crate) async fn refused(&self, path: &str, body: Value, error: &str) -> Answer {
        let answer = self.post(path, &body.to_string()).await;
        assert_eq!(answer.error(), error, "{path} {body}: {answer:?}");
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.call("POST", path, body).await
    }

    pub(crate) async fn call(&self, method: &str, target: &str, body: &str) -> Answer {
        let request = self.request(method, target, body, "connection: close\r\n");
        Answer::parse(&exchange(self.addr, &request).await.unwrap())
    }

    /// Every page of a listing, to the last.
    pub(crate) async fn pages(&self, path: &str, parameters: &Value) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut body = parameters.clone();
        loop {
            let page = self.ok(path, body.clone()).await;
            let token = page.get("nextToken").cloned();
            pages.push(page);
            assert!(pages.len() < 100, "{path} does not end");
            let Some(token) = token else {
                return pages;
            };
            body["nextToken"] = token;
        }
    }

    /// Every item of a listing.
    pub(crate) async fn items(&self, path: &str, parameters: &Value) -> Vec<Value> {
        let pages = self.pages(path, parameters).await;
        let items = pages.iter().map(|page| page.as_object().unwrap().values().find_map(Value::as_array).unwrap());
        items.flatten().cloned().collect()
    }

    /// The bytes of a signed request, with headers that are not signed added as they are.
    pub(crate) fn request(&self, method: &str, target: &str, body: &str, unsigned: &str) -> Vec<u8> {
        let host = self.addr.to_string();
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n{unsigned}");
        if !body.is_empty() || method == "POST" {
            head.push_str("content-type: application/json\r\n");
        }
        for (name, value) in self.signature(method, &format!("http://{host}{target}"), body) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        head.into_bytes()
    }

    fn signature(&self, method: &str, url: &str, body: &str) -> Vec<(String, String)> {
        let Credential { access_key_id, secret, session_token, .. } = &self.credential;
        let identity = Credentials::new(access_key_id, secret, session_token.clone(), None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("ram")
            .time((self.time)())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let content_type = (!body.is_empty()).then_some(("content-type", "application/json"));
        let body = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new(method, url, content_type.into_iter(), body).unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// Sends bytes, and returns all that comes back until the other side closes.
pub(crate) async fn exchange(addr: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}
