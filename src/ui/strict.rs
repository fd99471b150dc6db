//! What `--strict` objects to: a run that did less than it was meant to, or kept less.

use super::console::Console;
use super::exit::Exit;
use crate::engine::Summary;
use crate::model::counted;

/// How a run ends; with `--strict` what that objects to is told, and counts where nothing else is wrong.
pub(crate) fn exit(summary: &Summary, is_strict: bool, console: Console) -> Exit {
    let objections = if is_strict { objections(summary) } else { Vec::new() };
    for objection in &objections {
        console.problem(&format!("--strict: {objection}"));
    }
    match Exit::from_summary(summary) {
        Exit::Well if !objections.is_empty() => Exit::Strict,
        exit => exit,
    }
}

/// What is to object to in `summary`, a line each.
fn objections(summary: &Summary) -> Vec<String> {
    let mut objections = Vec::new();
    if summary.requests == 0 {
        objections.push("nothing was sent through ramtape".to_owned());
    }
    if let Some(unused @ 1..) = summary.never_used {
        objections.push(format!("{} never used", counted(unused, "recorded request was", "recorded requests were")));
    }
    if summary.unused_takes > 0 {
        let takes = counted(summary.unused_takes, "take was", "takes were");
        objections.push(format!("{takes} not used: fewer requests came than were recorded"));
    }
    if summary.passed_on > 0 {
        objections
            .push(format!("{} passed on and not recorded", counted(summary.passed_on, "answer was", "answers were")));
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_did_all_it_was_meant_to_has_none() {
        let good = Summary { requests: 3, replayed: 3, never_used: Some(0), ..Summary::default() };
        assert_eq!(objections(&good), [""; 0]);
        let all = Summary { never_used: Some(2), unused_takes: 1, passed_on: 1, ..Summary::default() };
        assert_eq!(
            objections(&all),
            [
                "nothing was sent through ramtape",
                "2 recorded requests were never used",
                "1 take was not used: fewer requests came than were recorded",
                "1 answer was passed on and not recorded",
            ]
        );
    }
}
