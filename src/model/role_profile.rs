//! A profile of the AWS tools that asks as a role.

use std::collections::BTreeMap;

/// A profile that asks as a role, as far as that shapes the request for the role's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleProfile {
    /// Its name; empty where the environment itself names the role, beside a web identity token.
    pub name: String,
    /// The role.
    pub role_arn: String,
    /// The profile whose credentials ask for it, where one is named.
    pub source_profile: Option<String>,
    /// What else shapes the request: the names and values of other settings.
    pub settings: BTreeMap<String, String>,
}

impl RoleProfile {
    /// The setting that names where the credentials come from that ask for the role, where no profile has them.
    pub const CREDENTIAL_SOURCE: &'static str = "credential_source";

    /// The settings that shape the request for a role's credentials, besides role and source.
    pub const SETTINGS: [&'static str; 5] =
        ["external_id", "duration_seconds", "region", "web_identity_token_file", Self::CREDENTIAL_SOURCE];
}
