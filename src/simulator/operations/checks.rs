//! Checks and parsers that several operations share.

use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{AssociationKind, Caller, ResourceShare, ShareStatus};

/// A resource, principal or source to associate or disassociate.
pub(super) type Entity = (AssociationKind, String);

/// Writes to a share that is on its way out are refused.
pub(super) fn check_alive(share: &ResourceShare) -> Result<(), AwsError> {
    if matches!(share.status, ShareStatus::Deleting | ShareStatus::Deleted) {
        let message = format!("The resource share {} is in state {}.", share.arn, share.status.name());
        Err(AwsError::modelled("InvalidStateTransitionException", message))
    } else {
        Ok(())
    }
}

pub(super) fn is_asked_for(share: &ResourceShare, caller: &Caller, own: bool) -> bool {
    if own { share.owner == caller.account } else { share.shared_with(&caller.account) }
}

/// Reads a version number.
pub(super) fn parse_version(parameters: &RequestParameters, name: &str) -> Result<Option<u32>, AwsError> {
    let number = parameters.integer(name)?;
    let number = number.map(|number| u32::try_from(number).ok().filter(|number| *number > 0));
    match number {
        None => Ok(None),
        Some(Some(number)) => Ok(Some(number)),
        Some(None) => Err(AwsError::invalid_parameter(format!("The parameter {name} must be a positive number."))),
    }
}
