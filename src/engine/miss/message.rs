//! Why a request missed: what a person needs to mend it.

use super::random_parts::differ_in_random_part;
use crate::cassette::Cassette;
use crate::diff::{ParameterDifference as Difference, parameter_differences as differences};
use crate::engine::error::shown;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::prepared_entry::PreparedEntry;
use crate::model::{DEFAULT_ACTOR, Entry};
use std::fmt::Write;

/// How many entries of an operation are compared in search of the nearest.
const COMPARED: usize = 500;
/// How many differences are shown.
const SHOWN: usize = 8;

/// What a miss says besides the request itself.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Advice {
    /// The cassette, as the user named it.
    pub(in crate::engine) cassette: String,
    /// The command that would record it.
    pub(in crate::engine) command: String,
}

/// The message for a request without an entry.
pub(in crate::engine) fn no_take(
    identified: &IdentifiedRequest,
    session: Option<&str>,
    cassette: &Cassette<PreparedEntry>,
    advice: &Advice,
) -> String {
    let mut message = head(identified, advice);
    match nearest(identified, session, cassette) {
        Nearest::Nothing => {
            let _ = write!(message, "\nNothing of {} is recorded there.", identified.name.as_str());
        }
        Nearest::Elsewhere(places) => {
            let _ = write!(
                message,
                "\nThe same request is recorded for {}; this one is for region {} and actor {}.",
                places.join(", "),
                identified.region,
                identified.actor
            );
        }
        Nearest::Other(entry, found) => {
            let _ = write!(message, "\nThe nearest recorded request differs (- recorded, + asked):");
            if (entry.region.as_str(), entry.actor.as_str()) != (&identified.region, &identified.actor) {
                let _ = write!(message, "\n  - region {}, actor {}", entry.region, entry.actor);
                let _ = write!(message, "\n  + region {}, actor {}", identified.region, identified.actor);
            }
            describe(&mut message, &found);
            advise_on_random(&mut message, &found);
        }
    }
    finish(message, identified, advice)
}

/// The message for a page beyond the end of a chain that was recorded only in part.
pub(in crate::engine) fn partial(identified: &IdentifiedRequest, pages: usize, advice: &Advice) -> String {
    let mut message = head(identified, advice);
    let _ = write!(
        message,
        "\nThis listing was recorded only in part: its first {pages} page{} there, and page {} was asked for.",
        if pages == 1 { " is" } else { "s are" },
        pages + 1
    );
    finish(message, identified, advice)
}

/// The message for a page size that a chain recorded only in part, with another one, cannot serve.
pub(in crate::engine) fn other_size(identified: &IdentifiedRequest, recorded: Option<u32>, advice: &Advice) -> String {
    let mut message = head(identified, advice);
    let size = |size: Option<u32>| size.map_or_else(|| "no page size".to_owned(), |size| format!("page size {size}"));
    let _ = write!(
        message,
        "\nThis listing was recorded only in part, with {}, and {} was asked for: only a listing recorded to its end can be \
         cut anew.",
        size(recorded),
        size(identified.page.max_results)
    );
    finish(message, identified, advice)
}

fn head(identified: &IdentifiedRequest, advice: &Advice) -> String {
    let actor = if identified.actor == DEFAULT_ACTOR { String::new() } else { format!(", actor {}", identified.actor) };
    format!(
        "no recorded answer for {} {} in cassette {} (fingerprint {}, region {}{actor})",
        identified.name.as_str(),
        shown(&identified.parameters),
        advice.cassette,
        identified.fingerprint,
        identified.region
    )
}

fn finish(mut message: String, identified: &IdentifiedRequest, advice: &Advice) -> String {
    if !identified.unkeyed.is_empty() {
        let _ = write!(
            message,
            "\nThe request has values that the cassette holds redacted, at {}, and the redaction key is missing: without it \
             they cannot be matched. Give the key that the cassette was recorded with (RAMTAPE_REDACT_KEY, or key_file in \
             [redact]), or send the stand-ins that the cassette shows.",
            identified.unkeyed.join(", ")
        );
    }
    let _ = write!(message, "\nTo record it: {}", advice.command);
    message
}

fn describe(message: &mut String, found: &[Difference]) {
    for difference in found.iter().take(SHOWN) {
        for (sign, value) in [('-', &difference.recorded), ('+', &difference.asked)] {
            if let Some(value) = value {
                let pointer = if difference.pointer.is_empty() { "(all)" } else { &difference.pointer };
                let _ = write!(message, "\n  {sign} {pointer}: {}", shown(value));
            }
        }
    }
    if found.len() > SHOWN {
        let _ = write!(message, "\n  … and {} more", found.len() - SHOWN);
    }
}

/// What keeps a value the same that looks made anew in every run; recording again does not.
fn advise_on_random(message: &mut String, found: &[Difference]) {
    let is_random = |difference: &&Difference| match (&difference.recorded, &difference.asked) {
        (Some(recorded), Some(asked)) => differ_in_random_part(recorded, asked),
        _ => false,
    };
    if let Some(Difference { pointer, .. }) = found.iter().find(is_random) {
        let _ = write!(
            message,
            "\n{pointer} looks made at random in each run. Two things keep it the same on replay: `ramtape run --variable \
             NAME=random` gives CMD a value that is recorded, and `volatile` in ramtape.toml names a member whose value is its \
             own in each run."
        );
    }
}

enum Nearest {
    Nothing,
    /// The same request, for these regions and actors.
    Elsewhere(Vec<String>),
    Other(Box<Entry>, Vec<Difference>),
}

/// What is most like the identified: among what its own session has recorded, if that has anything of the operation.
fn nearest(identified: &IdentifiedRequest, session: Option<&str>, cassette: &Cassette<PreparedEntry>) -> Nearest {
    let mut places = Vec::new();
    let mut best: Option<(Box<Entry>, Vec<Difference>)> = None;
    let is_own = |entry: &Entry| entry.takes.iter().any(|take| take.session.as_deref() == session);
    let rank = |entry: &Entry, found: &[Difference]| (!is_own(entry), found.len());
    let known = cassette.fingerprints().unwrap_or_default();
    for (folder, fingerprint) in known.iter().filter(|(folder, _)| *folder == identified.folder).take(COMPARED) {
        // A damaged file is no help here; it is reported where it is asked for.
        let Ok(Some(entry)) = cassette.entry(folder, fingerprint) else { continue };
        if entry.operation != identified.name {
            continue;
        }
        let found = differences(&entry.request, &identified.parameters);
        if found.is_empty() {
            places.push(format!("region {} and actor {}", entry.region, entry.actor));
        } else if best.as_ref().is_none_or(|(so_far, fewest)| rank(&entry, &found) < rank(so_far, fewest)) {
            best = Some((Box::new(entry), found));
        }
    }
    if !places.is_empty() {
        places.sort_unstable();
        return Nearest::Elsewhere(places);
    }
    best.map_or(Nearest::Nothing, |(entry, found)| Nearest::Other(entry, found))
}
