//! The operations of the service as a map: which are recorded, and how far.

use super::page::{Context, InspectorError, Page};
use super::query::Query;
use crate::coverage::{Coverage, CoverageTotal, OperationCoverage};
use crate::model::counted;
use maud::{Markup, html};

/// The map.
pub(super) fn render(context: &Context) -> Result<Page, InspectorError> {
    let (cassette, index) = (context.tape.engine.cassette(), context.index());
    let keys = cassette.fingerprints()?;
    let mut coverage = Coverage::new(&context.tape.engine.settings().service);
    let mut damaged = 0;
    for request in index.requests(cassette, &keys) {
        match request {
            Ok(Some(request)) => {
                coverage.add(&request.operation, request.takes.iter().map(|take| take.facts.clone()));
            }
            Ok(None) => {}
            Err(_) => damaged += 1,
        }
    }
    let of = |kind: Option<&'static str>| coverage.operations.iter().filter(move |(_, row)| row.kind() == kind);
    let body = html! {
        @if keys.is_empty() { p { "Nothing is recorded in this cassette yet." } }
        p { (describe_total(coverage.total())) }
        @if damaged > 0 {
            p.problem { (counted(damaged, "file cannot", "files cannot")) " be read and " (if damaged == 1 { "is" } else { "are" })
                " not counted: " a href=(context.link("recorded")) { "which" } }
        }
        @for (heading, kind) in [("Reads", Some("read")), ("Writes", Some("write")), ("Other requests", None)] {
            @if of(kind).next().is_some() {
                h2 { (heading) }
                ul.map { @for (name, row) in of(kind) { (render_cell(context, name, row)) } }
            }
        }
    };
    Ok(Page { title: "Coverage".to_owned(), view: "coverage", body })
}

fn describe_total(total: CoverageTotal) -> String {
    let CoverageTotal { recorded, operations, whole_listings, partial_listings, listings, seen_errors, errors } = total;
    format!(
        "{recorded} of {operations} operations are recorded, {whole_listings} of {listings} listings to their end and \
         {partial_listings} in part only, {seen_errors} of {errors} modelled errors."
    )
}

fn render_cell(context: &Context, name: &str, row: &OperationCoverage) -> Markup {
    let kind = row.kind().unwrap_or("other");
    if row.takes == 0 {
        return html! { li.absent { h3 { (name) } p { (kind) ", not recorded" } } };
    }
    let link = context.link_with("recorded", &Query::default().with("operation", Some(name)));
    let listings = row.listings.describe();
    html! {
        li {
            h3 { a href=(link) { (name) } }
            p { (kind) ", " (counted(row.takes as u64, "take", "takes")) " of " (counted(row.requests as u64, "request", "requests")) }
            @if !listings.is_empty() { p { "Listings " (listings) } }
            p { (row.describe_errors()) }
            @if row.missing_errors().next().is_some() {
                details {
                    summary { "Errors not recorded" }
                    ul { @for error in row.missing_errors() { li { (error) } } }
                }
            }
        }
    }
}
