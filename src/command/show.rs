//! `ramtape show`

use crate::app::shown_session;
use crate::cassette::{VARIABLES_FILE, Variables};
use crate::cli::ShowArgs;
use crate::command::takes::glob::matches;
use crate::command::takes::recorded::CassetteReader;
use crate::command::takes::select::{Chosen, Selection};
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::entry_file::{ReadableBody, make_readable, spelled};
use crate::fingerprint::canonical_text;
use crate::model::{Entry, Page, Take, counted};
use crate::ui::{CommandError, Console, Exit, Screen, output, printable};
use data_encoding::BASE64;
use std::path::Path;

pub(super) fn run(args: &ShowArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let selection = Selection::new(&args.what, &args.takes.selection);
    selection.check(environment.folder())?;
    let settings = Settings::load(args.takes.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let reader = CassetteReader::open(&config.cassette, console)?;
    let mut text = if args.variables { variables(args, &config.cassette)? } else { String::new() };
    if args.what.is_empty() {
        output::print(&text)?;
        return Ok(Exit::Well);
    }
    let screen = if args.full || args.json { None } else { Screen::of_stdout() };
    let most = screen.map(|screen| screen.rows);
    let exit = selection.each(&reader, console, |chosen| {
        if !text.is_empty() && !args.json {
            text.push('\n');
        }
        text.push_str(&match (args.json, args.canonical) {
            (true, with_canonical) => json(&chosen, &reader, with_canonical),
            (false, true) => canonical(&chosen.recorded.entry),
            (false, false) => printable(&whole(&chosen, &reader, most)).into_owned(),
        });
    })?;
    if text.is_empty() && exit == Exit::Well {
        return Err(selection.nothing_in(&config.cassette));
    }
    if let Some(screen) = screen {
        text = screen.fitted(&text);
    }
    output::print(&text)?;
    Ok(exit)
}

/// The recorded variables of the cassette in `root`, of the sessions that are chosen.
fn variables(args: &ShowArgs, root: &Path) -> Result<String, CommandError> {
    let pattern = args.takes.selection.session.as_deref();
    let chosen =
        |session: &str| pattern.is_none_or(|it| if session.is_empty() { it.is_empty() } else { matches(it, session) });
    let file = root.join(VARIABLES_FILE);
    let mut text = String::new();
    for (session, values) in Variables::read(root)?.sessions().filter(|(session, _)| chosen(session)) {
        if args.json {
            let name = Some(session).filter(|session| !session.is_empty());
            let object = serde_json::json!({ "session": name, "variables": values, "file": file.to_string_lossy() });
            text.push_str(&format!("{object}\n"));
            continue;
        }
        text.push_str(&format!("variables of {}, in {}\n", shown_session(session), file.display()));
        for (name, value) in values {
            text.push_str(&format!("{name}={}\n", printable(value).replace('\n', "\\n")));
        }
    }
    if text.is_empty() {
        return Err(CommandError::NoVariables { root: root.to_owned() });
    }
    Ok(text)
}

fn canonical(entry: &Entry) -> String {
    canonical_text(&entry.operation, &entry.region, &entry.actor, &entry.request)
}

fn whole(chosen: &Chosen, reader: &CassetteReader, most: Option<usize>) -> String {
    let recorded = &chosen.recorded;
    let entry = &recorded.entry;
    let mut text = format!(
        "operation    {}\nfingerprint  {}\nregion       {}\nactor        {}\nrequest      {}\nfile         {}\n",
        entry.operation.as_str(),
        recorded.fingerprint,
        entry.region,
        entry.actor,
        entry.request,
        reader.file(recorded).display(),
    );
    for (number, take) in chosen.takes() {
        text.push_str(&format!("\ntake {number} of {}{}\n", entry.takes.len(), circumstances(take)));
        for (number, page) in (1..).zip(&take.pages) {
            text.push_str(&page_text(number, take.pages.len(), page, most));
        }
    }
    text
}

fn circumstances(take: &Take) -> String {
    let parts = [
        take.session.as_ref().map(|session| format!("session {session}")),
        take.after.as_ref().map(|write| format!("after {write}")),
        take.id.as_ref().map(|id| format!("the write {id}")),
        take.max_results.map(|size| format!("requested pages of {size}")),
        (!take.complete).then(|| "recorded in part".to_owned()),
        (take.times > 1).then(|| format!("given {} times in a row", take.times)),
    ];
    parts.into_iter().flatten().map(|part| format!(", {part}")).collect()
}

/// A page with its body laid out, if it can be; of the body no more than `most` lines.
fn page_text(number: usize, pages: usize, page: &Page, most: Option<usize>) -> String {
    let mut text = if pages == 1 { String::new() } else { format!("page {number} of {pages}: ") };
    text.push_str(&format!("status {}\n", page.status));
    for (name, value) in &page.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    match make_readable(&page.body) {
        ReadableBody::LaidOut(body) => {
            let lines = body.lines().count();
            let shown = most.filter(|most| *most < lines).unwrap_or(lines);
            body.lines().take(shown).for_each(|line| text.extend([line, "\n"]));
            if shown < lines {
                text.push_str(&format!(
                    "… {} (--full shows them)\n",
                    counted((lines - shown) as u64, "more line", "more lines")
                ));
            }
        }
        ReadableBody::Text(body) if body.is_empty() => {}
        ReadableBody::Text(body) => text.push_str(&format!("{body}\n")),
        ReadableBody::Binary(size) => text.push_str(&format!("({size} bytes of binary data; --json shows them)\n")),
    }
    text
}

fn json(chosen: &Chosen, reader: &CassetteReader, with_canonical: bool) -> String {
    let recorded = &chosen.recorded;
    let entry = &recorded.entry;
    let mut object = serde_json::json!({
        "operation": entry.operation.as_str(),
        "fingerprint": recorded.fingerprint.to_string(),
        "region": entry.region,
        "actor": entry.actor,
        "request": entry.request,
        "file": reader.file(recorded).to_string_lossy(),
        "takes": chosen.takes().map(|(_, take)| take_json(take)).collect::<Vec<_>>(),
    });
    if with_canonical && let Some(object) = object.as_object_mut() {
        object.insert("canonical".to_owned(), canonical(entry).into());
    }
    format!("{object}\n")
}

fn take_json(take: &Take) -> serde_json::Value {
    serde_json::json!({
        "session": take.session,
        "after": take.after,
        "id": take.id,
        "maxResults": take.max_results,
        "times": take.times,
        "complete": take.complete,
        "pages": take.pages.iter().map(page_json).collect::<Vec<_>>(),
    })
}

/// The body is a string, byte for byte, or base64 where it is not text.
fn page_json(page: &Page) -> serde_json::Value {
    let body = spelled(&page.body);
    let (member, body) = match std::str::from_utf8(&body) {
        Ok(text) => ("body", text.to_owned()),
        Err(_) => ("base64", BASE64.encode(&body)),
    };
    let headers: serde_json::Map<_, _> =
        page.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    serde_json::json!({ "status": page.status, "headers": headers, member: body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Hole};
    use bytes::Bytes;

    #[test]
    fn bodies_are_shown_with_their_holes() {
        let mut body = Body::literal(Bytes::from_static(b"{\"n\": 1.0E9, \"nextToken\":"));
        body.push_hole(Hole::Token(2));
        body.push_literal(Bytes::from_static(b"}"));
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let page = Page { status: 200, headers, body };
        assert_eq!(
            page_text(2, 3, &page, None),
            "page 2 of 3: status 200\ncontent-type: application/json\n{\n  \"n\": 1.0E9,\n  \"nextToken\": {\"$token\": 2}\n}\n"
        );
        let cut = page_text(1, 1, &page, Some(2));
        assert!(cut.ends_with("{\n  \"n\": 1.0E9,\n… 2 more lines (--full shows them)\n"), "{cut}");
        assert_eq!(page_json(&page)["body"], "{\"n\": 1.0E9, \"nextToken\":{\"$token\":2}}");
        let binary = Page { status: 200, headers: Vec::new(), body: Body::literal(Bytes::from_static(b"\xff\x00")) };
        assert!(page_text(1, 1, &binary, None).contains("2 bytes of binary data"));
        assert_eq!(page_json(&binary)["base64"], "/wA=");
    }
}
