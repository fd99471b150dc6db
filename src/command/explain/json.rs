//! An explanation as a JSON object. Takes are counted from 1, as `rm` and `prune` count them.

use super::explained::Explained;
use crate::engine::{ExplainedOutcome, Explanation, Nearest, TakeReason, describe_reason, describe_waiter};
use crate::session::{ChoiceExplanation, TakeExplanation, WriteList};
use serde_json::{Map, Value, json};

pub(super) fn write(explained: &Explained) -> String {
    let Explanation { request, outcome } = &explained.explanation;
    let request = request.as_ref();
    let mut object = json!({
        "call": explained.call.as_ref().map(|(number, _)| number),
        "operation": request.map(|request| &request.operation),
        "fingerprint": request.map(|request| &request.fingerprint),
        "region": request.map(|request| &request.region),
        "actor": request.map(|request| &request.actor),
        "session": request.and_then(|request| request.session.as_ref()),
        "request": request.map(|request| &request.parameters),
    });
    if let Some(object) = object.as_object_mut() {
        add_outcome(object, outcome);
    }
    format!("{object}\n")
}

fn add_outcome(object: &mut Map<String, Value>, outcome: &ExplainedOutcome) {
    let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
    match outcome {
        ExplainedOutcome::Answered(answer) => {
            add("outcome", "replayed".into());
            add("take", (answer.take + 1).into());
            add("takes", answer.takes.into());
            add("why", describe_reason(&answer.reason).into());
            if let TakeReason::Choice(choice) = &answer.reason {
                add("choice", choice_json(choice));
            }
        }
        ExplainedOutcome::Missed(miss) => {
            add("outcome", "missed".into());
            add("why", miss.message.as_str().into());
            if let Some(nearest) = &miss.nearest {
                add("nearest", nearest_json(nearest));
            }
        }
        ExplainedOutcome::Upstream { recorded } => {
            add("outcome", if *recorded { "recorded" } else { "passed_on" }.into());
            add("why", Value::Null);
        }
        ExplainedOutcome::Refused(message) => {
            add("outcome", "refused".into());
            add("why", message.as_str().into());
        }
    }
}

fn choice_json(choice: &ChoiceExplanation) -> Value {
    json!({
        "rule": choice.rule,
        "turn": choice.turn,
        "served": choice.served,
        "next": choice.next.map(|next| next + 1),
        "group": choice.group.iter().map(|take| take + 1).collect::<Vec<_>>(),
        "writes": ids(&choice.session_writes),
        "unrelatedWrites": choice.unrelated_writes,
        "waiter": choice.waiter.as_ref().map(describe_waiter),
        "takes": choice.takes.iter().map(take_json).collect::<Vec<_>>(),
        "takesLeftOut": choice.takes_left_out,
    })
}

fn take_json(take: &TakeExplanation) -> Value {
    json!({
        "take": take.take + 1,
        "session": take.session,
        "times": take.times,
        "exclusion": take.exclusion,
        "writes": ids(&take.writes),
        "isSameHistory": take.is_same_history,
        "commonEnd": take.common_end,
        "isRightAfter": take.is_right_after,
        "difference": take.difference,
    })
}

/// What is most like a request without an answer; where the same is recorded elsewhere, without differences.
fn nearest_json(nearest: &Nearest) -> Value {
    match nearest {
        Nearest::Nothing => json!([]),
        Nearest::Elsewhere(places) => json!(places),
        Nearest::Other(nearest) => json!([nearest]),
    }
}

/// The ids of the last of these writes.
fn ids(writes: &WriteList) -> Vec<&str> {
    writes.last.iter().map(|write| write.id.as_str()).collect()
}
