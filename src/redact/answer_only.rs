//! Rules that redact answers but not every request: a client can send back the value that they replaced.

use super::redaction::{KeySource, Redaction};
use super::rule::{Direction, Rule, Selector};
use super::scanner::Scanner;
use super::value_kind::ValueKind;

impl Redaction {
    /// Whether an answer can hold a pseudonym for what a request asks as it is.
    #[must_use]
    pub fn has_answer_only_rules(&self) -> bool {
        self.spec.rules.iter().any(is_answer_only)
    }

    /// What answers may hold in place of `text`, which a request holds as it is. Nothing where no key was needed so far or
    /// where it is not known, for constants, and for words that every client knows, which RAM writes in capitals.
    #[must_use]
    pub fn answer_pseudonyms(&self, text: &str) -> Vec<String> {
        let has_key = match &self.source {
            KeySource::Known(_) => true,
            KeySource::MadeWhenNeeded(_) => self.made_key().is_some(),
            KeySource::Missing(_) => false,
        };
        let is_word = text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'));
        let kind = ValueKind::detect(text);
        if !has_key || is_word || kind.is_pseudonym(text) {
            return Vec::new();
        }
        let rules = || self.spec.rules.iter().filter(|rule| is_answer_only(rule));
        let whole = rules().any(|rule| !matches!(rule.selector, Selector::Pattern(_)));
        let whole = whole.then(|| self.pseudonym(text, kind, "")).and_then(Result::ok);
        let operations = rules().flat_map(|rule| &rule.operations).map(|name| Some(name.as_str()));
        let parts = operations.chain([None]).filter_map(|operation| {
            let (rules, accounts) = (self.rules.as_slice(), self.spec.accounts);
            let scanner = Scanner { rules, accounts, operation, direction: Direction::Response, ..Scanner::built_in() };
            self.replace_matches(text, &scanner.find_in_text(text, "")).ok()
        });
        let mut all: Vec<String> = whole.into_iter().chain(parts).filter(|pseudonym| pseudonym != text).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// Whether `rule` replaces in answers by a pseudonym what it leaves in some request. A pattern finds a value wherever it is.
fn is_answer_only(rule: &Rule) -> bool {
    let everywhere = matches!(rule.selector, Selector::Pattern(_))
        && rule.direction == Direction::Both
        && rule.operations.is_empty();
    rule.direction != Direction::Request && rule.with.is_none() && !everywhere
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::redact::{Key, RedactionSpec};

    fn redaction(rules: Vec<Rule>) -> Redaction {
        Redaction::new(RedactionSpec { rules, ..RedactionSpec::default() }, KeySource::Known(Key::public())).unwrap()
    }

    fn rule(selector: Selector, direction: Direction) -> Rule {
        Rule { selector, operations: Vec::new(), direction, with: None }
    }

    #[test]
    fn a_value_has_the_stand_ins_that_answers_would_give_it() {
        let redaction = redaction(vec![
            rule(Selector::Member("name".into()), Direction::Both),
            rule(Selector::Pattern("center-([0-9]+)".into()), Direction::Response),
        ]);
        assert!(redaction.has_answer_only_rules());
        let of = |text: &str| redaction.answer_pseudonyms(text);
        assert_eq!(of("hub").len(), 1);
        assert!(of("hub").iter().all(|pseudonym| of(pseudonym).is_empty()), "a pseudonym stands for itself");
        let two = of("center-7");
        assert!(two.len() == 2 && two.iter().any(|pseudonym| pseudonym.starts_with("center-")), "{two:?}");
        assert!(of("OTHER-ACCOUNTS").is_empty() && of("").is_empty());
    }

    #[test]
    fn what_holds_for_everything_has_one_side() {
        let pattern = || rule(Selector::Pattern("x".into()), Direction::Both);
        let constant = Rule { with: Some("y".into()), ..rule(Selector::Member("a".into()), Direction::Response) };
        let asked = rule(Selector::Member("a".into()), Direction::Request);
        assert!(!redaction(vec![pattern(), constant, asked]).has_answer_only_rules());
        assert!(redaction(vec![Rule { operations: vec!["A".into()], ..pattern() }]).has_answer_only_rules());
    }
}
