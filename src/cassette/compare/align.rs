//! The longest common subsequence of two sequences.

/// The places of what two sequences have in common, in order; `same` tells whether two places are equal. Costs the product
/// of both lengths.
pub(super) fn common(a: usize, b: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let width = b + 1;
    // The longest from each pair of places on.
    let mut longest = vec![0_u32; (a + 1) * width];
    let at = |longest: &[u32], x: usize, y: usize| longest.get(x * width + y).copied().unwrap_or_default();
    for x in (0..a).rev() {
        for y in (0..b).rev() {
            let value = if same(x, y) {
                1 + at(&longest, x + 1, y + 1)
            } else {
                at(&longest, x + 1, y).max(at(&longest, x, y + 1))
            };
            if let Some(place) = longest.get_mut(x * width + y) {
                *place = value;
            }
        }
    }
    let (mut x, mut y, mut pairs) = (0, 0, Vec::new());
    while x < a && y < b {
        if same(x, y) {
            pairs.push((x, y));
            (x, y) = (x + 1, y + 1);
        } else if at(&longest, x + 1, y) >= at(&longest, x, y + 1) {
            x += 1;
        } else {
            y += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn the_longest_is_found() {
        let of = |a: &str, b: &str| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            common(a.len(), b.len(), |x, y| a[x] == b[y]).into_iter().map(|(x, _)| a[x]).collect::<String>()
        };
        assert_eq!(of("abcde", "xbydze"), "bde");
        assert_eq!(of("abc", ""), "");
        assert_eq!(of("aab", "ab"), "ab");
    }
}
