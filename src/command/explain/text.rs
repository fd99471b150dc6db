//! An explanation for a terminal.

use super::explained::Explained;
use crate::engine::{
    ExplainedAnswer, ExplainedMiss, ExplainedOutcome, Nearest, TakeReason, describe_exclusion, describe_group,
    describe_page, describe_reason, describe_waiter,
};
use crate::model::counted;
use crate::session::{ChoiceExplanation, TakeExplanation, WriteList};
use crate::ui::table;

/// How many writes of a history are named: its last ones.
const MAX_NAMED: usize = 4;

pub(super) fn write(explained: &Explained) -> String {
    let mut text = String::new();
    if let Some((number, by)) = &explained.call {
        text.push_str(&format!("call         {number} of the latest run ({by})\n"));
    }
    if let Some(request) = &explained.explanation.request {
        text.push_str(&format!(
            "operation    {}\nfingerprint  {}\nregion       {}\nactor        {}\nsession      {}\nrequest      {}\n",
            request.operation,
            request.fingerprint,
            request.region,
            request.actor,
            request.session.as_deref().unwrap_or("(none)"),
            request.parameters,
        ));
    }
    text.push('\n');
    match &explained.explanation.outcome {
        ExplainedOutcome::Answered(answer) => text.push_str(&write_answer(answer)),
        ExplainedOutcome::Missed(miss) => text.push_str(&write_miss(miss)),
        ExplainedOutcome::Upstream { recorded: true } => {
            text.push_str("Upstream answered, and the answer was recorded.\n")
        }
        ExplainedOutcome::Upstream { recorded: false } => {
            text.push_str("Upstream answered; by rule the answer was not recorded.\n");
        }
        ExplainedOutcome::Refused(message) => text.push_str(&format!("Refused: {message}\n")),
    }
    text
}

fn write_answer(answer: &ExplainedAnswer) -> String {
    let mut text =
        format!("Take {} of {} answers. {}\n", answer.take + 1, answer.takes, describe_reason(&answer.reason));
    if let Some(page) = describe_page(answer.page, answer.pages) {
        text.push_str(&format!("{page}\n"));
    }
    if let TakeReason::Choice(choice) = &answer.reason {
        text.push_str(&write_choice(choice));
    }
    text
}

fn write_choice(choice: &ChoiceExplanation) -> String {
    let mut text = format!("{}\n", describe_group(choice));
    if let Some(waiter) = &choice.waiter {
        text.push_str(&format!("A waiter: {}\n", describe_waiter(waiter)));
    }
    let unrelated = match choice.unrelated_writes {
        0 => String::new(),
        count => format!("; {} nothing to do with this request", counted(count as u64, "more has", "more have")),
    };
    text.push_str(&format!("\nThe session had written: {}{unrelated}\n\n", name_writes(&choice.session_writes)));
    let head = ["", "take", "session", "recorded after", "compared with the session"].map(str::to_owned);
    let rows: Vec<[String; 5]> = [head].into_iter().chain(choice.takes.iter().map(|take| row(choice, take))).collect();
    text.push_str(&table::text(&rows));
    if choice.takes_left_out > 0 {
        text.push_str(&format!("… and {}\n", counted(choice.takes_left_out as u64, "more take", "more takes")));
    }
    text
}

fn row(choice: &ChoiceExplanation, take: &TakeExplanation) -> [String; 5] {
    let mark = match take.take == choice.chosen {
        true => ">",
        false if choice.group.contains(&take.take) => "+",
        false => "",
    };
    let times = if take.times > 1 { format!(" x{}", take.times) } else { String::new() };
    let session = take.session.as_deref().unwrap_or("(none)").to_owned();
    [mark.to_owned(), format!("{}{times}", take.take + 1), session, name_writes(&take.writes), compare(take)]
}

/// How a take compares with where the session stood.
fn compare(take: &TakeExplanation) -> String {
    match take.exclusion {
        Some(exclusion) => describe_exclusion(exclusion).to_owned(),
        None if take.is_same_history => "the same writes".to_owned(),
        None => {
            let right_after = if take.is_right_after { ", right after its latest" } else { "" };
            let differs = counted(take.difference as u64, "write differs", "writes differ");
            format!("{} latest in common{right_after}, {differs}", take.common_end)
        }
    }
}

fn name_writes(writes: &WriteList) -> String {
    if writes.is_empty() {
        return "nothing".to_owned();
    }
    let named: Vec<&str> = writes.last.iter().rev().take(MAX_NAMED).map(|write| write.operation.as_str()).collect();
    let more = writes.len() - named.len();
    let named = named.into_iter().rev().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("({more} more), {named}") } else { named }
}

fn write_miss(miss: &ExplainedMiss) -> String {
    let mut text = format!("{}\n", miss.message);
    match &miss.nearest {
        Some(Nearest::Other(nearest)) => {
            text.push_str(&format!(
                "To see the nearest recorded request: ramtape show {}\n",
                nearest.place.fingerprint
            ));
        }
        Some(Nearest::Elsewhere(places)) => {
            for place in places {
                text.push_str(&format!("To see it: ramtape show {}\n", place.fingerprint));
            }
        }
        Some(Nearest::Nothing) | None => {}
    }
    text
}
