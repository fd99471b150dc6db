//! What two sequences have in common, in order.
//!
//! By hand: which of several equally long subsequences is taken decides the order of a merge, and has to stay. The crate
//! `similar` takes another one with each of its algorithms.

/// More comparisons than this are not made to find the longest common sequence; a common one is found all the same.
const MOST_COMPARISONS: usize = 4_000_000;

/// The pairs of a longest common sequence of two sequences with these lengths.
pub(super) fn common_places(ours: usize, theirs: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let shorter = ours.min(theirs);
    let start = (0..shorter).take_while(|at| same(*at, *at)).count();
    let end = (0..shorter - start).take_while(|back| same(ours - 1 - back, theirs - 1 - back)).count();
    let (rows, columns) = (ours - start - end, theirs - start - end);
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    let inner = |row: usize, column: usize| same(start + row, start + column);
    let middle = if rows.saturating_mul(columns) > MOST_COMPARISONS {
        greedy(rows, columns, inner)
    } else {
        longest(rows, columns, inner)
    };
    pairs.extend(middle.into_iter().map(|(row, column)| (start + row, start + column)));
    pairs.extend((0..end).rev().map(|back| (ours - 1 - back, theirs - 1 - back)));
    pairs
}

/// The places in `whole` of all of `part`, in its order; `None` where some of it has none.
pub(super) fn places_within<T>(whole: &[T], part: &[T], holds: impl Fn(&T, &T) -> bool) -> Option<Vec<usize>> {
    let mut places = whole.iter().enumerate();
    part.iter().map(|item| places.find(|(_, other)| holds(other, item)).map(|(at, _)| at)).collect()
}

fn longest(rows: usize, columns: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    // How long it is from each place on, row by row from the last.
    let mut lengths = vec![vec![0_u32; columns + 1]; rows + 1];
    let length = |lengths: &[Vec<u32>], row: usize, column: usize| {
        lengths.get(row).and_then(|row| row.get(column)).copied().unwrap_or_default()
    };
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let best = if same(row, column) {
                length(&lengths, row + 1, column + 1) + 1
            } else {
                length(&lengths, row + 1, column).max(length(&lengths, row, column + 1))
            };
            if let Some(cell) = lengths.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = best;
            }
        }
    }
    let (mut pairs, mut row, mut column) = (Vec::new(), 0, 0);
    while row < rows && column < columns {
        if same(row, column) {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if length(&lengths, row + 1, column) >= length(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

fn greedy(rows: usize, columns: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let (mut pairs, mut from) = (Vec::new(), 0);
    for row in 0..rows {
        if let Some(column) = (from..columns).find(|column| same(row, *column)) {
            pairs.push((row, column));
            from = column + 1;
        }
    }
    pairs
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
