//! The writes of a cassette and how they follow each other (rule 1): in each session a line, or several where several
//! recordings went on from one write.

use super::recorded_write::RecordedWrite;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, IdentifierRules};
use std::collections::HashMap;

/// All writes of a cassette, each behind the one that it was recorded after; what follows a write stands right behind it, one
/// branch after the other.
#[derive(Debug, Default)]
pub struct WriteTree {
    writes: Vec<PlacedWrite>,
    /// By fingerprint, and take of that.
    by_take: HashMap<(Fingerprint, usize), usize>,
    by_id: HashMap<String, Vec<usize>>,
}

/// A write in its place.
#[derive(Debug)]
pub(super) struct PlacedWrite {
    pub(super) session: Option<String>,
    pub(super) id: String,
    pub(super) write: RecordedWrite,
    /// The place of the write before it.
    pub(super) before: Option<usize>,
}

/// A write as it is read, in no place yet.
struct UnplacedWrite {
    session: Option<String>,
    id: String,
    after: Option<String>,
    take: (Fingerprint, usize),
    write: RecordedWrite,
}

impl WriteTree {
    /// The writes among the takes of `entries`; `identifiers` are the members that name things in what is not RAM's. A link to a write that is not there begins a line; so does one of those
    /// that lead round in a circle, which no recording makes.
    pub fn from_entries(
        entries: impl IntoIterator<Item = (Fingerprint, Entry)>,
        identifiers: &IdentifierRules,
    ) -> Self {
        let read = |(fingerprint, entry)| read_writes(fingerprint, &entry, identifiers);
        let mut reads: Vec<UnplacedWrite> = entries.into_iter().flat_map(read).collect();
        reads.sort_by(|one, other| (&one.session, &one.id, one.take).cmp(&(&other.session, &other.id, other.take)));
        let mut ids: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, read) in reads.iter().enumerate() {
            ids.entry(read.id.clone()).or_default().push(at);
        }
        let session_of = |at: usize| reads.get(at).and_then(|read| read.session.as_deref());
        let before: Vec<Option<usize>> = reads
            .iter()
            .map(|read| find_linked(ids.get(read.after.as_deref()?)?, read.session.as_deref(), session_of))
            .collect();
        let order = order_by_parent(&before);
        let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, (at, _))| (*at, place)).collect();
        let mut tree = Self::default();
        let mut reads: Vec<Option<UnplacedWrite>> = reads.into_iter().map(Some).collect();
        for (place, (at, before)) in order.into_iter().enumerate() {
            let Some(UnplacedWrite { session, id, take, write, .. }) = reads.get_mut(at).and_then(Option::take) else {
                continue;
            };
            tree.by_take.insert(take, place);
            tree.by_id.entry(id.clone()).or_default().push(place);
            let before = before.and_then(|before| places.get(&before)).copied();
            tree.writes.push(PlacedWrite { session, id, write, before });
        }
        tree
    }

    /// The place of the write `id`: of the session's own, else of any session that made an equal one.
    #[must_use]
    pub fn find(&self, session: Option<&str>, id: &str) -> Option<usize> {
        find_linked(self.by_id.get(id)?, session, |place| {
            self.writes.get(place).and_then(|placed| placed.session.as_deref())
        })
    }

    /// The place of the write that take `take` of `fingerprint` records.
    #[must_use]
    pub fn position_of_take(&self, fingerprint: &Fingerprint, take: usize) -> Option<usize> {
        self.by_take.get(&(*fingerprint, take)).copied()
    }

    /// Whether the write in `place` is called `id`.
    #[must_use]
    pub fn has_id(&self, place: usize, id: &str) -> bool {
        self.get(place).is_some_and(|placed| placed.id == id)
    }

    pub(super) fn get(&self, place: usize) -> Option<&PlacedWrite> {
        self.writes.get(place)
    }

    pub(super) fn writes(&self) -> &[PlacedWrite] {
        &self.writes
    }
}

fn read_writes(fingerprint: Fingerprint, entry: &Entry, identifiers: &IdentifierRules) -> Vec<UnplacedWrite> {
    let takes = entry.takes.iter().enumerate();
    let read = takes.filter_map(|(at, take)| {
        Some(UnplacedWrite {
            session: take.session.clone(),
            id: take.id.clone()?,
            after: take.after.clone(),
            take: (fingerprint, at),
            write: RecordedWrite::from_take(&fingerprint, entry, take, identifiers),
        })
    });
    read.collect()
}

/// Of `places`, those of one id, the last that is of `session`; else the last. Recording a session anew from its start
/// makes equal ids, and the later one counts.
fn find_linked<'s>(
    places: &[usize],
    session: Option<&str>,
    session_of: impl Fn(usize) -> Option<&'s str>,
) -> Option<usize> {
    places.iter().rev().find(|place| session_of(**place) == session).or(places.last()).copied()
}

/// All writes with the one before each: first those without, and behind each what leads back to it.
fn order_by_parent(before: &[Option<usize>]) -> Vec<(usize, Option<usize>)> {
    let mut after: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, before) in before.iter().enumerate() {
        before.iter().for_each(|before| after.entry(*before).or_default().push(at));
    }
    let first = (0..before.len()).filter(|at| before.get(*at) == Some(&None));
    let (mut ordered, mut is_placed) = (Vec::with_capacity(before.len()), vec![false; before.len()]);
    // What the first ones do not lead to is a circle, or hangs from one.
    for start in first.chain(0..before.len()) {
        let mut waiting = vec![(start, None)];
        while let Some((at, from)) = waiting.pop() {
            let Some(placed) = is_placed.get_mut(at).filter(|placed| !**placed) else { continue };
            *placed = true;
            ordered.push((at, from));
            waiting.extend(after.get(&at).into_iter().flatten().map(|next| (*next, Some(at))));
        }
    }
    ordered
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::{Body, OperationName, Page, Take};
    use bytes::Bytes;

    /// A take of a write, or of a read where `id` is empty: `session`, `after` and `id` where they are not empty.
    pub(in crate::session) fn take(session: &str, after: &str, id: &str, body: &str) -> Take {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let page = Page { status: 200, headers: Vec::new(), body: Body::literal(Bytes::from(body.to_owned())) };
        Take {
            session: some(session),
            after: some(after),
            id: some(id),
            max_results: None,
            complete: true,
            times: 1,
            pages: vec![page],
        }
    }

    /// An entry of the actor `default`.
    pub(in crate::session) fn entry(operation: &str, request: &str, takes: Vec<Take>) -> (Fingerprint, Entry) {
        let operation = OperationName::Known(operation.to_owned());
        let fingerprint = Fingerprint::hash(&format!("{} {request}", operation.as_str()));
        let (region, actor) = ("us-east-1".to_owned(), "default".to_owned());
        (fingerprint, Entry { operation, region, actor, request: request.to_owned(), takes })
    }

    /// The line that ends with `last`, latest first.
    fn line(tree: &WriteTree, session: Option<&str>, last: &str) -> Vec<String> {
        let mut next = tree.find(session, last);
        let mut line = Vec::new();
        while let Some(placed) = next.and_then(|place| tree.get(place)) {
            line.push(placed.id.clone());
            next = placed.before;
        }
        line
    }

    fn tree(links: &[(&str, &str)]) -> WriteTree {
        WriteTree::from_entries(
            [entry("Create", "{}", links.iter().map(|(id, after)| take("", after, id, "{}")).collect())],
            &IdentifierRules::default(),
        )
    }

    #[test]
    fn every_write_leads_back_to_its_first() {
        let tree = tree(&[("c", "z"), ("b", "z"), ("z", ""), ("a", "b"), ("x", "gone")]);
        assert_eq!(line(&tree, None, "a"), ["a", "b", "z"]);
        assert_eq!(line(&tree, None, "c"), ["c", "z"]);
        assert_eq!(line(&tree, None, "x"), ["x"]);
        assert_eq!(tree.find(None, "gone"), None);
        for (place, placed) in tree.writes().iter().enumerate() {
            assert!(placed.before.is_none_or(|before| before < place), "what comes before stands before");
        }
    }

    #[test]
    fn a_circle_is_cut_at_one_link() {
        let tree = tree(&[("b", "c"), ("c", "d"), ("d", "b"), ("e", "c"), ("f", "f")]);
        assert_eq!(line(&tree, None, "b"), ["b"]);
        assert_eq!(line(&tree, None, "e"), ["e", "c", "d", "b"]);
        assert_eq!(line(&tree, None, "f"), ["f"]);
    }

    #[test]
    fn equal_writes_of_several_sessions_are_told_apart() {
        let takes = vec![take("s", "", "a", "{}"), take("t", "", "a", "{}"), take("t", "a", "b", "{}")];
        let (fingerprint, entry) = entry("Create", "{}", takes);
        let tree = WriteTree::from_entries([(fingerprint, entry)], &IdentifierRules::default());
        let place = |session| tree.find(session, "a").unwrap();
        assert_ne!(place(Some("s")), place(Some("t")));
        let b = tree.get(tree.find(Some("t"), "b").unwrap()).unwrap();
        assert_eq!(b.before, Some(place(Some("t"))));
        assert_eq!(tree.position_of_take(&fingerprint, 1), Some(place(Some("t"))));
        assert!(tree.find(Some("u"), "a").is_some());
    }
}
