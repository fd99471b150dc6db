//! The part of the check that asks upstream: each recorded read once more, never a write.

use super::objection::objection;
use super::outcome::{CheckedRead, ReadOutcome, Update};
use super::types::{self, drifts, unlike};
use crate::cassette::{Cassette, EntryHead, TakeHead};
use crate::command::takes::recorded::Recorded;
use crate::diff::{DriftKind, Paging, TakeDifference, differences_of, drift};
use crate::engine::{NotRefetchable, RefetchedPages, Refetcher};
use crate::model::with_causes;
use crate::model::{Entry, Take};
use crate::ui::Progress;

/// Asks for everything in `recorded` that is a read. Where `update` is given, what has drifted is recorded into it.
pub(super) async fn ask(
    reask: Refetcher<'_>,
    recorded: &[Recorded],
    update: Option<&UpdateTarget<'_>>,
    progress: &mut Progress,
) -> Vec<CheckedRead> {
    let mut asked: Vec<CheckedRead> = Vec::new();
    for recorded in recorded {
        progress.step();
        let last = asked.iter().rev().take(PATIENCE);
        let in_vain = last.clone().count() == PATIENCE && last.clone().all(|asked| asked.outcome.has_failed());
        asked.extend(if in_vain { vec![given_up(recorded)] } else { ask_one(reask, recorded, update).await });
    }
    asked
}

/// After so many reads in a row without an answer the others are not tried.
const PATIENCE: usize = 3;

fn given_up(recorded: &Recorded) -> CheckedRead {
    CheckedRead {
        operation: recorded.entry.operation.as_str().to_owned(),
        fingerprint: recorded.fingerprint,
        max_results: None,
        outcome: ReadOutcome::Failed(format!("not tried: {PATIENCE} reads in a row had no answer")),
        update: Update::Left,
    }
}

async fn ask_one(reask: Refetcher<'_>, recorded: &Recorded, update: Option<&UpdateTarget<'_>>) -> Vec<CheckedRead> {
    let entry = &recorded.entry;
    let of = |max_results: Option<u32>, outcome: ReadOutcome| CheckedRead {
        operation: entry.operation.as_str().to_owned(),
        fingerprint: recorded.fingerprint,
        max_results,
        outcome,
        update: Update::Left,
    };
    let question = match reask.plan_refetch(entry) {
        Ok(question) => question,
        // That writes are not asked goes without saying.
        Err(NotRefetchable::Write) => return Vec::new(),
        Err(reason) => return vec![of(None, ReadOutcome::NotRefetchable(reason.to_string()))],
    };
    let mut asked = Vec::new();
    let mut fresh = Vec::new();
    for size in sizes(entry) {
        let takes: Vec<&Take> = entry.takes.iter().filter(|take| take.max_results == size).collect();
        // As far as it was recorded at most.
        let most = takes.iter().map(|take| take.pages.len()).max().filter(|_| takes.iter().all(|take| !take.complete));
        match reask.walk(&question, size, most).await {
            Ok(walked) => {
                asked.push(of(size, compared(reask, entry, &takes, &walked)));
                fresh.push((size, walked));
            }
            Err(error) => asked.push(of(size, ReadOutcome::Failed(with_causes(&error)))),
        }
    }
    let drifted = asked.iter().any(|asked| update.is_some_and(|update| update.is_for(&asked.outcome)));
    if let Some(update) = update.filter(|_| drifted && fresh.len() == asked.len()) {
        let update = match objection(reask.service, question.operation(), entry, &fresh) {
            Some(reason) => Update::Refused(reason),
            None => update.record(entry, &fresh),
        };
        let concerned = asked.iter_mut().filter(|asked| !matches!(asked.outcome, ReadOutcome::OwnWrite(..)));
        concerned.for_each(|asked| asked.update = update.clone());
    }
    asked
}

/// The page sizes that were asked with, each once.
fn sizes(entry: &Entry) -> Vec<Option<u32>> {
    let mut sizes: Vec<Option<u32>> = Vec::new();
    for take in &entry.takes {
        if !sizes.contains(&take.max_results) {
            sizes.push(take.max_results);
        }
    }
    sizes
}

/// Upstream is in one state, and the takes may be of several: the answer is held against the one that it is most like. What
/// is like none of them has drifted from those that no write of their session came before; where there are none of these
/// nothing tells drift from what the writes had done.
fn compared(reask: Refetcher<'_>, entry: &Entry, takes: &[&Take], walked: &RefetchedPages) -> ReadOutcome {
    let service = reask.service;
    let operation = service.operation_named(entry.operation.as_str());
    let paging = operation
        .and_then(|operation| operation.page_items.as_deref())
        .map(|items| Paging { items, token: &service.paging.token });
    let known = |pointer: &str| operation.is_some_and(|operation| service.knows_answer_member(operation, pointer));
    let mistyped = |take: &Take| operation.map(|it| types::mistyped(service, it, &take.pages)).unwrap_or_default();
    let against = |take: &&Take| {
        let fresh = walked.take(take);
        let mut shape = drift(take, &fresh, paging, &known);
        // Of a token's type, and of that of items where none were recorded, only the table tells.
        if !shape.iter().any(|drift| matches!(drift.what, DriftKind::Head { .. })) {
            let mut more = drifts(&unlike(&mistyped(&fresh), &mistyped(take)));
            more.retain(|new| !shape.iter().any(|old| old.pointer == new.pointer));
            shape.extend(more);
        }
        (shape, values(take, &fresh, paging))
    };
    let differing: Vec<_> = takes.iter().map(|take| (take.after.is_none(), against(take))).collect();
    let nearest = |fits: &dyn Fn(bool) -> bool| {
        let fitting = differing.iter().filter(|(counts, _)| fits(*counts)).map(|(_, differing)| differing);
        fitting.min_by_key(|(shape, values)| (shape.len(), values.len())).cloned()
    };
    let told = |values: Vec<TakeDifference>| if walked.keyless { Vec::new() } else { values };
    match (nearest(&|_| true), nearest(&|counts| counts)) {
        (Some((shape, _)), _) if walked.keyless && shape.is_empty() => ReadOutcome::Keyless,
        (Some((shape, values)), _) if shape.is_empty() && values.is_empty() => ReadOutcome::Same,
        (_, Some((shape, values))) if shape.is_empty() => ReadOutcome::Values(values),
        (_, Some((shape, values))) => ReadOutcome::Shape(shape, told(values)),
        (Some((shape, values)), None) => ReadOutcome::OwnWrite(shape, told(values)),
        (None, None) => ReadOutcome::Same,
    }
}

/// The values that differ. Where pages were cut, how a number of members is spelled, and what stands for another value, is
/// no difference.
fn values(before: &Take, after: &Take, paging: Option<Paging<'_>>) -> Vec<TakeDifference> {
    let is_value = |change: &TakeDifference| match change {
        TakeDifference::Body { difference, .. } => {
            difference.before.as_ref().is_none_or(|place| !is_hole(&place.value))
        }
        TakeDifference::Field { .. } | TakeDifference::Spelling => false,
    };
    differences_of(before, after, paging).into_iter().filter(is_value).collect()
}

fn is_hole(value: &str) -> bool {
    value.starts_with("{\"$") && !value.starts_with("{\"$$")
}

/// Where and what to record anew.
pub(super) struct UpdateTarget<'a> {
    pub(super) cassette: &'a Cassette<()>,
    /// Whether drift in values is none.
    pub(super) ignore_values: bool,
}

impl UpdateTarget<'_> {
    fn is_for(&self, outcome: &ReadOutcome) -> bool {
        outcome.is_drift(self.ignore_values)
    }

    /// Records the answers of all page sizes in place of each session's takes. Those of a session that were recorded after
    /// a write stay: what upstream answers now is not what it answered then. With them stay what it read before the write,
    /// as a session's takes give way together: that is told.
    fn record(&self, entry: &Entry, fresh: &[(Option<u32>, RefetchedPages)]) -> Update {
        let mut sessions: Vec<&Option<String>> = entry.takes.iter().map(|take| &take.session).collect();
        sessions.sort();
        sessions.dedup();
        let (mut heads, mut left) = (Vec::new(), false);
        for session in sessions {
            let takes = || entry.takes.iter().filter(|take| take.session == *session);
            if takes().any(|take| take.after.is_some()) {
                left |= takes().any(|take| take.after.is_none());
                continue;
            }
            for (size, walked) in fresh.iter().filter(|(size, _)| takes().any(|take| take.max_results == *size)) {
                let (session, max_results) = (session.clone(), *size);
                let head = TakeHead { session, max_results, complete: walked.complete, ..TakeHead::default() };
                heads.push((head, walked));
            }
        }
        // Together: a take that is like the answer hides the others that are not.
        let takes: Vec<_> = heads.iter().map(|(head, walked)| (head, walked.pages.clone())).collect();
        match self.cassette.begin_all(&EntryHead::from_entry(entry), takes) {
            Err(error) => Update::Refused(with_causes(&error)),
            Ok(_) if left => Update::Refused(AFTER_A_WRITE.to_owned()),
            Ok(_) => Update::Recorded,
        }
    }
}

const AFTER_A_WRITE: &str = "a session read it after a write; record its test again";
