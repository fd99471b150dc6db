//! Which page of a take answers: as it was recorded, or cut anew.

use crate::engine::calls::ServedPage;
use crate::engine::identify::PageRequest;
use crate::engine::lookup::MissReason;
use crate::engine::prepared_entry::{PreparedEntry, PreparedPage, UnfilledResponse, fingerprint_start};
use crate::engine::settings::Pages;
use crate::model::Take;
use crate::service::PagingRules;
use crate::token::{Cut, Listing, Token};
use std::ops::Range;

/// How many of a step's bits hold the asked page size; those above count the empty pages served at the position.
const SIZE_BITS: u32 = 9;
const SIZE_MASK: u16 = (1 << SIZE_BITS) - 1;

/// A listing that is asked for.
pub(in crate::engine) struct PageQuery<'a> {
    pub(in crate::engine) pages: Pages,
    pub(in crate::engine) request: &'a PageRequest,
    pub(in crate::engine) paging: &'a PagingRules,
    /// The member that holds the items.
    pub(in crate::engine) items_member: Option<&'a str>,
}

/// Where a new cut goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CutPlace {
    /// Items before it.
    position: usize,
    /// The page size that was asked for.
    size: Option<u16>,
    /// Empty pages served here.
    empties: u16,
}

/// The page of take `at` that the client asks for, and which one that is.
///
/// # Errors
/// Where the take has no such page, or was recorded in part only and for another page size.
pub(in crate::engine) fn select_page(
    query: &PageQuery<'_>,
    prepared: &PreparedEntry,
    at: usize,
) -> Result<(UnfilledResponse, ServedPage), MissReason> {
    let takes = prepared.takes(query.items_member);
    let (Some(ready), Some(take)) = (takes.get(at), prepared.entry.takes.get(at)) else {
        return Err(MissReason::NoTake);
    };
    let token = query.request.token;
    let page = token.filter(|token| token.cut == Cut::Recorded).map_or(0, |token| token.position as usize);
    let is_cut_token = token.is_some_and(|token| token.cut == Cut::Anew);
    let partial = MissReason::Partial { take: at, pages: page };
    let served = ServedPage::Recorded(u32::try_from(page).unwrap_or(u32::MAX));
    let recorded = || Ok((ready.pages.get(page).map(PreparedPage::response).ok_or(partial)?, served));
    if !is_cut_token && query.is_served_as_recorded(take.max_results) {
        return recorded();
    }
    let items_member = query.items_member.filter(|_| take.complete);
    let listing = items_member.and_then(|member| prepared.listing(at, member, &query.paging.token));
    if let Some(listing) = listing {
        let place = query.locate(listing, page).ok_or(partial)?;
        let (range, next) = query.cut(listing.len(), place);
        let served = ServedPage::Cut {
            first: u32::try_from(range.start).unwrap_or(u32::MAX),
            items: u16::try_from(range.len()).unwrap_or(u16::MAX),
        };
        let token = next.map(|next| next.token(fingerprint_start(&prepared.fingerprint), ready.digest()));
        let body = listing.page(range, token.map(|token| token.to_string()).as_deref());
        return Ok((prepared.cut_response(at, place.key(), body), served));
    }
    if is_cut_token {
        return Err(MissReason::OtherChain);
    }
    let has_asked_size = query.size().is_none() || query.size() == take.max_results;
    // What cannot be cut anew (an error, a page without a list) is served as it is.
    if take.complete || page > 0 || has_asked_size {
        recorded()
    } else {
        Err(MissReason::OtherSize { recorded: take.max_results })
    }
}

/// Whether `take` can serve pages of the size `asked` from its beginning.
pub(in crate::engine) fn can_serve(pages: Pages, take: &Take, asked: Option<u32>) -> bool {
    take.complete || pages == Pages::Recorded || asked.is_none() || asked == take.max_results
}

impl PageQuery<'_> {
    fn size(&self) -> Option<u32> {
        self.request.max_results
    }

    fn is_served_as_recorded(&self, recorded: Option<u32>) -> bool {
        match self.pages {
            Pages::Recorded => true,
            Pages::Requested => self.size().is_none() || self.size() == recorded,
            Pages::Adversarial => false,
        }
    }

    /// Where the client stands in `listing`, having seen the recorded pages before `page` or what its token says.
    fn locate(&self, listing: &Listing, page: usize) -> Option<CutPlace> {
        let size = self.size().and_then(|size| u16::try_from(size).ok());
        match &self.request.token {
            Some(token) if token.cut == Cut::Anew => {
                let position = usize::try_from(token.position).ok().filter(|position| *position <= listing.len())?;
                let step = Some(token.step & SIZE_MASK).filter(|step| *step > 0);
                Some(CutPlace { position, size: size.or(step), empties: token.step >> SIZE_BITS })
            }
            _ => Some(CutPlace { position: listing.items_before(page)?, size, empties: 0 }),
        }
    }

    /// The items of the page at `place`, of `count`, and where the listing goes on.
    fn cut(&self, count: usize, place: CutPlace) -> (Range<usize>, Option<CutPlace>) {
        let largest = usize::from(place.size.unwrap_or(u16::try_from(self.paging.max).unwrap_or(SIZE_MASK))).max(1);
        let start = place.position;
        if self.pages != Pages::Adversarial {
            let end = count.min(start + largest);
            return (start..end, (end < count).then_some(CutPlace { position: end, empties: 0, ..place }));
        }
        if place.empties < empties_before(start) {
            return (start..start, Some(CutPlace { empties: place.empties + 1, ..place }));
        }
        let end = count.min(start + adversarial_size(start).min(largest));
        // A page that ends with the last item has a token all the same, for a page without any.
        (start..end, (start < count).then_some(CutPlace { position: end, empties: 0, ..place }))
    }
}

/// How many empty pages with a token come before the item at `position`: two at the start, one at every third place.
const fn empties_before(position: usize) -> u16 {
    match position {
        0 => 2,
        _ if position % 3 == 2 => 1,
        _ => 0,
    }
}

/// How many items the page has that starts at `position`: mostly one, never many.
const fn adversarial_size(position: usize) -> usize {
    match position % 4 {
        1 => 2,
        3 => 3,
        _ => 1,
    }
}

impl CutPlace {
    fn token(self, fingerprint: [u8; 8], digest: [u8; 8]) -> Token {
        let position = u32::try_from(self.position).unwrap_or(u32::MAX);
        Token { cut: Cut::Anew, fingerprint, digest, position, step: self.step() }
    }

    fn step(self) -> u16 {
        self.empties << SIZE_BITS | self.size.unwrap_or_default() & SIZE_MASK
    }

    /// What tells the pages of a take's new cuts apart.
    fn key(self) -> (u64, u16) {
        (self.position as u64, self.step())
    }
}
