//! AssociateResourceShare, DisassociateResourceShare, GetResourceShareAssociations and ListSourceAssociations.

use super::checks::{Entity, check_alive};
use super::default_permissions::attach_defaults;
use super::views;
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{
    Association, AssociationKind, AssociationStatus, Caller, Invitation, ResourceShare, World, check_any_arn,
};

pub(in crate::simulator) fn associate(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("resourceShareArn")?;
    let entities = entities(parameters)?;
    check_any(&entities)?;
    let share = world.own_share(caller, arn)?;
    check_alive(share)?;
    check_principals(&entities, &caller.account, share.allow_external)?;
    attach_defaults(world, arn, &entities);
    add(world, arn, &entities);
    Ok(Members::new().with("resourceShareAssociations", &shown(world.own_share(caller, arn)?, &entities)))
}

pub(in crate::simulator) fn disassociate(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("resourceShareArn")?;
    let entities = entities(parameters)?;
    check_any(&entities)?;
    check_alive(left_by(world, caller, arn, &entities)?)?;
    let moment = world.tick();
    let settling_reads = world.settling_reads;
    let share = left_by(world, caller, arn, &entities)?;
    let is_live =
        |it: &Association, (kind, entity): &Entity| it.kind == *kind && it.entity == *entity && it.status.is_live();
    for entity in &entities {
        if !share.associations.iter().any(|it| is_live(it, entity)) {
            return Err(AwsError::unknown("The association with", &entity.1));
        }
    }
    for association in &mut share.associations {
        if entities.iter().any(|entity| is_live(association, entity)) {
            association.status = AssociationStatus::Disassociating;
            association.awaits_invitation = false;
            association.updated = moment;
            association.reads_left = settling_reads;
        }
    }
    Ok(Members::new().with("resourceShareAssociations", &shown(share, &entities)))
}

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let kind = match parameters.required_one_of("associationType", &["PRINCIPAL", "RESOURCE", "SOURCE"])? {
        "PRINCIPAL" => AssociationKind::Principal,
        "RESOURCE" => AssociationKind::Resource,
        _ => AssociationKind::Source,
    };
    let shares = share_filter(world, caller, parameters)?;
    let status = parameters.one_of("associationStatus", &AssociationStatus::NAMES)?;
    let resource = parameters.text("resourceArn")?;
    let principal = parameters.text("principal")?;
    resource.map_or(Ok(()), check_any_arn)?;
    if (resource.is_some() && kind != AssociationKind::Resource)
        || (principal.is_some() && kind != AssociationKind::Principal)
    {
        return Err(AwsError::invalid_parameter("The entity is not of the given associationType."));
    }
    let entity = resource.or(principal);
    observe(world, parameters, |share| share.owner == caller.account && super::passes(&shares, &share.arn));
    let mut items = Vec::new();
    for share in world.shares.iter().filter(|it| it.owner == caller.account && super::passes(&shares, &it.arn)) {
        for association in share.of_kind(kind) {
            if entity.is_none_or(|entity| entity == association.entity)
                && status.is_none_or(|status| status == association.status.name())
            {
                let view = views::association(&share.arn, &share.name, association);
                items.push(ListItem::new(&association.key, &view));
            }
        }
    }
    Ok(items)
}

pub(in crate::simulator) fn list_sources(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let shares = share_filter(world, caller, parameters)?;
    let status = parameters.one_of("associationStatus", &AssociationStatus::NAMES)?;
    let id = parameters.text("sourceId")?;
    let source_type = parameters.text("sourceType")?;
    observe(world, parameters, |share| share.owner == caller.account && super::passes(&shares, &share.arn));
    let mut items = Vec::new();
    for share in world.shares.iter().filter(|it| it.owner == caller.account && super::passes(&shares, &it.arn)) {
        for source in share.of_kind(AssociationKind::Source) {
            if id.is_none_or(|id| id == source.entity)
                && source_type.is_none_or(|it| it == source_type_of(&source.entity))
                && status.is_none_or(|status| status == source.status.name())
            {
                let view = Members::new()
                    .with("resourceShareArn", &share.arn)
                    .with("sourceId", &source.entity)
                    .with("sourceType", source_type_of(&source.entity))
                    .with("status", &source.status)
                    .with("lastUpdatedTime", &source.updated)
                    .with("creationTime", &source.created);
                items.push(ListItem::new(&source.key, &view));
            }
        }
    }
    Ok(items)
}

/// Reads `resourceArns`, `principals` and `sources`.
pub(super) fn entities(parameters: &RequestParameters) -> Result<Vec<Entity>, AwsError> {
    let mut entities = Vec::new();
    for (name, kind) in [
        ("resourceArns", AssociationKind::Resource),
        ("principals", AssociationKind::Principal),
        ("sources", AssociationKind::Source),
    ] {
        for entity in parameters.list_or_empty(name)? {
            if kind == AssociationKind::Resource || entity.starts_with("arn:") {
                check_any_arn(entity)?;
            }
            entities.push((kind, entity.to_owned()));
        }
    }
    Ok(entities)
}

/// Principals must be what RAM knows, and of the owner's organization where the share demands it.
pub(super) fn check_principals(entities: &[Entity], owner: &str, allow_external: bool) -> Result<(), AwsError> {
    for (_, principal) in entities.iter().filter(|(kind, _)| *kind == AssociationKind::Principal) {
        let account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
        if !account && !principal.starts_with("arn:") && !principal.ends_with(".amazonaws.com") {
            return Err(AwsError::invalid_parameter(format!("Principal ID {principal} is malformed.")));
        }
        if !allow_external && invited_account(principal, owner).is_some() {
            let message = format!(
                "The resource you are attempting to share can only be shared within your AWS Organization. \
                 Principal {principal} is not a member of it."
            );
            return Err(AwsError::not_permitted(message));
        }
    }
    Ok(())
}

/// Associates what is not yet associated with the share `arn`; external principals are invited.
pub(super) fn add(world: &mut World, arn: &str, entities: &[Entity]) {
    for (kind, entity) in entities {
        let Some(share) = world.shares.iter().find(|share| share.arn == arn) else {
            return;
        };
        if share.live(*kind).any(|association| association.entity == *entity) {
            continue;
        }
        let owner = share.owner.clone();
        let invited =
            if *kind == AssociationKind::Principal { invited_account(entity, &owner).map(str::to_owned) } else { None };
        let moment = world.tick();
        let association = Association {
            key: world.next_key(),
            kind: *kind,
            entity: entity.clone(),
            status: AssociationStatus::Associating,
            created: moment,
            updated: moment,
            external: invited.is_some(),
            awaits_invitation: invited.is_some(),
            reads_left: world.settling_reads,
        };
        if let Some(account) = invited {
            invite(world, arn, &account, entity);
        }
        if let Some(share) = world.shares.iter_mut().find(|share| share.arn == arn) {
            share.associations.push(association);
        }
    }
}

/// A read sees the associations of the shares that are `considered`.
pub(super) fn observe(world: &mut World, parameters: &RequestParameters, considered: impl Fn(&ResourceShare) -> bool) {
    if parameters.first_page() {
        let shares = world.shares.iter_mut().filter(|share| considered(share));
        shares.flat_map(|share| &mut share.associations).for_each(Association::observe);
    }
}

/// `resourceShareArns`, each of which must exist.
pub(super) fn share_filter<'a>(
    world: &World,
    caller: &Caller,
    parameters: &'a RequestParameters,
) -> Result<Vec<&'a str>, AwsError> {
    let arns = parameters.list_or_empty("resourceShareArns")?;
    for arn in &arns {
        world.share(caller, arn)?;
    }
    Ok(arns)
}

fn check_any(entities: &[Entity]) -> Result<(), AwsError> {
    if entities.is_empty() {
        let message = "At least one of resourceArns, principals and sources must be given.";
        return Err(AwsError::invalid_parameter(message));
    }
    Ok(())
}

/// The share `arn`, if `caller` may take `entities` out of it: its owner any of them, an account that it is shared with
/// itself.
fn left_by<'a>(
    world: &'a mut World,
    caller: &Caller,
    arn: &str,
    entities: &[Entity],
) -> Result<&'a mut ResourceShare, AwsError> {
    let itself = |(kind, entity): &Entity| matches!(kind, AssociationKind::Principal) && *entity == caller.account;
    if world.share(caller, arn)?.owner == caller.account || !entities.iter().all(itself) {
        return world.own_share(caller, arn);
    }
    let share = world.shares.iter_mut().find(|share| share.arn == arn);
    share.ok_or_else(|| AwsError::unknown("ResourceShare", arn))
}

/// The latest association with each of `entities`.
fn shown(share: &ResourceShare, entities: &[Entity]) -> Vec<Members> {
    let latest = |(kind, entity): &Entity| share.of_kind(*kind).filter(|it| it.entity == *entity).last();
    let associations = entities.iter().filter_map(latest);
    associations.map(|it| views::association(&share.arn, &share.name, it)).collect()
}

/// The account that has to be asked, where `principal` is one, or in one, other than the owner.
fn invited_account<'a>(principal: &'a str, owner: &str) -> Option<&'a str> {
    let account = match principal.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "iam", _, account, _] => account,
        [account] if account.bytes().all(|byte| byte.is_ascii_digit()) => principal,
        _ => return None,
    };
    (account != owner).then_some(account)
}

fn invite(world: &mut World, share_arn: &str, account: &str, principal: &str) {
    let Some(share) = world.shares.iter().find(|share| share.arn == share_arn) else {
        return;
    };
    let (share_name, sender) = (share.name.clone(), share.owner.clone());
    let id = world.uuid();
    let invitation = Invitation {
        key: world.next_key(),
        arn: world.arn(&sender, "resource-share-invitation", &id),
        share_name,
        share_arn: share_arn.to_owned(),
        sender,
        receiver: account.to_owned(),
        receiver_arn: (principal != account).then(|| principal.to_owned()),
        sent: world.tick(),
        expires: world.now + Invitation::LIFETIME,
        answered: None,
    };
    world.invitations.push(invitation);
}

fn source_type_of(source: &str) -> &'static str {
    if source.starts_with("arn:") { "ARN" } else { "ACCOUNT" }
}
