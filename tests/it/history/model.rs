//! Scripts of sessions, and what each was answered when it was recorded.

use proptest::prelude::*;
use std::collections::HashMap;

/// A step of a session's script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A write; equal numbers are equal requests.
    Write(u8),
    /// A read asked until its answer was this often another: a waiter.
    Poll(u8, u8),
}

/// A request and the answers that it got, changes only: what a waiter sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) request: String,
    pub(crate) write: bool,
    pub(crate) answers: Vec<String>,
}

/// A session: its name and what was recorded of it, in order.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) session: Option<String>,
    pub(crate) recorded: Vec<Recorded>,
}

/// Runs scripts one step at a time, in the order of `turns`, against a service whose every answer is another: it tells the
/// number of the call.
pub(crate) fn record(sessions: Vec<(Option<String>, Vec<Step>)>) -> Vec<Script> {
    let mut calls = 0;
    let mut answer = |request: &str| {
        calls += 1;
        format!(r#"{{"request":"{request}","call":{calls}}}"#)
    };
    sessions
        .into_iter()
        .map(|(session, steps)| {
            let recorded = steps.into_iter().map(|step| match step {
                Step::Write(number) => {
                    let request = format!("write-{number}");
                    Recorded { answers: vec![answer(&request)], request, write: true }
                }
                Step::Poll(number, changes) => {
                    let request = format!("read-{number}");
                    let answers = (0..=changes).map(|_| answer(&request)).collect();
                    Recorded { answers, request, write: false }
                }
            });
            Script { session, recorded: merged(recorded.collect()) }
        })
        .collect()
}

/// Polls of one request with no write in between are one waiter, whatever came between them.
fn merged(recorded: Vec<Recorded>) -> Vec<Recorded> {
    let mut out: Vec<Recorded> = Vec::new();
    let mut since_write: HashMap<String, usize> = HashMap::new();
    for step in recorded {
        if step.write {
            since_write.clear();
        } else if let Some(at) = since_write.get(&step.request) {
            let earlier = out.get_mut(*at).unwrap();
            earlier.answers.extend(step.answers);
            continue;
        } else {
            since_write.insert(step.request.clone(), out.len());
        }
        out.push(step);
    }
    out
}

pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_u8..3).prop_map(Step::Write),
        (0_u8..3, 0_u8..3).prop_map(|(number, changes)| Step::Poll(number, changes)),
    ];
    prop::collection::vec(step, 1..7)
}
