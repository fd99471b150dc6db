//! From a request to its canonical form, by the steps that the contract names and through the public API alone.

use super::wire::WireRequest;
use ramtape::fingerprint::{Fingerprint, ParameterError, Parameters, canonical_text};
use ramtape::model::OperationName;
use ramtape::service::{Operation, Service};
use ramtape::token::{Token, foreign_mark};
use std::sync::LazyLock;

/// The region of requests that name none: the configured one.
pub(crate) const DEFAULT_REGION: &str = "eu-central-1";

static SERVICE: LazyLock<Service> = LazyLock::new(|| Service::with_additions(&toml::Table::new()).unwrap());

/// The built-in service table.
pub(crate) fn service() -> &'static Service {
    &SERVICE
}

/// What a request asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) canonical: String,
    pub(crate) parameters: String,
    pub(crate) fingerprint: Fingerprint,
}

/// Identifies `request` as a caller's that no actor claims.
pub(crate) fn asked(request: &WireRequest) -> Result<Asked, ParameterError> {
    let service = service();
    let operation = service.operation(&request.method, &request.path).map(|operation| &**operation);
    let parameters = canonical_parameters(operation, &request.query, &request.body)?;
    let name = match operation {
        Some(operation) => OperationName::Known(operation.name.clone()),
        None => OperationName::Unknown(format!("{} {}", request.method, request.path)),
    };
    let canonical = canonical_text(&name, region(request), "default", &parameters);
    Ok(Asked { fingerprint: Fingerprint::hash(&canonical), canonical, parameters })
}

/// The canonical parameters of `query` and `body`, without what does not count in `operation`.
pub(crate) fn canonical_parameters(
    operation: Option<&Operation>,
    query: &str,
    body: &[u8],
) -> Result<String, ParameterError> {
    let mut read = Parameters::read(query, body, operation.is_some())?;
    let paging = &service().paging;
    let paged = operation.is_some_and(|operation| operation.page_items.is_some());
    let own_token = paged && read.text(&paging.token).is_some_and(|text| Token::decode(&text).is_ok());
    let foreign = read.text(&paging.token).filter(|_| paged && !own_token).map(|text| foreign_mark(&text));
    // Idempotent, for the canonical form is read again.
    if let Some(mark) = foreign.filter(|_| read.text(&paging.token).is_some_and(|text| !text.starts_with("foreign-"))) {
        read.replace(&paging.token, mark);
    }
    let legal_size = paged && read.number(&paging.size).is_some_and(|size| is_legal_size(&size));
    read.canonical(operation, |name| {
        let volatile = service().volatile_members(operation).iter().any(|member| member == name);
        volatile || (own_token && name == paging.token) || (legal_size && name == paging.size)
    })
}

fn is_legal_size(size: &str) -> bool {
    let (min, max) = (service().paging.min, service().paging.max);
    size.parse().is_ok_and(|size| (min..=max).contains(&size))
}

/// The region of the credential scope, else of RAM's host, else the configured one.
fn region(request: &WireRequest) -> &str {
    let scoped =
        request.header("authorization").and_then(|header| header.split_once("Credential=")?.1.split('/').nth(2));
    let hosted = || {
        let (label, rest) = request.header("host")?.split_once('.')?;
        ["ram", "ram-fips"].contains(&label).then(|| rest.split('.').next())?
    };
    scoped.or_else(hosted).unwrap_or(DEFAULT_REGION)
}
