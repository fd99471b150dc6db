//! XML bodies.

use super::leaf::Leaf;
use super::value::{MAX_DEPTH, Members, Value};
use roxmltree::{Document, Node, StringStorage};
use std::borrow::Cow;
use std::collections::HashMap;

/// The member that stands for the text of an element that has attributes or elements too.
const TEXT: &str = "#text";

/// How many attributes an element may have; an `=` in a value counts as one.
const MAX_ATTRIBUTES: usize = 256;

/// How many declarations of namespaces a body may have. S3 has one in each grant of access.
const MAX_NAMESPACES: usize = 1024;

/// What is in an XML body: below its root, and all its leaves.
pub(super) struct XmlBody<'a> {
    root: &'a str,
    pub(super) value: Value,
    pub(super) leaves: Vec<Leaf<'a>>,
}

/// The root's name with what is in it; `None` where `body` is not XML.
pub(super) fn read_document(body: &[u8]) -> Option<(String, Value)> {
    read(body).map(|read| (read.root.to_owned(), read.value))
}

/// Reads `body`; `None` where it is not XML, has a document type (with which entities come), or nests too deep.
pub(super) fn read(body: &[u8]) -> Option<XmlBody<'_>> {
    let source = std::str::from_utf8(body).ok()?;
    let document = parse(source)?;
    let root = document.root_element();
    let mut reader = Reader { source, path: Vec::new(), leaves: Vec::new() };
    let value = reader.read(root, false)?;
    Some(XmlBody { root: root.tag_name().name(), value, leaves: reader.leaves })
}

/// The parser compares each attribute of an element with each other one, and each namespace with all, so their numbers are
/// bounded.
fn parse(source: &str) -> Option<Document<'_>> {
    let has_many_attributes = |element: &str| {
        let tag = start_tag(element).unwrap_or(element);
        !tag.starts_with(['!', '?', '/']) && tag.bytes().filter(|byte| *byte == b'=').count() > MAX_ATTRIBUTES
    };
    if source.split('<').any(has_many_attributes) || source.matches("xmlns").count() > MAX_NAMESPACES {
        return None;
    }
    Document::parse(source).ok()
}

struct Reader<'a> {
    source: &'a str,
    path: Vec<Cow<'a, str>>,
    leaves: Vec<Leaf<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, element: Node<'_, 'a>, in_list: bool) -> Option<Value> {
        if self.path.len() > MAX_DEPTH {
            return None;
        }
        let attributes = self.read_attributes(element);
        if !element.children().any(|child| child.is_element()) {
            return Some(self.read_text(element, attributes, in_list));
        }
        let mut members = attributes;
        let text: String =
            element.children().filter(Node::is_text).filter_map(|child| child.text()).map(str::trim).collect();
        if !text.is_empty() {
            members.push((TEXT.to_owned(), Value::Text(text)));
        }
        if members.is_empty()
            && let Some(items) = items(element)
        {
            let items = items.into_iter().enumerate();
            let items = items.map(|(index, item)| self.read_at(item, &[index.to_string().into()], true));
            return Some(Value::List(items.collect::<Option<_>>()?));
        }
        self.read_members(element, &mut members)?;
        Some(Value::Object(members))
    }

    fn read_at(&mut self, element: Node<'_, 'a>, steps: &[Cow<'a, str>], in_list: bool) -> Option<Value> {
        let depth = self.path.len();
        self.path.extend_from_slice(steps);
        let value = self.read(element, in_list);
        self.path.truncate(depth);
        value
    }

    /// Elements by their names; those of the same name are a list.
    fn read_members(&mut self, element: Node<'_, 'a>, members: &mut Members) -> Option<()> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for child in element.children().filter(Node::is_element) {
            *counts.entry(child.tag_name().name()).or_default() += 1;
        }
        let mut places: HashMap<&str, usize> = HashMap::new();
        for child in element.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            if counts.get(name) == Some(&1) {
                let value = self.read_at(child, &[Cow::Borrowed(name)], false)?;
                members.push((name.to_owned(), value));
                continue;
            }
            let place = *places.entry(name).or_insert(members.len());
            if place == members.len() {
                members.push((name.to_owned(), Value::List(Vec::new())));
            }
            let index = match members.get(place) {
                Some((_, Value::List(items))) => items.len(),
                _ => return None,
            };
            let value = self.read_at(child, &[Cow::Borrowed(name), index.to_string().into()], true)?;
            if let Some((_, Value::List(items))) = members.get_mut(place) {
                items.push(value);
            }
        }
        Some(())
    }

    /// The attributes, each as a member whose name is the attribute's as written behind an `@`; declarations of namespaces
    /// are none.
    fn read_attributes(&self, element: Node<'_, 'a>) -> Members {
        let named = |attribute: roxmltree::Attribute<'_, 'a>| {
            let name = self.source.get(attribute.range_qname()).unwrap_or(attribute.name());
            (format!("@{name}"), Value::Text(attribute.value().to_owned()))
        };
        element.attributes().map(named).collect()
    }

    /// An element without elements in it.
    fn read_text(&mut self, element: Node<'_, 'a>, attributes: Members, in_list: bool) -> Value {
        let text = text(element);
        let value = Value::Text(text.clone().into_owned());
        let has_attributes = !attributes.is_empty();
        if let Some(range) = content_range(self.source, element) {
            let mut path = self.path.clone();
            path.extend(has_attributes.then_some(Cow::Borrowed(TEXT)));
            self.leaves.push(Leaf { range, text, path, in_list: in_list && !has_attributes });
        }
        if !has_attributes {
            return value;
        }
        let mut members = attributes;
        members.push((TEXT.to_owned(), value));
        Value::Object(members)
    }
}

/// The elements of a list as the query protocols write it: all of them called `member` or `item`.
fn items<'d, 'a>(element: Node<'d, 'a>) -> Option<Vec<Node<'d, 'a>>> {
    let items: Vec<_> = element.children().filter(Node::is_element).collect();
    let is_list = |name: &str| items.iter().all(|item| item.tag_name().name() == name);
    (is_list("member") || is_list("item")).then_some(items)
}

/// The text of an element that has no elements.
fn text<'a>(element: Node<'_, 'a>) -> Cow<'a, str> {
    let mut texts = element.children().filter(Node::is_text).filter_map(|child| child.text_storage());
    match (texts.next(), texts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(StringStorage::Borrowed(only)), None) => Cow::Borrowed(only),
        (Some(first), second) => {
            let rest: String = second.into_iter().chain(texts).map(StringStorage::as_str).collect();
            Cow::Owned(format!("{}{rest}", first.as_str()))
        }
    }
}

/// What stands between an element's tags; `None` of `<a/>`.
fn content_range(source: &str, element: Node<'_, '_>) -> Option<std::ops::Range<usize>> {
    let range = element.range();
    let whole = source.get(range.clone())?;
    let tag = start_tag(whole)?;
    let end = whole.rfind("</").filter(|_| !tag.ends_with("/>"))?;
    Some(range.start + tag.len()..range.start + end)
}

/// The tag at the start of `element`.
fn start_tag(element: &str) -> Option<&str> {
    let mut quote = None;
    let end = element.bytes().position(|byte| match (quote, byte) {
        (None, b'"' | b'\'') => {
            quote = Some(byte);
            false
        }
        (None, b'>') => true,
        (Some(open), _) if open == byte => {
            quote = None;
            false
        }
        _ => false,
    })?;
    element.get(..=end)
}

/// The name of the outermost element of a well-formed body.
pub(super) fn root_name(body: &[u8]) -> Option<String> {
    let document = parse(std::str::from_utf8(body).ok()?)?;
    Some(document.root_element().tag_name().name().to_owned())
}

/// `text` as it stands in an element. A character that XML cannot have becomes U+FFFD.
pub fn escape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

/// An XML body with each element on a line of its own, indented by two blanks a level, for people; an element without elements
/// stays as it is. `None` where `body` is not XML.
#[must_use]
pub fn lay_out_xml(body: &[u8]) -> Option<String> {
    // That it nests no deeper than can be walked.
    read(body)?;
    let source = std::str::from_utf8(body).ok()?;
    let document = parse(source)?;
    let mut out = String::with_capacity(body.len() * 2);
    let trimmed = source.trim_start_matches('\u{feff}');
    if let Some((declaration, _)) = trimmed.split_once("?>").filter(|(start, _)| start.starts_with("<?xml ")) {
        out.push_str(declaration);
        out.push_str("?>\n");
    }
    document.root().children().for_each(|node| lay_out(source, node, 0, &mut out));
    Some(out)
}

fn lay_out(source: &str, node: Node<'_, '_>, depth: usize, out: &mut String) {
    let raw = source.get(node.range()).unwrap_or_default().trim();
    let mut push_line = |line: &str| {
        out.push_str(&"  ".repeat(depth));
        out.push_str(line);
        out.push('\n');
    };
    if !node.children().any(|child| child.is_element()) {
        if !raw.is_empty() {
            push_line(raw);
        }
        return;
    }
    push_line(start_tag(raw).unwrap_or_default());
    node.children().for_each(|child| lay_out(source, child, depth + 1, out));
    out.push_str(&"  ".repeat(depth));
    out.push_str(raw.rfind("</").and_then(|at| raw.get(at..)).unwrap_or_default());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn json(body: &str) -> String {
        read(body.as_bytes()).unwrap().value.to_json()
    }

    #[test]
    fn structure_becomes_objects_and_lists() {
        for (body, value) in [
            ("<R><A>1</A><B><C>x</C></B></R>", r#"{"A":"1","B":{"C":"x"}}"#),
            ("<R>\n  <A> 1 </A>\n</R>", r#"{"A":" 1 "}"#),
            ("<R><L><member>1</member></L></R>", r#"{"L":["1"]}"#),
            ("<R><L><item><K>1</K></item><item><K>2</K></item></L></R>", r#"{"L":[{"K":"1"},{"K":"2"}]}"#),
            ("<R><K>1</K><X/><K>2</K></R>", r#"{"K":["1","2"],"X":""}"#),
            ("<R xmlns='u:x' xmlns:n='u:y'><n:A n:t='v'>1</n:A></R>", r##"{"A":{"@n:t":"v","#text":"1"}}"##),
            ("<R>a<B/>c</R>", r##"{"#text":"ac","B":""}"##),
            ("<R>&lt;<![CDATA[<&]]>&#233;<!-- no -->x</R>", r#""<<&éx""#),
            ("<R></R>", r#""""#),
        ] {
            assert_eq!(json(body), value, "{body}");
        }
        assert_eq!(read_document(b"<?xml version='1.0'?>\n<n:R xmlns:n='u:x'/>").unwrap().0, "R");
    }

    #[test]
    fn entities_depth_and_noise_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"x\">]><a>&b;</a>";
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let attributes: String = (0..100_000).map(|number| format!(" a{number}=''")).collect();
        let attributes = format!("<a{attributes}/>");
        let namespaces: String = (0..50_000).map(|number| format!("<a xmlns='{number}'/>")).collect();
        let namespaces = format!("<a>{namespaces}</a>");
        for body in [bomb, &deep, &attributes, &namespaces, "", "<a>", "{}", "<a></b>"] {
            assert!(read(body.as_bytes()).is_none());
            assert!(lay_out_xml(body.as_bytes()).is_none());
        }
        assert!(read(b"<a>\xff</a>").is_none());
    }

    #[test]
    fn leaves_have_their_place() {
        let body = "<R><A x='>'>1&amp;2</A><L><member></member><member>b</member></L><E/><N><K>c</K></N></R>";
        let read = read(body.as_bytes()).unwrap();
        let seen: Vec<_> = read
            .leaves
            .iter()
            .map(|leaf| (&body[leaf.range.clone()], &*leaf.text, leaf.path.join("/"), leaf.in_list))
            .collect();
        let of = |raw, text, path: &str, in_list| (raw, text, path.to_owned(), in_list);
        assert_eq!(
            seen,
            [
                of("1&amp;2", "1&2", "A/#text", false),
                of("", "", "L/0", true),
                of("b", "b", "L/1", true),
                of("c", "c", "N/K", false)
            ]
        );
    }

    #[test]
    fn people_get_lines() {
        let body = "<?xml version=\"1.0\"?><R a=\"1\"><A>x y</A><B><C/>t</B><!-- n --></R>";
        let lines =
            "<?xml version=\"1.0\"?>\n<R a=\"1\">\n  <A>x y</A>\n  <B>\n    <C/>\n    t\n  </B>\n  <!-- n -->\n</R>\n";
        assert_eq!(lay_out_xml(body.as_bytes()).unwrap(), lines);
        assert_eq!(lay_out_xml(lines.as_bytes()).unwrap(), lines);
    }
}
