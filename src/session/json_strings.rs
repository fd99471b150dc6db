//! The whole JSON strings of requests and answers: what the rule compares to tell which write has to do with what.

use crate::json::{self, Kind, Node};
use crate::model::{Body, Entry, Hole, IdentifierRules, OperationName, is_identifier};
use crate::wire;
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
    /// What names a thing, outside of lists: ARNs, and values of members that identify something.
    pub(super) single_names: HashSet<StringHash>,
    /// All strings inside of lists.
    pub(super) listed: HashSet<StringHash>,
    /// All that names a thing.
    pub(super) names: HashSet<StringHash>,
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
    pub(super) fn from_request(entry: &Entry, write: Option<&str>, identifiers: &IdentifierRules) -> Self {
        let (request, mut strings) = (entry.request.as_str(), Self::default());
        strings.add_path(&entry.operation);
        let reader = Reader::new(&entry.operation, identifiers, &|_| None);
        if let Ok(root) = json::parse(request.as_bytes()) {
            if let Kind::Object(members) = &root.kind {
                let lists = members.iter().filter(|member| matches!(member.value.kind, Kind::Array(_)));
                strings
                    .list_members
                    .extend(lists.filter_map(|member| Some(json::unquote(member.key).ok()?.into_owned())));
            }
            reader.read(&mut strings, &root, "", false);
        }
        if let Some(write) = write {
            let own: Vec<String> = strings.own_holes.drain(..).collect();
            own.iter()
                .for_each(|pointer| strings.add(StringHash::hash_hole(&format!("{write}:{pointer}")), false, true));
        }
        strings
    }

    /// Adds those of a stored body of an answer to `operation`; one in no known notation has none.
    pub(super) fn add_body(&mut self, body: &Body, operation: &OperationName, identifiers: &IdentifierRules) {
        let (bytes, holes) = body.with_placeholders();
        let hole = |offset: usize| {
            let at = holes.binary_search_by_key(&offset, |(place, _)| place.start).ok()?;
            holes.get(at).map(|(_, hole)| *hole)
        };
        let reader = Reader::new(operation, identifiers, &hole);
        if let Some(leaves) = wire::leaves(&bytes) {
            for leaf in leaves {
                let is_item = leaf.path.iter().any(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
                let member = leaf.path.iter().rev().find(|step| !step.bytes().all(|byte| byte.is_ascii_digit()));
                reader.add(self, leaf.range.start, &leaf.text, member.map_or("", |member| member), is_item);
            }
        } else if let Ok(root) = json::parse(&bytes) {
            reader.read(self, &root, "", false);
        }
    }

    /// Adds the names in the path of an operation that is called by it (`s3:GET /bucket/key`).
    fn add_path(&mut self, operation: &OperationName) {
        let path = operation.service().and_then(|(_, operation)| operation.split_once(' '));
        let segments = path.into_iter().flat_map(|(_, path)| path.split('/')).filter(|segment| !segment.is_empty());
        segments.for_each(|segment| self.add(StringHash::hash_string(segment), true, false));
    }

    fn add(&mut self, text: StringHash, is_name: bool, in_list: bool) {
        self.all.insert(text);
        if is_name {
            self.names.insert(text);
        }
        if in_list {
            self.listed.insert(text);
        } else if is_name {
            self.single_names.insert(text);
        }
    }
}

/// Reads the strings of one text.
struct Reader<'r, 'h> {
    /// Which members say what a request is about besides ARNs; nothing else does in RAM's.
    identifiers: Option<&'r IdentifierRules>,
    /// The hole at a place.
    hole: &'r dyn Fn(usize) -> Option<&'h Hole>,
}

impl<'r, 'h> Reader<'r, 'h> {
    fn new(
        operation: &OperationName,
        identifiers: &'r IdentifierRules,
        hole: &'r dyn Fn(usize) -> Option<&'h Hole>,
    ) -> Self {
        Self { identifiers: operation.service().map(|_| identifiers), hole }
    }

    /// Adds the string `text` at `offset`, the value of a member called `member` or an item of it.
    fn add(&self, strings: &mut JsonStrings, offset: usize, text: &str, member: &str, in_list: bool) {
        match (self.hole)(offset) {
            Some(Hole::Volatile(name)) => strings.add(StringHash::hash_hole(name), false, in_list),
            Some(Hole::Token(_) | Hole::Fresh(_)) => {}
            None => {
                let identifies = || {
                    self.identifiers.is_some_and(|identifiers| identifiers.identifies(member)) && is_identifier(text)
                };
                strings.add(StringHash::hash_string(text), text.starts_with(ARN) || identifies(), in_list);
            }
        }
    }

    fn read(&self, strings: &mut JsonStrings, node: &Node<'_>, member: &str, in_list: bool) {
        match &node.kind {
            Kind::String => {
                if let Some(text) = node.text() {
                    self.add(strings, node.offset, &text, member, in_list);
                }
            }
            Kind::Array(items) => items.iter().for_each(|item| self.read(strings, item, member, true)),
            Kind::Object(members) => match members.as_slice() {
                [only] if only.key == "\"$volatile\"" => {
                    if let Some(name) = only.value.text() {
                        strings.own_holes.extend((in_list && name.starts_with('/')).then(|| name.to_string()));
                        strings.add(StringHash::hash_hole(&name), false, in_list);
                    }
                }
                _ => {
                    let mut read = |member: &json::Member<'_>| {
                        self.read(strings, &member.value, &json::legible(member.key), in_list);
                    };
                    members.iter().for_each(&mut read);
                }
            },
            Kind::Null | Kind::Bool(_) | Kind::Number => {}
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

    fn identifiers() -> IdentifierRules {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        IdentifierRules { ends: texts(&["Id", "Name"]), not: texts(&["RequestId"]) }
    }

    fn of_request(operation: &str, request: &str) -> JsonStrings {
        let (region, actor, request) = ("r".to_owned(), "a".to_owned(), request.to_owned());
        let entry =
            Entry { operation: OperationName::parse(operation.to_owned()), region, actor, request, takes: Vec::new() };
        JsonStrings::from_request(&entry, None, &identifiers())
    }

    fn of_body(operation: &str, body: &Body) -> JsonStrings {
        let mut strings = JsonStrings::default();
        strings.add_body(body, &OperationName::parse(operation.to_owned()), &identifiers());
        strings
    }

    #[test]
    fn what_is_not_rams_is_named_by_ids_names_and_paths_too() {
        let strings =
            of_request("ec2:CreateSubnet", r#"{"CidrBlock":"10.0.0.0/24","VpcId":"vpc-1","X":[{"GroupId":"g"}]}"#);
        assert_eq!((strings.single_names, strings.listed), (texts(&["vpc-1"]), texts(&["g"])));
        assert_eq!(of_request("CreateX", r#"{"VpcId":"vpc-1"}"#).single_names, texts(&[]), "RAM's has ARNs alone");
        let path = of_request("s3:PUT /bucket/a/b", "{}");
        assert_eq!(path.single_names, texts(&["bucket", "a", "b"]));
        let xml = "<R><requestId>q</requestId><subnet><subnetId>subnet-1</subnetId><subnetArn>arn:s</subnetArn>\
                   <ownerId>111122223333</ownerId></subnet></R>";
        let answer = of_body("ec2:CreateSubnet", &Body::literal(xml.into()));
        assert_eq!(answer.names, texts(&["subnet-1", "arn:s"]));
        assert!(answer.all.contains(&StringHash::hash_string("q")));
    }

    #[test]
    fn a_request_has_single_arns_and_lists() {
        let strings = of_request(
            "CreateX",
            r#"{"name":"x","principals":["p","arn:q"],"resourceShareArn":"arn:s","tags":[{"key":"k","value":{"$volatile":"w:/name"}}]}"#,
        );
        assert_eq!(strings.single_names, texts(&["arn:s"]));
        let mut listed = texts(&["p", "arn:q", "k"]);
        listed.insert(StringHash::hash_hole("w:/name"));
        assert_eq!(strings.listed, listed);
        assert_eq!(strings.list_members, ["principals", "tags"]);
        assert_eq!(strings.names, texts(&["arn:s", "arn:q"]));
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
        let strings = of_body("GetX", &body);
        let mut all = texts(&["arn:s"]);
        all.insert(StringHash::hash_hole("w:/name"));
        assert_eq!((strings.all, strings.names), (all, texts(&["arn:s"])));
        assert!(of_body("GetX", &Body::literal(Bytes::from_static(b"no notation: arn:s"))).all.is_empty());
    }
}
