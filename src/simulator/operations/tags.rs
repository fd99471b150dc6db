//! TagResource and UntagResource, on resource shares and customer managed permissions.

use crate::simulator::answer::Members;
use crate::simulator::error::AwsError;
use crate::simulator::parameters::{RequestParameters, TagPair};
use crate::simulator::world::{Caller, Tag, World};

const MOST: usize = 50;

pub(in crate::simulator) fn tag(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let new = parameters.tags()?;
    check(&new)?;
    let tags = tags_of(world, caller, parameters)?;
    let mut merged = tags.clone();
    for (key, value) in new {
        match merged.iter_mut().find(|tag| tag.key == key) {
            Some(tag) => tag.value = value,
            None => merged.push(Tag { key, value }),
        }
    }
    if merged.len() > MOST {
        return Err(too_many());
    }
    *tags = merged;
    Ok(Members::new())
}

pub(in crate::simulator) fn untag(
    world: &mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<Members, AwsError> {
    let keys = parameters.list("tagKeys")?.ok_or_else(|| parameters.missing("tagKeys"))?;
    tags_of(world, caller, parameters)?.retain(|tag| !keys.contains(&tag.key.as_str()));
    Ok(Members::new())
}

/// The tags of something new.
pub(super) fn from_parameters(parameters: &RequestParameters) -> Result<Vec<Tag>, AwsError> {
    let tags = parameters.tags()?;
    check(&tags)?;
    Ok(tags.into_iter().map(|(key, value)| Tag { key, value }).collect())
}

fn check(tags: &[TagPair]) -> Result<(), AwsError> {
    if tags.len() > MOST {
        return Err(too_many());
    }
    let invalid = |key: &str| key.is_empty() || key.chars().count() > 128 || key.starts_with("aws:");
    match tags.iter().find(|(key, _)| invalid(key)) {
        Some((key, _)) => Err(AwsError::invalid_parameter(format!("The tag key {key:?} is not valid."))),
        None => Ok(()),
    }
}

fn tags_of<'a>(
    world: &'a mut World,
    caller: &Caller,
    parameters: &RequestParameters,
) -> Result<&'a mut Vec<Tag>, AwsError> {
    if let Some(arn) = parameters.text("resourceShareArn")? {
        return Ok(&mut world.own_share(caller, arn)?.tags);
    }
    let arn = parameters.text("resourceArn")?.ok_or_else(|| parameters.missing("resourceShareArn"))?;
    if arn.contains(":permission/") {
        Ok(&mut world.own_permission(caller, arn)?.tags)
    } else {
        Ok(&mut world.own_share(caller, arn)?.tags)
    }
}

fn too_many() -> AwsError {
    AwsError::modelled("TagLimitExceededException", format!("A resource can have {MOST} tags at most."))
}
