//! `ramtape ls`

use crate::cli::LsArgs;
use crate::command::takes::recorded::CassetteReader;
use crate::command::takes::select::{Chosen, Selection};
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::model::Take;
use crate::ui::{CommandError, Console, Exit, output, printable, table};

pub(super) fn run(args: &LsArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let selection = Selection::new(&args.what, &args.takes.selection);
    selection.check(environment.folder())?;
    let settings = Settings::load(args.takes.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let reader = CassetteReader::open(&config.cassette, console)?;
    let (mut rows, mut lines, mut found) = (Vec::new(), String::new(), false);
    let exit = selection.each(&reader, console, |chosen| {
        found = true;
        if args.json { lines.push_str(&json(&chosen, &reader)) } else { rows.push(row(&chosen)) }
    })?;
    if !found && !selection.is_everything() {
        console.note(&format!("no takes in {} match these filters", config.cassette.display()));
    }
    output::print(&if args.json { lines } else { table::text(&rows) })?;
    Ok(exit)
}

fn row(chosen: &Chosen) -> [String; 7] {
    let entry = &chosen.recorded.entry;
    let actor = if entry.actor == "default" { String::new() } else { entry.actor.clone() };
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    [
        entry.operation.as_str().to_owned(),
        chosen.recorded.fingerprint.to_string(),
        entry.region.clone(),
        actor,
        counted(chosen.takes.len(), "take"),
        counted(pages(chosen), "page"),
        outcomes(chosen).join(", "),
    ]
    .map(|cell| printable(&cell).replace(['\n', '\t'], " "))
}

fn json(chosen: &Chosen, reader: &CassetteReader) -> String {
    let entry = &chosen.recorded.entry;
    let object = serde_json::json!({
        "operation": entry.operation.as_str(),
        "fingerprint": chosen.recorded.fingerprint.to_string(),
        "region": entry.region,
        "actor": entry.actor,
        "takes": chosen.takes.len(),
        "pages": pages(chosen),
        "outcomes": outcomes(chosen),
        "pending": reader.is_pending(chosen.recorded.fingerprint),
        "complete": chosen.takes().all(|(_, take)| take.complete),
        "file": reader.file(&chosen.recorded).to_string_lossy(),
    });
    format!("{object}\n")
}

fn pages(chosen: &Chosen) -> usize {
    chosen.takes().map(|(_, take)| take.pages.len()).sum()
}

/// How the takes end, each different end once, in recorded order.
fn outcomes(chosen: &Chosen) -> Vec<String> {
    let mut outcomes: Vec<String> = Vec::new();
    for outcome in chosen.takes().map(|(_, take)| outcome(take)) {
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    outcomes
}

/// `200`, `400 UnknownResourceException`, `200 in part`.
fn outcome(take: &Take) -> String {
    let Some(last) = take.pages.last() else { return "empty".to_owned() };
    let mut text = last.status.to_string();
    if let Some(kind) = last.error_kind() {
        text.push_str(&format!(" {kind}"));
    }
    if !take.complete {
        text.push_str(" in part");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::takes::recorded::Recorded;
    use crate::fingerprint::Fingerprint;
    use crate::model::{Body, Entry, OperationName, Page};

    fn take(status: u16, kind: Option<&str>, complete: bool, pages: usize) -> Take {
        let headers = kind.map(|kind| ("x-amzn-errortype".to_owned(), kind.to_owned())).into_iter().collect();
        let page = Page { status, headers, body: Body::default() };
        Take { session: None, after: None, id: None, max_results: None, complete, times: 1, pages: vec![page; pages] }
    }

    fn chosen(operation: &str, actor: &str, takes: Vec<Take>) -> Chosen {
        let all = (0..takes.len()).collect();
        let entry = Entry {
            operation: OperationName::Known(operation.into()),
            region: "us-east-1".into(),
            actor: actor.into(),
            request: "{}".into(),
            takes,
        };
        let recorded = Recorded { fingerprint: Fingerprint::from_bytes([0; 10]), folder: "f".into(), entry };
        Chosen { recorded, takes: all }
    }

    #[test]
    fn columns_are_aligned_and_a_default_actor_takes_no_room() {
        let one = chosen("ListPrincipals", "default", vec![take(200, None, true, 3)]);
        let error = Some("UnknownResourceException:http://x/");
        let other = chosen(
            "GetResourceShares",
            "default",
            vec![take(200, None, false, 1), take(400, error, true, 1), take(400, error, true, 1)],
        );
        assert_eq!(
            table::text(&[row(&one), row(&other)]),
            "ListPrincipals     aaaaaaaaaaaaaaaa  us-east-1  1 take   3 pages  200\n\
             GetResourceShares  aaaaaaaaaaaaaaaa  us-east-1  3 takes  3 pages  200 in part, 400 UnknownResourceException\n"
        );
        let consumer = chosen("ListPrincipals", "consumer", vec![take(200, None, true, 1)]);
        assert_eq!(
            table::text(&[row(&consumer)]),
            "ListPrincipals  aaaaaaaaaaaaaaaa  us-east-1  consumer  1 take  1 page  200\n"
        );
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        let hostile = chosen("GET /a\n\x1b[2J", "default", vec![take(200, None, true, 1)]);
        let text = table::text(&[row(&hostile)]);
        assert_eq!(text.lines().count(), 1);
        assert!(!text.contains('\x1b'));
    }
}
