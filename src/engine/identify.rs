//! From a request to what it asks: operation, region, actor, parameters, and their fingerprint.

use crate::engine::error::{EngineError, InvalidToken};
use crate::engine::request_scope::{ActorLabel, RequestScope};
use crate::engine::settings::EngineSettings;
use crate::fingerprint::{Fingerprint, Parameters, canonical_text};
use crate::json;
use crate::model::{OperationName, Request};
use crate::redact::{RedactedRequest, Redaction, RequestParts};
use crate::service::{Operation, OperationKind, Service};
use crate::session::{Bindings, read_binding_prefix};
use crate::token::{Token, TokenError, foreign_mark};
use crate::wire;
use http::Method;
use std::borrow::Cow;
use std::sync::Arc;

/// What requests are identified by.
#[derive(Clone, Copy)]
pub(super) struct IdentifyRules<'a> {
    /// The operations.
    pub(super) service: &'a Service,
    /// What is redacted in the copy that is fingerprinted.
    pub(super) redaction: &'a Redaction,
}

/// What a request asks.
#[derive(Clone, Debug)]
pub(super) struct IdentifiedRequest {
    /// The service it asks.
    pub(super) service: String,
    /// Its row in the service's table, if it has one; of a service without a model what its name tells.
    pub(super) operation: Option<Arc<Operation>>,
    /// Its name.
    pub(super) name: OperationName,
    /// Its folder in a cassette.
    pub(super) folder: String,
    /// The region it asks.
    pub(super) region: String,
    /// Who asks.
    pub(super) actor: ActorLabel,
    /// The canonical parameters.
    pub(super) parameters: String,
    /// The texts in its volatile members, each with a JSON pointer to it; of a read those alone that it brings first.
    pub(super) volatile: Vec<(String, String)>,
    /// What identifies it.
    pub(super) fingerprint: Fingerprint,
    /// What identifies it without any volatile member: values that it brings are named after that.
    pub(super) bare_fingerprint: Fingerprint,
    /// Which page it wants, of a listing.
    pub(super) page: PageRequest,
    /// By what the client names this write, if it does.
    pub(super) idempotency_token: Option<String>,
    /// JSON pointers to what only the redaction key, which is missing, would make the request that was recorded.
    pub(super) unkeyed: Vec<String>,
    /// What of the request was redacted: JSON pointers, each with what stands there in the cassette.
    pub(super) redacted: Vec<(String, String)>,
}

/// The paging members of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct PageRequest {
    /// A token that ramtape handed out.
    pub(super) token: Option<Token>,
    /// A token from elsewhere. Its digest stays among the parameters: what follows it is no part of this listing's chain.
    pub(super) foreign_token: bool,
    /// Whether that token came as upstream's own, which a client has that signs for upstream itself.
    pub(super) was_upstreams: bool,
    /// A legal page size.
    pub(super) max_results: Option<u32>,
    /// What stands for a token and is no text. It stays among the parameters.
    pub(super) illegal_token: bool,
    /// An illegal page size. It stays among the parameters too.
    pub(super) illegal_size: bool,
}

impl IdentifiedRequest {
    /// Whether it changes anything. What is unknown is taken for a write: it is never repeated nor shared.
    pub(super) fn is_write(&self) -> bool {
        self.operation.as_ref().is_none_or(|operation| operation.kind == OperationKind::Write)
    }

    /// Whether its answer hands out temporary credentials.
    pub(super) fn issues_credentials(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.issues_credentials)
    }

    /// The text of its parameter called `name`.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let root = json::parse(self.parameters.as_bytes()).ok()?;
        Some(root.member(name)?.text()?.into_owned())
    }

    /// The member that holds the items, of a listing.
    pub(super) fn items_member(&self) -> Option<&str> {
        self.operation.as_ref()?.page_items.as_deref()
    }
}

impl<'a> IdentifyRules<'a> {
    pub(super) fn from_settings(settings: &'a EngineSettings) -> Self {
        Self { service: &settings.service, redaction: &settings.redaction }
    }
}

/// Reads what `request` asks in `scope`. Where its session has `live` values, their names stand for them; what the volatile
/// members of a write say stands for itself elsewhere in it. What is left is scrubbed. The request itself, which may go
/// upstream, is not touched.
///
/// # Errors
/// Where its parameters cannot be read or redacted, or its token is a garbled one of ramtape's.
pub(super) fn identify(
    request: &Request,
    rules: &IdentifyRules<'_>,
    scope: &RequestScope<'_>,
    live: Option<&Bindings>,
) -> Result<IdentifiedRequest, EngineError> {
    let service = rules.service;
    let asked = ReadRequest::read(request, scope.service, service);
    let request = &asked;
    let operation = asked.operation.clone();
    let members = service.volatile_members(operation.as_deref());
    let ignored = operation.as_deref().map(|operation| operation.ignored.as_slice()).unwrap_or_default();
    let is_write = operation.as_ref().is_none_or(|operation| operation.kind == OperationKind::Write);
    // The texts in the volatile members of a write, as the client gave them.
    let own = match is_write && !members.is_empty() {
        true => find_volatile_texts(members, &Parameters::read(request.query, &request.body, operation.is_some())?),
        false => Vec::new(),
    };
    let first = redact_copy(request, rules, operation.as_deref(), (live, &own), &PageRequest::default())?;
    let (mut parameters, mut page) = read_parameters(request, first.as_ref(), operation.as_deref(), service)?;
    let (again, mut copied) = (Some(&page).filter(|page| page.illegal_token || page.illegal_size), first.as_ref());
    let again = again.map(|page| redact_copy(request, rules, operation.as_deref(), (live, &own), page)).transpose()?;
    if let Some(again) = &again {
        copied = again.as_ref();
        (parameters, page) = read_parameters(request, copied, operation.as_deref(), service)?;
    }
    // What was not looked through is as it came.
    let path = copied.filter(|copied| !copied.path.is_empty()).map_or(&*request.path, |copied| copied.path.as_str());
    let unkeyed = copied.map(|copied| copied.unkeyed.clone()).unwrap_or_default();
    let redacted = copied.map(|copied| copied.redacted.clone()).unwrap_or_default();
    let is_paging = |name: &str| {
        (name == service.paging.token && page.token.is_some())
            || (name == service.paging.size && page.max_results.is_some())
    };
    let idempotency_token = service
        .idempotency_tokens(scope.service)
        .iter()
        .find_map(|member| parameters.text(member))
        .filter(|_| is_write)
        .map(std::borrow::Cow::into_owned);
    let (name, folder) = match &operation {
        Some(operation) if scope.service == service.name => {
            (OperationName::Known(operation.name.clone()), operation.folder.clone())
        }
        Some(_) => named(OperationName::Companion(format!("{}:{path}", scope.service))),
        None => named(OperationName::Unknown(format!("{} {path}", request.method))),
    };
    let (region, actor) = (scope.region.to_owned(), scope.actor.clone());
    let spell_canonical = |skipped: &dyn Fn(&str) -> bool| {
        let hole = |text: &str| own_name(&own, text).or_else(|| live.and_then(|live| live.name_of(text)));
        let parameters = parameters.canonical_with_holes(operation.as_deref(), skipped, hole)?;
        let fingerprint = Fingerprint::hash(&canonical_text(&name, &region, &actor, &parameters));
        Ok::<_, EngineError>((parameters, fingerprint))
    };
    let is_volatile = |name: &str| members.iter().any(|volatile| volatile == name);
    let is_left_out = |name: &str| is_paging(name) || ignored.iter().any(|ignored| ignored == name);
    let (mut canonical, mut fingerprint) = spell_canonical(&|member| is_volatile(member) || is_left_out(member))?;
    let bare_fingerprint = fingerprint;
    let mut volatile = if is_write { own.clone() } else { find_volatile_texts(members, &parameters) };
    if let Some(live) = live.filter(|_| !is_write && !volatile.is_empty()) {
        // What this very listing brought has its name from there, and stays out of the request: a poll is the same each time.
        let brought = read_binding_prefix(&folder, &fingerprint);
        let is_known = |value: &str| live.name_of(value).is_some_and(|name| !name.starts_with(&brought));
        let stays_out = |member: &str| {
            let of_member = |pointer: &str| pointer.split('/').nth(1) == Some(&*json::pointer_step(member));
            is_volatile(member) && volatile.iter().any(|(at, value)| of_member(at) && !is_known(value))
        };
        (canonical, fingerprint) = spell_canonical(&|member| stays_out(member) || is_left_out(member))?;
        volatile.retain(|(_, value)| !is_known(value));
    }
    Ok(IdentifiedRequest {
        service: scope.service.to_owned(),
        operation,
        name,
        folder,
        region,
        actor,
        parameters: canonical,
        volatile,
        fingerprint,
        bare_fingerprint,
        page,
        idempotency_token,
        unkeyed,
        redacted,
    })
}

/// A request as its parameters are read from it: one of RAM's as it came, one of another service decoded from its form.
struct ReadRequest<'r> {
    operation: Option<Arc<Operation>>,
    method: &'r Method,
    /// The path; of another service's request the operation, which can have a path in it.
    path: Cow<'r, str>,
    query: &'r str,
    body: Cow<'r, [u8]>,
}

impl<'r> ReadRequest<'r> {
    fn read(request: &'r Request, asked: &str, service: &Service) -> Self {
        let method = &request.method;
        if asked == service.name {
            let operation = service.operation(method, &request.path).cloned();
            let (path, body) = (Cow::Borrowed(request.path.as_str()), Cow::Borrowed(&*request.body));
            return Self { operation, method, path, query: &request.query, body };
        }
        let call = wire::read_call(request);
        let operation = Some(Arc::new(service.companions.operation(asked, &call.operation)));
        let (path, body) = (Cow::Owned(call.operation), Cow::Owned(call.parameters.into_bytes()));
        Self { operation, method, path, query: "", body }
    }

    /// What may hold something to redact besides query and body.
    fn redactable_path(&self) -> &str {
        let is_named = self.operation.is_some() && !self.path.contains(' ');
        if is_named { "" } else { &self.path }
    }
}

fn named(name: OperationName) -> (OperationName, String) {
    let folder = name.folder();
    (name, folder)
}

/// How a write itself calls a value that one of its volatile members has.
fn own_name<'o>(own: &'o [(String, String)], text: &str) -> Option<&'o str> {
    own.iter().find(|(_, value)| value == text && !value.is_empty()).map(|(pointer, _)| pointer.as_str())
}

/// The redacted copy of `request`; `None` where there is nothing to redact. What becomes a hole or is no part of the
/// request's identity stays: nothing of it is stored, and the session needs it as the client gave it. What `page` found to be
/// illegal is stored.
fn redact_copy(
    request: &ReadRequest<'_>,
    rules: &IdentifyRules<'_>,
    operation: Option<&Operation>,
    (live, own): (Option<&Bindings>, &[(String, String)]),
    page: &PageRequest,
) -> Result<Option<RedactedRequest>, EngineError> {
    let paging = &rules.service.paging;
    let pages = operation.is_some_and(|operation| operation.page_items.is_some());
    // Of an unknown operation none is skipped: a body that has no canonical form is stored whole.
    let volatile = |name: &str| {
        operation.is_some_and(|operation| operation.volatile.iter().chain(&operation.ignored).any(|own| own == name))
    };
    let paged =
        |name: &str| (name == paging.token && !page.illegal_token) || (name == paging.size && !page.illegal_size);
    Ok(rules.redaction.redact_request(&RequestParts {
        operation: operation.map(|operation| operation.name.as_str()),
        secrets: rules.service.secrets(operation),
        path: request.redactable_path(),
        query: request.query,
        body: &request.body,
        keep: &|text| own_name(own, text).is_some() || live.is_some_and(|live| live.name_of(text).is_some()),
        skip: &|name| volatile(name) || (pages && paged(name)),
    })?)
}

/// The parameters of `request`, or of its redacted copy, and which page they ask for.
fn read_parameters<'a>(
    request: &'a ReadRequest<'_>,
    copied: Option<&'a RedactedRequest>,
    operation: Option<&Operation>,
    service: &Service,
) -> Result<(Parameters<'a>, PageRequest), EngineError> {
    let (query, body) = match copied {
        Some(copied) => (copied.query.as_str(), copied.body.as_slice()),
        None => (request.query, &*request.body),
    };
    let mut parameters = Parameters::read(query, body, operation.is_some())?;
    let page = match operation {
        Some(Operation { page_items: Some(_), .. }) => read_page_request(&mut parameters, service)?,
        _ => PageRequest::default(),
    };
    Ok((parameters, page))
}

/// The texts in the volatile `members`, each with a JSON pointer to it.
fn find_volatile_texts(members: &[String], parameters: &Parameters<'_>) -> Vec<(String, String)> {
    let texts = |member: &String| {
        let pointer = format!("/{}", json::pointer_step(member));
        match parameters.text(member) {
            Some(text) => vec![(pointer, text.into_owned())],
            None => {
                let items = parameters.texts(member).into_iter().enumerate();
                items.filter_map(|(at, text)| Some((format!("{pointer}/{at}"), text?.into_owned()))).collect()
            }
        }
    };
    members.iter().flat_map(texts).collect()
}

fn read_page_request(parameters: &mut Parameters<'_>, service: &Service) -> Result<PageRequest, EngineError> {
    let mut ask = PageRequest::default();
    if let Some(text) = parameters.text(&service.paging.token) {
        match Token::decode(&text) {
            Ok(token) => ask.token = Some(token),
            Err(TokenError::Foreign) => {
                let mark = foreign_mark(&text);
                parameters.replace(&service.paging.token, mark);
                ask.foreign_token = true;
            }
            Err(error) => return Err(EngineError::Token(InvalidToken::Unreadable(error))),
        }
    } else {
        ask.illegal_token = parameters.has(&service.paging.token);
    }
    if parameters.has(&service.paging.size) {
        let size = parameters.number(&service.paging.size).and_then(|number| number.parse().ok());
        ask.max_results = size.filter(|size| (service.paging.min..=service.paging.max).contains(size));
        ask.illegal_size = ask.max_results.is_none();
    }
    Ok(ask)
}
