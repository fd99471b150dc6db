//! The README's first recording and the page on Python, with the package in a virtual environment: with the simulated endpoint, and
//! without it.

use crate::book::marked;
use crate::examples::Reader;
use crate::support::python_package::Venv;

#[test]
fn the_first_recording_and_the_page_record_and_replay() {
    let Some(venv) = Venv::new() else { return };
    let reader = Reader::new(Some(venv.program("python").parent().unwrap().to_owned()));
    let endpoint = reader.endpoint();
    let record = |block: &str| reader.types(&endpoint.lines(&[&marked("setup"), block]));
    // Of all the files of the manual, the reader has saved this one.
    let recorded = record(&marked("first record").replace("pytest", "pytest test_shares.py"));
    assert!(
        recorded.stdout.contains("ramtape: 0 replayed, 1 recorded, 0 missed; 1 upstream connection"),
        "{recorded:?}"
    );
    let marks = record(&marked("python pytest"));
    assert!(marks.stdout.contains("3 passed"), "{marks:?}");
    let program = record(&marked("python program"));
    endpoint.stop();
    let replay = marked("setup") + &marked("first replay").replace("\npytest", "\npytest test_shares.py");
    let replayed = reader.types(&replay);
    assert!(replayed.stdout.contains("1 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{replayed:?}");
    assert!(reader.types(&marked("python pytest").replace("new_episodes", "none")).stdout.contains("3 passed"));
    assert_eq!(reader.types(&marked("python program")).stdout, program.stdout);
}
