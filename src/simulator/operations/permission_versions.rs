//! CreatePermissionVersion, DeletePermissionVersion, ListPermissionVersions and SetDefaultPermissionVersion.

use super::checks::parse_version;
use super::permissions::{check_template, check_unattached, find_version};
use super::views;
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{Caller, PermissionVersion, World};

const MOST_VERSIONS: usize = 5;

pub(in crate::simulator) fn create(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("permissionArn")?;
    let template = parameters.required("policyTemplate")?;
    check_template(template)?;
    if world.own_permission(caller, arn)?.versions.len() >= MOST_VERSIONS {
        let message = format!("A permission can have {MOST_VERSIONS} versions at most.");
        return Err(AwsError::modelled("PermissionVersionsLimitExceededException", message));
    }
    let created = world.tick();
    let permission = world.own_permission(caller, arn)?;
    let number = permission.versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
    let version = PermissionVersion { number, template: template.to_owned(), created };
    // The latest version becomes the default one.
    permission.default_version = number;
    permission.updated = created;
    permission.versions.push(version.clone());
    Ok(Members::new().with("permission", &views::permission_detail(permission, &version)))
}

pub(in crate::simulator) fn delete(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("permissionArn")?;
    let number = required_version(parameters)?;
    let permission = world.own_permission(caller, arn)?;
    find_version(permission, number)?;
    if permission.default_version == number {
        return Err(AwsError::not_permitted("The default version of a permission cannot be deleted."));
    }
    check_unattached(world, arn, Some(number))?;
    world.own_permission(caller, arn)?.versions.retain(|version| version.number != number);
    Ok(Members::new().with("returnValue", &true).with("permissionStatus", "DELETED"))
}

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let permission = world.permission(caller, parameters.required("permissionArn")?)?;
    let item = |version: &PermissionVersion| {
        let view = views::permission_summary(permission, version, permission.status.name());
        ListItem::new(format!("{:08}", version.number), &view)
    };
    Ok(permission.versions.iter().map(item).collect())
}

pub(in crate::simulator) fn set_default(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("permissionArn")?;
    let number = required_version(parameters)?;
    find_version(world.own_permission(caller, arn)?, number)?;
    let updated = world.tick();
    let permission = world.own_permission(caller, arn)?;
    permission.default_version = number;
    permission.updated = updated;
    Ok(Members::new().with("returnValue", &true))
}

fn required_version(parameters: &RequestParameters) -> Result<u32, AwsError> {
    parse_version(parameters, "permissionVersion")?.ok_or_else(|| parameters.missing("permissionVersion"))
}
