//! What the model takes from ramtape: how a recording links its takes and keeps them, and which take answers a request.
//! Nothing else here knows how ramtape does either.

use super::request::Request;
use bytes::Bytes;
use ramtape::diff::{RecordedTake as Recorded, add_takes as merge};
use ramtape::engine::operation_rules;
use ramtape::fingerprint::{Fingerprint, canonical_text};
use ramtape::model::{Body, Entry, IdentifierRules, OperationName, Page, Take};
use ramtape::service::Service;
use ramtape::session::{RetryKey, Session, SessionHistory, TakeHistories, TakeQuery, WriteTree, explain_choice};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

static SERVICE: LazyLock<Service> = LazyLock::new(|| Service::with_additions(&toml::Table::new()).unwrap());

pub(crate) use ramtape::engine::Poll;

/// Everything recorded.
#[derive(Debug, Default)]
pub(crate) struct Cassette {
    pub(crate) entries: HashMap<Fingerprint, Entry>,
    /// By what tells a request from others: hashing each once is enough.
    fingerprints: HashMap<Rc<str>, Fingerprint>,
}

fn fingerprint(request: &Request) -> Fingerprint {
    let operation = OperationName::Known(request.operation.to_owned());
    Fingerprint::hash(&canonical_text(&operation, request.region, request.actor, &request.json()))
}

/// A recording under way.
#[derive(Default)]
pub(crate) struct Recorder {
    fingerprints: HashMap<Rc<str>, Fingerprint>,
    histories: HashMap<Option<String>, SessionHistory>,
    recorded: HashMap<Fingerprint, (Request, Vec<Recorded>)>,
}

impl Recorder {
    /// An answer has come: it is linked to the latest write of its session whose answer came before.
    pub(crate) fn answer(&mut self, session: Option<&str>, request: &Request, status: u16, body: String) {
        let history = self.histories.entry(session.map(str::to_owned)).or_default();
        let after = history.latest_write().map(str::to_owned);
        let fingerprint = *self.fingerprints.entry(request.line()).or_insert_with(|| fingerprint(request));
        let id = request.is_write().then(|| {
            let folder = OperationName::Known(request.operation.to_owned()).folder();
            history.begin_write(&folder, &fingerprint, after.clone())
        });
        id.iter().for_each(|id| history.push_recorded(id.clone()));
        let page = Page { status, headers: Vec::new(), body: Body::literal(Bytes::from(body)) };
        let take = Take {
            session: session.map(str::to_owned),
            after,
            id,
            max_results: None,
            complete: true,
            times: 1,
            pages: vec![page],
        };
        let (_, recorded) = self.recorded.entry(fingerprint).or_insert_with(|| (request.clone(), Vec::new()));
        recorded.push(Recorded { take, replace: false });
    }

    pub(crate) fn finish(self) -> Cassette {
        let entry = |(fingerprint, (request, recorded)): (Fingerprint, (Request, Vec<Recorded>))| {
            let entry = Entry {
                operation: OperationName::Known(request.operation.to_owned()),
                region: request.region.to_owned(),
                actor: request.actor.to_owned(),
                request: request.json(),
                takes: merge(Vec::new(), recorded),
            };
            (fingerprint, entry)
        };
        Cassette { entries: self.recorded.into_iter().map(entry).collect(), fingerprints: self.fingerprints }
    }
}

/// A take that answers.
pub(crate) struct Chosen {
    /// Its place among those of its request.
    pub(crate) take: usize,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// What was told of a waiter that may wait for ever.
pub(crate) struct Notice {
    pub(crate) session: Option<String>,
    pub(crate) fingerprint: Fingerprint,
}

/// A replay of a cassette.
pub(crate) struct Player<'a> {
    cassette: &'a Cassette,
    poll: Poll,
    lines: Arc<WriteTree>,
    choices: HashMap<Fingerprint, Arc<TakeHistories>>,
    sessions: HashMap<Option<String>, Session>,
    notices: Vec<Notice>,
}

impl<'a> Player<'a> {
    pub(crate) fn new(cassette: &'a Cassette, poll: Poll) -> Self {
        let has_writes = |entry: &Entry| entry.takes.iter().any(|take| take.id.is_some());
        let written = cassette.entries.iter().filter(|(_, entry)| has_writes(entry));
        let lines = Arc::new(WriteTree::from_entries(
            written.map(|(fingerprint, entry)| (*fingerprint, entry.clone())),
            &IdentifierRules::default(),
        ));
        Self { cassette, poll, lines, choices: HashMap::new(), sessions: HashMap::new(), notices: Vec::new() }
    }

    /// The take that answers; `None` where nothing was recorded. A request and its retries have one `invocation`.
    pub(crate) fn choose(
        &mut self,
        session: Option<&str>,
        request: &Request,
        invocation: Option<&str>,
    ) -> Option<Chosen> {
        let fingerprint = *self.cassette.fingerprints.get(&request.line())?;
        let entry = self.cassette.entries.get(&fingerprint)?;
        let choices = self.choices.entry(fingerprint).or_insert_with(|| {
            Arc::new(TakeHistories::build(
                &fingerprint,
                entry,
                &self.lines,
                &operation_rules(&SERVICE, &entry.operation),
            ))
        });
        let poll = self.poll;
        let ask = || TakeQuery {
            fingerprint,
            session,
            max_results: None,
            retry_keys: invocation.map(|id| RetryKey::Invocation(id.to_owned())).into_iter().collect(),
            skip_to_last: matches!(poll, Poll::Final),
            can_answer: &|_| true,
        };
        let position = self.sessions.entry(session.map(str::to_owned)).or_default();
        let choice = position.select_take(entry, || Arc::clone(choices), ask())?;
        if let Some(stood) = choice.position {
            let explained = explain_choice(entry, choices, &position.history, &ask(), stood).unwrap();
            assert_eq!(explained.chosen, choice.take, "{explained:?}");
        }
        if choice.stuck.is_some() {
            self.notices.push(Notice { session: session.map(str::to_owned), fingerprint });
        }
        let page = entry.takes.get(choice.take)?.pages.first()?;
        let (body, _) = page.body.with_placeholders();
        Some(Chosen { take: choice.take, status: page.status, body: String::from_utf8(body.to_vec()).unwrap() })
    }

    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether a notice told of waiters for `request`.
    pub(crate) fn has_told(&self, session: Option<&str>, request: &Request) -> bool {
        let asked = self.cassette.fingerprints.get(&request.line());
        self.notices().iter().any(|notice| notice.session.as_deref() == session && Some(&notice.fingerprint) == asked)
    }
}
