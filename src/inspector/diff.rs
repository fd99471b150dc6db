//! What differs between the shown cassette and another: one beside it, or itself as git's HEAD has it.

use super::index::shorten;
use super::page::{Context, InspectorError, Page};
use crate::cassette::below;
use crate::diff::{Difference, TakeChange, TakeDifference, ValueAt};
use crate::model::{Entry, counted};
use crate::review::{
    ChangeKind, RequestDiff, ReviewError, SameFiles, Side, describe_take, find_differences, is_in_git,
};
use maud::{Markup, html};
use std::path::{Path, PathBuf};

/// How many requests are shown.
const MOST_REQUESTS: usize = 200;

/// How many differences are shown of a take.
const MOST_DIFFERENCES: usize = 100;

/// How many characters are shown of a value.
const MOST_CHARACTERS: usize = 400;

/// Stands for the same cassette as git's HEAD has it.
const HEAD: &str = "git:HEAD";

/// What was found.
struct Found {
    settings: Vec<(&'static str, Vec<Difference>)>,
    /// The first requests that differ.
    requests: Vec<RequestDiff>,
    /// How many there are, by [`ChangeKind::ALL`].
    counts: [u64; ChangeKind::ALL.len()],
}

/// The comparison with the cassette that the parameter `with` names; without it the choice.
pub(super) fn render(context: &Context) -> Result<Page, InspectorError> {
    let root = std::path::absolute(context.tape.engine.cassette().root()).map_err(InspectorError::Folder)?;
    let neighbours = find_neighbours(&root)?;
    let in_git = is_in_git(&root);
    let with = context.query.get("with");
    let found = match with {
        None => None,
        Some(HEAD) if in_git => Some(compare(context, &root, Side::of_work_tree(HEAD, "HEAD", &root)?)?),
        Some(name) => {
            // By its name among those that are there: nothing in the URL is a path.
            let other = neighbours.iter().find(|(other, _)| other == name);
            let (name, path) = other.ok_or_else(|| InspectorError::NoNeighbour(name.to_owned()))?;
            Some(compare(context, &root, Side::of_text(name, path)?)?)
        }
    };
    let body = html! {
        p { "What differs in " strong { (context.tape.name) } " from another cassette beside it"
            @if in_git { ", or from what git has of it" } "." }
        @if neighbours.is_empty() && !in_git {
            p { "There is nothing to compare with: no other cassette is in the same folder, and the cassette is not in a git repository." }
        } @else {
            (render_choice(context, &neighbours, in_git))
        }
        @if let (Some(found), Some(with)) = (&found, with) { (render_found(context, found, with)) }
    };
    Ok(Page { title: "Differences".to_owned(), view: "diff", body })
}

/// The other cassettes in the same folder, by name.
fn find_neighbours(root: &Path) -> Result<Vec<(String, PathBuf)>, InspectorError> {
    let Some(parent) = root.parent() else { return Ok(Vec::new()) };
    let others = below(parent)?.into_iter().filter(|path| path != root);
    Ok(others.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path))).collect())
}

fn compare(context: &Context, root: &Path, before: Side<'_>) -> Result<Found, ReviewError> {
    let after = Side::of_cassette(&context.tape.name, root, context.tape.engine.cassette());
    let mut found = Found { settings: before.settings_against(&after), requests: Vec::new(), counts: [0; 3] };
    let service = &context.tape.engine.settings().service;
    find_differences(&before, &after, (service, SameFiles::Skip), &mut |_| (), &mut |request| {
        let kind = request.kind();
        for (count, other) in found.counts.iter_mut().zip(ChangeKind::ALL) {
            *count += u64::from(kind == other);
        }
        if found.requests.len() < MOST_REQUESTS {
            found.requests.push(request);
        }
    })?;
    Ok(found)
}

fn render_choice(context: &Context, neighbours: &[(String, PathBuf)], in_git: bool) -> Markup {
    let chosen = context.query.get("with");
    html! {
        form.filters method="get" aria-label="Compare" {
            @if context.names.len() > 1 { input type="hidden" name="cassette" value=(context.tape.name); }
            label for="with" { "Compare with" }
            select #with name="with" {
                @if in_git { option value=(HEAD) selected[chosen == Some(HEAD)] { "what git's HEAD has of it" } }
                @for (name, _) in neighbours { option value=(name) selected[chosen == Some(name)] { (name) } }
            }
            button { "Compare" }
        }
    }
}

fn render_found(context: &Context, found: &Found, with: &str) -> Markup {
    let all: u64 = found.counts.iter().sum();
    let shown = found.requests.len() as u64;
    let [added, gone, changed] = found.counts;
    html! {
        @if all == 0 && found.settings.is_empty() {
            p { "No differences." }
        } @else {
            p { (counted(all, "request differs", "requests differ")) ": " (added) " added, " (gone) " gone, " (changed) " changed since " (with) "." }
        }
        @for (file, differences) in &found.settings {
            section {
                h2 { span.badge.changed { "changed" } " " code { (file) } }
                (render_rows(file, with, &differences.iter().map(|difference| row(difference, None)).collect::<Vec<_>>()))
            }
        }
        @for request in &found.requests { (render_request(context, request, with)) }
        @if all > shown { p { (counted(all - shown, "more request differs", "more requests differ")) "; " code { "ramtape diff" } " tells of all." } }
    }
}

fn render_request(context: &Context, request: &RequestDiff, with: &str) -> Markup {
    let kind = request.kind();
    let Some(entry) = request.entry() else { return html! {} };
    let fingerprint = request.fingerprint.to_string();
    html! {
        section {
            h2 {
                span class={ "badge " (kind.name()) } { (kind.name()) } " " (entry.operation.as_str()) " "
                @if request.after.is_some() { a href=(context.link(&format!("recorded/{fingerprint}"))) { code { (fingerprint) } } }
                @else { code { (fingerprint) } }
            }
            p { (entry.region) ", " (entry.actor) ", " code.start { (shorten(&entry.request, MOST_CHARACTERS)) } }
            @for change in request.changes.iter().take(MOST_DIFFERENCES) { (render_change(request, change, with)) }
            @if request.changes.len() > MOST_DIFFERENCES {
                p { (counted((request.changes.len() - MOST_DIFFERENCES) as u64, "more take differs", "more takes differ")) }
            }
        }
    }
}

fn render_change(request: &RequestDiff, change: &TakeChange, with: &str) -> Markup {
    let told = |entry: &Option<Entry>, at: usize| {
        let take = entry.as_ref().and_then(|entry| entry.takes.get(at));
        take.map(|take| describe_take(take).join(", ")).unwrap_or_default()
    };
    match change {
        TakeChange::Added { after } => {
            html! { p { "Take " (after + 1) " was added: " (told(&request.after, *after)) } }
        }
        TakeChange::Gone { before } => {
            html! { p { "Take " (before + 1) " is gone: " (told(&request.before, *before)) } }
        }
        TakeChange::Changed { before, after, how } => {
            let name = format!("Take {}", after + 1);
            let rows: Vec<Row> = how.iter().filter_map(take_row).collect();
            html! {
                h3 { (name) @if before != after { " (it was take " (before + 1) ")" } ": " (told(&request.after, *after)) }
                @if how.contains(&TakeDifference::Spelling) {
                    p { "Only the spelling differs: order of members, blanks or escapes." }
                }
                @if !rows.is_empty() { (render_rows(&format!("{name} of {}", request.fingerprint), with, &rows)) }
            }
        }
    }
}

/// A difference: where, what was there, and what is there.
struct Row {
    place: String,
    before: Option<String>,
    after: Option<String>,
}

fn take_row(difference: &TakeDifference) -> Option<Row> {
    match difference {
        TakeDifference::Field { name, before, after } => {
            Some(Row { place: name.clone(), before: before.clone(), after: after.clone() })
        }
        TakeDifference::Body { page, difference } => Some(row(difference, *page)),
        TakeDifference::Spelling => None,
    }
}

fn row(difference: &Difference, page: Option<usize>) -> Row {
    let pointer = |place: &ValueAt| if place.pointer.is_empty() { "(all)".to_owned() } else { place.pointer.clone() };
    let (before, after) = (difference.before.as_ref(), difference.after.as_ref());
    let place = match (before.map(pointer), after.map(pointer)) {
        // Where a list has grown or shrunk, the same item has two places.
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (Some(place), _) | (None, Some(place)) => place,
        (None, None) => String::new(),
    };
    let page = page.map(|page| format!("page {page} ")).unwrap_or_default();
    let value = |place: &ValueAt| place.value.clone();
    Row { place: format!("{page}{place}"), before: before.map(value), after: after.map(value) }
}

fn render_rows(of: &str, with: &str, rows: &[Row]) -> Markup {
    let side = |value: &Option<String>| {
        html! {
            @match value {
                Some(value) => code { (shorten(value, MOST_CHARACTERS)) },
                None => span.none { "nothing" },
            }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Differences of " (of) } {
            table.differences {
                thead { tr { th scope="col" { "Where" } th scope="col" { "In " (with) } th scope="col" { "Here" } } }
                tbody {
                    @for row in rows.iter().take(MOST_DIFFERENCES) {
                        tr { th scope="row" { (row.place) } td.before { (side(&row.before)) } td.after { (side(&row.after)) } }
                    }
                }
            }
        }
        @if rows.len() > MOST_DIFFERENCES {
            p { (counted((rows.len() - MOST_DIFFERENCES) as u64, "more difference", "more differences")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_moved_has_two_places() {
        let at = |pointer: &str| Some(ValueAt { pointer: pointer.to_owned(), value: "1".to_owned() });
        let moved = row(&Difference { before: at("/a/0"), after: at("/a/1") }, Some(2));
        assert_eq!(moved.place, "page 2 /a/0 → /a/1");
        let all = row(&Difference { before: at(""), after: None }, None);
        assert_eq!((all.place.as_str(), all.after), ("(all)", None));
    }
}
