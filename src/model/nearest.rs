//! What somebody most likely meant who wrote a name that is none.

use std::borrow::Cow;

/// The one of `known` that is most like `name`; `None` where none is like it.
#[must_use]
pub fn nearest_name<'a>(name: &str, known: impl IntoIterator<Item = Cow<'a, str>>) -> Option<Cow<'a, str>> {
    let written = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&written, &other.to_lowercase());
    let all = known.into_iter().map(|other| (distance(&other), other));
    // A third of the letters may be other ones: what is less like it would only confuse.
    let (_, nearest) = all.filter(|(distance, other)| *distance * 3 <= other.len().max(3)).min()?;
    Some(nearest)
}

/// `; did you mean "NAME"?` for the one of `known` that is most like `name`; nothing where none is like it.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = Cow<'a, str>>) -> String {
    nearest_name(name, known).map(|nearest| format!("; did you mean {nearest:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_like_it_or_is_none() {
        let known = ["name", "principals", "resourceArns", "resourceShareArns", "/tagFilters/*/tagValues"];
        let nearest = |name: &str| nearest_name(name, known.map(Cow::Borrowed));
        for (name, meant) in [
            ("nmae", "name"),
            ("Names", "name"),
            ("principal", "principals"),
            ("resourceshareArn", "resourceShareArns"),
            ("tagFilters[].tagValues", "/tagFilters/*/tagValues"),
        ] {
            assert_eq!(nearest(name).as_deref(), Some(meant), "{name}");
        }
        for name in ["", "colour", "x"] {
            assert_eq!(nearest(name), None, "{name}");
        }
        assert_eq!(did_you_mean("nmae", known.map(Cow::Borrowed)), "; did you mean \"name\"?");
    }
}
