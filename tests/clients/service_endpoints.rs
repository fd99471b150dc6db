//! The tables `[variables]` and `[labels]` of `config/services.toml` against the models of all services that boto3 brings.

use crate::support::clients::{Call, Finished, python, source};
use std::fs;
use std::path::{Path, PathBuf};

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/services.toml")
}

fn compare(python: &Path, table: &Path) -> Finished {
    Call::new(python).args([source("compare_endpoints.py"), "--table".into(), table.to_owned()]).finish()
}

/// A client whose variable is missing would ask AWS while ramtape records; one that is led wrong would ask another service.
#[test]
fn each_client_is_led_to_the_service_whose_endpoint_it_has() {
    let Some(python) = python() else { return };
    let compared = compare(&python, &table()).success();
    assert_eq!(String::from_utf8(compared.stdout).unwrap(), "");
}

#[test]
fn each_difference_of_variables_and_labels_is_named() {
    let Some(python) = python() else { return };
    let mut text = fs::read_to_string(table()).unwrap();
    for (own, other) in [
        ("rds = [\"RDS\", \"DOCDB\", \"NEPTUNE\"]\n", "rds = [\"RDS\", \"DOCDB\", \"NEPTUNE_V2\"]\n"),
        ("states = [\"SFN\"]\n", "sqs = [\"SQS\"]\nno-such-service = [\"SFN\"]\n"),
        ("ses = \"email\"\n", "ses = \"mail\"\n"),
        ("detective = \"api.detective\"\n", ""),
        ("[labels]\n", "[labels]\ndynamodb = \"streams.dynamodb\"\n"),
    ] {
        assert!(text.contains(own), "{own}");
        text = text.replacen(own, other, 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.toml");
    fs::write(&other, text).unwrap();

    let compared = compare(&python, &other);
    assert_eq!(compared.code, Some(1), "{compared}");
    let said = String::from_utf8(compared.stdout).unwrap();
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "no-such-service: the table has it, the models have not",
            "label of detective: api.detective in the models, detective in the table",
            "label of dynamodb: dynamodb in the models, streams.dynamodb in the table",
            "variables of dynamodb: the models have DYNAMODB_STREAMS, the table has not",
            "variables of dynamodb: the table has DYNAMODB, the models have not",
            "variables of rds: the models have NEPTUNE, the table has not",
            "variables of rds: the table has NEPTUNE_V2, the models have not",
            "label of ses: ['email', 'mail-manager'] in the models, mail in the table",
            "variables of sqs: SQS is the rule",
            "variables of states: the models have SFN, the table has not",
            "variables of states: the table has STATES, the models have not",
        ]
    );
}
