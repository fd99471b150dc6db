//! The calls of a run as a text: an object a line, kept beside the cassette for when the run is over.

use super::call::{Call, CallOutcome};
use super::log::LoggedCall;
use crate::session::{MadeWrite, Session};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The format. A journal of another one is as good as none.
const FORMAT: u32 = 1;

/// The calls of one run over one cassette.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallJournal {
    /// What ran, and when.
    pub head: JournalHead,
    /// The calls, the latest last.
    pub calls: Vec<Call>,
    /// By number of a call: which of `histories` its session had made writes of, where a take was chosen by them.
    pub history_of_call: BTreeMap<u64, usize>,
    /// The writes of sessions, in order.
    pub histories: Vec<Vec<MadeWrite>>,
}

/// What is known of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalHead {
    /// The command that ran, for people.
    pub by: String,
    /// When it began, in microseconds since 1970.
    pub began: u64,
    /// Whether anything was recorded, or only replayed.
    pub recorded: bool,
}

/// A line of the text.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    /// The first one.
    RamtapeCalls {
        format: u32,
        #[serde(flatten)]
        run: JournalHead,
    },
    /// The writes of a session; the lines of its calls come after it.
    History(Vec<MadeWrite>),
    Call {
        #[serde(flatten)]
        call: Box<Call>,
        #[serde(skip_serializing_if = "Option::is_none")]
        history: Option<usize>,
    },
}

impl JournalHead {
    /// The head of a run of the command `by` that began then.
    #[must_use]
    pub fn new(by: &str, began: SystemTime, recorded: bool) -> Self {
        let began = began.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        Self { by: by.to_owned(), began: u64::try_from(began).unwrap_or(u64::MAX), recorded }
    }
}

impl CallJournal {
    /// The journal of what a log remembers.
    pub(in crate::engine) fn from_log(head: JournalHead, logged: Vec<(u64, LoggedCall)>) -> Self {
        let mut journal = Self { head, ..Self::default() };
        let mut known: HashMap<*const Mutex<Session>, usize> = HashMap::new();
        for (number, logged) in logged {
            if let Some((session, _)) = logged.choice() {
                let history = *known.entry(Arc::as_ptr(session)).or_insert_with(|| {
                    journal.histories.push(session.lock().history.writes().collect());
                    journal.histories.len() - 1
                });
                journal.history_of_call.insert(number, history);
            }
            journal.calls.push(logged.to_call(number));
        }
        journal
    }

    /// The journal as text. What the cassette has of a request that it answered is not in it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut add = |line: &Line| {
            if let Ok(line) = serde_json::to_string(line) {
                let _ = writeln!(text, "{line}");
            }
        };
        add(&Line::RamtapeCalls { format: FORMAT, run: self.head.clone() });
        self.histories.iter().for_each(|history| add(&Line::History(history.clone())));
        for call in &self.calls {
            let mut call = Box::new(call.clone());
            if let (CallOutcome::Replayed(_), Some(request)) = (&call.outcome, &mut call.request) {
                request.asked = None;
            }
            let history = self.history_of_call.get(&call.number).copied();
            add(&Line::Call { call, history });
        }
        text
    }

    /// The journal that `text` is; `None` where it is none, or one of another format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(serde_json::from_str::<Line>);
        let Some(Ok(Line::RamtapeCalls { format: FORMAT, run })) = lines.next() else { return None };
        let mut journal = Self { head: run, ..Self::default() };
        for line in lines {
            match line.ok()? {
                Line::RamtapeCalls { .. } => return None,
                Line::History(history) => journal.histories.push(history),
                Line::Call { call, history } => {
                    if let Some(history) = history.filter(|history| *history < journal.histories.len()) {
                        journal.history_of_call.insert(call.number, history);
                    }
                    journal.calls.push(*call);
                }
            }
        }
        Some(journal)
    }

    /// The writes of the session of call `number`, where a take was chosen by them.
    #[must_use]
    pub fn history(&self, number: u64) -> Option<&[MadeWrite]> {
        self.histories.get(*self.history_of_call.get(&number)?).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::call::{AskedParameters, CallRequest, TakeChosen};
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::session::{ChoicePosition, Turn};

    fn call(number: u64, outcome: CallOutcome) -> Call {
        let asked = AskedParameters { region: "r".into(), actor: "a".into(), parameters: "{}".into() };
        let request = CallRequest {
            folder: "get-x".into(),
            fingerprint: Fingerprint::hash("x"),
            asked: Some(asked),
            page_size: Some(2),
            continues: true,
        };
        let (session, operation) = (Some("s\n\u{2028}".to_owned()), "GetX".to_owned());
        Call {
            number,
            at: 7,
            took: 3,
            session,
            operation,
            is_write: false,
            request: Some(request),
            status: 200,
            outcome,
        }
    }

    #[test]
    fn a_journal_is_read_as_it_was_written() {
        let position = Some(ChoicePosition { writes: 1, served: 2, turn: Turn::InTurn });
        let replayed = CallOutcome::Replayed(TakeChosen { take: 4, position, ..TakeChosen::default() });
        let missed = CallOutcome::Missed { message: "no\nanswer".into() };
        let write = MadeWrite { id: "create/x#1".into(), take: Some((Fingerprint::hash("w"), 3, None)) };
        let journal = CallJournal {
            head: JournalHead::new("pytest", UNIX_EPOCH, false),
            calls: vec![call(3, replayed), call(4, missed)],
            history_of_call: [(3, 0)].into(),
            histories: vec![vec![write.clone()]],
        };
        let text = journal.to_text();
        let read = CallJournal::parse(&text).unwrap();
        assert_eq!(read.history(3), Some(&[write][..]));
        let without_asked = |mut call: Call| {
            call.request.as_mut().unwrap().asked = None;
            call
        };
        assert_eq!(read.calls, [without_asked(journal.calls[0].clone()), journal.calls[1].clone()]);
        assert_eq!(read.head, journal.head);
        assert_eq!(CallJournal::parse(&text.replace("\"format\":1", "\"format\":2")), None);
        assert_eq!(CallJournal::parse(&text[..text.len() - 5]), None);
        assert_eq!(CallJournal::parse(""), None);
    }
}
