//! The redaction rules of a cassette as its `cassette.json` has them. The key is never among them.

use crate::entry_file::{Fields, FileFlaw, Printer};
use crate::json::{self, Kind, Node};
use crate::redact::{Direction, KeySource, Redaction, RedactionSpec, Rule, Selector};

/// Writes the value of `redaction`. What holds its default is left out, but for the list of rules.
pub(super) fn print(printer: &mut Printer, spec: &RedactionSpec) {
    printer.begin('{');
    if spec.accounts {
        member(printer, "pseudonymize", "accounts");
    }
    if let Some(check) = &spec.key_check {
        member(printer, "key", check);
    }
    printer.name("\"rules\"");
    printer.begin('[');
    for rule in &spec.rules {
        printer.item();
        print_rule(printer, rule);
    }
    printer.end(']');
    printer.end('}');
}

fn member(printer: &mut Printer, name: &str, value: &str) {
    printer.name(&json::quote(name));
    printer.value(&json::quote(value));
}

fn print_rule(printer: &mut Printer, rule: &Rule) {
    printer.begin('{');
    match &rule.selector {
        Selector::Member(name) => member(printer, "member", name),
        Selector::Pointer(pointer) => member(printer, "pointer", pointer),
        Selector::Pattern(pattern) => member(printer, "pattern", pattern),
    }
    if !rule.operations.is_empty() {
        printer.name("\"operations\"");
        printer.begin('[');
        for operation in &rule.operations {
            printer.item();
            printer.value(&json::quote(operation));
        }
        printer.end(']');
    }
    match rule.direction {
        Direction::Both => {}
        Direction::Request => member(printer, "in", "request"),
        Direction::Response => member(printer, "in", "response"),
    }
    if let Some(with) = &rule.with {
        member(printer, "with", with);
    }
    printer.end('}');
}

/// Reads the value of `redaction`.
///
/// # Errors
/// Where something in it is unknown, or a rule makes no sense: redacting less than the cassette asks for is no choice.
pub(super) fn read(node: &Node<'_>) -> Result<RedactionSpec, FileFlaw> {
    let mut fields = Fields::read(node, "redaction".to_owned())?;
    let accounts = match fields.optional("pseudonymize") {
        None => false,
        Some(node) if node.text().as_deref() == Some("accounts") => true,
        Some(node) => return Err(fields.flaw(node, "pseudonymize", "this version knows \"accounts\" alone")),
    };
    let key_check = fields.optional_text("key")?;
    let rules = fields.required("rules")?;
    let Some(items) = rules.items() else { return Err(fields.flaw(rules, "rules", "expected an array")) };
    let rules = items
        .iter()
        .enumerate()
        .map(|(at, item)| rule(item, fields.place_of("rules", at)))
        .collect::<Result<_, _>>()?;
    fields.finish()?;
    let spec = RedactionSpec { accounts, key_check, rules };
    match Redaction::new(spec.clone(), KeySource::Known(crate::redact::Key::public())) {
        Ok(_) => Ok(spec),
        Err(error) => Err(FileFlaw { offset: node.offset, reason: format!("redaction: {error}") }),
    }
}

fn rule(node: &Node<'_>, place: String) -> Result<Rule, FileFlaw> {
    let shown = place.clone();
    let mut fields = Fields::read(node, place)?;
    let member = fields.optional_text("member")?.map(Selector::Member);
    let pointer = fields.optional_text("pointer")?.map(Selector::Pointer);
    let pattern = fields.optional_text("pattern")?.map(Selector::Pattern);
    let mut selectors = [member, pointer, pattern].into_iter().flatten();
    let (Some(selector), None) = (selectors.next(), selectors.next()) else {
        return Err(FileFlaw {
            offset: node.offset,
            reason: format!("{shown}: it needs one of member, pointer and pattern"),
        });
    };
    let operations = match fields.optional("operations") {
        None => Vec::new(),
        Some(node) => operations(node).ok_or_else(|| fields.flaw(node, "operations", "expected an array of names"))?,
    };
    let direction = match fields.optional("in") {
        None => Direction::Both,
        Some(node) => match node.text().as_deref() {
            Some("request") => Direction::Request,
            Some("response") => Direction::Response,
            _ => return Err(fields.flaw(node, "in", "expected \"request\" or \"response\"")),
        },
    };
    let with = fields.optional_text("with")?;
    fields.finish()?;
    Ok(Rule { selector, operations, direction, with })
}

fn operations(node: &Node<'_>) -> Option<Vec<String>> {
    let Kind::Array(items) = &node.kind else { return None };
    items.iter().map(|item| item.text().map(std::borrow::Cow::into_owned)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn printed(spec: &RedactionSpec) -> String {
        let mut printer = Printer::default();
        print(&mut printer, spec);
        printer.finish()
    }

    #[test]
    fn rules_read_back() {
        let rule = |selector| Rule { selector, operations: Vec::new(), direction: Direction::Both, with: None };
        let spec = RedactionSpec {
            accounts: true,
            key_check: Some("k3v9x2mq7r5ta4bc".into()),
            rules: vec![
                rule(Selector::Member("na\"me".into())),
                Rule {
                    operations: vec!["A".into(), "B".into()],
                    direction: Direction::Request,
                    ..rule(Selector::Pointer("/a/*".into()))
                },
                Rule {
                    direction: Direction::Response,
                    with: Some("x\n".into()),
                    ..rule(Selector::Pattern("a\\d".into()))
                },
            ],
        };
        for spec in [spec, RedactionSpec::default()] {
            let text = printed(&spec);
            assert_eq!(read(&json::parse(text.trim().as_bytes()).unwrap()).unwrap(), spec, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_passed_over() {
        for (text, part) in [
            (r#"{}"#, "\"rules\" is missing"),
            (r#"{"rules":[{}]}"#, "rules[0]: it needs one of"),
            (r#"{"rules":[{"member":"a","pattern":"b"}]}"#, "rules[0]: it needs one of"),
            (r#"{"rules":[{"member":"a","strength":1}]}"#, "unknown member \"strength\""),
            (r#"{"rules":[{"member":"a","in":"header"}]}"#, "expected \"request\""),
            (r#"{"rules":[{"pattern":"("}]}"#, "unclosed group"),
            (r#"{"rules":[{"member":"a","with":"b"}]}"#, "different requests"),
            (r#"{"rules":[],"pseudonymize":"names"}"#, "\"accounts\" alone"),
            (r#"{"rules":[],"else":1}"#, "unknown member \"else\""),
        ] {
            let reason = read(&json::parse(text.as_bytes()).unwrap()).unwrap_err().reason;
            assert!(reason.contains(part), "{part} in {reason}");
        }
    }
}
