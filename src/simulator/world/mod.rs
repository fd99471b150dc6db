//! The data of one region: shares, invitations, permissions, and the clock for their times.

mod invitation;
mod permission;
mod replacement;
pub(super) mod resource_types;
mod seed;
mod share;
mod tag;

use std::time::Duration;

use super::answer::Moment;
use super::error::AwsError;
use super::generator::Generator;

pub(super) use self::invitation::{Invitation, InvitationStatus};
pub(super) use self::permission::{FeatureSet, Permission, PermissionStatus, PermissionVersion};
pub(super) use self::replacement::{Replacement, ReplacementStatus};
pub(super) use self::share::{
    Association, AssociationKind, AssociationStatus, ResourceShare, SharePermission, ShareStatus,
};
pub(super) use self::tag::Tag;

/// The caller of an operation: account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account: String,
    pub(super) principal: String,
}

/// The data that a simulated endpoint holds for one region.
#[derive(Debug)]
pub struct World {
    pub(super) region: String,
    pub(super) shares: Vec<ResourceShare>,
    pub(super) invitations: Vec<Invitation>,
    pub(super) permissions: Vec<Permission>,
    pub(super) replacements: Vec<Replacement>,
    /// How many reads something stays in passing.
    pub(super) settling_reads: u32,
    /// The expiry clock's time of the request in hand.
    pub(super) now: Duration,
    milliseconds: u64,
    created: u64,
    generator: Generator,
}

/// Steps that a test takes behind the API's back.
impl World {
    /// Adds an `ACTIVE` share of the account `owner` and returns its ARN.
    pub fn add_share(&mut self, owner: &str, name: &str) -> String {
        let mut share = self.new_share(owner, name);
        share.status = ShareStatus::Active;
        let arn = share.arn.clone();
        self.shares.push(share);
        arn
    }

    /// Renames a share; false where there is none of this ARN.
    pub fn rename_share(&mut self, arn: &str, name: &str) -> bool {
        let moment = self.tick();
        let share = self.shares.iter_mut().find(|share| share.arn == arn);
        share.is_some_and(|share| {
            name.clone_into(&mut share.name);
            share.updated = moment;
            true
        })
    }

    /// Removes a share without a trace; false where there is none of this ARN.
    pub fn remove_share(&mut self, arn: &str) -> bool {
        let before = self.shares.len();
        self.shares.retain(|share| share.arn != arn);
        self.shares.len() < before
    }

    /// The ARNs of the account `owner`'s shares, in the order of listings.
    #[must_use]
    pub fn share_arns(&self, owner: &str) -> Vec<String> {
        self.shares.iter().filter(|share| share.owner == owner).map(|share| share.arn.clone()).collect()
    }
}

impl World {
    /// A region without data, but for the permissions that AWS manages.
    pub(super) fn new(region: &str, seed: u64, settling_reads: u32) -> Self {
        Self {
            region: region.to_owned(),
            shares: Vec::new(),
            invitations: Vec::new(),
            permissions: permission::managed(),
            replacements: Vec::new(),
            settling_reads,
            now: Duration::ZERO,
            milliseconds: 1_632_342_984_382,
            created: 0,
            generator: Generator::new(seed, region),
        }
    }

    /// The next moment of the data's own clock, which only writes move: equal runs have equal times.
    pub(super) fn tick(&mut self) -> Moment {
        self.milliseconds += 1 + self.generator.below(90_000);
        Moment { milliseconds: self.milliseconds, scientific: self.generator.below(3) == 0 }
    }

    /// A key that sorts after all earlier ones.
    pub(super) fn next_key(&mut self) -> String {
        self.created += 1;
        format!("{:08}", self.created)
    }

    pub(super) fn uuid(&mut self) -> String {
        self.generator.uuid()
    }

    /// An ARN of RAM's own for something of `account`.
    pub(super) fn arn(&self, account: &str, kind: &str, id: &str) -> String {
        format!("arn:aws:ram:{}:{account}:{kind}/{id}", self.region)
    }

    /// A `PENDING` share that is not yet in the data.
    pub(super) fn new_share(&mut self, owner: &str, name: &str) -> ResourceShare {
        let id = self.uuid();
        let created = self.tick();
        ResourceShare {
            key: self.next_key(),
            arn: self.arn(owner, "resource-share", &id),
            name: name.to_owned(),
            owner: owner.to_owned(),
            allow_external: true,
            status: ShareStatus::Pending,
            status_message: None,
            tags: Vec::new(),
            created,
            updated: created,
            feature_set: FeatureSet::Standard,
            retain_on_leave: None,
            associations: Vec::new(),
            permissions: Vec::new(),
            reads_left: self.settling_reads,
        }
    }

    /// The share of this ARN, if `caller` may know of it.
    pub(super) fn share(&self, caller: &Caller, arn: &str) -> Result<&ResourceShare, AwsError> {
        check_arn(arn, "resource-share")?;
        let share = self.shares.iter().find(|share| share.arn == arn && share.visible_to(&caller.account));
        share.ok_or_else(|| AwsError::unknown("ResourceShare", arn))
    }

    /// The share of this ARN, if `caller` owns it.
    pub(super) fn own_share(&mut self, caller: &Caller, arn: &str) -> Result<&mut ResourceShare, AwsError> {
        if self.share(caller, arn)?.owner != caller.account {
            return Err(AwsError::not_permitted(format!("You are not the owner of the resource share {arn}.")));
        }
        let share = self.shares.iter_mut().find(|share| share.arn == arn);
        share.ok_or_else(|| AwsError::unknown("ResourceShare", arn))
    }

    /// The permission of this ARN, if `caller` may use it.
    pub(super) fn permission(&self, caller: &Caller, arn: &str) -> Result<&Permission, AwsError> {
        check_arn(arn, "permission")?;
        let permission = self.permissions.iter().find(|it| it.arn == arn && it.usable_by(&caller.account));
        permission.ok_or_else(|| AwsError::unknown("Permission", arn))
    }

    /// The permission of this ARN, if `caller` may associate it with a share.
    pub(super) fn attachable_permission(&self, caller: &Caller, arn: &str) -> Result<&Permission, AwsError> {
        let permission = self.permission(caller, arn)?;
        match permission.status {
            PermissionStatus::Attachable => Ok(permission),
            PermissionStatus::Deprecated => {
                Err(AwsError::not_permitted(format!("The permission {arn} is deprecated.")))
            }
        }
    }

    /// The customer managed permission of this ARN, if `caller` owns it.
    pub(super) fn own_permission(&mut self, caller: &Caller, arn: &str) -> Result<&mut Permission, AwsError> {
        if self.permission(caller, arn)?.owner.is_none() {
            return Err(AwsError::not_permitted(format!("The permission {arn} is managed by AWS.")));
        }
        let permission = self.permissions.iter_mut().find(|permission| permission.arn == arn);
        permission.ok_or_else(|| AwsError::unknown("Permission", arn))
    }
}

/// Whether `arn` is one of RAM's own of this kind.
pub(super) fn check_arn(arn: &str, kind: &str) -> Result<(), AwsError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "ram", _, _, rest]
            if rest.strip_prefix(kind).is_some_and(|id| id.starts_with('/') && id.len() > 1) =>
        {
            Ok(())
        }
        _ => Err(AwsError::malformed_arn(arn)),
    }
}

/// Whether `arn` has the form of any ARN at all.
pub(super) fn check_any_arn(arn: &str) -> Result<(), AwsError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, _, _, resource]
            if [partition, service, resource].iter().all(|part| !part.is_empty()) =>
        {
            Ok(())
        }
        _ => Err(AwsError::malformed_arn(arn)),
    }
}
