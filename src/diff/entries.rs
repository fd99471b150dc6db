//! How two cassettes differ, request by request. Pure.

use super::joined_listing::Paging;
use super::shape::{self, Drift, DriftKind};
use super::takes::{self, TakeChange, TakeDifference};
use crate::entry_file::spelled;
use crate::model::{Entry, Page, Take};

/// What became of the takes of one request; nothing where they are what they were. An entry that is absent has none.
#[must_use]
pub fn changes(before: Option<&Entry>, after: Option<&Entry>, paging: Option<Paging<'_>>) -> Vec<TakeChange> {
    let takes = |entry: Option<&Entry>| entry.map(|entry| entry.takes.clone()).unwrap_or_default();
    takes::changes(&takes(before), &takes(after), paging)
}

/// How one take differs from another, whatever session and history they are of; nothing where they are equal.
#[must_use]
pub fn differences_of(before: &Take, after: &Take, paging: Option<Paging<'_>>) -> Vec<TakeDifference> {
    takes::how(before, after, paging)
}

/// How the shape of a take's answer differs from another's: status, error, content type, members, types. New members that
/// are `known` (by a pointer with `*` for all items of a list) are no news, and whether there is a token depends on values.
#[must_use]
pub fn drift(before: &Take, after: &Take, paging: Option<Paging<'_>>, known: &dyn Fn(&str) -> bool) -> Vec<Drift> {
    let mut found: Vec<Drift> = Vec::new();
    for (name, before, after) in [
        ("status", heads(before, &status), heads(after, &status)),
        ("content-type", heads(before, &content_type), heads(after, &content_type)),
    ] {
        if before != after {
            let what = DriftKind::Head { before: before.join(", "), after: after.join(", ") };
            found.push(Drift { pointer: name.to_owned(), what });
        }
    }
    // An error's body tells nothing of an answer's.
    if found.is_empty() {
        found.extend(shape::drift(&bodies(before), &bodies(after), known));
    }
    if let Some(token) = paging.map(|paging| format!("/{}", paging.token)) {
        found.retain(|drift| drift.pointer != token);
    }
    found
}

fn heads(take: &Take, of: &dyn Fn(&Page) -> String) -> Vec<String> {
    let mut heads: Vec<String> = take.pages.iter().map(of).collect();
    heads.dedup();
    heads
}

fn status(page: &Page) -> String {
    match page.error_kind() {
        Some(kind) => format!("{} {kind}", page.status),
        None => page.status.to_string(),
    }
}

fn content_type(page: &Page) -> String {
    page.header("content-type").unwrap_or("none").to_owned()
}

fn bodies(take: &Take) -> Vec<Vec<u8>> {
    take.pages.iter().map(|page| spelled(&page.body).to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::values::{Difference, ValueAt};
    use super::*;
    use crate::model::{Body, Hole, OperationName};
    use bytes::Bytes;

    const PAGING: Paging<'_> = Paging { items: "l", token: "t" };

    /// `session>after:items|items`: a page each.
    fn take(text: &str) -> Take {
        let (head, pages) = text.split_once(':').unwrap_or(("", text));
        let (session, after) = head.split_once('>').unwrap_or((head, ""));
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let pages: Vec<&str> = pages.split('|').collect();
        let page = |(at, items): (usize, &&str)| {
            let mut body = Body::literal(Bytes::from(format!("{{\"l\":[{items}]")));
            if at + 1 < pages.len() {
                body.push_literal(Bytes::from_static(b",\"t\":"));
                body.push_hole(Hole::Token(u32::try_from(at).unwrap_or_default() + 1));
            }
            body.push_literal(Bytes::from_static(b"}"));
            Page { status: 200, headers: Vec::new(), body }
        };
        let pages = pages.iter().enumerate().map(page).collect();
        Take {
            session: some(session),
            after: some(after),
            id: None,
            max_results: None,
            complete: true,
            times: 1,
            pages,
        }
    }

    fn entry(takes: &[&str]) -> Entry {
        Entry {
            operation: OperationName::Known("X".into()),
            region: "r".into(),
            actor: "a".into(),
            request: "{}".into(),
            takes: takes.iter().map(|text| take(text)).collect(),
        }
    }

    /// `-1`, `+1`, `1>2 name` and `1>2 /pointer`.
    fn describe(before: &[&str], after: &[&str]) -> Vec<String> {
        let mut told = Vec::new();
        for change in changes(Some(&entry(before)), Some(&entry(after)), Some(PAGING)) {
            match change {
                TakeChange::Added { after } => told.push(format!("+{after}")),
                TakeChange::Gone { before } => told.push(format!("-{before}")),
                TakeChange::Changed { before, after, how } => told.extend(how.into_iter().map(|how| {
                    let what = match how {
                        TakeDifference::Field { name, .. } => name,
                        TakeDifference::Body { difference: Difference { before, after }, .. } => {
                            let pointer = |place: Option<ValueAt>| place.map(|place| place.pointer);
                            format!("{}{}", pointer(before).unwrap_or_default(), pointer(after).unwrap_or_default())
                        }
                        TakeDifference::Spelling => "spelling".to_owned(),
                    };
                    format!("{before}>{after} {what}")
                })),
            }
        }
        told
    }

    #[test]
    fn takes_of_one_session_and_history_belong_together() {
        assert_eq!(
            describe(&["1", "s:2", "s>w:3"], &["s>w:3", "1", "s:2"]),
            [""; 0],
            "their order among others is no change"
        );
        assert_eq!(describe(&["1", "s:1"], &["1", "s:1", "t:1"]), ["+2"]);
        assert_eq!(describe(&["1", "s:1"], &["s:1"]), ["-0"]);
        assert_eq!(describe(&["s:1"], &["s:2"]), ["0>0 /l/0", "0>0 /l/0"]);
        assert_eq!(describe(&["s:1", "s:3"], &["s:1", "s:2", "s:3"]), ["+1"], "a poll more");
        assert_eq!(describe(&["s:1", "s>w:1"], &["s:1", "s>v:1"]), ["1>1 after"], "the write before it is another one");
        assert_eq!(describe(&["s:1"], &["t:1"]), ["-0", "+0"]);
    }

    #[test]
    fn a_listing_is_compared_whole_however_it_was_cut() {
        assert_eq!(describe(&["1,2|3"], &["1|2|3"]), ["0>0 pages"]);
        assert_eq!(describe(&["1,2|3"], &["1|2|4|3"]), ["0>0 pages", "0>0 /l/2"]);
        assert_eq!(describe(&["1, 2"], &["1,2"]), ["0>0 spelling"]);
        assert_eq!(describe(&["1"], &["}"]), ["0>0 "], "what is no JSON differs as a whole");
    }
}
