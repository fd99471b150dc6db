//! Explanations in plain English. Takes and pages are counted from 1 here, as people count.

use super::TakeReason;
use crate::engine::calls::ServedPage;
use crate::engine::miss::nearest::RecordedPlace;
use crate::model::counted;
use crate::session::{ChoiceExplanation, DecidingRule, Exclusion, StuckWaiter, Turn, WaiterEnd};

/// How many takes are named one by one.
const MAX_NAMED: usize = 8;

/// Why that take, in a sentence or two.
#[must_use]
pub fn describe_reason(reason: &TakeReason) -> String {
    let text = match reason {
        TakeReason::Choice(choice) => return describe_rule(choice.rule).to_owned(),
        TakeReason::OnlyTake => "It is the only take that was recorded for this request.",
        TakeReason::Retry => "The client sent this request again, as SDKs do, and got the same answer again.",
        TakeReason::ContinuedListing => "The request goes on with a listing, and this take has the pages before.",
        TakeReason::CassetteChanged => {
            "The cassette has changed since: what it has now would be chosen from otherwise, so this choice cannot be explained."
        }
        TakeReason::Forgotten => "The writes of the session are not remembered, so this choice cannot be explained.",
    };
    text.to_owned()
}

/// The rule that decided.
const fn describe_rule(rule: DecidingRule) -> &'static str {
    match rule {
        DecidingRule::OnlyTake => "No other take could answer.",
        DecidingRule::OneHistory => {
            "No take was recorded after the writes that this session has made; those that could answer were all recorded after \
             the same writes."
        }
        DecidingRule::SameHistory => "It was recorded after the same writes as this session has made.",
        DecidingRule::LongestCommonEnd => {
            "No take was recorded after just the writes that this session has made. This one has the most of the latest ones in \
             common with it."
        }
        DecidingRule::RightAfterLatestWrite => {
            "No take was recorded after just the writes that this session has made. Of those that have as many of the latest \
             ones in common with it, this one was recorded right after the session's latest write."
        }
        DecidingRule::SmallestDifference => {
            "No take was recorded after just the writes that this session has made. Of those that have as many of the latest \
             ones in common with it, this one differs by the fewest writes."
        }
        DecidingRule::RecordedLast => {
            "No take was recorded after just the writes that this session has made. Of those that fit as well, this one was \
             recorded last."
        }
    }
}

/// Which of the takes with the best history answers now, and which next.
#[must_use]
pub fn describe_group(choice: &ChoiceExplanation) -> String {
    let takes = describe_takes(&choice.group);
    let next = match choice.next {
        Some(next) if next == choice.chosen => "It answers next time too".to_owned(),
        Some(next) => format!("Take {} answers next", next + 1),
        None => String::new(),
    };
    let next = if next.is_empty() { next } else { format!(" {next}, if nothing is written before.") };
    let given = counted(u64::from(choice.served), "answer", "answers");
    match choice.turn {
        Turn::InTurn if choice.group.len() == 1 => {
            format!(
                "Only {takes} was recorded after those writes, so it answers every time until the session writes again."
            )
        }
        Turn::InTurn => format!(
            "Recorded after those writes: {takes}. They answer in turn, and the last one for ever; the session had been given \
             {given} of them.{next}"
        ),
        Turn::FirstNotGiven => {
            "Each time that this write is made it gets the next take that the session was not given yet.".to_owned()
        }
        Turn::AllGiven => {
            "The session was given all takes of this write before, so the last one answers again.".to_owned()
        }
        Turn::SkippedToLast => {
            format!("Recorded after those writes: {takes}. --poll final gives the last one at once.")
        }
        Turn::Later | Turn::LastOfLater => format!(
            "Recorded after those writes: {takes}. The session got the last of them again and again and wrote nothing, so it is \
             given what was recorded later.{next}"
        ),
    }
}

/// What a session waits for, and what it lacks.
#[must_use]
pub fn describe_waiter(waiter: &StuckWaiter) -> String {
    let StuckWaiter { status, ending, advances } = waiter;
    let Some(WaiterEnd { take, status: end, missing_writes }) = ending else {
        return format!(
            "{status} passes by itself, but the recording has no later answer: a client that waits gets this one for ever."
        );
    };
    let end = end.as_deref().map_or_else(|| "the answer without a status".to_owned(), str::to_owned);
    let after = match missing_writes.as_slice() {
        [] => "was recorded later".to_owned(),
        missing => format!("was recorded after {}, which the session has not made", missing.join(", ")),
    };
    let follows = if *advances {
        "A client that polls on gets what was recorded later after a while"
    } else {
        "Until then a client that waits gets the same answer for ever"
    };
    format!("{status} passes by itself. What ends it is {end} (take {}), which {after}. {follows}.", take + 1)
}

/// Why a take could not answer.
#[must_use]
pub const fn describe_exclusion(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::OtherPageSize => "cannot serve this page size",
        Exclusion::OtherSession => "of another session",
        Exclusion::AlreadyGiven => "this session was given it already",
    }
}

/// The page that was given; `None` where there is only one that it could be.
#[must_use]
pub fn describe_page(page: ServedPage, recorded: usize) -> Option<String> {
    match page {
        ServedPage::Recorded(_) if recorded <= 1 => None,
        ServedPage::Recorded(page) => Some(format!("Page {} of {recorded}, as it was recorded.", page + 1)),
        ServedPage::Cut { items: 0, .. } => {
            Some("A page without items, cut anew for the page size that was asked.".to_owned())
        }
        ServedPage::Cut { first, items } => Some(format!(
            "Cut anew for the page size that was asked: {} of the recorded listing.",
            match items {
                1 => format!("item {}", first + 1),
                _ => format!("items {} to {}", first + 1, first.saturating_add(items.into())),
            }
        )),
    }
}

/// Takes by their numbers.
fn describe_takes(takes: &[usize]) -> String {
    let numbers: Vec<String> = takes.iter().take(MAX_NAMED).map(|take| (take + 1).to_string()).collect();
    let more = takes.len() - numbers.len();
    match (numbers.as_slice(), more) {
        ([only], 0) => format!("take {only}"),
        ([all @ .., last], 0) => format!("takes {} and {last}", all.join(", ")),
        (_, more) => format!("takes {} and {more} more", numbers.join(", ")),
    }
}

/// A region and an actor.
#[must_use]
pub fn describe_place(place: &RecordedPlace) -> String {
    format!("region {}, actor {}", place.region, place.actor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_are_counted_from_one() {
        assert_eq!(describe_takes(&[0]), "take 1");
        assert_eq!(describe_takes(&[1, 2, 4]), "takes 2, 3 and 5");
        assert_eq!(describe_takes(&(0..10).collect::<Vec<_>>()), "takes 1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }

    #[test]
    fn a_page_says_how_it_came_about() {
        assert_eq!(describe_page(ServedPage::default(), 1), None);
        assert_eq!(describe_page(ServedPage::Recorded(1), 3).as_deref(), Some("Page 2 of 3, as it was recorded."));
        let cut = |first, items| describe_page(ServedPage::Cut { first, items }, 3).unwrap_or_default();
        assert!(
            cut(2, 2).contains("items 3 to 4") && cut(2, 1).contains("item 3") && cut(2, 0).contains("without items")
        );
    }

    #[test]
    fn a_waiter_is_told_what_it_lacks() {
        let end = |missing: &[&str]| WaiterEnd {
            take: 3,
            status: Some("ACTIVE".into()),
            missing_writes: missing.iter().map(ToString::to_string).collect(),
        };
        let waiter = |ending, advances| StuckWaiter { status: "PENDING".into(), ending, advances };
        let text = describe_waiter(&waiter(Some(end(&["TagResource"])), false));
        assert!(
            text.contains("ACTIVE (take 4), which was recorded after TagResource") && text.contains("for ever"),
            "{text}"
        );
        assert!(describe_waiter(&waiter(Some(end(&[])), true)).contains("was recorded later"));
        assert!(describe_waiter(&waiter(None, false)).contains("no later answer"));
    }
}
