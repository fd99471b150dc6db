//! What is looked at: a cassette that a client's run was recorded to, and a ramtape that replays it.

use crate::support::binary::{Server, ramtape};
use crate::support::browser::{Browser, Visit, Window};
use crate::support::raw;
use crate::support::scene::{Endpoint, Tape, recording};
use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The session that writes and waits, the one that lists, and the one that waits for what it does not do itself.
pub(super) const DEPLOY: &str = "deploy-network";
pub(super) const AUDIT: &str = "audit";
pub(super) const HANG: &str = "hang";

/// With whom things are shared: it needs no invitation, so that a share arrives.
const UNIT: &str = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-examplerootid-00000003";

/// A cassette beside the one that is shown.
pub(super) const OTHER: &str = "earlier";

/// Calls ramtape as an SDK does, over one connection, in a session of its own.
pub(super) struct Caller {
    connection: raw::Client,
    authority: String,
    prefix: String,
}

impl Caller {
    /// `base` is what ramtape printed; "" is the session of callers that name none.
    pub(super) fn new(base: &str, session: &str) -> Self {
        let rest = base.strip_prefix("http://").unwrap();
        let (authority, key) = rest.split_once('/').map_or((rest, String::new()), |(a, key)| (a, format!("/{key}")));
        let prefix = if session.is_empty() { key } else { format!("{key}/~{session}") };
        let connection = raw::Client::connect(authority.parse().unwrap());
        Self { connection, authority: authority.to_owned(), prefix }
    }

    /// Asks for an operation of RAM.
    pub(super) fn call(&mut self, operation: &str, parameters: &Value) -> (u16, Value) {
        self.send("POST", &format!("/{}", operation.to_lowercase()), "", &parameters.to_string())
    }

    /// Sends `body` to `target`, with these header lines too.
    pub(super) fn send(&mut self, method: &str, target: &str, more: &str, body: &str) -> (u16, Value) {
        // With the id of another call it would be a retry.
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let (id, Self { authority, prefix, .. }) = (ASKED.fetch_add(1, Ordering::Relaxed), &*self);
        let head = format!("{method} {prefix}{target} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json");
        let id = format!("amz-sdk-invocation-id: call-{id}");
        self.connection.send(format!("{head}\r\n{id}\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len()));
        let reply = self.connection.reply();
        (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
    }

    /// As [`Self::call`], of what succeeds.
    pub(super) fn good(&mut self, operation: &str, parameters: &Value) -> Value {
        let (status, answer) = self.call(operation, parameters);
        assert_eq!(status, 200, "{operation} {parameters}: {answer}");
        answer
    }

    /// All pages of a listing.
    pub(super) fn list(&mut self, operation: &str, mut parameters: Value) {
        loop {
            let page = self.good(operation, &parameters);
            match page.get("nextToken").filter(|token| token.is_string()) {
                Some(token) => parameters["nextToken"] = token.clone(),
                None => return,
            }
        }
    }
}

/// Shares a subnet, waits for it, and takes it back.
pub(super) fn deploy(base: &str) {
    let mut caller = Caller::new(base, DEPLOY);
    let tags = json!([{ "key": "team", "value": "network" }]);
    let made = caller.good(
        "CreateResourceShare",
        &json!({ "name": "team-network", "principals": [UNIT], "tags": tags, "clientToken": "made-up-once" }),
    );
    let arn = &made["resourceShare"]["resourceShareArn"];
    let waited_for = json!({ "associationType": "PRINCIPAL", "resourceShareArns": [arn] });
    for _ in 0..3 {
        caller.good("GetResourceShareAssociations", &waited_for);
    }
    let subnet = json!(["arn:aws:ec2:us-east-1:111122223333:subnet/subnet-0a1b2c3d4e5f60718"]);
    caller.good("AssociateResourceShare", &json!({ "resourceShareArn": arn, "resourceArns": subnet }));
    caller.list("GetResourceShares", json!({ "resourceOwner": "SELF", "maxResults": 3 }));
    caller.good("TagResource", &json!({ "resourceShareArn": arn, "tags": [{ "key": "stage", "value": "test" }] }));
    let target = format!("/deleteresourceshare?resourceShareArn={}", arn.as_str().unwrap().replace(':', "%3A"));
    assert_eq!(caller.send("DELETE", &target, "", "").0, 200);
}

/// Waits for a share, and does `between` before it has arrived. On replay, without that, it never does.
pub(super) fn wait(base: &str, polls: usize, between: impl FnOnce(&mut Caller, &Value)) {
    let mut caller = Caller::new(base, HANG);
    let made = caller.good("CreateResourceShare", &json!({ "name": "slow", "principals": [UNIT] }));
    let arn = &made["resourceShare"]["resourceShareArn"];
    let waited_for = json!({ "associationType": "PRINCIPAL", "resourceShareArns": [arn] });
    caller.good("GetResourceShareAssociations", &waited_for);
    between(&mut caller, arn);
    for _ in 0..polls {
        caller.good("GetResourceShareAssociations", &waited_for);
    }
}

/// Reads what there is.
pub(super) fn audit(base: &str) {
    let mut caller = Caller::new(base, AUDIT);
    caller.list("GetResourceShares", json!({ "resourceOwner": "SELF", "maxResults": 4 }));
    caller.list("ListPermissions", json!({}));
    caller.list("ListResources", json!({ "resourceOwner": "SELF", "maxResults": 5 }));
    caller.good("ListResourceTypes", &json!({}));
}

/// Asks for what was not recorded, and for what no service has.
pub(super) fn miss(base: &str) {
    let mut caller = Caller::new(base, AUDIT);
    let (status, answer) = caller.call("GetResourceShares", &json!({ "resourceOwner": "OTHER-ACCOUNTS" }));
    assert_eq!(status, 400, "{answer}");
    let (status, answer) = caller.send("POST", "/frobnicate", "", "{}");
    assert!((400..500).contains(&status), "{answer}");
}

/// A running ramtape, and what opens its inspector.
pub(super) struct Inspected {
    pub(super) tape: Tape,
    pub(super) server: Server,
    /// The inspector's URL with its token, as it was printed.
    pub(super) entrance: String,
}

impl Inspected {
    /// Records three sessions, and replays them, with some misses and a waiter that gets no further.
    pub(super) fn replaying() -> Self {
        let tape = record();
        // Beside it one of another run, to be compared with.
        let other = record_with(|base| {
            audit(base);
            Caller::new(base, AUDIT).list("ListPrincipals", json!({ "resourceOwner": "SELF" }));
        });
        std::fs::rename(other.path(), tape.path().with_file_name(OTHER)).unwrap();
        let inspected = Self::replay(tape);
        let base = &inspected.server.url;
        deploy(base);
        audit(base);
        miss(base);
        wait(base, 9, |_, _| ());
        inspected
    }

    /// Replays `tape`; nothing has been asked yet.
    pub(super) fn replay(tape: Tape) -> Self {
        // As people name it, so that messages show no folder of this machine.
        let server = Server::start(ramtape(tape.folder()).args(["replay", "--cassette", "cassettes/tape"]));
        Self::of(tape, server)
    }

    /// With a cassette that has nothing recorded.
    pub(super) fn empty() -> Self {
        let tape = Tape::new();
        let settings = CassetteSettings::default();
        drop(Cassette::open(tape.path(), Access::Record { replace: false }, |_, _| (), &settings).unwrap());
        Self::replay(tape)
    }

    pub(super) fn of(tape: Tape, server: Server) -> Self {
        let line = server.stderr_line("?token=");
        let at = line.find("http://").unwrap();
        let entrance = line[at..].split_whitespace().next().unwrap().to_owned();
        Self { tape, server, entrance }
    }

    /// The URL of a page of the inspector, without the token.
    pub(super) fn page(&self, path: &str) -> String {
        format!("http://{}/_ramtape/{path}", self.server.authority())
    }

    pub(super) fn token(&self) -> &str {
        self.entrance.split_once("?token=").unwrap().1
    }

    /// Opens a window, in which every page of the inspector can be seen.
    pub(super) fn enter(&self, browser: &mut Browser, window: Window) -> Visit {
        browser.open(window);
        let visit = browser.goto(&self.entrance);
        assert_eq!((visit.status, visit.url.as_str()), (200, self.page("").as_str()), "{visit:?}");
        visit
    }
}

/// A cassette with the three sessions.
pub(super) fn record() -> Tape {
    record_with(|base| {
        deploy(base);
        audit(base);
        wait(base, 2, |caller, arn| {
            caller.good("UpdateResourceShare", &json!({ "resourceShareArn": arn, "name": "slow-but-sure" }));
        });
    })
}

/// A cassette with what `client` asks for; it is given ramtape's URL.
pub(super) fn record_with(client: impl FnOnce(&str)) -> Tape {
    let settings = SimulatorSettings { seed: Some(7), settling_reads: 2, ..SimulatorSettings::default() };
    let (endpoint, tape) = (Endpoint::with(settings), Tape::new());
    let recorder = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    client(&recorder.url);
    let finished = recorder.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    tape
}
