//! CreateResourceShare, UpdateResourceShare, DeleteResourceShare, PromoteResourceShareCreatedFromPolicy and
//! GetResourceShares.

use serde_json::{Map, Value};

use super::checks::{check_alive, parse_version};
use super::default_permissions::initial_permissions;
use super::{asks_for_own, associations, tags, views};
use crate::simulator::answer::{ListItem, Members};
use crate::simulator::error::AwsError;
use crate::simulator::parameters::RequestParameters;
use crate::simulator::world::{AssociationStatus, Caller, FeatureSet, ResourceShare, ShareStatus, World, check_arn};

pub(in crate::simulator) fn create(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let name = parameters.required("name")?;
    check_name(name)?;
    let tags = tags::from_parameters(parameters)?;
    let configuration = parameters.structure("resourceShareConfiguration")?;
    let allow_external = parameters.boolean("allowExternalPrincipals")?.unwrap_or(true);
    let entities = associations::entities(parameters)?;
    associations::check_principals(&entities, &caller.account, allow_external)?;
    let permissions = initial_permissions(world, caller, parameters, &entities)?;

    let mut share = world.new_share(&caller.account, name);
    share.tags = tags;
    share.allow_external = allow_external;
    share.retain_on_leave = configuration
        .and_then(|members| members.get("retainSharingOnAccountLeaveOrganization"))
        .and_then(Value::as_bool);
    share.permissions = permissions;
    let arn = share.arn.clone();
    let view = views::resource_share(&share, &caller.account);
    world.shares.push(share);
    associations::add(world, &arn, &entities);
    Ok(Members::new().with("resourceShare", &view))
}

pub(in crate::simulator) fn update(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("resourceShareArn")?;
    let name = parameters.text("name")?;
    name.map_or(Ok(()), check_name)?;
    let allow_external = parameters.boolean("allowExternalPrincipals")?;
    world.own_share(caller, arn)?;
    let moment = world.tick();
    let share = world.own_share(caller, arn)?;
    check_alive(share)?;
    if let Some(name) = name {
        name.clone_into(&mut share.name);
    }
    share.allow_external = allow_external.unwrap_or(share.allow_external);
    share.updated = moment;
    Ok(Members::new().with("resourceShare", &views::resource_share(share, &caller.account)))
}

pub(in crate::simulator) fn delete(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("resourceShareArn")?;
    check_alive(world.own_share(caller, arn)?)?;
    let moment = world.tick();
    let settling_reads = world.settling_reads;
    let share = world.own_share(caller, arn)?;
    share.status = ShareStatus::Deleting;
    share.updated = moment;
    share.reads_left = settling_reads;
    for association in share.associations.iter_mut().filter(|it| it.status.is_live()) {
        association.status = AssociationStatus::Disassociating;
        association.awaits_invitation = false;
        association.updated = moment;
        association.reads_left = settling_reads;
    }
    Ok(Members::new().with("returnValue", &true))
}

pub(in crate::simulator) fn promote(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let arn = parameters.required("resourceShareArn")?;
    let settling_reads = world.settling_reads;
    let share = world.own_share(caller, arn)?;
    if share.feature_set != FeatureSet::CreatedFromPolicy {
        let message = format!("The resource share {arn} was not created from a policy.");
        return Err(AwsError::modelled("InvalidStateTransitionException", message));
    }
    share.feature_set = FeatureSet::PromotingToStandard;
    share.reads_left = settling_reads;
    Ok(Members::new().with("returnValue", &true))
}

pub(in crate::simulator) fn list(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Vec<ListItem>, AwsError> {
    let filter = Filter::read(caller, parameters)?;
    if parameters.first_page() {
        let settling_reads = world.settling_reads;
        world.shares.retain_mut(|share| !filter.considers(share) || share.observe(settling_reads));
    }
    filter.check_known(world, caller)?;
    let shares = world.shares.iter().filter(|share| filter.considers(share) && filter.passes(share));
    Ok(shares.map(|share| ListItem::new(&share.key, &views::resource_share(share, &caller.account))).collect())
}

fn check_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() || name.chars().count() > 255 {
        Err(AwsError::invalid_parameter("The name of a resource share must be 1 to 255 characters long."))
    } else {
        Ok(())
    }
}

/// The filters of GetResourceShares.
struct Filter<'a> {
    account: &'a str,
    own: bool,
    arns: Vec<&'a str>,
    name: Option<&'a str>,
    status: Option<&'a str>,
    tags: Vec<TagFilter<'a>>,
    permission: Option<(&'a str, Option<u32>)>,
}

/// A key, and the values of which one must be there; none: any value.
type TagFilter<'a> = (&'a str, Vec<&'a str>);

impl<'a> Filter<'a> {
    fn read(caller: &'a Caller, parameters: &'a RequestParameters) -> Result<Self, AwsError> {
        Ok(Self {
            account: &caller.account,
            own: asks_for_own(parameters)?,
            arns: parameters.list_or_empty("resourceShareArns")?,
            name: parameters.text("name")?,
            status: parameters.one_of("resourceShareStatus", &ShareStatus::NAMES)?,
            tags: parameters.structures("tagFilters")?.into_iter().map(tag_filter).collect::<Result<_, _>>()?,
            permission: permission_filter(parameters)?,
        })
    }

    fn check_known(&self, world: &World, caller: &Caller) -> Result<(), AwsError> {
        for arn in &self.arns {
            world.share(caller, arn)?;
        }
        match self.permission {
            Some((arn, _)) => world.permission(caller, arn).map(drop),
            None => Ok(()),
        }
    }

    /// Whether this is one of the shares asked about, whatever its state.
    fn considers(&self, share: &ResourceShare) -> bool {
        let whose = if self.own { share.owner == self.account } else { share.shared_with(self.account) };
        whose && super::passes(&self.arns, &share.arn) && self.name.is_none_or(|name| name == share.name)
    }

    fn passes(&self, share: &ResourceShare) -> bool {
        self.status.is_none_or(|status| status == share.status.name())
            && self.tags.iter().all(|filter| self.own && has_tag(share, filter))
            && self.permission.is_none_or(|permission| has_permission(share, permission))
    }
}

fn has_tag(share: &ResourceShare, (key, values): &TagFilter<'_>) -> bool {
    share.tags.iter().any(|tag| tag.key == *key && super::passes(values, &tag.value))
}

fn has_permission(share: &ResourceShare, (arn, version): (&str, Option<u32>)) -> bool {
    share.permissions.iter().any(|it| it.arn == arn && version.is_none_or(|version| version == it.version))
}

fn tag_filter(members: &Map<String, Value>) -> Result<TagFilter<'_>, AwsError> {
    let key = members.get("tagKey").and_then(Value::as_str);
    let key = key.ok_or_else(|| AwsError::invalid_parameter("A tag filter must have a tagKey."))?;
    let values = match members.get("tagValues") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Err(AwsError::serialization("The member tagValues is not a list of strings.")),
    };
    Ok((key, values))
}

fn permission_filter(parameters: &RequestParameters) -> Result<Option<(&str, Option<u32>)>, AwsError> {
    let version = parse_version(parameters, "permissionVersion")?;
    match parameters.text("permissionArn")? {
        Some(arn) => {
            check_arn(arn, "permission")?;
            Ok(Some((arn, version)))
        }
        None if version.is_some() => {
            Err(AwsError::invalid_parameter("The parameter permissionVersion requires permissionArn."))
        }
        None => Ok(None),
    }
}
