//! AssociateResourceSharePermission, DisassociateResourceSharePermission, ListResourceSharePermissions and
//! ListPermissionAssociations.

use super::checks::{check_alive, is_asked_for, parse_version};
use super::default_permissions::permissions_for_type;
use super::{OTHER_ACCOUNTS, SELF, views};
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{
    AssociationKind, AssociationStatus, Caller, FeatureSet, ResourceShare, SharePermission, World, check_arn,
    resource_types,
};

const ASSOCIATED: &str = "ASSOCIATED";

pub(in crate::simulator) fn associate(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let share_arn = parameters.required("resourceShareArn")?;
    let permission = world.attachable_permission(caller, parameters.required("permissionArn")?)?;
    let replace = parameters.boolean("replace")?.unwrap_or(false);
    let asked = parse_version(parameters, "permissionVersion")?.unwrap_or(permission.default_version);
    if asked != permission.default_version {
        let message = format!("Version {asked} is not the default version of the permission.");
        return Err(AwsError::invalid_parameter(message));
    }
    let (arn, resource_type) = (permission.arn.clone(), permission.resource_type.clone());
    check_alive(world.own_share(caller, share_arn)?)?;
    let rivals: Vec<String> = permissions_for_type(world, &resource_type).map(|it| it.arn.clone()).collect();
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
    parameters: &RequestParameters,
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
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let share = world.share(caller, parameters.required("resourceShareArn")?)?;
    let view = |it: &SharePermission| {
        let permission = world.permissions.iter().find(|permission| permission.arn == it.arn)?;
        let view = views::permission_summary(permission, permission.version(it.version)?, ASSOCIATED);
        Some(ListItem::new(&it.arn, &view))
    };
    Ok(share.permissions.iter().filter_map(view).collect())
}

pub(in crate::simulator) fn list_associations(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let arn = parameters.text("permissionArn")?;
    arn.map_or(Ok(()), |arn| check_arn(arn, "permission"))?;
    let share_arn = parameters.text("resourceShareArn")?;
    share_arn.map_or(Ok(()), |arn| check_arn(arn, "resource-share"))?;
    let own = parameters.one_of("resourceOwner", &[SELF, OTHER_ACCOUNTS])?.is_none_or(|owner| owner == SELF);
    let number = parse_version(parameters, "permissionVersion")?;
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
                items.push(ListItem::new(format!("{}{}", share.key, attached.arn), &view));
            }
        }
    }
    Ok(items)
}
