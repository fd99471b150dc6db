//! Links past writes that go: what was recorded after one of them is linked to what came before it.

use crate::model::{Entry, Take};
use std::collections::{HashMap, HashSet};

/// A write, by the session that recorded it.
type WriteName = (Option<String>, String);

/// The writes of a cassette, and which of them go.
#[derive(Debug, Default)]
pub(crate) struct RelinkPlan {
    /// By id: the sessions that have such a write.
    sessions: HashMap<String, Vec<Option<String>>>,
    /// The write before each.
    after: HashMap<WriteName, Option<String>>,
    staying: HashSet<WriteName>,
    going: HashSet<WriteName>,
}

impl RelinkPlan {
    /// Notes the write that `take` records, if it is one, and whether it goes.
    pub(crate) fn note(&mut self, take: &Take, goes: bool) {
        let Some(id) = &take.id else { return };
        let name = (take.session.clone(), id.clone());
        self.sessions.entry(id.clone()).or_default().push(take.session.clone());
        self.after.insert(name.clone(), take.after.clone());
        if goes {
            self.going.insert(name)
        } else {
            self.staying.insert(name)
        };
    }

    /// Whether any link changes.
    pub(crate) fn change_nothing(&self) -> bool {
        self.going.is_subset(&self.staying)
    }

    /// Whether the write `id`, as `session` or another one made it, is no longer there.
    pub(crate) fn is_gone(&self, session: Option<&str>, id: &str) -> bool {
        self.found(session.map(str::to_owned), id).is_some_and(|name| !self.staying.contains(&name))
    }

    /// The write called `id` that a take of `session` is linked to: the session's own; else one that another session made, as in
    /// `new_episodes`, where a session can go on from what others recorded.
    fn found(&self, session: Option<String>, id: &str) -> Option<WriteName> {
        let holders = self.sessions.get(id)?;
        let own = holders.iter().find(|holder| **holder == session);
        let stays = || holders.iter().find(|holder| self.staying.contains(&((*holder).clone(), id.to_owned())));
        let holder = own.or_else(stays).or_else(|| holders.first())?;
        Some((holder.clone(), id.to_owned()))
    }

    /// RelinkPlan `take` past what goes. Says whether that changed it.
    pub(crate) fn relink(&self, take: &mut Take) -> bool {
        let (mut session, mut after, mut passed) = (take.session.clone(), take.after.clone(), 0);
        // In a circle, which no recording makes, every write goes or one that stays ends it.
        while let Some(name) = after.as_deref().and_then(|id| self.found(session.clone(), id))
            && !self.staying.contains(&name)
            && passed <= self.going.len()
        {
            after = self.after.get(&name).cloned().flatten();
            session = name.0;
            passed += 1;
        }
        let changes = after != take.after;
        take.after = after;
        changes
    }

    /// As [`Self::relink`], for all takes of `entry`.
    pub(crate) fn relink_all(&self, entry: &mut Entry) -> bool {
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
        let mut links = RelinkPlan::default();
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
        assert!(
            links.relink(&mut other) && other.after.as_deref() == Some("a"),
            "it went on from what another session made"
        );
        assert!(links.is_gone(None, "c") && links.is_gone(Some("s"), "c") && !links.is_gone(None, "d"));
    }

    #[test]
    fn a_write_of_which_an_equal_one_stays_is_still_there() {
        let mut links = RelinkPlan::default();
        links.note(&take(None, Some("a"), None), true);
        links.note(&take(None, Some("a"), None), false);
        assert!(links.change_nothing());
        assert!(!links.relink(&mut take(None, None, Some("a"))));
    }

    #[test]
    fn a_circle_of_writes_that_go_ends() {
        let mut links = RelinkPlan::default();
        links.note(&take(None, Some("a"), Some("b")), true);
        links.note(&take(None, Some("b"), Some("a")), true);
        links.relink(&mut take(None, None, Some("a")));
    }
}
