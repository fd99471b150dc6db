//! A listing as one answer, however it was cut into pages.

use crate::entry_file::spelled;
use crate::json::{self, Kind, quote, unquote};
use crate::model::Page;

/// How a listing pages.
#[derive(Clone, Copy, Debug)]
pub struct Paging<'a> {
    /// The member that holds the items.
    pub items: &'a str,
    /// The member that holds the token.
    pub token: &'a str,
}

/// The first page's envelope around the items of all pages, without a token; `None` where a page is none of a listing.
pub(super) fn joined(pages: &[Page], paging: Paging<'_>) -> Option<String> {
    let texts: Vec<_> = pages.iter().map(|page| spelled(&page.body)).collect();
    let mut items: Vec<String> = Vec::new();
    let mut envelope: Vec<String> = Vec::new();
    for (at, (page, text)) in pages.iter().zip(&texts).enumerate() {
        let node = json::parse(text).ok().filter(|_| (200..300).contains(&page.status))?;
        let Kind::Object(members) = &node.kind else { return None };
        items.extend(node.member(paging.items)?.items()?.iter().map(|item| item.raw.to_owned()));
        for member in members.iter().filter(|_| at == 0) {
            let name = unquote(member.key).ok()?;
            if name != paging.items && name != paging.token {
                envelope.push(format!("{}:{}", member.key, member.value.raw));
            }
        }
    }
    envelope.push(format!("{}:[{}]", quote(paging.items), items.join(",")));
    Some(format!("{{{}}}", envelope.join(",")))
}
