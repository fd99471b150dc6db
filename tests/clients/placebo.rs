//! `ramtape record --placebo` with real boto3: what placebo recorded of it, and what cannot be made from that.

use crate::support::clients::{Call, Finished, python, source};
use crate::support::scene::Tape;
use std::path::Path;

fn record(python: &Path, tape: &Tape, flags: &[&str], more: &[&str]) -> Finished {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/placebo");
    let (cassette, fixture) = (tape.path().to_str().unwrap(), fixture.to_str().unwrap());
    let ramtape = [env!("CARGO_BIN_EXE_ramtape"), "record", "--cassette", cassette, "--placebo", fixture];
    suite(python).args(more).under([&ramtape, flags, &["--"]].concat()).finish()
}

fn suite(python: &Path) -> Call {
    Call::new(python).args([source("python/placebo_suite.py")])
}

#[test]
fn what_placebo_recorded_is_recorded_anew_and_replays() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    let recorded = record(&python, &tape, &[], &[]).success();
    assert!(recorded.stderr.contains(" 6 recorded, 0 missed"), "{recorded}");
    assert!(
        recorded.stderr.contains("1 file that nothing asked for: ram.GetResourceShareInvitations_1.json"),
        "{recorded}"
    );
    let lines = recorded.lines();
    let seen = |line: usize, pointer: &str| lines[line].pointer(pointer).and_then(|value| value.as_str()).unwrap();
    assert_eq!(seen(0, "/Account"), "111122223333");
    assert_eq!(seen(1, "/resourceShares/0/status"), "PENDING");
    assert_eq!(seen(2, "/resourceShares/0/status"), "ACTIVE");
    assert_eq!(seen(2, "/resourceShares/0/creationTime"), "2024-02-29 12:30:05.281000+00:00");
    assert_eq!(seen(3, "/Error/Code"), "UnknownResourceException");
    assert_eq!(seen(4, "/Accounts/0/JoinedTimestamp"), "2020-01-02 03:04:05.678000+00:00");
    assert_eq!(seen(5, "/Error/Code"), "AccountNotFoundException");
    let replayed = tape.text_alone().replay(suite(&python));
    assert_eq!(replayed.lines(), lines);
}

#[test]
fn what_cannot_be_carried_over_is_told_and_not_recorded() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    let recorded = record(&python, &tape, &["--service", "ram,sts,ec2,s3"], &["more"]);
    assert_eq!(recorded.code, Some(6), "{recorded}");
    for error in recorded.lines().iter().skip(6) {
        assert_eq!((&error["code"], &error["retries"]), (&"RamtapePlaceboException".into(), &0.into()), "{recorded}");
    }
    for told in [
        "organizations ListRoots, asked 1 time: the folder has no file of it; of organizations it has \
            organizations.DescribeAccount_1.json, organizations.ListAccounts_1.json",
        "ec2 DescribeVpcs, asked 1 time: placebo's files do not say what the elements of EC2's XML are called",
        "s3 GET /, asked 1 time: ",
    ] {
        assert!(recorded.stderr.contains(&format!("not carried over: {told}")), "{told}: {recorded}");
    }
    assert!(
        tape.files()
            .iter()
            .all(|file| !file.contains("list-roots") && !file.starts_with("ec2") && !file.starts_with("s3"))
    );
}
