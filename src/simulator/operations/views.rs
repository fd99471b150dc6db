//! Data as RAM shows it: structures that several operations answer with.

use super::super::answer::Members;
use super::super::world::resource_types;
use super::super::world::{Association, Invitation, Permission, PermissionVersion, ResourceShare};

/// `ResourceShare`. Tags are the owner's business alone.
pub(super) fn resource_share(share: &ResourceShare, viewer: &str) -> Members {
    let own = share.owner == viewer;
    let configuration =
        share.retain_on_leave.map(|retain| Members::new().with("retainSharingOnAccountLeaveOrganization", &retain));
    Members::new()
        .with("resourceShareArn", &share.arn)
        .with("name", &share.name)
        .with("owningAccountId", &share.owner)
        .with("allowExternalPrincipals", &share.allow_external)
        .with("status", &share.status)
        .with_some("statusMessage", share.status_message.as_ref())
        .with_some("tags", own.then_some(&share.tags))
        .with("creationTime", &share.created)
        .with("lastUpdatedTime", &share.updated)
        .with("featureSet", &share.feature_set)
        .with_some("resourceShareConfiguration", configuration.as_ref())
}

/// `ResourceShareAssociation`.
pub(super) fn association(share_arn: &str, share_name: &str, association: &Association) -> Members {
    Members::new()
        .with("resourceShareArn", share_arn)
        .with("resourceShareName", share_name)
        .with("associatedEntity", &association.entity)
        .with("associationType", &association.kind)
        .with("status", &association.status)
        .with("creationTime", &association.created)
        .with("lastUpdatedTime", &association.updated)
        .with("external", &association.external)
}

/// `ResourceShareInvitation`.
pub(super) fn invitation(invitation: &Invitation, now: std::time::Duration) -> Members {
    Members::new()
        .with("resourceShareInvitationArn", &invitation.arn)
        .with("resourceShareName", &invitation.share_name)
        .with("resourceShareArn", &invitation.share_arn)
        .with("senderAccountId", &invitation.sender)
        .with("receiverAccountId", &invitation.receiver)
        .with("invitationTimestamp", &invitation.sent)
        .with("status", &invitation.status(now))
        .with_some("receiverArn", invitation.receiver_arn.as_ref())
}

/// `Resource`: a resource association of a share.
pub(super) fn resource(share: &ResourceShare, association: &Association) -> Members {
    let resource_type = resource_types::of_arn(&association.entity);
    let available = association.status.name() == "ASSOCIATED";
    Members::new()
        .with("arn", &association.entity)
        .with_some("type", resource_type.map(|it| it.name))
        .with("resourceShareArn", &share.arn)
        .with("status", if available { "AVAILABLE" } else { "PENDING" })
        .with("creationTime", &association.created)
        .with("lastUpdatedTime", &association.updated)
        .with("resourceRegionScope", resource_type.map_or("REGIONAL", |it| it.scope))
}

/// `ResourceSharePermissionSummary` of one version.
pub(super) fn permission_summary(permission: &Permission, version: &PermissionVersion, status: &str) -> Members {
    permission_head(permission, version)
        .with("status", status)
        .with("creationTime", &version.created)
        .with("lastUpdatedTime", &permission.updated)
        .with("isResourceTypeDefault", &permission.is_resource_type_default)
        .with("permissionType", permission.kind())
        .with("featureSet", &permission.feature_set)
        .with_some("tags", permission.owner.is_some().then_some(&permission.tags))
}

/// `ResourceSharePermissionDetail` of one version.
pub(super) fn permission_detail(permission: &Permission, version: &PermissionVersion) -> Members {
    permission_head(permission, version)
        .with("permission", &version.template)
        .with("creationTime", &version.created)
        .with("lastUpdatedTime", &permission.updated)
        .with("isResourceTypeDefault", &permission.is_resource_type_default)
        .with("permissionType", permission.kind())
        .with("featureSet", &permission.feature_set)
        .with("status", &permission.status)
        .with_some("tags", permission.owner.is_some().then_some(&permission.tags))
}

fn permission_head(permission: &Permission, version: &PermissionVersion) -> Members {
    Members::new()
        .with("arn", &permission.arn)
        .with("version", &version.number.to_string())
        .with("defaultVersion", &(version.number == permission.default_version))
        .with("name", &permission.name)
        .with("resourceType", &permission.resource_type)
}
