//! Rules that hold for answers and not for every request: what they replace can come back as it was.

use super::find::Wanted;
use super::redaction::{KeySource, Redaction};
use super::rule::{Rule, Selector, Way};
use super::shape::Shape;

impl Redaction {
    /// Whether an answer can hold a stand-in for what a request asks as it is.
    #[must_use]
    pub fn is_one_sided(&self) -> bool {
        self.policy.rules.iter().any(is_one_sided)
    }

    /// What answers may hold in place of `text`, which a request holds as it is. Nothing where no key was needed so far or
    /// where it is not known, for constants, and for words that every client knows, which RAM writes in capitals.
    #[must_use]
    pub fn stand_ins_in_answers(&self, text: &str) -> Vec<String> {
        let has_key = match &self.source {
            KeySource::Known(_) => true,
            KeySource::MadeWhenNeeded(_) => self.made.get().is_some(),
            KeySource::Missing(_) => false,
        };
        let is_word = text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'));
        let shape = Shape::of(text);
        if !has_key || is_word || shape.is_stand_in(text) {
            return Vec::new();
        }
        let rules = || self.policy.rules.iter().filter(|rule| is_one_sided(rule));
        let whole = rules().any(|rule| !matches!(rule.selector, Selector::Pattern(_)));
        let whole = whole.then(|| self.stand_in(text, shape, "")).and_then(Result::ok);
        let operations = rules().flat_map(|rule| &rule.operations).map(|name| Some(name.as_str()));
        let parts = operations.chain([None]).filter_map(|operation| {
            let (rules, accounts) = (self.rules.as_slice(), self.policy.accounts);
            let wanted = Wanted { rules, accounts, operation, way: Way::Response, ..Wanted::built_in() };
            self.replaced(text, &wanted.in_text(text, "")).ok()
        });
        let mut all: Vec<String> = whole.into_iter().chain(parts).filter(|stand_in| stand_in != text).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// Whether `rule` replaces in answers by a stand-in what it leaves in some request. A pattern finds a value wherever it is.
fn is_one_sided(rule: &Rule) -> bool {
    let everywhere =
        matches!(rule.selector, Selector::Pattern(_)) && rule.way == Way::Both && rule.operations.is_empty();
    rule.way != Way::Request && rule.with.is_none() && !everywhere
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::redact::{Key, Policy};

    fn redaction(rules: Vec<Rule>) -> Redaction {
        Redaction::new(Policy { rules, ..Policy::default() }, KeySource::Known(Key::public())).unwrap()
    }

    fn rule(selector: Selector, way: Way) -> Rule {
        Rule { selector, operations: Vec::new(), way, with: None }
    }

    #[test]
    fn a_value_has_the_stand_ins_that_answers_would_give_it() {
        let redaction = redaction(vec![
            rule(Selector::Member("name".into()), Way::Both),
            rule(Selector::Pattern("center-([0-9]+)".into()), Way::Response),
        ]);
        assert!(redaction.is_one_sided());
        let of = |text: &str| redaction.stand_ins_in_answers(text);
        assert_eq!(of("hub").len(), 1);
        assert!(of("hub").iter().all(|stand_in| of(stand_in).is_empty()), "a stand-in stands for itself");
        let two = of("center-7");
        assert!(two.len() == 2 && two.iter().any(|stand_in| stand_in.starts_with("center-")), "{two:?}");
        assert!(of("OTHER-ACCOUNTS").is_empty() && of("").is_empty());
    }

    #[test]
    fn what_holds_for_everything_has_one_side() {
        let pattern = || rule(Selector::Pattern("x".into()), Way::Both);
        let constant = Rule { with: Some("y".into()), ..rule(Selector::Member("a".into()), Way::Response) };
        let asked = rule(Selector::Member("a".into()), Way::Request);
        assert!(!redaction(vec![pattern(), constant, asked]).is_one_sided());
        assert!(redaction(vec![Rule { operations: vec!["A".into()], ..pattern() }]).is_one_sided());
    }
}
