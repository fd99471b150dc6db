//! `verify` with an endpoint to ask.

use super::setup::{LISTING, json_lines, over, recorded};
use crate::support::binary::{Finished, ramtape};
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::{Asking, Stage};
use bytes::Bytes;
use ramtape::cassette::{EntryHead, TakeHead};
use ramtape::config::{Pseudonymize, RecordMode};
use ramtape::service::{OperationKind, Service};
use ramtape::simulator::{Credential, Effect, Fault, SimulatorSettings};
use serde_json::{Value, json};

const OWNER: &str = "111122223333";

/// Runs `verify` over the cassette `c` against the endpoint of `asked`, with the owner's keys.
pub(crate) fn verify(stage: &Stage, asked: &Stage, arguments: &[&str]) -> Finished {
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let mut command = ramtape(stage.folder());
    command.args(["verify", "--cassette", "c", "--upstream", asked.url()]).args(arguments);
    command.env("AWS_ACCESS_KEY_ID", access_key_id).env("AWS_SECRET_ACCESS_KEY", secret);
    Finished::from(command.output().unwrap())
}

fn outcomes(stage: &Stage, asked: &Stage) -> Vec<(String, String)> {
    let finished = verify(stage, asked, &["--json"]);
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    json_lines(&finished).iter().map(|line| (text(line, "operation"), text(line, "outcome"))).collect()
}

pub(crate) async fn endpoint(seed: u64) -> Stage {
    Stage::with(SimulatorSettings { seed: Some(seed), ..SimulatorSettings::default() }).await
}

/// The operations that an endpoint was asked for.
fn asked_for(endpoint: &Stage) -> Vec<&'static str> {
    endpoint.endpoint().received().iter().map(|request| request.operation.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_upstream_answers_the_same_and_sees_no_write() {
    let (stage, equal) = (recorded().await, endpoint(7).await);
    let before = stage.texts("c");
    let same = verify(&stage, &equal, &[]);
    assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{same:?}");
    assert!(same.stderr.contains("4 recorded reads: 4 the same, 0 with other values"), "{same:?}");

    let service = Service::with_additions(&toml::Table::new()).unwrap();
    let asked = asked_for(&equal);
    for operation in &asked {
        assert_eq!(service.operation_named(operation).unwrap().kind, OperationKind::Read, "{asked:?}");
    }
    // The whole chain of the listing that was read to its end, and the one page of the other.
    let pages =
        before.iter().find(|(_, text)| text.contains("OTHER-ACCOUNTS")).unwrap().1.matches("\"status\": 200").count();
    assert_eq!(asked.iter().filter(|operation| **operation == LISTING).count(), pages + 2, "{asked:?}");
    assert_eq!(asked.iter().filter(|operation| **operation == "ListPermissions").count(), 1);
    let sizes = equal.endpoint().received();
    assert!(sizes.iter().any(|request| request.body.windows(14).any(|part| part == b"\"maxResults\":1")), "{sizes:?}");
    assert_eq!(stage.texts("c"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_data_is_drift_in_values_and_not_in_shape() {
    let (stage, other) = (recorded().await, endpoint(8).await);
    let drifted = verify(&stage, &other, &[]);
    assert_eq!(drifted.code, Some(5), "{drifted:?}");
    assert!(drifted.stdout.contains("values    GetResourceShares"), "{drifted:?}");
    assert!(drifted.stdout.contains("+ /resourceShares/0/resourceShareArn: "), "{drifted:?}");
    assert!(drifted.stderr.contains(", 0 of another shape"), "{drifted:?}");
    let ignored = verify(&stage, &other, &["--ignore-values"]);
    assert_eq!(ignored.code, Some(0), "{ignored:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_shape_is_reported_by_member_type_status_and_error() {
    let stage = recorded().await;
    let share = |more: &str| format!(r#"{{"resourceShares":[{{"resourceShareArn":"a","name":"n",{more}}}]}}"#);
    let raw = |status: u16, body: String| Effect::Raw {
        status,
        content_type: Some("application/json".to_owned()),
        body: Bytes::from(body),
    };
    let refused = Effect::Refused { status: 403, name: "AccessDeniedException".to_owned(), message: "no".to_owned() };
    for (effect, told) in [
        (raw(200, share("\"status\":7")), "/resourceShares/*/status was a string, and is a number"),
        (raw(200, share("\"colour\":\"red\"")), "/resourceShares/*/colour is new"),
        (raw(200, share("\"status\":\"ACTIVE\"")), "/resourceShares/*/owningAccountId is gone"),
        (raw(200, "[]".to_owned()), "(all) was an object, and is a list"),
        (refused, "status: was 200, and is 403 AccessDeniedException"),
    ] {
        let changed = endpoint(7).await;
        changed.endpoint().inject(Fault::next(effect.clone()).times(100).on(LISTING));
        let drifted = verify(&stage, &changed, &[]);
        assert_eq!(drifted.code, Some(5), "{effect:?} {drifted:?}");
        assert!(drifted.stdout.contains("shape     GetResourceShares"), "{drifted:?}");
        assert!(drifted.stdout.contains(told), "{told} in {drifted:?}");
        assert_eq!(verify(&stage, &changed, &["--ignore-values"]).code, Some(5), "shape stays an error");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_is_waited_for_and_a_refusal_is_not_drift() {
    let (stage, equal) = (recorded().await, endpoint(7).await);
    equal.endpoint().inject(Fault::next(Effect::Throttled));
    let same = verify(&stage, &equal, &[]);
    assert_eq!(same.code, Some(0), "{same:?}");

    equal.endpoint().inject(Fault::next(Effect::ExpiredToken).times(100));
    let failed = verify(&stage, &equal, &["--update"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert_eq!(failed.stdout.matches("403 ExpiredTokenException").count(), 3, "{failed:?}");
    assert!(failed.stdout.contains("not tried: 3 reads in a row had no answer"), "{failed:?}");
    assert!(failed.stderr.contains("4 without an answer"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_with_a_value_of_its_session_is_not_asked_and_counted() {
    let stage = endpoint(7).await;
    let volatile = "[operations.CreateResourceShare]\nvolatile = ['name']\n";
    std::fs::write(stage.folder().join("ramtape.toml"), volatile).unwrap();
    let recording = stage.ramtape("c", RecordMode::Once).await;
    recording.post("CreateResourceShare", json!({ "name": "random-7" })).await;
    recording.post(LISTING, json!({ "resourceOwner": "SELF", "name": "random-7" })).await;
    recording.post("ListResourceTypes", json!({})).await;
    recording.stop().await;
    assert!(stage.texts("c").iter().any(|(_, text)| text.contains("\"name\": {\"$volatile\"")));
    let verified = verify(&stage, &stage, &[]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("not asked GetResourceShares"), "{verified:?}");
    assert!(verified.stderr.contains("2 recorded reads: 1 the same") && verified.stderr.contains("1 not asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_need_the_redaction_key_are_not_drift() {
    let stage = endpoint(7).await;
    let rules = "[redact]\npseudonymize = 'accounts'\nkey_file = 'own.key'\n";
    std::fs::write(stage.folder().join("ramtape.toml"), rules).unwrap();
    let recording = stage.ramtape_with("c", RecordMode::Once, |written| {
        written.redact.pseudonymize = Some(Pseudonymize::Accounts);
        written.redact.key_file = Some(stage.folder().join("own.key"));
    });
    let recording = recording.await;
    recording.post(LISTING, json!({ "resourceOwner": "SELF" })).await;
    recording.post("ListResourceTypes", json!({})).await;
    recording.stop().await;
    let same = verify(&stage, &stage, &[]);
    assert!(same.code == Some(0) && same.stderr.contains("2 the same"), "{same:?}");

    std::fs::rename(stage.folder().join("own.key"), stage.folder().join("elsewhere")).unwrap();
    let keyless = verify(&stage, &stage, &[]);
    assert_eq!(keyless.code, Some(1), "{keyless:?}");
    assert!(keyless.stdout.starts_with("no key    GetResourceShares"), "{keyless:?}");
    assert!(keyless.stderr.contains("1 the same, 0 with other values"), "{keyless:?}");
    assert!(keyless.stderr.contains("1 read could not be compared: the redaction key is missing"), "{keyless:?}");
    assert_eq!(verify(&stage, &stage, &["--ignore-values"]).code, Some(0));
    assert_eq!(over(&stage, &["verify"]).code, Some(0));
    // The shape needs no key.
    let refused = Effect::Refused { status: 403, name: "AccessDeniedException".to_owned(), message: "no".to_owned() };
    stage.endpoint().inject(Fault::next(refused).on(LISTING));
    assert_eq!(verify(&stage, &stage, &["--ignore-values"]).code, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_repeated_are_named_with_the_reason() {
    let stage = endpoint(7).await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    // In two parts, so that no scanner takes this file for a leak.
    let mail = ["jane.doe", "@corp.co.uk"].concat();
    for (operation, asked) in [
        (LISTING, json!({ "resourceOwner": "SELF", "name": mail })),
        (LISTING, json!({ "resourceOwner": "SELF", "nextToken": "a-token-of-somebody-else" })),
        ("ListTheUnknown", json!({ "resourceOwner": "SELF" })),
        ("ListResourceTypes", json!({})),
    ] {
        recording.post(operation, asked).await;
    }
    assert_eq!(recording.stop().await.recorded, 4);
    let asked = stage.endpoint().requests();
    let verified = verify(&stage, &stage, &[]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    for reason in [
        "its request has pseudonyms for redacted values",
        "its request has a page token that only upstream knows",
        "its operation is not in the table, so it may be a write",
    ] {
        let told = verified.stdout.lines().filter(|line| line.starts_with("not asked ") && line.contains(reason));
        assert_eq!(told.count(), 1, "{reason}: {verified:?}");
    }
    assert!(verified.stderr.contains("4 recorded reads: 1 the same") && verified.stderr.contains(" 3 not asked"));
    assert_eq!(stage.endpoint().requests(), asked + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn update_records_drifted_takes_again() {
    let stage = recorded().await;
    let before = stage.texts("c");
    stage.endpoint().change("us-east-1", |world| {
        let shares = world.share_arns("444455556666");
        assert!(world.rename_share(&shares[0], "renamed"));
        let shares = world.share_arns(OWNER);
        assert!(world.rename_share(&shares[0], "renamed too"));
    });
    let updated = verify(&stage, &stage, &["--update"]);
    // What session `a` read after its write stays, and that is said.
    assert_eq!(updated.code, Some(5), "{updated:?}");
    assert!(updated.stdout.contains("not recorded again: a session read it after a write"), "{updated:?}");
    assert!(updated.stdout.contains("; recorded again"), "{updated:?}");
    assert!(updated.stderr.contains("1 read recorded again"), "{updated:?}");
    let after = stage.texts("c");
    let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    let (_, text) = changed[0].1;
    assert!(text.contains("OTHER-ACCOUNTS") && text.contains("\"renamed\"") && text.contains("\"maxResults\": 1"));

    let replayed = stage.ramtape("c", RecordMode::None).await;
    let pages = replayed.pages(LISTING, &json!({ "resourceOwner": "OTHER-ACCOUNTS", "maxResults": 1 }), 100).await;
    assert!(pages.iter().any(|page| page.json()["resourceShares"][0]["name"] == "renamed"));
    assert_eq!(
        replayed.ask(LISTING, json!({ "resourceOwner": "SELF" }).to_string(), Asking::session("a")).await.status,
        200
    );
    drop(replayed.stop().await);
    let again = outcomes(&stage, &stage);
    assert_eq!(again.iter().filter(|(_, outcome)| outcome == "values").count(), 1, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_not_recorded_in_place_of_an_answer() {
    let (stage, equal) = (recorded().await, endpoint(7).await);
    let before = stage.texts("c");
    let refused = Effect::Refused { status: 403, name: "AccessDeniedException".to_owned(), message: "no".to_owned() };
    equal.endpoint().inject(Fault::next(refused).times(100));
    let updated = verify(&stage, &equal, &["--update"]);
    assert_eq!(updated.code, Some(5), "{updated:?}");
    assert!(updated.stdout.contains("not recorded again: upstream now refuses what it once answered"), "{updated:?}");
    // An error was recorded too: who may not ask learns nothing of that.
    assert!(updated.stdout.contains("not recorded again: the error that upstream returns now is about the caller"));
    assert_eq!(stage.texts("c"), before);
    let other = "InvalidStateTransitionException".to_owned();
    let other = Effect::Refused { status: 400, name: other.clone(), message: "no".to_owned() };
    let changed = endpoint(7).await;
    changed.endpoint().inject(Fault::next(other).times(100).on(LISTING));
    let updated = verify(&stage, &changed, &["--update"]);
    assert!(updated.stderr.contains("1 read recorded again"), "{updated:?}");
    let differing = stage.texts("c").into_iter().zip(before).filter(|(after, before)| after != before);
    let differing: Vec<String> = differing.map(|((_, text), _)| text).collect();
    assert!(differing.len() == 1 && differing[0].contains("InvalidStateTransitionException"), "{differing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_found_while_updating_has_its_exit_code() {
    let stage = endpoint(7).await;
    // In two parts, so that no scanner takes this file for a leak.
    let session = ["AKIA", "QYLPMN5HABCDEFGH"].concat();
    let allow = format!("[[scan.allow]]\npattern = '{session}'\npath = '^c/list-principals/'\nreason = 'r'\n");
    let file = stage.folder().join("ramtape.toml");
    std::fs::write(&file, allow).unwrap();
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    recording.ask("ListPrincipals", own, Asking::session(&session)).await;
    assert_eq!(recording.stop().await.not_recorded, [""; 0]);
    std::fs::remove_file(&file).unwrap();
    let before = stage.texts("c");
    let other = endpoint(8).await;
    let found = verify(&stage, &other, &["--update"]);
    assert_eq!(found.code, Some(4), "{found:?}");
    assert!(found.stderr.contains("access key id at /takes/0/session"), "{found:?}");
    assert_eq!(stage.texts("c"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_actor_signs_as_itself() {
    let stage = endpoint(7).await;
    let root = stage.cassette("c");
    {
        let cassette = recording(&root);
        for actor in ["consumer", "default"] {
            let asked = EntryHead { actor: actor.to_owned(), ..asked("GetResourceShareInvitations", "{}") };
            plant(&cassette, &asked, TakeHead::default(), 200, r#"{"resourceShareInvitations":[]}"#);
        }
        cassette.seal().unwrap();
    }
    // As long as nobody says who the consumer is, nobody else's answers stand for its own.
    let strange = verify(&stage, &stage, &["--update"]);
    assert_eq!(strange.code, Some(0), "{strange:?}");
    assert!(
        strange.stdout.contains("its actor consumer is not configured: set `profile` in [actors.consumer]"),
        "{strange:?}"
    );
    assert_eq!(stage.endpoint().received().len(), 1);

    let Credential { access_key_id, secret, .. } = Credential::consumer();
    std::fs::write(stage.folder().join("ramtape.toml"), "[actors.consumer]\nprofile = \"consumer\"\n").unwrap();
    let credentials = format!("[consumer]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret}\n");
    std::fs::create_dir_all(stage.folder().join(".aws")).unwrap();
    std::fs::write(stage.folder().join(".aws/credentials"), credentials).unwrap();
    let verified = verify(&stage, &stage, &[]);
    assert!(verified.stderr.contains("2 recorded reads"), "{verified:?}");
    let received = stage.endpoint().received().split_off(1);
    let signers: Vec<bool> = received
        .iter()
        .map(|request| {
            request.headers["authorization"].to_str().unwrap().contains(&format!("Credential={access_key_id}/"))
        })
        .collect();
    assert_eq!(signers.len(), 2);
    assert!(signers.contains(&true) && signers.contains(&false), "{signers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_is_asked_with_online_only() {
    let stage = recorded().await;
    let before = stage.endpoint().requests();
    assert_eq!(over(&stage, &["verify"]).code, Some(0));
    let update = over(&stage, &["verify", "--update"]);
    assert_eq!(update.code, Some(2), "{update:?}");
    std::fs::write(stage.folder().join("ramtape.toml"), format!("upstream = '{}'\n", stage.url())).unwrap();
    assert_eq!(over(&stage, &["verify", "--offline"]).code, Some(0));
    assert_eq!(stage.endpoint().requests(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_looping_listing_ends() {
    let stage = recorded().await;
    let body = Bytes::from_static(br#"{"resourceShares":[],"nextToken":"same"}"#);
    let round = Effect::Raw { status: 200, content_type: Some("application/json".to_owned()), body };
    stage.endpoint().inject(Fault::next(round).times(10).on(LISTING));
    let before = stage.endpoint().requests();
    let found = verify(&stage, &stage, &["--update", "--json"]);
    let lines = json_lines(&found);
    let listing = lines.iter().find(|line| line["operation"] == LISTING).unwrap();
    assert!(listing["reason"].as_str().unwrap().contains("token came twice"), "{listing}");
    assert!(stage.endpoint().requests() - before < 10, "{found:?}");
}
