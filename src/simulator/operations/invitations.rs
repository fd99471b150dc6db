//! GetResourceShareInvitations, AcceptResourceShareInvitation, RejectResourceShareInvitation and
//! ListPendingInvitationResources.

use super::{listings, views};
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{
    AssociationKind, AssociationStatus, Caller, Invitation, InvitationStatus, World, check_arn, resource_types,
};

const KIND: &str = "resource-share-invitation";

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let arns = parameters.list_or_empty("resourceShareInvitationArns")?;
    for arn in &arns {
        received(world, caller, arn)?;
    }
    let shares = parameters.list_or_empty("resourceShareArns")?;
    for arn in &shares {
        check_arn(arn, "resource-share")?;
        if !world.shares.iter().any(|share| share.arn == *arn) {
            return Err(AwsError::unknown("ResourceShare", arn));
        }
    }
    let invitations = world.invitations.iter().filter(|it| {
        it.receiver == caller.account && super::passes(&arns, &it.arn) && super::passes(&shares, &it.share_arn)
    });
    Ok(invitations.map(|it| ListItem::new(&it.key, &views::invitation(it, world.now))).collect())
}

pub(in crate::simulator) fn accept(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    answer(world, caller, parameters, InvitationStatus::Accepted)
}

pub(in crate::simulator) fn reject(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    answer(world, caller, parameters, InvitationStatus::Rejected)
}

pub(in crate::simulator) fn list_pending_resources(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let arn = parameters.required("resourceShareInvitationArn")?;
    let scope = parameters.one_of("resourceRegionScope", &listings::SCOPES)?;
    let invitation = received(world, caller, arn)?;
    match invitation.status(world.now) {
        InvitationStatus::Pending | InvitationStatus::Accepted => {}
        status => return Err(in_state(arn, status)),
    }
    let share = world.shares.iter().find(|share| share.arn == invitation.share_arn);
    let share = share.ok_or_else(|| AwsError::invalid_parameter("The resource share no longer exists."))?;
    let resources = share
        .live(AssociationKind::Resource)
        .filter(|it| listings::in_scope(resource_types::of_arn(&it.entity), scope));
    Ok(resources.map(|it| ListItem::new(&it.key, &views::resource(share, it))).collect())
}

fn answer(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
    answer: InvitationStatus,
) -> Result<Members, AwsError> {
    let arn = parameters.required("resourceShareInvitationArn")?;
    let invitation = received(world, caller, arn)?;
    let status = invitation.status(world.now);
    if status != InvitationStatus::Pending {
        return Err(in_state(arn, status));
    }
    let share_arn = invitation.share_arn.clone();
    let invited = invitation.receiver_arn.clone().unwrap_or_else(|| invitation.receiver.clone());
    settle_association(world, &share_arn, &invited, answer);
    let now = world.now;
    let invitation = world.invitations.iter_mut().find(|it| it.arn == arn).ok_or_else(|| not_found(arn))?;
    invitation.answered = Some(answer);
    Ok(Members::new().with("resourceShareInvitation", &views::invitation(invitation, now)))
}

/// What the owner's side of the share sees of the answer.
fn settle_association(world: &mut World, share_arn: &str, invited: &str, answer: InvitationStatus) {
    let moment = world.tick();
    let settling_reads = world.settling_reads;
    let shares = world.shares.iter_mut().filter(|share| share.arn == share_arn);
    for association in shares.flat_map(|share| &mut share.associations) {
        if association.awaits_invitation && association.entity == invited {
            association.awaits_invitation = false;
            association.updated = moment;
            association.reads_left = settling_reads;
            if answer == InvitationStatus::Rejected {
                association.status = AssociationStatus::Failed;
            }
        }
    }
}

/// The invitation, if it exists and is the caller's to answer.
fn received<'a>(world: &'a World, caller: &Caller, arn: &str) -> Result<&'a Invitation, AwsError> {
    check_arn(arn, KIND)?;
    let invitation = world.invitations.iter().find(|it| it.arn == arn && it.receiver == caller.account);
    invitation.ok_or_else(|| not_found(arn))
}

fn in_state(arn: &str, status: InvitationStatus) -> AwsError {
    let (name, state) = match status {
        InvitationStatus::Rejected => ("ResourceShareInvitationAlreadyRejectedException", "already rejected"),
        InvitationStatus::Expired => ("ResourceShareInvitationExpiredException", "expired"),
        InvitationStatus::Pending | InvitationStatus::Accepted => {
            ("ResourceShareInvitationAlreadyAcceptedException", "already accepted")
        }
    };
    AwsError::modelled(name, format!("The resource share invitation {arn} is {state}."))
}

fn not_found(arn: &str) -> AwsError {
    let message = format!("The resource share invitation {arn} could not be found.");
    AwsError::modelled("ResourceShareInvitationArnNotFoundException", message)
}
