//! The writes of a cassette, and how they follow each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The writes of a cassette, each with the one before it: trees, as several recordings may go on from one write. Each has a
/// place, behind that of the one before it.
#[derive(Debug, Default)]
pub struct Writes {
    places: HashMap<String, usize>,
    /// By place: the place of the write before.
    before: Vec<Option<usize>>,
}

/// From the ids of writes, each with that of the one before. A link to a write that is not there ends the sequence; so does
/// one link of those that lead round in a circle, which no recording makes.
impl FromIterator<(String, Option<String>)> for Writes {
    fn from_iter<T: IntoIterator<Item = (String, Option<String>)>>(links: T) -> Self {
        let links: BTreeMap<String, Option<String>> = links.into_iter().collect();
        let mut after: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut first = Vec::new();
        for (id, before) in &links {
            match before.as_deref().filter(|before| links.contains_key(*before)) {
                Some(before) => after.entry(before).or_default().push(id),
                None => first.push(id),
            }
        }
        let mut writes = Self::default();
        // What the first ones do not lead to is a circle, or hangs from one.
        for id in first.into_iter().chain(links.keys()) {
            writes.grow(id, &after);
        }
        writes
    }
}

impl Writes {
    /// Gives a place to the write `id`, that comes after none, and to all that `after` leads to from there.
    fn grow(&mut self, id: &str, after: &HashMap<&str, Vec<&str>>) {
        let mut waiting = vec![(id, None)];
        while let Some((id, before)) = waiting.pop() {
            if !self.places.contains_key(id) {
                let place = self.before.len();
                self.places.insert(id.to_owned(), place);
                self.before.push(before);
                waiting.extend(after.get(id).into_iter().flatten().map(|next| (*next, Some(place))));
            }
        }
    }

    /// The place of the write `id`, if it is there.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }
}

/// Which of a cassette's writes a session has made.
#[derive(Debug, Default)]
pub(super) struct Standing {
    writes: Arc<Writes>,
    /// By place.
    made: Vec<bool>,
}

impl Standing {
    /// A session that has made none of `writes`.
    pub(super) fn among(writes: &Arc<Writes>) -> Self {
        Self { writes: Arc::clone(writes), made: vec![false; writes.before.len()] }
    }

    /// Whether it is one among `writes`.
    pub(super) fn is_among(&self, writes: &Arc<Writes>) -> bool {
        Arc::ptr_eq(&self.writes, writes)
    }

    /// The session has made the write `id`.
    pub(super) fn made(&mut self, id: &str) {
        if let Some(made) = self.writes.place(id).and_then(|place| self.made.get_mut(place)) {
            *made = true;
        }
    }

    /// How far the session, which has made `count` writes in all, is from every recorded sequence.
    pub(super) fn differences(&self, count: usize) -> Differences {
        let mut differences = Differences { from_none: count, by_last: Vec::with_capacity(self.made.len()) };
        for (before, made) in self.writes.before.iter().zip(&self.made) {
            let without = differences.from(*before);
            differences.by_last.push(if *made { without - 1 } else { without + 1 });
        }
        differences
    }
}

/// How many writes a session has made that a recorded sequence does not have, and the other way round.
#[derive(Debug)]
pub(super) struct Differences {
    /// From the sequence without a write.
    from_none: usize,
    /// From the sequence that ends with the write at each place.
    by_last: Vec<usize>,
}

impl Differences {
    /// The difference from the sequence that ends with the write at `place`.
    pub(super) fn from(&self, place: Option<usize>) -> usize {
        place.and_then(|place| self.by_last.get(place)).copied().unwrap_or(self.from_none)
    }
}

/// After which of a cassette's writes the takes of one fingerprint were recorded.
#[derive(Debug, Default)]
pub struct Places {
    writes: Arc<Writes>,
    by_take: Vec<Option<usize>>,
}

impl Places {
    /// The places of takes that were recorded after the writes `afters`, in recorded order.
    #[must_use]
    pub fn among<'a>(writes: &Arc<Writes>, afters: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let by_take = afters.into_iter().map(|after| writes.place(after?)).collect();
        Self { writes: Arc::clone(writes), by_take }
    }

    /// The writes that these are places of.
    #[must_use]
    pub const fn writes(&self) -> &Arc<Writes> {
        &self.writes
    }

    /// The place of the write that take `take` was recorded after; `None` where there was none, or it is not there.
    #[must_use]
    pub fn of(&self, take: usize) -> Option<usize> {
        self.by_take.get(take).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sequence that ends with `last`, latest first.
    fn sequence(writes: &Writes, last: &str) -> Vec<String> {
        let mut next = writes.place(last);
        let mut sequence = Vec::new();
        while let Some(place) = next {
            sequence.extend(writes.places.iter().filter(|(_, at)| **at == place).map(|(id, _)| id.clone()));
            next = writes.before.get(place).copied().flatten();
        }
        sequence
    }

    fn writes(links: &[(&str, Option<&str>)]) -> Writes {
        links.iter().map(|(id, before)| ((*id).to_owned(), before.map(str::to_owned))).collect()
    }

    #[test]
    fn every_write_leads_back_to_its_first() {
        let writes = writes(&[("c", Some("z")), ("b", Some("z")), ("z", None), ("a", Some("b")), ("x", Some("gone"))]);
        assert_eq!(sequence(&writes, "a"), ["a", "b", "z"]);
        assert_eq!(sequence(&writes, "c"), ["c", "z"]);
        assert_eq!(sequence(&writes, "x"), ["x"]);
        assert_eq!(writes.place("gone"), None);
    }

    #[test]
    fn a_circle_is_cut_at_one_link() {
        let writes =
            writes(&[("b", Some("c")), ("c", Some("d")), ("d", Some("b")), ("e", Some("c")), ("f", Some("f"))]);
        assert_eq!(sequence(&writes, "b"), ["b"]);
        assert_eq!(sequence(&writes, "e"), ["e", "c", "d", "b"]);
        assert_eq!(sequence(&writes, "f"), ["f"]);
    }

    #[test]
    fn differences_are_counted_both_ways() {
        let writes = Arc::new(writes(&[("a", None), ("b", Some("a")), ("c", Some("b")), ("d", Some("a"))]));
        let mut standing = Standing::among(&writes);
        ["a", "d", "unknown"].into_iter().for_each(|id| standing.made(id));
        let differences = standing.differences(3);
        let from = |last: Option<&str>| differences.from(last.and_then(|last| writes.place(last)));
        assert_eq!([None, Some("a"), Some("b"), Some("c"), Some("d")].map(from), [3, 2, 3, 4, 1]);
    }
}
