//! What is recorded that is most like a request without a recorded answer.

use crate::cassette::Cassette;
use crate::diff::{ParameterDifference, parameter_differences};
use crate::engine::identify::IdentifiedRequest;
use crate::engine::prepared_entry::PreparedEntry;
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use serde::Serialize;

/// How many entries of an operation are compared.
const MAX_COMPARED: usize = 500;

/// A request without a recorded answer, as far as others are compared with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct NearestQuery<'a> {
    /// Its operation's name.
    pub(in crate::engine) operation: &'a str,
    /// Its operation's folder in a cassette.
    pub(in crate::engine) folder: &'a str,
    /// The canonical parameters.
    pub(in crate::engine) parameters: &'a str,
    /// The session that asked, if it is named.
    pub(in crate::engine) session: Option<&'a str>,
}

/// What is most like the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Nearest {
    /// Nothing of its operation is recorded.
    Nothing,
    /// The same request, for these regions and actors.
    Elsewhere(Vec<RecordedPlace>),
    /// Another request.
    Other(Box<NearestRequest>),
}

/// Where a request is recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedPlace {
    /// The region that it asks.
    pub region: String,
    /// Who asks.
    pub actor: String,
    /// Its fingerprint, as people write it.
    pub fingerprint: String,
}

/// Another request of the same operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NearestRequest {
    /// Where it is recorded.
    #[serde(flatten)]
    pub place: RecordedPlace,
    /// Its parameters.
    pub parameters: String,
    /// How the one that was asked differs.
    pub differences: Vec<ParameterDifference>,
}

impl<'a> NearestQuery<'a> {
    pub(in crate::engine) fn from_identified(identified: &'a IdentifiedRequest, session: Option<&'a str>) -> Self {
        let IdentifiedRequest { name, folder, parameters, .. } = identified;
        Self { operation: name.as_str(), folder, parameters, session }
    }
}

impl RecordedPlace {
    fn new(fingerprint: &Fingerprint, entry: &Entry) -> Self {
        let (region, actor) = (entry.region.clone(), entry.actor.clone());
        Self { region, actor, fingerprint: fingerprint.to_string() }
    }
}

/// What is most like the request: among what its own session has recorded, if that has anything of the operation.
pub(in crate::engine) fn find_nearest(cassette: &Cassette<PreparedEntry>, query: &NearestQuery<'_>) -> Nearest {
    let mut places = Vec::new();
    let mut best: Option<(bool, NearestRequest)> = None;
    let known = cassette.fingerprints().unwrap_or_default();
    for (folder, fingerprint) in known.iter().filter(|(folder, _)| folder == query.folder).take(MAX_COMPARED) {
        // A damaged file is no help here; it is reported where it is asked for.
        let Ok(Some(entry)) = cassette.entry(folder, fingerprint) else { continue };
        if entry.operation.as_str() != query.operation {
            continue;
        }
        let (place, differences) =
            (RecordedPlace::new(fingerprint, &entry), parameter_differences(&entry.request, query.parameters));
        if differences.is_empty() {
            places.push(place);
            continue;
        }
        let is_others = !entry.takes.iter().any(|take| take.session.as_deref() == query.session);
        let rank = (is_others, differences.len());
        if best.as_ref().is_none_or(|(is_others, so_far)| rank < (*is_others, so_far.differences.len())) {
            best = Some((is_others, NearestRequest { place, parameters: entry.request, differences }));
        }
    }
    if !places.is_empty() {
        places.sort_unstable();
        return Nearest::Elsewhere(places);
    }
    match best {
        Some((_, nearest)) => Nearest::Other(Box::new(nearest)),
        None => Nearest::Nothing,
    }
}
