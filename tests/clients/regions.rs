//! A client that asks in several regions, and runs in one of them: that is its region on replay too.

use ramtape::simulator::{Credential, Effect, Fault};
use serde_json::{Value, json};

use crate::support::clients::{Call, python};
use crate::support::scene::{Endpoint, Tape};

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// Lists the shares of two regions, after those of the region that it runs in; with a word, makes a share there as well.
const INVENTORY: &str = "import boto3, sys
home = boto3.session.Session().region_name
print(home)
for region in [home, 'us-east-1', 'eu-west-1']:
    if region:
        shares = boto3.client('ram', region_name=region).get_resource_shares(resourceOwner='SELF')['resourceShares']
        print(len(shares), {share['resourceShareArn'].split(':')[3] for share in shares})
for name in sys.argv[1:]:
    boto3.client('ram').create_resource_share(name=name)
";

fn inventory(more: &[&str]) -> Option<Call> {
    Some(Call::new(python()?).args(["-c", INVENTORY]).args(more))
}

fn record(tape: &Tape, endpoint: &Endpoint, call: Call) -> String {
    let owner = Credential::owner();
    let call = call.credentials(&owner.access_key_id, &owner.secret);
    let recorded = call.under(tape.run("new_episodes", &["--upstream", &endpoint.url()])).finish().success();
    String::from_utf8(recorded.stdout).unwrap()
}

fn replay(tape: &Tape, call: Call) -> String {
    String::from_utf8(tape.replay(call).stdout).unwrap()
}

fn manifest(tape: &Tape) -> String {
    std::fs::read_to_string(tape.path().join("cassette.json")).unwrap()
}

#[test]
fn a_cassette_of_two_regions_is_replayed_in_the_one_that_it_was_recorded_in() {
    let Some(call) = inventory(&[]) else { return };
    for region in REGIONS {
        let (endpoint, tape) = (Endpoint::start(), Tape::new());
        let recorded = record(&tape, &endpoint, call.clone().region(region));
        assert!(recorded.starts_with(&format!("{region}\n")), "{recorded}");
        let colleague = tape.text_alone();
        assert_eq!(replay(&colleague, call.clone()), recorded);
        // Wherever the colleague works, and told only where it makes a difference.
        for own in REGIONS {
            let replayed = colleague.replay(call.clone().region(own));
            assert_eq!(String::from_utf8_lossy(&replayed.stdout), recorded);
            assert_eq!(replayed.stderr.contains("CMD runs in "), own != region, "{replayed}");
        }
        // To record what is there already changes nothing.
        let before = manifest(&tape);
        assert_eq!(record(&tape, &endpoint, call.clone().region(region)), recorded);
        assert_eq!(manifest(&tape), before);
    }
}

#[test]
fn the_profiles_region_counts_where_no_variable_names_one() {
    let Some(call) = inventory(&[]) else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let config = tape.folder().join("config");
    std::fs::write(&config, "[default]\nregion = us-east-1\n[profile other]\nregion = eu-west-1\n").unwrap();
    let with_profile = call.clone().env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "other");
    let recorded = record(&tape, &endpoint, with_profile);
    assert!(recorded.starts_with("eu-west-1\n"), "{recorded}");
    assert_eq!(replay(&tape, call), recorded);
}

#[test]
fn where_no_region_is_known_none_is_kept() {
    let Some(call) = inventory(&[]) else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    assert!(record(&tape, &endpoint, call.clone()).starts_with("None\n"));
    let text = manifest(&tape);
    assert!(text.contains("\"ramtape\": \"2.0\"") && !text.contains("region"), "{text}");
    // As with a cassette of an earlier ramtape.
    for region in REGIONS {
        assert!(replay(&tape, call.clone().region(region)).starts_with(&format!("{region}\n")));
    }
}

#[test]
fn of_several_regions_the_users_own_is_chosen() {
    let (Some(call), Some(more)) = (inventory(&["a"]), inventory(&["b"])) else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    record(&tape, &endpoint, call.clone().region("eu-west-1"));
    record(&tape, &endpoint, more.clone().region("us-east-1"));
    let text = manifest(&tape);
    assert!(text.contains("\"regions\": [\n    \"eu-west-1\",\n    \"us-east-1\"\n  ]"), "{text}");
    assert!(replay(&tape, more.region("us-east-1")).starts_with("us-east-1\n"));
    for other in [call.clone().region("eu-west-1"), call.clone().region("ap-south-1"), call] {
        assert!(replay(&tape, other).starts_with("eu-west-1\n"));
    }
}

/// Lists what there is in every region, and passes over those that are not enabled.
const EVERY_REGION: &str = "import boto3, botocore, sys
for region in sys.argv[1:]:
    try:
        shares = boto3.client('ram', region_name=region).get_resource_shares(resourceOwner='SELF')['resourceShares']
        print(region, len(shares))
    except botocore.exceptions.ClientError as error:
        if error.response['Error']['Code'] not in ('UnrecognizedClientException', 'AuthFailure'):
            raise
        print(region, 'is not enabled')
";

#[test]
fn a_region_that_is_not_enabled_is_passed_over_on_replay_too() {
    let Some(python) = python() else { return };
    for (error, regions) in [
        ("UnrecognizedClientException", ["eu-central-1", "us-east-1", "eu-west-1"]),
        ("AuthFailure", ["us-east-1", "eu-central-1", "eu-west-1"]),
    ] {
        let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
        let call = || crate::support::scene::as_owner(Call::new(&python).args(["-c", EVERY_REGION]).args(regions));
        let first = regions.iter().position(|region| *region == "eu-central-1").unwrap();
        // Which request is refused follows from the order.
        for at in 0..=first {
            let refused = Effect::Refused { status: 403, name: error.into(), message: "not known".into() };
            let effect = if at == first { refused } else { Effect::Latency(std::time::Duration::ZERO) };
            endpoint.running().inject(Fault::next(effect));
        }
        let report = tape.folder().join("report.json");
        let run = tape.run("once", &["--report", "json", report.to_str().unwrap(), "--upstream", &endpoint.url()]);
        let recorded = call().under(run).finish().success();
        endpoint.stop();
        let printed = String::from_utf8_lossy(&recorded.stdout);
        assert_eq!(printed.matches("is not enabled").count(), 1, "{recorded}");
        assert!(recorded.stderr.contains("3 recorded, 0 missed;"), "{recorded}");
        let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
        assert_eq!((&report["passed"], &report["passedOn"]), (&json!([]), &json!(0)));
        assert_eq!(tape.replay(call()).stdout, recorded.stdout);
        assert_eq!(tape.text_alone().replay(call()).stdout, recorded.stdout);
    }
}

#[test]
fn answers_that_are_not_recorded_are_in_every_report() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let refused = Effect::Refused { status: 403, name: "UnrecognizedClientException".into(), message: "no".into() };
    endpoint.running().inject(Fault::next(refused));
    let (json_file, xml_file) = (tape.folder().join("report.json"), tape.folder().join("report.xml"));
    let reports = ["--report", "json", json_file.to_str().unwrap(), "--report", "junit", xml_file.to_str().unwrap()];
    let run = tape.run("once", &[&reports[..], &["--upstream", &endpoint.url()]].concat());
    let call = crate::support::scene::as_owner(Call::new(&python).args(["-c", EVERY_REGION, "us-east-1"]));
    let recorded = call.under(run).finish().success();
    let told = "not recorded: GetResourceShares in us-east-1 answered UnrecognizedClientException (HTTP 403)";
    assert!(recorded.stderr.contains(told), "{recorded}");
    assert!(std::fs::read_to_string(xml_file).unwrap().contains(&format!("<skipped message=\"{told}\"/>")));
    let report: Value = serde_json::from_slice(&std::fs::read(json_file).unwrap()).unwrap();
    let expected = json!([{
        "operation": "GetResourceShares",
        "region": "us-east-1",
        "error": "UnrecognizedClientException",
        "status": 403,
        "count": 1,
    }]);
    assert_eq!(report["passed"], expected);
}
