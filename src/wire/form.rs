//! The query protocols: a form whose names nest by dots, lists by numbers.

use super::names::is_signature_member;
use super::parts::{content_type, decode_pairs, opaque_body, push_opaque_query};
use super::value::{MAX_DEPTH, Members, Value};
use crate::model::Request;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the body is, or may be, a form.
pub(super) fn has_form_body(request: &Request) -> bool {
    let content_type = content_type(request);
    content_type.is_empty() || content_type.contains("x-www-form-urlencoded")
}

/// The parameters in query and body.
pub(super) fn read_parameters(request: &Request, body: &[u8]) -> Members {
    let mut opaque = Vec::new();
    let mut pairs = decode_pairs(&request.query).unwrap_or_else(|| {
        push_opaque_query(&mut opaque, &request.query);
        Vec::new()
    });
    pairs.retain(|(name, _)| !is_signature_member(name));
    let form = std::str::from_utf8(body).ok().filter(|_| has_form_body(request));
    match form.and_then(decode_pairs) {
        Some(more) => pairs.extend(more),
        None if body.is_empty() => {}
        None => opaque.push(opaque_body(body)),
    }
    pairs.retain(|(name, _)| name != "Action" && name != "Version");
    let mut members = read_pairs(pairs);
    // A queue may be named by the path alone.
    if !matches!(&*request.path, "" | "/") && !members.iter().any(|(name, _)| name == "QueueUrl") {
        members.push(("$path".to_owned(), Value::Text(request.path.clone())));
    }
    // Last, so that a form that itself has such a name does not stand twice.
    members.retain(|(name, _)| opaque.iter().all(|(other, _)| name != other));
    members.extend(opaque);
    members
}

fn read_pairs(pairs: Vec<(String, String)>) -> Members {
    let mut groups: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, value) in pairs {
        let first = name.split('.').next().unwrap_or_default().to_owned();
        groups.entry(first).or_default().push((name, value));
    }
    let mut members = Vec::with_capacity(groups.len());
    for (first, group) in groups {
        match nest(&group) {
            Some(value) => members.push((first, value)),
            None => members.extend(keep_names(group)),
        }
    }
    members
}

/// Pairs that do not nest, each under its own name.
fn keep_names(group: Vec<(String, String)>) -> impl Iterator<Item = (String, Value)> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in group {
        texts.entry(name).or_default().push(value);
    }
    texts.into_iter().map(|(name, texts)| (name, Value::one_or_list(texts)))
}

/// What pairs with the same first part of their names mean. `None` where a name has both a text and parts, or two texts, or
/// too many parts.
fn nest(group: &[(String, String)]) -> Option<Value> {
    let mut root = Level::default();
    for (name, value) in group {
        let mut level = &mut root;
        for (depth, part) in name.split('.').skip(1).enumerate() {
            if depth == MAX_DEPTH {
                return None;
            }
            level = level.parts.entry(part).or_default();
        }
        if level.text.replace(value).is_some() {
            return None;
        }
    }
    root.to_value()
}

#[derive(Default)]
struct Level<'a> {
    text: Option<&'a str>,
    parts: BTreeMap<&'a str, Self>,
}

impl Level<'_> {
    fn to_value(&self) -> Option<Value> {
        if let Some(text) = self.text {
            return self.parts.is_empty().then(|| Value::Text(text.to_owned()));
        }
        if let Some(numbers) = self.parts.keys().map(|part| read_number(part)).collect::<Option<Vec<_>>>() {
            let mut items: Vec<_> = numbers.into_iter().zip(self.parts.values()).collect();
            items.sort_unstable_by_key(|(number, _)| *number);
            return Some(Value::List(items.into_iter().map(|(_, item)| item.to_value()).collect::<Option<_>>()?));
        }
        let mut members: Members = self
            .parts
            .iter()
            .map(|(part, level)| Some(((*part).to_owned(), level.to_value()?)))
            .collect::<Option<_>>()?;
        match members.as_mut_slice() {
            [(name, Value::List(items))] if name == "member" || name == "item" => {
                Some(Value::List(std::mem::take(items)))
            }
            [(name, Value::List(items))] if name == "entry" && is_map(items) => {
                Some(Value::Object(items.drain(..).filter_map(into_map_member).collect()))
            }
            _ => Some(Value::Object(members)),
        }
    }
}

/// An index of a list, in its one spelling.
fn read_number(part: &str) -> Option<u64> {
    part.parse().ok().filter(|_| is_number(part))
}

/// Whether `part` of a name is the index of a list.
pub(super) fn is_number(part: &str) -> bool {
    let is_one_spelling = part == "0" || !part.starts_with(['0', '+']);
    is_one_spelling && part.parse::<u64>().is_ok()
}

/// Whether these are all the entries of a map, each key once.
fn is_map(entries: &[Value]) -> bool {
    let mut keys = BTreeSet::new();
    entries.iter().all(|entry| match entry {
        Value::Object(members) => match members.as_slice() {
            [(key, Value::Text(text)), (value, _)] => key == "key" && value == "value" && keys.insert(text),
            _ => false,
        },
        _ => false,
    })
}

fn into_map_member(entry: Value) -> Option<(String, Value)> {
    let Value::Object(members) = entry else { return None };
    let mut values = members.into_iter().map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(Value::Text(key)), Some(value)) => Some((key, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> String {
        Value::Object(read_pairs(decode_pairs(form).unwrap_or_default())).to_json()
    }

    #[test]
    fn dots_nest_and_numbers_make_lists() {
        for (form, json) in [
            ("A.B.1.C=x&A.B.1.D=y", r#"{"A":{"B":[{"C":"x","D":"y"}]}}"#),
            ("Tag.2.Key=b&Tag.10.Key=c&Tag.1.Key=a", r#"{"Tag":[{"Key":"a"},{"Key":"b"},{"Key":"c"}]}"#),
            ("Tags.member.1.Key=a", r#"{"Tags":[{"Key":"a"}]}"#),
            ("Tags.item.1=a&Tags.item.3=b", r#"{"Tags":["a","b"]}"#),
            ("Tags.member=a", r#"{"Tags":{"member":"a"}}"#),
            ("Names.Name.1=a", r#"{"Names":{"Name":["a"]}}"#),
            ("M.entry.1.key=k&M.entry.1.value=v&M.entry.2.key=l&M.entry.2.value.1=w", r#"{"M":{"k":"v","l":["w"]}}"#),
            (
                "M.entry.1.key=k&M.entry.1.value=v&M.entry.2.key=k&M.entry.2.value=w",
                r#"{"M":{"entry":[{"key":"k","value":"v"},{"key":"k","value":"w"}]}}"#,
            ),
            ("M.entry.1.Name=k&M.entry.1.Value=v", r#"{"M":{"entry":[{"Name":"k","Value":"v"}]}}"#),
            ("A.1=x&A.01=y", r#"{"A":{"01":"y","1":"x"}}"#),
            ("A..B=x&.C=y", r#"{"":{"C":"y"},"A":{"":{"B":"x"}}}"#),
            ("A=", r#"{"A":""}"#),
        ] {
            assert_eq!(read(form), json, "{form}");
        }
    }

    #[test]
    fn what_does_not_nest_keeps_its_names() {
        for form in ["A=1&A.B=2&C.D=3", "A.B=2&C.D=3&A=1"] {
            assert_eq!(read(form), r#"{"A":"1","A.B":"2","C":{"D":"3"}}"#);
        }
        assert_eq!(read("A=1&A=2"), r#"{"A":["1","2"]}"#);
        let deep = format!("A{}=x", ".B".repeat(100_000));
        assert_eq!(read(&deep), format!("{{\"{}\":\"x\"}}", deep.trim_end_matches("=x")));
    }
}
