//! Which page of a take answers: as it was recorded, or cut anew.

use crate::engine::identify::PageRequest;
use crate::engine::matcher::MissReason;
use crate::engine::prepared_entry::{PreparedEntry, UnfilledResponse, fingerprint_start};
use crate::model::Hole;
use crate::service::PagingRules;
use crate::token::{Cut, Listing, Token};
use std::ops::Range;

/// How a replayed listing is cut into pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pages {
    /// As the client asks: as recorded for the page size that was recorded, anew for another.
    #[default]
    Requested,
    /// As recorded, whatever the client asks.
    Recorded,
    /// In one-item, short and empty pages, all of them legal.
    Adversarial,
}

/// How many of a step's bits hold the asked page size; those above count the empty pages served at the position.
const SIZE_BITS: u32 = 9;
const SIZE_MASK: u16 = (1 << SIZE_BITS) - 1;

/// A listing that is asked for.
pub(in crate::engine) struct PageQuery<'a> {
    pub(in crate::engine) pages: Pages,
    pub(in crate::engine) ask: &'a PageRequest,
    pub(in crate::engine) paging: &'a PagingRules,
    /// The member that holds the items.
    pub(in crate::engine) items_member: Option<&'a str>,
}

/// Where a new cut goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Items before it.
    position: usize,
    /// The page size that was asked for.
    size: Option<u16>,
    /// Empty pages served here.
    empties: u16,
}

/// The page of take `at` that the client asks for.
///
/// # Errors
/// Where the take has no such page, or was recorded in part only and for another page size.
pub(in crate::engine) fn page(
    query: &PageQuery<'_>,
    prepared: &PreparedEntry,
    at: usize,
) -> Result<Result<UnfilledResponse, Hole>, MissReason> {
    let takes = prepared.takes(query.items_member);
    let (Some(ready), Some(take)) = (takes.get(at), prepared.entry.takes.get(at)) else {
        return Err(MissReason::NoTake);
    };
    let page = query.ask.token.filter(|token| token.cut == Cut::Recorded).map_or(0, |token| token.position as usize);
    let anew = query.ask.token.is_some_and(|token| token.cut == Cut::Anew);
    let recorded =
        || ready.pages.get(page).map(|page| page.answer()).ok_or(MissReason::Partial { take: at, pages: page });
    if !anew && query.serves_as_recorded(take.max_results) {
        return recorded();
    }
    let listing = query
        .items_member
        .filter(|_| take.complete)
        .and_then(|items_member| prepared.listing(at, items_member, &query.paging.token));
    match listing {
        Some(listing) => {
            let place = query.place(listing, page).ok_or(MissReason::Partial { take: at, pages: page })?;
            let (range, next) = query.cut(listing.len(), place);
            let token = next.map(|next| next.token(fingerprint_start(&prepared.fingerprint), ready.digest()));
            let body = listing.page(range, token.map(|token| token.to_string()).as_deref());
            Ok(prepared.answer_anew(at, place.key(), body))
        }
        None if anew => Err(MissReason::OtherChain),
        // What cannot be cut anew (an error, a page without a list) is served as it is.
        None if take.complete || page > 0 || take.max_results == query.size() || query.size().is_none() => recorded(),
        None => Err(MissReason::OtherSize { recorded: take.max_results }),
    }
}

impl Pages {
    /// Whether a take of this kind can serve pages of the size `asked` from its beginning.
    pub(in crate::engine) fn can_serve(self, complete: bool, recorded: Option<u32>, asked: Option<u32>) -> bool {
        complete || self == Self::Recorded || asked.is_none() || asked == recorded
    }
}

impl PageQuery<'_> {
    fn size(&self) -> Option<u32> {
        self.ask.max_results
    }

    fn serves_as_recorded(&self, recorded: Option<u32>) -> bool {
        match self.pages {
            Pages::Recorded => true,
            Pages::Requested => self.size().is_none() || self.size() == recorded,
            Pages::Adversarial => false,
        }
    }

    /// Where the client stands in `listing`, having seen the recorded pages before `page` or what its token says.
    fn place(&self, listing: &Listing, page: usize) -> Option<Place> {
        let size = self.size().and_then(|size| u16::try_from(size).ok());
        match &self.ask.token {
            Some(token) if token.cut == Cut::Anew => {
                let position = usize::try_from(token.position).ok().filter(|position| *position <= listing.len())?;
                let step = Some(token.step & SIZE_MASK).filter(|step| *step > 0);
                Some(Place { position, size: size.or(step), empties: token.step >> SIZE_BITS })
            }
            _ => Some(Place { position: listing.items_before(page)?, size, empties: 0 }),
        }
    }

    /// The items of the page at `place`, of `count`, and where the listing goes on.
    fn cut(&self, count: usize, place: Place) -> (Range<usize>, Option<Place>) {
        let largest = usize::from(place.size.unwrap_or(u16::try_from(self.paging.max).unwrap_or(SIZE_MASK))).max(1);
        let start = place.position;
        if self.pages != Pages::Adversarial {
            let end = count.min(start + largest);
            return (start..end, (end < count).then_some(Place { position: end, empties: 0, ..place }));
        }
        if place.empties < empties_before(start) {
            return (start..start, Some(Place { empties: place.empties + 1, ..place }));
        }
        let end = count.min(start + awkward_size(start).min(largest));
        // A page that ends with the last item has a token all the same, for a page without any.
        (start..end, (start < count).then_some(Place { position: end, empties: 0, ..place }))
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
const fn awkward_size(position: usize) -> usize {
    match position % 4 {
        1 => 2,
        3 => 3,
        _ => 1,
    }
}

impl Place {
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
