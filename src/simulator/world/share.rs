//! Resource shares and what is associated with them.

use serde::Serialize;

use super::permission::FeatureSet;
use super::tag::Tag;
use crate::simulator::answer::Moment;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum ShareStatus {
    Pending,
    Active,
    Failed,
    Deleting,
    Deleted,
}

impl ShareStatus {
    pub(in crate::simulator) const NAMES: [&str; 5] = ["PENDING", "ACTIVE", "FAILED", "DELETING", "DELETED"];

    pub(in crate::simulator) fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Failed => "FAILED",
            Self::Deleting => "DELETING",
            Self::Deleted => "DELETED",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum AssociationKind {
    Principal,
    Resource,
    Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum AssociationStatus {
    Associating,
    Associated,
    Failed,
    Disassociating,
    Disassociated,
}

impl AssociationStatus {
    /// All that the API knows, those included that are never reached here.
    pub(in crate::simulator) const NAMES: [&str; 8] = [
        "ASSOCIATING",
        "ASSOCIATED",
        "FAILED",
        "DISASSOCIATING",
        "DISASSOCIATED",
        "SUSPENDED",
        "SUSPENDING",
        "RESTORING",
    ];

    pub(in crate::simulator) fn name(self) -> &'static str {
        match self {
            Self::Associating => "ASSOCIATING",
            Self::Associated => "ASSOCIATED",
            Self::Failed => "FAILED",
            Self::Disassociating => "DISASSOCIATING",
            Self::Disassociated => "DISASSOCIATED",
        }
    }

    /// Whether the entity is, or is about to be, part of the share.
    pub(in crate::simulator) fn is_live(self) -> bool {
        matches!(self, Self::Associating | Self::Associated)
    }
}

/// A principal, resource or source of a share.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Association {
    pub(in crate::simulator) key: String,
    pub(in crate::simulator) kind: AssociationKind,
    pub(in crate::simulator) entity: String,
    pub(in crate::simulator) status: AssociationStatus,
    pub(in crate::simulator) created: Moment,
    pub(in crate::simulator) updated: Moment,
    pub(in crate::simulator) external: bool,
    /// An invitation is out; only its acceptance makes this `ASSOCIATED`.
    pub(in crate::simulator) awaits_invitation: bool,
    pub(in crate::simulator) reads_left: u32,
}

impl Association {
    /// A read sees this: after enough of them what is in passing has arrived.
    pub(in crate::simulator) fn observe(&mut self) {
        if self.awaits_invitation {
            return;
        }
        let arrived = match self.status {
            AssociationStatus::Associating => AssociationStatus::Associated,
            AssociationStatus::Disassociating => AssociationStatus::Disassociated,
            _ => return,
        };
        if self.reads_left == 0 {
            self.status = arrived;
        } else {
            self.reads_left -= 1;
        }
    }

    /// Whether this is the account, or an identity in it.
    pub(in crate::simulator) fn is_of_account(&self, account: &str) -> bool {
        self.kind == AssociationKind::Principal
            && (self.entity == account || self.entity.split(':').nth(4) == Some(account))
    }
}

/// A permission that is attached to a share.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct SharePermission {
    pub(in crate::simulator) arn: String,
    pub(in crate::simulator) version: u32,
    pub(in crate::simulator) updated: Moment,
}

#[derive(Clone, Debug)]
pub(in crate::simulator) struct ResourceShare {
    pub(in crate::simulator) key: String,
    pub(in crate::simulator) arn: String,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) owner: String,
    pub(in crate::simulator) allow_external: bool,
    pub(in crate::simulator) status: ShareStatus,
    pub(in crate::simulator) status_message: Option<String>,
    pub(in crate::simulator) tags: Vec<Tag>,
    pub(in crate::simulator) created: Moment,
    pub(in crate::simulator) updated: Moment,
    pub(in crate::simulator) feature_set: FeatureSet,
    pub(in crate::simulator) retain_on_leave: Option<bool>,
    pub(in crate::simulator) associations: Vec<Association>,
    pub(in crate::simulator) permissions: Vec<SharePermission>,
    pub(in crate::simulator) reads_left: u32,
}

impl ResourceShare {
    /// Owners see their shares, others those that they take part in.
    pub(in crate::simulator) fn visible_to(&self, account: &str) -> bool {
        self.owner == account || self.shared_with(account)
    }

    pub(in crate::simulator) fn shared_with(&self, account: &str) -> bool {
        self.owner != account
            && self.associations.iter().any(|it| {
                it.is_of_account(account)
                    && !it.awaits_invitation
                    && matches!(it.status, AssociationStatus::Associating | AssociationStatus::Associated)
            })
    }

    /// A read sees this. False once a deleted share has been seen often enough to be gone.
    pub(in crate::simulator) fn observe(&mut self, settling_reads: u32) -> bool {
        if self.feature_set == FeatureSet::PromotingToStandard && self.reads_left == 0 {
            self.feature_set = FeatureSet::Standard;
        }
        let arrived = match self.status {
            ShareStatus::Pending => Some(ShareStatus::Active),
            ShareStatus::Deleting => Some(ShareStatus::Deleted),
            ShareStatus::Deleted => None,
            ShareStatus::Active | ShareStatus::Failed => {
                self.reads_left = self.reads_left.saturating_sub(1);
                return true;
            }
        };
        if self.reads_left > 0 {
            self.reads_left -= 1;
            return true;
        }
        let Some(arrived) = arrived else {
            return false;
        };
        self.status = arrived;
        // This read is the first that sees a deleted share.
        self.reads_left = settling_reads.saturating_sub(1);
        true
    }

    pub(in crate::simulator) fn of_kind(&self, kind: AssociationKind) -> impl Iterator<Item = &Association> {
        self.associations.iter().filter(move |it| it.kind == kind)
    }

    pub(in crate::simulator) fn live(&self, kind: AssociationKind) -> impl Iterator<Item = &Association> {
        self.of_kind(kind).filter(|it| it.status.is_live())
    }
}
