//! Differences as programs read them: an object a line.

use crate::diff::{Difference, TakeChange, TakeDifference, ValueAt};
use crate::model::Entry;
use crate::review::RequestDiff;
use serde_json::{Value, json};

/// `settings` is what the files beside the takes differ in.
pub(super) fn text(settings: &[(&str, Vec<Difference>)], requests: &[RequestDiff]) -> String {
    let mut text = String::new();
    for (file, differences) in settings {
        let differences: Vec<Value> = differences.iter().map(|difference| sides(None, difference)).collect();
        text.push_str(&format!("{}\n", json!({ "file": file, "differences": differences })));
    }
    requests.iter().for_each(|request| text.push_str(&format!("{}\n", object(request))));
    text
}

fn object(request: &RequestDiff) -> Value {
    let asked = |value: fn(&Entry) -> &str| request.entry().map(value);
    json!({
        "change": request.kind().name(),
        "operation": asked(|entry| entry.operation.as_str()),
        "fingerprint": request.fingerprint.to_string(),
        "region": asked(|entry| &entry.region),
        "actor": asked(|entry| &entry.actor),
        "request": asked(|entry| &entry.request),
        "file": format!("{}/{}.json", request.folder, request.fingerprint),
        "takes": request.changes.iter().map(|change| take(request, change)).collect::<Vec<_>>(),
    })
}

/// Takes are numbered from 1.
fn take(request: &RequestDiff, change: &TakeChange) -> Value {
    let (word, before, after, how) = match change {
        TakeChange::Added { after } => ("added", None, Some(*after), &[][..]),
        TakeChange::Gone { before } => ("gone", Some(*before), None, &[][..]),
        TakeChange::Changed { before, after, how } => ("changed", Some(*before), Some(*after), how.as_slice()),
    };
    let of = |entry: &'_ Option<Entry>, at: Option<usize>| entry.as_ref()?.takes.get(at?).cloned();
    let told = of(&request.after, after).or_else(|| of(&request.before, before));
    json!({
        "change": word,
        "before": before.map(|at| at + 1),
        "after": after.map(|at| at + 1),
        "session": told.as_ref().and_then(|take| take.session.clone()),
        "recordedAfter": told.as_ref().and_then(|take| take.after.clone()),
        "fields": how.iter().filter_map(field).collect::<Vec<_>>(),
        "differences": how.iter().filter_map(difference).collect::<Vec<_>>(),
        "spelling": how.contains(&TakeDifference::Spelling),
    })
}

/// How a take differs, by itself.
pub(in crate::command) fn change(change: &TakeDifference) -> Value {
    field(change).or_else(|| difference(change)).unwrap_or_else(|| json!({ "spelling": true }))
}

fn field(change: &TakeDifference) -> Option<Value> {
    let TakeDifference::Field { name, before, after } = change else { return None };
    Some(json!({ "name": name, "before": before, "after": after }))
}

fn difference(change: &TakeDifference) -> Option<Value> {
    let TakeDifference::Body { page, difference } = change else { return None };
    Some(sides(*page, difference))
}

/// Values stand as their JSON text, whole.
fn sides(page: Option<usize>, difference: &Difference) -> Value {
    let side = |place: &Option<ValueAt>| place.as_ref().map(|it| json!({ "pointer": it.pointer, "value": it.value }));
    json!({ "page": page, "before": side(&difference.before), "after": side(&difference.after) })
}
