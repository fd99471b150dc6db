//! Links past writes that go: what was recorded after one of them is linked to what came before it.

use crate::interaction::{Entry, Take};
use std::collections::{HashMap, HashSet};

/// A write, by the session that recorded it.
type Name = (Option<String>, String);

/// The writes of a cassette, and which of them go.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// The write before each.
    after: HashMap<Name, Option<String>>,
    staying: HashSet<Name>,
    going: HashSet<Name>,
}

impl Links {
    /// Notes the write that `take` records, if it is one, and whether it goes.
    pub(super) fn note(&mut self, take: &Take, goes: bool) {
        let Some(id) = &take.id else { return };
        let name = (take.session.clone(), id.clone());
        self.after.insert(name.clone(), take.after.clone());
        if goes {
            self.going.insert(name)
        } else {
            self.staying.insert(name)
        };
    }

    /// Whether any link changes.
    pub(super) fn change_nothing(&self) -> bool {
        self.going.is_subset(&self.staying)
    }

    /// Links `take` past what goes. Says whether that changed it.
    pub(super) fn relink(&self, take: &mut Take) -> bool {
        let mut passed = 0;
        let mut after = take.after.clone();
        // In a circle, which no recording makes, every write goes or one that stays ends it.
        while let Some(id) = after.clone().filter(|_| passed <= self.going.len()) {
            let name = (take.session.clone(), id);
            if self.staying.contains(&name) || !self.going.contains(&name) {
                break;
            }
            after = self.after.get(&name).cloned().flatten();
            passed += 1;
        }
        let changes = after != take.after;
        take.after = after;
        changes
    }

    /// As [`Self::relink`], for all takes of `entry`.
    pub(super) fn relink_all(&self, entry: &mut Entry) -> bool {
        entry.takes.iter_mut().filter_map(|take| self.relink(take).then_some(())).count() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(session: Option<&str>, id: Option<&str>, after: Option<&str>) -> Take {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Take {
            session: own(session),
            after: own(after),
            id: own(id),
            max_results: None,
            complete: true,
            times: 1,
            pages: Vec::new(),
        }
    }

    #[test]
    fn what_came_after_writes_that_go_is_linked_to_what_came_before_them() {
        let mut links = Links::default();
        for (id, after, goes) in
            [("a", None, false), ("b", Some("a"), true), ("c", Some("b"), true), ("d", Some("c"), false)]
        {
            links.note(&take(None, Some(id), after), goes);
        }
        assert!(!links.change_nothing());
        for (after, linked, changes) in [
            (Some("c"), Some("a"), true),
            (Some("d"), Some("d"), false),
            (None, None, false),
            (Some("x"), Some("x"), false),
        ] {
            let mut late = take(None, None, after);
            assert_eq!((links.relink(&mut late), late.after.as_deref()), (changes, linked), "{after:?}");
        }
        let mut other = take(Some("s"), None, Some("c"));
        assert!(!links.relink(&mut other), "another session's write of that id");
    }

    #[test]
    fn a_write_of_which_an_equal_one_stays_is_still_there() {
        let mut links = Links::default();
        links.note(&take(None, Some("a"), None), true);
        links.note(&take(None, Some("a"), None), false);
        assert!(links.change_nothing());
        assert!(!links.relink(&mut take(None, None, Some("a"))));
    }

    #[test]
    fn a_circle_of_writes_that_go_ends() {
        let mut links = Links::default();
        links.note(&take(None, Some("a"), Some("b")), true);
        links.note(&take(None, Some("b"), Some("a")), true);
        links.relink(&mut take(None, None, Some("a")));
    }
}
