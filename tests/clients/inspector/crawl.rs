//! Which pages are visited: those that links lead to, some of each kind.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The pages still to be visited, by their path below the inspector's.
pub(super) struct Crawl {
    found: BTreeSet<String>,
    waiting: VecDeque<String>,
    /// How many there are of each kind, and how many of one there may be.
    kinds: BTreeMap<String, usize>,
    most: usize,
}

impl Crawl {
    /// Begins with the list of calls; visits `most` pages of a kind.
    pub(super) fn new(most: usize) -> Self {
        let mut crawl = Self { found: BTreeSet::new(), waiting: VecDeque::new(), kinds: BTreeMap::new(), most };
        crawl.add([""]);
        crawl
    }

    /// The next page.
    pub(super) fn next(&mut self) -> Option<String> {
        self.waiting.pop_front()
    }

    /// Adds pages that links lead to.
    pub(super) fn add<'a>(&mut self, paths: impl IntoIterator<Item = &'a str>) {
        for path in paths {
            let path = path.split('#').next().unwrap_or_default();
            if self.found.contains(path) {
                continue;
            }
            let count = self.kinds.entry(kind(path)).or_default();
            *count += 1;
            if *count <= self.most {
                self.found.insert(path.to_owned());
                self.waiting.push_back(path.to_owned());
            }
        }
    }

    /// The kinds of all pages that links led to.
    pub(super) fn kinds(&self) -> Vec<&str> {
        self.kinds.keys().map(String::as_str).collect()
    }
}

/// A page's kind: its path without its query, with every number and fingerprint alike.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let alike = |part: &str| match part {
        _ if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => "N".to_owned(),
        _ if part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) => {
            "FINGERPRINT".to_owned()
        }
        _ => part.to_owned(),
    };
    path.split('/').map(alike).collect::<Vec<_>>().join("/")
}
