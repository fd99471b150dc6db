//! The permissions that a share gets for the types of its resources.

use super::checks::Entity;
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{AssociationKind, Caller, Permission, SharePermission, World, resource_types};

/// What a new share starts with: `permissionArns`, and the default permission for every other resource type.
pub(super) fn initial_permissions(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
    entities: &[Entity],
) -> Result<Vec<SharePermission>, AwsError> {
    let updated = world.tick();
    let mut permissions: Vec<SharePermission> = Vec::new();
    for arn in parameters.list_or_empty("permissionArns")? {
        let permission = world.attachable_permission(caller, arn)?;
        if permissions_for_type(world, &permission.resource_type)
            .any(|it| permissions.iter().any(|has| has.arn == it.arn))
        {
            let message = format!("More than one permission was given for {}.", permission.resource_type);
            return Err(AwsError::invalid_parameter(message));
        }
        permissions.push(SharePermission { arn: arn.to_owned(), version: permission.default_version, updated });
    }
    let mut missing = missing_defaults(world, &permissions, entities);
    for permission in &mut missing {
        permission.updated = updated;
    }
    permissions.append(&mut missing);
    Ok(permissions)
}

/// Gives the share `arn` the default permission for every resource type that is new to it.
pub(super) fn attach_defaults(world: &mut World, arn: &str, entities: &[Entity]) {
    let Some(index) = world.shares.iter().position(|share| share.arn == arn) else {
        return;
    };
    let has = world.shares.get(index).map(|share| share.permissions.clone()).unwrap_or_default();
    let mut missing = missing_defaults(world, &has, entities);
    if let Some(share) = world.shares.get_mut(index) {
        share.permissions.append(&mut missing);
    }
}

fn missing_defaults(world: &World, has: &[SharePermission], entities: &[Entity]) -> Vec<SharePermission> {
    let mut missing: Vec<SharePermission> = Vec::new();
    let resources = entities.iter().filter(|(kind, _)| *kind == AssociationKind::Resource);
    for resource_type in resources.filter_map(|(_, arn)| resource_types::of_arn(arn)) {
        let attached = permissions_for_type(world, resource_type.name)
            .any(|permission| has.iter().chain(&missing).any(|it| it.arn == permission.arn));
        let default = permissions_for_type(world, resource_type.name).find(|it| it.is_resource_type_default);
        if let (false, Some(permission)) = (attached, default) {
            let version = permission.default_version;
            missing.push(SharePermission { arn: permission.arn.clone(), version, updated: permission.updated });
        }
    }
    missing
}

pub(super) fn permissions_for_type<'a>(
    world: &'a World,
    resource_type: &'a str,
) -> impl Iterator<Item = &'a Permission> {
    world.permissions.iter().filter(move |permission| permission.resource_type == resource_type)
}
