//! Answers of RAM: what they tell, and the JSON that tells it.

use serde_json::{Value, json};
use std::fmt;

/// A time, as RAM spells one; always the same, as answers tell nothing by it here.
const TIME: f64 = 1_632_342_984.382;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShareItem {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) status: &'static str,
    pub(crate) owner: &'static str,
    /// Only its owner sees them.
    pub(crate) tags: Vec<(String, String)>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AssociationItem {
    pub(crate) share: String,
    pub(crate) name: String,
    pub(crate) entity: String,
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
    pub(crate) external: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InvitationItem {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) share: String,
    pub(crate) status: &'static str,
    pub(crate) sender: &'static str,
    pub(crate) receiver: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PermissionItem {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) tags: Vec<(String, String)>,
}

/// What one answer tells.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Share(ShareItem),
    Shares(Vec<ShareItem>),
    /// Of a write.
    Associated(Vec<AssociationItem>),
    Associations(Vec<AssociationItem>),
    Invitation(InvitationItem),
    Invitations(Vec<InvitationItem>),
    /// A principal or a resource, and its share.
    Principals(Vec<(String, String)>),
    Resources(Vec<(String, String)>),
    Permission(PermissionItem),
    Permissions(Vec<PermissionItem>),
    SharePermissions(Vec<String>),
    /// A share and its permission.
    Uses(Vec<(String, String)>),
    /// With whom a resource is shared.
    Policies(Vec<String>),
    Replacement {
        from: String,
        to: String,
    },
    Done,
    /// Done, and there is nothing to tell.
    Empty,
    /// An error, by its name.
    Refused(&'static str),
}

impl Answer {
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// The ARN of what was created, where something was.
    pub(crate) fn created(&self) -> Option<&str> {
        match self {
            Self::Share(share) => Some(&share.arn),
            Self::Permission(permission) => Some(&permission.arn),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Refused("PermissionAlreadyExistsException") => 409,
            Self::Refused(_) => 400,
            _ => 200,
        }
    }

    pub(crate) fn body(&self) -> String {
        self.json().to_string()
    }

    fn json(&self) -> Value {
        match self {
            Self::Share(share) => json!({ "resourceShare": share.json() }),
            Self::Shares(shares) => json!({ "resourceShares": listed(shares, ShareItem::json) }),
            Self::Associated(items) | Self::Associations(items) => {
                json!({ "resourceShareAssociations": listed(items, AssociationItem::json) })
            }
            Self::Invitation(invitation) => json!({ "resourceShareInvitation": invitation.json() }),
            Self::Invitations(items) => json!({ "resourceShareInvitations": listed(items, InvitationItem::json) }),
            Self::Principals(items) => json!({ "principals": listed(items, |(principal, share)| {
                json!({ "id": principal, "resourceShareArn": share, "creationTime": TIME, "external": false })
            }) }),
            Self::Resources(items) => json!({ "resources": listed(items, |(resource, share)| {
                json!({ "arn": resource, "type": "ec2:Subnet", "resourceShareArn": share, "creationTime": TIME })
            }) }),
            Self::Permission(permission) => json!({ "permission": permission.json() }),
            Self::Permissions(items) => json!({ "permissions": listed(items, PermissionItem::json) }),
            Self::SharePermissions(arns) => json!({ "permissions": listed(arns, |arn| {
                json!({ "arn": arn, "version": "1", "defaultVersion": true, "resourceType": "ec2:Subnet" })
            }) }),
            Self::Uses(items) => json!({ "permissions": listed(items, |(share, permission)| {
                json!({ "arn": permission, "permissionVersion": "1", "resourceShareArn": share })
            }) }),
            Self::Policies(principals) => json!({ "policies": listed(principals, |principal| {
                let policy = json!({ "Effect": "Allow", "Principal": { "AWS": principal } });
                Value::String(policy.to_string())
            }) }),
            Self::Replacement { from, to } => json!({ "replacePermissionAssociationsWork": {
                "fromPermissionArn": from, "toPermissionArn": to, "status": "IN_PROGRESS", "creationTime": TIME,
            } }),
            Self::Done => json!({ "returnValue": true }),
            Self::Empty => json!({}),
            Self::Refused(kind) => json!({ "__type": kind, "message": "refused" }),
        }
    }
}

fn listed<T>(items: &[T], json: impl Fn(&T) -> Value) -> Value {
    items.iter().map(json).collect()
}

fn tags(tags: &[(String, String)]) -> Value {
    listed(tags, |(key, value)| json!({ "key": key, "value": value }))
}

impl ShareItem {
    fn json(&self) -> Value {
        json!({
            "resourceShareArn": self.arn, "name": self.name, "owningAccountId": self.owner, "status": self.status,
            "allowExternalPrincipals": true, "creationTime": TIME, "featureSet": "STANDARD", "tags": tags(&self.tags),
        })
    }
}

impl AssociationItem {
    fn json(&self) -> Value {
        json!({
            "resourceShareArn": self.share, "resourceShareName": self.name, "associatedEntity": self.entity,
            "associationType": self.kind, "status": self.status, "external": self.external, "creationTime": TIME,
        })
    }
}

impl InvitationItem {
    fn json(&self) -> Value {
        json!({
            "resourceShareInvitationArn": self.arn, "resourceShareName": self.name, "resourceShareArn": self.share,
            "senderAccountId": self.sender, "receiverAccountId": self.receiver, "status": self.status,
            "invitationTimestamp": TIME,
        })
    }
}

impl PermissionItem {
    fn json(&self) -> Value {
        json!({
            "arn": self.arn, "name": self.name, "version": "1", "resourceType": "ec2:Subnet", "status": "ATTACHABLE",
            "permissionType": "CUSTOMER_MANAGED", "tags": tags(&self.tags),
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status(), self.body())
    }
}
