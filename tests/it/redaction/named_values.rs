//! What stands after a name that says it is a secret: found whatever it looks like, and only there.

use super::scope::{answered, redaction};
use proptest::prelude::*;
use ramtape::redact::find_credentials;

/// The ways to write a name and its value.
const WRITTEN: [(&str, &str); 12] = [
    ("secret_key=", ""),
    ("secret_key = \"", "\""),
    ("aws_secret_access_key=", "\n"),
    ("session_token: ", ", next"),
    ("session_token: '", "'"),
    ("{\"SecretAccessKey\":\"", "\"}"),
    ("export AWS_SESSION_TOKEN=", " && aws s3 ls"),
    ("X-Amz-Security-Token: ", "\r\n"),
    ("<SessionToken>", "</SessionToken>"),
    ("password=", " for jane"),
    ("client_secret: '", "'"),
    ("\"apiKey\":\"", "\""),
];

/// As issuers make them; with dots at any place.
fn any_secret() -> impl Strategy<Value = String> {
    let dotted = ("[A-Za-z0-9]{24,48}", prop::collection::vec(1_usize..23, 0..4)).prop_map(|(mut text, dots)| {
        dots.into_iter().for_each(|at| text.insert(at, '.'));
        text
    });
    prop_oneof![
        dotted,
        "[A-Za-z0-9+/]{27,43}=",
        "[A-Za-z0-9_-]{32,43}",
        "[0-9a-f]{32,64}",
        "[a-z0-9]{20,40}",
        "eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}",
        "hv[sbr]\\.[A-Za-z0-9]{24,90}",
        "s\\.[A-Za-z0-9]{24}",
        "v1\\.[A-Za-z0-9]{24}",
        "sk_live_[A-Za-z0-9]{24}",
        "[A-Za-z0-9]{20}SG\\.[A-Za-z0-9]{20}\\.[A-Za-z0-9]{20}",
        "[A-Za-z0-9]{8}\\.[A-Za-z0-9]{8}\\.[A-Za-z0-9]{8}\\.[A-Za-z0-9]{8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_secret_is_taken_for_a_name(secret in any_secret()) {
        for (before, after) in WRITTEN {
            let text = format!("{before}{secret}{after}");
            let found = find_credentials(&text);
            prop_assert!(found.iter().any(|(_, found)| found.value.expose().contains(secret.trim_end_matches('.'))), "{}", text);
        }
    }
}

/// Values of every kind, which have pseudonyms of every kind.
fn any_value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        any_secret().prop_map(serde_json::Value::from),
        "[0-9]{6,20}".prop_map(serde_json::Value::from),
        any::<u32>().prop_map(serde_json::Value::from),
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(serde_json::Value::from),
        "[a-z]{4}[0-9]@corp.com".prop_map(serde_json::Value::from),
        "password[=:] ?[a-z]{4}[0-9]{3}".prop_map(serde_json::Value::from),
        Just("arn:aws:iam::123456789012:user/jane7".into()),
        Just(serde_json::json!({ "documentation": "hunter22", "pwd": ["hunter22", 123_456] })),
    ]
}

proptest! {
    #[test]
    fn nothing_is_found_in_what_was_redacted(value in any_value(), accounts: bool) {
        let redaction = redaction(accounts, &[]);
        for name in ["password", "SecretAccessKey", "session token", "db_pwd", "apiKey", "x"] {
            let body = serde_json::json!({ name: value, "tags": [{ "key": name, "value": value }] });
            for body in [body.to_string(), serde_json::to_string_pretty(&body).unwrap(), format!("{name}: {value}")] {
                let redacted = answered(&redaction, &body);
                prop_assert!(find_credentials(&redacted).is_empty(), "{}: {}", redacted, find_credentials(&redacted)[0].0);
                prop_assert_eq!(answered(&redaction, &redacted), redacted);
            }
        }
    }
}

#[test]
fn a_placeholder_and_another_name_are_no_secrets() {
    for reference in [
        "settings.SECRET_KEY",
        "process.env.AWS_SECRET_ACCESS_KEY",
        "config.aws.secretAccessKey",
        "self.session_token",
        "aws_secret_access_key",
        "${SECRET_KEY}",
        "$SECRET_KEY",
        "%SECRET_KEY%",
        "{{ secrets.key }}",
        "<your-secret-key>",
    ] {
        for text in [
            format!("secret_key={reference}"),
            format!("session_token: {reference},"),
            format!("secret_key = {reference};"),
        ] {
            assert!(find_credentials(&text).is_empty(), "{text}");
        }
    }
    // In quotes it is what it says, unless something is put there.
    assert_eq!(find_credentials("secret_key = \"settings.secret\"").len(), 1);
    for text in ["secret_key = \"${var.db_secret}\"", "\"SecretAccessKey\": \"{{aws.secret}}\""] {
        assert!(find_credentials(text).is_empty(), "{text}");
    }
}

#[test]
fn the_answer_of_an_error_keeps_no_password() {
    let redaction = redaction(false, &[]);
    for (text, left) in [
        ("{\"message\":\"cannot log in with password=hunter2, sorry\"}", "{\"message\":\"cannot log in with password="),
        ("<e>pwd: 'hunter2'</e>", "<e>pwd: '"),
        ("<Credentials><SecretAccessKey>hunter</SecretAccessKey></Credentials>", "<Credentials><SecretAccessKey>"),
        ("<Password>hunter</Password>", "<Password>"),
    ] {
        let redacted = answered(&redaction, text);
        assert!(redacted.starts_with(&format!("{left}redacted-")) && !redacted.contains("hunter"), "{redacted}");
        assert_eq!(answered(&redaction, &redacted), redacted);
    }
    for text in ["{\"message\":\"password: must have 8 characters\"}", "<Password>Your own one</Password>"] {
        assert_eq!(answered(&redaction, text), text);
    }
}

#[test]
fn what_issuers_and_protocols_mark_is_found_in_any_text() {
    let random = "4fA9b8C7d6E5f4A3b2C1d0e9F8a7B6c5D4e";
    for (before, secret, after) in [
        ("postgres://jane:", "p@ss:w0rd", "@db.corp.com/x"),
        ("Authorization: Bearer ", random, ""),
        ("authorization: Basic ", "amFuZTpodW50ZXIyaHVudGVyMg==", "\r\n"),
        ("AccountName=x;AccountKey=", &format!("{random}{random}="), ";"),
        ("https://x.blob/y?sv=1&sig=", &format!("{random}AbCdEfGh="), "&se=2"),
        ("https://hooks.slack.com/services/", "T0123/B0123/4fA9b8C7d6E5f4A3b2C1", ""),
        ("it is ", &format!("hvs.{random}"), "."),
        ("it is ", &format!("AIza{random}"), "."),
        ("it is ", &format!("ya29.{random}"), ""),
        ("it is ", &format!("GOCSPX-{random}"), "."),
        ("it is ", &format!("dckr_pat_{random}"), "."),
        ("it is ", &format!("sk-ant-{random}"), "."),
        ("it is ", &format!("ABSK{random}{random}="), "."),
        ("it is ", &format!("glrt-{random}"), "."),
        ("", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----", "\n"),
        ("url?x=", concat!("IQoJ", "b3JpZ2luX2VjEJb7wEaCX%2FVzLWVhc3QtMSJIMEYCIQDx7kKQ%2B"), "&y"),
    ] {
        let found = find_credentials(&format!("{before}{secret}{after}"));
        let secret = secret.replace("%2F", "/").replace("%2B", "+");
        assert!(matches!(&found[..], [(1, one)] if one.value.expose() == secret), "{secret}: {found:?}");
    }
    for text in [
        "postgres://jane:${DB_PASS}@db.corp.com/x",
        "bearer authentication is needed",
        "Authorization: Bearer <token>",
        "a basic understanding of sig=nature",
    ] {
        assert!(find_credentials(text).is_empty(), "{text}");
    }
}
