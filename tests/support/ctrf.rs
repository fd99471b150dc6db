//! Reports in the Common Test Report Format, held to its schema.

use regex::Regex;
use serde_json::Value;
use std::path::Path;

/// The report in `file`, which is as CTRF's schema says.
pub(crate) fn read(file: &Path) -> Value {
    let report = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let schema = include_str!("../fixtures/ctrf/ctrf-schema-0.0.json");
    let objections = objections(&serde_json::from_str(schema).unwrap(), &report);
    assert!(objections.is_empty(), "{objections:#?}");
    report
}

/// What keeps `value` from being as `schema` says, each with its place in `value`. As much of JSON Schema (draft 7) is known
/// as CTRF uses; another keyword fails the test, so that nothing is left unchecked.
fn objections(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { root: schema, found: &mut found }.check(schema, value, "");
    found
}

struct Check<'a> {
    root: &'a Value,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        for (keyword, wanted) in schema.as_object().unwrap() {
            if !self.holds(keyword, wanted, schema, value, at) {
                self.found.push(format!("{at}: {value} is not as {keyword} {wanted} says"));
            }
        }
    }

    /// Whether `value` itself is as `keyword` says; what is inside of it makes its own objections.
    fn holds(&mut self, keyword: &str, wanted: &Value, schema: &Value, value: &Value, at: &str) -> bool {
        let number = || usize::try_from(wanted.as_u64().unwrap()).unwrap();
        let text = value.as_str();
        match keyword {
            // Annotations, and formats of members that ramtape does not write.
            "$schema" | "title" | "description" | "definitions" => true,
            "type" => is_of_type(value, wanted.as_str().unwrap()),
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "pattern" => text.is_none_or(|text| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text)),
            "minLength" => text.is_none_or(|text| text.chars().count() >= number()),
            "minimum" => value.as_f64().is_none_or(|value| value >= wanted.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() >= number()),
            "required" => value.as_object().is_none_or(|members| {
                wanted.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(wanted, item, &format!("{at}/{index}"));
                }
                true
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = wanted.get(name) {
                        self.check(schema, member, &format!("{at}/{name}"));
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| schema["properties"].get(name).is_some();
                let others = value.as_object().into_iter().flatten().filter(|(name, _)| !known(name));
                let others: Vec<_> = others.collect();
                match wanted.as_bool() {
                    Some(allowed) => allowed || others.is_empty(),
                    None => {
                        others.into_iter().for_each(|(name, other)| self.check(wanted, other, &format!("{at}/{name}")));
                        true
                    }
                }
            }
            "anyOf" => wanted.as_array().unwrap().iter().any(|one| {
                let mut found = Vec::new();
                Check { root: self.root, found: &mut found }.check(one, value, at);
                found.is_empty()
            }),
            "$ref" => {
                let target = self.root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                self.check(target, value, at);
                true
            }
            _ => panic!("{keyword} {wanted} is not known here"),
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => panic!("the type {name} is not known here"),
    }
}
