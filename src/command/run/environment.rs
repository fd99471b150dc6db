//! The environment that CMD gets.

use crate::app::AskingRoles;
use crate::config::{DUMMY_SECRET, Environment, NOBODYS_KEY_ID, UpstreamConfig};
use crate::model::{Actor, RoleProfile};
use crate::scratch::Scratch;
use crate::ui::CommandError;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The file of a web identity token that nobody reads.
const TOKEN_FILE: &str = "token";

/// The session name of roles that are asked for on replay.
const SESSION_NAME: &str = "ramtape-replay";

/// The profile with the dummies that ask for roles, where no other profile did.
const SOURCE_PROFILE: &str = "ramtape-source";

/// What belongs to keys that are others now, and what gives others.
const OTHER_KEYS: [&str; 7] = [
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    // Beside keys that it is not of, an expiry makes botocore ask for new ones.
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// What else would lead CMD to somebody's account, or away from ramtape.
const ASTRAY: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCOUNT_ID",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    // The SDKs refuse these beside an endpoint of one's own.
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// Keys, which come before a profile.
const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// A change to the environment that CMD inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum VariableChange {
    /// The variable gets this value.
    Set(Cow<'static, str>, OsString),
    /// The variable goes.
    Unset(Cow<'static, str>),
}

impl VariableChange {
    pub(super) fn set(name: impl Into<Cow<'static, str>>, value: impl AsRef<OsStr>) -> Self {
        Self::Set(name.into(), value.as_ref().to_owned())
    }

    pub(super) fn unset(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Unset(name.into())
    }
}

/// What makes CMD independent of any account.
pub(super) struct Isolation<'a> {
    /// The region that CMD ran in when it was recorded, as far as that is known.
    pub(super) recorded_region: Option<&'a str>,
    /// The configured region.
    pub(super) default_region: &'a str,
    /// The folder that [`aws_files`] made.
    pub(super) folder: &'a Path,
    /// The configured actors, whose profiles are in it.
    pub(super) actors: &'a [Actor],
    /// The profile that CMD would ask as.
    pub(super) profile: Option<&'a str>,
    /// The profiles by which it asked for roles when it was recorded, which are in the folder too.
    pub(super) roles: &'a AskingRoles,
    /// ramtape's own URL.
    pub(super) base_url: &'a str,
}

/// What makes CMD run without any account: dummy credentials, a region, and nothing of the user's AWS configuration.
pub(super) fn isolated(isolation: &Isolation<'_>, parent: &Environment) -> Vec<VariableChange> {
    let region = |own: &str, other: &str| -> OsString {
        let recorded = isolation.recorded_region.map(OsString::from);
        let kept = || parent.value(own).or_else(|| parent.value(other)).map(OsString::from);
        recorded.or_else(kept).unwrap_or_else(|| isolation.default_region.into())
    };
    let profile = isolation.profile.filter(|profile| actor_of(isolation.actors, profile).is_some());
    let mut changes = vec![
        // Beside AWS_PROFILE some clients take the keys from here, some from the profile: both are of one actor.
        VariableChange::set("AWS_ACCESS_KEY_ID", key_id(isolation.actors, profile.unwrap_or("default"))),
        VariableChange::set("AWS_SECRET_ACCESS_KEY", DUMMY_SECRET),
        // boto3 and the first AWS CLI read only the second, the JavaScript SDK only the first.
        VariableChange::set("AWS_REGION", region("AWS_REGION", "AWS_DEFAULT_REGION")),
        VariableChange::set("AWS_DEFAULT_REGION", region("AWS_DEFAULT_REGION", "AWS_REGION")),
        VariableChange::set("AWS_EC2_METADATA_DISABLED", "true"),
        VariableChange::set("AWS_CONFIG_FILE", isolation.folder.join("config")),
        VariableChange::set("AWS_SHARED_CREDENTIALS_FILE", isolation.folder.join("credentials")),
    ];
    if parent.value("AWS_ENDPOINT_URL").is_none() {
        // Calls to other services end here, and are told: with dummy keys they are of no use to AWS. An endpoint that the parent
        // has for them is not AWS.
        changes.push(VariableChange::set("AWS_ENDPOINT_URL", isolation.base_url));
    }
    changes.extend(OTHER_KEYS.into_iter().chain(ASTRAY).map(VariableChange::unset));
    // CMD has a profile of the actor's name then.
    changes.extend(profile.map(|profile| VariableChange::set("AWS_PROFILE", profile)));
    if profile.is_none() {
        changes.extend(as_role(isolation));
    }
    changes
}

/// What makes CMD ask as the role that it asked as when it was recorded: by its profile, or with a web identity token of which
/// nobody asks whether it is one. Keys in the environment would come first.
fn as_role(isolation: &Isolation<'_>) -> Vec<VariableChange> {
    let Isolation { roles, folder, .. } = isolation;
    let has = |name: &str| roles.profiles.iter().find(|profile| profile.name == name);
    let named = isolation.profile.and_then(has);
    let Some(role) = named.or_else(|| has(roles.asked_as.as_deref()?)) else { return Vec::new() };
    let asks = match role.name.as_str() {
        "" => vec![
            VariableChange::set("AWS_ROLE_ARN", &role.role_arn),
            VariableChange::set("AWS_WEB_IDENTITY_TOKEN_FILE", folder.join(TOKEN_FILE)),
            VariableChange::set("AWS_ROLE_SESSION_NAME", SESSION_NAME),
        ],
        "default" => Vec::new(),
        name => vec![VariableChange::set("AWS_PROFILE", name)],
    };
    KEYS.into_iter().map(VariableChange::unset).chain(asks).collect()
}

/// What makes CMD ask as the profile that ramtape signs as, while something may be recorded. One that the command line names comes
/// before keys in the environment, as it does in the AWS CLI; another one does not.
pub(super) fn as_profile(upstream: &UpstreamConfig, parent: &Environment) -> Vec<VariableChange> {
    let keys_count = parent.value("AWS_ACCESS_KEY_ID").is_some() && !upstream.names_profile;
    let Some(profile) = upstream.profile.as_ref().filter(|_| !keys_count) else { return Vec::new() };
    // boto3 and the AWS CLI would take the other variable first, even where CMD itself sets this one.
    let named = [VariableChange::set("AWS_PROFILE", profile), VariableChange::unset("AWS_DEFAULT_PROFILE")];
    named.into_iter().chain(KEYS.into_iter().chain(OTHER_KEYS).map(VariableChange::unset)).collect()
}

fn actor_of<'a>(actors: &'a [Actor], profile: &str) -> Option<&'a Actor> {
    actors.iter().find(|actor| actor.profile.as_deref() == Some(profile))
}

/// The access key id of `profile` in the temporary files: the label of its actor, by which a replay knows the actor.
fn key_id<'a>(actors: &'a [Actor], profile: &str) -> &'a str {
    actor_of(actors, profile).map_or(NOBODYS_KEY_ID, |actor| &actor.label)
}

/// A temporary folder with an AWS configuration in it that knows the actors' profiles, those by which `roles` were asked for, and
/// no account; deleted when dropped.
pub(super) fn aws_files(actors: &[Actor], roles: &[RoleProfile]) -> Result<Scratch, CommandError> {
    let make = || {
        let folder = Scratch::new()?;
        std::fs::write(folder.path().join("config"), config_file(roles, folder.path()))?;
        std::fs::write(folder.path().join("credentials"), credentials_file(actors, roles))?;
        std::fs::write(folder.path().join(TOKEN_FILE), DUMMY_SECRET)?;
        Ok(folder)
    };
    make().map_err(|source| CommandError::TemporaryFiles { source })
}

/// The profiles that ask as roles, as they did. Each has a session name that no real one has: the AWS CLI keeps credentials by it,
/// and must not take stand-ins for real ones later.
fn config_file(roles: &[RoleProfile], folder: &Path) -> String {
    let mut text = String::new();
    if roles.iter().all(|role| role.name != "default") {
        text.push_str("[default]\n");
    }
    for role in roles.iter().filter(|role| !role.name.is_empty()) {
        let head = if role.name == "default" { "default".to_owned() } else { format!("profile {}", role.name) };
        text.push_str(&format!("[{head}]\nrole_arn = {}\nrole_session_name = {SESSION_NAME}\n", role.role_arn));
        let setting = |name: &str| role.settings.get(name);
        if setting("web_identity_token_file").is_some() {
            text.push_str(&format!("web_identity_token_file = {}\n", folder.join(TOKEN_FILE).display()));
        } else {
            text.push_str(&format!("source_profile = {}\n", source_profile(role)));
        }
        for name in ["external_id", "duration_seconds", "region"] {
            text.extend(setting(name).map(|value| format!("{name} = {value}\n")));
        }
    }
    text
}

/// The profile that asks for a role. Where credentials came from elsewhere than from a profile, dummies are in one.
fn source_profile(role: &RoleProfile) -> &str {
    role.source_profile.as_deref().unwrap_or(SOURCE_PROFILE)
}

/// A profile that has only credentials is a profile for every SDK.
fn credentials_file(actors: &[Actor], roles: &[RoleProfile]) -> String {
    let is_role = |name: &str| roles.iter().any(|role| role.name == name && source_profile(role) != name);
    let of_actors = actors.iter().filter_map(|actor| actor.profile.as_deref());
    let sources = roles.iter().map(source_profile);
    let mut profiles: Vec<&str> = Vec::new();
    for profile in std::iter::once("default").chain(of_actors).chain(sources) {
        if !profiles.contains(&profile) && !is_role(profile) {
            profiles.push(profile);
        }
    }
    let section = |profile: &str| {
        let id = key_id(actors, profile);
        format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {DUMMY_SECRET}\n")
    };
    profiles.into_iter().map(section).collect()
}

/// What CMD sees of `parent` after `changes`.
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail")]
pub(super) fn apply(
    parent: &[(&'static str, &str)],
    changes: &[VariableChange],
) -> std::collections::BTreeMap<String, String> {
    let mut variables: std::collections::BTreeMap<_, _> =
        parent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for change in changes {
        match change {
            VariableChange::Set(name, value) => {
                drop(variables.insert(name.to_string(), value.to_str().unwrap().to_owned()))
            }
            VariableChange::Unset(name) => drop(variables.remove(&**name)),
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::collections::BTreeMap;

    fn replaying(region: Option<&str>, parent: &[(&'static str, &str)]) -> BTreeMap<String, String> {
        replaying_for(&[], region, parent)
    }

    fn replaying_for(
        actors: &[Actor],
        recorded_region: Option<&str>,
        parent: &[(&'static str, &str)],
    ) -> BTreeMap<String, String> {
        let environment = Environment::from_variables(parent.iter().copied(), "/");
        let folder = Path::new("/t");
        let isolation = Isolation {
            recorded_region,
            default_region: "us-east-1",
            folder,
            actors,
            profile: environment.text("AWS_PROFILE"),
            roles: &AskingRoles::default(),
            base_url: "http://h",
        };
        apply(parent, &isolated(&isolation, &environment))
    }

    fn actor(label: &str, profile: Option<&str>) -> Actor {
        Actor { label: label.to_owned(), profile: profile.map(str::to_owned), ..Actor::default() }
    }

    #[test]
    fn replaying_leaves_nothing_of_an_account() {
        let parent = [
            ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
            ("AWS_SECRET_ACCESS_KEY", "real"),
            ("AWS_SESSION_TOKEN", "real"),
            ("AWS_PROFILE", "real"),
            ("AWS_CONFIG_FILE", "real"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "real"),
            ("AWS_ROLE_ARN", "real"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "real"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("HOME", "/home/me"),
        ];
        let child = replaying(None, &parent);
        let names: Vec<_> = child.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "AWS_ACCESS_KEY_ID",
                "AWS_CONFIG_FILE",
                "AWS_DEFAULT_REGION",
                "AWS_EC2_METADATA_DISABLED",
                "AWS_ENDPOINT_URL",
                "AWS_REGION",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SHARED_CREDENTIALS_FILE",
                "HOME",
            ]
        );
        assert!(child.values().all(|value| !value.contains("real") && !value.contains("REAL")), "{child:?}");
        assert_eq!(child["AWS_EC2_METADATA_DISABLED"], "true");
        assert_eq!((child["AWS_CONFIG_FILE"].as_str(), child["HOME"].as_str()), ("/t/config", "/home/me"));
    }

    #[test]
    fn the_region_is_the_cassettes_else_the_parents_else_the_configured_one() {
        let regions = |region: Option<&str>, parent: &[(&'static str, &str)]| {
            let child = replaying(region, parent);
            (child["AWS_REGION"].clone(), child["AWS_DEFAULT_REGION"].clone())
        };
        let both = |region: &str| (region.to_owned(), region.to_owned());
        assert_eq!(regions(Some("eu-west-1"), &[("AWS_REGION", "us-west-2")]), both("eu-west-1"));
        assert_eq!(regions(None, &[("AWS_DEFAULT_REGION", "us-west-2")]), both("us-west-2"));
        assert_eq!(regions(None, &[]), both("us-east-1"));
        let differing = [("AWS_REGION", "a-1"), ("AWS_DEFAULT_REGION", "b-1")];
        assert_eq!(regions(None, &differing), ("a-1".to_owned(), "b-1".to_owned()));
    }

    #[test]
    fn the_temporary_files_are_there_and_go() {
        let folder = aws_files(&[], &[]).unwrap();
        let path = folder.path().join("config");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[default]\n");
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn an_actors_profile_has_its_label_as_key_id() {
        let actors = [actor("consumer", Some("sso consumer")), actor("keys", None), actor("owner", Some("own"))];
        assert_eq!(
            credentials_file(&actors, &[]),
            "[default]\naws_access_key_id = ramtape\naws_secret_access_key = ramtape\n\
             [sso consumer]\naws_access_key_id = consumer\naws_secret_access_key = ramtape\n\
             [own]\naws_access_key_id = owner\naws_secret_access_key = ramtape\n"
        );
        let of_default = credentials_file(&[actor("me", Some("default"))], &[]);
        assert_eq!(of_default, "[default]\naws_access_key_id = me\naws_secret_access_key = ramtape\n");
    }

    #[test]
    fn the_parents_profile_stays_where_it_is_an_actors() {
        let actors = [actor("consumer", Some("other")), actor("owner", Some("own"))];
        let child = |actors: &[Actor], parent: &[(&'static str, &str)]| {
            let child = replaying_for(actors, None, parent);
            (child.get("AWS_PROFILE").cloned(), child["AWS_ACCESS_KEY_ID"].clone())
        };
        let pair = |profile: Option<&str>, id: &str| (profile.map(str::to_owned), id.to_owned());
        let real = ("AWS_ACCESS_KEY_ID", "AKIAREAL");
        assert_eq!(child(&actors, &[("AWS_PROFILE", "own"), real]), pair(Some("own"), "owner"));
        assert_eq!(child(&actors, &[("AWS_PROFILE", "owner"), real]), pair(None, "ramtape"));
        assert_eq!(child(&actors, &[real]), pair(None, "ramtape"));
        assert_eq!(child(&[actor("me", Some("default"))], &[real]), pair(None, "me"));
    }
}
