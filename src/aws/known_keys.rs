//! Remembers in which regions an access key works.

use parking_lot::Mutex;
use std::collections::HashMap;

/// Of how many pairs of key and region it is known.
const KNOWN: usize = 4096;

/// Which regions accepted or refused which access keys in this run. A region that is not enabled for an account knows none of
/// its keys.
#[derive(Debug, Default)]
pub struct KnownKeys(Mutex<HashMap<(String, String), Standing>>);

/// What a region says of a key: unknown, accepted, or accepted once and no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is not known there, and never was.
    Unknown,
    /// It is accepted.
    Accepted,
    /// It was accepted, and is not any more.
    Withdrawn,
}

impl KnownKeys {
    /// Notes that `region` has accepted the key with this id.
    pub fn accepted(&self, key_id: &str, region: &str) {
        self.note(key_id, region, |_| Standing::Accepted);
    }

    /// Notes that `region` does not know the key.
    pub fn refused(&self, key_id: &str, region: &str) {
        self.note(key_id, region, |before| match before {
            Some(Standing::Accepted | Standing::Withdrawn) => Standing::Withdrawn,
            Some(Standing::Unknown) | None => Standing::Unknown,
        });
    }

    /// Whether another region accepts the key that `region` does not know: then that tells of the region. A key that once
    /// worked there was withdrawn, and so was one that works nowhere any more.
    pub fn works_elsewhere(&self, key_id: &str, region: &str) -> bool {
        let known = self.0.lock();
        let here = known.get(&(key_id.to_owned(), region.to_owned())).copied();
        let elsewhere = |((key, other), standing): (&(String, String), &Standing)| {
            key == key_id && other != region && *standing == Standing::Accepted
        };
        here.is_none_or(|here| here == Standing::Unknown) && known.iter().any(elsewhere)
    }

    fn note(&self, key_id: &str, region: &str, standing: impl FnOnce(Option<Standing>) -> Standing) {
        let mut known = self.0.lock();
        let place = (key_id.to_owned(), region.to_owned());
        let before = known.get(&place).copied();
        if before.is_some() || known.len() < KNOWN {
            known.insert(place, standing(before));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_of_itself_only_where_the_key_works_elsewhere() {
        let keys = KnownKeys::default();
        keys.refused("A", "me-south-1");
        assert!(!keys.works_elsewhere("A", "me-south-1"), "perhaps it works nowhere");
        keys.accepted("B", "us-east-1");
        assert!(!keys.works_elsewhere("A", "me-south-1"), "another key tells nothing");
        keys.accepted("A", "me-south-1");
        assert!(!keys.works_elsewhere("A", "me-south-1"), "nor does the region itself");
        keys.accepted("B", "eu-west-1");
        keys.refused("B", "af-south-1");
        assert!(keys.works_elsewhere("B", "af-south-1") && keys.works_elsewhere("B", "ap-east-1"));
    }

    #[test]
    fn a_key_that_was_withdrawn_tells_nothing_of_a_region() {
        let keys = KnownKeys::default();
        keys.accepted("A", "us-east-1");
        keys.accepted("A", "eu-west-1");
        keys.refused("A", "us-east-1");
        assert!(!keys.works_elsewhere("A", "us-east-1"), "it worked there");
        assert!(keys.works_elsewhere("A", "me-south-1"), "it works in eu-west-1");
        keys.refused("A", "eu-west-1");
        keys.refused("A", "eu-west-1");
        assert!(!keys.works_elsewhere("A", "me-south-1"), "it works nowhere");
    }
}
