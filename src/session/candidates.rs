//! The takes that can answer a request (rule 6, before any history is looked at).

use super::session_history::SessionHistory;
use super::take_histories::TakeHistories;
use super::take_query::TakeQuery;
use crate::model::Take;
use serde::Serialize;

/// Why a take is none of those that can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Exclusion {
    /// It was recorded in part, for another page size.
    OtherPageSize,
    /// Another session recorded it, and the session has takes of its own.
    OtherSession,
    /// The session was given this write already.
    AlreadyGiven,
}

/// The takes that can answer, in recorded order: those of the session's own name, where there are any; of a write that
/// brings ARNs those that were not served yet, where there are any. `note` is told of the others.
pub(super) fn find_candidates(
    takes: &[Take],
    histories: &TakeHistories,
    history: &SessionHistory,
    query: &TakeQuery<'_>,
    mut note: impl FnMut(usize, Exclusion),
) -> Vec<usize> {
    let mut prefer = |from: Vec<usize>, exclusion: Exclusion, is_wanted: &dyn Fn(usize, &Take) -> bool| {
        let is_wanted = |at: &usize| takes.get(*at).is_some_and(|take| is_wanted(*at, take));
        let wanted: Vec<usize> = from.iter().copied().filter(is_wanted).collect();
        if wanted.is_empty() {
            return from;
        }
        from.into_iter().filter(|at| !is_wanted(at)).for_each(|at| note(at, exclusion));
        wanted
    };
    let able = prefer((0..takes.len()).collect(), Exclusion::OtherPageSize, &|_, take| (query.can_answer)(take));
    let own = prefer(able, Exclusion::OtherSession, &|_, take| take.session.as_deref() == query.session);
    if histories.bring_arns() {
        let is_new = |at: usize, _: &Take| !history.was_served(&query.fingerprint, at);
        return prefer(own, Exclusion::AlreadyGiven, &is_new);
    }
    own
}
