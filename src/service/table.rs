//! The operation table and the rules beside it.

use super::types::{Structure, Type};
use crate::interaction::OperationName;
use http::Method;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const BUILTIN: &str = include_str!("../../config/ram.toml");

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It only asks.
    Read,
    /// It changes something: it moves a session's history, and is never repeated by ramtape.
    Write,
}

/// One operation of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name, as in the API model.
    pub name: String,
    /// POST or DELETE. Reads are POST too: the method tells nothing about [`Kind`].
    pub method: Method,
    /// The path, in lower case.
    pub path: String,
    /// Read or write.
    pub kind: Kind,
    /// The member of the answer that holds the items, of a paged operation.
    pub page_items: Option<String>,
    /// The name of its folder in a cassette.
    pub folder: String,
    /// Members that travel in the query.
    pub query: Vec<String>,
    /// Members that do not count for what is asked (`clientToken`).
    pub volatile: Vec<String>,
    /// Members whose lists have no order.
    pub unordered: Vec<String>,
    /// Members that hold JSON inside a string.
    pub json_strings: Vec<String>,
    /// All members of the request; what a user adds can stand in `types` alone.
    pub members: Vec<String>,
    /// Those that it cannot do without.
    pub required: Vec<String>,
    /// The types of those that are no strings.
    pub types: BTreeMap<String, Type>,
    /// What an answer of success is made of, besides the paging token; `None` where nobody said.
    pub answer: Option<BTreeMap<String, Type>>,
    /// The errors that the operation models.
    pub errors: Vec<String>,
    /// Whether every write has to do with its answers, of a read: they show what they are about inside of longer strings.
    pub concerned_by_all: bool,
    /// Members of writes that have to do with its answers whatever they list, of a read.
    pub concerned_by: Vec<String>,
    /// Statuses in its answers that pass by themselves: clients wait for another.
    pub passing: Vec<String>,
}

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

/// What is passed on and not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingRules {
    /// Errors that pass by themselves: throttling and faults of the service.
    pub transient_errors: Vec<String>,
    /// Errors about the caller's credentials or clock.
    pub authentication_errors: Vec<String>,
}

/// The service that ramtape stands in for.
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
    operations: HashMap<String, Vec<Arc<Operation>>>,
}

/// Why a service table is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Not TOML, or a key that is unknown, missing or of the wrong type.
    #[error("the service table cannot be read")]
    Malformed(#[from] toml::de::Error),
    /// A method that is no HTTP method.
    #[error("operation {operation}: {method:?} is not an HTTP method")]
    Method {
        /// The operation.
        operation: String,
        /// What stands there.
        method: String,
    },
    /// A type that names a structure that is not there.
    #[error("operation {operation}: there is no structure {name:?}")]
    Structure {
        /// The operation.
        operation: String,
        /// What it is to be.
        name: String,
    },
    /// A new operation without a member it needs.
    #[error("operation {operation} is not one of the service's: to add it, give method, path and kind")]
    Incomplete {
        /// The operation.
        operation: String,
    },
}

/// `[operations.NAME]` as written. In the user's file every key is optional and lists add to the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOperation {
    method: Option<String>,
    path: Option<String>,
    kind: Option<Kind>,
    page_items: Option<String>,
    query: Vec<String>,
    volatile: Vec<String>,
    unordered: Vec<String>,
    json_strings: Vec<String>,
    members: Vec<String>,
    required: Vec<String>,
    types: BTreeMap<String, Type>,
    answer: Option<BTreeMap<String, Type>>,
    errors: Vec<String>,
    concerned_by_all: Option<bool>,
    concerned_by: Vec<String>,
    passing: Vec<String>,
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

impl Service {
    /// The built-in table (`config/ram.toml`) with `additions` on top: the `[operations]` table of the user's file.
    ///
    /// # Errors
    /// Where an addition is malformed or incomplete.
    pub fn with_additions(additions: &toml::Table) -> Result<Self, ServiceError> {
        let mut raw: RawService = toml::from_str(BUILTIN)?;
        for (name, addition) in additions {
            let addition: RawOperation = addition.clone().try_into()?;
            let known = raw.operations.entry(name.clone()).or_insert_with(|| RawOperation {
                // As of every operation that the model does not have.
                volatile: vec![raw.idempotency_token.clone()],
                ..RawOperation::default()
            });
            known.add(addition);
        }
        let mut operations: HashMap<String, Vec<Arc<Operation>>> = HashMap::new();
        for (name, operation) in raw.operations {
            let operation = operation.checked(name, &raw.structures)?;
            operations.entry(operation.path.clone()).or_default().push(Arc::new(operation));
        }
        Ok(Self {
            name: raw.service,
            regions: raw.regions,
            idempotency_token: raw.idempotency_token,
            paging: raw.paging,
            recording: raw.recording,
            errors: raw.errors,
            structures: raw.structures,
            operations,
        })
    }

    /// The operation that `method` and `path` name, if it is one of the service's.
    #[must_use]
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Arc<Operation>> {
        self.operations.get(path)?.iter().find(|operation| operation.method == *method)
    }

    /// The operation called `name`.
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

    /// The operations that only ask, in no order.
    pub fn reads(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations().filter(|operation| operation.kind == Kind::Read)
    }

    /// All operations, in no order.
    pub fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations.values().flatten()
    }
}

impl RawOperation {
    fn add(&mut self, more: Self) {
        self.method = more.method.or(self.method.take());
        self.path = more.path.or(self.path.take());
        self.kind = more.kind.or(self.kind);
        self.page_items = more.page_items.or(self.page_items.take());
        add_new(&mut self.query, more.query);
        add_new(&mut self.volatile, more.volatile);
        add_new(&mut self.unordered, more.unordered);
        add_new(&mut self.json_strings, more.json_strings);
        add_new(&mut self.members, more.members);
        add_new(&mut self.required, more.required);
        self.types.extend(more.types);
        if let Some(answer) = more.answer {
            self.answer.get_or_insert_default().extend(answer);
        }
        self.errors.extend(more.errors);
        self.concerned_by_all = more.concerned_by_all.or(self.concerned_by_all);
        self.concerned_by.extend(more.concerned_by);
        self.passing.extend(more.passing);
    }

    fn checked(self, name: String, known: &BTreeMap<String, Structure>) -> Result<Operation, ServiceError> {
        let (Some(method), Some(path), Some(kind)) = (self.method, self.path, self.kind) else {
            return Err(ServiceError::Incomplete { operation: name });
        };
        let Ok(parsed) = Method::from_bytes(method.as_bytes()) else {
            return Err(ServiceError::Method { operation: name, method });
        };
        let types = self.types.values().chain(self.answer.iter().flat_map(BTreeMap::values));
        if let Some(unknown) = types.filter_map(Type::structure).find(|name| !known.contains_key(*name)) {
            return Err(ServiceError::Structure { operation: name, name: unknown.to_owned() });
        }
        Ok(Operation {
            folder: OperationName::Known(name.clone()).folder(),
            name,
            method: parsed,
            // As requests have theirs: one slash in front, none behind.
            path: format!("/{}", path.trim_matches('/')),
            kind,
            page_items: self.page_items,
            query: self.query,
            volatile: self.volatile,
            unordered: self.unordered,
            json_strings: self.json_strings,
            members: self.members,
            required: self.required,
            types: self.types,
            answer: self.answer,
            errors: self.errors,
            concerned_by_all: self.concerned_by_all.unwrap_or_default(),
            concerned_by: self.concerned_by,
            passing: self.passing,
        })
    }
}

/// Adds to `known` what it does not have.
fn add_new(known: &mut Vec<String>, more: Vec<String>) {
    for name in more {
        if !known.contains(&name) {
            known.push(name);
        }
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
        assert_eq!((listing.name.as_str(), listing.kind), ("GetResourceShares", Kind::Read));
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
