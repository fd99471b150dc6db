//! CreatePermission, UpdatePermission, DeletePermission, GetPermission, ListPermissions and
//! PromotePermissionCreatedFromPolicy.

use serde_json::Value;

use super::checks::parse_version;
use super::{OTHER_ACCOUNTS, SELF, tags, views};
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{
    Caller, FeatureSet, Permission, PermissionStatus, PermissionVersion, Tag, World, resource_types,
};

const MOST_PERMISSIONS: usize = 100;

pub(in crate::simulator) fn create(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let name = parameters.required("name")?;
    check_name(world, caller, name)?;
    let resource_type = parameters.required("resourceType")?;
    let resource_type = resource_types::named(resource_type)
        .ok_or_else(|| AwsError::invalid_parameter(format!("The resource type {resource_type} is not valid.")))?;
    let template = parameters.required("policyTemplate")?;
    check_template(template)?;
    let tags = tags::from_parameters(parameters)?;
    let permission = new_permission(world, caller, name, resource_type.name, template, tags);
    let view = summary(&permission, permission.default_version)?;
    world.permissions.push(permission);
    Ok(Members::new().with("permission", &view))
}

pub(in crate::simulator) fn update(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("permissionArn")?;
    let status = match parameters.required_one_of("status", &PermissionStatus::NAMES)? {
        "DEPRECATED" => PermissionStatus::Deprecated,
        _ => PermissionStatus::Attachable,
    };
    world.own_permission(caller, arn)?;
    let updated = world.tick();
    let permission = world.own_permission(caller, arn)?;
    permission.status = status;
    permission.updated = updated;
    Ok(Members::new().with("permissionStatus", &status))
}

pub(in crate::simulator) fn delete(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("permissionArn")?;
    world.own_permission(caller, arn)?;
    check_unattached(world, arn, None)?;
    world.permissions.retain(|permission| permission.arn != arn);
    Ok(Members::new().with("returnValue", &true).with("permissionStatus", "DELETING"))
}

pub(in crate::simulator) fn read(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let permission = world.permission(caller, parameters.required("permissionArn")?)?;
    let number = parse_version(parameters, "permissionVersion")?.unwrap_or(permission.default_version);
    let version = find_version(permission, number)?;
    Ok(Members::new().with("permission", &views::permission_detail(permission, version)))
}

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let resource_type = parameters.text("resourceType")?;
    let kind = parameters.one_of("permissionType", &["ALL", "AWS_MANAGED", "CUSTOMER_MANAGED"])?;
    if let Some(name) = resource_type.filter(|name| resource_types::named(name).is_none()) {
        return Err(AwsError::invalid_parameter(format!("The resource type {name} is not valid.")));
    }
    let status =
        parameters.one_of("permissionStatus", &["ATTACHABLE", "UNATTACHABLE", "DELETING", "DELETED", "DEPRECATED"])?;
    let owner = parameters.one_of("resourceOwner", &[SELF, OTHER_ACCOUNTS])?;
    let permissions = world.permissions.iter().filter(|permission| {
        let own = permission.owner.as_ref() == Some(&caller.account);
        permission.usable_by(&caller.account)
            && owner.is_none_or(|owner| own == (owner == SELF))
            && status.is_none_or(|status| status == permission.status.name())
            && resource_type.is_none_or(|name| permission.resource_type.eq_ignore_ascii_case(name))
            && kind.is_none_or(|kind| kind == "ALL" || kind == permission.kind())
    });
    permissions
        .map(|permission| Ok(ListItem::new(list_key(permission), &summary(permission, permission.default_version)?)))
        .collect()
}

pub(in crate::simulator) fn promote(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("permissionArn")?;
    let name = parameters.required("name")?;
    let source = world.own_permission(caller, arn)?.clone();
    if source.feature_set != FeatureSet::CreatedFromPolicy {
        let message = format!("The permission {arn} was not created from a policy.");
        return Err(AwsError::invalid_parameter(message));
    }
    if !well_formed(name) || taken(world, caller, name) {
        return Err(AwsError::invalid_parameter(format!("The permission name {name:?} is not valid or taken.")));
    }
    let template = find_version(&source, source.default_version)?.template.clone();
    let permission = new_permission(world, caller, name, &source.resource_type, &template, source.tags);
    let view = summary(&permission, permission.default_version)?;
    world.permissions.push(permission);
    Ok(Members::new().with("permission", &view))
}

/// AWS's permissions are listed before customers'.
fn list_key(permission: &Permission) -> String {
    format!("{}{}", u8::from(permission.owner.is_some()), permission.key)
}

fn new_permission(
    world: &mut World,
    caller: &Caller,
    name: &str,
    resource_type: &str,
    template: &str,
    tags: Vec<Tag>,
) -> Permission {
    let created = world.tick();
    Permission {
        key: world.next_key(),
        arn: world.arn(&caller.account, "permission", name),
        name: name.to_owned(),
        resource_type: resource_type.to_owned(),
        owner: Some(caller.account.clone()),
        feature_set: FeatureSet::Standard,
        status: PermissionStatus::Attachable,
        is_resource_type_default: false,
        versions: vec![PermissionVersion { number: 1, template: template.to_owned(), created }],
        default_version: 1,
        tags,
        updated: created,
    }
}

fn summary(permission: &Permission, number: u32) -> Result<Members, AwsError> {
    Ok(views::permission_summary(permission, find_version(permission, number)?, permission.status.name()))
}

pub(super) fn find_version(permission: &Permission, number: u32) -> Result<&PermissionVersion, AwsError> {
    let version = permission.version(number);
    version.ok_or_else(|| AwsError::unknown(&format!("Version {number} of permission"), &permission.arn))
}

fn check_name(world: &World, caller: &Caller, name: &str) -> Result<(), AwsError> {
    if !well_formed(name) {
        return Err(AwsError::invalid_parameter(format!("The permission name {name:?} is not valid.")));
    }
    if taken(world, caller, name) {
        let message = format!("A permission with the name {name} already exists.");
        return Err(AwsError::modelled("PermissionAlreadyExistsException", message));
    }
    let own = world.permissions.iter().filter(|it| it.owner.as_ref() == Some(&caller.account));
    if own.count() >= MOST_PERMISSIONS {
        let message = format!("An account can have {MOST_PERMISSIONS} permissions at most.");
        return Err(AwsError::modelled("PermissionLimitExceededException", message));
    }
    Ok(())
}

fn well_formed(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    (1..=36).contains(&name.len()) && name.chars().all(allowed)
}

fn taken(world: &World, caller: &Caller, name: &str) -> bool {
    world.permissions.iter().any(|it| it.owner.as_ref() == Some(&caller.account) && it.name == name)
}

/// A template is JSON with an effect and actions; RAM itself adds who and what.
pub(super) fn check_template(template: &str) -> Result<(), AwsError> {
    let malformed = || {
        AwsError::modelled("MalformedPolicyTemplateException", "The policy template is not a valid policy statement.")
    };
    let Ok(Value::Object(members)) = serde_json::from_str(template) else {
        return Err(malformed());
    };
    if ["Resource", "Principal"].iter().any(|name| members.contains_key(*name)) {
        let message = "A policy template must have neither Resource nor Principal.";
        return Err(AwsError::modelled("InvalidPolicyException", message));
    }
    let statement = members.contains_key("Effect") && members.contains_key("Action");
    if statement { Ok(()) } else { Err(malformed()) }
}

pub(super) fn check_unattached(world: &World, arn: &str, version: Option<u32>) -> Result<(), AwsError> {
    let attached = world
        .shares
        .iter()
        .flat_map(|share| &share.permissions)
        .any(|it| it.arn == arn && version.is_none_or(|version| version == it.version));
    if attached {
        Err(AwsError::not_permitted(format!("The permission {arn} is attached to a resource share.")))
    } else {
        Ok(())
    }
}
