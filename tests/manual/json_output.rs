//! What the manual says of `--json` is what comes: no member more, and none that never does.

use crate::book::{page, root, spans_in, table};
use crate::reference::{commands, flags};
use crate::support::binary::{Finished, Server, ramtape};
use crate::support::stage::{Asking, Caller, Stage};
use ramtape::config::RecordMode;
use ramtape::simulator::{Credential, Effect, Fault};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A kind of object that a command prints.
struct Kind {
    command: &'static str,
    /// What the manual names.
    named: BTreeSet<String>,
    /// What came so far.
    came: BTreeSet<String>,
}

impl Kind {
    /// Whether all of `members` are named, or hold what is.
    fn knows(&self, members: &BTreeSet<String>) -> bool {
        let within = |member: &String| self.named.iter().any(|named| named.strip_prefix(member).is_some_and(is_below));
        members.iter().all(within)
    }
}

/// Whether `rest`, of a path, is that of the path's end, or of something in it.
fn is_below(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('.') || rest.starts_with("[]")
}

/// Each heading of the page that names a command, with the members that the table below it names.
fn kinds() -> Vec<Kind> {
    let sections = page("docs/output.md").text.split("\n### ").skip(1);
    let kinds = sections.map(|section| Kind {
        command: spans_in(section)[0],
        named: table(section).into_iter().flat_map(|row| spans_in(row[0])).map(str::to_owned).collect(),
        came: BTreeSet::new(),
    });
    kinds.collect()
}

/// The paths of all members in `value`; where the manual says that members are names, those are no members.
fn members(value: &Value, path: &str, names: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    if names.contains(&format!("{path}{{}}")) {
        assert!(value.is_object(), "{path}: {value}");
        found.insert(format!("{path}{{}}"));
        return;
    }
    if !path.is_empty() && !path.ends_with("[]") {
        found.insert(path.to_owned());
    }
    match value {
        Value::Object(object) => {
            let dot = if path.is_empty() { "" } else { "." };
            object.iter().for_each(|(name, value)| members(value, &format!("{path}{dot}{name}"), names, found));
        }
        Value::Array(items) => {
            let objects = items.iter().filter(|item| item.is_object());
            objects.for_each(|item| members(item, &format!("{path}[]"), names, found));
        }
        _ => {}
    }
}

/// Puts what a command printed beside what the manual says of it.
fn compare(kinds: &mut [Kind], command: &str, finished: &Finished) {
    assert!(!finished.stdout.is_empty(), "{command}: {finished:?}");
    let objects = serde_json::Deserializer::from_str(&finished.stdout).into_iter::<Value>();
    for object in objects.map(Result::unwrap) {
        let mut own = kinds.iter_mut().filter(|kind| kind.command == command);
        let fits = own.find_map(|kind| {
            let mut found = BTreeSet::new();
            members(&object, "", &kind.named, &mut found);
            kind.knows(&found).then_some((kind, found))
        });
        let Some((kind, found)) = fits else { panic!("{command}: the manual has no such object: {object}") };
        kind.came.extend(found);
    }
}

/// A stage with the cassette `c`, which has a little of everything.
async fn recorded() -> Stage {
    let stage = Stage::new().await;
    let ramtape = stage.ramtape("c", RecordMode::Once).await;
    let variables = http::Request::post(format!("{}/_ramtape/sessions/a/variables", ramtape.base));
    let settled = ramtape.send(variables.body(json!({ "X": "1" }).to_string().into()).unwrap()).await;
    assert_eq!(settled.json(), json!({ "X": "1" }));
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    let create = json!({ "name": "x", "clientToken": "t-1" }).to_string();
    for (operation, body) in
        [("GetResourceShares", &own), ("CreateResourceShare", &create), ("GetResourceShares", &own)]
    {
        ramtape.ask(operation, body.clone(), Asking::session("a")).await;
    }
    ramtape.post("GetResourceShares", json!({ "resourceOwner": "SELF", "resourceShareStatus": "ASLEEP" })).await;
    ramtape.pages("GetResourceShares", &json!({ "resourceOwner": "OTHER-ACCOUNTS", "maxResults": 1 }), 100).await;
    ramtape.stop().await;
    stage
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() { copy(&entry, &to) } else { assert!(fs::copy(&entry, to).is_ok()) }
    }
}

/// Copies the cassette `c`, and edits the file that holds `part`.
fn edited(stage: &Stage, name: &str, part: &str, (old, new): (&str, &str)) {
    copy(&stage.cassette("c"), &stage.cassette(name));
    let (inside, text) = stage.texts(name).into_iter().find(|(_, text)| text.contains(part)).unwrap();
    assert!(text.contains(old), "{old} in {text}");
    fs::write(stage.cassette(name).join(inside), text.replacen(old, new, 1)).unwrap();
}

/// Another error, a value less, and a later format than in `c`; in another cassette a secret, and a file of no request.
fn edit(stage: &Stage) {
    edited(stage, "d", "ASLEEP", ("\"status\": 400", "\"status\": 404"));
    let (inside, text) = stage.texts("d").into_iter().find(|(_, text)| text.contains("OTHER-ACCOUNTS")).unwrap();
    fs::write(stage.cassette("d").join(inside), text.replacen("\"ACTIVE\"", "\"DELETED\"", 1)).unwrap();
    let head = fs::read_to_string(stage.cassette("d/cassette.json")).unwrap();
    fs::write(stage.cassette("d/cassette.json"), head.replace("\"2.0\"", "\"2.1\"")).unwrap();
    // In two parts, so that no scanner takes this file for a leak.
    let key = ["AKIA", "QYLPMN5HABCDEFGH"].concat();
    edited(stage, "e", "ASLEEP", ("The value ", &format!("The value {key} ")));
    fs::write(stage.cassette("e/get-resource-shares/x.json"), "{}").unwrap();
    fs::write(stage.folder().join("leak.txt"), key).unwrap();
}

/// An archive `c.har` of the cassette `c`, but for its writes.
fn export_reads(stage: &Stage) {
    let har = stage.folder().join("c.har");
    let exported = ramtape(stage.folder()).args(["export", "--har", "c.har", "--cassette", "c"]).output().unwrap();
    assert!(exported.status.success(), "{exported:?}");
    let mut archive: serde_json::Value = serde_json::from_slice(&fs::read(&har).unwrap()).unwrap();
    let entries = archive["log"]["entries"].as_array_mut().unwrap();
    entries.retain(|entry| !entry["request"]["url"].as_str().unwrap().ends_with("/createresourceshare"));
    fs::write(har, archive.to_string()).unwrap();
}

#[test]
fn are_told_of_every_command_that_prints_them() {
    let printing = commands().into_iter().filter(|command| flags(command).contains("--json"));
    let told: BTreeSet<String> = kinds().into_iter().map(|kind| kind.command.to_owned()).collect();
    assert_eq!(told, printing.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn are_those_that_come() {
    let stage = recorded().await;
    edit(&stage);
    export_reads(&stage);
    let har = root().join("tests/fixtures/har/mitmproxy.har");
    let vcr = root().join("tests/fixtures/vcr/go.yaml");
    let server = Server::start(ramtape(stage.folder()).args(["replay", "--cassette", "c"]));
    Caller::of(&server.url).post("GetResourceShares", json!({ "resourceOwner": "SELF" })).await;
    assert_eq!(server.stop().code, Some(0));
    let body = "{\"resourceShares\":[{\"resourceShareArn\":\"a\",\"name\":\"n\",\"status\":7}]}";
    let effect = Effect::Raw { status: 200, content_type: Some("application/json".to_owned()), body: body.into() };
    stage.endpoint().inject(Fault::next(effect).times(100).on("GetResourceShares"));

    let mut kinds = kinds();
    let c = ["--cassette", "c"];
    for arguments in [
        &["prune", "--dry-run", c[0], c[1]][..],
        &["ls", c[0], c[1]],
        &["status", c[0], c[1]],
        &["import", har.to_str().unwrap(), "--cassette", "imported"],
        &["import", "c.har", "--cassette", "reads"],
        &["import", "--vcr", vcr.to_str().unwrap(), "--cassette", "vcr"],
        &["show", "*", c[0], c[1]],
        &["show", "--variables", c[0], c[1]],
        &["show", "*", "--canonical", "--cassette", "imported"],
        &["explain", "GetResourceShares", c[0], c[1]],
        &["explain", "GetResourceShares", "{\"resourceOwner\":\"NOBODY\"}", c[0], c[1]],
        &["coverage", c[0], c[1]],
        &["diff", "c", "d"],
        &["verify", "--cassette", "d"],
        &["verify", "--upstream", stage.url(), c[0], c[1]],
        &["rm", "*", "--dry-run", c[0], c[1]],
        &["merge", "new", "c"],
        &["scan", "e", "leak.txt", "nowhere"],
        &["doctor", c[0], c[1]],
        &["ca", "--ca-folder", "ca"],
    ] {
        let Credential { access_key_id, secret, .. } = Credential::owner();
        let mut command = ramtape(stage.folder());
        command.args(arguments).arg("--json");
        command.env("AWS_ACCESS_KEY_ID", access_key_id).env("AWS_SECRET_ACCESS_KEY", secret);
        compare(&mut kinds, arguments[0], &Finished::from(command.output().unwrap()));
    }
    for Kind { command, named, came } in kinds {
        let never: Vec<&String> = named.difference(&came).collect();
        assert!(never.is_empty(), "{command}: the manual names what never comes: {never:?}");
    }
}
