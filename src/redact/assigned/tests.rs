//! What stands after a name, in programs, manuals and messages.

use super::*;

fn found(text: &str) -> Vec<&str> {
    values(text).into_iter().filter_map(|range| text.get(range)).collect()
}

#[test]
fn the_expressions_are_some() {
    assert!(ASSIGNED.is_some() && ELEMENT.is_some() && is_name_of_one("aws_secret_access_key"));
}

#[test]
fn a_secret_after_its_name_is_found_however_that_is_written() {
    for (text, secret) in [
        ("session_token=hvs.CAESIJlU02LQZqB7cCk3vK1o", "hvs.CAESIJlU02LQZqB7cCk3vK1o"),
        ("secret_key = \"v1.Xk39dsq0LmZ2pQ8wRt5YnB7c\"", "v1.Xk39dsq0LmZ2pQ8wRt5YnB7c"),
        ("secret_key=aB3dE5fG7hJ9.rS5tU7vW9xY1zX3", "aB3dE5fG7hJ9.rS5tU7vW9xY1zX3"),
        ("secret_key = \"correct.horse\"", "correct.horse"),
        ("let secret_key: &'static str = \"correct.horse\";", "correct.horse"),
        ("secretKey := `correct.horse`", "correct.horse"),
        ("'secret_key' => 'correct.horse'", "correct.horse"),
        ("os.environ['SECRET_KEY'] = b'correct.horse'", "correct.horse"),
        ("{\\\"secret_key\\\": \\\"ab\\/c.dE1fG2\\\"}", "ab\\/c.dE1fG2"),
        ("secret_key=\"ab\\\"cd1efgh\"", "ab\\\"cd1efgh"),
        ("Secret access key: hunter2hunter2.", "hunter2hunter2"),
        ("session_token: Some(\"abcd-efgh\")", "abcd-efgh"),
        ("setenv(\"SECRET_KEY\", \"aB3dE5fG7\")", "aB3dE5fG7"),
        ("secret_key:\n  aB3dE5fG7hJ9kL", "aB3dE5fG7hJ9kL"),
        ("secret_key: session_token=aB3dE5fG7hJ9kL", "session_token=aB3dE5fG7hJ9kL"),
        ("secret_key=${SECRET_KEY:-hunter22}", "${SECRET_KEY:-hunter22}"),
    ] {
        assert_eq!(found(text), [secret], "{text}");
    }
}

#[test]
fn what_programs_and_manuals_say_there_is_none() {
    for text in [
        "secret_key = settings.SECRET_KEY",
        "secretKey: process.env.X,",
        "secret_key = var.db_secret\n",
        "aws_secret_access_key=aws_secret_access_key,",
        "secret_key=random_alphanumeric(40)",
        "\"aws_session_token\": credentials[\"SessionToken\"]",
        "secret_key = \"${var.db_secret}\"",
        "secret_key: {{ vault.secret_key }}",
        "secret_key=<YOUR-SECRET-KEY>",
        "SECRET_KEY = 'AWS_SECRET_ACCESS_KEY'",
        "session_token: Zeroizing<Option<String>>",
        "secret_access_key: SecretString,",
        "securityToken: Optional. A token for the connection",
        "SecretKey:\n    description: |-",
        "data.SecretAccessKey === undefined",
        "SECRET_KEY=****************",
        "\"SecretAccessKey\": {\"documentation\": 1}",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn a_password_in_a_text_is_found_where_it_is_no_word() {
    for (text, secret) in [
        ("login failed: password=hunter2 for jane", "hunter2"),
        ("Server=db;User Id=sa;Pwd=hunter2!x;", "hunter2!x"),
        ("password: P@ssw0rd!", "P@ssw0rd!"),
        ("\"password\": \"k]6/s&R}v\"", "k]6/s&R}v"),
        ("passwd='hunter2'", "hunter2"),
        ("api_key=4f9a8b7c6d5e", "4f9a8b7c6d5e"),
        ("password=123456", "123456"),
        ("password: hunter2 for jane", "hunter2"),
        ("user=[jane], password=[hunter2]", "hunter2"),
        ("password: 'hunter2 ", "hunter2"),
        ("<p>password=hunter2<br>", "hunter2"),
    ] {
        assert_eq!(found(text), [secret], "{text}");
    }
    for text in [
        "password: must have 8 characters",
        "password: string",
        "password = user.password2",
        "password=get_password(user1)",
        "password=\"${DB_PASSWORD_2}\"",
        "password=%(password)s",
        "PWD=/home/user1/projects",
        "pub const NO_PASSWORD: u32 = 131072u32;",
        "WRONG_PASSWORD = 0xC000006A",
        "private_key = Ed25519PrivateKey.generate()",
        "\"AWS::ApiGateway::ApiKey\": \"48205d4ffd7feba3\"",
        "the password is wrong: try again in 60s",
        "password: redacted",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn an_element_with_such_a_name_is_one() {
    for (text, secret) in [
        ("<SecretAccessKey>x</SecretAccessKey>", "x"),
        ("<a:DbPassword type='b'>\n  hunter </a:DbPassword>", "hunter"),
        ("<SessionToken><![CDATA[abc]]></SessionToken>", "abc"),
        ("&lt;password&gt;a&amp;b&lt;/password&gt;", "a&amp;b"),
    ] {
        assert_eq!(found(text), [secret], "{text}");
    }
    for text in ["<password>${env.DB}</password>", "<Password>your own one</Password>", "<password></password>"] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn what_names_a_secret_again_and_again_is_gone_through_once() {
    let often = |text: &str| text.repeat((1 << 18) / text.len());
    // Not in minutes, as when what follows each name were gone through to its end.
    for text in ["password=", "secret_key=!", "session_token=\\u"] {
        assert_eq!(values(&often(text)).len(), 1, "{text}");
    }
    assert!(values(&often("secret_key=(")).is_empty() && values(&often("<SecretKey ")).is_empty());
}
