//! The data that a simulated endpoint starts with: what an account that has used RAM for a while sees.

use super::World;
use super::invitation::{Invitation, InvitationStatus};
use super::permission::{FeatureSet, Permission, PermissionStatus, PermissionVersion};
use super::resource_types;
use super::share::{Association, AssociationKind, AssociationStatus, ResourceShare, SharePermission, ShareStatus};
use super::tag::Tag;

/// Name, last part of the ARN of a shared resource, status.
type SeededShare = (&'static str, &'static str, ShareStatus);

const OWN: [SeededShare; 10] = [
    ("network-subnets", "ec2:{account}:subnet/subnet-0a1b2c3d4e5f60718", ShareStatus::Active),
    ("transit-hub", "ec2:{account}:transit-gateway/tgw-0f1e2d3c4b5a69788", ShareStatus::Active),
    ("dns-rules", "route53resolver:{account}:resolver-rule/rslvr-rr-0123456789abcdef0", ShareStatus::Active),
    ("build-projects", "codebuild:{account}:project/release", ShareStatus::Active),
    ("données-partagées", "glue:{account}:database/analytics", ShareStatus::Active),
    ("licences", "license-manager:{account}:license-configuration:lic-0123456789abcdef", ShareStatus::Active),
    ("private-ca", "acm-pca:{account}:certificate-authority/1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9", ShareStatus::Failed),
    ("service-mesh", "appmesh:{account}:mesh/orders", ShareStatus::Active),
    ("old-subnets", "ec2:{account}:subnet/subnet-08192a3b4c5d6e7f0", ShareStatus::Deleted),
    ("resource-group \"ops\"", "resource-groups:{account}:group/ops", ShareStatus::Active),
];

const OTHERS: [SeededShare; 4] = [
    ("central-prefix-lists", "ec2:{account}:prefix-list/pl-0123456789abcdef0", ShareStatus::Active),
    ("shared-aurora", "rds:{account}:cluster:reporting", ShareStatus::Active),
    ("partner-catalog", "glue:{account}:catalog", ShareStatus::Active),
    ("partner-subnets", "ec2:{account}:subnet/subnet-0f0e0d0c0b0a09080", ShareStatus::Active),
];

const STRANGERS: [&str; 2] = ["210987654321", "333344445555"];

impl World {
    /// The same with the seeded data of the first of `accounts`, those of the known credentials; the second, where there is one, is its
    /// partner.
    pub(in crate::simulator) fn with_seeded_data(mut self, accounts: &[String]) -> Self {
        let main = accounts.first().map_or("111122223333", String::as_str);
        let partner = accounts.iter().map(String::as_str).find(|account| *account != main).unwrap_or(STRANGERS[0]);
        for (index, seeded) in OWN.iter().enumerate() {
            let share = own_share(&mut self, main, partner, index, *seeded);
            self.shares.push(share);
        }
        for (index, seeded) in OTHERS.iter().enumerate() {
            let owner = if index < 2 { partner } else { STRANGERS[1] };
            let share = others_share(&mut self, owner, main, *seeded);
            self.shares.push(share);
        }
        invitations(&mut self, main, partner);
        customer_permission(&mut self, main, "subnet-readers", FeatureSet::Standard);
        customer_permission(&mut self, main, "from-policy-8a7b6c5d", FeatureSet::CreatedFromPolicy);
        self
    }
}

fn own_share(world: &mut World, owner: &str, partner: &str, index: usize, seeded: SeededShare) -> ResourceShare {
    let mut share = bare_share(world, owner, seeded);
    share.tags = vec![tag("team", if index.is_multiple_of(2) { "network" } else { "platform" }), tag("stage", "prod")];
    share.allow_external = index != 3;
    if index.is_multiple_of(2) {
        associate(world, &mut share, AssociationKind::Principal, partner, true);
    }
    if index.is_multiple_of(3) {
        let unit = format!("arn:aws:organizations::{owner}:ou/o-exampleorgid/ou-examplerootid-{index:08}");
        associate(world, &mut share, AssociationKind::Principal, &unit, false);
    }
    let associations = share.associations.iter_mut();
    match share.status {
        ShareStatus::Failed => {
            share.status_message = Some("The resource could not be shared.".to_owned());
            associations.for_each(|it| it.status = AssociationStatus::Failed);
        }
        ShareStatus::Deleted => {
            associations.for_each(|it| it.status = AssociationStatus::Disassociated);
            // Deleted a while ago, and listed for as long as anybody reads.
            share.reads_left = u32::MAX;
        }
        _ => {}
    }
    if index == 9 {
        share.feature_set = FeatureSet::CreatedFromPolicy;
        share.retain_on_leave = Some(false);
    }
    share
}

fn others_share(world: &mut World, owner: &str, consumer: &str, seeded: SeededShare) -> ResourceShare {
    let mut share = bare_share(world, owner, seeded);
    associate(world, &mut share, AssociationKind::Principal, consumer, true);
    share
}

/// With its resource and the default permission for it.
fn bare_share(world: &mut World, owner: &str, (name, resource, status): SeededShare) -> ResourceShare {
    let mut share = world.new_share(owner, name);
    share.status = status;
    share.reads_left = 0;
    let resource = resource.replace("{account}", owner);
    let (service, rest) = resource.split_once(':').unwrap_or((&resource, ""));
    let arn = format!("arn:aws:{service}:{}:{rest}", world.region);
    associate(world, &mut share, AssociationKind::Resource, &arn, false);
    if let Some(resource_type) = resource_types::of_arn(&arn) {
        let arn = format!("arn:aws:ram::aws:permission/{}", resource_type.permission);
        share.permissions.push(SharePermission { arn, version: 1, updated: share.created });
    }
    share
}

fn associate(world: &mut World, share: &mut ResourceShare, kind: AssociationKind, entity: &str, external: bool) {
    let moment = world.tick();
    share.associations.push(Association {
        key: world.next_key(),
        kind,
        entity: entity.to_owned(),
        status: AssociationStatus::Associated,
        created: moment,
        updated: moment,
        external,
        awaits_invitation: false,
        reads_left: 0,
    });
}

/// One of each that the main account can still see: open, accepted, rejected.
fn invitations(world: &mut World, main: &str, partner: &str) {
    if let Some(accepted) = world.shares.iter().find(|share| share.shared_with(main)).cloned() {
        invite(world, &accepted, main, Some(InvitationStatus::Accepted));
    }
    let open = (STRANGERS[1], "partner-mesh", None, AssociationStatus::Associating);
    let rejected = (partner, "unwanted-mesh", Some(InvitationStatus::Rejected), AssociationStatus::Failed);
    for (owner, name, answered, status) in [open, rejected] {
        let mut share = bare_share(world, owner, (name, "appmesh:{account}:mesh/offered", ShareStatus::Active));
        associate(world, &mut share, AssociationKind::Principal, main, true);
        if let Some(association) = share.associations.last_mut() {
            association.awaits_invitation = answered.is_none();
            association.status = status;
        }
        invite(world, &share, main, answered);
        world.shares.push(share);
    }
}

fn invite(world: &mut World, share: &ResourceShare, receiver: &str, answered: Option<InvitationStatus>) {
    let id = world.uuid();
    let invitation = Invitation {
        key: world.next_key(),
        arn: world.arn(&share.owner, "resource-share-invitation", &id),
        share_name: share.name.clone(),
        share_arn: share.arn.clone(),
        sender: share.owner.clone(),
        receiver: receiver.to_owned(),
        receiver_arn: None,
        sent: world.tick(),
        expires: Invitation::LIFETIME,
        answered,
    };
    world.invitations.push(invitation);
}

fn customer_permission(world: &mut World, owner: &str, name: &str, feature_set: FeatureSet) {
    let moment = world.tick();
    let permission = Permission {
        key: world.next_key(),
        arn: world.arn(owner, "permission", name),
        name: name.to_owned(),
        resource_type: "ec2:Subnet".to_owned(),
        owner: Some(owner.to_owned()),
        feature_set,
        status: PermissionStatus::Attachable,
        is_resource_type_default: false,
        versions: vec![PermissionVersion {
            number: 1,
            template: r#"{"Effect":"Allow","Action":["ec2:DescribeSubnets"]}"#.to_owned(),
            created: moment,
        }],
        default_version: 1,
        tags: vec![tag("team", "network")],
        updated: moment,
    };
    world.permissions.push(permission);
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}
