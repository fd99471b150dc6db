//! The demo's client: as an SDK does it, it signs each request and follows nextToken.

use crate::aws::Keys;
use crate::aws::sigv4::{SigningScope, sign};
use crate::json;
use crate::ui::DemoClientError;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::time::SystemTime;

const PATH: &str = "/getresourceshares";
const REGION: &str = "us-east-1";
const SERVICE: &str = "ram";
/// More pages than the demo's data can fill: a listing that does not end is a fault.
const MOST_PAGES: usize = 100;

/// All pages of a listing.
pub(super) struct DemoListing {
    pub(super) pages: Vec<DemoPage>,
}

/// A page.
pub(super) struct DemoPage {
    pub(super) body: Bytes,
    pub(super) items: usize,
    pub(super) next_token: Option<String>,
    signature: HeaderValue,
}

/// An answer that is no page.
pub(super) struct DemoAnswer {
    pub(super) status: http::StatusCode,
    pub(super) error_type: String,
    pub(super) message: String,
    body: Bytes,
    signature: HeaderValue,
}

impl DemoListing {
    pub(super) fn bodies(&self) -> Vec<&Bytes> {
        self.pages.iter().map(|page| &page.body).collect()
    }

    pub(super) fn signatures(&self) -> Vec<&HeaderValue> {
        self.pages.iter().map(|page| &page.signature).collect()
    }
}

/// Lists all resource shares of the caller, five a page.
pub(super) async fn list(base: &str, keys: &Keys) -> Result<DemoListing, DemoClientError> {
    let mut pages = Vec::new();
    let mut token = None;
    while pages.len() < MOST_PAGES {
        let page = page(base, keys, token.as_deref()).await?;
        token.clone_from(&page.next_token);
        pages.push(page);
        if token.is_none() {
            return Ok(DemoListing { pages });
        }
    }
    Err(DemoClientError::Endless { pages: MOST_PAGES })
}

/// Asks for something that nobody recorded.
pub(super) async fn miss(base: &str, keys: &Keys) -> Result<DemoAnswer, DemoClientError> {
    send(base, keys, r#"{"resourceOwner":"OTHER-ACCOUNTS","maxResults":5}"#.to_owned()).await
}

async fn page(base: &str, keys: &Keys, token: Option<&str>) -> Result<DemoPage, DemoClientError> {
    let token = token.map(|token| format!(r#","nextToken":{}"#, json::quote(token))).unwrap_or_default();
    let answer = send(base, keys, format!(r#"{{"resourceOwner":"SELF","maxResults":5{token}}}"#)).await?;
    if !answer.status.is_success() {
        return Err(DemoClientError::Refused { kind: answer.error_type, message: answer.message });
    }
    let node = json::parse(&answer.body).ok();
    let member = |name: &str| node.as_ref().and_then(|node| node.member(name));
    let items = member("resourceShares").and_then(|shares| shares.items()).map_or(0, <[_]>::len);
    let next_token = member("nextToken").and_then(|token| token.text()).map(std::borrow::Cow::into_owned);
    Ok(DemoPage { items, next_token, signature: answer.signature, body: answer.body })
}

async fn send(base: &str, keys: &Keys, body: String) -> Result<DemoAnswer, DemoClientError> {
    let url: Uri = format!("{base}{PATH}").parse()?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let scope = SigningScope { service: SERVICE, region: REGION, time: SystemTime::now(), as_s3: false };
    headers.extend(sign(&Method::POST, &url, &headers, body.as_bytes(), keys, scope)?);
    let signature = headers.get(header::AUTHORIZATION).cloned().unwrap_or(HeaderValue::from_static(""));

    let mut request = Request::post(url).body(Full::new(Bytes::from(body)))?;
    *request.headers_mut() = headers;
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
    let (head, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let error_type = head.headers.get("x-amzn-errortype").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let message = json::parse(&body).ok().and_then(|node| Some(node.member("message")?.text()?.into_owned()));
    Ok(DemoAnswer {
        status: head.status,
        error_type: error_type.to_owned(),
        message: message.unwrap_or_default(),
        body,
        signature,
    })
}
