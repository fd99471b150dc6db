//! Services that several SDK clients ask under one name in signatures.

use super::record;
use crate::support::clients::{Call, Moto, python, source};
use crate::support::scene::Tape;

#[test]
fn all_clients_of_one_service_are_recorded() {
    let Some(python) = python() else { return };
    let (tape, moto) = (Tape::new(), Moto::start(&python));
    let call = || Call::new(&python).args([source("python/shared_names.py")]);
    let flags = ["--service", "rds,elasticloadbalancing,ses"];
    let recorded = record(&tape, &moto, &flags, call()).success();
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    drop(moto);
    assert_eq!(tape.text_alone().replay(call()).lines(), recorded.lines());
    assert_eq!(recorded.lines().len(), 7, "{recorded}");
}
