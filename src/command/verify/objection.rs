//! Why what upstream answers now must not take the place of what is recorded.

use super::types::{describe, mistyped, unlike};
use crate::engine::RefetchedPages;
use crate::entry_file::spelled;
use crate::json::{self, Kind};
use crate::model::{Entry, Page, Take};
use crate::redact::Scrubbed;
use crate::service::{Operation, Service};

/// Why `fresh`, the answers by page size, must not be recorded in place of what `entry` holds. An answer would be gone where
/// upstream refuses what it once answered; and an error that is none of the service's own, such as a denied access, tells of
/// who asks, and nothing of what was asked. So does a login page. What is of other types than the service's is no answer that
/// a client can read.
pub(super) fn objection(
    service: &Service,
    operation: &Operation,
    entry: &Entry,
    fresh: &[(Option<u32>, RefetchedPages)],
) -> Option<String> {
    fresh.iter().find_map(|(size, walked)| {
        let takes: Vec<&Take> = entry.takes.iter().filter(|take| take.max_results == *size).collect();
        let pages: Vec<&Page> = walked.pages.iter().map(Scrubbed::inner).collect();
        let strange = || error(service, &takes, &pages).or_else(|| strange(service, operation, &takes, &pages));
        strange().map(str::to_owned).or_else(|| of_other_types(service, operation, &takes, &pages))
    })
}

fn error(service: &Service, takes: &[&Take], pages: &[&Page]) -> Option<&'static str> {
    let kind = pages.iter().find(|page| page.is_error())?.error_kind();
    let error = |take: &Take| take.pages.iter().find(|page| page.is_error()).map(Page::error_kind);
    let known = kind.as_deref().is_some_and(|kind| service.errors.contains_key(kind));
    if takes.iter().any(|take| error(take).is_none()) {
        Some(A_SUCCESS)
    } else if !known && takes.iter().any(|take| error(take) != Some(kind.clone())) {
        Some(AN_ERROR)
    } else {
        None
    }
}

/// An answer that is further from the service's than a recorded one. Where that was no better nothing is lost.
fn strange(service: &Service, operation: &Operation, takes: &[&Take], pages: &[&Page]) -> Option<&'static str> {
    let likeness = |page: &Page| likeness(service, operation, page);
    let now = pages.iter().map(|page| likeness(page)).min()?;
    let then = takes.iter().filter_map(|take| take.pages.iter().map(likeness).min()).max()?;
    (now < then).then_some(match now {
        Likeness::Status => STATUS,
        Likeness::NoJson => NO_JSON,
        Likeness::NoObject => NO_OBJECT,
        Likeness::Nothing | Likeness::Whole => NOTHING,
    })
}

/// An answer that has a wrong type where one that was recorded has not. One that is no answer has nothing to lose.
fn of_other_types(service: &Service, operation: &Operation, takes: &[&Take], pages: &[&Page]) -> Option<String> {
    let is_whole = |page: &&Page| likeness(service, operation, page) == Likeness::Whole;
    let now = mistyped(service, operation, pages.iter().copied());
    let mut answers = takes.iter().filter(|take| take.pages.iter().all(|page| is_whole(&page)));
    answers.find_map(|take| describe(&unlike(&now, &mistyped(service, operation, &take.pages))))
}

/// How much an answer is like one of the service; what comes first is least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It is neither a success nor an error.
    Status,
    /// Its body is no JSON.
    NoJson,
    /// Its body is JSON, and no object.
    NoObject,
    /// It has nothing of what the operation answers.
    Nothing,
    Whole,
}

fn likeness(service: &Service, operation: &Operation, page: &Page) -> Likeness {
    let is_success = (200..300).contains(&page.status);
    if !is_success && !page.is_error() {
        return Likeness::Status;
    }
    match json::parse(&spelled(&page.body)) {
        Err(_) => Likeness::NoJson,
        Ok(node) if !matches!(node.kind, Kind::Object(_)) => Likeness::NoObject,
        Ok(node) if is_success && !service.is_answer(operation, &node) => Likeness::Nothing,
        Ok(_) => Likeness::Whole,
    }
}

const A_SUCCESS: &str = "upstream now refuses what it once answered; `ramtape rm` removes the take if that is \
    intended";
const AN_ERROR: &str = "the error that upstream returns now is about the caller, not about the request";
const STATUS: &str = "upstream now redirects, which the service never does: check what answers there (a login page?)";
const NO_JSON: &str = "the body is no longer JSON: check what answers there (a login page?)";
const NO_OBJECT: &str = "the body is no longer a JSON object: check what answers there";
const NOTHING: &str = "the body has none of the operation's members: check what answers there, or declare new \
    members in ramtape.toml";
