//! What each operation does to a world, and answers. One file a subject.

pub(super) mod associations;
mod checks;
mod default_permissions;
pub(super) mod invitations;
pub(super) mod listings;
pub(super) mod organization;
pub(super) mod permission_versions;
pub(super) mod permissions;
pub(super) mod replacements;
pub(super) mod resource_shares;
pub(super) mod share_permissions;
pub(super) mod tags;
mod views;

use super::answer::{Item, Members};
use super::error::AwsError;
use super::parameters::Parameters;
use super::world::{Caller, World};

/// An operation with one answer.
pub(super) type Single = fn(&mut World, &Caller, &Parameters) -> Result<Members, AwsError>;

/// An operation that lists: it gives all items, the pages are cut elsewhere.
pub(super) type Listing = fn(&mut World, &Caller, &Parameters) -> Result<Vec<Item>, AwsError>;

const SELF: &str = "SELF";
const OTHER_ACCOUNTS: &str = "OTHER-ACCOUNTS";

/// The required `resourceOwner`: whether it asks for the caller's own.
fn asks_for_own(parameters: &Parameters) -> Result<bool, AwsError> {
    Ok(parameters.required_one_of("resourceOwner", &[SELF, OTHER_ACCOUNTS])? == SELF)
}

/// A filter by a list: absent or empty lets all pass.
fn passes(filter: &[&str], value: &str) -> bool {
    filter.is_empty() || filter.contains(&value)
}
