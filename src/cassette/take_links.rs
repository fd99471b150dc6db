//! How takes hang together: by the write that one was recorded after, and the writes that it holds values of.

use crate::fingerprint::Fingerprint;
use crate::model::{Hole, Take};

/// The ids of the writes that a take was recorded after, or has a value of; so can its request, in canonical form.
#[must_use]
pub fn links(request: &str, take: &Take) -> Vec<String> {
    let mut links = values(request, take);
    links.extend(after(take).map(str::to_owned));
    links
}

/// The write that a take was recorded after.
pub(crate) fn after(take: &Take) -> Option<&str> {
    take.after.as_deref()
}

/// Where the values come from that a take, or its request, has: ids of writes, and of reads that brought them first. What a
/// write says itself comes from nowhere else.
pub(crate) fn values(request: &str, take: &Take) -> Vec<String> {
    // `write id:JSON pointer`; a pointer alone is one into the write's own request.
    let source = |name: &str| {
        let source = name.split_once(':')?.0;
        Some(source.split_inclusive('@').next().filter(|_| source.contains('@')).unwrap_or(source).to_owned())
    };
    let holes = take.pages.iter().flat_map(|page| page.body.holes());
    let values = holes.filter_map(|hole| match hole {
        Hole::Volatile(name) => source(name),
        _ => None,
    });
    let asked = request.split(r#"{"$volatile":""#).skip(1).filter_map(|rest| source(rest.split('"').next()?));
    values.chain(asked).collect()
}

/// What the values are named after that a take's request gives: the write's id, or of a read what it asks.
pub(crate) fn source_of(folder: &str, fp: &Fingerprint, take: &Take) -> String {
    take.id.clone().unwrap_or_else(|| format!("{folder}/{fp}@"))
}

/// The folder and the fingerprint of the request that brought values first, where `source` names one; ids of writes name none.
pub(crate) fn bringing(source: &str) -> Option<(&str, Fingerprint)> {
    let (folder, fp) = source.strip_suffix('@')?.split_once('/')?;
    Some((folder, fp.parse().ok()?))
}
