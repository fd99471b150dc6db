//! The region that CMD runs in.

use crate::aws::SharedFiles;
use crate::config::{Environment, UpstreamConfig, is_region};

/// The region that CMD takes for its own in `parent`, by what the SDKs read: the variables, else its profile. `None` where
/// nothing names one, and where the two variables differ, as some SDKs read the one and some the other.
pub(super) async fn of_command(parent: &Environment, upstream: &UpstreamConfig) -> Option<String> {
    let region = match (parent.text("AWS_REGION"), parent.text("AWS_DEFAULT_REGION")) {
        (Some(one), Some(other)) => Some(one).filter(|one| *one == other).map(str::to_owned),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => {
            let files = SharedFiles::read(&upstream.aws.files, upstream.profile_that_counts()).await;
            files.ok().and_then(|files| files.region().map(str::to_owned))
        }
    };
    region.filter(|region| is_region(region))
}

/// The region that `parent` names for CMD itself, whatever its profile says.
pub(super) fn from_environment(parent: &Environment) -> Option<&str> {
    parent.text("AWS_REGION").or_else(|| parent.text("AWS_DEFAULT_REGION"))
}

/// What to say where CMD is to run in another region than `parent` names.
pub(super) fn describe_change(recorded: &str, parent: &Environment) -> Option<String> {
    let own = from_environment(parent).filter(|own| *own != recorded)?;
    Some(format!("CMD runs in {recorded}, where it was recorded, instead of {own}; --keep-env keeps {own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn variables_that_agree_name_the_region() {
        for (variables, expected) in [
            (&[("AWS_REGION", "eu-west-1")][..], Some("eu-west-1")),
            (&[("AWS_DEFAULT_REGION", "eu-west-1")], Some("eu-west-1")),
            (&[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-1")], Some("eu-west-1")),
            (&[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "us-east-1")], None),
            (&[("AWS_REGION", "EU (Ireland)")], None),
        ] {
            let parent = Environment::from_variables(variables.iter().copied(), "/");
            let upstream = UpstreamConfig::default();
            assert_eq!(of_command(&parent, &upstream).await.as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn who_names_another_region_is_told() {
        let parent = Environment::from_variables([("AWS_DEFAULT_REGION", "eu-west-1")], "/");
        assert!(
            describe_change("us-east-1", &parent)
                .is_some_and(|told| told.contains("us-east-1") && told.contains("eu-west-1"))
        );
        assert_eq!(describe_change("eu-west-1", &parent), None);
        assert_eq!(describe_change("eu-west-1", &Environment::default()), None);
    }
}
