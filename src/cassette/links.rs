//! How takes hang together: by the write that one was recorded after, and the writes that it holds values of.

use crate::interaction::{Hole, Take};

/// The ids of the writes that a take was recorded after, or has a value of; so can its request, in canonical form.
#[must_use]
pub fn links(request: &str, take: &Take) -> Vec<String> {
    let mut links = values(request, take);
    links.extend(after(take).map(str::to_owned));
    links
}

/// The write that a take was recorded after.
pub(super) fn after(take: &Take) -> Option<&str> {
    take.after.as_deref()
}

/// The writes that a take, or its request, has values of.
pub(super) fn values(request: &str, take: &Take) -> Vec<String> {
    // `write id:JSON pointer`
    let id = |name: &str| name.split_once(':').map(|(id, _)| id.to_owned());
    let holes = take.pages.iter().flat_map(|page| page.body.holes());
    let values = holes.filter_map(|hole| match hole {
        Hole::Volatile(name) => id(name),
        _ => None,
    });
    let asked = request.split(r#"{"$volatile":""#).skip(1).filter_map(id);
    values.chain(asked).collect()
}
