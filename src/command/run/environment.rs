//! The environment that CMD gets.

use crate::command::process::Scratch;
use crate::config::{Environment, NOBODYS_KEY_ID, UpstreamConfig};
use crate::model::Actor;
use crate::ui::CommandError;
use std::ffi::OsString;
use std::path::Path;

/// Nothing is verified on replay.
const DUMMY_SECRET: &str = "ramtape";

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
    Set(&'static str, OsString),
    /// The variable goes.
    Unset(&'static str),
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
        VariableChange::Set("AWS_ACCESS_KEY_ID", key_id(isolation.actors, profile.unwrap_or("default")).into()),
        VariableChange::Set("AWS_SECRET_ACCESS_KEY", DUMMY_SECRET.into()),
        // boto3 and the first AWS CLI read only the second, the JavaScript SDK only the first.
        VariableChange::Set("AWS_REGION", region("AWS_REGION", "AWS_DEFAULT_REGION")),
        VariableChange::Set("AWS_DEFAULT_REGION", region("AWS_DEFAULT_REGION", "AWS_REGION")),
        VariableChange::Set("AWS_EC2_METADATA_DISABLED", "true".into()),
        VariableChange::Set("AWS_CONFIG_FILE", isolation.folder.join("config").into()),
        VariableChange::Set("AWS_SHARED_CREDENTIALS_FILE", isolation.folder.join("credentials").into()),
    ];
    if parent.value("AWS_ENDPOINT_URL").is_none() {
        // Calls to other services end here, and are told: with dummy keys they are of no use to AWS. An endpoint that the parent
        // has for them is not AWS.
        changes.push(VariableChange::Set("AWS_ENDPOINT_URL", isolation.base_url.into()));
    }
    changes.extend(OTHER_KEYS.into_iter().chain(ASTRAY).map(VariableChange::Unset));
    // CMD has a profile of the actor's name then.
    changes.extend(profile.map(|profile| VariableChange::Set("AWS_PROFILE", profile.into())));
    changes
}

/// What makes CMD ask as the profile that ramtape signs as, while something may be recorded. One that the command line names comes
/// before keys in the environment, as it does in the AWS CLI; another one does not.
pub(super) fn as_profile(upstream: &UpstreamConfig, parent: &Environment) -> Vec<VariableChange> {
    let keys_count = parent.value("AWS_ACCESS_KEY_ID").is_some() && !upstream.names_profile;
    let Some(profile) = upstream.profile.as_ref().filter(|_| !keys_count) else { return Vec::new() };
    // boto3 and the AWS CLI would take the other variable first, even where CMD itself sets this one.
    let named = [VariableChange::Set("AWS_PROFILE", profile.into()), VariableChange::Unset("AWS_DEFAULT_PROFILE")];
    named.into_iter().chain(KEYS.into_iter().chain(OTHER_KEYS).map(VariableChange::Unset)).collect()
}

fn actor_of<'a>(actors: &'a [Actor], profile: &str) -> Option<&'a Actor> {
    actors.iter().find(|actor| actor.profile.as_deref() == Some(profile))
}

/// The access key id of `profile` in the temporary files: the label of its actor, by which a replay knows the actor.
fn key_id<'a>(actors: &'a [Actor], profile: &str) -> &'a str {
    actor_of(actors, profile).map_or(NOBODYS_KEY_ID, |actor| &actor.label)
}

/// A temporary folder with an AWS configuration in it that knows the actors' profiles and no account, deleted when dropped.
pub(super) fn aws_files(actors: &[Actor]) -> Result<Scratch, CommandError> {
    let make = || {
        let folder = Scratch::new()?;
        std::fs::write(folder.path().join("config"), "[default]\n")?;
        std::fs::write(folder.path().join("credentials"), credentials_file(actors))?;
        Ok(folder)
    };
    make().map_err(|source| CommandError::TemporaryFiles { source })
}

/// A profile that has only credentials is a profile for every SDK.
fn credentials_file(actors: &[Actor]) -> String {
    let profiles = actors.iter().filter_map(|actor| actor.profile.as_deref()).filter(|profile| *profile != "default");
    let section = |profile: &str| {
        let id = key_id(actors, profile);
        format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {DUMMY_SECRET}\n")
    };
    std::iter::once("default").chain(profiles).map(section).collect()
}

/// What CMD sees of `parent` after `changes`.
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail")]
pub(super) fn apply(
    parent: &[(&'static str, &str)],
    changes: &[VariableChange],
) -> std::collections::BTreeMap<&'static str, String> {
    let mut variables: std::collections::BTreeMap<_, _> =
        parent.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    for change in changes {
        match change {
            VariableChange::Set(name, value) => drop(variables.insert(name, value.to_str().unwrap().to_owned())),
            VariableChange::Unset(name) => drop(variables.remove(name)),
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::collections::BTreeMap;

    fn replaying(region: Option<&str>, parent: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
        replaying_for(&[], region, parent)
    }

    fn replaying_for(
        actors: &[Actor],
        recorded_region: Option<&str>,
        parent: &[(&'static str, &str)],
    ) -> BTreeMap<&'static str, String> {
        let environment = Environment::from_variables(parent.iter().copied(), "/");
        let folder = Path::new("/t");
        let isolation = Isolation {
            recorded_region,
            default_region: "us-east-1",
            folder,
            actors,
            profile: environment.text("AWS_PROFILE"),
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
        let names: Vec<_> = child.keys().copied().collect();
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
        let folder = aws_files(&[]).unwrap();
        let path = folder.path().join("config");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[default]\n");
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn an_actors_profile_has_its_label_as_key_id() {
        let actors = [actor("consumer", Some("sso consumer")), actor("keys", None), actor("owner", Some("own"))];
        assert_eq!(
            credentials_file(&actors),
            "[default]\naws_access_key_id = ramtape\naws_secret_access_key = ramtape\n\
             [sso consumer]\naws_access_key_id = consumer\naws_secret_access_key = ramtape\n\
             [own]\naws_access_key_id = owner\naws_secret_access_key = ramtape\n"
        );
        let of_default = credentials_file(&[actor("me", Some("default"))]);
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
