//! ListPrincipals, ListResources, ListResourceTypes and GetResourcePolicies.

use super::checks::is_asked_for;
use super::{asks_for_own, associations, views};
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::resource_types::{self, RESOURCE_TYPES, ResourceType};
use crate::simulator::world::{AssociationKind, Caller, ResourceShare, World, check_any_arn};

/// The values of `resourceRegionScope`.
pub(super) const SCOPES: [&str; 3] = ["ALL", "REGIONAL", "GLOBAL"];

pub(in crate::simulator) fn principals(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let own = asks_for_own(parameters)?;
    let arns = associations::share_filter(world, caller, parameters)?;
    let wanted = parameters.list_or_empty("principals")?;
    let resource = parameters.text("resourceArn")?;
    resource.map_or(Ok(()), check_any_arn)?;
    let resource_type = type_filter(parameters, "InvalidParameterException")?;
    let considered = |share: &ResourceShare| {
        is_asked_for(share, caller, own)
            && super::passes(&arns, &share.arn)
            && resource.is_none_or(|arn| share.live(AssociationKind::Resource).any(|it| it.entity == arn))
            && resource_type.is_none_or(|it| holds_type(share, it))
    };
    associations::observe(world, parameters, considered);
    let mut items = Vec::new();
    for share in world.shares.iter().filter(|share| considered(share)) {
        for association in share.live(AssociationKind::Principal) {
            // Seen from outside, the one principal of a share is its owner.
            let id = if own { &association.entity } else { &share.owner };
            let shown = own || association.is_of_account(&caller.account);
            if shown && super::passes(&wanted, id) {
                let view = Members::new()
                    .with("id", id)
                    .with("resourceShareArn", &share.arn)
                    .with("creationTime", &association.created)
                    .with("lastUpdatedTime", &association.updated)
                    .with("external", &association.external);
                items.push(ListItem::new(&association.key, &view));
            }
        }
    }
    Ok(items)
}

pub(in crate::simulator) fn resources(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let own = asks_for_own(parameters)?;
    let shares = associations::share_filter(world, caller, parameters)?;
    let wanted = parameters.list_or_empty("resourceArns")?;
    wanted.iter().try_for_each(|arn| check_any_arn(arn))?;
    let principal = parameters.text("principal")?;
    let resource_type = type_filter(parameters, "InvalidResourceTypeException")?;
    let scope = parameters.one_of("resourceRegionScope", &SCOPES)?;
    let considered = |share: &ResourceShare| {
        is_asked_for(share, caller, own)
            && super::passes(&shares, &share.arn)
            && principal.is_none_or(|principal| takes_part(share, principal, own))
    };
    associations::observe(world, parameters, considered);
    let mut items = Vec::new();
    for share in world.shares.iter().filter(|share| considered(share)) {
        for association in share.live(AssociationKind::Resource) {
            let its_type = resource_types::of_arn(&association.entity);
            if super::passes(&wanted, &association.entity)
                && resource_type.is_none_or(|wanted| its_type.is_some_and(|it| it.name == wanted.name))
                && in_scope(its_type, scope)
            {
                items.push(ListItem::new(&association.key, &views::resource(share, association)));
            }
        }
    }
    Ok(items)
}

pub(in crate::simulator) fn resource_types(
    _: &mut World,
    _: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let scope = parameters.one_of("resourceRegionScope", &SCOPES)?;
    let types = RESOURCE_TYPES.iter().filter(|it| in_scope(Some(it), scope));
    let view = |it: &ResourceType| {
        Members::new()
            .with("resourceType", it.name)
            .with("serviceName", it.service)
            .with("resourceRegionScope", it.scope)
    };
    Ok(types.map(|it| ListItem::new(it.name, &view(it))).collect())
}

pub(in crate::simulator) fn resource_policies(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let arns = parameters.list("resourceArns")?.ok_or_else(|| parameters.missing("resourceArns"))?;
    let principal = parameters.text("principal")?;
    let mut items = Vec::new();
    for arn in arns {
        check_any_arn(arn)?;
        let mut known = false;
        for share in world.shares.iter().filter(|share| share.owner == caller.account) {
            for association in share.live(AssociationKind::Resource).filter(|it| it.entity == arn) {
                known = true;
                if principal.is_none_or(|principal| takes_part(share, principal, true)) {
                    items.push(ListItem::new(&association.key, &policy(share, arn)));
                }
            }
        }
        if !known {
            let message = format!("The resource {arn} could not be found.");
            return Err(AwsError::modelled("ResourceArnNotFoundException", message));
        }
    }
    Ok(items)
}

/// Whether a type is in the requested `resourceRegionScope`; an unknown type counts as regional.
pub(super) fn in_scope(resource_type: Option<&ResourceType>, scope: Option<&str>) -> bool {
    match scope {
        None | Some("ALL") => true,
        Some(scope) => resource_type.map_or("REGIONAL", |it| it.scope) == scope,
    }
}

/// The type that `resourceType` names; one that is not known is refused with the error `refusal`.
fn type_filter(parameters: &RequestParameters, refusal: &str) -> Result<Option<&'static ResourceType>, AwsError> {
    let Some(name) = parameters.text("resourceType")? else {
        return Ok(None);
    };
    let known = resource_types::named(name);
    known.map(Some).ok_or_else(|| AwsError::modelled(refusal, format!("The resource type {name} is not valid.")))
}

fn takes_part(share: &ResourceShare, principal: &str, own: bool) -> bool {
    if own { share.live(AssociationKind::Principal).any(|it| it.entity == principal) } else { share.owner == principal }
}

fn holds_type(share: &ResourceShare, resource_type: &ResourceType) -> bool {
    share
        .live(AssociationKind::Resource)
        .filter_map(|it| resource_types::of_arn(&it.entity))
        .any(|it| it.name == resource_type.name)
}

/// A resource policy, JSON as text.
fn policy(share: &ResourceShare, arn: &str) -> String {
    let principals: Vec<&str> = share.live(AssociationKind::Principal).map(|it| it.entity.as_str()).collect();
    let service = resource_types::of_arn(arn).map_or("ram", |it| it.service);
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": principals },
            "Action": [format!("{service}:Describe*")],
            "Resource": arn,
        }],
    })
    .to_string()
}
