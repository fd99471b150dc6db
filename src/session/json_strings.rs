//! The whole JSON strings of requests and answers: what the rule compares to tell which write has to do with what.

use crate::json::{self, Kind, Node};
use crate::model::{Body, Hole};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How an ARN begins.
const ARN: &str = "arn:";

/// A whole JSON string, by its hash. A hole for a volatile value counts as the hole's name: its value is another in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StringHash(pub(super) u64);

impl StringHash {
    fn hash_string(text: &str) -> Self {
        Self::hashed(0, text)
    }

    fn hash_hole(name: &str) -> Self {
        Self::hashed(1, name)
    }

    fn hashed(kind: u8, text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (kind, text).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// The strings of one JSON text, as far as the rule tells them apart.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonStrings {
    /// ARNs outside of lists.
    pub(super) single_arns: HashSet<StringHash>,
    /// All strings inside of lists.
    pub(super) listed: HashSet<StringHash>,
    /// All ARNs.
    pub(super) arns: HashSet<StringHash>,
    /// All strings.
    pub(super) all: HashSet<StringHash>,
    /// The members of the outermost object that are lists.
    pub(super) list_members: Vec<String>,
    /// In lists, pointers to other members of the same request.
    own_holes: Vec<String>,
}

impl JsonStrings {
    /// Those of a request in canonical form, in which an object with the one member `$volatile` is a hole. A hole for what `write`
    /// says itself is a pointer alone, and named after it.
    pub(super) fn from_request(request: &str, write: Option<&str>) -> Self {
        let mut strings = Self::default();
        if let Ok(root) = json::parse(request.as_bytes()) {
            if let Kind::Object(members) = &root.kind {
                let lists = members.iter().filter(|member| matches!(member.value.kind, Kind::Array(_)));
                strings
                    .list_members
                    .extend(lists.filter_map(|member| Some(json::unquote(member.key).ok()?.into_owned())));
            }
            strings.read(&root, false, &|_| None);
        }
        if let Some(write) = write {
            let own: Vec<String> = strings.own_holes.drain(..).collect();
            own.iter()
                .for_each(|pointer| strings.add(StringHash::hash_hole(&format!("{write}:{pointer}")), false, true));
        }
        strings
    }

    /// Adds those of a stored body; one that is no JSON has none.
    pub(super) fn add_body(&mut self, body: &Body) {
        let (bytes, holes) = body.with_placeholders();
        let Ok(root) = json::parse(&bytes) else { return };
        let hole = |offset: usize| {
            let at = holes.binary_search_by_key(&offset, |(place, _)| place.start).ok()?;
            holes.get(at).map(|(_, hole)| *hole)
        };
        self.read(&root, false, &hole);
    }

    fn read<'h>(&mut self, node: &Node<'_>, in_list: bool, hole: &impl Fn(usize) -> Option<&'h Hole>) {
        match &node.kind {
            Kind::String => match hole(node.offset) {
                Some(Hole::Volatile(name)) => self.add(StringHash::hash_hole(name), false, in_list),
                Some(Hole::Token(_)) => {}
                None => {
                    if let Some(text) = node.text() {
                        self.add(StringHash::hash_string(&text), text.starts_with(ARN), in_list);
                    }
                }
            },
            Kind::Array(items) => items.iter().for_each(|item| self.read(item, true, hole)),
            Kind::Object(members) => match members.as_slice() {
                [only] if only.key == "\"$volatile\"" => {
                    if let Some(name) = only.value.text() {
                        self.own_holes.extend((in_list && name.starts_with('/')).then(|| name.to_string()));
                        self.add(StringHash::hash_hole(&name), false, in_list);
                    }
                }
                _ => members.iter().for_each(|member| self.read(&member.value, in_list, hole)),
            },
            Kind::Null | Kind::Bool(_) | Kind::Number => {}
        }
    }

    fn add(&mut self, text: StringHash, is_arn: bool, in_list: bool) {
        self.all.insert(text);
        if is_arn {
            self.arns.insert(text);
        }
        if in_list {
            self.listed.insert(text);
        } else if is_arn {
            self.single_arns.insert(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn texts(strings: &[&str]) -> HashSet<StringHash> {
        strings.iter().map(|text| StringHash::hash_string(text)).collect()
    }

    #[test]
    fn a_request_has_single_arns_and_lists() {
        let strings = JsonStrings::from_request(
            r#"{"name":"x","principals":["p","arn:q"],"resourceShareArn":"arn:s","tags":[{"key":"k","value":{"$volatile":"w:/name"}}]}"#,
            None,
        );
        assert_eq!(strings.single_arns, texts(&["arn:s"]));
        let mut listed = texts(&["p", "arn:q", "k"]);
        listed.insert(StringHash::hash_hole("w:/name"));
        assert_eq!(strings.listed, listed);
        assert_eq!(strings.list_members, ["principals", "tags"]);
        assert_eq!(strings.arns, texts(&["arn:s", "arn:q"]));
        assert!(strings.all.contains(&StringHash::hash_string("x")));
    }

    #[test]
    fn an_answers_holes_count_as_their_names_and_tokens_not_at_all() {
        let mut body = Body::literal(Bytes::from_static(br#"{"a":"\u0061rn:s","b":["#));
        body.push_hole(Hole::Volatile("w:/name".into()));
        body.push_literal(Bytes::from_static(br#""#));
        body.push_literal(Bytes::from_static(br#"],"nextToken":"#));
        body.push_hole(Hole::Token(1));
        body.push_literal(Bytes::from_static(b"}"));
        let mut strings = JsonStrings::default();
        strings.add_body(&body);
        let mut all = texts(&["arn:s"]);
        all.insert(StringHash::hash_hole("w:/name"));
        assert_eq!((strings.all, strings.arns), (all, texts(&["arn:s"])));
        let mut none = JsonStrings::default();
        none.add_body(&Body::literal(Bytes::from_static(b"<html>arn:s</html>")));
        assert!(none.all.is_empty());
    }
}
