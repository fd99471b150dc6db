//! What looks made anew in every run: suffixes of names, UUIDs.

/// How many characters have to differ: fewer are a counter, a version, a word.
const FEWEST: usize = 6;

/// Whether two texts are the same but for something that looks made at random: as long on both sides, of letters and digits,
/// and different all over.
pub(in crate::engine) fn differ_in_random_part(one: &str, other: &str) -> bool {
    let parts =
        |text: &'_ str| -> Vec<String> { text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect() };
    let (ones, others) = (parts(one), parts(other));
    let between = |text: &str| text.chars().filter(|c| !c.is_alphanumeric()).collect::<String>();
    if ones.len() != others.len() || between(one) != between(other) {
        return false;
    }
    let differing: Vec<(&String, &String)> = ones.iter().zip(&others).filter(|(one, other)| one != other).collect();
    let as_long = differing.iter().all(|(one, other)| one.len() == other.len());
    let bytes = || differing.iter().flat_map(|(one, other)| one.bytes().zip(other.bytes()));
    let made_of = bytes().all(|(one, other)| one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric());
    let (all, changed) = (bytes().count(), bytes().filter(|(one, other)| one != other).count());
    let has_digit = bytes().any(|(one, other)| one.is_ascii_digit() || other.is_ascii_digit());
    as_long && made_of && has_digit && changed >= FEWEST && 2 * changed >= all
}

#[cfg(test)]
mod tests {
    use super::differ_in_random_part;

    #[test]
    fn suffixes_and_uuids_look_made_at_random() {
        for (one, other) in [
            ("\"share-k3v9x2mq\"", "\"share-p0d7ra1z\""),
            ("team-1f0c9a7b-other", "team-98d2e44c-other"),
            ("c0ffee00-1234-4abc-8def-0123456789ab", "9b2d5c1e-77aa-4bd0-9cfe-fedcba987654"),
        ] {
            assert!(differ_in_random_part(one, other), "{one} {other}");
        }
    }

    #[test]
    fn words_counters_and_dates_do_not() {
        for (one, other) in [
            ("SELF", "OTHER-ACCOUNTS"),
            ("share-1", "share-2"),
            ("share-00000001", "share-00000002"),
            ("20261122", "20261123"),
            ("production", "regression"),
            ("k3v9x2mq", "k3v9x2m"),
            ("a-k3v9x2mq", "a/p0d7ra1z"),
            ("same", "same"),
        ] {
            assert!(!differ_in_random_part(one, other), "{one} {other}");
        }
    }
}
