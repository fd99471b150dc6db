//! Writes a value as canonical JSON.
//!
//! It is ramtape's own: published canonicalisers (RFC 8785) round integers above 2^53.

use super::error::ParameterError;
use super::number::canonical_number;
use crate::json::{self, Kind, Member, Node};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `text` as canonical JSON where it is JSON, else as it is. It is one string, and nothing inside it is a hole.
pub(super) fn canonical_json(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let spelling = Spelling { nulls: Nulls::Kept, hole: &|_| None };
    match json::parse(text.as_bytes()) {
        Ok(node) if spelling.write(&mut out, &node, &Unordered::default()).is_ok() => Cow::Owned(out),
        _ => Cow::Borrowed(text),
    }
}

/// How values are spelled.
pub(super) struct Spelling<'h, 'f> {
    pub(super) nulls: Nulls,
    /// The name of the hole that stands for a string.
    pub(super) hole: &'f dyn Fn(&str) -> Option<&'h str>,
}

/// The unordered lists in a value, as JSON pointers, in which `*` is any one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Unordered<'a>(Vec<&'a str>);

impl<'a> Unordered<'a> {
    /// Those in the member `name` of a request, of `lists`: names of members, and JSON pointers.
    pub(super) fn in_member(lists: &'a [String], name: &str) -> Self {
        let inside = |list: &'a String| if list == name { Some("") } else { below(list, name) };
        Self(lists.iter().filter_map(inside).collect())
    }

    /// Those in what is one step further.
    fn at(&self, step: &str) -> Self {
        Self(self.0.iter().filter_map(|pointer| below(pointer, step)).collect())
    }

    /// Whether the value itself is one.
    fn is_here(&self) -> bool {
        self.0.contains(&"")
    }
}

/// What is left of `pointer` after a first step `step`.
fn below<'a>(pointer: &'a str, step: &str) -> Option<&'a str> {
    let steps = pointer.strip_prefix('/')?;
    let (first, rest) = steps.split_at(steps.find('/').unwrap_or(steps.len()));
    (first == "*" || first == json::pointer_step(step)).then_some(rest)
}

/// Whether a member that is `null` is the same as no member. In RAM's requests it is; in a policy document it need not be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Nulls {
    Absent,
    Kept,
}

impl Spelling<'_, '_> {
    pub(super) fn text(&self, out: &mut String, text: &str) {
        match (self.hole)(text) {
            Some(name) => {
                out.push_str("{\"$volatile\":");
                json::push_quoted(out, name);
                out.push('}');
            }
            None => json::push_quoted(out, text),
        }
    }

    /// The items of a list without order, sorted.
    fn sorted(&self, out: &mut String, items: &[Node<'_>], within: &Unordered<'_>) -> Result<(), ParameterError> {
        let mut sorted = Vec::with_capacity(items.len());
        for item in items {
            sorted.push(self.written(item, within)?);
        }
        sorted.sort_unstable();
        for (at, item) in sorted.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(item);
        }
        Ok(())
    }

    /// What [`Self::write`] writes; nothing is copied where it is what was received.
    fn written<'a>(&self, node: &Node<'a>, unordered: &Unordered<'_>) -> Result<Cow<'a, str>, ParameterError> {
        if self.is_plain(node) {
            return Ok(Cow::Borrowed(node.raw));
        }
        let mut text = String::with_capacity(node.raw.len());
        self.write(&mut text, node, unordered)?;
        Ok(Cow::Owned(text))
    }

    /// Whether a string is in its one spelling as it was received. The reader lets no control character pass, so that without
    /// a backslash nothing in it was escaped, and nothing has to be.
    fn is_plain(&self, node: &Node<'_>) -> bool {
        let inner = node.raw.get(1..node.raw.len().saturating_sub(1)).unwrap_or_default();
        node.kind == Kind::String && !node.raw.as_bytes().contains(&b'\\') && (self.hole)(inner).is_none()
    }

    /// Writes `node`, in which the lists of `unordered` have no order.
    pub(super) fn write(
        &self,
        out: &mut String,
        node: &Node<'_>,
        unordered: &Unordered<'_>,
    ) -> Result<(), ParameterError> {
        match &node.kind {
            Kind::Null | Kind::Bool(_) => out.push_str(node.raw),
            Kind::Number => match canonical_number(node.raw) {
                Some(number) => out.push_str(&number),
                None => return Err(ParameterError::Number(node.raw.chars().take(40).collect())),
            },
            Kind::String if self.is_plain(node) => out.push_str(node.raw),
            Kind::String => match json::unquote(node.raw) {
                Ok(text) => self.text(out, &text),
                Err(_) => return Err(ParameterError::LoneSurrogate),
            },
            Kind::Array(items) => {
                out.push('[');
                let within = unordered.at("*");
                if unordered.is_here() {
                    self.sorted(out, items, &within)?;
                } else {
                    for (at, item) in items.iter().enumerate() {
                        if at > 0 {
                            out.push(',');
                        }
                        self.write(out, item, &within)?;
                    }
                }
                out.push(']');
            }
            Kind::Object(members) => self.object(out, members, unordered)?,
        }
        Ok(())
    }

    fn object(
        &self,
        out: &mut String,
        members: &[Member<'_>],
        unordered: &Unordered<'_>,
    ) -> Result<(), ParameterError> {
        let mut sorted = BTreeMap::new();
        for member in members {
            let name = json::unquote(member.key).map_err(|_| ParameterError::LoneSurrogate)?;
            if let Some(_earlier) = sorted.insert(name.clone(), &member.value) {
                return Err(ParameterError::Duplicate(name.into_owned()));
            }
        }
        sorted.retain(|_, value| self.nulls == Nulls::Kept || value.kind != Kind::Null);
        // Inside a string nothing is a hole, so nothing has to be told from one.
        let escaped = self.nulls == Nulls::Absent && sorted.len() == 1;
        out.push('{');
        for (at, (name, value)) in sorted.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            if escaped && name.starts_with('$') {
                json::push_quoted(out, &format!("${name}"));
            } else {
                json::push_quoted(out, name);
            }
            out.push(':');
            self.write(out, value, &unordered.at(name))?;
        }
        out.push('}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use crate::fingerprint::Parameters;
    use crate::service::Service;
    use http::Method;

    #[test]
    fn holes_stand_for_whole_strings_and_for_nothing_else() {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let operation = service.operation(&Method::POST, "/createpermission").unwrap();
        let body = br#"{"name":"sh\u0061re-1","tags":[{"key":"share-1","value":"share-1 x"},{"share-1":"share-10"}],
            "policyTemplate":"{\"a\":\"share-1\",\"b\":{\"$c\":1}}","x":{"$volatile":"w:/name","n":null},"y":{"$a":1,"$b":2}}"#;
        let parameters = Parameters::read("q=share-1&r=share-12", body, true).unwrap();
        let hole = |text: &str| (text == "share-1").then_some("w:/name");
        assert_eq!(
            parameters.canonical_with_holes(Some(operation), |_| false, hole).unwrap(),
            concat!(
                r#"{"name":{"$volatile":"w:/name"},"policyTemplate":"{\"a\":\"share-1\",\"b\":{\"$c\":1}}","#,
                r#""q":{"$volatile":"w:/name"},"r":"share-12","#,
                r#""tags":[{"key":{"$volatile":"w:/name"},"value":"share-1 x"},{"share-1":"share-10"}],"#,
                r#""x":{"$$volatile":"w:/name"},"y":{"$a":1,"$b":2}}"#
            )
        );
    }
}
