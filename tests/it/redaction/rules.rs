//! The user's rules.

use super::scope::{ACCOUNT, answered, redaction, requested, rule};
use ramtape::redact::{Direction, Rule, Selector};

fn member(name: &str) -> Rule {
    rule(Selector::Member(name.into()))
}

#[test]
fn a_member_is_redacted_at_any_depth_and_stays_of_its_kind() {
    let redaction = redaction(false, &[member("m")]);
    let body = "{\"m\":\"x\",\"a\":[{\"m\":[7,1.5,true,null,{\"b\":\"y\"}]}],\"p\":\"{\\\"m\\\":\\\"z\\\"}\",\"mm\":\"x\",\"n\":\"m\"}";
    let redacted: serde_json::Value = serde_json::from_str(&answered(&redaction, body)).unwrap();
    let is_word = |value: &serde_json::Value| value.as_str().unwrap().starts_with("redacted-");
    assert!(is_word(&redacted["m"]) && is_word(&redacted["a"][0]["m"][4]["b"]));
    let list = &redacted["a"][0]["m"];
    assert!(list[0].as_u64().unwrap() > 2_147_000_000 && list[1].as_f64().unwrap() > 2_147_000_000.0);
    assert_eq!((&list[2], &list[3]), (&serde_json::json!(true), &serde_json::json!(null)));
    let inner: serde_json::Value = serde_json::from_str(redacted["p"].as_str().unwrap()).unwrap();
    assert!(is_word(&inner["m"]));
    assert_eq!((redacted["mm"].as_str(), redacted["n"].as_str()), (Some("x"), Some("m")));
}

#[test]
fn a_pointer_leads_to_one_place_and_into_policies() {
    let redaction = redaction(
        false,
        &[
            rule(Selector::Pointer("/s/*/name".into())),
            rule(Selector::Pointer("/policyTemplate/Statement/*/Sid".into())),
        ],
    );
    let body = "{\"s\":[{\"name\":\"a\",\"x\":\"a\"},{\"name\":\"b\"}],\"name\":\"a\",\"policyTemplate\":\"{\\\"Statement\\\":[{\\\"Sid\\\":\\\"a\\\",\\\"Effect\\\":\\\"a\\\"}]}\"}";
    let redacted: serde_json::Value = serde_json::from_str(&requested(&redaction, body)).unwrap();
    let a = redacted["s"][0]["name"].as_str().unwrap();
    assert!(a.starts_with("redacted-") && redacted["s"][1]["name"] != a);
    assert_eq!((&redacted["s"][0]["x"], &redacted["name"]), (&"a".into(), &"a".into()));
    let policy = redacted["policyTemplate"].as_str().unwrap();
    assert_eq!(policy, format!("{{\"Statement\":[{{\"Sid\":\"{a}\",\"Effect\":\"a\"}}]}}"));
}

#[test]
fn a_pattern_redacts_its_first_group_or_all_it_matches() {
    let with_group = redaction(false, &[rule(Selector::Pattern("cost-([0-9]+)".into()))]);
    let redacted = answered(&with_group, "{\"a\":\"cost-17 and cost-18, cost-17\"}");
    let words: Vec<&str> = redacted.split("cost-").skip(1).map(|rest| rest.get(..25).unwrap()).collect();
    assert!(words[0].starts_with("redacted-") && words[0] == words[2] && words[0] != words[1], "{redacted}");
    assert_eq!(answered(&with_group, &redacted), redacted);
    let whole = redaction(false, &[rule(Selector::Pattern("(?i)project [a-z]+".into()))]);
    assert!(answered(&whole, "it is Project Zeus.").starts_with("it is redacted-"));
    assert_eq!(answered(&whole, "{\"projectzeus\":1}"), "{\"projectzeus\":1}");
    let short = redaction(false, &[rule(Selector::Pattern("ACME".into()))]);
    let redacted = answered(&short, "{\"ACME\":{\"b\":\"ACME\"}}");
    assert!(!redacted.contains("ACME") && redacted.contains("\"b\""), "{redacted}");
}

#[test]
fn rules_keep_to_their_operations_and_their_way() {
    let mut elsewhere = member("m");
    elsewhere.operations = vec!["Y".into()];
    assert_eq!(answered(&redaction(false, &[elsewhere]), "{\"m\":\"x\"}"), "{\"m\":\"x\"}");
    let asked = redaction(false, &[Rule { direction: Direction::Request, ..member("m") }]);
    assert_eq!(answered(&asked, "{\"m\":\"x\"}"), "{\"m\":\"x\"}");
    assert!(requested(&asked, "{\"m\":\"x\"}").contains("redacted-"));
    let constant =
        redaction(false, &[Rule { direction: Direction::Response, with: Some("a \"b\"".into()), ..member("m") }]);
    assert_eq!(
        answered(&constant, "{\"m\":\"x\",\"n\":[{\"m\":\"y\"}]}"),
        "{\"m\":\"a \\\"b\\\"\",\"n\":[{\"m\":\"a \\\"b\\\"\"}]}"
    );
    assert_eq!(requested(&constant, "{\"m\":\"x\"}"), "{\"m\":\"x\"}");
}

#[test]
fn an_arn_keeps_its_kind_and_its_account() {
    let arn = format!("arn:aws:ram:eu-west-1:{ACCOUNT}:resource-share/7ab6");
    let kept = requested(&redaction(false, &[member("arn")]), &format!("{{\"arn\":\"{arn}\"}}"));
    assert!(
        kept.starts_with(&format!("{{\"arn\":\"arn:aws:ram:eu-west-1:{ACCOUNT}:resource-share/redacted-")),
        "{kept}"
    );
    // With the real account, with its pseudonym, and as an answer gave it: one and the same.
    let both = redaction(true, &[member("arn")]);
    let once = requested(&both, &format!("{{\"arn\":\"{arn}\"}}"));
    let pseudonym = once.split(':').nth(5).unwrap();
    assert!(pseudonym.starts_with("9999"), "{once}");
    assert_eq!(requested(&both, &format!("{{\"arn\":\"{}\"}}", arn.replace(ACCOUNT, pseudonym))), once);
    assert_eq!(requested(&both, &once), once);
}

#[test]
fn a_pattern_that_matches_a_part_of_a_secret_leaves_nothing_of_it() {
    let digits = redaction(true, &[rule(Selector::Pattern("[0-9]{3,}".into()))]);
    let around = redaction(true, &[rule(Selector::Pattern("was .{12}".into()))]);
    let plain = redaction(true, &[]);
    for secret in [
        concat!("AKIA", "QYLPMN5H1234CDEF"),
        concat!("kZ3o8Wc1yFq2dT5xLh1234", "4mRj6sPa7gUe0wXi/K"),
        concat!("ghp_", "0123456789abcdefghijABCDEFGHIJ012345"),
        concat!("jane.doe1234", "@corp.co.uk"),
        ACCOUNT,
    ] {
        let body = format!("{{\"a\":\"it was {secret}, {secret}\",\"{secret}\":1}}");
        assert_eq!(answered(&digits, &body), answered(&plain, &body), "the secret as a whole, as without the rule");
        let redacted = answered(&around, &body);
        let tail = &secret[secret.len() - 2..];
        assert!(redacted.starts_with("{\"a\":\"it redacted-") && !redacted.contains(&format!("{tail},")), "{redacted}");
        assert_eq!(answered(&around, &redacted), redacted);
    }
    let body = "{\"a\":\"jane1234@example.com 99991234567890123\"}";
    let redacted = answered(&digits, body);
    assert!(!redacted.contains("1234"), "what is no secret hides nothing from a rule: {redacted}");
}

#[test]
fn a_tag_whose_key_names_a_secret_is_one() {
    let redaction = redaction(false, &[]);
    let tags = r#"[{"key":"Db-Password","value":"hunter2"},{"value":"hunter2","key":"team"}]"#;
    let filters = r#"[{"tagKey":"db-password","tagValues":["hunter2"]}]"#;
    let body = format!("{{\"tags\":{tags},\"tagFilters\":{filters},\"key\":\"password\"}}");
    let asked: serde_json::Value = serde_json::from_str(&requested(&redaction, &body)).unwrap();
    let pseudonym = &asked["tags"][0]["value"];
    assert!(pseudonym.as_str().unwrap().starts_with("redacted-"), "{asked}");
    assert_eq!(asked["tagFilters"][0]["tagValues"], serde_json::json!([pseudonym]));
    assert_eq!((&asked["tags"][1]["value"], &asked["key"]), (&"hunter2".into(), &"password".into()));
    let answer: serde_json::Value = serde_json::from_str(&answered(&redaction, &body)).unwrap();
    assert_eq!(&answer["tags"][0]["value"], pseudonym);
}
