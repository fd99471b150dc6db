//! A whole recorded listing, ready to be cut into pages of any size: its items' bytes as they are spelled, in the first
//! page's envelope.

use super::body_template::{BodyBuilder, BodyTemplate};
use crate::json;
use crate::model::{Body, Page};
use std::ops::Range;

/// The items of all pages of a take, and the JSON around them.
#[derive(Clone, Debug)]
pub struct Listing {
    pages: Vec<BodyTemplate>,
    items: Vec<Item>,
    /// How many items stand before each page, from 0 to the number of pages.
    before: Vec<usize>,
    envelope: Envelope,
}

#[derive(Clone, Debug)]
struct Item {
    page: usize,
    span: Range<usize>,
}

/// The JSON of a page around its items and its token.
#[derive(Clone, Debug)]
struct Envelope {
    /// The page it is copied from.
    page: usize,
    /// The list in that page, brackets included.
    list: Range<usize>,
    /// What stands before the first item, between two, behind the last; and a list without items.
    open: Vec<u8>,
    between: Vec<u8>,
    close: Vec<u8>,
    empty: Vec<u8>,
    token: TokenSlot,
}

/// Where the token goes.
#[derive(Clone, Debug)]
enum TokenSlot {
    /// Into the member that is there. At the end of the listing it is as in the recorded last page: another value, or gone.
    Member { value: Range<usize>, removal: Range<usize>, last: Option<Vec<u8>> },
    /// Into a member of its own behind the others, spelled like this up to the value.
    Added { at: usize, lead: Vec<u8> },
}

impl Listing {
    /// The listing in `pages`, which are all there are of it; `items_member` holds a page's items, `token_member` its token. A
    /// page without items may lack the list. `None` where this is not a listing: an error, another body, no list at all.
    #[must_use]
    pub fn from_pages(pages: &[Page], items_member: &str, token_member: &str) -> Option<Self> {
        if !pages.iter().all(|page| (200..300).contains(&page.status)) {
            return None;
        }
        let pages: Vec<BodyTemplate> = pages.iter().map(|page| BodyTemplate::from_body(&page.body)).collect();
        let nodes: Vec<json::Node<'_>> =
            pages.iter().map(|page| json::parse(page.text()).ok()).collect::<Option<_>>()?;
        let (mut items, mut before) = (Vec::new(), vec![0]);
        for (page, node) in nodes.iter().enumerate() {
            let spans = spans(node, items_member)?;
            items.extend(spans.into_iter().map(|span| Item { page, span }));
            before.push(items.len());
        }
        let envelope = Envelope::find(&nodes, items_member, token_member)?;
        Some(Self { pages, items, before, envelope })
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many items stand before the recorded page `page`; `None` where there is no such page.
    #[must_use]
    pub fn items_before(&self, page: usize) -> Option<usize> {
        self.before.get(page).copied().filter(|_| page < self.pages.len())
    }

    /// A page with the items at `range`, and with the token `next` where the listing continues. Holes stay holes.
    #[must_use]
    pub fn page(&self, range: Range<usize>, next: Option<&str>) -> Body {
        let mut copy = BodyBuilder::default();
        let Some(around) = self.pages.get(self.envelope.page) else { return copy.finish() };
        let list = (self.envelope.list.clone(), Splice::Items(range));
        let token = self.envelope.token_splice(next);
        let mut pieces: Vec<(Range<usize>, Splice)> = [list].into_iter().chain(token).collect();
        pieces.sort_by_key(|(place, _)| place.start);
        let mut at = 0;
        for (place, piece) in pieces {
            copy.part(around, at..place.start);
            match piece {
                Splice::Items(range) => self.copy_items(&mut copy, range),
                Splice::Text(text) => copy.literal(&text),
            }
            at = place.end;
        }
        copy.part(around, at..around.text().len());
        copy.finish()
    }

    fn copy_items(&self, copy: &mut BodyBuilder, range: Range<usize>) {
        let items = self.items.get(range).unwrap_or_default();
        if items.is_empty() {
            copy.literal(&self.envelope.empty);
            return;
        }
        copy.literal(&self.envelope.open);
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                copy.literal(&self.envelope.between);
            }
            if let Some(page) = self.pages.get(item.page) {
                copy.part(page, item.span.clone());
            }
        }
        copy.literal(&self.envelope.close);
    }
}

enum Splice {
    Items(Range<usize>),
    Text(Vec<u8>),
}

impl Envelope {
    fn find(nodes: &[json::Node<'_>], items_member: &str, token_member: &str) -> Option<Self> {
        let lists = || nodes.iter().filter_map(|node| node.member(items_member).filter(|list| list.items().is_some()));
        let page =
            nodes.iter().position(|node| node.member(items_member).is_some_and(|list| list.items().is_some()))?;
        let node = nodes.get(page)?;
        let own = lists().next()?;
        let full = lists().find(|list| list.items().is_some_and(|items| !items.is_empty()));
        let (open, close) = full.and_then(brackets).unwrap_or((b"[", b"]"));
        let between = lists().find_map(between).unwrap_or(if colon(node).contains(&b' ') { b", " } else { b"," });
        let empty = lists().find(|list| list.items().is_some_and(<[_]>::is_empty)).map_or("[]", |list| list.raw);
        Some(Self {
            page,
            list: own.span(),
            open: open.to_vec(),
            between: between.to_vec(),
            close: close.to_vec(),
            empty: empty.as_bytes().to_vec(),
            token: find_token_slot(node, nodes.last()?, token_member)?,
        })
    }

    fn token_splice(&self, next: Option<&str>) -> Option<(Range<usize>, Splice)> {
        let quoted = next.map(|token| json::quote(token).into_bytes());
        let (place, text) = match (&self.token, quoted) {
            (TokenSlot::Member { value, .. }, Some(token)) => (value, token),
            (TokenSlot::Member { value, last: Some(last), .. }, None) => (value, last.clone()),
            (TokenSlot::Member { removal, last: None, .. }, None) => (removal, Vec::new()),
            (TokenSlot::Added { at, lead }, Some(token)) => {
                return Some((*at..*at, Splice::Text([lead.as_slice(), &token].concat())));
            }
            (TokenSlot::Added { .. }, None) => return None,
        };
        Some((place.clone(), Splice::Text(text)))
    }
}

/// The ranges of a page's items; none where the list is missing. `None` where the page is not an object, or has something else
/// in the list's place.
fn spans(node: &json::Node<'_>, items_member: &str) -> Option<Vec<Range<usize>>> {
    let json::Kind::Object(_) = node.kind else { return None };
    match node.member(items_member) {
        None | Some(json::Node { kind: json::Kind::Null, .. }) => Some(Vec::new()),
        Some(list) => Some(list.items()?.iter().map(json::Node::span).collect()),
    }
}

/// A list's text before its first item and behind its last.
fn brackets<'a>(list: &json::Node<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let items = list.items()?;
    let (first, last) = (items.first()?.span().start, items.last()?.span().end);
    let text = list.raw.as_bytes();
    Some((text.get(..first.checked_sub(list.offset)?)?, text.get(last.checked_sub(list.offset)?..)?))
}

/// What stands between a list's first two items.
fn between<'a>(list: &json::Node<'a>) -> Option<&'a [u8]> {
    let [first, second, ..] = list.items()? else { return None };
    let range = first.span().end.checked_sub(list.offset)?..second.offset.checked_sub(list.offset)?;
    list.raw.as_bytes().get(range)
}

/// What stands between an object's last name and its value.
fn colon<'a>(node: &json::Node<'a>) -> &'a [u8] {
    let json::Kind::Object(members) = &node.kind else { return b":" };
    let range = members.last().and_then(|member| {
        let start = (member.key_offset + member.key.len()).checked_sub(node.offset)?;
        node.raw.as_bytes().get(start..member.value.offset.checked_sub(node.offset)?)
    });
    range.unwrap_or(b":")
}

fn find_token_slot(node: &json::Node<'_>, last: &json::Node<'_>, token_member: &str) -> Option<TokenSlot> {
    if let Some(value) = node.member(token_member) {
        return Some(TokenSlot::Member {
            value: value.span(),
            removal: json::removal(node, token_member)?,
            last: last.member(token_member).map(|value| value.raw.as_bytes().to_vec()),
        });
    }
    let json::Kind::Object(members) = &node.kind else { return None };
    let colon = colon(node);
    let comma = match members.as_slice() {
        [first, second, ..] => {
            let range = first.value.span().end.checked_sub(node.offset)?..second.key_offset.checked_sub(node.offset)?;
            node.raw.as_bytes().get(range)?
        }
        _ if colon.contains(&b' ') => b", ",
        _ => b",",
    };
    let name = json::quote(token_member);
    Some(TokenSlot::Added { at: members.last()?.value.span().end, lead: [comma, name.as_bytes(), colon].concat() })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::Hole;
    use std::borrow::Cow;
    use std::convert::Infallible;

    fn pages(bodies: &[&str]) -> Vec<Page> {
        let page = |(at, body): (usize, &&str)| Page {
            status: 200,
            headers: Vec::new(),
            body: crate::token::extract_token(&body.as_bytes().to_vec().into(), "nextToken", at as u32 + 1).body,
        };
        bodies.iter().enumerate().map(page).collect()
    }

    fn text(body: &Body) -> String {
        let bytes = body.render(|_| Ok::<_, Infallible>(Cow::Borrowed(&b"HOLE"[..]))).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn cut(bodies: &[&str], range: Range<usize>, next: Option<&str>) -> String {
        text(&Listing::from_pages(&pages(bodies), "items", "nextToken").unwrap().page(range, next))
    }

    #[test]
    fn the_first_pages_envelope_stands_around_items_of_any_page() {
        let compact = [r#"{"x":1,"items":[1.0,{"a": 2}],"nextToken":"t"}"#, r#"{"x":2,"items":[1E9]}"#];
        assert_eq!(cut(&compact, 1..3, Some("n")), r#"{"x":1,"items":[{"a": 2},1E9],"nextToken":"n"}"#);
        assert_eq!(cut(&compact, 2..3, None), r#"{"x":1,"items":[1E9]}"#);
        let spaced = [r#"{ "nextToken" : "t" , "items": [ 1, 2 ], "x": 1 }"#, r#"{"items": [3], "nextToken": null}"#];
        assert_eq!(cut(&spaced, 0..3, None), r#"{ "nextToken" : null , "items": [ 1, 2, 3 ], "x": 1 }"#);
        assert_eq!(cut(&spaced, 0..1, Some("n")), r#"{ "nextToken" : "n" , "items": [ 1 ], "x": 1 }"#);
        let token_first = [r#"{"nextToken":"t","items":[1,2]}"#, r#"{"items":[]}"#];
        assert_eq!(cut(&token_first, 0..2, None), r#"{"items":[1,2]}"#);
    }

    #[test]
    fn a_recording_of_one_page_gets_a_token_in_its_own_style() {
        assert_eq!(cut(&[r#"{"items":[1,2]}"#], 0..1, Some("n")), r#"{"items":[1],"nextToken":"n"}"#);
        assert_eq!(cut(&[r#"{"items": [1] }"#], 0..1, Some("n")), r#"{"items": [1], "nextToken": "n" }"#);
        let lines = "{\n  \"items\": [\n    1,\n    2\n  ],\n  \"x\": 0\n}\n";
        let wanted = "{\n  \"items\": [\n    2\n  ],\n  \"x\": 0,\n  \"nextToken\": \"n\"\n}\n";
        assert_eq!(cut(&[lines], 1..2, Some("n")), wanted);
        assert_eq!(cut(&[lines], 0..2, None), lines);
        let null = r#"{"nextToken":null,"items":[1,2]}"#;
        assert_eq!(cut(&[null], 0..1, Some("n")), r#"{"nextToken":"n","items":[1]}"#);
        assert_eq!(cut(&[null], 0..2, None), null);
    }

    #[test]
    fn pages_without_items_count_and_leave_nothing() {
        let listing = Listing::from_pages(
            &pages(&[
                r#"{"nextToken":"a"}"#,
                r#"{"items":null,"nextToken":"b"}"#,
                r#"{"items":[ ],"nextToken":"c"}"#,
                r#"{"items":[1],"nextToken":"d"}"#,
                r#"{"items":[]}"#,
            ]),
            "items",
            "nextToken",
        )
        .unwrap();
        let before: Vec<Option<usize>> = (0..6).map(|page| listing.items_before(page)).collect();
        assert_eq!(before, [Some(0), Some(0), Some(0), Some(0), Some(1), None]);
        assert_eq!(text(&listing.page(0..1, None)), r#"{"items":[1]}"#);
        assert_eq!(text(&listing.page(0..0, Some("n"))), r#"{"items":[ ],"nextToken":"n"}"#);
    }

    #[test]
    fn holes_stay_holes() {
        let mut body = Body::literal(r#"{"owner":"#.into());
        body.push_hole(Hole::Volatile("o".into()));
        body.push_literal(r#","items":[{"name":"#.into());
        body.push_hole(Hole::Volatile("v".into()));
        body.push_literal(r#"},2]}"#.into());
        let page = Page { status: 200, headers: Vec::new(), body: body.clone() };
        let listing = Listing::from_pages(&[page], "items", "nextToken").unwrap();
        assert_eq!(listing.page(0..2, None), body);
        assert_eq!(text(&listing.page(0..1, Some("n"))), r#"{"owner":HOLE,"items":[{"name":HOLE}],"nextToken":"n"}"#);
        assert_eq!(text(&listing.page(1..2, None)), r#"{"owner":HOLE,"items":[2]}"#);
    }

    #[test]
    fn what_is_no_listing_is_not_cut() {
        for bodies in [&["<html>"][..], &["{}"], &["[1]"], &[r#"{"items":7}"#], &[r#"{"items":[]}"#, "oops"]] {
            assert!(Listing::from_pages(&pages(bodies), "items", "nextToken").is_none(), "{bodies:?}");
        }
        let mut refused = pages(&[r#"{"items":[]}"#]);
        refused[0].status = 400;
        assert!(Listing::from_pages(&refused, "items", "nextToken").is_none());
    }
}
