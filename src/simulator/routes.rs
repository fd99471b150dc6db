//! Maps method and path to an operation and its function.

use super::operations::{
    ListFn, SingleFn, associations, invitations, listings, organization, permission_versions, permissions,
    replacements, resource_shares, share_permissions, tags,
};

/// The function of an operation.
#[derive(Clone, Copy)]
pub(super) enum OperationFn {
    /// With one answer, and without a `clientToken`.
    Plain(SingleFn),
    /// A listing; the name is that of the member which holds the items.
    List(&'static str, ListFn),
    /// A write that takes a `clientToken`: idempotent by it, and echoes it.
    Idempotent(SingleFn),
}

/// Where an operation's parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterSource {
    Body,
    Query,
}

#[derive(Clone, Copy)]
pub(super) struct OperationRoute {
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    /// Without the slash.
    pub(super) path: &'static str,
    pub(super) place: ParameterSource,
    pub(super) handler: OperationFn,
}

/// The route of a request, by its method and path.
pub(super) fn find(method: &str, path: &str) -> Option<&'static OperationRoute> {
    let path = path.strip_prefix('/')?;
    ROUTES.iter().find(|route| route.method == method && route.path == path)
}

const fn plain(operation: &'static str, path: &'static str, single: SingleFn) -> OperationRoute {
    OperationRoute {
        operation,
        method: "POST",
        path,
        place: ParameterSource::Body,
        handler: OperationFn::Plain(single),
    }
}

const fn list(operation: &'static str, path: &'static str, items: &'static str, listing: ListFn) -> OperationRoute {
    OperationRoute {
        operation,
        method: "POST",
        path,
        place: ParameterSource::Body,
        handler: OperationFn::List(items, listing),
    }
}

const fn write(operation: &'static str, path: &'static str, single: SingleFn) -> OperationRoute {
    OperationRoute {
        operation,
        method: "POST",
        path,
        place: ParameterSource::Body,
        handler: OperationFn::Idempotent(single),
    }
}

const fn delete(operation: &'static str, path: &'static str, single: SingleFn) -> OperationRoute {
    OperationRoute {
        operation,
        method: "DELETE",
        path,
        place: ParameterSource::Query,
        handler: OperationFn::Idempotent(single),
    }
}

#[rustfmt::skip]
const ROUTES: [OperationRoute; 36] = [
    write("AcceptResourceShareInvitation", "acceptresourceshareinvitation", invitations::accept),
    write("AssociateResourceShare", "associateresourceshare", associations::associate),
    write("AssociateResourceSharePermission", "associateresourcesharepermission", share_permissions::associate),
    write("CreatePermission", "createpermission", permissions::create),
    write("CreatePermissionVersion", "createpermissionversion", permission_versions::create),
    write("CreateResourceShare", "createresourceshare", resource_shares::create),
    delete("DeletePermission", "deletepermission", permissions::delete),
    delete("DeletePermissionVersion", "deletepermissionversion", permission_versions::delete),
    delete("DeleteResourceShare", "deleteresourceshare", resource_shares::delete),
    write("DisassociateResourceShare", "disassociateresourceshare", associations::disassociate),
    write("DisassociateResourceSharePermission", "disassociateresourcesharepermission", share_permissions::disassociate),
    plain("EnableSharingWithAwsOrganization", "enablesharingwithawsorganization", organization::enable),
    plain("GetPermission", "getpermission", permissions::read),
    list("GetResourcePolicies", "getresourcepolicies", "policies", listings::resource_policies),
    list("GetResourceShareAssociations", "getresourceshareassociations", "resourceShareAssociations", associations::list),
    list("GetResourceShareInvitations", "getresourceshareinvitations", "resourceShareInvitations", invitations::list),
    list("GetResourceShares", "getresourceshares", "resourceShares", resource_shares::list),
    list("ListPendingInvitationResources", "listpendinginvitationresources", "resources", invitations::list_pending_resources),
    list("ListPermissionAssociations", "listpermissionassociations", "permissions", share_permissions::list_associations),
    list("ListPermissionVersions", "listpermissionversions", "permissions", permission_versions::list),
    list("ListPermissions", "listpermissions", "permissions", permissions::list),
    list("ListPrincipals", "listprincipals", "principals", listings::principals),
    list("ListReplacePermissionAssociationsWork", "listreplacepermissionassociationswork", "replacePermissionAssociationsWorks", replacements::list),
    list("ListResourceSharePermissions", "listresourcesharepermissions", "permissions", share_permissions::list),
    list("ListResourceTypes", "listresourcetypes", "resourceTypes", listings::resource_types),
    list("ListResources", "listresources", "resources", listings::resources),
    list("ListSourceAssociations", "listsourceassociations", "sourceAssociations", associations::list_sources),
    write("PromotePermissionCreatedFromPolicy", "promotepermissioncreatedfrompolicy", permissions::promote),
    OperationRoute {
        operation: "PromoteResourceShareCreatedFromPolicy",
        method: "POST",
        path: "promoteresourcesharecreatedfrompolicy",
        place: ParameterSource::Query,
        handler: OperationFn::Plain(resource_shares::promote),
    },
    write("RejectResourceShareInvitation", "rejectresourceshareinvitation", invitations::reject),
    write("ReplacePermissionAssociations", "replacepermissionassociations", replacements::replace),
    write("SetDefaultPermissionVersion", "setdefaultpermissionversion", permission_versions::set_default),
    plain("TagResource", "tagresource", tags::tag),
    plain("UntagResource", "untagresource", tags::untag),
    write("UpdatePermission", "updatepermission", permissions::update),
    write("UpdateResourceShare", "updateresourceshare", resource_shares::update),
];
