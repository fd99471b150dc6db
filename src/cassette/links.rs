//! How takes hang together: by the write that one was recorded after, and the writes that it holds values of.

use crate::interaction::{Hole, Take};

/// The ids of the writes that a take was recorded after, or has a value of; so can its request, in canonical form.
#[must_use]
pub fn links(request: &str, take: &Take) -> Vec<String> {
    // `write id:JSON pointer`
    let id = |name: &str| name.split_once(':').map(|(id, _)| id.to_owned());
    let holes = take.pages.iter().flat_map(|page| page.body.holes());
    let values = holes.filter_map(|hole| match hole {
        Hole::Volatile(name) => id(name),
        _ => None,
    });
    let asked = request.split(r#"{"$volatile":""#).skip(1).filter_map(id);
    values.chain(asked).chain(take.after.clone()).collect()
}
