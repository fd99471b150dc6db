//! `ls` and `show` with a choice.

use super::setup::{json_lines, over, recorded};
use crate::support::pending::{asked, plant, recording};
use ramtape::cassette::TakeHead;

#[tokio::test(flavor = "multi_thread")]
async fn takes_are_chosen_by_operation_session_error_and_part() {
    let stage = recorded().await;
    let takes = |arguments: &[&str]| {
        let listed = over(&stage, &[&["ls", "--json"], arguments].concat());
        assert_eq!(listed.code, Some(0), "{listed:?}");
        let lines = json_lines(&listed);
        let line = |line: &serde_json::Value| (line["operation"].as_str().unwrap().to_owned(), line["takes"].as_u64());
        lines.iter().map(line).collect::<Vec<_>>()
    };
    let of = |operation: &str, takes: u64| (operation.to_owned(), Some(takes));
    let all = takes(&[]);
    assert_eq!(all.len(), 5, "{all:?}");
    assert_eq!(takes(&["List*"]), [of("ListPermissions", 1)]);
    assert_eq!(takes(&["list-permissions", "Create*"]), [of("CreateResourceShare", 1), of("ListPermissions", 1)]);
    assert_eq!(takes(&["--session", "a"]), [of("CreateResourceShare", 1), of("GetResourceShares", 2)]);
    assert_eq!(takes(&["--session", "", "Get*"]), [of("GetResourceShares", 1), of("GetResourceShares", 1)]);
    assert_eq!(takes(&["--errors"]), [of("GetResourceShares", 1)]);
    assert_eq!(takes(&["--partial"]), [of("ListPermissions", 1)]);
    assert_eq!(takes(&["--region", "us-*", "--actor", "default"]), all);
    assert_eq!(takes(&["--actor", "consumer"]), []);
    assert_eq!(takes(&["--pending"]), []);

    let nothing = over(&stage, &["ls", "--region", "eu-*"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    assert!(nothing.stderr.contains("no takes in c match these filters"), "{nothing:?}");
    let text = over(&stage, &["ls", "--errors"]).stdout;
    assert!(text.lines().count() == 1 && text.contains("400 InvalidParameterException"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn show_shows_the_chosen_takes_under_their_numbers() {
    let stage = recorded().await;
    let shown = over(&stage, &["show", "Get*", "--session", "a"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("take 1 of 2, session a") && shown.stdout.contains("take 2 of 2"), "{shown:?}");
    assert!(!shown.stdout.contains("OTHER-ACCOUNTS"), "{shown:?}");
    let lines = json_lines(&over(&stage, &["show", "*", "--errors", "--json"]));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["takes"][0]["pages"][0]["status"], 400);
    let absent = over(&stage, &["show", "*", "--actor", "consumer"]);
    assert_eq!((absent.code, absent.stdout.as_str()), (Some(1), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_takes_of_a_killed_recording_are_selected_as_pending() {
    let stage = recorded().await;
    plant(&recording(&stage.cassette("c")), &asked("ListPrincipals", "{}"), TakeHead::default(), 200, "{}");
    let lines = json_lines(&over(&stage, &["ls", "--pending", "--json"]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["operation"], &lines[0]["pending"]), (&"ListPrincipals".into(), &true.into()));
    // And nothing is removed while it is so.
    let refused = over(&stage, &["rm", "ListPermissions"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("ramtape seal"), "{refused:?}");
}
