//! Values that an answer holds redacted and a later request asks as they are. On replay the client would get the pseudonym,
//! and whoever passes that on asks another request than the recorded one.
//!
//! Only rules that hold for answers and not for every request can bring that about. A value that a request carried before
//! any answer gave it is the client's own: it needs no answer to ask.

use crate::cassette::error::CassetteError;
use crate::cassette::policy::BrokenEntry;
use crate::cassette::storage::Storage;
use crate::fingerprint::Fingerprint;
use crate::json::{self, Kind, Node};
use crate::model::Page;
use std::collections::HashMap;

/// A value that pending requests ask as it is, by what stands for it in answers.
struct Asked {
    /// When it, or its pseudonym, was first asked.
    first: u64,
    /// When an answer first gave its pseudonym.
    given: Option<u64>,
    /// The requests, and where it stands in them.
    places: Vec<(Fingerprint, String)>,
}

/// What was recorded before everything that is pending.
const SEALED: u64 = 0;

/// What would not be asked again of what is pending, each with the first such place.
///
/// # Errors
/// Where the cassette cannot be read.
pub(crate) fn handed_on(storage: &Storage) -> Result<HashMap<Fingerprint, BrokenEntry>, CassetteError> {
    let Some(store) = storage.store().filter(|_| storage.redaction.has_answer_only_rules()) else {
        return Ok(HashMap::new());
    };
    let mut all: HashMap<String, Asked> = HashMap::new();
    let pending = store.pending().names();
    for (_, fp) in &pending {
        let Some(takes) = store.pending_takes(fp)? else { continue };
        strings(takes.head.request.as_bytes(), |pointer, text| {
            for pseudonym in storage.redaction.answer_pseudonyms(text) {
                let asked = all.entry(pseudonym).or_insert_with(Asked::nowhere);
                asked.places.push((*fp, pointer.to_owned()));
            }
        });
    }
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    for (folder, fp) in storage.names()? {
        // That a file is damaged is told elsewhere.
        let Ok(Some(entry)) = storage.text(&folder, &fp) else { continue };
        let pages = entry.takes.iter().flat_map(|take| &take.pages).map(|page| (SEALED, page));
        look_at(storage, &mut all, (SEALED, &entry.request), pages);
    }
    for (_, fp) in &pending {
        let Some(takes) = store.pending_takes(fp)? else { continue };
        let sequences = store.pending().sequences(fp);
        let first = sequences.first().copied().unwrap_or_default() + 1;
        let recorded = sequences.iter().zip(&takes.takes);
        let pages = recorded.flat_map(|(at, recorded)| recorded.take.pages.iter().map(move |page| (at + 1, page)));
        look_at(storage, &mut all, (first, &takes.head.request), pages);
    }
    let lost = all.into_values().filter(|asked| asked.given.is_some_and(|given| given < asked.first));
    let lost = lost.flat_map(|asked| asked.places).map(|(fp, pointer)| (fp, broken(&pointer)));
    Ok(lost.collect())
}

impl Asked {
    const fn nowhere() -> Self {
        Self { first: u64::MAX, given: None, places: Vec::new() }
    }
}

fn look_at<'p>(
    storage: &Storage,
    all: &mut HashMap<String, Asked>,
    (at, request): (u64, &str),
    pages: impl Iterator<Item = (u64, &'p Page)>,
) {
    strings(request.as_bytes(), |_, text| {
        for pseudonym in storage.redaction.answer_pseudonyms(text).into_iter().chain([text.to_owned()]) {
            if let Some(asked) = all.get_mut(&pseudonym) {
                asked.first = asked.first.min(at);
            }
        }
    });
    for (at, page) in pages {
        strings(&page.body.with_placeholders().0, |_, text| {
            if let Some(asked) = all.get_mut(text) {
                asked.given = Some(asked.given.map_or(at, |given| given.min(at)));
            }
        });
    }
}

fn broken(pointer: &str) -> BrokenEntry {
    let reason = "an answer has this value redacted, but this request has it in clear: a replay would answer with the \
                  pseudonym, and a client that sends that back would miss. Remove `in` and `operations` from the rule, \
                  or add a rule for the request's member, and record again";
    BrokenEntry { pointer: format!("/request{pointer}"), reason: reason.to_owned() }
}

/// Tells `see` of every string in a JSON text, with its JSON pointer. What is no JSON has none.
fn strings(text: &[u8], mut see: impl FnMut(&str, &str)) {
    if let Ok(root) = json::parse(text) {
        walk(&root, &mut String::new(), &mut see);
    }
}

fn walk(node: &Node<'_>, pointer: &mut String, see: &mut impl FnMut(&str, &str)) {
    let end = pointer.len();
    match &node.kind {
        Kind::String => {
            if let Some(text) = node.text() {
                see(pointer, &text);
            }
        }
        Kind::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{at}"));
                walk(item, pointer, see);
                pointer.truncate(end);
            }
        }
        Kind::Object(members) => {
            for member in members {
                let name = json::unquote(member.key).unwrap_or_default();
                pointer.push_str(&format!("/{}", json::pointer_step(&name)));
                walk(&member.value, pointer, see);
                pointer.truncate(end);
            }
        }
        _ => {}
    }
}
