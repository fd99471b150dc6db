//! YAML as data: nothing is made or called for a tag, and aliases cannot make more of a file than was written.

use super::node::Node;
use data_encoding::BASE64;
use std::collections::HashMap;
use std::rc::Rc;
use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};

/// How deep a file may be nested. Cassettes are six deep.
const DEEPEST: usize = 64;
/// How large a file may be with every alias written out, in bytes: four times what the largest file may have.
const LARGEST: usize = 256 << 20;
/// What a value counts besides its text, in bytes.
const VALUE: usize = 16;

/// Tags of YAML's own, and what Python and Ruby write for plain texts and lists.
const PLAIN: [&str; 17] = [
    "!",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:int",
    "tag:yaml.org,2002:map",
    "tag:yaml.org,2002:omap",
    "tag:yaml.org,2002:python/bool",
    "tag:yaml.org,2002:python/dict",
    "tag:yaml.org,2002:python/int",
    "tag:yaml.org,2002:python/list",
    "tag:yaml.org,2002:python/none",
    "tag:yaml.org,2002:python/str",
    "tag:yaml.org,2002:python/tuple",
    "tag:yaml.org,2002:python/unicode",
    "tag:yaml.org,2002:seq",
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:timestamp",
];
const BINARY: [&str; 2] = ["tag:yaml.org,2002:binary", "tag:yaml.org,2002:python/bytes"];
const NULL: &str = "tag:yaml.org,2002:null";
const TEXTS: [&str; 3] = ["tag:yaml.org,2002:str", "tag:yaml.org,2002:python/str", "tag:yaml.org,2002:python/unicode"];

/// Why a text is not taken as YAML.
#[derive(Debug, thiserror::Error)]
pub enum YamlFault {
    /// It is none.
    #[error("not valid YAML: {0}")]
    Syntax(ScanError),
    /// It is nested too deep.
    #[error("line {line} is nested more than {DEEPEST} deep")]
    Depth {
        /// Where.
        line: usize,
    },
    /// Its aliases stand for too much.
    #[error("line {line}: written out, its aliases (`*name`) make it larger than {} MiB", LARGEST >> 20)]
    Aliases {
        /// Where.
        line: usize,
    },
    /// An alias stands for what it is in.
    #[error("line {line}: an alias (`*name`) stands for something that it is a part of")]
    Circle {
        /// Where.
        line: usize,
    },
    /// Binary data is not base64.
    #[error("line {line}: the data marked !!binary is not valid base64")]
    Binary {
        /// Where.
        line: usize,
    },
    /// The name of a member is not a text.
    #[error("line {line}: the name of a member is not a text")]
    Name {
        /// Where.
        line: usize,
    },
    /// There is a second document.
    #[error("line {line}: a second YAML document begins there; a cassette is one")]
    Documents {
        /// Where.
        line: usize,
    },
}

/// The data of `text`, which is one document; null where it is empty.
pub(super) fn parse(text: &str) -> Result<Node, YamlFault> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), total: 0 };
    let mut open: Vec<Open> = Vec::new();
    let mut document = None;
    loop {
        let (event, marker) = reader.parser.next_token().map_err(YamlFault::Syntax)?;
        let line = marker.line();
        let done = match event {
            Event::StreamEnd => break,
            Event::DocumentStart if document.is_some() => return Err(YamlFault::Documents { line }),
            Event::Nothing | Event::StreamStart | Event::DocumentStart | Event::DocumentEnd => continue,
            Event::SequenceStart(anchor, tag) => {
                begin(&mut open, Open::new(Node::List(Vec::new()), anchor, tag, reader.total), line)?;
                reader.count(VALUE, line)?;
                continue;
            }
            Event::MappingStart(anchor, tag) => {
                begin(&mut open, Open::new(Node::Map(Vec::new()), anchor, tag, reader.total), line)?;
                reader.count(VALUE, line)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(ended) = open.pop() else { continue };
                let size = reader.total.saturating_sub(ended.before);
                reader.keep(ended.anchor, foreign(ended.tag).unwrap_or(ended.node), size)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let size = VALUE.saturating_add(text.len());
                reader.count(size, line)?;
                reader.keep(anchor, scalar(text, style, tag, marker)?, size)
            }
            Event::Alias(anchor) => reader.alias(anchor, line)?,
        };
        match open.last_mut() {
            Some(parent) => parent.take(done, line)?,
            None => document = Some(done),
        }
    }
    // Nobody else holds the outermost value, unless an anchor does.
    drop(reader);
    Ok(document.and_then(Rc::into_inner).unwrap_or(Node::Null))
}

/// What is read, and what aliases stand for.
struct Reader<'t> {
    parser: Parser<std::str::Chars<'t>>,
    /// By anchor, the value and its size.
    anchors: HashMap<usize, (Rc<Node>, usize)>,
    /// The size of all so far.
    total: usize,
}

impl Reader<'_> {
    fn count(&mut self, size: usize, line: usize) -> Result<(), YamlFault> {
        self.total = self.total.saturating_add(size);
        if self.total > LARGEST { Err(YamlFault::Aliases { line }) } else { Ok(()) }
    }

    fn keep(&mut self, anchor: usize, node: Node, size: usize) -> Rc<Node> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::clone(&node), size));
        }
        node
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<Rc<Node>, YamlFault> {
        let (node, size) = self.anchors.get(&anchor).ok_or(YamlFault::Circle { line })?;
        let (node, size) = (Rc::clone(node), *size);
        self.count(size, line)?;
        Ok(node)
    }
}

/// A list or a map that is not at its end.
struct Open {
    node: Node,
    anchor: usize,
    tag: Option<Tag>,
    /// The name of the member whose value comes next.
    name: Option<String>,
    /// The size of all before it.
    before: usize,
}

impl Open {
    const fn new(node: Node, anchor: usize, tag: Option<Tag>, before: usize) -> Self {
        Self { node, anchor, tag, name: None, before }
    }

    fn take(&mut self, value: Rc<Node>, line: usize) -> Result<(), YamlFault> {
        match (&mut self.node, self.name.take()) {
            (Node::List(items), _) => items.push(value),
            (Node::Map(members), Some(name)) => members.push((name, value)),
            (_, _) => self.name = Some(value.text().ok_or(YamlFault::Name { line })?.to_owned()),
        }
        Ok(())
    }
}

fn begin(open: &mut Vec<Open>, begun: Open, line: usize) -> Result<(), YamlFault> {
    if open.len() >= DEEPEST {
        return Err(YamlFault::Depth { line });
    }
    open.push(begun);
    Ok(())
}

/// What a tag that is not plain makes of its value.
fn foreign(tag: Option<Tag>) -> Option<Node> {
    let tag = full(&tag?);
    (!PLAIN.contains(&tag.as_str())).then(|| Node::Foreign(tag.replace("tag:yaml.org,2002:", "!!")))
}

fn full(tag: &Tag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}

fn scalar(text: String, style: TScalarStyle, tag: Option<Tag>, at: Marker) -> Result<Node, YamlFault> {
    let name = tag.as_ref().map(full);
    match name.as_deref() {
        Some(name) if BINARY.contains(&name) => {
            let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(&packed).map(Node::Bytes).map_err(|_| YamlFault::Binary { line: at.line() })
        }
        Some(NULL) => Ok(Node::Null),
        Some(name) if TEXTS.contains(&name) => Ok(Node::Text(text)),
        _ => Ok(foreign(tag).unwrap_or_else(|| untagged(text, style))),
    }
}

fn untagged(text: String, style: TScalarStyle) -> Node {
    let is_null = style == TScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
    if is_null { Node::Null } else { Node::Text(text) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn scalars_are_the_text_that_was_written() {
        let node =
            parse("a: 0200\nb: 'null'\nc: ~\nd: !!str ~\ne: !!binary |\n  H4s\n  I\nf:\ng: |\n  x\n  y\n").unwrap();
        let text = |name: &str| node.member(name).and_then(Node::text);
        assert_eq!(
            (text("a"), text("b"), text("d"), text("g")),
            (Some("0200"), Some("null"), Some("~"), Some("x\ny\n"))
        );
        assert!(node.member("c").is_none() && node.member("f").is_none() && node.member("absent").is_none());
        assert!(matches!(node.member("e"), Some(Node::Bytes(bytes)) if bytes == b"\x1f\x8b\x08"));
        assert!(matches!(parse("").unwrap(), Node::Null));
    }

    #[test]
    fn what_would_make_an_object_makes_nothing() {
        for tag in ["!!python/object/apply:os.system", "!!python/object/new:os.system", "!ruby/object:Gem", "!local"] {
            let Node::Foreign(told) = parse(&format!("{tag} ['touch /tmp/made']")).unwrap() else {
                unreachable!("{tag}")
            };
            assert_eq!(told, tag);
        }
        let node = parse("body: !!python/object/new:_io.BytesIO\n  state: !!python/tuple [1]\nother: x\n").unwrap();
        assert!(node.member("body").unwrap().kind().contains("!!python/object/new:_io.BytesIO"));
        assert_eq!(node.member("other").and_then(Node::text), Some("x"));
        assert_eq!(parse("a: !!python/unicode 'u'").unwrap().member("a").and_then(Node::text), Some("u"));
    }

    #[test]
    fn aliases_share_and_cannot_multiply() {
        let node = parse("a: &x [one]\nb: *x\n").unwrap();
        assert_eq!(node.member("b").and_then(Node::list).map(<[Rc<Node>]>::len), Some(1));
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..10 {
            let inner = vec![format!("*a{}", level - 1); 9].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
        }
        assert!(fault(&laughs).contains("make it larger than 256 MiB"));
        assert!(fault("a: &a [*a]").contains("a part of"));
        assert!(fault("a: *b").starts_with("not valid YAML"));
    }

    #[test]
    fn depth_and_other_forms_have_limits() {
        assert!(fault(&"[".repeat(100)).contains("nested more than 64 deep"));
        assert!(fault(&"- ".repeat(100_000)).contains("nested more than 64 deep"));
        assert!(fault("a: 1\n---\nb: 2\n").contains("second YAML document"));
        assert!(fault("[a]: 1\n").contains("name of a member"));
        assert!(fault("a: !!binary '*'\n").contains("line 1"));
        assert!(fault("a: 'x\n").starts_with("not valid YAML"));
    }
}
