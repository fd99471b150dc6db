//! What a recording asks is what its command would have asked without ramtape: as the same account, at the same place; and no
//! command that is printed leads elsewhere.

use std::path::Path;

use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::{Value, json};

use crate::support::clients::{Call, Finished, aws, boto3, python};
use crate::support::principals::{configure, endpoint_knowing, profiles, temporary, under_run};
use crate::support::scene::{Endpoint, REGION, Tape};

/// Two accounts, of which the default profile is one.
struct Scene {
    endpoint: Endpoint,
    tape: Tape,
    config: String,
    dev: Credential,
}

fn scene() -> Scene {
    let (default, dev) = (temporary(Credential::owner(), 1), temporary(Credential::consumer(), 1));
    let (endpoint, tape) = (endpoint_knowing(&[&default, &dev]), Tape::new());
    let config = profiles(tape.folder(), "aws", &[("default", &default), ("dev", &dev)]);
    // The configuration file spells the default profile without the word.
    let text = std::fs::read_to_string(&config).unwrap().replace("[profile default]", "[default]");
    std::fs::write(&config, text).unwrap();
    Scene { endpoint, tape, config, dev }
}

fn create(python: &Path, name: &str) -> Call {
    boto3(python).args(["call", "CreateResourceShare", &json!({ "name": name, "clientToken": name }).to_string()])
}

impl Scene {
    /// `call` under `ramtape run --upstream` with the shared configuration.
    fn run(&self, call: Call, more: &[&str]) -> Finished {
        let upstream = self.endpoint.url();
        let flags = [&["--upstream", upstream.as_str()], more].concat();
        under_run(&self.tape, "all", &flags, call.region(REGION).env("AWS_CONFIG_FILE", &self.config)).finish()
    }
}

/// The account that a share was made in.
fn owner(finished: Finished) -> Value {
    let answer = finished.success().lines().into_iter().find_map(|line| line.get("answer").cloned()).unwrap();
    answer["resourceShare"]["owningAccountId"].clone()
}

/// `call` with `setting` made by the command itself.
fn itself(setting: &str, call: Call) -> Call {
    call.under(["sh", "-c", &format!("{setting} exec \"$@\""), "sh"])
}

fn refusal(finished: &Finished) -> Value {
    finished.lines().into_iter().find_map(|line| line.get("error").cloned()).unwrap_or_else(|| panic!("{finished}"))
}

#[test]
fn the_first_caller_of_another_account_is_refused_and_nothing_is_sent() {
    let Some(python) = python() else { return };
    let scene = scene();
    // The command picks its profile itself, in each of the ways there are.
    let cli = aws(&python).args(["ram", "create-resource-share", "--name", "x", "--profile", "dev"]);
    let refused = scene.run(cli, &[]);
    assert!(refused.code != Some(0) && refused.stderr.contains("its caller's account is 444455556666"), "{refused}");
    assert!(refused.stderr.contains("sign it for account 111122223333"), "{refused}");
    assert!(refused.stderr.contains("--profile") && refused.stderr.contains("[actors.second]"), "{refused}");

    let error = refusal(&scene.run(itself("AWS_PROFILE=dev", create(&python, "x")), &[]));
    assert_eq!((&error["code"], &error["retryAttempts"]), (&json!("RamtapeUnclaimedAccountException"), &json!(0)));
    assert_eq!(scene.endpoint.running().requests(), 0, "nothing was sent");

    // Naming the profile to ramtape is the remedy that was printed.
    assert_eq!(owner(scene.run(create(&python, "x"), &["--profile", "dev"])), "444455556666");
}

#[test]
fn a_profile_reaches_the_command_and_a_default_profile_counts() {
    let Some(python) = python() else { return };
    let scene = scene();
    let flag = scene.run(create(&python, "flag"), &["--profile", "dev"]);
    assert_eq!(owner(flag), "444455556666");
    // Keys in the environment do not come before what the command line names.
    let keys = create(&python, "keys").credentials("AKIDEXAMPLE", "nothing");
    assert_eq!(owner(scene.run(keys, &["--profile", "dev"])), "444455556666");
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let call = create(&python, variable).env(variable, "dev");
        assert_eq!(owner(scene.run(call, &[])), "444455556666", "{variable}");
    }
    assert_eq!(owner(scene.run(create(&python, "none"), &[])), "111122223333");
}

#[test]
fn two_profiles_without_a_choice_are_refused() {
    let Some(python) = python() else { return };
    let scene = scene();
    configure(&scene.tape, "profile = \"dev\"\n");
    let refused = scene.run(create(&python, "x").env("AWS_PROFILE", "default"), &[]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("AWS_PROFILE names \"default\": choose one with --profile"), "{refused}");
    assert_eq!(scene.endpoint.running().requests(), 0);
}

#[test]
fn a_profile_that_is_not_there_is_named_before_anything_starts() {
    let Some(python) = python() else { return };
    let scene = scene();
    for (call, flags) in
        [(create(&python, "x"), &["--profile", "stagng"][..]), (create(&python, "x").env("AWS_PROFILE", "stagng"), &[])]
    {
        let refused = scene.run(call, flags);
        assert_eq!(refused.code, Some(1), "{refused}");
        let told = "there is no profile \"stagng\" in the shared AWS configuration and credentials files; there are: default, dev";
        assert!(refused.stderr.contains(told), "{refused}");
        assert_eq!(refused.stdout, b"", "the command ran");
    }
}

#[test]
fn a_client_by_a_profile_of_its_own_is_signed_for_by_it_and_one_by_unknown_keys_is_told_to_choose() {
    let Some(python) = python() else { return };
    let own = Credential::owner();
    let (endpoint, tape) = (endpoint_knowing(&[&own]), Tape::new());
    let keys = format!("[alone]\naws_access_key_id = {}\naws_secret_access_key = {}\n", own.access_key_id, own.secret);
    let path = tape.folder().join("credentials");
    std::fs::write(&path, keys).unwrap();
    let call = create(&python, "x").region(REGION).env("AWS_SHARED_CREDENTIALS_FILE", &path);
    let recorded =
        under_run(&tape, "all", &["--upstream", &endpoint.url()], itself("AWS_PROFILE=alone", call)).finish();
    assert_eq!(owner(recorded), own.account.as_str());
    assert_eq!(endpoint.running().requests(), 1);

    // Where it cannot be told which, the words are still those of somebody who has to choose.
    let unknown = itself("AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=s", create(&python, "y").region(REGION));
    let refused = under_run(&tape, "all", &["--upstream", &endpoint.url()], unknown).finish();
    assert_eq!(endpoint.running().requests(), 1, "nothing more was sent");
    let error = refusal(&refused);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("--profile or AWS_PROFILE") && !message.contains("IMDS"), "{message}");
}

#[test]
fn a_server_signs_as_the_profile_that_its_command_line_names() {
    let Some(python) = python() else { return };
    let scene = scene();
    let start = |flags: &[&str]| {
        let mut command = crate::support::binary::ramtape(scene.tape.folder());
        command.args(["record", "--upstream", &scene.endpoint.url(), "--cassette"]).arg(scene.tape.path()).args(flags);
        crate::support::binary::Server::start(command.env("AWS_CONFIG_FILE", &scene.config))
    };
    let ask = |url: &str| {
        create(&python, "x")
            .region(REGION)
            .env("AWS_CONFIG_FILE", &scene.config)
            .env("AWS_PROFILE", "dev")
            .endpoint(url)
    };
    let server = start(&[]);
    let error = refusal(&ask(&server.url).finish());
    assert_eq!(error["code"], "RamtapeUnclaimedAccountException");
    server.stop();
    let server = start(&["--profile", "default"]);
    assert_eq!(owner(ask(&server.url).finish()), "111122223333");
    server.stop();
}

#[test]
fn an_actor_is_not_signed_for_by_a_profile_of_another_account() {
    let Some(python) = python() else { return };
    let scene = scene();
    configure(&scene.tape, "[actors.consumer]\naccount = \"444455556666\"\nprofile = \"default\"\n");
    let error = refusal(&scene.run(itself("AWS_PROFILE=dev", create(&python, "x")), &[]));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("correct `profile` in [actors.consumer]"), "{message}");
    assert_eq!(scene.endpoint.running().requests(), 0, "{}", scene.dev.access_key_id);
}

#[test]
fn the_endpoint_of_the_environment_or_the_profile_is_upstream_and_is_printed() {
    let Some(python) = python() else { return };
    let keys = Credential::owner();
    let start =
        || Endpoint::with(SimulatorSettings { credentials: vec![keys.clone()], ..SimulatorSettings::default() });
    let record = |tape: &Tape, call: Call| {
        let call = call.region(REGION).credentials(&keys.access_key_id, &keys.secret);
        under_run(tape, "all", &[], call).finish()
    };
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_RAM"] {
        let (endpoint, tape) = (start(), Tape::new());
        let recorded = record(&tape, create(&python, "x").env(variable, endpoint.url())).success();
        assert_eq!(endpoint.running().requests(), 1, "{recorded}");
        let told = format!("{} is used instead of AWS, as set by {variable}", endpoint.url());
        assert!(recorded.stderr.contains(&told), "{recorded}");
    }
    for profile in ["endpoint_url = URL", "services = local\n[services local]\nram =\n  endpoint_url = URL"] {
        let (endpoint, tape) = (start(), Tape::new());
        let config = tape.folder().join("aws");
        std::fs::write(&config, format!("[profile moto]\n{}\n", profile.replace("URL", &endpoint.url()))).unwrap();
        let call = create(&python, "x").env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "moto");
        let recorded = record(&tape, call).success();
        assert_eq!(endpoint.running().requests(), 1, "{recorded}");
        assert!(recorded.stderr.contains("is used instead of AWS, as set by the profile moto"), "{recorded}");
    }
    // What the command line says comes first.
    let (endpoint, tape) = (start(), Tape::new());
    let call = create(&python, "x").region(REGION).credentials(&keys.access_key_id, &keys.secret);
    let call = call.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    under_run(&tape, "all", &["--upstream", &endpoint.url()], call).finish().success();
    assert_eq!(endpoint.running().requests(), 1);
}

#[test]
fn a_fips_or_dual_stack_endpoint_is_asked_where_the_command_would_ask_it() {
    let Some(python) = python() else { return };
    let keys = Credential::owner();
    // Nobody knows RAM's names here: the refusal names the host that would have been asked.
    for (variable, host) in [
        ("AWS_USE_FIPS_ENDPOINT", "ram-fips.us-east-1.amazonaws.com"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "ram.us-east-1.api.aws"),
    ] {
        let tape = Tape::new();
        let call = create(&python, "x").region(REGION).credentials(&keys.access_key_id, &keys.secret);
        let call = call.env(variable, "true").env("AWS_MAX_ATTEMPTS", "1");
        let finished = under_run(&tape, "all", &[], call).finish();
        assert!(finished.stderr.contains(&format!("{host} is used")), "{finished}");
        let error = refusal(&finished);
        assert!(error["message"].as_str().unwrap().contains(host), "{error}");
    }
}

#[test]
fn printed_commands_keep_what_protects_and_directs_the_run() {
    let Some(python) = python() else { return };
    let scene = scene();
    let list = boto3(&python).args(["call", "ListResourceTypes"]).region(REGION);
    let flags = ["--read-only", "--upstream", "http://127.0.0.1:9/base", "--profile", "dev"];
    let missed = under_run(&scene.tape, "none", &flags, list).finish();
    let printed = "ramtape run --record-mode new_episodes --read-only --upstream http://127.0.0.1:9/base --profile dev --cassette";
    assert!(refusal(&missed)["message"].as_str().unwrap().contains(printed), "{missed}");
}

#[test]
fn a_run_in_a_sub_folder_uses_the_cassette_beside_the_configuration() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let keys = Credential::owner();
    configure(&tape, "");
    let below = tape.folder().join("tests/unit");
    std::fs::create_dir_all(&below).unwrap();
    let run = |folder: &Path, mode: &str, call: Call| {
        let ramtape =
            [env!("CARGO_BIN_EXE_ramtape"), "run", "--record-mode", mode, "--upstream", &endpoint.url(), "--"];
        let call = call.region(REGION).credentials(&keys.access_key_id, &keys.secret).under(ramtape);
        call.under(["sh", "-c", "cd \"$0\" && exec \"$@\"", folder.to_str().unwrap()]).finish()
    };
    run(tape.folder(), "once", create(&python, "x")).success();
    let replayed = run(&below, "once", create(&python, "x")).success();
    assert!(replayed.stderr.contains("1 replayed, 0 recorded"), "{replayed}");
    assert!(!below.join("cassettes").exists());
    assert_eq!(endpoint.running().requests(), 1);
}

#[test]
fn a_run_within_a_run_asks_the_outer_one_and_shows_no_key() {
    let Some(python) = python() else { return };
    let keys = Credential::owner();
    let endpoint =
        Endpoint::with(SimulatorSettings { credentials: vec![keys.clone()], ..SimulatorSettings::default() });
    let (outer, inner) = (Tape::new(), Tape::new());
    let call = create(&python, "x").region(REGION).credentials(&keys.access_key_id, &keys.secret);
    let call = call.under(inner.run("all", &[])).under(outer.run("all", &["--upstream", &endpoint.url()]));
    let finished = call.finish().success();
    assert_eq!(endpoint.running().requests(), 1);
    assert_eq!((outer.files().len(), inner.files().len()), (1, 1));
    assert!(finished.stderr.contains("is used instead of AWS, as set by AWS_ENDPOINT_URL_RAM"), "{finished}");
    assert!(!finished.stderr.contains("key-"), "{finished}");
}

#[test]
fn the_profile_that_recorded_an_actor_replays_it_however_it_was_named() {
    let Some(python) = python() else { return };
    let scene = scene();
    configure(&scene.tape, "[actors.owner]\nprofile = \"dev\"\n");
    let list = || boto3(&python).args(["call", "ListResourceTypes"]).region(REGION);
    assert!(scene.run(list(), &["--profile", "dev"]).success().stderr.contains("1 recorded"));
    let replay = |call: Call, more: &[&str]| {
        under_run(&scene.tape, "none", more, call.env("AWS_CONFIG_FILE", &scene.config)).finish().success()
    };
    assert!(replay(list(), &["--profile", "dev"]).stderr.contains("1 replayed"));
    assert!(replay(list().env("AWS_DEFAULT_PROFILE", "dev"), &[]).stderr.contains("1 replayed"));
    assert!(replay(list().env("AWS_PROFILE", "dev"), &[]).stderr.contains("1 replayed"));
}

#[test]
fn an_endpoint_that_is_ramtapes_own_hides_no_other() {
    let Some(python) = python() else { return };
    let keys = Credential::owner();
    let endpoint =
        Endpoint::with(SimulatorSettings { credentials: vec![keys.clone()], ..SimulatorSettings::default() });
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let tape = Tape::new();
    let call = create(&python, "x").region(REGION).credentials(&keys.access_key_id, &keys.secret);
    let call = call.env("AWS_ENDPOINT_URL_RAM", format!("http://{port}")).env("AWS_ENDPOINT_URL", endpoint.url());
    let recorded = under_run(&tape, "all", &["--listen", &port.to_string()], call).finish().success();
    assert!(recorded.stderr.contains("as set by AWS_ENDPOINT_URL"), "{recorded}");
    assert_eq!(endpoint.running().requests(), 1);
}
