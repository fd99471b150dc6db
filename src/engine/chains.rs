//! The chains that are being recorded: which pages each has, and upstream's own token for the next one.

use crate::cassette::{TakeHead, TakeId};
use crate::interaction::{Page, Secret};
use crate::token::{ChainDigest, PageDigest, Token, TokenKey};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many unfinished chains are kept in memory. One that is forgotten is found again in the cassette.
const KEPT: usize = 1024;

/// A chain as far as it is recorded.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// What its take says besides the pages.
    pub(super) head: TakeHead,
    /// Its take in the store; `None` while none of this run has been stored.
    pub(super) id: Option<TakeId>,
    pages: Vec<Page>,
    /// The tokens that stand for upstream's, by a digest of each, so that none is kept where it can be read.
    given: HashMap<[u8; 32], Token>,
    /// The digest before each position, from 0 to the number of pages.
    digests: Vec<ChainDigest>,
}

impl Chain {
    /// A chain with its first pages; `items_member` holds a page's items.
    pub(super) fn new(head: TakeHead, pages: Vec<Page>, items_member: &str) -> Self {
        let digests = vec![ChainDigest::default()];
        let mut chain = Self { head, id: None, pages: Vec::new(), given: HashMap::new(), digests };
        for page in pages {
            chain.push(page, items_member);
        }
        chain
    }

    pub(super) fn push(&mut self, page: Page, items_member: &str) {
        let mut digest = self.digests.last().cloned().unwrap_or_default();
        digest.push(&page, items_member);
        self.digests.push(digest);
        self.pages.push(page);
    }

    pub(super) fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The digest of the pages before `position`.
    pub(super) fn digest_before(&self, position: usize) -> PageDigest {
        self.digests.get(position).map(ChainDigest::short).unwrap_or_default()
    }

    /// Notes that `token` stands for `upstreams`.
    pub(super) fn give(&mut self, upstreams: &str, token: Token) {
        self.given.insert(Sha256::digest(upstreams).into(), token);
    }

    /// The token that was given for `upstreams`, if that came before the page that ends at `position`: the listing goes round.
    pub(super) fn given_before(&self, upstreams: &str, position: u32) -> Option<Token> {
        let digest: [u8; 32] = Sha256::digest(upstreams).into();
        self.given.get(&digest).copied().filter(|token| token.position < position)
    }

    /// A chain of its own that begins with this one's pages before `position`.
    pub(super) fn fork(&self, position: usize) -> Self {
        let mut fork = self.clone();
        fork.id = None;
        fork.pages.truncate(position);
        fork.digests.truncate(position + 1);
        fork.given.retain(|_, token| token.position as usize <= position);
        fork
    }
}

/// Where a chain goes on.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// The chain. Its pages are added one request at a time.
    pub(super) chain: Arc<tokio::sync::Mutex<Chain>>,
    /// Upstream's token for the next page.
    pub(super) upstream_token: Secret,
}

type Key = (Option<String>, TokenKey);

/// The unfinished chains of a run, by session and by the token that was handed out last.
#[derive(Debug, Default)]
pub(super) struct Chains {
    open: Mutex<Board>,
    /// By session: who holds it stores a write of that session.
    writing: Mutex<HashMap<Option<String>, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug, Default)]
struct Board {
    by_token: HashMap<Key, (Open, String)>,
    order: VecDeque<Key>,
}

impl Chains {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What whoever stores a write of this session holds meanwhile.
    pub(super) fn write_order(&self, session: Option<&String>) -> Arc<tokio::sync::Mutex<()>> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(writing.entry(session.cloned()).or_default())
    }

    /// The chain that goes on at the token `key` of this session.
    pub(super) fn at(&self, session: Option<&String>, key: TokenKey) -> Option<Open> {
        self.board().by_token.get(&(session.cloned(), key)).map(|(open, _)| open.clone())
    }

    /// Notes that a chain goes on at `key`. `name` is what a person calls the listing.
    pub(super) fn goes_on(&self, session: Option<&String>, key: TokenKey, open: Open, name: String) {
        let mut board = self.board();
        let key = (session.cloned(), key);
        if board.by_token.insert(key.clone(), (open, name)).is_none() {
            board.order.push_back(key);
        }
        if board.order.len() > KEPT
            && let Some(oldest) = board.order.pop_front()
        {
            board.by_token.remove(&oldest);
        }
    }

    /// Forgets all places of a chain that has come to its end.
    pub(super) fn ended(&self, chain: &Arc<tokio::sync::Mutex<Chain>>) {
        let mut board = self.board();
        board.by_token.retain(|_, (open, _)| !Arc::ptr_eq(&open.chain, chain));
        let Board { by_token, order } = &mut *board;
        order.retain(|key| by_token.contains_key(key));
    }

    /// The listings that have not come to their end, each once.
    pub(super) fn unfinished(&self) -> Vec<String> {
        let mut names: Vec<String> = self.board().by_token.values().map(|(_, name)| name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
