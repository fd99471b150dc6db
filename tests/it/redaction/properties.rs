//! What holds for whatever is redacted.

use super::scope::{answered, asked, key, redaction, requested, rule};
use proptest::prelude::*;
use ramtape::redact::{Redaction, RedactionSpec, Selector};

fn rules() -> Redaction {
    let rules = [
        rule(Selector::Member("m".into())),
        rule(Selector::Pointer("/a/*/p".into())),
        rule(Selector::Pattern("[0-9]{4}".into())),
        rule(Selector::Pattern("x-(.+)".into())),
        rule(Selector::Pattern("[a-d]{3}".into())),
    ];
    redaction(true, &rules)
}

fn any_text() -> impl Strategy<Value = String> {
    let words = vec![
        "123456789012",
        "999912345678",
        "1234-5678-9012",
        "13e9e990-7445-4e1c-a3b9-616262211175",
        "jane@corp.com",
        "a@example.com",
        "arn:aws:ram:eu-west-1:123456789012:share/x-7",
        "x-",
        "abc",
        "12345",
        "é",
        " ",
        ":",
        "/",
        "redacted-aaaaaaaaaaaaaaaaaaaa",
        concat!("AKIA", "QYLPMN5HABCDEFGH"),
        concat!("kZ3o8Wc1yFq2dT5xLh9v", "Bn4mRj6sPa7gUe0wXi/K"),
        "\"",
        "\\",
        "{\"m\":\"q\",\"n\":[\"123456789012\"]}",
    ];
    prop::collection::vec(prop::sample::select(words), 0..5).prop_map(|words| words.concat())
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any_text().prop_map(serde_json::Value::from),
        any::<u32>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop::sample::select(vec!["m", "a", "p", "accountId", "123456789012", "name"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| members
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

/// `text`, escaped as Python and PHP and as JavaScript write it.
fn spelled(value: &serde_json::Value, ascii: bool) -> String {
    let text = value.to_string();
    if ascii { text.replace('é', "\\u00e9").replace('@', "\\u0040").replace('/', "\\/") } else { text }
}

/// Accounts that could be a minute, `YYYYMMDDhhmm`.
const LIKE_A_MINUTE: &str = "20[0-9]{2}0[1-9]1[0-9]0[0-9][0-5][0-9]";

proptest! {
    #[test]
    fn redacting_twice_changes_nothing(value in any_json(), ascii: bool) {
        let once = answered(&rules(), &spelled(&value, ascii));
        prop_assert_eq!(answered(&rules(), &once), once.clone());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&once).is_ok(), "{}", once);
        let once = requested(&rules(), &spelled(&value, ascii));
        prop_assert_eq!(requested(&rules(), &once), once);
    }

    #[test]
    fn requests_and_answers_are_redacted_alike(value in any_json()) {
        let text = spelled(&value, false);
        prop_assert_eq!(requested(&rules(), &text), answered(&rules(), &text));
    }

    #[test]
    fn how_it_is_spelled_does_not_matter(value in any_json()) {
        let parsed = |ascii: bool| serde_json::from_str::<serde_json::Value>(&answered(&rules(), &spelled(&value, ascii))).unwrap();
        prop_assert_eq!(parsed(true), parsed(false));
    }

    #[test]
    fn different_requests_stay_different(one in "[a-z0-9 @.:/-]{0,24}", other in "[a-z0-9 @.:/-]{0,24}", rest in any_text()) {
        let body = |text: &str| serde_json::json!({ "m": text, "t": format!("{text} {rest}") }).to_string();
        let redacted = |text: &str| requested(&rules(), &body(text));
        prop_assert_eq!(redacted(&one) == redacted(&other), one == other);
    }

    #[test]
    fn queries_are_redacted_as_bodies(text in any_text()) {
        let redaction = rules();
        let query = format!("q={}", percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC));
        let body = serde_json::json!({ "q": text }).to_string();
        let by_query = asked(&redaction, &query, "").map_or(query.clone(), |copied| copied.query);
        let by_query = percent_encoding::percent_decode_str(by_query.strip_prefix("q=").unwrap()).decode_utf8().unwrap().into_owned();
        let by_body: serde_json::Value = serde_json::from_str(&requested(&redaction, &body)).unwrap();
        prop_assert_eq!(Some(by_query.as_str()), by_body["q"].as_str());
    }

    #[test]
    fn an_account_has_one_pseudonym_everywhere(account in prop_oneof!["[1-8][0-9]{11}", LIKE_A_MINUTE]) {
        let policy = RedactionSpec { accounts: true, ..RedactionSpec::default() };
        let redaction = Redaction::new(policy, ramtape::redact::KeySource::Known(key())).unwrap();
        let pseudonym = |text: &str| requested(&redaction, &text.replace("ACCOUNT", &account));
        let whole = pseudonym("\"ACCOUNT\"");
        let whole = whole.trim_matches('"');
        prop_assert!(whole.starts_with("9999") && whole.len() == 12);
        for place in ["[\"arn:aws:iam::ACCOUNT:root\"]", "{\"p\":\"{\\\"AWS\\\":[\\\"ACCOUNT\\\"]}\"}", "{\"ACCOUNT\":1}", "{\"accountId\":ACCOUNT}"] {
            prop_assert_eq!(pseudonym(place), place.replace("ACCOUNT", whole));
        }
        // In a longer text a minute is one.
        let is_minute = (1970..2100).contains(&account[..4].parse().unwrap()) && account[4..6] <= *"12";
        if !is_minute {
            prop_assert_eq!(pseudonym("is ACCOUNT."), format!("is {whole}."));
        }
        prop_assert_eq!(pseudonym("{\"n\":ACCOUNT,\"creationTime\":1.63234298438E11}"), format!("{{\"n\":{account},\"creationTime\":1.63234298438E11}}"));
    }
}
