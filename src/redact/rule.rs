//! The user's redaction rules, and a cassette's redaction settings.

use regex::{Regex, RegexBuilder};

/// How a rule finds what it redacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Every member of this name, at any depth; of an array or an object, everything in it.
    Member(String),
    /// What a JSON pointer (RFC 6901) leads to, `*` standing for any one step; in JSON inside strings too. In a request it
    /// starts at the parameters.
    Pointer(String),
    /// What a regular expression matches in a string; its first group, where it has one.
    Pattern(String),
}

/// Whether a rule is for requests, answers or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both: what an answer holds can come back in a request.
    #[default]
    Both,
    /// Only to RAM.
    Request,
    /// Only from RAM.
    Response,
}

/// One of the user's redaction rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it redacts.
    pub selector: Selector,
    /// The operations it is for; empty for all.
    pub operations: Vec<String>,
    /// Whether it is for requests, answers or both.
    pub direction: Direction,
    /// What to put instead, always the same; only where nothing comes back in a request.
    pub with: Option<String>,
}

/// The redaction settings of a cassette: its rules, and which key it has; not the key itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactionSpec {
    /// Whether account numbers are pseudonymised.
    pub accounts: bool,
    /// What tells the key from others, of a key that is kept elsewhere.
    pub key_check: Option<String>,
    /// The user's rules.
    pub rules: Vec<Rule>,
}

/// Why a rule is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No pointer.
    #[error("{0:?} is not a JSON pointer: a pointer begins with /")]
    Pointer(String),
    /// An empty name.
    #[error("the member's name is empty")]
    Member,
    /// No regular expression.
    #[error("{pattern:?} is not a regular expression: {reason}")]
    Pattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An expression that matches nothing at all, in every text.
    #[error("{0:?} matches the empty text, so it would match everywhere")]
    Empty(String),
    /// One constant for all values, where requests must stay different.
    #[error(
        "`with` works for answers only: add in = \"response\", or leave `with` out, because it would make different requests the same"
    )]
    Constant,
    /// A constant that the rule would find again.
    #[error("with = {0:?} is itself matched by the pattern, and would be replaced again and again")]
    Endless(String),
}

/// The size that a compiled expression may have.
const LARGEST: usize = 1 << 20;

/// Compiles a user's regular expression.
///
/// # Errors
/// Where it is none, is too large, or matches the empty text.
pub(super) fn compile(pattern: &str) -> Result<Regex, RuleError> {
    let compiled = RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| {
        // The last line says what is wrong; the others draw it.
        let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        RuleError::Pattern { pattern: pattern.to_owned(), reason }
    })?;
    if compiled.is_match("") { Err(RuleError::Empty(pattern.to_owned())) } else { Ok(compiled) }
}

/// A rule, ready to be applied.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) rule: Rule,
    /// The pointer's steps.
    steps: Vec<String>,
    pub(super) regex: Option<Regex>,
}

impl CompiledRule {
    pub(super) fn new(rule: Rule) -> Result<Self, RuleError> {
        if rule.with.is_some() && rule.direction != Direction::Response {
            return Err(RuleError::Constant);
        }
        let (mut steps, mut regex) = (Vec::new(), None);
        match &rule.selector {
            Selector::Member(name) if name.is_empty() => return Err(RuleError::Member),
            Selector::Member(_) => {}
            Selector::Pointer(pointer) => {
                let rest = pointer.strip_prefix('/').ok_or_else(|| RuleError::Pointer(pointer.clone()))?;
                steps = rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
            }
            Selector::Pattern(pattern) => regex = Some(compile(pattern)?),
        }
        if let (Some(regex), Some(with)) = (&regex, &rule.with) {
            let mut parts = regex.captures_iter(with).filter_map(|found| found.get(1).or_else(|| found.get(0)));
            if parts.any(|part| part.as_str() != with) {
                return Err(RuleError::Endless(with.clone()));
            }
        }
        Ok(Self { rule, steps, regex })
    }

    /// Whether it is for this operation, going this direction.
    pub(super) fn applies_to(&self, operation: Option<&str>, direction: Direction) -> bool {
        let operations = &self.rule.operations;
        let named = operations.is_empty() || operation.is_some_and(|name| operations.iter().any(|own| own == name));
        named && (self.rule.direction == Direction::Both || self.rule.direction == direction)
    }

    /// Whether it redacts the value at `path`.
    pub(super) fn selects(&self, path: &[String]) -> bool {
        match &self.rule.selector {
            Selector::Member(name) => path.last() == Some(name),
            Selector::Pointer(_) => {
                let fits = |(step, at): (&String, &String)| step == "*" || step == at;
                self.steps.len() == path.len() && self.steps.iter().zip(path).all(fits)
            }
            Selector::Pattern(_) => false,
        }
    }

    /// What a person calls it.
    pub(super) fn label(&self) -> String {
        match &self.rule.selector {
            Selector::Member(name) => format!("the rule for member {name:?}"),
            Selector::Pointer(pointer) => format!("the rule for {pointer}"),
            Selector::Pattern(pattern) => format!("the rule with pattern {pattern:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn rule(selector: Selector) -> Rule {
        Rule { selector, operations: Vec::new(), direction: Direction::Both, with: None }
    }

    fn path(steps: &str) -> Vec<String> {
        steps.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn members_and_pointers_select() {
        let member = CompiledRule::new(rule(Selector::Member("name".into()))).unwrap();
        assert!(member.selects(&path("a 0 name")) && !member.selects(&path("name 0")));
        let pointer = CompiledRule::new(rule(Selector::Pointer("/shares/*/a~1b".into()))).unwrap();
        assert!(pointer.selects(&path("shares 17 a/b")) && !pointer.selects(&path("shares a/b")));
    }

    #[test]
    fn a_rule_is_for_its_operations_and_its_direction() {
        let mut one = rule(Selector::Member("name".into()));
        one.operations = vec!["ListX".into()];
        one.direction = Direction::Response;
        let one = CompiledRule::new(one).unwrap();
        assert!(one.applies_to(Some("ListX"), Direction::Response));
        assert!(
            !one.applies_to(Some("ListX"), Direction::Request) && !one.applies_to(Some("ListY"), Direction::Response)
        );
        assert!(!one.applies_to(None, Direction::Response));
    }

    #[test]
    fn a_rule_that_cannot_work_is_refused() {
        for (selector, part) in [
            (Selector::Member(String::new()), "name is empty"),
            (Selector::Pointer("name".into()), "begins with /"),
            (Selector::Pattern("(".into()), "unclosed group"),
            (Selector::Pattern("a*".into()), "empty text"),
            (Selector::Pattern("[a-z]{1000}{1000}".into()), "size limit"),
        ] {
            let error = CompiledRule::new(rule(selector)).unwrap_err().to_string();
            assert!(error.contains(part), "{part} in {error}");
        }
        let constant = Rule { with: Some("x".into()), ..rule(Selector::Member("name".into())) };
        assert_eq!(CompiledRule::new(constant.clone()).unwrap_err(), RuleError::Constant);
        let answers = Rule { direction: Direction::Response, ..constant };
        assert!(CompiledRule::new(answers.clone()).is_ok());
        let endless = Rule { selector: Selector::Pattern("x".into()), with: Some("xx".into()), ..answers };
        assert_eq!(CompiledRule::new(endless).unwrap_err(), RuleError::Endless("xx".into()));
    }
}
