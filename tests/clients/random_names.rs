//! A suite with random names through the real binary: recorded once with boto3, replayed ten times.

use std::collections::BTreeSet;
use std::path::Path;

use ramtape::simulator::{Credential, Simulator, SimulatorSettings};

use crate::support::binary::{Server, folder, ramtape};
use crate::support::clients::{Call, python, source};

const CONFIG: &str = "cassette = 'tape'\n[operations.CreateResourceShare]\nvolatile = ['name']\n";

fn suite(python: &Path, url: &str, keys: &Credential) -> String {
    let call = Call::new(python).args([source("python/random_share.py")]).endpoint(url).region("us-east-1");
    let finished = call.credentials(&keys.access_key_id, &keys.secret).finish().success();
    String::from_utf8(finished.stdout).unwrap().trim().to_owned()
}

#[test]
fn recorded_once_and_replayed_ten_times_with_new_names() {
    let Some(python) = python() else { return };
    let (folder, owner) = (folder(), Credential::owner());
    std::fs::write(folder.path().join("ramtape.toml"), CONFIG).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let endpoint = runtime.block_on(Simulator::start(SimulatorSettings::default())).unwrap();

    let mut recorder = ramtape(folder.path());
    recorder.args(["record", "--upstream", &endpoint.base_url()]);
    recorder.env("AWS_ACCESS_KEY_ID", &owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", &owner.secret);
    let recorder = Server::start(&mut recorder);
    let mut names = BTreeSet::from([suite(&python, &recorder.url, &owner)]);
    let recorded = recorder.stop();
    assert_eq!(recorded.code, Some(0), "{recorded:?}");
    runtime.block_on(endpoint.stop());

    for _ in 0..10 {
        let server = Server::start(ramtape(folder.path()).arg("replay"));
        names.insert(suite(&python, &server.url, &owner));
        let replayed = server.stop();
        assert!(replayed.stderr.contains(" 0 missed; 0 upstream connections"), "{replayed:?}");
    }
    assert_eq!(names.len(), 11, "{names:?}");
}
