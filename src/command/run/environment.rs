//! The environment that CMD gets.

use crate::command::CommandError;
use crate::config::Environment;
use std::ffi::OsString;
use std::path::Path;
use tempfile::TempDir;

/// Where the proxy and CMD find each other.
const LOOPBACK: [&str; 2] = ["127.0.0.1", "localhost"];

/// What would lead CMD to somebody's account, or away from ramtape.
const UNSET: [&str; 15] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    // Beside dummy keys, an expiry of the real ones makes botocore ask for new ones.
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    // The SDKs refuse these beside an endpoint of one's own.
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// A change to the environment that CMD inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The variable gets this value.
    Set(&'static str, OsString),
    /// The variable goes.
    Unset(&'static str),
}

/// What makes CMD independent of any account.
pub(super) struct Isolation<'a> {
    /// The one region of the cassette, if it has exactly one.
    pub(super) recorded_region: Option<&'a str>,
    /// The configured region.
    pub(super) default_region: &'a str,
    /// The folder that [`aws_files`] made.
    pub(super) folder: &'a Path,
}

/// What points CMD at the proxy.
pub(super) fn pointed_at(base_url: &str, parent: &Environment) -> Vec<Change> {
    vec![
        Change::Set("AWS_ENDPOINT_URL_RAM", base_url.into()),
        // Set to true it would send CMD past the proxy, to AWS, in any mode.
        Change::Set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false".into()),
        Change::Set("NO_PROXY", no_proxy("NO_PROXY", "no_proxy", parent)),
        Change::Set("no_proxy", no_proxy("no_proxy", "NO_PROXY", parent)),
    ]
}

/// What makes CMD run without any account: dummy credentials, a region, and nothing of the user's AWS configuration.
pub(super) fn isolated(isolation: &Isolation<'_>, parent: &Environment) -> Vec<Change> {
    let region = |own: &str, other: &str| -> OsString {
        let recorded = isolation.recorded_region.map(OsString::from);
        let kept = || parent.value(own).or_else(|| parent.value(other)).map(OsString::from);
        recorded.or_else(kept).unwrap_or_else(|| isolation.default_region.into())
    };
    let mut changes = vec![
        Change::Set("AWS_ACCESS_KEY_ID", "ramtape".into()),
        Change::Set("AWS_SECRET_ACCESS_KEY", "ramtape".into()),
        // boto3 and the first AWS CLI read only the second, the JavaScript SDK only the first.
        Change::Set("AWS_REGION", region("AWS_REGION", "AWS_DEFAULT_REGION")),
        Change::Set("AWS_DEFAULT_REGION", region("AWS_DEFAULT_REGION", "AWS_REGION")),
        Change::Set("AWS_EC2_METADATA_DISABLED", "true".into()),
        Change::Set("AWS_CONFIG_FILE", isolation.folder.join("config").into()),
        Change::Set("AWS_SHARED_CREDENTIALS_FILE", isolation.folder.join("credentials").into()),
    ];
    changes.extend(UNSET.map(Change::Unset));
    changes
}

/// A temporary folder with an empty AWS configuration in it, deleted when dropped.
pub(super) fn aws_files() -> Result<TempDir, CommandError> {
    let make = || {
        let folder = tempfile::Builder::new().prefix("ramtape-").tempdir()?;
        for name in ["config", "credentials"] {
            std::fs::write(folder.path().join(name), "[default]\n")?;
        }
        Ok(folder)
    };
    make().map_err(|source| CommandError::TemporaryFiles { source })
}

/// `own` (or `other`, where only that is set: a new `own` would hide it) with loopback added.
fn no_proxy(own: &str, other: &str, parent: &Environment) -> OsString {
    let mut value = parent.value(own).or_else(|| parent.value(other)).unwrap_or_default().to_owned();
    let listed: Vec<String> = value.to_string_lossy().split(',').map(|host| host.trim().to_owned()).collect();
    if listed.iter().any(|host| host == "*") {
        return value;
    }
    for host in LOOPBACK.iter().filter(|host| !listed.iter().any(|listed| listed == **host)) {
        if !value.is_empty() {
            value.push(",");
        }
        value.push(host);
    }
    value
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::collections::BTreeMap;

    /// What CMD sees of `parent` after `changes`.
    fn applied(parent: &[(&'static str, &str)], changes: &[Change]) -> BTreeMap<&'static str, String> {
        let mut variables: BTreeMap<&'static str, String> =
            parent.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        for change in changes {
            match change {
                Change::Set(name, value) => drop(variables.insert(name, value.to_str().unwrap().to_owned())),
                Change::Unset(name) => drop(variables.remove(name)),
            }
        }
        variables
    }

    fn recording(parent: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
        let environment = Environment::of(parent.iter().copied(), "/");
        applied(parent, &pointed_at("http://127.0.0.1:1/~k", &environment))
    }

    fn replaying(region: Option<&str>, parent: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
        let environment = Environment::of(parent.iter().copied(), "/");
        let folder = Path::new("/t");
        let isolation = Isolation { recorded_region: region, default_region: "us-east-1", folder };
        let mut changes = pointed_at("http://127.0.0.1:1", &environment);
        changes.extend(isolated(&isolation, &environment));
        applied(parent, &changes)
    }

    #[test]
    fn recording_changes_the_endpoint_and_nothing_else() {
        let child = recording(&[("AWS_PROFILE", "p"), ("AWS_ENDPOINT_URL_RAM", "http://elsewhere")]);
        assert_eq!(
            child.into_iter().collect::<Vec<_>>(),
            [
                ("AWS_ENDPOINT_URL_RAM", "http://127.0.0.1:1/~k".to_owned()),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false".to_owned()),
                ("AWS_PROFILE", "p".to_owned()),
                ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
                ("no_proxy", "127.0.0.1,localhost".to_owned()),
            ]
        );
    }

    #[test]
    fn no_proxy_is_extended_and_never_narrowed() {
        let child = recording(&[("no_proxy", "corp.test, localhost")]);
        assert_eq!(child["no_proxy"], "corp.test, localhost,127.0.0.1");
        assert_eq!(child["NO_PROXY"], "corp.test, localhost,127.0.0.1");
        assert_eq!(recording(&[("NO_PROXY", "*")])["NO_PROXY"], "*");
        assert_eq!(recording(&[("NO_PROXY", "a"), ("no_proxy", "b")])["no_proxy"], "b,127.0.0.1,localhost");
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
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
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
                "AWS_ENDPOINT_URL_RAM",
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                "AWS_REGION",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SHARED_CREDENTIALS_FILE",
                "HOME",
                "NO_PROXY",
                "no_proxy",
            ]
        );
        assert!(child.values().all(|value| !value.contains("real") && !value.contains("REAL")), "{child:?}");
        assert_eq!(child["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"], "false");
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
        let folder = aws_files().unwrap();
        let path = folder.path().join("config");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[default]\n");
        drop(folder);
        assert!(!path.exists());
    }
}
