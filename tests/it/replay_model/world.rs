//! A small RAM. What it shows takes a while to arrive: shares are pending, associations are under way, and what was
//! just made is not found at first. A settled world is the same where all arrives at once: what is right in a replay.

use super::answer::{Answer, AssociationItem, InvitationItem, PermissionItem, ShareItem};
use super::random::Random;
use super::request::{CONSUMER, DEFAULT_PERMISSION, Member, Request, account};
use std::collections::{BTreeMap, BTreeSet};

const UNKNOWN: Answer = Answer::Refused("UnknownResourceException");

/// How many shares an account may have in a region, unless a world is made with another limit.
pub(crate) const LIMIT: usize = 100;

/// A state that passes: how often it is still seen, and how often it is not seen at all before that.
#[derive(Clone, Copy, Debug, Default)]
struct Passing {
    hidden: usize,
    left: usize,
}

struct Share {
    arn: String,
    name: String,
    owner: &'static str,
    region: &'static str,
    status: &'static str,
    passing: Passing,
    tags: BTreeMap<String, String>,
    permissions: BTreeSet<String>,
    associations: Vec<Association>,
}

struct Association {
    kind: &'static str,
    entity: String,
    status: &'static str,
    passing: Passing,
    /// For the invitation to be accepted.
    awaits: bool,
}

struct Invitation {
    item: InvitationItem,
    region: &'static str,
}

struct Permission {
    arn: String,
    name: String,
    region: &'static str,
    tags: BTreeMap<String, String>,
}

/// How long what is on its way takes.
enum Pace {
    AtOnce,
    Always(usize),
    Any(Random),
}

impl Pace {
    fn passing(&mut self) -> Passing {
        match self {
            Self::AtOnce => Passing::default(),
            Self::Always(left) => Passing { hidden: 0, left: *left },
            Self::Any(random) => Passing { hidden: usize::from(random.chance(30)), left: random.below(3) },
        }
    }
}

pub(crate) struct World {
    pace: Pace,
    limit: usize,
    shares: Vec<Share>,
    permissions: Vec<Permission>,
    invitations: Vec<Invitation>,
    made: usize,
}

impl World {
    fn new(pace: Pace, limit: usize) -> Self {
        Self { pace, limit, shares: Vec::new(), permissions: Vec::new(), invitations: Vec::new(), made: 0 }
    }

    /// Where all arrives at once.
    pub(crate) fn settled(limit: usize) -> Self {
        Self::new(Pace::AtOnce, limit)
    }

    /// Where everything takes up to two polls, and some is not found by the first.
    pub(crate) fn slow(seed: u64, limit: usize) -> Self {
        Self::new(Pace::Any(Random::new(seed)), limit)
    }

    /// Where everything takes `polls` polls.
    pub(crate) fn steady(polls: usize) -> Self {
        Self::new(Pace::Always(polls), LIMIT)
    }

    const fn is_settled(&self) -> bool {
        matches!(self.pace, Pace::AtOnce)
    }

    pub(crate) fn has_share(&self, arn: &str) -> bool {
        self.shares.iter().any(|share| share.arn == arn)
    }

    // Writes.

    /// Does what `request` says. What it creates gets the ARN `forced`, where there is one, and is made whatever the
    /// limit.
    pub(crate) fn write(&mut self, request: &Request, forced: Option<&str>) -> Answer {
        match request.operation {
            "CreateResourceShare" => self.create(request, forced),
            "UpdateResourceShare" => self.with_share(request, |share, _| {
                share.name = text(request, "name");
                Answer::Share(share.item(share.owner, share.status))
            }),
            "DeleteResourceShare" => self.delete(request),
            "AssociateResourceShare" => self.associate(request),
            "DisassociateResourceShare" => self.disassociate(request),
            "TagResource" | "UntagResource" => self.tag(request),
            "AcceptResourceShareInvitation" => self.answer_invitation(request, "ACCEPTED"),
            "RejectResourceShareInvitation" => self.answer_invitation(request, "REJECTED"),
            "AssociateResourceSharePermission" => self.with_share(request, |share, _| {
                share.permissions.insert(text(request, "permissionArn"));
                Answer::Done
            }),
            "DisassociateResourceSharePermission" => self.with_share(request, |share, _| {
                if share.permissions.remove(&text(request, "permissionArn")) { Answer::Done } else { UNKNOWN }
            }),
            "CreatePermission" => self.create_permission(request),
            "DeletePermission" => self.delete_permission(request),
            "ReplacePermissionAssociations" => self.replace_permission(request),
            "EnableSharingWithAwsOrganization" => Answer::Done,
            other => panic!("the world knows no write {other}"),
        }
    }

    fn create(&mut self, request: &Request, forced: Option<&str>) -> Answer {
        if request.tags().iter().any(|(key, _)| key.starts_with("aws:")) {
            return Answer::Refused("InvalidParameterException");
        }
        let (owner, region) = (request.actor, request.region);
        let is_one = |share: &&Share| share.owner == owner && share.region == region && share.status != "DELETING";
        if forced.is_none() && self.shares.iter().filter(is_one).count() >= self.limit {
            return Answer::Refused("ResourceShareLimitExceededException");
        }
        self.made += 1;
        let arn = forced.map_or_else(
            || {
                let account = account(owner);
                format!("arn:aws:ram:{region}:{account}:resource-share/5e000000-0000-4000-8000-{:012}", self.made)
            },
            str::to_owned,
        );
        let mut share = Share {
            arn,
            name: text(request, "name"),
            owner,
            region,
            status: if self.is_settled() { "ACTIVE" } else { "PENDING" },
            passing: self.pace.passing(),
            tags: request.tags().iter().cloned().collect(),
            permissions: request.values("permissionArns").iter().cloned().collect(),
            associations: Vec::new(),
        };
        self.add(&mut share, request);
        let answer = Answer::Share(share.item(owner, share.status));
        self.shares.push(share);
        answer
    }

    /// Works on the share that `request` names, if its caller has it.
    fn with_share(&mut self, request: &Request, work: impl FnOnce(&mut Share, &mut Self) -> Answer) -> Answer {
        let arn = request.text("resourceShareArn");
        let is_it = |share: &Share| {
            Some(share.arn.as_str()) == arn
                && share.owner == request.actor
                && share.region == request.region
                && share.status != "DELETING"
        };
        let Some(at) = self.shares.iter().position(is_it) else { return UNKNOWN };
        let mut share = self.shares.remove(at);
        let answer = work(&mut share, self);
        self.shares.insert(at, share);
        answer
    }

    fn delete(&mut self, request: &Request) -> Answer {
        let answer = self.with_share(request, |share, world| {
            share.status = "DELETING";
            share.passing.left = world.pace.passing().left;
            for association in &mut share.associations {
                association.leave(&mut world.pace);
            }
            Answer::Done
        });
        if self.is_settled() {
            self.shares.retain(|share| share.status != "DELETING");
        }
        answer
    }

    fn associate(&mut self, request: &Request) -> Answer {
        self.with_share(request, |share, world| Answer::Associated(world.add(share, request)))
    }

    /// Adds the principals and resources that `request` lists, and invites the accounts among them.
    fn add(&mut self, share: &mut Share, request: &Request) -> Vec<AssociationItem> {
        let principals = request.values("principals").iter().map(|entity| ("PRINCIPAL", entity));
        let resources = request.values("resourceArns").iter().map(|entity| ("RESOURCE", entity));
        let mut items = Vec::new();
        for (kind, entity) in principals.chain(resources) {
            let is_it = |other: &Association| other.kind == kind && other.entity == *entity;
            if let Some(there) = share.associations.iter().find(|other| is_it(other) && other.is_live()) {
                items.push(share.association(there, there.status));
                continue;
            }
            let external = kind == "PRINCIPAL" && *entity == account(CONSUMER);
            share.associations.retain(|other| !is_it(other));
            let association = Association {
                kind,
                entity: entity.clone(),
                status: if self.is_settled() && !external { "ASSOCIATED" } else { "ASSOCIATING" },
                passing: self.pace.passing(),
                awaits: external,
            };
            items.push(share.association(&association, association.status));
            share.associations.push(association);
            if kind == "RESOURCE" {
                share.permissions.insert(DEFAULT_PERMISSION.to_owned());
            }
            if external {
                self.invite(share, entity);
            }
        }
        items
    }

    fn invite(&mut self, share: &Share, receiver: &str) {
        let earlier = |other: &&Invitation| other.item.share == share.arn && other.item.receiver == receiver;
        let nth = 1 + self.invitations.iter().filter(earlier).count();
        let item = InvitationItem {
            arn: format!("{}-{receiver}-{nth}", share.arn.replace("resource-share/", "resource-share-invitation/")),
            name: share.name.clone(),
            share: share.arn.clone(),
            status: "PENDING",
            sender: account(share.owner),
            receiver: receiver.to_owned(),
        };
        self.invitations.push(Invitation { item, region: share.region });
    }

    fn disassociate(&mut self, request: &Request) -> Answer {
        let leaves = |other: &Association| {
            let listed = [request.values("principals"), request.values("resourceArns")];
            other.is_live() && listed.iter().any(|list| list.contains(&other.entity))
        };
        self.with_share(request, |share, world| {
            let mut leaving = Vec::new();
            for association in share.associations.iter_mut().filter(|other| leaves(other)) {
                association.leave(&mut world.pace);
                leaving.push(association.entity.clone());
            }
            let left = |other: &&Association| leaving.contains(&other.entity);
            let items = share.associations.iter().filter(left).map(|other| share.association(other, "DISASSOCIATING"));
            let items: Vec<_> = items.collect();
            if world.is_settled() {
                share.associations.retain(|other| other.status != "DISASSOCIATING");
            }
            if items.is_empty() { UNKNOWN } else { Answer::Associated(items) }
        })
    }

    fn tag(&mut self, request: &Request) -> Answer {
        let change = |tags: &mut BTreeMap<String, String>| {
            tags.extend(request.tags().iter().cloned());
            request.values("tagKeys").iter().for_each(|key| drop(tags.remove(key)));
            Answer::Empty
        };
        let Some(arn) = request.text("resourceArn") else {
            return self.with_share(request, |share, _| change(&mut share.tags));
        };
        self.permissions.iter_mut().find(|one| one.arn == arn).map_or(UNKNOWN, |one| change(&mut one.tags))
    }

    fn answer_invitation(&mut self, request: &Request, status: &'static str) -> Answer {
        let arn = request.text("resourceShareInvitationArn");
        let is_it = |item: &InvitationItem| Some(item.arn.as_str()) == arn && item.receiver == account(request.actor);
        let Some(item) = self.invitations.iter_mut().map(|other| &mut other.item).find(|item| is_it(item)) else {
            return Answer::Refused("ResourceShareInvitationArnNotFoundException");
        };
        if item.status != "PENDING" {
            return Answer::Refused("ResourceShareInvitationAlreadyAcceptedException");
        }
        item.status = status;
        let item = item.clone();
        let share = self.shares.iter_mut().find(|share| share.arn == item.share);
        for association in share.into_iter().flat_map(|share| &mut share.associations) {
            if association.awaits && association.entity == item.receiver {
                association.awaits = false;
                association.passing.left = self.pace.passing().left;
                if status == "REJECTED" {
                    association.status = "FAILED";
                } else if matches!(self.pace, Pace::AtOnce) {
                    association.status = "ASSOCIATED";
                }
            }
        }
        Answer::Invitation(item)
    }

    fn create_permission(&mut self, request: &Request) -> Answer {
        let (name, region) = (text(request, "name"), request.region);
        if self.permissions.iter().any(|other| other.name == name && other.region == region) {
            return Answer::Refused("PermissionAlreadyExistsException");
        }
        let arn = format!("arn:aws:ram:{region}:{}:permission/{name}", account(request.actor));
        let permission = Permission { arn, name, region, tags: BTreeMap::new() };
        let answer = Answer::Permission(permission.item());
        self.permissions.push(permission);
        answer
    }

    fn delete_permission(&mut self, request: &Request) -> Answer {
        let before = self.permissions.len();
        self.permissions.retain(|other| Some(other.arn.as_str()) != request.text("permissionArn"));
        if self.permissions.len() < before { Answer::Done } else { UNKNOWN }
    }

    fn replace_permission(&mut self, request: &Request) -> Answer {
        let (from, to) = (text(request, "fromPermissionArn"), text(request, "toPermissionArn"));
        for share in &mut self.shares {
            if share.owner == request.actor && share.region == request.region && share.permissions.remove(&from) {
                share.permissions.insert(to.clone());
            }
        }
        Answer::Replacement { from, to }
    }

    // Reads.

    /// What is shown, and what would be if all had arrived. Looking lets time pass.
    pub(crate) fn read(&mut self, request: &Request) -> (Answer, Answer) {
        if !self.is_settled() {
            self.pass(request);
        }
        (self.shown(request, false), self.shown(request, true))
    }

    fn considers(request: &Request, share: &Share) -> bool {
        let arns = request.values("resourceShareArns");
        share.region == request.region
            && (arns.is_empty() || arns.contains(&share.arn))
            && request.text("name").is_none_or(|name| name == share.name)
            && request.text("resourceShareArn").is_none_or(|arn| arn == share.arn)
    }

    /// Lets what `request` looks at come a step nearer.
    fn pass(&mut self, request: &Request) {
        let of_shares = request.operation == "GetResourceShares";
        for share in self.shares.iter_mut().filter(|share| Self::considers(request, share)) {
            if of_shares {
                share.pass();
                continue;
            }
            // Whoever sees its associations finds the share.
            share.passing.hidden = 0;
            share.associations.retain_mut(Association::pass);
        }
        self.shares.retain(|share| share.status != "GONE");
    }

    fn shown(&self, request: &Request, settled: bool) -> Answer {
        let considered = || self.shares.iter().filter(|share| Self::considers(request, share));
        // A share that is not there yet is not found; that is another answer than an empty one.
        let arns = request.values("resourceShareArns").iter().map(String::as_str);
        let there = |arn: &str| {
            self.shares
                .iter()
                .any(|share| share.arn == arn && share.region == request.region && share.is_there(settled))
        };
        if request.operation != "GetResourceShareInvitations"
            && !arns.chain(request.text("resourceShareArn")).all(there)
        {
            return UNKNOWN;
        }
        match request.operation {
            "GetResourceShares" => Answer::Shares(sorted(considered().filter_map(|one| one.listed(request, settled)))),
            "GetResourceShareAssociations" => {
                let own = considered().filter(|one| one.owner == request.actor && one.is_there(settled));
                Answer::Associations(sorted(own.flat_map(|share| share.listed_associations(request, settled))))
            }
            "ListPrincipals" => {
                let asked = request.values("principals");
                let shares = considered().filter(|one| one.is_of(request, settled));
                let shares = shares.filter(|one| one.has_live("RESOURCE", request.text("resourceArn"), settled));
                Answer::Principals(sorted(shares.flat_map(|one| one.live("PRINCIPAL", asked, settled))))
            }
            "ListResources" => {
                let asked = request.values("resourceArns");
                let shares = considered().filter(|one| one.is_of(request, settled));
                let shares = shares.filter(|one| one.has_live("PRINCIPAL", request.text("principal"), settled));
                Answer::Resources(sorted(shares.flat_map(|one| one.live("RESOURCE", asked, settled))))
            }
            "ListResourceSharePermissions" => {
                let own = considered().find(|one| one.owner == request.actor);
                own.map_or(UNKNOWN, |share| Answer::SharePermissions(share.permissions.iter().cloned().collect()))
            }
            "GetResourceShareInvitations" => {
                let shares = request.values("resourceShareArns");
                let arns = request.values("resourceShareInvitationArns");
                let is_asked = |other: &&Invitation| {
                    other.item.receiver == account(request.actor)
                        && other.region == request.region
                        && (shares.is_empty() || shares.contains(&other.item.share))
                        && (arns.is_empty() || arns.contains(&other.item.arn))
                };
                Answer::Invitations(sorted(self.invitations.iter().filter(is_asked).map(|other| other.item.clone())))
            }
            "GetPermission" => {
                let is_it = |one: &&Permission| {
                    Some(one.arn.as_str()) == request.text("permissionArn") && one.region == request.region
                };
                self.permissions.iter().find(is_it).map_or(UNKNOWN, |one| Answer::Permission(one.item()))
            }
            "ListPermissions" => {
                let here = self.permissions.iter().filter(|one| one.region == request.region);
                Answer::Permissions(sorted(here.map(Permission::item)))
            }
            "ListPermissionAssociations" => {
                let arn = text(request, "permissionArn");
                let own = considered().filter(|one| one.owner == request.actor && one.is_there(settled));
                let users = own.filter(|one| one.permissions.contains(&arn));
                Answer::Uses(sorted(users.map(|one| (one.arn.clone(), arn.clone()))))
            }
            "GetResourcePolicies" => {
                let asked = request.values("resourceArns");
                let own = considered().filter(|one| one.owner == request.actor && one.is_there(settled));
                let principals = own.flat_map(|share| {
                    let policies = share.live("RESOURCE", asked, settled).into_iter();
                    policies.flat_map(|_| share.live("PRINCIPAL", &[], settled)).map(|(principal, _)| principal)
                });
                Answer::Policies(sorted(principals))
            }
            other => panic!("the world knows no read {other}"),
        }
    }
}

impl Share {
    fn item(&self, caller: &str, status: &'static str) -> ShareItem {
        let tags = if caller == self.owner { &self.tags } else { &BTreeMap::new() };
        ShareItem {
            arn: self.arn.clone(),
            name: self.name.clone(),
            status,
            owner: account(self.owner),
            tags: tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }

    fn association(&self, association: &Association, status: &'static str) -> AssociationItem {
        AssociationItem {
            share: self.arn.clone(),
            name: self.name.clone(),
            entity: association.entity.clone(),
            kind: association.kind,
            status,
            external: association.entity == account(CONSUMER),
        }
    }

    /// One look at it.
    const fn pass(&mut self) {
        if self.passing.hidden > 0 {
            self.passing.hidden -= 1;
        } else if !matches!(self.status.as_bytes(), b"PENDING" | b"DELETING") {
        } else if self.passing.left > 0 {
            self.passing.left -= 1;
        } else if matches!(self.status.as_bytes(), b"PENDING") {
            self.status = "ACTIVE";
        } else {
            self.status = "GONE";
        }
    }

    fn is_there(&self, settled: bool) -> bool {
        if settled { self.status != "DELETING" } else { self.passing.hidden == 0 }
    }

    /// Whether `actor` has it from its owner.
    fn is_seen_by(&self, actor: &str) -> bool {
        let is_it = |other: &Association| other.kind == "PRINCIPAL" && other.entity == account(actor);
        self.associations.iter().any(|other| is_it(other) && other.is_live() && !other.awaits)
    }

    /// Whether it is among what the caller owns, or what others share with the caller, whichever `request` asks for.
    fn is_of(&self, request: &Request, settled: bool) -> bool {
        let asked = match request.text("resourceOwner") {
            Some("SELF") => self.owner == request.actor,
            _ => self.owner != request.actor && self.is_seen_by(request.actor),
        };
        asked && self.is_there(settled) && self.status != "DELETING"
    }

    fn listed(&self, request: &Request, settled: bool) -> Option<ShareItem> {
        let asked = match request.text("resourceOwner") {
            Some("SELF") => self.owner == request.actor,
            _ => self.owner != request.actor && self.is_seen_by(request.actor),
        };
        let status = if settled && self.status == "PENDING" { "ACTIVE" } else { self.status };
        let filtered = match request.parameters.get("tagFilters") {
            Some(Member::Filter(key, values)) => self.tags.get(key).is_some_and(|value| values.contains(value)),
            _ => true,
        };
        let shown = asked
            && self.is_there(settled)
            && request.text("resourceShareStatus").is_none_or(|wanted| wanted == status)
            && filtered;
        shown.then(|| self.item(request.actor, status))
    }

    fn listed_associations(&self, request: &Request, settled: bool) -> Vec<AssociationItem> {
        let entity = request.text("principal").or_else(|| request.text("resourceArn"));
        let kind = request.text("associationType");
        let asked = self.associations.iter().filter(|one| {
            kind == Some(one.kind) && entity.is_none_or(|entity| entity == one.entity) && one.is_there(settled)
        });
        asked.map(|one| self.association(one, if settled { one.settled_status() } else { one.status })).collect()
    }

    /// The principals or resources that are `asked` for (all, where none is), each with the share.
    fn live(&self, kind: &str, asked: &[String], settled: bool) -> Vec<(String, String)> {
        let live = self
            .associations
            .iter()
            .filter(|one| one.kind == kind && one.is_live() && !one.awaits && (settled || one.passing.hidden == 0));
        let asked = live.filter(|one| asked.is_empty() || asked.contains(&one.entity));
        asked.map(|one| (one.entity.clone(), self.arn.clone())).collect()
    }

    fn has_live(&self, kind: &str, asked: Option<&str>, settled: bool) -> bool {
        asked.is_none_or(|asked| !self.live(kind, &[asked.to_owned()], settled).is_empty())
    }
}

impl Association {
    fn is_live(&self) -> bool {
        matches!(self.status, "ASSOCIATING" | "ASSOCIATED")
    }

    fn leave(&mut self, pace: &mut Pace) {
        self.status = "DISASSOCIATING";
        self.passing.left = pace.passing().left;
        self.awaits = false;
    }

    /// One look at it; whether it is still there.
    fn pass(&mut self) -> bool {
        if self.passing.hidden > 0 {
            self.passing.hidden -= 1;
        } else if self.awaits || !matches!(self.status, "ASSOCIATING" | "DISASSOCIATING") {
        } else if self.passing.left > 0 {
            self.passing.left -= 1;
        } else if self.status == "ASSOCIATING" {
            self.status = "ASSOCIATED";
        } else {
            return false;
        }
        true
    }

    fn is_there(&self, settled: bool) -> bool {
        if settled { self.status != "DISASSOCIATING" } else { self.passing.hidden == 0 }
    }

    fn settled_status(&self) -> &'static str {
        if self.status == "ASSOCIATING" && !self.awaits { "ASSOCIATED" } else { self.status }
    }
}

impl Permission {
    fn item(&self) -> PermissionItem {
        PermissionItem {
            arn: self.arn.clone(),
            name: self.name.clone(),
            tags: self.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

fn text(request: &Request, member: &str) -> String {
    request.text(member).unwrap_or_default().to_owned()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort_unstable();
    items
}
