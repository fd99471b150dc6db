//! EnableSharingWithAwsOrganization.

use crate::simulator::answer::Members;
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{Caller, World};

/// Always granted, to no effect: the simulated accounts are in no organization.
pub(in crate::simulator) fn enable(_: &mut World, _: &Caller, _: &RequestParameters) -> Result<Members, AwsError> {
    Ok(Members::new().with("returnValue", &true))
}
