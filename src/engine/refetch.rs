//! A recorded read asked once more: read → sign → send → scrub, page by page. A write is never asked.

use crate::aws::{Answer, Destination, SigningKeys, Upstream, UpstreamError};
use crate::engine::classify::{error_kind, is_recordable};
use crate::engine::pagination::page_loop_guard::{PageLoopGuard, PaginationError};
use crate::engine::request_builder::RequestBuilder;
use crate::json::{self, Kind as JsonKind, Node, quote, unquote};
use crate::model::{Actor, DEFAULT_ACTOR, Entry, Page, Request, SecretMembers, Take};
use crate::redact::{Redaction, RedactionError, Scrubbed};
use crate::service::{Operation, OperationKind, Service};
use crate::token::{ExtractedToken, extract_token};
use bytes::Bytes;
use http::{HeaderValue, header};
use std::time::Duration;

/// How long to wait before upstream is asked again after an error that passes: throttling, a fault of the service.
const PATIENCE: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Why a recorded request is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRefetchable {
    /// It would change something.
    #[error("it is a write")]
    Write,
    /// Nobody knows with whose credentials.
    #[error("its actor {0} is not configured: set `profile` in [actors.{0}]")]
    UnknownActor(String),
    /// Of another service than RAM, of which no more is known than its name.
    #[error("its service has no model: only RAM is asked again")]
    Companion,
    /// Nobody knows whether it would.
    #[error("its operation is not in the table, so it may be a write")]
    Unknown,
    /// Its values are a session's, or stand for others.
    #[error("placeholder values unknown: cannot resend")]
    Hole,
    /// Some of its values are pseudonyms, which upstream never heard of.
    #[error("its request has pseudonyms for redacted values, and the real values are unknown")]
    Redacted,
    /// It went on where another listing had ended.
    #[error("its request has a page token that only upstream knows")]
    Token,
}

/// Why there is no answer to compare.
#[derive(Debug, thiserror::Error)]
pub enum RefetchError {
    /// Upstream does not answer.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// It answered with something that tells nothing of the service.
    #[error("upstream answered {status} {kind}")]
    Passing {
        /// The status.
        status: u16,
        /// The error's name.
        kind: String,
    },
    /// The answer cannot be redacted as the recorded one was.
    #[error("the answer cannot be redacted")]
    Redaction(#[from] RedactionError),
    /// The listing does not end.
    #[error(transparent)]
    Pagination(#[from] PaginationError),
}

/// Asks recorded reads again.
#[derive(Clone, Copy, Debug)]
pub struct Refetcher<'a> {
    /// The service's table: it tells reads from writes.
    pub service: &'a Service,
    /// The configured principals: only as those, and as the default one, can be asked.
    pub actors: &'a [Actor],
    /// Where to ask.
    pub upstream: &'a Upstream,
    /// The cassette's rules: what is compared was redacted by them.
    pub redaction: &'a Redaction,
}

/// A recorded read that can be asked. Only [`Refetcher::plan_refetch`] makes one, and only of reads.
#[derive(Debug)]
pub struct Refetch<'a> {
    operation: &'a Operation,
    entry: &'a Entry,
    /// The parameters, as the body or the query has them.
    parameters: Vec<(String, String)>,
}

/// What upstream answers now.
#[derive(Debug)]
pub struct RefetchedPages {
    /// The pages, as they would be recorded.
    pub pages: Vec<Scrubbed<Page>>,
    /// Whether they are all.
    pub complete: bool,
    /// Whether there are values in them that only the cassette's key, which is missing, could compare.
    pub keyless: bool,
}

impl RefetchedPages {
    /// The take that they would be, in place of `recorded`.
    #[must_use]
    pub fn take(&self, recorded: &Take) -> Take {
        let pages = self.pages.iter().map(|page| page.inner().clone()).collect();
        Take { pages, complete: self.complete, ..recorded.clone() }
    }
}

impl<'a> Refetcher<'a> {
    /// The read that `entry` is of.
    ///
    /// # Errors
    /// Where it is none, or cannot be asked as it was.
    pub fn plan_refetch(&self, entry: &'a Entry) -> Result<Refetch<'a>, NotRefetchable> {
        if entry.operation.service().is_some() {
            return Err(NotRefetchable::Companion);
        }
        let operation = self.service.operation_named(entry.operation.as_str()).ok_or(NotRefetchable::Unknown)?;
        if operation.kind != OperationKind::Read {
            return Err(NotRefetchable::Write);
        }
        if entry.actor != DEFAULT_ACTOR && !self.actors.iter().any(|actor| actor.label == entry.actor) {
            return Err(NotRefetchable::UnknownActor(entry.actor.clone()));
        }
        let Ok(node) = json::parse(entry.request.as_bytes()) else { return Err(NotRefetchable::Unknown) };
        if has_hole(&node) {
            return Err(NotRefetchable::Hole);
        }
        if self.redaction.has_pseudonyms(&entry.request) {
            return Err(NotRefetchable::Redacted);
        }
        if operation.page_items.is_some() && node.member(&self.service.paging.token).is_some() {
            return Err(NotRefetchable::Token);
        }
        let JsonKind::Object(members) = &node.kind else { return Err(NotRefetchable::Unknown) };
        let spelled =
            |member: &json::Member<'_>| Some((unquote(member.key).ok()?.into_owned(), member.value.raw.to_owned()));
        Ok(Refetch { operation, entry, parameters: members.iter().filter_map(spelled).collect() })
    }

    /// Asks, page by page of `size`, until the listing ends or `most` pages are there. An error is an answer too, unless
    /// it tells of the moment or of the credentials only.
    ///
    /// # Errors
    /// Where there is no answer that says something of the service.
    pub async fn walk(
        &self,
        refetch: &Refetch<'_>,
        size: Option<u32>,
        most: Option<usize>,
    ) -> Result<RefetchedPages, RefetchError> {
        let paging = &self.service.paging;
        let foreign = self.redaction.foreign_key_pseudonyms();
        let mut pages = Vec::new();
        let mut token: Option<String> = None;
        let mut guard = PageLoopGuard::default();
        loop {
            let paged = size.map(|size| (paging.size.clone(), size.to_string()));
            let onward = token.take().map(|token| (paging.token.clone(), quote(&token)));
            let answer = self.ask(refetch, paged.into_iter().chain(onward)).await?;
            let position = u32::try_from(pages.len() + 1).unwrap_or(u32::MAX);
            let is_page = refetch.operation.page_items.is_some() && answer.status.is_success();
            let extracted = if is_page {
                extract_token(&answer.body, &paging.token, position)
            } else {
                ExtractedToken::unchanged(&answer.body)
            };
            let ends = extracted.upstream_token.is_none() && !extracted.is_not_text;
            let next = extracted.upstream_token;
            let name = &refetch.entry.operation;
            pages.push(self.redaction.redact_page(
                name,
                SecretMembers::default(),
                (answer.status.as_u16(), &answer.headers),
                extracted.body,
            )?);
            let Some(next) = next.filter(|_| most != Some(pages.len())) else {
                let keyless = self.redaction.foreign_key_pseudonyms() > foreign;
                return Ok(RefetchedPages { pages, complete: ends, keyless });
            };
            guard.follow(&next)?;
            token = Some(next);
        }
    }

    /// One page. What passes by itself is waited for a little.
    async fn ask(
        &self,
        refetch: &Refetch<'_>,
        paging: impl Iterator<Item = (String, String)>,
    ) -> Result<Answer, RefetchError> {
        let request = refetch.build_request(paging);
        let Entry { actor, region, .. } = refetch.entry;
        let mut patience = PATIENCE.iter();
        loop {
            let destination = Destination {
                service: &self.service.name,
                region,
                actor,
                signing: &SigningKeys::OfActor,
                keeps_headers: false,
            };
            let answer = self.upstream.send(&destination, &request, request.body.clone()).await?;
            if is_recordable(&answer, &self.service.recording) {
                return Ok(answer);
            }
            let kind = error_kind(&answer).unwrap_or_default();
            let passes = !self.service.recording.authentication_errors.contains(&kind);
            // A region that is not enabled still answers so.
            if !passes && refetch.was_answered(&kind) {
                return Ok(answer);
            }
            match patience.next().filter(|_| passes) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return Err(RefetchError::Passing { status: answer.status.as_u16(), kind }),
            }
        }
    }
}

impl<'a> Refetch<'a> {
    /// The operation that it is of.
    #[must_use]
    pub const fn operation(&self) -> &'a Operation {
        self.operation
    }

    /// Whether an error of this `kind` was recorded as an answer.
    fn was_answered(&self, kind: &str) -> bool {
        let last = |take: &Take| take.pages.last().and_then(Page::error_kind);
        self.entry.takes.iter().any(|take| last(take).as_deref() == Some(kind))
    }

    /// The request, with the paging members given beside the recorded ones.
    fn build_request(&self, paging: impl Iterator<Item = (String, String)>) -> Request {
        let mut builder = RequestBuilder::for_operation(self.operation);
        for (name, value) in self.parameters.iter().cloned().chain(paging) {
            builder.add(&name, &value);
        }
        let mut request = builder.build();
        if request.body.is_empty() {
            request.body = Bytes::from_static(b"{}");
        }
        let user_agent = HeaderValue::from_static(concat!("ramtape/", env!("CARGO_PKG_VERSION")));
        request.headers.insert(header::USER_AGENT, user_agent);
        request
    }
}

/// Whether a value stands for another one somewhere in the canonical parameters.
fn has_hole(node: &Node<'_>) -> bool {
    match &node.kind {
        JsonKind::Array(items) => items.iter().any(has_hole),
        JsonKind::Object(members) => match members.as_slice() {
            [member] if member.key.starts_with("\"$") && !member.key.starts_with("\"$$") => true,
            members => members.iter().any(|member| has_hole(&member.value)),
        },
        _ => false,
    }
}
