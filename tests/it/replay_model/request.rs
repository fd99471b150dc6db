//! Requests to RAM, with its own names of operations and members.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

pub(crate) const HOME: &str = "us-east-1";
pub(crate) const ABROAD: &str = "eu-west-1";
pub(crate) const OWNER: &str = "owner";
pub(crate) const CONSUMER: &str = "consumer";

/// The account of an actor.
pub(crate) fn account(actor: &str) -> &'static str {
    if actor == CONSUMER { "222222222222" } else { "111111111111" }
}

/// A member's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Text(String),
    List(Vec<String>),
    /// Keys with a value.
    Tags(Vec<(String, String)>),
    /// A tag with values, any of which will do.
    Filter(String, Vec<String>),
}

/// One request. Where a step of a client stands for many runs, `$KEY` in it is what the client knows under that key.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) operation: &'static str,
    pub(crate) region: &'static str,
    pub(crate) actor: &'static str,
    pub(crate) parameters: BTreeMap<&'static str, Member>,
    /// Made when first asked for, as that is often.
    line: OnceCell<Rc<str>>,
}

/// What a client knows by names of its own: the ARNs that it was given.
pub(crate) type Known = HashMap<String, String>;

impl Request {
    pub(crate) fn new(operation: &'static str) -> Self {
        Self { operation, region: HOME, actor: OWNER, parameters: BTreeMap::new(), line: OnceCell::new() }
    }

    pub(crate) fn by(mut self, actor: &'static str) -> Self {
        self.actor = actor;
        self
    }

    pub(crate) fn at(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    pub(crate) fn with(mut self, member: &'static str, value: impl Into<String>) -> Self {
        self.parameters.insert(member, Member::Text(value.into()));
        self
    }

    /// With a list; without it where that is empty.
    pub(crate) fn list<T: Into<String>>(mut self, member: &'static str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if !values.is_empty() {
            self.parameters.insert(member, Member::List(values));
        }
        self
    }

    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.parameters.insert("tags", Member::Tags(vec![(key.to_owned(), value.to_owned())]));
        self
    }

    pub(crate) fn filter(mut self, key: &str, value: &str) -> Self {
        self.parameters.insert("tagFilters", Member::Filter(key.to_owned(), vec![value.to_owned()]));
        self
    }

    /// A single value.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        match self.parameters.get(member)? {
            Member::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A list; empty where there is none.
    pub(crate) fn values(&self, member: &str) -> &[String] {
        match self.parameters.get(member) {
            Some(Member::List(values)) => values,
            _ => &[],
        }
    }

    pub(crate) fn tags(&self) -> &[(String, String)] {
        match self.parameters.get("tags") {
            Some(Member::Tags(tags)) => tags,
            _ => &[],
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        !["Get", "List"].iter().any(|read| self.operation.starts_with(read))
    }

    /// With what the client knows in place of its names; `None` where it does not know something.
    pub(crate) fn filled(&self, known: &Known) -> Option<Self> {
        let fill = |text: &String| match text.strip_prefix('$') {
            Some(key) => known.get(key).cloned(),
            None => Some(text.clone()),
        };
        let mut filled = Self { line: OnceCell::new(), ..self.clone() };
        for member in filled.parameters.values_mut() {
            match member {
                Member::Text(text) => *text = fill(text)?,
                Member::List(values) => *values = values.iter().map(fill).collect::<Option<_>>()?,
                Member::Tags(_) | Member::Filter(..) => {}
            }
        }
        Some(filled)
    }

    /// What tells it from others.
    pub(crate) fn line(&self) -> Rc<str> {
        Rc::clone(self.line.get_or_init(|| format!("{self:?}").into()))
    }

    /// Its parameters as compact JSON, members and lists without order sorted.
    pub(crate) fn json(&self) -> String {
        let members: BTreeMap<&str, serde_json::Value> = self
            .parameters
            .iter()
            .map(|(name, member)| {
                let value = match member {
                    Member::Text(text) => text.as_str().into(),
                    Member::List(values) => {
                        let mut values = values.clone();
                        values.sort_unstable();
                        values.into()
                    }
                    Member::Tags(tags) => {
                        tags.iter().map(|(key, value)| serde_json::json!({ "key": key, "value": value })).collect()
                    }
                    Member::Filter(key, values) => serde_json::json!([{ "tagKey": key, "tagValues": values }]),
                };
                (*name, value)
            })
            .collect();
        serde_json::to_string(&members).unwrap()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, region, actor, .. } = self;
        write!(f, "{operation} {}", self.json())?;
        if *actor != OWNER {
            write!(f, " by {actor}")?;
        }
        if *region != HOME {
            write!(f, " in {region}")?;
        }
        Ok(())
    }
}

/// What a share is shared with, or shares.
pub(crate) fn unit(name: impl fmt::Display) -> String {
    format!("arn:aws:organizations::111111111111:ou/o-model/ou-{name}")
}

pub(crate) fn subnet(name: impl fmt::Display) -> String {
    format!("arn:aws:ec2:us-east-1:111111111111:subnet/subnet-{name}")
}

/// The permission that comes with a resource, and another of AWS.
pub(crate) const DEFAULT_PERMISSION: &str = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet";
pub(crate) const AWS_PERMISSION: &str = "arn:aws:ram::aws:permission/AWSRAMPermissionSubnetReadOnly";

/// A permission of one's own: its ARN is made of its name.
pub(crate) fn permission(name: impl fmt::Display) -> String {
    format!("arn:aws:ram:us-east-1:111111111111:permission/{name}")
}

// Writes.

pub(crate) fn create(name: &str) -> Request {
    Request::new("CreateResourceShare").with("name", name)
}

/// A write to `share`.
fn to(operation: &'static str, share: &str) -> Request {
    Request::new(operation).with("resourceShareArn", share)
}

pub(crate) fn rename(share: &str, name: &str) -> Request {
    to("UpdateResourceShare", share).with("name", name)
}

pub(crate) fn delete(share: &str) -> Request {
    to("DeleteResourceShare", share)
}

pub(crate) fn associate(share: &str, principal: &str) -> Request {
    to("AssociateResourceShare", share).list("principals", [principal])
}

pub(crate) fn disassociate(share: &str, principal: &str) -> Request {
    to("DisassociateResourceShare", share).list("principals", [principal])
}

pub(crate) fn add(share: &str, resource: &str) -> Request {
    to("AssociateResourceShare", share).list("resourceArns", [resource])
}

pub(crate) fn remove(share: &str, resource: &str) -> Request {
    to("DisassociateResourceShare", share).list("resourceArns", [resource])
}

pub(crate) fn tag(share: &str, key: &str, value: &str) -> Request {
    to("TagResource", share).tag(key, value)
}

pub(crate) fn untag(share: &str, key: &str) -> Request {
    to("UntagResource", share).list("tagKeys", [key])
}

pub(crate) fn permit(share: &str, permission: &str) -> Request {
    to("AssociateResourceSharePermission", share).with("permissionArn", permission)
}

pub(crate) fn unpermit(share: &str, permission: &str) -> Request {
    to("DisassociateResourceSharePermission", share).with("permissionArn", permission)
}

pub(crate) fn accept(invitation: &str) -> Request {
    Request::new("AcceptResourceShareInvitation").with("resourceShareInvitationArn", invitation).by(CONSUMER)
}

pub(crate) fn reject(invitation: &str) -> Request {
    Request::new("RejectResourceShareInvitation").with("resourceShareInvitationArn", invitation).by(CONSUMER)
}

pub(crate) fn create_permission(name: &str) -> Request {
    Request::new("CreatePermission")
        .with("name", name)
        .with("resourceType", "ec2:Subnet")
        .with("policyTemplate", r#"{"Effect":"Allow","Action":["ec2:DescribeSubnets"]}"#)
}

pub(crate) fn tag_permission(permission: &str, key: &str, value: &str) -> Request {
    Request::new("TagResource").with("resourceArn", permission).tag(key, value)
}

pub(crate) fn delete_permission(permission: &str) -> Request {
    Request::new("DeletePermission").with("permissionArn", permission)
}

pub(crate) fn replace_permission(from: &str, to: &str) -> Request {
    Request::new("ReplacePermissionAssociations").with("fromPermissionArn", from).with("toPermissionArn", to)
}

pub(crate) fn enable_organization() -> Request {
    Request::new("EnableSharingWithAwsOrganization")
}

// Reads.

/// All shares of the caller.
pub(crate) fn shares() -> Request {
    Request::new("GetResourceShares").with("resourceOwner", "SELF")
}

pub(crate) fn share(arn: &str) -> Request {
    shares().list("resourceShareArns", [arn])
}

pub(crate) fn named(name: &str) -> Request {
    shares().with("name", name)
}

/// What others share with the consumer.
pub(crate) fn received() -> Request {
    Request::new("GetResourceShares").with("resourceOwner", "OTHER-ACCOUNTS").by(CONSUMER)
}

pub(crate) fn received_resources() -> Request {
    Request::new("ListResources").with("resourceOwner", "OTHER-ACCOUNTS").by(CONSUMER)
}

pub(crate) fn invitations() -> Request {
    Request::new("GetResourceShareInvitations").by(CONSUMER)
}

pub(crate) fn invitations_to(share: &str) -> Request {
    invitations().list("resourceShareArns", [share])
}

pub(crate) fn invitation(arn: &str) -> Request {
    invitations().list("resourceShareInvitationArns", [arn])
}

/// With whom any share is shared.
pub(crate) fn principal_associations() -> Request {
    Request::new("GetResourceShareAssociations").with("associationType", "PRINCIPAL")
}

pub(crate) fn associations_of(share: &str) -> Request {
    principal_associations().list("resourceShareArns", [share])
}

pub(crate) fn association(share: &str, principal: &str) -> Request {
    associations_of(share).with("principal", principal)
}

pub(crate) fn resource_association(share: &str, resource: &str) -> Request {
    Request::new("GetResourceShareAssociations")
        .with("associationType", "RESOURCE")
        .list("resourceShareArns", [share])
        .with("resourceArn", resource)
}

pub(crate) fn principals() -> Request {
    Request::new("ListPrincipals").with("resourceOwner", "SELF")
}

pub(crate) fn resources() -> Request {
    Request::new("ListResources").with("resourceOwner", "SELF")
}

pub(crate) fn permissions_of(share: &str) -> Request {
    to("ListResourceSharePermissions", share)
}

pub(crate) fn get_permission(permission: &str) -> Request {
    Request::new("GetPermission").with("permissionArn", permission)
}

pub(crate) fn permissions() -> Request {
    Request::new("ListPermissions")
}

pub(crate) fn uses_of(permission: &str) -> Request {
    Request::new("ListPermissionAssociations").with("permissionArn", permission)
}

pub(crate) fn policies_of(resource: &str) -> Request {
    Request::new("GetResourcePolicies").list("resourceArns", [resource])
}
