//! Recorded variables of two sides as one. Pure.

use super::Variables;
use crate::diff::write_both;
use std::collections::BTreeSet;

/// A variable that two sides say differently: its session and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VariableClash {
    /// The session; `""` is the one of callers that name none.
    pub session: String,
    /// The variable.
    pub name: String,
}

/// What two sides that began with `base` hold together, and what they say differently; of that the first has ours and the
/// second theirs.
fn sides(base: &Variables, ours: &Variables, theirs: &Variables) -> (Variables, Variables, Vec<VariableClash>) {
    let (mut with_ours, mut with_theirs, mut clashes) = (Variables::default(), Variables::default(), Vec::new());
    let names: BTreeSet<(&str, &str)> =
        ours.all().chain(theirs.all()).map(|(session, name, _)| (session, name)).collect();
    for (session, name) in names {
        let value = |variables: &'_ Variables| variables.value(session, name).map(str::to_owned);
        let (before, our, their) = (value(base), value(ours), value(theirs));
        let (our, their) = match (our, their) {
            (our, their) if our == before => (their.clone(), their),
            (our, their) if their == before || our == their => (our.clone(), our),
            (our, their) => {
                clashes.push(VariableClash { session: session.to_owned(), name: name.to_owned() });
                (our, their)
            }
        };
        our.into_iter().for_each(|value| with_ours.set(session, name, &value));
        their.into_iter().for_each(|value| with_theirs.set(session, name, &value));
    }
    (with_ours, with_theirs, clashes)
}

/// The variables of `into` and `from`; where both have another value of one, it stays that of `into`, and is told.
#[must_use]
pub fn combine_variables(into: &Variables, from: &Variables) -> (Variables, Vec<VariableClash>) {
    let (combined, _, clashes) = sides(&Variables::default(), into, from);
    (combined, clashes)
}

/// The text of `variables.json` that two sides made of `base`, with markers around what they say differently, and how many
/// variables that is; `None` where one of the texts is no such file.
#[must_use]
pub fn merge_variable_texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<(String, usize)> {
    let read = |text: &[u8]| if text.is_empty() { Some(Variables::default()) } else { Variables::of_text(text).ok() };
    let (with_ours, with_theirs, clashes) = sides(&read(base)?, &read(ours)?, &read(theirs)?);
    let (ours, theirs) = (with_ours.to_text(), with_theirs.to_text());
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        (ours.split_inclusive('\n').collect(), theirs.split_inclusive('\n').collect());
    let same = |(one, other): &(&&str, &&str)| one == other;
    let before = ours.iter().zip(&theirs).take_while(same).count();
    if before == ours.len() && before == theirs.len() {
        return Some((ours.concat(), clashes.len()));
    }
    let after = ours.iter().rev().zip(theirs.iter().rev()).take_while(same).count();
    let after = after.min(ours.len().min(theirs.len()) - before);
    let part = |side: &[&str], from: usize, to: usize| side.get(from..to).unwrap_or_default().concat();
    let [our, their] = [&ours, &theirs].map(|side| part(side, before, side.len() - after));
    let text = [part(&ours, 0, before), write_both(&our, &their), part(&ours, ours.len() - after, ours.len())].concat();
    Some((text, clashes.len()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    /// `session/NAME=value` each.
    fn variables(texts: &[&str]) -> Variables {
        let mut variables = Variables::default();
        for text in texts {
            let (place, value) = text.split_once('=').unwrap();
            let (session, name) = place.split_once('/').unwrap();
            variables.set(session, name, value);
        }
        variables
    }

    fn merged(base: &[&str], ours: &[&str], theirs: &[&str]) -> (String, usize) {
        let text = |texts: &[&str]| variables(texts).to_text();
        merge_variable_texts(text(base).as_bytes(), text(ours).as_bytes(), text(theirs).as_bytes()).unwrap()
    }

    #[test]
    fn what_one_has_both_have() {
        let (both, clashes) =
            combine_variables(&variables(&["/X=1", "a/X=2"]), &variables(&["/Y=3", "a/X=2", "b/X=4"]));
        assert_eq!((both, clashes), (variables(&["/X=1", "/Y=3", "a/X=2", "b/X=4"]), Vec::new()));
        let (_, clashes) = combine_variables(&variables(&["a/X=1"]), &variables(&["a/X=2"]));
        assert_eq!(clashes, [VariableClash { session: "a".into(), name: "X".into() }]);
    }

    #[test]
    fn branches_that_add_remove_or_change_others_agree() {
        let (text, clashes) = merged(&["a/X=1", "b/X=1"], &["a/X=2", "b/X=1", "c/X=1"], &["a/X=1", "d/X=1"]);
        assert_eq!((text, clashes), (variables(&["a/X=2", "c/X=1", "d/X=1"]).to_text(), 0));
        let added = variables(&["a/X=1"]).to_text();
        let both = merge_variable_texts(b"", added.as_bytes(), added.as_bytes()).unwrap();
        assert_eq!(both, (added, 0));
    }

    #[test]
    fn what_branches_say_differently_stands_between_markers() {
        let (text, clashes) = merged(&["a/X=1", "b/X=1"], &["a/X=2", "b/X=1"], &["a/X=3", "b/X=1"]);
        assert_eq!(clashes, 1);
        let marked = "<<<<<<< ours\n      \"X\": \"2\"\n=======\n      \"X\": \"3\"\n>>>>>>> theirs\n    },\n    \"b\"";
        assert!(text.contains(marked), "{text}");
        assert!(Variables::of_text(text.as_bytes()).unwrap_err().reason.contains("merge conflict"));
        let (text, clashes) = merged(&["a/X=1"], &[], &["a/X=2"]);
        assert!(clashes == 1 && text.contains(">>>>>>> theirs\n"), "{text}");
    }

    #[test]
    fn another_file_is_none_of_these() {
        assert_eq!(merge_variable_texts(b"", b"{}", b"{}"), None);
    }
}
