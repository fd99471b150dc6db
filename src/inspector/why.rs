//! Why a call was answered as it was: the takes that there were and the rule that decided, or what is nearest to a miss.

use super::entry::take_link;
use super::page::Context;
use crate::engine::{
    ExplainedAnswer, ExplainedOutcome, Explanation, Nearest, NearestRequest, TakeReason, describe_exclusion,
    describe_group, describe_place, describe_reason, describe_waiter,
};
use crate::model::counted;
use crate::session::{ChoiceExplanation, TakeExplanation, WriteList};
use maud::{Markup, html};

/// What there is to say, below the answer.
pub(super) fn render(context: &Context, explanation: &Explanation) -> Markup {
    let Some(request) = &explanation.request else { return html! {} };
    match &explanation.outcome {
        ExplainedOutcome::Answered(answer) => render_answer(context, &request.fingerprint, answer),
        ExplainedOutcome::Missed(miss) => match &miss.nearest {
            Some(nearest) => render_nearest(context, nearest, &request.operation),
            None => html! {},
        },
        ExplainedOutcome::Upstream { .. } | ExplainedOutcome::Refused(_) => html! {},
    }
}

fn render_answer(context: &Context, fingerprint: &str, answer: &ExplainedAnswer) -> Markup {
    html! {
        h2 #why { "Why this take" }
        p { strong { "Take " (answer.take + 1) ": " } (describe_reason(&answer.reason)) }
        @if let TakeReason::Choice(choice) = &answer.reason { (render_choice(context, fingerprint, choice)) }
    }
}

fn render_choice(context: &Context, fingerprint: &str, choice: &ChoiceExplanation) -> Markup {
    let link = |take: usize| take_link(context, fingerprint, take);
    html! {
        p { (describe_group(choice)) }
        @if let Some(waiter) = &choice.waiter {
            p.waiter { strong { "A waiter: " } (describe_waiter(waiter))
                @if let Some(end) = &waiter.ending { " " a href=(link(end.take)) { "Show take " (end.take + 1) } }
            }
        }
        h3 { "What the session had written" }
        (render_writes(&choice.session_writes, true))
        @if choice.unrelated_writes > 0 {
            p.none { (counted(choice.unrelated_writes as u64, "more write has", "more writes have")) " nothing to do with this request." }
        }
        h3 { "The takes" }
        div.scroll tabindex="0" role="region" aria-label="Takes" {
            table.takes {
                thead { tr {
                    th scope="col" { "Take" } th scope="col" { "Session" } th scope="col" { "Recorded after" }
                    th scope="col" { "Compared with the session" }
                } }
                tbody { @for take in &choice.takes { (render_take(choice, take, &link(take.take))) } }
            }
        }
        @if choice.takes_left_out > 0 {
            p.none { (counted(choice.takes_left_out as u64, "more take is", "more takes are")) " not shown." }
        }
    }
}

fn render_take(choice: &ChoiceExplanation, take: &TakeExplanation, link: &str) -> Markup {
    let is_chosen = take.take == choice.chosen;
    html! {
        tr class=[is_chosen.then_some("chosen")] {
            th scope="row" {
                a href=(link) { (take.take + 1) }
                @if take.times > 1 { " × " (take.times) }
                @if is_chosen { " " span.badge.replayed { "answered" } }
                @else if choice.group.contains(&take.take) { " " span.none { "in turn" } }
            }
            td { @match &take.session { Some(name) => (name), None => span.none { "none" } } }
            td { (render_writes(&take.writes, false)) }
            td { (compare(take)) }
        }
    }
}

/// How a take compares with where the session stood.
fn compare(take: &TakeExplanation) -> String {
    if let Some(exclusion) = take.exclusion {
        return format!("cannot answer: {}", describe_exclusion(exclusion));
    }
    if take.is_same_history {
        return "the same writes".to_owned();
    }
    let common = match take.common_end {
        0 => "no latest write in common".to_owned(),
        count => format!("{} in common", counted(count as u64, "latest write", "latest writes")),
    };
    let right_after = if take.is_right_after { ", recorded right after the session's latest" } else { "" };
    format!("{common}{right_after}; {}", counted(take.difference as u64, "write differs", "writes differ"))
}

fn render_writes(writes: &WriteList, is_open: bool) -> Markup {
    let Some(latest) = writes.last.last() else { return html! { p.none { "no write" } } };
    html! {
        details open[is_open] {
            summary { (counted(writes.len() as u64, "write", "writes")) ", the latest " (latest.operation) }
            ol.writes start=(writes.earlier + 1) {
                @for write in &writes.last { li { (write.operation) " " code { (write.id) } } }
            }
        }
    }
}

fn render_nearest(context: &Context, nearest: &Nearest, operation: &str) -> Markup {
    html! {
        h2 #nearest { "The nearest recorded request" }
        @match nearest {
            Nearest::Nothing => p { "Nothing of " (operation) " is recorded." },
            Nearest::Elsewhere(places) => {
                p { "The same request is recorded for:" }
                ul { @for place in places {
                    li { a href=(context.link(&format!("recorded/{}", place.fingerprint))) { (describe_place(place)) } }
                } }
            },
            Nearest::Other(nearest) => (render_differences(context, nearest)),
        }
    }
}

fn render_differences(context: &Context, nearest: &NearestRequest) -> Markup {
    let value = |sign: &str, class: &str, value: &Option<String>| {
        html! {
            td { @match value {
                Some(value) => span.value class=(class) { span.sign { (sign) } " " code { (value) } },
                None => span.none { "not there" },
            } }
        }
    };
    html! {
        p { "It is recorded for " (describe_place(&nearest.place)) ": "
            a href=(context.link(&format!("recorded/{}", nearest.place.fingerprint))) { code { (nearest.place.fingerprint) } }
            ". Where it differs:" }
        div.scroll tabindex="0" role="region" aria-label="Differences" {
            table.differences {
                thead { tr { th scope="col" { "Member" } th scope="col" { "− recorded" } th scope="col" { "+ asked" } } }
                tbody { @for difference in &nearest.differences {
                    tr {
                        th scope="row" { code { (if difference.pointer.is_empty() { "(all)" } else { &difference.pointer }) } }
                        (value("−", "recorded", &difference.recorded))
                        (value("+", "asked", &difference.asked))
                    }
                } }
            }
        }
    }
}
