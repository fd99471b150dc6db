//! The operation table and the rules beside it.

use super::companions::Companions;
use super::error::ServiceError;
use super::members;
use super::operation::{Operation, OperationKind};
use super::raw::RawOperation;
use super::types::Structure;
use crate::model::{OperationName, SecretMembers};
use http::Method;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const BUILTIN: &str = include_str!("../../config/ram.toml");

/// How paged operations page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagingRules {
    /// The member with the token, in request and answer.
    pub token: String,
    /// The member with the page size.
    pub size: String,
    /// The smallest legal page size.
    pub min: u32,
    /// The largest legal page size.
    pub max: u32,
    /// What the service answers to a token it does not know.
    pub token_error: String,
    /// What it answers to an illegal page size: the first of these that the operation models.
    pub size_errors: Vec<String>,
}

/// Which errors are passed on and not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingRules {
    /// Errors that pass by themselves: throttling and faults of the service.
    pub transient_errors: Vec<String>,
    /// Errors about the caller's credentials or clock.
    pub authentication_errors: Vec<String>,
    /// Those of them that tell of the region, where the credentials work in another one.
    pub regional_errors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    service: String,
    regions: Vec<String>,
    idempotency_token: String,
    paging: PagingRules,
    recording: RecordingRules,
    errors: BTreeMap<String, u16>,
    structures: BTreeMap<String, Structure>,
    operations: BTreeMap<String, RawOperation>,
}

/// What is known of the services: of RAM its operations and rules, of the others what `config/services.toml` has.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name in a credential scope and in a host name.
    pub name: String,
    /// The regions that it is known to be in.
    pub regions: Vec<String>,
    /// The member by which a client names a write.
    pub idempotency_token: String,
    /// How it pages.
    pub paging: PagingRules,
    /// What is not recorded.
    pub recording: RecordingRules,
    /// Error name to HTTP status, as modelled.
    pub errors: BTreeMap<String, u16>,
    /// What objects in parameters and answers are made of, by name.
    pub structures: BTreeMap<String, Structure>,
    /// The services beside it.
    pub companions: Companions,
    operations: HashMap<String, Vec<Arc<Operation>>>,
}

impl Service {
    /// The built-in table (`config/ram.toml`) with `additions` on top: the `[operations]` table of the user's file.
    ///
    /// # Errors
    /// Where an addition is malformed or incomplete.
    pub fn with_additions(additions: &toml::Table) -> Result<Self, ServiceError> {
        let raw: RawService = toml::from_str(BUILTIN)?;
        Self::recording(vec![raw.service], additions, &toml::Table::new())
    }

    /// As [`Self::with_additions`], with the services called `recorded` to record, and `companions` on top of what is known of
    /// those beside RAM: the `[services]` table of the user's file.
    ///
    /// # Errors
    /// As there.
    pub fn recording(
        recorded: Vec<String>,
        additions: &toml::Table,
        companions: &toml::Table,
    ) -> Result<Self, ServiceError> {
        let mut raw: RawService = toml::from_str(BUILTIN)?;
        let modelled: Vec<String> = raw.operations.keys().cloned().collect();
        for (name, addition) in additions {
            let addition: RawOperation = addition.clone().try_into()?;
            let unmodelled = || RawOperation::unmodelled(&raw.idempotency_token);
            raw.operations.entry(name.clone()).or_insert_with(unmodelled).add(addition);
        }
        let mut operations: HashMap<String, Vec<Arc<Operation>>> = HashMap::new();
        for (name, operation) in raw.operations {
            let operation = operation.checked(name, &raw.structures, &modelled)?;
            operations.entry(operation.path.clone()).or_default().push(Arc::new(operation));
        }
        members::check_concerned_by(operations.values().flatten())?;
        Ok(Self {
            name: raw.service,
            regions: raw.regions,
            idempotency_token: raw.idempotency_token,
            paging: raw.paging,
            recording: raw.recording,
            errors: raw.errors,
            structures: raw.structures,
            companions: Companions::with_additions(recorded, companions)?,
            operations,
        })
    }

    /// The operation that `method` and `path` name, if it is one of the service's.
    #[must_use]
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Arc<Operation>> {
        self.operations.get(path)?.iter().find(|operation| operation.method == *method)
    }

    /// The operation that a cassette calls `name`, RAM's or another service's; `None` of one that nothing is known of.
    #[must_use]
    pub fn operation_called(&self, name: &OperationName) -> Option<Arc<Operation>> {
        match name {
            OperationName::Known(name) => self.operation_named(name).cloned(),
            OperationName::Companion(_) => {
                let (service, operation) = name.service()?;
                Some(Arc::new(self.companions.operation(service, operation)))
            }
            OperationName::Unknown(_) => None,
        }
    }

    /// RAM's operation called `name`.
    #[must_use]
    pub fn operation_named(&self, name: &str) -> Option<&Arc<Operation>> {
        self.operations().find(|operation| operation.name == name)
    }

    /// The members that do not count for what `operation` asks. Nothing is known of an operation that is not in the table but
    /// that a write may be named in it.
    #[must_use]
    pub fn volatile_members<'a>(&'a self, operation: Option<&'a Operation>) -> &'a [String] {
        operation.map_or(std::slice::from_ref(&self.idempotency_token), |operation| &operation.volatile)
    }

    /// The members by which clients of the service called `name` name a write.
    #[must_use]
    pub fn idempotency_tokens(&self, name: &str) -> &[String] {
        if name == self.name {
            std::slice::from_ref(&self.idempotency_token)
        } else {
            self.companions.idempotency_tokens()
        }
    }

    /// The members of requests and answers of `operation` that hold secrets, besides those that are called like secrets.
    #[must_use]
    pub fn secrets(&self, operation: Option<&Operation>) -> SecretMembers<'_> {
        let service = operation.and_then(|operation| Some(operation.name.split_once(':')?.0));
        service.map(|service| self.companions.secrets(service)).unwrap_or_default()
    }

    /// The operations that are reads, in no order.
    pub fn reads(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations().filter(|operation| operation.kind == OperationKind::Read)
    }

    /// All operations, in no order.
    pub fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations.values().flatten()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn the_built_in_table_holds_the_whole_api() {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        assert_eq!(service.operations().count(), 36);
        assert_eq!(service.operations().filter(|o| o.page_items.is_some()).count(), 14);
        assert_eq!(service.operations().filter(|o| o.method == Method::DELETE).count(), 3);
        let listing = service.operation(&Method::POST, "/getresourceshares").unwrap();
        assert_eq!((listing.name.as_str(), listing.kind), ("GetResourceShares", OperationKind::Read));
        assert!(service.operation(&Method::GET, "/getresourceshares").is_none());
    }

    #[test]
    fn a_user_adds_to_it() {
        let additions = toml::from_str::<toml::Table>(
            "[CreateResourceShare]\nvolatile = ['name']\n[Foo]\nmethod = 'POST'\npath = '/foo'\nkind = 'read'",
        );
        let service = Service::with_additions(&additions.unwrap()).unwrap();
        assert_eq!(service.operation_named("CreateResourceShare").unwrap().volatile, ["clientToken", "name"]);
        assert_eq!(service.operation(&Method::POST, "/foo").unwrap().name, "Foo");
        let slashes = toml::from_str("[Foo]\nmethod = 'POST'\npath = 'foo/'\nkind = 'read'").unwrap();
        let service = Service::with_additions(&slashes).unwrap();
        assert!(service.operation(&Method::POST, "/foo").is_some(), "its path is spelled as requests are");
        let incomplete = toml::from_str::<toml::Table>("[Bar]\nunordered = ['x']").unwrap();
        assert!(Service::with_additions(&incomplete).unwrap_err().to_string().contains("Bar"));
    }
}
