//! The strict check before anything else reads a request.
//!
//! What hyper does not show any more (equal Content-Length fields, line ends, the head's size) is checked on the raw
//! bytes in [`super::head_scanner`]; the rest is checked here, in one pass over the headers.

use super::connect::HTTPS;
use super::host_port::{HostPort, OwnNames};
use super::limits::Limits;
use super::refusal::Refusal;
use crate::aws::ServiceEndpoints;
use crate::model::{Door, VIA};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use std::sync::Arc;

/// Browsers set it on every request; no script can.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks the head of each request before anything else reads it.
#[derive(Debug)]
pub(super) struct RequestGuard {
    pub(super) own: OwnNames,
    /// The services whose endpoints may be destination through ramtape.
    pub(super) services: ServiceEndpoints,
    /// Whether the browser rules hold on every path, not only on admin paths.
    pub(super) guarded: bool,
    pub(super) limits: Limits,
    /// This ramtape's mark in [`VIA`].
    pub(super) instance: String,
}

/// How a connection reached ramtape.
#[derive(Clone, Debug)]
pub(super) enum ConnectionOrigin {
    /// To ramtape itself.
    Direct,
    /// By a CONNECT to this host, with TLS inside that ends here.
    Intercepted(Arc<str>),
}

/// The host that a request names, and the front door it came through.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestDestination<'a> {
    /// The authority, as received.
    pub(super) authority: &'a str,
    pub(super) door: Door,
}

impl RequestGuard {
    /// Checks a request's head and returns its destination.
    pub(super) fn check<'a>(
        &self,
        parts: &'a Parts,
        is_admin: bool,
        origin: &ConnectionOrigin,
    ) -> Result<RequestDestination<'a>, Refusal> {
        if parts.method == Method::CONNECT {
            return Err(Refusal::LateConnect);
        }
        self.check_head_size(parts)?;
        let fields = self.check_fields(&parts.headers)?;
        let (mut destination, authority) = self.find_destination(parts, fields.host)?;
        if let ConnectionOrigin::Intercepted(host) = origin {
            let same = HostPort::parse(host).is_some_and(|host| host.is_same_as(authority, HTTPS));
            refuse_if(!same || destination.door != Door::Endpoint, Refusal::OutsideTunnel)?;
            destination.door = Door::Intercept;
        }
        if is_admin || self.guarded {
            if fields.from_web_page {
                return Err(Refusal::BrowserOrigin);
            }
            let is_service = destination.door.keeps_signature() && !is_admin;
            if !is_service && !self.own.contains(authority) {
                return Err(Refusal::ForeignHost);
            }
        }
        Ok(destination)
    }

    /// Checks the fields of a CONNECT to `target`. One of HTTP/1.0 needs no `Host`.
    pub(super) fn check_connect(
        &self,
        headers: &HeaderMap,
        version_10: bool,
        target: HostPort<'_>,
    ) -> Result<(), Refusal> {
        let fields = self.check_fields(headers)?;
        refuse_if(fields.from_web_page, Refusal::BrowserOrigin)?;
        refuse_if(headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0"), Refusal::BadConnect)?;
        let Some(host) = fields.host else { return refuse_if(!version_10, Refusal::NoHost) };
        let host = host.to_str().ok().and_then(HostPort::parse).ok_or(Refusal::BadHost)?;
        refuse_if(!host.is_same_as(target, HTTPS), Refusal::HostMismatch)
    }

    /// The head's size in HTTP/2, as if it had come as HTTP/1.1; there it has been measured. hyper refuses without a word
    /// what is more than twice as large.
    fn check_head_size(&self, parts: &Parts) -> Result<(), Refusal> {
        if parts.version != Version::HTTP_2 {
            return Ok(());
        }
        let fields = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
        let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
        let limit = self.limits.header_bytes;
        refuse_if(fields.sum::<usize>() + target > limit, Refusal::HeadTooLarge { limit })
    }

    fn check_fields<'a>(&self, headers: &'a HeaderMap) -> Result<HeadFields<'a>, Refusal> {
        if headers.len() > self.limits.header_count {
            return Err(Refusal::TooManyFields { limit: self.limits.header_count });
        }
        let mut fields = HeadFields::default();
        for (name, value) in headers {
            self.check_field(&mut fields, name, value)?;
        }
        Ok(fields)
    }

    fn check_field<'a>(
        &self,
        fields: &mut HeadFields<'a>,
        name: &HeaderName,
        value: &'a HeaderValue,
    ) -> Result<(), Refusal> {
        match *name {
            header::HOST => refuse_if(fields.host.replace(value).is_some(), Refusal::DuplicateHost),
            header::TRANSFER_ENCODING => Err(Refusal::TransferEncoding),
            header::CONTENT_LENGTH => self.check_content_length(fields, value),
            header::AUTHORIZATION => {
                refuse_if(std::mem::replace(&mut fields.authorization, true), Refusal::DuplicateAuthorization)
            }
            header::EXPECT => refuse_if(!value.as_bytes().eq_ignore_ascii_case(b"100-continue"), Refusal::Expectation),
            header::ORIGIN => {
                fields.from_web_page = true;
                Ok(())
            }
            _ if *name == SEC_FETCH_SITE => {
                // A page of ramtape's own, and what a user opens by hand, are safe.
                fields.from_web_page |= matches!(value.as_bytes(), b"cross-site" | b"same-site");
                Ok(())
            }
            _ => refuse_if(*name == VIA && self.is_own_mark(value), Refusal::Loop),
        }
    }

    fn check_content_length(&self, fields: &mut HeadFields<'_>, value: &HeaderValue) -> Result<(), Refusal> {
        if std::mem::replace(&mut fields.content_length, true) {
            return Err(Refusal::DuplicateContentLength);
        }
        let length = value.to_str().ok().and_then(|text| text.parse::<u64>().ok()).ok_or(Refusal::BadContentLength)?;
        let limit = self.limits.request_body;
        if usize::try_from(length).is_ok_and(|length| length <= limit) {
            Ok(())
        } else {
            Err(Refusal::BodyTooLarge { limit })
        }
    }

    fn is_own_mark(&self, value: &HeaderValue) -> bool {
        let mut marks = value.as_bytes().split(|byte| *byte == b',');
        marks.any(|mark| mark.trim_ascii() == self.instance.as_bytes())
    }

    /// The authority from `Host`, or HTTP/2's `:authority`, or both if they agree; where HTTP/1 has it in the target too, it
    /// is ramtape itself or, through it as a proxy, an endpoint of the service.
    fn find_destination<'a>(
        &self,
        parts: &'a Parts,
        host: Option<&'a HeaderValue>,
    ) -> Result<(RequestDestination<'a>, HostPort<'a>), Refusal> {
        let target = parts.uri.authority().map(http::uri::Authority::as_str);
        let is_http2 = parts.version == Version::HTTP_2;
        let host = match (host, target) {
            (Some(host), _) => host.to_str().map_err(|_| Refusal::BadHost)?,
            (None, Some(target)) if is_http2 => target,
            (None, _) => return Err(Refusal::NoHost),
        };
        let authority = HostPort::parse(host).ok_or(Refusal::BadHost)?;
        let by = |door| Ok((RequestDestination { authority: host, door }, authority));
        let Some(target) = target else { return by(Door::Endpoint) };

        let target = HostPort::parse(target).ok_or(Refusal::BadHost)?;
        let default_port = if parts.uri.scheme() == Some(&http::uri::Scheme::HTTPS) { 443 } else { 80 };
        if !target.is_same_as(authority, default_port) {
            return Err(Refusal::HostMismatch);
        }
        if is_http2 || self.own.is_own_target(target, default_port) {
            return by(Door::Endpoint);
        }
        // Both spellings count: one is where the request would go, the other what its client signed.
        let is_service = [target, authority].iter().all(|name| name.is_endpoint_of(&self.services, default_port));
        if is_service { by(Door::Proxy) } else { Err(self.not_a_forward_proxy()) }
    }

    fn not_a_forward_proxy(&self) -> Refusal {
        Refusal::NotForwardProxy { listen: self.own.listen }
    }
}

fn refuse_if(bad: bool, refusal: Refusal) -> Result<(), Refusal> {
    if bad { Err(refusal) } else { Ok(()) }
}

/// What one pass over the headers finds.
#[derive(Default)]
struct HeadFields<'a> {
    host: Option<&'a HeaderValue>,
    content_length: bool,
    authorization: bool,
    /// Whether a web page made the request.
    from_web_page: bool,
}
