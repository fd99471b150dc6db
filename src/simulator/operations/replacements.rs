//! ReplacePermissionAssociations and ListReplacePermissionAssociationsWork.

use super::checks::parse_version;
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{Caller, Replacement, ReplacementStatus, World};

/// The shares change at once; only the work that reports it takes its time.
pub(in crate::simulator) fn replace(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let from = world.permission(caller, parameters.required("fromPermissionArn")?)?;
    let to = world.attachable_permission(caller, parameters.required("toPermissionArn")?)?;
    let wanted = parse_version(parameters, "fromPermissionVersion")?;
    if from.resource_type != to.resource_type {
        return Err(AwsError::invalid_parameter("The permissions are not for the same resource type."));
    }
    let (from_arn, from_version) = (from.arn.clone(), wanted.unwrap_or(from.default_version));
    let (to_arn, to_version) = (to.arn.clone(), to.default_version);
    let created = world.tick();
    let own = world.shares.iter_mut().filter(|share| share.owner == caller.account);
    for attached in own.flat_map(|share| &mut share.permissions) {
        if attached.arn == from_arn && wanted.is_none_or(|wanted| wanted == attached.version) {
            attached.arn.clone_from(&to_arn);
            attached.version = to_version;
            attached.updated = created;
        }
    }
    let work = Replacement {
        key: world.next_key(),
        owner: caller.account.clone(),
        id: world.uuid(),
        from_arn,
        from_version,
        to_arn,
        to_version,
        status: ReplacementStatus::InProgress,
        created,
        updated: created,
        reads_left: world.settling_reads,
    };
    let view = view(&work);
    world.replacements.push(work);
    Ok(Members::new().with("replacePermissionAssociationsWork", &view))
}

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let ids = parameters.list_or_empty("workIds")?;
    let status = parameters.one_of("status", &["IN_PROGRESS", "COMPLETED", "FAILED"])?;
    let considered = |work: &Replacement| work.owner == caller.account && super::passes(&ids, &work.id);
    if parameters.first_page() {
        world.replacements.iter_mut().filter(|work| considered(work)).for_each(Replacement::observe);
    }
    let works = world
        .replacements
        .iter()
        .filter(|work| considered(work) && status.is_none_or(|status| status == work.status.name()));
    Ok(works.map(|work| ListItem::new(&work.key, &view(work))).collect())
}

fn view(work: &Replacement) -> Members {
    Members::new()
        .with("id", &work.id)
        .with("fromPermissionArn", &work.from_arn)
        .with("fromPermissionVersion", &work.from_version.to_string())
        .with("toPermissionArn", &work.to_arn)
        .with("toPermissionVersion", &work.to_version.to_string())
        .with("status", &work.status)
        .with("creationTime", &work.created)
        .with("lastUpdatedTime", &work.updated)
}
