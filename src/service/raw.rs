//! The table's operations as they are written, in `config/ram.toml` and in the user's file.

use super::error::ServiceError;
use super::members;
use super::operation::{Operation, OperationKind};
use super::types::{Structure, Type};
use crate::model::{OperationName, did_you_mean};
use http::Method;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `[operations.NAME]` as written. In the user's file every key is optional and lists add to the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawOperation {
    method: Option<String>,
    path: Option<String>,
    kind: Option<OperationKind>,
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

impl RawOperation {
    /// One that the model does not have: all that is known of it is that a write may be named in `idempotency_token`.
    pub(super) fn unmodelled(idempotency_token: &str) -> Self {
        Self { volatile: vec![idempotency_token.to_owned()], ..Self::default() }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.method = more.method.or(self.method.take());
        self.path = more.path.or(self.path.take());
        self.kind = more.kind.or(self.kind);
        self.page_items = more.page_items.or(self.page_items.take());
        add_new(&mut self.query, more.query);
        add_new(&mut self.volatile, more.volatile.into_iter().map(members::spelled));
        add_new(&mut self.unordered, more.unordered.into_iter().map(members::spelled));
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

    /// `modelled` are the operations whose parameters are known.
    pub(super) fn checked(
        self,
        name: String,
        known: &BTreeMap<String, Structure>,
        modelled: &[String],
    ) -> Result<Operation, ServiceError> {
        let (Some(method), Some(path), Some(kind)) = (self.method, self.path, self.kind) else {
            let meant = did_you_mean(&name, modelled.iter().map(|name| Cow::Borrowed(name.as_str())));
            return Err(ServiceError::Incomplete { operation: name, meant });
        };
        let Ok(parsed) = Method::from_bytes(method.as_bytes()) else {
            return Err(ServiceError::Method { operation: name, method });
        };
        let types = self.types.values().chain(self.answer.iter().flat_map(BTreeMap::values));
        if let Some(unknown) = types.filter_map(Type::structure).find(|name| !known.contains_key(*name)) {
            return Err(ServiceError::Structure { operation: name, name: unknown.to_owned() });
        }
        let operation = Operation {
            folder: OperationName::Known(name.clone()).folder(),
            name,
            method: parsed,
            // As requests have theirs: one slash in front, none behind.
            path: format!("/{}", path.trim_matches('/')),
            kind,
            page_items: self.page_items,
            query: self.query,
            volatile: self.volatile,
            ignored: Vec::new(),
            unordered: self.unordered,
            json_strings: self.json_strings,
            members: self.members,
            required: self.required,
            types: self.types,
            answer: self.answer,
            errors: self.errors,
            issues_credentials: false,
            concerned_by_all: self.concerned_by_all.unwrap_or_default(),
            concerned_by: self.concerned_by,
            passing: self.passing,
        };
        members::check_volatile(&operation)?;
        if modelled.contains(&operation.name) {
            members::check(&operation, known)?;
        }
        Ok(operation)
    }
}

/// Adds to `known` what it does not have.
fn add_new(known: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for name in more {
        if !known.contains(&name) {
            known.push(name);
        }
    }
}
