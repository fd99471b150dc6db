//! Members whose values say what a request is about.

use serde::Deserialize;

/// Which members do, by the ends of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierRules {
    /// The ends, as in `SubnetId`; a name that is nothing else counts in lower case too.
    pub ends: Vec<String>,
    /// Ends of names that would be among them and say nothing of the kind.
    pub not: Vec<String>,
}

impl IdentifierRules {
    /// Whether a member called `name` does.
    #[must_use]
    pub fn identifies(&self, name: &str) -> bool {
        let end = |of: &String| name.len().checked_sub(of.len()).and_then(|at| name.get(at..));
        let ends_so = |of: &String| {
            end(of).is_some_and(|rest| rest == of || rest.len() == name.len() && rest.eq_ignore_ascii_case(of))
        };
        let is_none = |of: &String| end(of).is_some_and(|rest| rest.eq_ignore_ascii_case(of));
        self.ends.iter().any(ends_so) && !self.not.iter().any(is_none)
    }
}

/// Whether `value`, of a member that identifies something, can: an account is no thing of its own.
#[must_use]
pub fn is_identifier(value: &str) -> bool {
    let is_account = value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    !value.is_empty() && !is_account
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_identify_end_so() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rules = IdentifierRules {
            ends: texts(&["Id", "Ids", "Name", "Url"]),
            not: texts(&["RequestId", "AccountId", "OwnerId"]),
        };
        for name in ["RoleName", "SubnetId", "subnetId", "VpcIds", "QueueUrl", "Id", "name", "Name", "KeyId"] {
            assert!(rules.identifies(name), "{name}");
        }
        for name in ["RequestId", "requestId", "OwnerId", "accountId", "CidrBlock", "paid", "username2", "Grid", ""] {
            assert!(!rules.identifies(name), "{name}");
        }
        assert!(is_identifier("subnet-1") && !is_identifier("111122223333") && !is_identifier(""));
    }
}
