//! What two sequences have in common, in order.

use similar::algorithms::{DiffHook, myers};
use std::convert::Infallible;

/// The pairs of places of a longest common subsequence; `same` says whether a place in the one equals one in the other.
pub(super) fn common_places(old: usize, new: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let places = |count: usize| (0..count).map(|at| Place { at, same: &same }).collect::<Vec<_>>();
    let mut pairs = Pairs(Vec::new());
    let Ok(()) = myers::diff_deadline_raw(&mut pairs, &places(old), 0..old, &places(new), 0..new, None);
    pairs.0
}

/// The places in `whole` of all of `part`, in its order; `None` where some of it has none.
pub(super) fn places_within<T>(whole: &[T], part: &[T], holds: impl Fn(&T, &T) -> bool) -> Option<Vec<usize>> {
    let mut places = whole.iter().enumerate();
    part.iter().map(|item| places.find(|(_, other)| holds(other, item)).map(|(at, _)| at)).collect()
}

/// A place in one of the sequences.
struct Place<'f> {
    at: usize,
    same: &'f dyn Fn(usize, usize) -> bool,
}

impl PartialEq for Place<'_> {
    fn eq(&self, old: &Self) -> bool {
        (self.same)(old.at, self.at)
    }
}

struct Pairs(Vec<(usize, usize)>);

impl DiffHook for Pairs {
    type Error = Infallible;

    fn equal(&mut self, old: usize, new: usize, count: usize) -> Result<(), Infallible> {
        self.0.extend((0..count).map(|step| (old + step, new + step)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_is_found() {
        let common = |old: &str, new: &str| {
            let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
            let pairs = common_places(old.len(), new.len(), |x, y| old[x] == new[y]);
            pairs.into_iter().map(|(x, _)| old[x]).collect::<String>()
        };
        assert_eq!(common("abcde", "xbydze"), "bde");
        assert_eq!(common("abc", ""), "");
        assert_eq!(common("aab", "ab"), "ab");
        assert_eq!(common("", ""), "");
    }

    #[test]
    fn all_of_a_part_has_its_places_or_none_has() {
        let within = |whole: &str, part: &str| {
            let (whole, part): (Vec<char>, Vec<char>) = (whole.chars().collect(), part.chars().collect());
            places_within(&whole, &part, |one, other| one == other)
        };
        assert_eq!(within("abcb", "bb"), Some(vec![1, 3]));
        assert_eq!(within("abc", "cb"), None);
    }
}
