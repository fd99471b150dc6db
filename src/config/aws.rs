//! What the environment says of where AWS clients ask, and as whom.

use super::Environment;
use std::collections::BTreeMap;

/// The variable that names the endpoint of all services; behind it, with a `_` between, a service's name stands in that of one.
pub(crate) const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL";

/// The variables that name the profile: every SDK knows the first, boto3 and the AWS CLI the second too.
const PROFILES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// What tells where the shared configuration and credentials files are.
const FILES: [&str; 3] = ["HOME", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// What an AWS client that inherits the environment reads there: a run is to ask where it would ask, as whom it would ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsVariables {
    /// The endpoints' URLs, by the variables that name them.
    pub endpoints: BTreeMap<String, String>,
    /// Whether configured endpoints are passed over; `None` where the environment does not say.
    pub ignores_endpoints: Option<bool>,
    /// The profile, and the variable that names it.
    pub profile: Option<(&'static str, String)>,
    /// Whether keys stand in the environment: they come before a profile that stands there.
    pub has_keys: bool,
    /// Whether the endpoint with validated cryptography is asked; `None` where the environment does not say.
    pub fips: Option<bool>,
    /// Whether the endpoint with IPv6 addresses too is asked; `None` where the environment does not say.
    pub dual_stack: Option<bool>,
    /// The variables that tell where the shared files are.
    pub files: BTreeMap<String, String>,
    /// The role that clients ask for with a web identity token.
    pub web_identity_role: Option<String>,
}

impl AwsVariables {
    /// Those of `environment`.
    pub(super) fn from_environment(environment: &Environment) -> Self {
        let switch = |name: &str| environment.text(name).map(|value| value.eq_ignore_ascii_case("true"));
        let file = |name: &&str| Some(((*name).to_owned(), environment.text(name)?.to_owned()));
        Self {
            endpoints: environment
                .names(ENDPOINT_VARIABLE)
                .filter(|name| {
                    name.strip_prefix(ENDPOINT_VARIABLE).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
                })
                .filter_map(|name| Some((name.to_owned(), environment.text(name)?.to_owned())))
                .collect(),
            ignores_endpoints: switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
            profile: PROFILES.into_iter().find_map(|name| Some((name, environment.text(name)?.to_owned()))),
            has_keys: environment.value("AWS_ACCESS_KEY_ID").is_some(),
            fips: switch("AWS_USE_FIPS_ENDPOINT"),
            dual_stack: switch("AWS_USE_DUALSTACK_ENDPOINT"),
            web_identity_role: environment
                .text("AWS_ROLE_ARN")
                .filter(|_| environment.value("AWS_WEB_IDENTITY_TOKEN_FILE").is_some())
                .map(str::to_owned),
            files: FILES.iter().filter_map(file).collect(),
        }
    }
}

impl AwsVariables {
    /// The URLs that lead clients of a service elsewhere whose own variables are `own`, with the variables that say so: its own
    /// come first, as for SDKs.
    pub fn endpoints_of<'a>(&'a self, own: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let names = own.iter().map(String::as_str).chain([ENDPOINT_VARIABLE]);
        names.filter_map(|name| Some((name, self.endpoints.get(name)?.as_str())))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn variables(variables: &[(&str, &str)]) -> AwsVariables {
        AwsVariables::from_environment(&Environment::from_variables(variables.iter().copied(), "/"))
    }

    #[test]
    fn what_is_for_ram_alone_and_what_every_sdk_knows_comes_first() {
        let both = variables(&[("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_RAM", "http://ram")]);
        let ram = ["AWS_ENDPOINT_URL_RAM".to_owned()];
        assert_eq!(both.endpoints_of(&ram).next(), Some(("AWS_ENDPOINT_URL_RAM", "http://ram")));
        let several = ["AWS_ENDPOINT_URL_X".to_owned(), ram[0].clone()];
        assert_eq!(both.endpoints_of(&several).next(), Some(("AWS_ENDPOINT_URL_RAM", "http://ram")));
        let sts = ["AWS_ENDPOINT_URL_STS".to_owned()];
        assert_eq!(both.endpoints_of(&sts).next(), Some(("AWS_ENDPOINT_URL", "http://all")));
        let both = variables(&[("AWS_DEFAULT_PROFILE", "b"), ("AWS_PROFILE", "a"), ("AWS_ENDPOINT_URL_RAM", "")]);
        assert_eq!(both.endpoints_of(&ram).next(), None);
        assert_eq!(both.profile.unwrap(), ("AWS_PROFILE", "a".to_owned()));
        assert_eq!(
            variables(&[("AWS_DEFAULT_PROFILE", "b")]).profile.unwrap(),
            ("AWS_DEFAULT_PROFILE", "b".to_owned())
        );
    }

    #[test]
    fn a_switch_that_is_not_there_says_nothing() {
        let switches = variables(&[("AWS_USE_FIPS_ENDPOINT", "True"), ("AWS_USE_DUALSTACK_ENDPOINT", "false")]);
        assert_eq!((switches.fips, switches.dual_stack, switches.ignores_endpoints), (Some(true), Some(false), None));
    }
}
