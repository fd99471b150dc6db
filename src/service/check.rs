//! Checks requests and answers against the service table: unknown members, missing members, wrong types.

use super::operation::Operation;
use super::table::Service;
use super::types::{Type, at, member};
use crate::json::{Kind, Member, Node, pointer_step, unquote};
use std::fmt;

/// A member that is not as the service table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFlaw {
    /// JSON pointer to it.
    pub pointer: String,
    /// What is wrong there.
    pub kind: ModelFlawKind,
}

/// What can be wrong with a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelFlawKind {
    /// The table does not know it.
    Unknown,
    /// It is required and not there.
    Missing,
    /// It has another type.
    Type {
        /// What it should be.
        expected: String,
        /// What it is.
        found: &'static str,
    },
}

impl fmt::Display for ModelFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "(all)" } else { &self.pointer };
        match &self.kind {
            ModelFlawKind::Unknown => write!(f, "{pointer} is not a known member"),
            ModelFlawKind::Missing => write!(f, "{pointer} is missing"),
            ModelFlawKind::Type { expected, found } => write!(f, "{pointer} should be {expected}, and is {found}"),
        }
    }
}

impl Service {
    /// Checks the canonical parameters of a request that the service answered with success.
    #[must_use]
    pub fn flaws_of_request(&self, operation: &Operation, request: &Node<'_>) -> Vec<ModelFlaw> {
        let mut flaws = Vec::new();
        let known = |name: &str| {
            let paging = self.paging_member(operation, name, &self.paging.size, &Type::Integer);
            let token = self.paging_member(operation, name, &self.paging.token, &Type::String);
            member(&operation.members, &operation.types, name).or(paging).or(token)
        };
        let in_query = |name: &str| operation.query.iter().any(|member| member == name);
        self.object(&mut flaws, "", request, &known, &in_query);
        // What is volatile is not among the parameters.
        let required = operation.required.iter().filter(|name| !operation.volatile.contains(name));
        flaws.extend(required.filter(|name| request.member(name).is_none()).map(|name| missing(name)));
        flaws
    }

    /// Checks the body of a successful answer. Nothing is known of answers of operations that the user added without saying.
    #[must_use]
    pub fn flaws_of_answer(&self, operation: &Operation, answer: &Node<'_>) -> Vec<ModelFlaw> {
        let mut flaws = Vec::new();
        let Some(members) = &operation.answer else { return flaws };
        let known = |name: &str| {
            members.get(name).or_else(|| self.paging_member(operation, name, &self.paging.token, &Type::String))
        };
        self.object(&mut flaws, "", answer, &known, &|_| false);
        let items = operation.page_items.iter();
        flaws.extend(items.filter(|name| answer.member(name).is_none()).map(|name| missing(name)));
        flaws
    }

    /// Whether the body of an answer of success is one of `operation`'s as far as the table tells: it has the items of a
    /// listing, or else at least one member that it can have, of its type. Where nothing is known of its answers, it has any.
    #[must_use]
    pub fn is_answer(&self, operation: &Operation, answer: &Node<'_>) -> bool {
        let Kind::Object(members) = &answer.kind else { return false };
        if let Some(items) = &operation.page_items {
            return answer.member(items).is_some_and(|items| matches!(items.kind, Kind::Array(_)));
        }
        let name = |member: &Member<'_>| unquote(member.key).unwrap_or_default().into_owned();
        let mut there = members.iter().filter(|member| member.value.kind != Kind::Null);
        let fits = |member: &Member<'_>, kind: &Type| {
            let mut flaws = Vec::new();
            self.value(&mut flaws, "", &member.value, kind);
            flaws.iter().all(|flaw| !matches!(flaw.kind, ModelFlawKind::Type { .. }))
        };
        match &operation.answer {
            Some(known) => {
                known.is_empty() || there.any(|member| known.get(&name(member)).is_some_and(|kind| fits(member, kind)))
            }
            None => there.next().is_some(),
        }
    }

    /// Whether answers of `operation` can have the member at `pointer`, in which `*` stands for all items of a list.
    #[must_use]
    pub fn knows_answer_member(&self, operation: &Operation, pointer: &str) -> bool {
        let mut steps = pointer.split('/').skip(1);
        let first = steps.next().and_then(|name| operation.answer.as_ref()?.get(name));
        at(&self.structures, first, steps).is_some()
    }

    fn paging_member<'a>(&self, of: &Operation, name: &str, paging: &str, kind: &'a Type) -> Option<&'a Type> {
        (of.page_items.is_some() && name == paging).then_some(kind)
    }

    fn object<'t>(
        &self,
        flaws: &mut Vec<ModelFlaw>,
        pointer: &str,
        node: &Node<'_>,
        known: &dyn Fn(&str) -> Option<&'t Type>,
        in_query: &dyn Fn(&str) -> bool,
    ) {
        let Kind::Object(members) = &node.kind else {
            let kind = ModelFlawKind::Type { expected: "an object".to_owned(), found: found(node) };
            return flaws.push(ModelFlaw { pointer: pointer.to_owned(), kind });
        };
        for member in members {
            let name = unquote(member.key).unwrap_or_default();
            let below = format!("{pointer}/{}", pointer_step(&name));
            match known(&name) {
                None => flaws.push(ModelFlaw { pointer: below, kind: ModelFlawKind::Unknown }),
                Some(kind) if in_query(&name) && spells(kind, &member.value) => {}
                Some(kind) => self.value(flaws, &below, &member.value, kind),
            }
        }
    }

    fn value(&self, flaws: &mut Vec<ModelFlaw>, pointer: &str, node: &Node<'_>, kind: &Type) {
        let fits = match (kind, &node.kind) {
            // As good as absent.
            (_, Kind::Null) | (Type::Any, _) | (Type::Boolean, Kind::Bool(_)) | (Type::Timestamp, Kind::Number) => true,
            (Type::Integer, Kind::Number) => is_whole(node.raw),
            (Type::String, _) => node.kind == Kind::String || is_hole(node),
            (Type::List(item), Kind::Array(items)) => {
                for (at, node) in items.iter().enumerate() {
                    self.value(flaws, &format!("{pointer}/{at}"), node, item);
                }
                true
            }
            (Type::Structure(name), Kind::Object(_)) => {
                if let Some(structure) = self.structures.get(name) {
                    self.object(flaws, pointer, node, &|name| structure.member(name), &|_| false);
                }
                true
            }
            _ => false,
        };
        if !fits {
            let kind = ModelFlawKind::Type { expected: kind.to_string(), found: found(node) };
            flaws.push(ModelFlaw { pointer: pointer.to_owned(), kind });
        }
    }
}

fn missing(name: &str) -> ModelFlaw {
    ModelFlaw { pointer: format!("/{name}"), kind: ModelFlawKind::Missing }
}

/// Whether a value in a query, where everything is text, spells one of this type.
fn spells(kind: &Type, node: &Node<'_>) -> bool {
    let Some(text) = node.text() else { return false };
    match kind {
        Type::Boolean => text == "true" || text == "false",
        Type::Integer => is_whole(&text),
        _ => false,
    }
}

fn is_whole(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an object stands for a string: `{"$token":1}`, `{"$volatile":"…"}`.
fn is_hole(node: &Node<'_>) -> bool {
    let Kind::Object(members) = &node.kind else { return false };
    let [member] = members.as_slice() else { return false };
    member.key.starts_with("\"$") && !member.key.starts_with("\"$$")
}

const fn found(node: &Node<'_>) -> &'static str {
    match node.kind {
        Kind::Null => "null",
        Kind::Bool(_) => "true or false",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array(_) => "a list",
        Kind::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::json;

    fn find_flaws(operation: &str, text: &str, additions: &str) -> Vec<String> {
        let service = Service::with_additions(&toml::from_str(additions).unwrap()).unwrap();
        let operation = service.operation_named(operation).unwrap();
        let node = json::parse(text.as_bytes()).unwrap();
        let flaws = match text.starts_with(' ') {
            true => service.flaws_of_answer(operation, &node),
            false => service.flaws_of_request(operation, &node),
        };
        flaws.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn requests_are_held_against_members_types_and_what_is_required() {
        let whole = r#"{"resourceOwner":"SELF","tagFilters":[{"tagKey":"k","tagValues":["v"]}],"permissionVersion":2}"#;
        assert_eq!(find_flaws("GetResourceShares", whole, ""), [""; 0]);
        assert_eq!(
            find_flaws(
                "GetResourceShares",
                r#"{"owner":1,"resourceShareArns":"a","tagFilters":[{"tagkey":true}],"name":7}"#,
                ""
            ),
            [
                "/owner is not a known member",
                "/resourceShareArns should be a list, and is a string",
                "/tagFilters/0/tagkey is not a known member",
                "/name should be a string, and is a number",
                "/resourceOwner is missing",
            ]
        );
        assert_eq!(find_flaws("GetPermission", r#"{"permissionArn":"a","permissionVersion":"2"}"#, "").len(), 1);
        assert_eq!(
            find_flaws("DeletePermissionVersion", r#"{"permissionArn":"a","permissionVersion":"2"}"#, ""),
            [""; 0]
        );
        assert_eq!(
            find_flaws("DeletePermissionVersion", r#"{"permissionArn":"a","permissionVersion":"x"}"#, "").len(),
            1
        );
        assert_eq!(find_flaws("CreateResourceShare", "{}", "").len(), 1);
        assert_eq!(find_flaws("CreateResourceShare", "{}", "[CreateResourceShare]\nvolatile=['name']"), [""; 0]);
        assert_eq!(find_flaws("DeleteResourceShare", r#"{"resourceShareArn":{"$volatile":"w:/n"}}"#, ""), [""; 0]);
    }

    #[test]
    fn an_answer_has_something_of_its_operations() {
        let added = "[Foo]\nmethod = 'POST'\npath = '/foo'\nkind = 'read'";
        let service = Service::with_additions(&toml::from_str(added).unwrap()).unwrap();
        for (operation, text, is) in [
            ("GetResourceShares", r#"{"resourceShares":[]}"#, true),
            ("GetResourceShares", r#"{"resourceShares":null,"nextToken":"x"}"#, false),
            ("GetResourceShares", "{}", false),
            ("GetPermission", r#"{"permission":{},"new":1}"#, true),
            ("GetPermission", r#"{"permission":null}"#, false),
            ("GetPermission", r#"{"permission":"x"}"#, false),
            ("GetPermission", r#"{"message":"sign in"}"#, false),
            ("GetPermission", "[]", false),
            ("TagResource", "{}", true),
            ("Foo", r#"{"x":1}"#, true),
            ("Foo", "{}", false),
        ] {
            let operation = service.operation_named(operation).unwrap();
            assert_eq!(service.is_answer(operation, &json::parse(text.as_bytes()).unwrap()), is, "{text}");
        }
    }

    #[test]
    fn a_member_is_known_by_its_pointer() {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let operation = service.operation_named("GetResourceShares").unwrap();
        for pointer in ["/resourceShares", "/resourceShares/*/name", "/resourceShares/*/tags/*/key"] {
            assert!(service.knows_answer_member(operation, pointer), "{pointer}");
        }
        for pointer in ["", "/x", "/resourceShares/name", "/resourceShares/*/x", "/resourceShares/*/name/x"] {
            assert!(!service.knows_answer_member(operation, pointer), "{pointer}");
        }
    }

    #[test]
    fn answers_are_held_against_structures_all_the_way_down() {
        let share = r#" {"resourceShares":[{"creationTime":1.6E9,"tags":[{"key":"k","value":null}]}],"nextToken":{"$token":1}}"#;
        assert_eq!(find_flaws("GetResourceShares", share, ""), [""; 0]);
        assert_eq!(
            find_flaws("GetResourceShares", r#" {"resourceShares":[{"creationTime":"x","new":1},7],"more":1}"#, ""),
            [
                "/resourceShares/0/creationTime should be a time, as a number, and is a string",
                "/resourceShares/0/new is not a known member",
                "/resourceShares/1 should be an object, and is a number",
                "/more is not a known member",
            ]
        );
        assert_eq!(find_flaws("ListPrincipals", " {}", ""), ["/principals is missing"]);
        assert_eq!(find_flaws("TagResource", " {}", ""), [""; 0]);
        assert_eq!(find_flaws("TagResource", " []", "").len(), 1);
        let any = "[GetResourceShares.answer]\nresourceShares = 'any'\nmore = 'integer'";
        assert_eq!(find_flaws("GetResourceShares", r#" {"resourceShares":[{"new":1}],"more":1}"#, any), [""; 0]);
        let added = "[Foo]\nmethod = 'POST'\npath = '/foo'\nkind = 'read'";
        assert_eq!(find_flaws("Foo", r#" {"x":1}"#, added), [""; 0], "nothing is known of it");
    }
}
