//! A request's parameters, and their canonical JSON.

use super::error::ParameterError;
use super::number::canonical_number;
use super::spelling::{Nulls, Spelling, Unordered, canonical_json};
use crate::json::{self, Kind, Node};
use crate::model::{decode_query_text, query_pairs};
use crate::service::Operation;
use data_encoding::BASE64;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The parameters of a request: the members of its JSON body and of its query in one map.
#[derive(Clone, Debug, Default)]
pub struct Parameters<'a> {
    members: BTreeMap<Cow<'a, str>, Value<'a>>,
}

#[derive(Clone, Debug)]
enum Value<'a> {
    Body(Node<'a>),
    Text(Cow<'a, str>),
}

impl Value<'_> {
    /// About how long its text is.
    fn len(&self) -> usize {
        match self {
            Self::Body(node) => node.raw.len(),
            Self::Text(text) => text.len(),
        }
    }
}

impl<'a> Parameters<'a> {
    /// Reads query and body. No body, blanks only, and `{}` are the same. Where `strict` is false (an unknown operation),
    /// a body or a query that has no canonical form is taken as it is, as one opaque member: what is unknown is passed on
    /// and recorded whatever it holds.
    ///
    /// # Errors
    /// As the variants of [`ParameterError`] say.
    pub fn read(query: &'a str, body: &'a [u8], strict: bool) -> Result<Self, ParameterError> {
        let opaque_query = || Self::default().with_opaque("$query", query.as_bytes());
        let asked = match Self::of_query(query) {
            Err(_) if !strict => opaque_query()?,
            read => read?,
        };
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(asked);
        }
        if strict {
            return asked.with_body(body);
        }
        let whole = asked.clone().with_body(body).and_then(|whole| whole.canonical(None, |_| false).map(|_| whole));
        // The last resort is for a query that itself has a member of that name.
        whole.or_else(|_| asked.with_opaque("$body", body)).or_else(|_| opaque_query()?.with_opaque("$body", body))
    }

    fn of_query(query: &'a str) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        for (name, value) in query_pairs(query) {
            parameters.add(decode(name)?, Value::Text(decode(value)?))?;
        }
        Ok(parameters)
    }

    fn with_body(mut self, body: &'a [u8]) -> Result<Self, ParameterError> {
        let Kind::Object(members) = json::parse(body)?.kind else { return Err(ParameterError::NotAnObject) };
        for member in members {
            let name = json::unquote(member.key).map_err(|_| ParameterError::LoneSurrogate)?;
            self.add(name, Value::Body(member.value))?;
        }
        Ok(self)
    }

    /// With `bytes` as member `name`; as `name-base64` where they are no text.
    fn with_opaque(mut self, name: &'static str, bytes: &'a [u8]) -> Result<Self, ParameterError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.add(Cow::Borrowed(name), Value::Text(Cow::Borrowed(text)))?,
            Err(_) => self.add(format!("{name}-base64").into(), Value::Text(BASE64.encode(bytes).into()))?,
        }
        Ok(self)
    }

    fn add(&mut self, name: Cow<'a, str>, value: Value<'a>) -> Result<(), ParameterError> {
        if let Some(_earlier) = self.members.insert(name.clone(), value) {
            return Err(ParameterError::Duplicate(name.into_owned()));
        }
        Ok(())
    }

    /// Puts `text` in place of the member called `name`.
    pub fn replace(&mut self, name: &str, text: String) {
        self.members.insert(Cow::Owned(name.to_owned()), Value::Text(Cow::Owned(text)));
    }

    /// Whether there is a member called `name`; one that is `null` is none.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !matches!(value, Value::Body(Node { kind: Kind::Null, .. })))
    }

    /// The number in the body's member called `name`, in its canonical spelling; `None` where there is none.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<String> {
        match self.members.get(name)? {
            Value::Body(node) if node.kind == Kind::Number => canonical_number(node.raw),
            _ => None,
        }
    }

    /// The text of the member called `name`, wherever it stands; `None` where it is absent or no string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.members.get(name)? {
            Value::Body(node) => node.text(),
            Value::Text(text) => Some(text.clone()),
        }
    }

    /// The items of the body's member called `name`; those that are no strings have no text. None where it is no list.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<Option<Cow<'a, str>>> {
        match self.members.get(name) {
            Some(Value::Body(node)) => node.items().unwrap_or_default().iter().map(Node::text).collect(),
            _ => Vec::new(),
        }
    }

    /// The canonical parameters: compact JSON, members sorted by name, `null` members absent, strings and numbers in their
    /// one spelling, lists without order sorted, JSON inside strings canonical itself; without the members that `skip` names.
    ///
    /// # Errors
    /// Where a nested member stands twice, or a string or number has no canonical spelling.
    pub fn canonical(
        &self,
        operation: Option<&Operation>,
        skip: impl Fn(&str) -> bool,
    ) -> Result<String, ParameterError> {
        self.canonical_with_holes(operation, skip, |_| None)
    }

    /// As [`Self::canonical`]; a string that `hole` has a name for, whole, stands as `{"$volatile":"name"}`. Other objects
    /// with one member whose name begins with `$` have that `$` doubled, so that nothing else looks so.
    ///
    /// # Errors
    /// As [`Self::canonical`].
    pub fn canonical_with_holes<'h>(
        &self,
        operation: Option<&Operation>,
        skip: impl Fn(&str) -> bool,
        hole: impl Fn(&str) -> Option<&'h str>,
    ) -> Result<String, ParameterError> {
        let spelling = Spelling { nulls: Nulls::Absent, hole: &hole };
        let mut out =
            String::with_capacity(self.members.iter().map(|(name, value)| name.len() + value.len() + 4).sum());
        out.push('{');
        for (name, value) in &self.members {
            if skip(name) || matches!(value, Value::Body(Node { kind: Kind::Null, .. })) {
                continue;
            }
            if out.len() > 1 {
                out.push(',');
            }
            json::push_quoted(&mut out, name);
            out.push(':');
            let is_json = || operation.is_some_and(|operation| operation.json_strings.iter().any(|own| own == name));
            let text = match value {
                Value::Text(text) => Some(text.clone()),
                Value::Body(node) => node.text(),
            };
            match (text, value) {
                (Some(text), _) if is_json() && hole(&text).is_none() => {
                    json::push_quoted(&mut out, &canonical_json(&text));
                }
                (Some(text), _) => spelling.text(&mut out, &text),
                (None, Value::Body(node)) => {
                    let lists = operation.map_or(&[][..], |operation| &operation.unordered);
                    spelling.write(&mut out, node, &Unordered::in_member(lists, name))?;
                }
                (None, Value::Text(_)) => {}
            }
        }
        out.push('}');
        Ok(out)
    }
}

fn decode(text: &str) -> Result<Cow<'_, str>, ParameterError> {
    decode_query_text(text).ok_or(ParameterError::Query)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::service::Service;
    use http::Method;

    fn canonical(path: &str, query: &str, body: &[u8]) -> Result<String, ParameterError> {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let method = if path.starts_with("/delete") { Method::DELETE } else { Method::POST };
        let operation = service.operation(&method, path);
        let volatile = |name: &str| operation.is_some_and(|o| o.volatile.iter().any(|v| v == name));
        Parameters::read(query, body, operation.is_some())?.canonical(operation.map(|o| &**o), volatile)
    }

    #[test]
    fn blanks_escapes_order_and_nulls_do_not_count() {
        let python = br#"{"name": "s \u00e9 1", "principals": ["2", "1"], "resourceArns": [], "tags": null, "clientToken": "x"}"#;
        let javascript = r#"{"resourceArns":[],"principals":["1","2"],"name":"s é 1"}"#.as_bytes();
        let one = canonical("/createresourceshare", "", python).unwrap();
        assert_eq!(one, r#"{"name":"s é 1","principals":["1","2"],"resourceArns":[]}"#);
        assert_eq!(canonical("/createresourceshare", "", javascript).unwrap(), one);
    }

    #[test]
    fn nothing_an_empty_body_and_an_empty_object_are_one() {
        for body in [&b""[..], b"{}", b" {\n} "] {
            assert_eq!(canonical("/enablesharingwithawsorganization", "", body).unwrap(), "{}");
        }
    }

    #[test]
    fn the_query_counts_decoded() {
        let sorted =
            canonical("/deletepermissionversion", "clientToken=q&permissionArn=arn%3Ax&permissionVersion=2", b"");
        let unsorted = canonical("/deletepermissionversion", "permissionVersion=2&permissionArn=arn:x", b"{}");
        assert_eq!(sorted.as_deref(), Ok(r#"{"permissionArn":"arn:x","permissionVersion":"2"}"#));
        assert_eq!(sorted, unsorted);
        let [blank, plus, escaped] =
            ["a+b", "a%2Bb", "a%20b"].map(|arn| canonical("/deletepermission", &format!("permissionArn={arn}"), b""));
        assert_eq!(blank.as_deref(), Ok(r#"{"permissionArn":"a b"}"#));
        assert_eq!(plus.as_deref(), Ok(r#"{"permissionArn":"a+b"}"#));
        assert_eq!(blank, escaped);
    }

    #[test]
    fn a_policy_is_compared_as_json() {
        let a = canonical("/createpermission", "", br#"{"policyTemplate":"{\"b\":1.0, \"a\":null}"}"#).unwrap();
        let b = canonical("/createpermission", "", br#"{"policyTemplate":"{\"a\": null,\"b\":1}"}"#).unwrap();
        assert_eq!(a, b);
        assert_eq!(a, r#"{"policyTemplate":"{\"a\":null,\"b\":1}"}"#);
        assert!(canonical("/createpermission", "", br#"{"policyTemplate":"{oops"}"#).unwrap().contains("{oops"));
    }

    #[test]
    fn lists_without_order_may_stand_in_lists_without_order() {
        let of =
            |filters: &str| canonical("/getresourceshares", "", format!(r#"{{"tagFilters":{filters}}}"#).as_bytes());
        let one = of(r#"[{"tagKey":"b","tagValues":["2","1"]},{"tagKey":"a","tagValues":["x","y"]}]"#).unwrap();
        assert_eq!(of(r#"[{"tagValues":["y","x"],"tagKey":"a"},{"tagKey":"b","tagValues":["1","2"]}]"#).unwrap(), one);
        assert_eq!(
            one,
            r#"{"tagFilters":[{"tagKey":"a","tagValues":["x","y"]},{"tagKey":"b","tagValues":["1","2"]}]}"#
        );
        assert_ne!(of(r#"[{"tagKey":"a","tagValues":["1","2"]},{"tagKey":"b","tagValues":["x","y"]}]"#).unwrap(), one);
        assert_ne!(
            of(r#"[{"tagKey":"a","tagValues":[["x","y"]]}]"#),
            of(r#"[{"tagKey":"a","tagValues":[["y","x"]]}]"#)
        );
    }

    #[test]
    fn bad_parameters_are_named() {
        let of = |body: &[u8]| canonical("/getresourceshares", "", body).unwrap_err();
        assert_eq!(of(br#"{"name":"a","name":"b"}"#), ParameterError::Duplicate("name".into()));
        assert_eq!(of(br#"{"tagFilters":[{"a":1,"\u0061":2}]}"#), ParameterError::Duplicate("a".into()));
        assert_eq!(of(b"[]"), ParameterError::NotAnObject);
        assert_eq!(of(br#"{"name":"\ud800"}"#), ParameterError::LoneSurrogate);
        assert!(matches!(of(b"{oops"), ParameterError::Json(_)));
        let twice = Parameters::read("name=a", br#"{"name":"a"}"#, true).unwrap_err();
        assert_eq!(twice, ParameterError::Duplicate("name".into()));
    }

    #[test]
    fn an_unknown_operation_takes_any_body() {
        assert_eq!(canonical("/new", "a=1", b"\xff\x00").unwrap(), r#"{"$body-base64":"/wA=","a":"1"}"#);
        assert_eq!(canonical("/new", "", b"a=b").unwrap(), r#"{"$body":"a=b"}"#);
        assert_eq!(canonical("/new", "", b"{\"b\":1,\"a\":2}").unwrap(), r#"{"a":2,"b":1}"#);
    }

    #[test]
    fn an_unknown_operation_is_taken_as_it_is_where_it_has_no_canonical_form() {
        for body in [r#"{"a":"\ud800"}"#, r#"{"a":[{"b":1,"b":2}]}"#, r#"{"a":1e9999999999999999999}"#, r#"{"q":1}"#] {
            let expected = format!(r#"{{"$body":{},"q":"1"}}"#, json::quote(body));
            assert_eq!(canonical("/new", "q=1", body.as_bytes()).unwrap(), expected);
        }
        assert_eq!(canonical("/new", "k=1&k=2", b"{\"a\": 1}").unwrap(), r#"{"$query":"k=1&k=2","a":1}"#);
        assert_eq!(canonical("/new", "k=%ff", b"").unwrap(), r#"{"$query":"k=%ff"}"#);
        assert_eq!(canonical("/new", "$body=1", b"x").unwrap(), r#"{"$body":"x","$query":"$body=1"}"#);
        assert_eq!(canonical("/deletepermission", "k=1&k=2", b""), Err(ParameterError::Duplicate("k".into())));
    }
}
