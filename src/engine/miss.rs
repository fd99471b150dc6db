//! Why a request missed: what a person needs to mend it.

use super::at_random::differ_at_random;
use super::error::shown;
use super::identify::Call;
use super::prepared::Prepared;
use crate::cassette::Cassette;
use crate::fingerprint::{Difference, differences};
use crate::model::{DEFAULT_ACTOR, Entry};
use std::fmt::Write;

/// How many entries of an operation are compared in search of the nearest.
const COMPARED: usize = 500;
/// How many differences are shown.
const SHOWN: usize = 8;

/// What a miss says besides the request itself.
#[derive(Clone, Debug)]
pub(super) struct Advice {
    /// The cassette, as the user named it.
    pub(super) cassette: String,
    /// The command that would record it.
    pub(super) command: String,
}

/// The message for a request without an entry.
pub(super) fn no_take(call: &Call, session: Option<&str>, cassette: &Cassette<Prepared>, advice: &Advice) -> String {
    let mut message = head(call, advice);
    match nearest(call, session, cassette) {
        Nearest::Nothing => {
            let _ = write!(message, "\nNothing of {} is recorded there.", call.name.as_str());
        }
        Nearest::Elsewhere(places) => {
            let _ = write!(
                message,
                "\nThe same request is recorded for {}; this one is for region {} and actor {}.",
                places.join(", "),
                call.region,
                call.actor
            );
        }
        Nearest::Other(entry, found) => {
            let _ = write!(message, "\nThe nearest recorded request differs (- recorded, + asked):");
            if (entry.region.as_str(), entry.actor.as_str()) != (&call.region, &call.actor) {
                let _ = write!(message, "\n  - region {}, actor {}", entry.region, entry.actor);
                let _ = write!(message, "\n  + region {}, actor {}", call.region, call.actor);
            }
            describe(&mut message, &found);
            advise_on_random(&mut message, &found);
        }
    }
    finish(message, call, advice)
}

/// The message for a page beyond the end of a chain that was recorded only in part.
pub(super) fn partial(call: &Call, pages: usize, advice: &Advice) -> String {
    let mut message = head(call, advice);
    let _ = write!(
        message,
        "\nThis listing was recorded only in part: its first {pages} page{} there, and page {} was asked for.",
        if pages == 1 { " is" } else { "s are" },
        pages + 1
    );
    finish(message, call, advice)
}

/// The message for a page size that a chain recorded only in part, with another one, cannot serve.
pub(super) fn other_size(call: &Call, recorded: Option<u32>, advice: &Advice) -> String {
    let mut message = head(call, advice);
    let size = |size: Option<u32>| size.map_or_else(|| "no page size".to_owned(), |size| format!("page size {size}"));
    let _ = write!(
        message,
        "\nThis listing was recorded only in part, with {}, and {} was asked for: only a listing recorded to its end can be \
         cut anew.",
        size(recorded),
        size(call.page.max_results)
    );
    finish(message, call, advice)
}

fn head(call: &Call, advice: &Advice) -> String {
    let actor = if call.actor == DEFAULT_ACTOR { String::new() } else { format!(", actor {}", call.actor) };
    format!(
        "no recorded answer for {} {} in cassette {} (fingerprint {}, region {}{actor})",
        call.name.as_str(),
        shown(&call.parameters),
        advice.cassette,
        call.fingerprint,
        call.region
    )
}

fn finish(mut message: String, call: &Call, advice: &Advice) -> String {
    if !call.unkeyed.is_empty() {
        let _ = write!(
            message,
            "\nThe request has values that the cassette holds redacted, at {}, and the redaction key is missing: without it \
             they cannot be matched. Give the key that the cassette was recorded with (RAMTAPE_REDACT_KEY, or key_file in \
             [redact]), or send the stand-ins that the cassette shows.",
            call.unkeyed.join(", ")
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
        (Some(recorded), Some(asked)) => differ_at_random(recorded, asked),
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

/// What is most like the call: among what its own session has recorded, if that has anything of the operation.
fn nearest(call: &Call, session: Option<&str>, cassette: &Cassette<Prepared>) -> Nearest {
    let mut places = Vec::new();
    let mut best: Option<(Box<Entry>, Vec<Difference>)> = None;
    let is_own = |entry: &Entry| entry.takes.iter().any(|take| take.session.as_deref() == session);
    let rank = |entry: &Entry, found: &[Difference]| (!is_own(entry), found.len());
    let known = cassette.fingerprints().unwrap_or_default();
    for (folder, fingerprint) in known.iter().filter(|(folder, _)| *folder == call.folder).take(COMPARED) {
        // A damaged file is no help here; it is reported where it is asked for.
        let Ok(Some(entry)) = cassette.entry(folder, fingerprint) else { continue };
        if entry.operation != call.name {
            continue;
        }
        let found = differences(&entry.request, &call.parameters);
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
