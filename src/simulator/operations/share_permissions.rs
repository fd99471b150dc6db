//! AssociateResourceSharePermission, DisassociateResourceSharePermission, ListResourceSharePermissions and
//! ListPermissionAssociations.

use super::associations::Entity;
use super::listings::is_asked_for;
use super::{OTHER_ACCOUNTS, SELF, resource_shares, views};
use crate::simulator::answer::{Item, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::Parameters;
use crate::simulator::world::{
    AssociationKind, AssociationStatus, Caller, FeatureSet, Permission, ResourceShare, SharePermission, World,
    check_arn, resource_types,
};

const ASSOCIATED: &str = "ASSOCIATED";

pub(in crate::simulator) fn associate(
    world: &mut World,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Members, AwsError> {
    let share_arn = parameters.required("resourceShareArn")?;
    let permission = world.attachable_permission(caller, parameters.required("permissionArn")?)?;
    let replace = parameters.boolean("replace")?.unwrap_or(false);
    let asked = version(parameters, "permissionVersion")?.unwrap_or(permission.default_version);
    if asked != permission.default_version {
        let message = format!("Version {asked} is not the default version of the permission.");
        return Err(AwsError::invalid_parameter(message));
    }
    let (arn, resource_type) = (permission.arn.clone(), permission.resource_type.clone());
    resource_shares::check_alive(world.own_share(caller, share_arn)?)?;
    let rivals: Vec<String> = of_type(world, &resource_type).map(|it| it.arn.clone()).collect();
    let updated = world.tick();
    let share = world.own_share(caller, share_arn)?;
    if !replace && share.permissions.iter().any(|it| it.arn != arn && rivals.contains(&it.arn)) {
        let message = format!("The resource share already has a permission for {resource_type}.");
        return Err(AwsError::invalid_parameter(message));
    }
    share.permissions.retain(|it| !rivals.contains(&it.arn));
    share.permissions.push(SharePermission { arn, version: asked, updated });
    Ok(Members::new().with("returnValue", &true))
}

pub(in crate::simulator) fn disassociate(
    world: &mut World,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Members, AwsError> {
    let share_arn = parameters.required("resourceShareArn")?;
    let permission = world.permission(caller, parameters.required("permissionArn")?)?;
    let (arn, resource_type) = (permission.arn.clone(), permission.resource_type.clone());
    let share = world.own_share(caller, share_arn)?;
    if !share.permissions.iter().any(|it| it.arn == arn) {
        return Err(AwsError::unknown("The association with", &arn));
    }
    let in_use = share
        .live(AssociationKind::Resource)
        .any(|it| resource_types::of_arn(&it.entity).is_some_and(|it| it.name == resource_type));
    if in_use {
        let message = format!("The resource share still has resources of the type {resource_type}.");
        return Err(AwsError::modelled("InvalidStateTransitionException", message));
    }
    share.permissions.retain(|it| it.arn != arn);
    Ok(Members::new().with("returnValue", &true))
}

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Vec<Item>, AwsError> {
    let share = world.share(caller, parameters.required("resourceShareArn")?)?;
    let view = |it: &SharePermission| {
        let permission = world.permissions.iter().find(|permission| permission.arn == it.arn)?;
        let view = views::permission_summary(permission, permission.version(it.version)?, ASSOCIATED);
        Some(Item::new(&it.arn, &view))
    };
    Ok(share.permissions.iter().filter_map(view).collect())
}

pub(in crate::simulator) fn list_associations(
    world: &mut World,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Vec<Item>, AwsError> {
    let arn = parameters.text("permissionArn")?;
    arn.map_or(Ok(()), |arn| check_arn(arn, "permission"))?;
    let share_arn = parameters.text("resourceShareArn")?;
    share_arn.map_or(Ok(()), |arn| check_arn(arn, "resource-share"))?;
    let own = parameters.one_of("resourceOwner", &[SELF, OTHER_ACCOUNTS])?.is_none_or(|owner| owner == SELF);
    let number = version(parameters, "permissionVersion")?;
    let status = parameters.one_of("associationStatus", &AssociationStatus::NAMES)?;
    let resource_type = parameters.text("resourceType")?;
    let feature_set = parameters.one_of("featureSet", &FeatureSet::NAMES)?;
    let default_version = parameters.boolean("defaultVersion")?;
    let mut items = Vec::new();
    let asked =
        |share: &&ResourceShare| is_asked_for(share, caller, own) && share_arn.is_none_or(|arn| arn == share.arn);
    for share in world.shares.iter().filter(asked) {
        for attached in &share.permissions {
            let Some(permission) = world.permissions.iter().find(|it| it.arn == attached.arn) else {
                continue;
            };
            let is_default = permission.default_version == attached.version;
            if arn.is_none_or(|arn| arn == attached.arn)
                && number.is_none_or(|number| number == attached.version)
                && status.is_none_or(|status| status == ASSOCIATED)
                && resource_type.is_none_or(|name| permission.resource_type.eq_ignore_ascii_case(name))
                && feature_set.is_none_or(|name| name == permission.feature_set.name())
                && default_version.is_none_or(|wanted| wanted == is_default)
            {
                let view = Members::new()
                    .with("arn", &attached.arn)
                    .with("permissionVersion", &attached.version.to_string())
                    .with("defaultVersion", &is_default)
                    .with("resourceType", &permission.resource_type)
                    .with("status", ASSOCIATED)
                    .with("featureSet", &permission.feature_set)
                    .with("lastUpdatedTime", &attached.updated)
                    .with("resourceShareArn", &share.arn);
                items.push(Item::new(format!("{}{}", share.key, attached.arn), &view));
            }
        }
    }
    Ok(items)
}

/// Reads a version number.
pub(super) fn version(parameters: &Parameters, name: &str) -> Result<Option<u32>, AwsError> {
    let number = parameters.integer(name)?;
    let number = number.map(|number| u32::try_from(number).ok().filter(|number| *number > 0));
    match number {
        None => Ok(None),
        Some(Some(number)) => Ok(Some(number)),
        Some(None) => Err(AwsError::invalid_parameter(format!("The parameter {name} must be a positive number."))),
    }
}

/// What a new share starts with: `permissionArns`, and the default permission for every other resource type.
pub(super) fn initial(
    world: &mut World,
    caller: &Caller,
    parameters: &Parameters,
    entities: &[Entity],
) -> Result<Vec<SharePermission>, AwsError> {
    let updated = world.tick();
    let mut permissions: Vec<SharePermission> = Vec::new();
    for arn in parameters.list_or_empty("permissionArns")? {
        let permission = world.attachable_permission(caller, arn)?;
        if of_type(world, &permission.resource_type).any(|it| permissions.iter().any(|has| has.arn == it.arn)) {
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
        let attached = of_type(world, resource_type.name)
            .any(|permission| has.iter().chain(&missing).any(|it| it.arn == permission.arn));
        let default = of_type(world, resource_type.name).find(|it| it.is_resource_type_default);
        if let (false, Some(permission)) = (attached, default) {
            let version = permission.default_version;
            missing.push(SharePermission { arn: permission.arn.clone(), version, updated: permission.updated });
        }
    }
    missing
}

fn of_type<'a>(world: &'a World, resource_type: &'a str) -> impl Iterator<Item = &'a Permission> {
    world.permissions.iter().filter(move |permission| permission.resource_type == resource_type)
}
