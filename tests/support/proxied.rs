//! A client that takes ramtape for its HTTP proxy and signs for RAM's real endpoint.

use crate::support::stage::{Answer, follow};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_request};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use ramtape::aws::Keys;
use ramtape::aws::sigv4::{SigningScope, sign};
use ramtape::model::Secret;
use ramtape::simulator::Credential;
use serde_json::Value;
use std::time::SystemTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const HOST: &str = "ram.us-east-1.amazonaws.com";

/// Asks with absolute forms, one connection a request.
pub(crate) struct Proxied {
    proxy: String,
    keys: Keys,
}

impl Proxied {
    /// A client of the proxy at `base`, whatever path that has.
    pub(crate) fn new(base: &str, keys: &Credential) -> Self {
        let proxy = base.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        let Credential { access_key_id, secret, session_token, .. } = keys.clone();
        let session_token = session_token.map(Secret::new);
        Self { proxy, keys: Keys { access_key_id, secret: Secret::new(secret), session_token, expiry: None } }
    }

    pub(crate) async fn post(&self, operation: &str, body: Value) -> Answer {
        self.ask(operation, body, &[]).await
    }

    /// With `more` headers, all of them signed.
    pub(crate) async fn ask_signing(&self, operation: &str, body: Value, more: &[(&str, &str)]) -> Answer {
        let (path, body) = (format!("/{}", operation.to_lowercase()), body.to_string());
        let length = body.len().to_string();
        let given = [&[("content-type", "application/json"), ("content-length", length.as_str())][..], more].concat();
        let Keys { access_key_id, secret, .. } = &self.keys;
        let identity = Credentials::new(access_key_id, secret.expose(), None, None, "test").into();
        let parameters = SigningParams::builder().identity(&identity).region("us-east-1").name("ram");
        let parameters =
            parameters.time(SystemTime::now()).settings(SigningSettings::default()).build().unwrap().into();
        let url = format!("https://{HOST}{path}");
        let request =
            SignableRequest::new("POST", url, given.iter().copied(), SignableBody::Bytes(body.as_bytes())).unwrap();
        let (added, _) = sign_request(request, &parameters).unwrap().into_parts();
        let (added, _) = added.into_parts();
        let mut head = format!("POST http://{HOST}{path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n");
        for (name, value) in given.iter().copied().chain(added.iter().map(|header| (header.name(), header.value()))) {
            head += &format!("{name}: {value}\r\n");
        }
        self.raw(&format!("{head}\r\n{body}")).await
    }

    /// With `more` headers, of which those that begin with `x-amz-` are signed.
    pub(crate) async fn ask(&self, operation: &str, body: Value, more: &[(&str, &str)]) -> Answer {
        let (path, body) = (format!("/{}", operation.to_lowercase()), body.to_string());
        let url: Uri = format!("https://{HOST}{path}").parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in more {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let scope = SigningScope { service: "ram", region: "us-east-1", time: SystemTime::now(), as_s3: false };
        headers.extend(sign(&Method::POST, &url, &headers, body.as_bytes(), &self.keys, scope).unwrap());
        let mut head = format!("POST http://{HOST}{path} HTTP/1.1\r\nHost: {HOST}\r\n");
        for (name, value) in &headers {
            head += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        head += &format!("Proxy-Connection: keep-alive\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        self.raw(&(head + &body)).await
    }

    /// Sends `request` as it is.
    pub(crate) async fn raw(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.proxy).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        let (status, fields) = head.split_once("\r\n").unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in fields.lines().map(|line| line.split_once(": ").unwrap()) {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let status = StatusCode::from_bytes(&status.as_bytes()[9..12]).unwrap();
        Answer { status, headers, body: Bytes::copy_from_slice(&answer[end + 4..]) }
    }

    /// Follows nextToken from the first page, `limit` pages at most.
    pub(crate) async fn pages(&self, operation: &str, parameters: &Value, limit: usize) -> Vec<Answer> {
        self.pages_from(operation, parameters, None, limit).await
    }

    /// Follows nextToken from the page that `token` leads to.
    pub(crate) async fn pages_from(
        &self,
        operation: &str,
        parameters: &Value,
        token: Option<String>,
        limit: usize,
    ) -> Vec<Answer> {
        follow(async |body| self.post(operation, body).await, parameters, token, limit).await
    }
}
