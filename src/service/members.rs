//! Checks the parameter names in `[operations.NAME]` against the parameters of the operation.

use super::error::ServiceError;
use super::operation::{Operation, OperationKind};
use super::types::{Structure, Type, at, member};
use crate::json;
use crate::model::did_you_mean;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep parameters are nested that are offered in place of a misspelt one.
const DEEPEST: usize = 4;

/// The spelling that the table keeps: a parameter's name, or a JSON pointer to what is inside of one. `/name` is `name`.
pub(super) fn spelled(name: String) -> String {
    match name.strip_prefix('/') {
        Some(step) if !step.contains('/') => step.replace("~1", "/").replace("~0", "~"),
        _ => name,
    }
}

/// Whether `operation` takes what it is told to treat in some way.
///
/// # Errors
/// Where a name is not one of its parameters, or one that cannot be treated so.
pub(super) fn check(operation: &Operation, structures: &BTreeMap<String, Structure>) -> Result<(), ServiceError> {
    let Operation { query, volatile, unordered, json_strings, required, .. } = operation;
    for (key, names) in
        [("volatile", volatile), ("query", query), ("json_strings", json_strings), ("required", required)]
    {
        let is_unknown = |name: &&String| member(&operation.members, &operation.types, name).is_none();
        if let Some(name) = names.iter().find(is_unknown) {
            return Err(unknown(operation, structures, key, name));
        }
    }
    for name in unordered {
        match parameter(operation, structures, name) {
            Some(Type::List(_) | Type::Any) => {}
            Some(_) => return Err(refused(operation, "unordered", name, "is not a list".to_owned())),
            None => return Err(unknown(operation, structures, "unordered", name)),
        }
    }
    match (&operation.page_items, &operation.answer) {
        (Some(items), Some(answer)) if !answer.contains_key(items) => {
            let known = answer.keys().map(|name| Cow::Borrowed(name.as_str()));
            let reason = format!("is not a member of its answer{}", did_you_mean(items, known));
            Err(refused(operation, "page_items", items, reason))
        }
        _ => Ok(()),
    }
}

/// Whether what is volatile is a parameter, and not inside of one.
///
/// # Errors
/// Where it is inside of one.
pub(super) fn check_volatile(operation: &Operation) -> Result<(), ServiceError> {
    match operation.volatile.iter().find(|name| name.starts_with('/')) {
        Some(name) => Err(refused(
            operation,
            "volatile",
            name,
            "is inside a parameter: name the whole parameter, as a part of one cannot be volatile".to_owned(),
        )),
        None => Ok(()),
    }
}

/// Whether what reads are `concerned_by` is a parameter of a write. Of a write that the user added without `members` nothing is
/// known: then anything may be.
///
/// # Errors
/// Where a name is not a write's parameter.
pub(super) fn check_concerned_by<'a>(
    operations: impl Iterator<Item = &'a Arc<Operation>> + Clone,
) -> Result<(), ServiceError> {
    let writes = operations.clone().filter(|operation| operation.kind == OperationKind::Write);
    if writes.clone().any(|write| write.members.is_empty() && write.answer.is_none()) {
        return Ok(());
    }
    let known = writes.flat_map(|write| write.members.iter().chain(write.types.keys()));
    for operation in operations {
        let unknown = |name: &&String| !known.clone().any(|parameter| parameter == *name);
        if let Some(name) = operation.concerned_by.iter().find(unknown) {
            let meant = did_you_mean(name, known.map(|name| Cow::Borrowed(name.as_str())));
            return Err(refused(operation, "concerned_by", name, format!("is not a parameter of a write{meant}")));
        }
    }
    Ok(())
}

/// The type of what `name` leads to, a parameter or a place in one.
fn parameter<'a>(
    operation: &'a Operation,
    structures: &'a BTreeMap<String, Structure>,
    name: &str,
) -> Option<&'a Type> {
    let top = |name: &str| member(&operation.members, &operation.types, name);
    let Some(pointer) = name.strip_prefix('/') else { return top(name) };
    let mut steps = pointer.split('/');
    let first = steps.next().map(|step| step.replace("~1", "/").replace("~0", "~"))?;
    at(structures, top(&first), steps)
}

fn unknown(
    operation: &Operation,
    structures: &BTreeMap<String, Structure>,
    key: &'static str,
    name: &str,
) -> ServiceError {
    let inside = key == "unordered";
    let mut known: Vec<Cow<'_, str>> = Vec::new();
    for name in operation.members.iter().chain(operation.types.keys()) {
        known.push(Cow::Borrowed(name));
        if inside && let Some(kind) = operation.types.get(name) {
            lists_in(structures, kind, &format!("/{}", json::pointer_step(name)), DEEPEST, &mut known);
        }
    }
    refused(operation, key, name, format!("is not one of its parameters{}", did_you_mean(name, known)))
}

/// The lists inside of a value of this type, by pointers that begin with `pointer`.
fn lists_in(
    structures: &BTreeMap<String, Structure>,
    kind: &Type,
    pointer: &str,
    deep: usize,
    found: &mut Vec<Cow<'_, str>>,
) {
    let mut inside = |pointer: String, kind: &Type| {
        if matches!(kind, Type::List(_)) {
            found.push(Cow::Owned(pointer.clone()));
        }
        if deep > 0 {
            lists_in(structures, kind, &pointer, deep - 1, found);
        }
    };
    match kind {
        Type::List(item) => inside(format!("{pointer}/*"), item),
        Type::Structure(name) => {
            for (name, kind) in structures.get(name).into_iter().flat_map(|structure| &structure.types) {
                inside(format!("{pointer}/{}", json::pointer_step(name)), kind);
            }
        }
        _ => {}
    }
}

fn refused(operation: &Operation, key: &'static str, name: &str, reason: String) -> ServiceError {
    ServiceError::Parameter { operation: operation.name.clone(), key, name: name.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use crate::service::Service;

    fn added(text: &str) -> Result<Service, String> {
        Service::with_additions(&toml::from_str(text).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_that_is_no_parameter_is_an_error_with_the_nearest_one() {
        for (text, reason) in [
            (
                "[CreateResourceShare]\nvolatile = ['nmae']",
                r#"operation CreateResourceShare: volatile names "nmae", which is not one of its parameters; did you mean "name"?"#,
            ),
            ("[GetResourceShares]\nunordered = ['tagFilter']", r#"did you mean "tagFilters"?"#),
            (
                "[GetResourceShares]\nunordered = ['tagFilters[].tagValues']",
                r#"did you mean "/tagFilters/*/tagValues"?"#,
            ),
            (
                "[GetResourceShares]\nunordered = ['/tagFilters/*/tagvalue']",
                r#"did you mean "/tagFilters/*/tagValues"?"#,
            ),
            (
                "[GetResourceShares]\nunordered = ['/tagFilters/tagValues']",
                r#"did you mean "/tagFilters/*/tagValues"?"#,
            ),
            (
                "[GetResourceShares]\nunordered = ['/tagFilters/*/tagKey']",
                r#""/tagFilters/*/tagKey", which is not a list"#,
            ),
            ("[GetResourceShares]\nunordered = ['name']", r#""name", which is not a list"#),
            ("[GetResourceShares]\nunordered = ['colour']", "which is not one of its parameters"),
            ("[GetResourceShares]\nvolatile = ['/tagFilters/*/tagValues']", "is inside a parameter"),
            ("[Foo]\nmethod='POST'\npath='/foo'\nkind='read'\nvolatile = ['/a/b']", "is inside a parameter"),
            ("[CreatePermission]\njson_strings = ['policy']", "json_strings names \"policy\""),
            ("[DeletePermission]\nquery = ['permissionarn']", r#"did you mean "permissionArn"?"#),
            ("[TagResource]\nrequired = ['tag']", r#"did you mean "tags"?"#),
            ("[ListPrincipals]\npage_items = 'principal'", r#"did you mean "principals"?"#),
            ("[ListResources]\nconcerned_by = ['sorces']", r#"not a parameter of a write; did you mean "sources"?"#),
            ("[CreateResourceShar]\nvolatile = ['name']", r#"did you mean "CreateResourceShare"?"#),
        ] {
            let error = added(text).unwrap_err();
            assert!(error.contains(reason), "{reason} in {error}");
        }
        assert!(!added("[GetResourceShares]\nunordered = ['colour']").unwrap_err().contains("did you mean"));
    }

    #[test]
    fn what_the_user_adds_is_a_parameter_and_of_an_own_operation_anything_is() {
        for text in [
            "[CreateResourceShare]\nvolatile = ['/name', 'colour']\nmembers = ['colour']",
            "[CreateResourceShare]\nunordered = ['sizes', '/sizes/*']\ntypes = { sizes = '[[integer]]' }",
            "[CreateResourceShare]\nunordered = ['/more/of/*/it']\ntypes = { more = 'any' }",
            "[CreateResourceShare]\nunordered = ['/permissionTemplateParameters/*/permissionTemplateParameters/*/values']",
            "[Foo]\nmethod = 'POST'\npath = '/foo'\nkind = 'write'\n[ListResources]\nconcerned_by = ['b']",
            "[Foo]\nmethod = 'POST'\npath = '/foo'\nkind = 'read'\nvolatile = ['a']\nunordered = ['b', '/c/*/d']",
        ] {
            added(text).unwrap();
        }
        let service = added("[CreateResourceShare]\nvolatile = ['/name', 'name']").unwrap();
        assert_eq!(service.operation_named("CreateResourceShare").unwrap().volatile, ["clientToken", "name"]);
    }
}
