//! `[redact]` and `[scan]`, checked.

use super::{ConfigError, Pseudonymize, RawAllowed, RawRedact, RawRule};
use crate::model::{Secret, did_you_mean};
use crate::redact::{Allowed, Direction, Key, KeySource, Redaction, RedactionSpec, Rule, SHORTEST_KEY, Selector};
use crate::service::Service;
use std::borrow::Cow;
use std::path::PathBuf;

/// The variable with the redaction key.
pub(super) const REDACT_KEY: &str = "RAMTAPE_REDACT_KEY";

/// What is redacted, and with which key.
#[derive(Clone, Debug, Default)]
pub struct RedactConfig {
    /// The rules that a new cassette gets.
    pub spec: RedactionSpec,
    /// The file of the key, where it is not to stand beside the cassette.
    pub key_file: Option<PathBuf>,
    /// The key itself, from the environment.
    pub key: Option<Secret>,
}

/// What `redact` and `key`, the variable's value, come to.
pub(super) fn checked(redact: RawRedact, key: Option<Secret>, service: &Service) -> Result<RedactConfig, ConfigError> {
    let rules = redact.rules.unwrap_or_default().into_iter().enumerate();
    let rules = rules.map(|(at, raw)| rule(at, raw, service)).collect::<Result<_, _>>()?;
    let accounts = redact.pseudonymize == Some(Pseudonymize::Accounts);
    if key.as_ref().is_some_and(|key| Key::parse(key.expose()).is_none()) {
        // The value is a secret: it is not repeated.
        return Err(ConfigError::Variable {
            name: REDACT_KEY.to_owned(),
            reason: format!("it needs at least {SHORTEST_KEY} characters, chosen at random"),
        });
    }
    Ok(RedactConfig { spec: RedactionSpec { accounts, key_check: None, rules }, key_file: redact.key_file, key })
}

fn rule(at: usize, raw: RawRule, service: &Service) -> Result<Rule, ConfigError> {
    let refused = |reason: String| ConfigError::Rule { number: at + 1, reason };
    let selectors =
        [raw.member.map(Selector::Member), raw.pointer.map(Selector::Pointer), raw.pattern.map(Selector::Pattern)];
    let mut selectors = selectors.into_iter().flatten();
    let (Some(selector), None) = (selectors.next(), selectors.next()) else {
        return Err(refused("set exactly one of member, pointer and pattern".to_owned()));
    };
    let operations = raw.operations.unwrap_or_default();
    if let Some(unknown) = operations.iter().find(|name| service.operation_named(name).is_none()) {
        let known = service.operations().map(|operation| Cow::Borrowed(operation.name.as_str()));
        return Err(refused(format!("there is no operation {unknown:?}{}", did_you_mean(unknown, known))));
    }
    let rule =
        Rule { selector, operations, direction: raw.way.map_or(Direction::Both, Direction::from), with: raw.with };
    // Only to see whether it can be; the cassette's own rules win, so it may never be used.
    let spec = RedactionSpec { rules: vec![rule.clone()], ..RedactionSpec::default() };
    Redaction::new(spec, KeySource::Known(Key::public())).map_err(|error| refused(error.to_string()))?;
    Ok(rule)
}

/// What scans are not to report.
pub(super) fn allowed(raw: Vec<RawAllowed>) -> Result<Vec<Allowed>, ConfigError> {
    let one = |(at, raw): (usize, RawAllowed)| {
        Allowed::new(raw.pattern.as_deref(), raw.path.as_deref(), raw.reason.as_deref().unwrap_or_default())
            .map_err(|error| ConfigError::Allowed { number: at + 1, reason: error.to_string() })
    };
    raw.into_iter().enumerate().map(one).collect()
}

impl From<super::RawWay> for Direction {
    fn from(way: super::RawWay) -> Self {
        match way {
            super::RawWay::Request => Self::Request,
            super::RawWay::Response => Self::Response,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::config::RawConfig;

    fn config(toml: &str) -> Result<RedactConfig, ConfigError> {
        let raw: RawConfig = toml::from_str(toml).unwrap();
        checked(raw.redact, None, &Service::with_additions(&toml::Table::new()).unwrap())
    }

    #[test]
    fn rules_are_what_was_written() {
        let redact = config(
            "[redact]\npseudonymize = 'accounts'\n[[redact.rules]]\nmember = 'name'\noperations = ['GetResourceShares']\n\
             [[redact.rules]]\npointer = '/a/*'\nin = 'response'\nwith = 'x'\n[[redact.rules]]\npattern = 'corp-\\d+'",
        )
        .unwrap();
        assert!(redact.spec.accounts);
        let rules = &redact.spec.rules;
        assert_eq!(rules[0].operations, ["GetResourceShares"]);
        assert_eq!((rules[1].direction, rules[1].with.as_deref()), (Direction::Response, Some("x")));
        assert_eq!(rules[2].selector, Selector::Pattern("corp-\\d+".into()));
        assert_eq!(config("").unwrap().spec, RedactionSpec::default());
    }

    #[test]
    fn what_makes_no_sense_is_named_by_its_number() {
        for (toml, part) in [
            ("member = 'a'\n[[redact.rules]]", "rule 2 of [[redact.rules]] cannot be used: set exactly one of"),
            ("member = 'a'\npattern = 'b'", "set exactly one of"),
            ("member = 'a'\noperations = ['ListX']", "no operation \"ListX\""),
            ("member = 'a'\nwith = 'x'", "different requests"),
            ("pattern = '('", "unclosed group"),
        ] {
            let error = config(&format!("[[redact.rules]]\n{toml}")).unwrap_err().to_string();
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn a_short_key_is_refused_and_not_shown() {
        let error = checked(
            RawRedact::default(),
            Some(Secret::new("hunter2")),
            &Service::with_additions(&toml::Table::new()).unwrap(),
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains(REDACT_KEY) && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn what_is_allowed_has_a_reason() {
        let raw: RawConfig = toml::from_str("[[scan.allow]]\npattern = 'x'").unwrap();
        let error = allowed(raw.scan.allow.unwrap()).unwrap_err().to_string();
        assert_eq!(error, "entry 1 of [[scan.allow]] cannot be used: give a reason");
    }
}
