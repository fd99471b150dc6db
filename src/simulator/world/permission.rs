//! Managed permissions, AWS's and customers'.

use serde::Serialize;

use super::resource_types::RESOURCE_TYPES;
use super::tag::Tag;
use crate::simulator::answer::Moment;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum FeatureSet {
    CreatedFromPolicy,
    PromotingToStandard,
    Standard,
}

impl FeatureSet {
    pub(in crate::simulator) const NAMES: [&str; 3] = ["CREATED_FROM_POLICY", "PROMOTING_TO_STANDARD", "STANDARD"];

    pub(in crate::simulator) fn name(self) -> &'static str {
        match self {
            Self::CreatedFromPolicy => "CREATED_FROM_POLICY",
            Self::PromotingToStandard => "PROMOTING_TO_STANDARD",
            Self::Standard => "STANDARD",
        }
    }
}

/// Whether a permission can be associated with resource shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum PermissionStatus {
    Attachable,
    Deprecated,
}

impl PermissionStatus {
    pub(in crate::simulator) const NAMES: [&str; 2] = ["ATTACHABLE", "DEPRECATED"];

    pub(in crate::simulator) fn name(self) -> &'static str {
        match self {
            Self::Attachable => "ATTACHABLE",
            Self::Deprecated => "DEPRECATED",
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::simulator) struct PermissionVersion {
    pub(in crate::simulator) number: u32,
    /// The policy template, JSON as text.
    pub(in crate::simulator) template: String,
    pub(in crate::simulator) created: Moment,
}

#[derive(Clone, Debug)]
pub(in crate::simulator) struct Permission {
    pub(in crate::simulator) key: String,
    pub(in crate::simulator) arn: String,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) resource_type: String,
    /// `None`: AWS.
    pub(in crate::simulator) owner: Option<String>,
    pub(in crate::simulator) feature_set: FeatureSet,
    pub(in crate::simulator) status: PermissionStatus,
    pub(in crate::simulator) is_resource_type_default: bool,
    pub(in crate::simulator) versions: Vec<PermissionVersion>,
    pub(in crate::simulator) default_version: u32,
    pub(in crate::simulator) tags: Vec<Tag>,
    pub(in crate::simulator) updated: Moment,
}

impl Permission {
    pub(in crate::simulator) fn usable_by(&self, account: &str) -> bool {
        self.owner.as_deref().is_none_or(|owner| owner == account)
    }

    pub(in crate::simulator) fn version(&self, number: u32) -> Option<&PermissionVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    pub(in crate::simulator) fn kind(&self) -> &'static str {
        if self.owner.is_some() { "CUSTOMER_MANAGED" } else { "AWS_MANAGED" }
    }
}

/// AWS's own permissions: one default for each resource type.
pub(super) fn managed() -> Vec<Permission> {
    let moment = Moment { milliseconds: 1_578_355_200_000, scientific: false };
    let permissions = RESOURCE_TYPES.iter().enumerate().map(|(index, resource_type)| Permission {
        key: format!("{index:08}"),
        arn: format!("arn:aws:ram::aws:permission/{}", resource_type.permission),
        name: resource_type.permission.to_owned(),
        resource_type: resource_type.name.to_owned(),
        owner: None,
        feature_set: FeatureSet::Standard,
        status: PermissionStatus::Attachable,
        is_resource_type_default: true,
        versions: vec![PermissionVersion {
            number: 1,
            template: format!(
                r#"{{"Effect":"Allow","Action":["{}:Describe*","{}:Get*"]}}"#,
                resource_type.service, resource_type.service
            ),
            created: moment,
        }],
        default_version: 1,
        tags: Vec::new(),
        updated: moment,
    });
    permissions.collect()
}
