//! The pages of a recorded listing as a chain, and beside it the pages that clients get that ask for another size.

use super::body::render_body;
use super::entry::{find, take_link};
use super::page::{Context, InspectorError, Page};
use crate::engine::{CutEnd, CutPage, MOST_CUT_PAGES, Pages, TakeCut};
use crate::model::{Hole, Take, counted};
use maud::{Markup, html};

/// The page sizes that can be chosen.
const SIZES: [u32; 4] = [1, 2, 5, 10];

/// How the chain is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Items(u32),
    Recorded,
    Adversarial,
}

impl Size {
    const CHOICES: [Self; 6] = [
        Self::Items(SIZES[0]),
        Self::Items(SIZES[1]),
        Self::Items(SIZES[2]),
        Self::Items(SIZES[3]),
        Self::Recorded,
        Self::Adversarial,
    ];

    /// What the page's parameter says; sizes beyond `most` are no client's.
    fn parse(text: &str, most: u32) -> Option<Self> {
        match text {
            "recorded" => Some(Self::Recorded),
            "adversarial" => Some(Self::Adversarial),
            number => number.parse().ok().filter(|size| (1..=most).contains(size)).map(Self::Items),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Items(size) => size.to_string(),
            Self::Recorded => "recorded".to_owned(),
            Self::Adversarial => "adversarial".to_owned(),
        }
    }

    fn describe(self) -> String {
        match self {
            Self::Items(size) => format!("Cut to pages of {size}"),
            Self::Recorded => "Served as recorded".to_owned(),
            Self::Adversarial => "Adversarial: short, empty and one-item pages".to_owned(),
        }
    }

    const fn cut(self) -> (Pages, Option<u32>) {
        match self {
            Self::Items(size) => (Pages::Requested, Some(size)),
            Self::Recorded => (Pages::Recorded, None),
            Self::Adversarial => (Pages::Adversarial, None),
        }
    }
}

/// The chain of take `number`, from 1, of the request whose fingerprint begins with `start`.
pub(super) fn render(context: &Context, start: &str, number: &str) -> Result<Page, InspectorError> {
    let found = find(context, start)?;
    let no_take = || InspectorError::NoTake { fingerprint: found.fingerprint.to_string(), take: number.to_owned() };
    let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).ok_or_else(no_take)?;
    let take = found.entry.takes.get(at).ok_or_else(no_take)?;
    let engine = &context.tape.engine;
    let most = engine.settings().service.paging.max;
    let size = context.query.get("size").and_then(|size| Size::parse(size, most)).unwrap_or(Size::Items(SIZES[1]));
    let cut = |size: Size| {
        let (pages, size) = size.cut();
        let cut = engine.cut_take((&found.folder, &found.fingerprint), at, pages, size)?;
        cut.ok_or_else(no_take)
    };
    let (recorded, chosen) = (cut(Size::Recorded)?, cut(size)?);
    let is_listing = recorded.pages.iter().any(|page| page.items.is_some());
    let body = html! {
        p {
            a href=(take_link(context, found.fingerprint, at)) { "Take " (number) " of " code { (found.fingerprint) } }
            @match take.max_results {
                Some(size) => { ", recorded with pages of " (size) "." },
                None => { ", recorded without a page size." },
            }
        }
        @if !is_listing { p { "This answer is no list of items, so no page size changes it." } }
        (render_sizes(context, size))
        div.chains {
            section aria-labelledby="recorded" {
                h2 #recorded { "As recorded" }
                (render_recorded(take, &recorded))
            }
            section aria-labelledby="cut" {
                h2 #cut { (size.describe()) }
                (render_cut(&chosen))
            }
        }
    };
    let title = format!("{}: pages of take {number}", found.entry.operation.as_str());
    Ok(Page { title, view: "recorded", body })
}

fn render_sizes(context: &Context, chosen: Size) -> Markup {
    let is_listed = Size::CHOICES.contains(&chosen);
    html! {
        form.filters method="get" aria-label="Page size" {
            @if context.names.len() > 1 { input type="hidden" name="cassette" value=(context.tape.name); }
            label for="size" { "Page size" }
            select #size name="size" {
                @if !is_listed { option value=(chosen.name()) selected { (chosen.name()) } }
                @for size in Size::CHOICES {
                    option value=(size.name()) selected[size == chosen] { (size.name()) }
                }
            }
            button { "Cut" }
        }
    }
}

/// The recorded pages; `served` tells what is in them.
fn render_recorded(take: &Take, served: &TakeCut) -> Markup {
    let mut items = 0;
    html! {
        ol.chain {
            @for ((number, page), served) in (1..).zip(&take.pages).zip(&served.pages) {
                li {
                    (render_head(number, served, &mut items))
                    @match page.body.holes().find_map(token_position) {
                        Some(next) => p { "In place of upstream's token a hole: " code { "{\"$token\": " (next) "}" } " leads to page " (next + 1) "." },
                        None => p { "No token." },
                    }
                    details { summary { "Body of page " (number) } (render_body(&page.body)) }
                }
            }
        }
        (render_end(served))
    }
}

fn token_position(hole: &Hole) -> Option<u32> {
    match hole {
        Hole::Token(position) => Some(*position),
        Hole::Volatile(_) | Hole::Fresh(_) => None,
    }
}

fn render_cut(cut: &TakeCut) -> Markup {
    let mut items = 0;
    html! {
        @if !cut.pages.is_empty() {
            ol.chain {
                @for (number, page) in (1..).zip(&cut.pages) {
                    li {
                        (render_head(number, page, &mut items))
                        @match &page.next {
                            Some(token) => p { "Token for the next page: " code { (token) } },
                            None => p { "No token." },
                        }
                        details { summary { "Body of page " (number) } (render_body(&page.body)) }
                    }
                }
            }
        }
        (render_end(cut))
    }
}

/// Number and items of a page; `before` counts the items of those before it.
fn render_head(number: usize, page: &CutPage, before: &mut usize) -> Markup {
    let first = *before + 1;
    *before += page.items.unwrap_or_default();
    html! {
        h3 {
            "Page " (number)
            @match page.items {
                None => {},
                Some(0) => { ": no items" @if page.next.is_some() { ", and it goes on" } },
                Some(1) => { ": item " (first) },
                Some(count) => { ": " (count) " items, " (first) " to " (*before) },
            }
        }
    }
}

fn render_end(cut: &TakeCut) -> Markup {
    let pages = counted(cut.pages.len() as u64, "page", "pages");
    html! {
        p.extent {
            @match cut.end {
                CutEnd::Whole => { "The listing ends here, after " (pages) "." },
                CutEnd::Partial => { "The recording ends here, after " (pages) "; the listing went on. Who asks for more misses." },
                CutEnd::OtherSize { recorded } => {
                    "This listing was recorded in part, so it is served only as it was recorded"
                    @if let Some(size) = recorded { ", in pages of " (size) }
                    ". Who asks for this size misses."
                },
                CutEnd::Longer => { "The first " (MOST_CUT_PAGES) " pages are shown; the listing goes on." },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_a_client_may_ask_for() {
        for size in Size::CHOICES {
            assert_eq!(Size::parse(&size.name(), 500), Some(size));
        }
        assert_eq!(Size::parse("500", 500), Some(Size::Items(500)));
        for other in ["0", "501", "-1", "", "all"] {
            assert_eq!(Size::parse(other, 500), None, "{other}");
        }
    }

    #[test]
    fn items_are_numbered_through_the_pages() {
        let page = |items: usize| CutPage { body: crate::model::Body::default(), items: Some(items), next: None };
        let mut before = 0;
        let heads: String = [2, 0, 1].map(|items| render_head(1, &page(items), &mut before).into_string()).concat();
        assert_eq!(heads, "<h3>Page 1: 2 items, 1 to 2</h3><h3>Page 1: no items</h3><h3>Page 1: item 3</h3>");
    }
}
