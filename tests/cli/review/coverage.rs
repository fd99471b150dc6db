//! `coverage`: what is recorded of the service, and what is not.

use super::setup::{json_lines, over, recorded};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn operations_listings_and_errors_are_printed_with_what_is_missing() {
    let stage = recorded().await;
    let finished = over(&stage, &["coverage", "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines = json_lines(&finished);
    assert_eq!(lines.len(), 36);
    let of = |operation: &str| lines.iter().find(|line| line["operation"] == operation).unwrap();
    let listing = of("GetResourceShares");
    assert_eq!((&listing["requests"], &listing["takes"], &listing["kind"]), (&json!(3), &json!(4), &json!("read")));
    assert_eq!(listing["errors"], json!({ "InvalidParameterException": 1 }));
    assert_eq!(
        listing["errorsNotRecorded"],
        json!(["UnknownResourceException", "MalformedArnException", "InvalidNextTokenException"])
    );
    let chains = &listing["chains"];
    assert_eq!((&chains["complete"], &chains["partial"], &chains["ofSeveralPages"]), (&json!(3), &json!(0), &json!(1)));
    assert!(chains["longest"].as_u64() > Some(1), "{chains}");
    assert_eq!(of("ListPermissions")["chains"]["partial"], 1);
    let write = of("CreateResourceShare");
    assert_eq!((&write["takes"], &write["chains"], &write["kind"]), (&json!(1), &json!(null), &json!("write")));
    assert_eq!(lines.iter().filter(|line| line["takes"] == 0).count(), 33);

    let text = over(&stage, &["coverage"]).stdout;
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("GetResourceShares ").contains("1 of 4 modelled errors: InvalidParameterException"), "{text}");
    assert!(line("ListPermissions ").contains("in part only"), "{text}");
    assert!(line("ListPrincipals ").contains("not recorded"), "{text}");
    let total = text.lines().last().unwrap();
    assert!(total.starts_with("3 of 36 operations; 1 of 14 listings to their end, 1 in part only; 1 of "), "{total}");
    assert!(!text.contains('\x1b'), "no colours where no terminal is");
}
