//! A take's pages one after the other, as clients would get them: for whoever looks at how a listing is cut.

use crate::engine::identify::PageRequest;
use crate::engine::lookup::MissReason;
use crate::engine::pagination::page_cut::{PageQuery, select_page};
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::settings::Pages;
use crate::json;
use crate::model::Body;
use crate::service::Service;
use crate::token::{Token, item_texts};

/// How many pages are cut at most.
pub const MOST_CUT_PAGES: usize = 200;

/// The pages of a take in one cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeCut {
    /// The pages in order, [`MOST_CUT_PAGES`] at most.
    pub pages: Vec<CutPage>,
    /// How they end.
    pub end: CutEnd,
}

/// A page as a client gets it, but for the values that differ from session to session: those are holes still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutPage {
    /// The body.
    pub body: Body,
    /// How many items it has; `None` where it has no list.
    pub items: Option<usize>,
    /// Its token for the page after it.
    pub next: Option<String>,
}

/// How the pages of a cut end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutEnd {
    /// With the listing.
    Whole,
    /// Before the listing does: no more was recorded.
    Partial,
    /// Not at all: a listing that was recorded in part is served in pages of its own size only.
    OtherSize {
        /// That size, where one was asked for.
        recorded: Option<u32>,
    },
    /// There are more pages than are cut.
    Longer,
}

/// Cuts take `at` as `pages` says, for a client that asks for pages of `size` and follows the tokens.
pub(in crate::engine) fn cut_take(
    service: &Service,
    prepared: &PreparedEntry,
    at: usize,
    pages: Pages,
    size: Option<u32>,
) -> TakeCut {
    let operation = service.operation_called(&prepared.entry.operation);
    let items_member = operation.as_ref().and_then(|operation| operation.page_items.as_deref());
    let mut request = PageRequest { max_results: size, ..PageRequest::default() };
    let mut cut = Vec::new();
    let end = loop {
        if cut.len() == MOST_CUT_PAGES {
            break CutEnd::Longer;
        }
        let query = PageQuery { pages, request: &request, paging: &service.paging, items_member };
        let body = match select_page(&query, prepared, at) {
            Ok((response, _)) => response.into_body(),
            Err(MissReason::OtherSize { recorded }) => break CutEnd::OtherSize { recorded },
            Err(_) => break CutEnd::Partial,
        };
        let (bytes, _) = body.with_placeholders();
        let token = |root: json::Node<'_>| Some(root.member(&service.paging.token)?.text()?.into_owned());
        // Without items there is no listing, and what looks like a token is none.
        let next = items_member.and_then(|_| json::parse(&bytes).ok().and_then(token));
        let items = items_member.and_then(|member| Some(item_texts(&bytes, member)?.len()));
        request.token = next.as_deref().and_then(|token| Token::decode(token).ok());
        let goes_on = request.token.is_some();
        cut.push(CutPage { body, items, next });
        if !goes_on {
            break CutEnd::Whole;
        }
    };
    TakeCut { pages: cut, end }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::model::{Entry, OperationName, Page, Take};
    use crate::token::extract_token;

    fn prepared(bodies: &[&str], complete: bool) -> PreparedEntry {
        let page = |(at, body): (usize, &&str)| {
            let body = extract_token(&body.as_bytes().to_vec().into(), "nextToken", at as u32 + 1).body;
            Page { status: 200, headers: Vec::new(), body }
        };
        let pages = bodies.iter().enumerate().map(page).collect();
        let take = Take { session: None, after: None, id: None, max_results: Some(3), complete, times: 1, pages };
        let entry = Entry {
            operation: OperationName::Known("GetResourceShares".into()),
            region: "us-east-1".into(),
            actor: "default".into(),
            request: "{}".into(),
            takes: vec![take],
        };
        PreparedEntry::new(Fingerprint::hash("x"), entry)
    }

    fn cut(prepared: &PreparedEntry, pages: Pages, size: Option<u32>) -> (Vec<usize>, CutEnd) {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let cut = cut_take(&service, prepared, 0, pages, size);
        let (last, before) = cut.pages.split_last().map_or((None, &[][..]), |(last, before)| (Some(last), before));
        assert!(before.iter().all(|page| page.next.is_some()));
        assert!(cut.end != CutEnd::Whole || last.is_some_and(|page| page.next.is_none()));
        (cut.pages.iter().filter_map(|page| page.items).collect(), cut.end)
    }

    #[test]
    fn a_whole_take_is_cut_to_any_size() {
        let whole = prepared(&[r#"{"resourceShares":[1,2,3],"nextToken":"t"}"#, r#"{"resourceShares":[4,5]}"#], true);
        assert_eq!(cut(&whole, Pages::Requested, Some(3)), (vec![3, 2], CutEnd::Whole));
        assert_eq!(cut(&whole, Pages::Requested, Some(2)), (vec![2, 2, 1], CutEnd::Whole));
        assert_eq!(cut(&whole, Pages::Recorded, Some(1)), (vec![3, 2], CutEnd::Whole));
        let (sizes, end) = cut(&whole, Pages::Adversarial, None);
        assert_eq!((sizes.iter().sum::<usize>(), sizes.first(), end), (5, Some(&0), CutEnd::Whole));
    }

    #[test]
    fn what_was_recorded_in_part_ends_before_its_listing() {
        let part = prepared(&[r#"{"resourceShares":[1,2,3],"nextToken":"t"}"#], false);
        assert_eq!(cut(&part, Pages::Recorded, None), (vec![3], CutEnd::Partial));
        assert_eq!(cut(&part, Pages::Requested, Some(2)), (vec![], CutEnd::OtherSize { recorded: Some(3) }));
        let many = format!("{{\"resourceShares\":[{}0]}}", "1,".repeat(300));
        assert_eq!(cut(&prepared(&[&many], true), Pages::Requested, Some(1)).1, CutEnd::Longer);
    }
}
