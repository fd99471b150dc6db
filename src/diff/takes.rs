//! The takes of one request, before and after: which belong together, and how those differ.

use super::joined_listing::{Paging, joined};
use super::subsequence::common_places;
use super::values::{Difference, differences};
use crate::entry_file::spelled;
use crate::model::{Page, Take};

/// What became of a take. Places count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeChange {
    /// It was not there before.
    Added {
        /// Its place.
        after: usize,
    },
    /// It is no longer there.
    Gone {
        /// Its place before.
        before: usize,
    },
    /// It is there, and says something else.
    Changed {
        /// Its place before.
        before: usize,
        /// Its place.
        after: usize,
        /// What differs.
        how: Vec<TakeDifference>,
    },
}

/// How a take differs from what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeDifference {
    /// Something that it says beside its bodies.
    Field {
        /// As the cassette's text calls it.
        name: String,
        /// What it was.
        before: Option<String>,
        /// What it is.
        after: Option<String>,
    },
    /// Something in a body.
    Body {
        /// The page, counted from 1, where pages were compared one by one; `None` for an answer as a whole.
        page: Option<usize>,
        /// What.
        difference: Difference,
    },
    /// Nothing but the spelling: order of members, blanks.
    Spelling,
}

/// What became of the takes `before`: those of the same session and history belong together, in their order.
pub(super) fn changes(before: &[Take], after: &[Take], paging: Option<Paging<'_>>) -> Vec<TakeChange> {
    let mut found = Vec::new();
    let (mut gone, mut added) = (Vec::new(), Vec::new());
    for key in keys(before, after) {
        let of =
            |takes: &[Take]| (0..takes.len()).filter(|at| takes.get(*at).map(circumstances) == Some(key)).collect();
        let (old, new): (Vec<usize>, Vec<usize>) = (of(before), of(after));
        let equal = |x: usize, y: usize| {
            let (Some(x), Some(y)) = (old.get(x), new.get(y)) else { return false };
            before.get(*x) == after.get(*y)
        };
        let (mut from_x, mut from_y) = (0, 0);
        let anchors = common_places(old.len(), new.len(), equal);
        for (x, y) in anchors.into_iter().chain([(old.len(), new.len())]) {
            let olds = old.get(from_x..x).unwrap_or_default();
            let news = new.get(from_y..y).unwrap_or_default();
            let both = olds.len().min(news.len());
            found.extend(olds.iter().zip(news).map(|(old, new)| (*old, *new)));
            gone.extend(olds.iter().skip(both).copied());
            added.extend(news.iter().skip(both).copied());
            (from_x, from_y) = (x + 1, y + 1);
        }
    }
    moved(before, after, &mut gone, &mut added, &mut found);
    let changed = found.into_iter().filter_map(|(old, new)| {
        let how = how(before.get(old)?, after.get(new)?, paging);
        (!how.is_empty()).then_some(TakeChange::Changed { before: old, after: new, how })
    });
    let gone = gone.into_iter().map(|before| TakeChange::Gone { before });
    let added = added.into_iter().map(|after| TakeChange::Added { after });
    let mut changes: Vec<TakeChange> = gone.chain(changed).chain(added).collect();
    changes.sort_by_key(|change| match change {
        TakeChange::Gone { before } => (*before, 0),
        TakeChange::Changed { after, .. } => (*after, 1),
        TakeChange::Added { after } => (*after, 2),
    });
    changes
}

/// Session, the write before, and the write that it is.
type Circumstances<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn circumstances(take: &Take) -> Circumstances<'_> {
    (take.session.as_deref(), take.after.as_deref(), take.id.as_deref())
}

fn keys<'a>(before: &'a [Take], after: &'a [Take]) -> Vec<Circumstances<'a>> {
    let mut keys: Vec<Circumstances<'_>> = Vec::new();
    for key in before.iter().chain(after).map(circumstances) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Pairs what is left over where only the history before it is another: a write came or went earlier in the session.
fn moved(
    before: &[Take],
    after: &[Take],
    gone: &mut Vec<usize>,
    added: &mut Vec<usize>,
    found: &mut Vec<(usize, usize)>,
) {
    gone.retain(|old| {
        let same_answer = |new: &usize| match (before.get(*old), after.get(*new)) {
            (Some(old), Some(new)) => old.session == new.session && old.pages == new.pages,
            _ => false,
        };
        let Some(at) = added.iter().position(same_answer) else { return true };
        found.push((*old, added.remove(at)));
        false
    });
}

pub(super) fn how(before: &Take, after: &Take, paging: Option<Paging<'_>>) -> Vec<TakeDifference> {
    if before == after {
        return Vec::new();
    }
    let mut changes: Vec<TakeDifference> = fields(before).into_iter().zip(fields(after)).filter_map(field).collect();
    let joint = paging.and_then(|paging| Some((joined(&before.pages, paging)?, joined(&after.pages, paging)?)));
    let bodies = match joint {
        Some((before, after)) => {
            let differences = differences(before.as_bytes(), after.as_bytes());
            differences.into_iter().map(|difference| TakeDifference::Body { page: None, difference }).collect()
        }
        None => page_by_page(&before.pages, &after.pages),
    };
    changes.extend(bodies);
    if changes.is_empty() {
        changes.push(TakeDifference::Spelling);
    }
    changes
}

type Field = (String, Option<String>);

fn field(((name, before), (_, after)): (Field, Field)) -> Option<TakeDifference> {
    (before != after).then_some(TakeDifference::Field { name, before, after })
}

/// What a take says beside its bodies.
fn fields(take: &Take) -> Vec<Field> {
    let of_page = |name: &str, value: &dyn Fn(&Page) -> Option<String>| {
        let mut values: Vec<String> = take.pages.iter().filter_map(value).collect();
        values.dedup();
        (name.to_owned(), (!values.is_empty()).then(|| values.join(", ")))
    };
    vec![
        ("after".to_owned(), take.after.clone()),
        ("id".to_owned(), take.id.clone()),
        ("maxResults".to_owned(), take.max_results.map(|size| size.to_string())),
        ("complete".to_owned(), Some(take.complete.to_string())),
        ("times".to_owned(), (take.times > 1).then(|| take.times.to_string())),
        ("pages".to_owned(), Some(take.pages.len().to_string())),
        of_page("status", &|page| Some(page.status.to_string())),
        of_page("content-type", &|page| page.header("content-type").map(str::to_owned)),
        of_page("x-amzn-errortype", &|page| page.header("x-amzn-errortype").map(str::to_owned)),
    ]
}

fn page_by_page(before: &[Page], after: &[Page]) -> Vec<TakeDifference> {
    let several = before.len().max(after.len()) > 1;
    let bytes = |page: Option<&Page>| page.map(|page| spelled(&page.body)).unwrap_or_default();
    let mut changes = Vec::new();
    for at in 0..before.len().max(after.len()) {
        let found = differences(&bytes(before.get(at)), &bytes(after.get(at)));
        let page = several.then_some(at + 1);
        changes.extend(found.into_iter().map(|difference| TakeDifference::Body { page, difference }));
    }
    changes
}
