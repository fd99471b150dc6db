//! The operations: what each one changes, and what it answers. One file a subject.

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

use super::answer::{ListItem, Members};
use super::error::AwsError;
use super::parameters::RequestParameters;
use super::world::{Caller, World};

/// An operation with one answer.
pub(super) type SingleFn = fn(&mut World, &Caller, &RequestParameters) -> Result<Members, AwsError>;

/// An operation that lists: it gives all items, the pages are cut elsewhere.
pub(super) type ListFn = fn(&mut World, &Caller, &RequestParameters) -> Result<Vec<ListItem>, AwsError>;

const SELF: &str = "SELF";
const OTHER_ACCOUNTS: &str = "OTHER-ACCOUNTS";

/// The required `resourceOwner`: whether it asks for the caller's own.
fn asks_for_own(parameters: &RequestParameters) -> Result<bool, AwsError> {
    Ok(parameters.required_one_of("resourceOwner", &[SELF, OTHER_ACCOUNTS])? == SELF)
}

/// A filter by a list: absent or empty lets all pass.
fn passes(filter: &[&str], value: &str) -> bool {
    filter.is_empty() || filter.contains(&value)
}
