//! Why a request missed, in words that help to mend it.

use crate::diff::ParameterDifference as Difference;
use crate::engine::error::{EngineError, InvalidToken};
use crate::engine::identify::IdentifiedRequest;
use crate::engine::lookup::MissReason;
use crate::engine::miss::nearest::{Nearest, NearestQuery, find_nearest};
use crate::engine::miss::random_parts::differ_in_random_part;
use crate::engine::request_context::RequestContext;
use crate::engine::settings::EngineSettings;
use crate::engine::state::EngineState;
use crate::engine::stats::summary::Miss;
use crate::json;
use crate::model::DEFAULT_ACTOR;
use std::fmt::Write;

/// How many differences are shown.
const MAX_SHOWN: usize = 8;
/// How many characters of a value are shown.
const MAX_VALUE: usize = 200;

/// What the client is told: RAM's own error for what RAM would refuse, a miss for the rest.
pub(in crate::engine) fn explain_miss(
    state: &EngineState,
    context: &RequestContext<'_>,
    reason: MissReason,
) -> EngineError {
    describe_miss(state, &context.identified, context.session_name(), reason)
}

/// As [`explain_miss`], of what the session called `session` asked, or would.
pub(in crate::engine) fn describe_miss(
    state: &EngineState,
    identified: &IdentifiedRequest,
    session: Option<&str>,
    reason: MissReason,
) -> EngineError {
    let settings = &state.settings;
    let why = match reason {
        MissReason::OtherChain => return EngineError::Token(InvalidToken::OtherChain),
        MissReason::NoTake if identified.page.foreign_token => return EngineError::Token(InvalidToken::Foreign),
        MissReason::NoTake if identified.page.illegal_size => return refuse_page_size(settings, identified),
        MissReason::NoTake => describe_nearest(state, identified, session),
        MissReason::Partial { pages, .. } => describe_partial(pages),
        MissReason::OtherSize { recorded } => describe_other_size(identified, recorded),
    };
    EngineError::Miss(Miss {
        operation: identified.name.as_str().to_owned(),
        fingerprint: identified.fingerprint.to_string(),
        session: session.map(str::to_owned),
        message: format!("{}\n{why}{}", describe_request(settings, identified), describe_remedy(settings, identified)),
    })
}

/// RAM's own error for an illegal page size: the one that the operation models.
fn refuse_page_size(settings: &EngineSettings, identified: &IdentifiedRequest) -> EngineError {
    let paging = &settings.service.paging;
    let is_modelled = |kind: &&String| identified.operation.as_ref().is_some_and(|o| o.errors.contains(kind));
    let kind = paging.size_errors.iter().find(is_modelled).or(paging.size_errors.last());
    EngineError::PageSize {
        kind: kind.cloned().unwrap_or_default(),
        member: paging.size.clone(),
        min: paging.min,
        max: paging.max,
    }
}

fn describe_request(settings: &EngineSettings, identified: &IdentifiedRequest) -> String {
    let actor = if identified.actor == DEFAULT_ACTOR { String::new() } else { format!(", actor {}", identified.actor) };
    format!(
        "no recorded answer for {} {} in cassette {} (fingerprint {}, region {}{actor})",
        identified.name.as_str(),
        shorten(&identified.parameters),
        settings.cassette,
        identified.fingerprint,
        identified.region
    )
}

/// What is recorded that is most like the request, and how it differs.
fn describe_nearest(state: &EngineState, identified: &IdentifiedRequest, session: Option<&str>) -> String {
    match find_nearest(&state.cassette, &NearestQuery::from_identified(identified, session)) {
        Nearest::Nothing => format!("Nothing of {} is recorded there.", identified.name.as_str()),
        Nearest::Elsewhere(places) => format!(
            "The same request is recorded for {}; this one is for region {} and actor {}.",
            places
                .iter()
                .map(|place| format!("region {} and actor {}", place.region, place.actor))
                .collect::<Vec<_>>()
                .join(", "),
            identified.region,
            identified.actor
        ),
        Nearest::Other(nearest) => {
            let found = &nearest.differences;
            let mut text = "The nearest recorded request differs (- recorded, + asked):".to_owned();
            if (nearest.place.region.as_str(), nearest.place.actor.as_str()) != (&identified.region, &identified.actor)
            {
                let _ = write!(text, "\n  - region {}, actor {}", nearest.place.region, nearest.place.actor);
                let _ = write!(text, "\n  + region {}, actor {}", identified.region, identified.actor);
            }
            list_differences(&mut text, found);
            advise_on_random(&mut text, found);
            text
        }
    }
}

/// For a page beyond the end of a chain that was recorded only in part.
fn describe_partial(pages: usize) -> String {
    format!(
        "This listing was recorded only in part: its first {pages} page{} there, and page {} was requested.",
        if pages == 1 { " is" } else { "s are" },
        pages + 1
    )
}

/// For a page size that a chain recorded only in part, with another one, cannot serve.
fn describe_other_size(identified: &IdentifiedRequest, recorded: Option<u32>) -> String {
    let size = |size: Option<u32>| size.map_or_else(|| "no page size".to_owned(), |size| format!("page size {size}"));
    format!(
        "This listing was recorded only in part, with {}, and {} was requested: only a listing recorded to its end can \
         be replayed with another page size.",
        size(recorded),
        size(identified.page.max_results)
    )
}

fn describe_remedy(settings: &EngineSettings, identified: &IdentifiedRequest) -> String {
    let mut text = String::new();
    if !identified.unkeyed.is_empty() {
        let _ = write!(
            text,
            "\nThe request has values that are redacted in the cassette, at {}, and the redaction key is missing: \
             without it they cannot be matched. Give the key that the cassette was recorded with (RAMTAPE_REDACT_KEY, \
             or key_file in [redact]), or send the pseudonyms that the cassette shows.",
            identified.unkeyed.join(", ")
        );
    }
    let _ = write!(text, "\nTo record it: {}", settings.record_command);
    text
}

fn list_differences(message: &mut String, found: &[Difference]) {
    for difference in found.iter().take(MAX_SHOWN) {
        for (sign, value) in [('-', &difference.recorded), ('+', &difference.asked)] {
            if let Some(value) = value {
                let pointer = if difference.pointer.is_empty() { "(all)" } else { &difference.pointer };
                let _ = write!(message, "\n  {sign} {pointer}: {}", shorten(value));
            }
        }
    }
    if found.len() > MAX_SHOWN {
        let _ = write!(message, "\n  … and {} more", found.len() - MAX_SHOWN);
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
            "\n{pointer} looks random in each run. To make it match on replay, either give CMD a recorded value with \
             `ramtape run --variable NAME=random`, or list the member as `volatile` in ramtape.toml, so that its value \
             may differ."
        );
    }
}

/// `text` as it can stand in a message: quoted, and cut where it is long.
fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MAX_VALUE).collect();
    json::quote(&format!("{cut}…"))
}
