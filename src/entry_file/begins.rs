//! What tells a recorded file from anybody else's JSON, where no `cassette.json` stands by it.

use crate::json::unquote;
use crate::model::OperationName;
use std::borrow::Cow;

/// The operation of an entry, if `text` begins as recording begins every file. What comes after may be damaged.
#[must_use]
pub fn begins_as_entry(text: &str) -> Option<OperationName> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (operation, rest) = member(past(text, "{")?, "\"operation\"")?;
    let (_, rest) = member(rest, "\"region\"")?;
    let (_, rest) = member(rest, "\"actor\"")?;
    past(past(rest, "\"request\"")?, ":")?;
    Some(OperationName::parse(operation.into_owned()))
}

/// The value of the member `name`, a string, and what follows its comma.
fn member<'a>(text: &'a str, name: &str) -> Option<(Cow<'a, str>, &'a str)> {
    let value = past(past(past(text, name)?, ":")?, "\"")?;
    let mut escaped = false;
    let end = value.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    let (value, rest) = value.split_at_checked(end?)?;
    Some((unquote(value).ok()?, past(past(rest, "\"")?, ",")?))
}

fn past<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    text.trim_ascii_start().strip_prefix(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_entries_begin_as_entries() {
        let known = OperationName::Known("GetX".to_owned());
        for text in [
            "{\"operation\":\"GetX\",\"region\":\"r\",\"actor\":\"a\",\"request\":{},\"takes\":[]}",
            "{\n  \"operation\": \"GetX\",\n  \"region\": \"r\",\n  \"actor\": \"a\\\"\\\\\",\n  \"request\": {\n<<<<<<< HEAD",
        ] {
            assert_eq!(begins_as_entry(text), Some(known.clone()), "{text}");
        }
        assert_eq!(
            begins_as_entry("\u{feff}{\"operation\":\"GetX\",\"region\":\"r\",\"actor\":\"a\",\"request\":{"),
            Some(known)
        );
        let unknown = "{\"operation\":\"GET /\\u0078\",\"region\":\"r\",\"actor\":\"a\",\"request\":{}}";
        assert_eq!(begins_as_entry(unknown), Some(OperationName::Unknown("GET /x".to_owned())));
        for text in [
            "",
            "{}",
            "[{\"operation\":\"GetX\",\"region\":\"r\",\"actor\":\"a\",\"request\":{}}]",
            "{\"operation\":\"GetX\",\"path\":\"/x\",\"actor\":\"a\",\"request\":{}}",
            "{\"operation\":\"GetX\",\"region\":7,\"actor\":\"a\",\"request\":{}}",
            "{\"operation\":\"GetX\",\"region\":\"r\",\"actor\":\"a\"}",
            "{\"operation\":\"GetX",
        ] {
            assert_eq!(begins_as_entry(text), None, "{text}");
        }
    }
}
