//! Pages of listings: opaque tokens that are bound to caller and parameters, and odd page sizes on demand.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::ListItem;
use super::error::AwsError;
use super::generator::Generator;
use super::parameters::{RequestParameters, sorted};
use super::world::World;

const MAX_RESULTS: i64 = 500;

/// Sizes for the first pages of an operation's listings; 0 is an empty page that has a token all the same.
#[derive(Clone, Debug)]
pub struct PageSizes {
    operation: String,
    parameters: Option<Value>,
    sizes: Vec<usize>,
}

impl PageSizes {
    /// Page n of every listing of `operation` holds `sizes[n]` items at most; later ones are as usual.
    #[must_use]
    pub fn new(operation: &str, sizes: &[usize]) -> Self {
        Self { operation: operation.to_owned(), parameters: None, sizes: sizes.to_vec() }
    }

    /// Only for the listing that is asked for with exactly these parameters, the paging ones left out.
    #[must_use]
    pub fn with_parameters(mut self, parameters: &Value) -> Self {
        self.parameters = Some(sorted(parameters));
        self
    }
}

/// A change to the data just before a certain page is made.
pub(super) struct PageChange {
    pub(super) operation: String,
    pub(super) page: usize,
    pub(super) apply: Box<dyn FnOnce(&mut World) + Send>,
}

impl fmt::Debug for PageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("operation", &self.operation).field("page", &self.page).finish_non_exhaustive()
    }
}

/// The listing that a token is bound to: caller, region, operation and parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListingKey {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) operation: &'static str,
    pub(super) parameters: Value,
}

/// The requested page of a listing.
#[derive(Debug)]
pub(super) struct PageParameters {
    listing: ListingKey,
    page: usize,
    after: Option<String>,
    max_results: usize,
}

/// A page of a listing, as answered.
#[derive(Debug)]
pub(super) struct ListingPage {
    pub(super) items: Vec<Box<RawValue>>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug)]
struct TokenState {
    listing: ListingKey,
    page: usize,
    after: Option<String>,
    expires: Duration,
}

/// Hands out pages and remembers the tokens to the next ones.
#[derive(Debug)]
pub(super) struct Pager {
    cap: usize,
    lifetime: Duration,
    places: HashMap<String, TokenState>,
    sizes: Vec<PageSizes>,
    changes: Vec<PageChange>,
    generator: Generator,
}

impl Pager {
    pub(super) fn new(cap: usize, lifetime: Duration, generator: Generator) -> Self {
        Self { cap: cap.max(1), lifetime, places: HashMap::new(), sizes: Vec::new(), changes: Vec::new(), generator }
    }

    /// The latest sizes for a listing win.
    pub(super) fn set_sizes(&mut self, sizes: PageSizes) {
        self.sizes.insert(0, sizes);
    }

    pub(super) fn on_page(&mut self, change: PageChange) {
        self.changes.push(change);
    }

    /// Reads `maxResults` and `nextToken`; refuses a token of another caller, listing, or time.
    pub(super) fn open(
        &self,
        listing: ListingKey,
        parameters: &RequestParameters,
        now: Duration,
    ) -> Result<PageParameters, AwsError> {
        let max_results = max_results(listing.operation, parameters)?.map_or(self.cap, |asked| asked.min(self.cap));
        let Some(token) = parameters.text("nextToken")? else {
            return Ok(PageParameters { listing, page: 0, after: None, max_results });
        };
        let place = self.places.get(token).filter(|place| place.listing == listing && now < place.expires);
        let place = place.ok_or_else(|| {
            AwsError::modelled("InvalidNextTokenException", "The specified value for NextToken is not valid.")
        })?;
        Ok(PageParameters { listing, page: place.page, after: place.after.clone(), max_results })
    }

    /// Applies what is to happen to the data just before this page.
    pub(super) fn prepare(&mut self, request: &PageParameters, world: &mut World) {
        let due =
            |change: &mut PageChange| change.operation == request.listing.operation && change.page == request.page;
        for change in self.changes.extract_if(.., due) {
            (change.apply)(world);
        }
    }

    /// Cuts the asked page out of the whole listing.
    pub(super) fn cut(&mut self, request: PageParameters, mut items: Vec<ListItem>, now: Duration) -> ListingPage {
        items.sort_by(|one, other| one.key.cmp(&other.key));
        if let Some(after) = &request.after {
            items.retain(|item| item.key > *after);
        }
        let sizes = self.sizes_of(&request.listing);
        let size = sizes.get(request.page).map_or(request.max_results, |size| (*size).min(request.max_results));
        let more = items.len() > size || sizes.len() > request.page + 1;
        items.truncate(size);
        let next_token = more.then(|| {
            let after = items.last().map(|item| item.key.clone()).or(request.after);
            self.token(TokenState {
                listing: request.listing,
                page: request.page + 1,
                after,
                expires: now + self.lifetime,
            })
        });
        ListingPage { items: items.into_iter().map(|item| item.json).collect(), next_token }
    }

    fn sizes_of(&self, listing: &ListingKey) -> Vec<usize> {
        let applies = |sizes: &&PageSizes| {
            sizes.operation == listing.operation
                && sizes.parameters.as_ref().is_none_or(|parameters| *parameters == listing.parameters)
        };
        self.sizes.iter().find(applies).map(|sizes| sizes.sizes.clone()).unwrap_or_default()
    }

    fn token(&mut self, place: TokenState) -> String {
        let token = self.generator.token();
        self.places.insert(token.clone(), place);
        token
    }
}

fn max_results(operation: &str, parameters: &RequestParameters) -> Result<Option<usize>, AwsError> {
    let Some(asked) = parameters.integer("maxResults")? else {
        return Ok(None);
    };
    match usize::try_from(asked) {
        Ok(size) if (1..=MAX_RESULTS).contains(&asked) => Ok(Some(size)),
        _ => {
            // Only one operation models the error of that name.
            let name = if operation == "GetResourceShareInvitations" {
                "InvalidMaxResultsException"
            } else {
                "InvalidParameterException"
            };
            let message = format!("The value {asked} for maxResults is not between 1 and {MAX_RESULTS}.");
            Err(AwsError::modelled(name, message))
        }
    }
}
