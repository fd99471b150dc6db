//! What stands where a secret could and only says where that is: a program's `settings.SECRET_KEY`, a script's `${TOKEN}`.
//! When in doubt it is none.

use super::words::is_wordy;

/// What such a path often begins with.
const HEADS: [&str; 58] = [
    "app",
    "args",
    "aws",
    "boto3",
    "cfg",
    "client",
    "cls",
    "conf",
    "config",
    "configuration",
    "context",
    "crate",
    "creds",
    "credential",
    "credentials",
    "ctx",
    "data",
    "each",
    "env",
    "environ",
    "environment",
    "event",
    "form",
    "github",
    "input",
    "inputs",
    "local",
    "locals",
    "module",
    "needs",
    "options",
    "opts",
    "os",
    "outputs",
    "param",
    "params",
    "process",
    "props",
    "provider",
    "req",
    "request",
    "resource",
    "resp",
    "response",
    "result",
    "secret",
    "secrets",
    "self",
    "session",
    "settings",
    "state",
    "std",
    "steps",
    "this",
    "user",
    "values",
    "var",
    "vault",
];

/// How a name ends that holds a secret, or a type of such.
const TAILS: [&str; 15] = [
    "key",
    "keys",
    "token",
    "tokens",
    "secret",
    "secrets",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "credential",
    "credentials",
    "value",
    "string",
    "bytes",
];

/// Whether `value`, which stands in no quotes and is followed by `rest`, is a name of a program for the secret.
pub(super) fn is_name(value: &str, rest: &str) -> bool {
    let name = value.trim_start_matches(['$', '@', '*', '!']);
    if is_path(name) {
        return true;
    }
    let is_plain = !has_digit(name);
    let is_type = is_plain && name.starts_with(|c: char| c.is_ascii_uppercase()) && rest.starts_with('<');
    let goes_on = is_type || ["(", "[", "!("].iter().any(|sign| rest.starts_with(sign));
    let has_sigil = is_plain && name.len() < value.len();
    (goes_on || has_sigil || name.contains("::"))
        && name.split("::").flat_map(|part| part.split('.')).all(|part| is_identifier(part) && is_wordy(part))
}

/// Whether `text` is what a program or a template puts a value in place of, in quotes or not.
pub(super) fn is_interpolation(text: &str) -> bool {
    let within = |(start, end): &(&str, &str)| text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    if let Some(inner) = [("${{", "}}"), ("${", "}"), ("#{", "}"), ("$(", ")")].iter().find_map(within) {
        // A default can be the secret: `${TOKEN:-hunter2}`.
        let mut parts = inner.split(['.', ':', '/']);
        return parts.all(|part| is_wordy(part) && !(part.starts_with(['-', '=']) && has_digit(part)));
    }
    if let Some(inner) =
        [("{{", "}}"), ("{", "}"), ("<", ">"), ("[", "]"), ("%(", ")s"), ("%", "%")].iter().find_map(within)
    {
        let is_number = inner.len() <= 2 && inner.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = || inner.split('.').all(is_wordy) && (!has_digit(inner) || is_path(&inner.replace('-', "_")));
        return is_number || is_name();
    }
    let name = text.strip_prefix('$');
    text == "%s"
        || name.is_some_and(|name| is_path(name) || (is_identifier(name) && is_wordy(name) && !has_digit(name)))
}

/// Whether `text` is no more than one character over and over, as in `********`.
pub(super) fn is_masked(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next().filter(|first| !first.is_ascii_digit());
    text.len() > 2 && characters.all(|other| Some(other) == first)
}

/// Names joined by dots, each made of words, that begin or end as those of secrets do; or one that ends so.
fn is_path(text: &str) -> bool {
    let (mut parts, mut count) = (text.split('.'), 0);
    let all = parts.clone().all(|part| {
        count += 1;
        is_identifier(part) && is_wordy(part)
    });
    let head = parts.next().unwrap_or_default().trim_start_matches('_').to_ascii_lowercase();
    let last = text.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    all && ((count > 1 && HEADS.contains(&head.as_str())) || TAILS.iter().any(|tail| last.ends_with(tail)))
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_references_are_some() {
        for (value, rest) in [
            ("settings.SECRET_KEY", ""),
            ("process.env.X", ";"),
            ("var.db_secret", "\n"),
            ("config.aws.secretAccessKey", ","),
            ("os.environ", "['X']"),
            ("session_token", ","),
            ("response.Credentials.SessionToken", ""),
            ("self._secret_key", ""),
            ("get_secret", "()"),
            ("Zeroizing", "<String>"),
            ("Zeroizing::new", "(secret)"),
            ("SecretString", ","),
            ("$secretKey", ";"),
            ("password1", ","),
        ] {
            assert!(is_name(value, rest), "{value}");
        }
        for text in [
            "${TOKEN}",
            "${var.token}",
            "${{secrets.AWS_KEY}}",
            "{{password}}",
            "{0}",
            "{}",
            "%(password)s",
            "%s",
            "$PASSWORD",
            "%DB_PASSWORD%",
            "<password>",
            "<your-secret-key>",
            "[REDACTED]",
            "${env:TOKEN}",
        ] {
            assert!(is_interpolation(text), "{text}");
        }
        assert!(
            is_masked("********")
                && is_masked("xxxxxxxx")
                && !is_masked("11111111")
                && !is_masked("xxxxy")
                && !is_masked("x")
        );
    }

    #[test]
    fn what_could_be_a_secret_is_none() {
        for value in [
            "hvs.CAESIJlU02LQZqB7cCk3vK1oYx9pT2mW4nR6sD8fG0hJ",
            "v1.Xk39dsq0LmZ2pQ8wRt5YnB7c",
            "aB3dE5fG7hJ9kL1mN3pQ.rS5tU7vW9xY1zX3",
            "config.Xk39dsq0LmZ2pQ8wRt5YnB7c",
            "hunter2.correct",
            "hunter2",
            "correct.horse",
            "$hunter2",
        ] {
            assert!(!is_name(value, "\n"), "{value}");
        }
        assert!(!is_name("hunter2", "<br>"));
        for text in [
            "${aB3dE5fG7hJ9kL1mN3pQ}",
            "${TOKEN:-aB3dE5fG7hJ9kL1mN3pQ}",
            "%aB3dE5fG7hJ9kL1mN3pQ%",
            "<aB3dE5fG7hJ9kL1mN3pQ>",
            "$aB3dE5fG7hJ9kL1mN3pQ",
            "{{aB3dE5fG7hJ9kL1mN3pQ}}",
            "${TOKEN:-hunter2}",
            "<hunter2>",
            "$hunter2",
        ] {
            assert!(!is_interpolation(text), "{text}");
        }
    }
}
