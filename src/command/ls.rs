//! `ramtape ls`

use super::error::chain;
use super::recorded::{Recorded, Shelf};
use super::voice::{Voice, printable};
use super::{CommandError, Exit, output};
use crate::cli::LsArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::interaction::{Entry, Take};

pub(super) fn run(args: &LsArgs, environment: &Environment, voice: Voice) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let shelf = Shelf::open(&config.cassette, voice)?;
    let mut found = Vec::new();
    let mut exit = Exit::Well;
    for (folder, fingerprint) in shelf.names()? {
        match shelf.read(&folder, fingerprint) {
            Ok(recorded) => found.extend(recorded),
            // One damaged file does not hide the others.
            Err(error) => {
                voice.problem(&chain(&error));
                exit = Exit::Cassette;
            }
        }
    }
    output::print(&if args.json { json(&found, &shelf) } else { text(&found) })?;
    Ok(exit)
}

/// Columns, as wide as they need to be.
fn text(found: &[Recorded]) -> String {
    let rows: Vec<[String; 7]> = found.iter().map(row).collect();
    let mut widths = [0; 7];
    for (width, column) in widths.iter_mut().zip(0..) {
        *width =
            rows.iter().filter_map(|row| row.get::<usize>(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    }
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths).filter(|(_, width)| *width > 0);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(recorded: &Recorded) -> [String; 7] {
    let Recorded { fingerprint, entry, .. } = recorded;
    let actor = if entry.actor == "default" { String::new() } else { entry.actor.clone() };
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    [
        entry.operation.as_str().to_owned(),
        fingerprint.to_string(),
        entry.region.clone(),
        actor,
        counted(entry.takes.len(), "take"),
        counted(pages(entry), "page"),
        outcomes(entry).join(", "),
    ]
    .map(|cell| printable(&cell).replace(['\n', '\t'], " "))
}

fn json(found: &[Recorded], shelf: &Shelf) -> String {
    let line = |recorded: &Recorded| {
        let entry = &recorded.entry;
        let object = serde_json::json!({
            "operation": entry.operation.as_str(),
            "fingerprint": recorded.fingerprint.to_string(),
            "region": entry.region,
            "actor": entry.actor,
            "takes": entry.takes.len(),
            "pages": pages(entry),
            "outcomes": outcomes(entry),
            "complete": entry.takes.iter().all(|take| take.complete),
            "file": shelf.file(recorded).to_string_lossy(),
        });
        format!("{object}\n")
    };
    found.iter().map(line).collect()
}

fn pages(entry: &Entry) -> usize {
    entry.takes.iter().map(|take| take.pages.len()).sum()
}

/// How the takes end, each different end once, in recorded order.
fn outcomes(entry: &Entry) -> Vec<String> {
    let mut outcomes: Vec<String> = Vec::new();
    for outcome in entry.takes.iter().map(outcome) {
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
    if let Some((_, kind)) = last.headers.iter().find(|(name, _)| name == "x-amzn-errortype") {
        // AWS writes `Name:http://internal.example/`.
        text.push_str(&format!(" {}", kind.split(':').next().unwrap_or_default()));
    }
    if !take.complete {
        text.push_str(" in part");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::interaction::{Body, OperationName, Page};

    fn take(status: u16, kind: Option<&str>, complete: bool, pages: usize) -> Take {
        let headers = kind.map(|kind| ("x-amzn-errortype".to_owned(), kind.to_owned())).into_iter().collect();
        let page = Page { status, headers, body: Body::default() };
        Take { session: None, after: None, id: None, max_results: None, complete, pages: vec![page; pages] }
    }

    fn recorded(operation: &str, actor: &str, takes: Vec<Take>) -> Recorded {
        let entry = Entry {
            operation: OperationName::Known(operation.into()),
            region: "us-east-1".into(),
            actor: actor.into(),
            request: "{}".into(),
            takes,
        };
        Recorded { fingerprint: Fingerprint::from_bytes([0; 10]), folder: "f".into(), entry }
    }

    #[test]
    fn columns_are_aligned_and_a_default_actor_takes_no_room() {
        let one = recorded("ListPrincipals", "default", vec![take(200, None, true, 3)]);
        let error = Some("UnknownResourceException:http://x/");
        let other = recorded(
            "GetResourceShares",
            "default",
            vec![take(200, None, false, 1), take(400, error, true, 1), take(400, error, true, 1)],
        );
        assert_eq!(
            text(&[one, other]),
            "ListPrincipals     aaaaaaaaaaaaaaaa  us-east-1  1 take   3 pages  200\n\
             GetResourceShares  aaaaaaaaaaaaaaaa  us-east-1  3 takes  3 pages  200 in part, 400 UnknownResourceException\n"
        );
        let consumer = recorded("ListPrincipals", "consumer", vec![take(200, None, true, 1)]);
        assert_eq!(text(&[consumer]), "ListPrincipals  aaaaaaaaaaaaaaaa  us-east-1  consumer  1 take  1 page  200\n");
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        let hostile = recorded("GET /a\n\x1b[2J", "default", vec![take(200, None, true, 1)]);
        let text = text(&[hostile]);
        assert_eq!(text.lines().count(), 1);
        assert!(!text.contains('\x1b'));
    }
}
