//! The chains that are being recorded: which pages each has, and upstream's own token for the next one.

use crate::cassette::{TakeHead, TakeId};
use crate::model::{Page, Secret};
use crate::token::{ChainDigest, PageDigest, Token, TokenKey};
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// At how many places unfinished chains are kept in memory. One that is forgotten is found again in the cassette.
const MAX_PLACES: usize = 1024;

/// A chain as far as it is recorded.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Chain {
    /// What its take says besides the pages.
    pub(in crate::engine) head: TakeHead,
    /// Its take in the store; `None` while none of this run has been stored.
    pub(in crate::engine) id: Option<TakeId>,
    pages: Vec<Page>,
    /// The tokens that stand for upstream's, by a digest of each, so that none is kept where it can be read.
    tokens: HashMap<[u8; 32], Token>,
    /// The digest before each position, from 0 to the number of pages.
    digests: Vec<ChainDigest>,
}

impl Chain {
    /// A chain with its first pages; `items_member` holds a page's items.
    pub(in crate::engine) fn new(head: TakeHead, pages: Vec<Page>, items_member: &str) -> Self {
        let digests = vec![ChainDigest::default()];
        let mut chain = Self { head, id: None, pages: Vec::new(), tokens: HashMap::new(), digests };
        for page in pages {
            chain.push(page, items_member);
        }
        chain
    }

    pub(in crate::engine) fn push(&mut self, page: Page, items_member: &str) {
        let mut digest = self.digests.last().cloned().unwrap_or_default();
        digest.push(&page, items_member);
        self.digests.push(digest);
        self.pages.push(page);
    }

    /// Which reading of the listing it is.
    pub(in crate::engine) fn listing_read(&self) -> ListingRead {
        ListingRead { max_results: self.head.max_results, after: self.head.after.clone() }
    }

    pub(in crate::engine) fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The digest of the pages before `position`.
    pub(in crate::engine) fn digest_before(&self, position: usize) -> PageDigest {
        self.digests.get(position).map(ChainDigest::short).unwrap_or_default()
    }

    /// Notes that `token` stands for `upstreams`.
    pub(in crate::engine) fn map_token(&mut self, upstreams: &str, token: Token) {
        self.tokens.insert(Sha256::digest(upstreams).into(), token);
    }

    /// The token that was given for `upstreams`, if that came before the page that ends at `position`: the listing goes round.
    pub(in crate::engine) fn earlier_token(&self, upstreams: &str, position: u32) -> Option<Token> {
        let digest: [u8; 32] = Sha256::digest(upstreams).into();
        self.tokens.get(&digest).copied().filter(|token| token.position < position)
    }

    /// A chain of its own that begins with this one's pages before `position`.
    pub(in crate::engine) fn fork(&self, position: usize) -> Self {
        let mut fork = self.clone();
        fork.id = None;
        fork.pages.truncate(position);
        fork.digests.truncate(position + 1);
        fork.tokens.retain(|_, token| token.position as usize <= position);
        fork
    }
}

/// Where a chain goes on.
#[derive(Clone, Debug)]
pub(in crate::engine) struct OpenChain {
    /// The chain. Its pages are added one request at a time.
    pub(in crate::engine) chain: Arc<tokio::sync::Mutex<Chain>>,
    /// Upstream's token for the next page.
    pub(in crate::engine) upstream_token: Secret,
}

/// A page that is stored, for reads that share it without asking upstream themselves.
#[derive(Clone, Debug)]
pub(in crate::engine) struct StoredPage {
    /// The chain that has it.
    pub(in crate::engine) chain: Arc<tokio::sync::Mutex<Chain>>,
    /// Where in the chain.
    pub(in crate::engine) position: u32,
    /// Upstream's token for the page after it.
    pub(in crate::engine) upstream_token: Option<Secret>,
    /// How long upstream took.
    pub(in crate::engine) took: Duration,
}

/// What tells readings of one listing apart that stand at the same token: chains with equal first pages have equal tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct ListingRead {
    /// The page size that is asked for.
    pub(in crate::engine) max_results: Option<u32>,
    /// The latest write before.
    pub(in crate::engine) after: Option<String>,
}

/// A place where a chain goes on, or went on.
#[derive(Debug)]
struct ChainPlace {
    session: Option<String>,
    key: TokenKey,
    open: OpenChain,
    read: ListingRead,
    /// What a person calls the listing.
    name: String,
    /// Whether the next page is there, or on its way into the store.
    is_taken: bool,
}

/// The unfinished chains of a run, by session and by the token that was handed out last. Each reading of a listing has a chain
/// of its own, however many are read side by side.
#[derive(Debug, Default)]
pub(in crate::engine) struct Chains {
    /// In the order in which they were reached.
    places: Mutex<VecDeque<ChainPlace>>,
    /// By session: who holds it stores a write of that session.
    writing: Mutex<HashMap<Option<String>, Arc<tokio::sync::Mutex<()>>>>,
}

impl Chains {
    fn places(&self) -> MutexGuard<'_, VecDeque<ChainPlace>> {
        self.places.lock()
    }

    /// What whoever stores a write of this session holds meanwhile.
    pub(in crate::engine) fn write_order(&self, session: Option<&str>) -> Arc<tokio::sync::Mutex<()>> {
        let mut writing = self.writing.lock();
        Arc::clone(writing.entry(session.map(str::to_owned)).or_default())
    }

    /// The chain that goes on at the token `key` of this session: the one of `read`, as far as that can be told.
    pub(in crate::engine) fn find_open(
        &self,
        session: Option<&str>,
        key: TokenKey,
        read: &ListingRead,
    ) -> Option<OpenChain> {
        let places = self.places();
        let here = places.iter().filter(|place| place.is_at(session, key));
        // Of equal ones the latest: whoever stopped reading comes no more.
        here.max_by_key(|place| place.rank(read)).map(|place| place.open.clone())
    }

    /// The chain that the page after the token `key` belongs to, which nobody else gets then: `chain` if it still lacks that
    /// page, else another that does. `None` where all have it: the page was asked for again.
    pub(in crate::engine) fn claim(
        &self,
        session: Option<&str>,
        key: TokenKey,
        read: &ListingRead,
        chain: &Arc<tokio::sync::Mutex<Chain>>,
    ) -> Option<Arc<tokio::sync::Mutex<Chain>>> {
        let mut places = self.places();
        let waiting = places.iter_mut().filter(|place| place.is_at(session, key) && !place.is_taken);
        let place = waiting.max_by_key(|place| (Arc::ptr_eq(&place.open.chain, chain), place.rank(read)))?;
        place.is_taken = true;
        Some(Arc::clone(&place.open.chain))
    }

    /// Notes that a chain goes on at `key`. One that only came by again takes no place beside others.
    pub(in crate::engine) fn continue_at(&self, session: Option<&str>, key: TokenKey, continuation: ChainContinuation) {
        let ChainContinuation { open, read, name, is_new } = continuation;
        let mut places = self.places();
        let mut here = places.iter_mut().filter(|place| place.is_at(session, key)).peekable();
        if !is_new && here.peek().is_some() {
            // Upstream's latest token lasts longest.
            let own = here.find(|place| Arc::ptr_eq(&place.open.chain, &open.chain));
            own.into_iter().for_each(|place| place.open.upstream_token = open.upstream_token.clone());
            return;
        }
        drop(here);
        places.push_back(ChainPlace { session: session.map(str::to_owned), key, open, read, name, is_taken: false });
        if places.len() > MAX_PLACES {
            places.pop_front();
        }
    }

    /// Forgets all places of a chain that has come to its end.
    pub(in crate::engine) fn forget(&self, chain: &Arc<tokio::sync::Mutex<Chain>>) {
        self.places().retain(|place| !Arc::ptr_eq(&place.open.chain, chain));
    }

    /// Forgets the chains of the session called `name`, or of callers that name none.
    pub(in crate::engine) fn forget_session(&self, name: Option<&str>) {
        self.places().retain(|place| place.session.as_deref() != name);
    }

    /// The listings that have not come to their end, each once.
    pub(in crate::engine) fn unfinished(&self) -> Vec<String> {
        let mut names: Vec<String> = self.places().iter().map(|place| place.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A chain that goes on.
pub(in crate::engine) struct ChainContinuation {
    pub(in crate::engine) open: OpenChain,
    /// Whose chain it is.
    pub(in crate::engine) read: ListingRead,
    /// What a person calls the listing.
    pub(in crate::engine) name: String,
    /// Whether the page before came for the first time.
    pub(in crate::engine) is_new: bool,
}

impl ChainPlace {
    fn is_at(&self, session: Option<&str>, key: TokenKey) -> bool {
        self.key == key && self.session.as_deref() == session
    }

    /// How well it fits a page that `read` asks for.
    fn rank(&self, read: &ListingRead) -> (bool, bool, bool) {
        (!self.is_taken, self.read.max_results == read.max_results, self.read.after == read.after)
    }
}
