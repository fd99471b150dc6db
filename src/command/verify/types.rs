//! Answers whose members are of other types than the service's.

use crate::diff::{Drift, DriftKind};
use crate::entry_file::spelled;
use crate::json;
use crate::model::Page;
use crate::service::{ModelFlaw, ModelFlawKind, Operation, Service};

/// A member of another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistyped {
    /// Counted from 1.
    page: usize,
    flaw: ModelFlaw,
}

/// The members of the answers of success in `pages` that are of other types than the table says.
pub(super) fn mistyped<'p>(
    service: &Service,
    operation: &Operation,
    pages: impl IntoIterator<Item = &'p Page>,
) -> Vec<Mistyped> {
    let flaws = |page: &Page| match json::parse(&spelled(&page.body)) {
        Ok(node) if (200..300).contains(&page.status) => service.flaws_of_answer(operation, &node),
        _ => Vec::new(),
    };
    let of = |(number, page)| flaws(page).into_iter().map(move |flaw| Mistyped { page: number, flaw });
    let all = (1..).zip(pages).flat_map(of);
    all.filter(|mistyped| matches!(mistyped.flaw.kind, ModelFlawKind::Type { .. })).collect()
}

/// Those of `now` that stand where `then` has none.
pub(super) fn unlike<'m>(now: &'m [Mistyped], then: &[Mistyped]) -> Vec<&'m Mistyped> {
    now.iter().filter(|new| !then.iter().any(|old| old.place() == new.place())).collect()
}

/// The first of them as people read it, and how many there are.
pub(super) fn describe(mistyped: &[&Mistyped]) -> Option<String> {
    let (first, more) = mistyped.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
    Some(format!(
        "page {}: {}{more}: check what answers there, or declare the members' types in ramtape.toml",
        first.page, first.flaw
    ))
}

/// The same as differences in shape.
pub(super) fn drifts(mistyped: &[&Mistyped]) -> Vec<Drift> {
    let drift = |mistyped: &&Mistyped| match &mistyped.flaw.kind {
        ModelFlawKind::Type { expected, found } => {
            let what = DriftKind::Type { before: expected.clone(), after: (*found).to_owned() };
            Some(Drift { pointer: mistyped.place(), what })
        }
        ModelFlawKind::Unknown | ModelFlawKind::Missing => None,
    };
    let mut drifts: Vec<Drift> = mistyped.iter().filter_map(drift).collect();
    drifts.dedup();
    drifts
}

impl Mistyped {
    /// The pointer, with `*` for all items of a list.
    fn place(&self) -> String {
        let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        let steps = self.flaw.pointer.split('/');
        steps.map(|step| if is_number(step) { "*" } else { step }).collect::<Vec<_>>().join("/")
    }
}
