//! `POST …/variables`: the recorded variables of a session, for a program that makes values up itself.

use crate::json::{self, Kind};
use crate::model::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use std::pin::Pin;

/// What the body must be.
const EXPECTED: &str = "expected a JSON object of strings, the values to use where none is recorded, such as \
                        {\"TF_VAR_suffix\": \"k3v9x2mq\"}";

/// Names with their values, in the order in which they were asked for.
pub type VariableValues = Vec<(String, String)>;

/// The settled values.
pub type SettledVariables<'a> = Pin<Box<dyn Future<Output = Result<VariableValues, VariablesError>> + Send + 'a>>;

/// Why variables are not settled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariablesError {
    /// They cannot be recorded as they are.
    #[error("{0}")]
    Unfit(String),
    /// The caller may not write into the cassette.
    #[error("{0}")]
    NotProved(String),
    /// The cassette has no value of them, and nothing is recorded.
    #[error("{0}")]
    NotRecorded(String),
    /// The cassette cannot be read or written.
    #[error("{0}")]
    Failed(String),
}

impl VariablesError {
    /// The response for the client.
    pub(super) fn to_response(&self) -> Response {
        let (status, kind) = match self {
            Self::Unfit(_) => (StatusCode::BAD_REQUEST, "RamtapeVariableException"),
            Self::NotProved(_) => (StatusCode::FORBIDDEN, "RamtapeCallerNotProvedException"),
            Self::NotRecorded(_) => (StatusCode::CONFLICT, "RamtapeVariableNotRecordedException"),
            Self::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "RamtapeCassetteException"),
        };
        Response::error(status, kind, &format!("ramtape: {self}"))
    }
}

/// Reads the body of a request for variables.
///
/// # Errors
/// Where it is not a JSON object of strings, each name once.
pub(super) fn read_values(body: &Bytes) -> Result<VariableValues, VariablesError> {
    let unfit = |reason: String| VariablesError::Unfit(format!("the body cannot be used ({reason}); {EXPECTED}"));
    let root = json::parse(body).map_err(|error| unfit(format!("it is not JSON: {error}")))?;
    let Kind::Object(members) = &root.kind else { return Err(unfit("it is not a JSON object".to_owned())) };
    let mut values = VariableValues::with_capacity(members.len());
    for member in members {
        let name = json::legible(member.key).into_owned();
        let Some(value) = member.value.text() else {
            return Err(unfit(format!("the member {name:?} is not a string")));
        };
        if values.iter().any(|(other, _)| *other == name) {
            return Err(unfit(format!("the member {name:?} occurs twice")));
        }
        values.push((name, value.into_owned()));
    }
    Ok(values)
}

/// The body of the answer.
pub(super) fn to_json(values: VariableValues) -> Value {
    values.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<serde_json::Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> Result<VariableValues, String> {
        read_values(&Bytes::from_static(body.as_bytes())).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn an_object_of_strings_is_read_in_its_order() {
        let values = vec![("b".to_owned(), "1".to_owned()), ("a".to_owned(), "\u{e9}".to_owned())];
        assert_eq!(read(r#"{"b": "1", "a": "\u00e9"}"#), Ok(values.clone()));
        assert_eq!(to_json(values).to_string(), r#"{"b":"1","a":"é"}"#);
        assert_eq!(read("{}"), Ok(Vec::new()));
    }

    #[test]
    fn anything_else_is_told_with_what_is_expected() {
        for (body, part) in [
            ("", "not JSON"),
            ("[\"a\"]", "not a JSON object"),
            ("{\"a\": 1}", "\"a\" is not a string"),
            ("{\"a\": null}", "\"a\" is not a string"),
            ("{\"a\": \"\\ud800\"}", "\"a\" is not a string"),
            ("{\"a\": \"1\", \"a\": \"2\"}", "\"a\" occurs twice"),
            ("{\"a\": \"1\"} x", "not JSON"),
        ] {
            assert!(
                read(body).is_err_and(|text| text.contains(part) && text.contains("a JSON object of strings")),
                "{body}: {part}"
            );
        }
    }
}
