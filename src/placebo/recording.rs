//! One of placebo's files: an answer.

use super::data::Data;
use http::StatusCode;
use serde_json::Value;

/// The members of a file.
const STATUS: &str = "status_code";
const DATA: &str = "data";

/// What boto3 adds to every answer, of how it came.
const METADATA: &str = "ResponseMetadata";
const ERROR: &str = "Error";

/// An answer, as placebo recorded it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecordedAnswer {
    pub(super) status: StatusCode,
    /// The members of the answer; beside an error those that it models.
    pub(super) members: Vec<(String, Data)>,
    pub(super) error: Option<RecordedError>,
    /// By what the service called the request.
    pub(super) request_id: Option<String>,
}

/// The error that an answer tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordedError {
    pub(super) code: String,
    pub(super) message: String,
    /// `Sender` or `Receiver`, as the query protocol has it.
    pub(super) fault: Option<String>,
    /// The name in the service's model, of a service that had the query protocol before and keeps its codes.
    pub(super) modelled: Option<String>,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum Flaw {
    Json(serde_json::Error),
    Form(String),
}

impl RecordedAnswer {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is no JSON, no answer, or has objects in it that are not data.
    pub(super) fn read(text: &[u8]) -> Result<Self, Flaw> {
        let form = |why: &str| Flaw::Form(why.to_owned());
        let Value::Object(mut file) = serde_json::from_slice(text).map_err(Flaw::Json)? else {
            return Err(form("it is no JSON object"));
        };
        let Some(Value::Object(mut data)) = file.remove(DATA) else {
            return Err(form("it has no object `data`, the answer"));
        };
        let status = file.get(STATUS).and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let status = status.filter(|code| (200..600).contains(code)).and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| form("its `status_code` is not the status of an answer, such as 200"))?;
        // How the answer came is of no account, whatever is in there.
        let metadata = data.remove(METADATA);
        let request_id = metadata.as_ref().and_then(|metadata| metadata.get("RequestId")?.as_str()).map(str::to_owned);
        let error =
            if status.is_success() { None } else { data.remove(ERROR).map(|error| RecordedError::read(&error)) };
        let Data::Object(members) = Data::read(Value::Object(data), DATA).map_err(Flaw::Form)? else {
            return Err(form("it has no object `data`, the answer"));
        };
        let is_error = !status.is_success();
        Ok(Self { status, members, error: error.or_else(|| is_error.then(RecordedError::default)), request_id })
    }
}

impl RecordedError {
    fn read(error: &Value) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            code: text("Code").unwrap_or_default(),
            message: text("Message").unwrap_or_default(),
            fault: text("Type"),
            modelled: text("QueryErrorCode"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
    use super::*;

    fn flaw(text: &str) -> String {
        match RecordedAnswer::read(text.as_bytes()) {
            Err(Flaw::Form(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn metadata_is_no_part_of_the_answer() {
        let text = r#"{"status_code": 200, "data": {"a": 1, "ResponseMetadata": {"RequestId": "r",
            "HTTPHeaders": {"__class__": "CaseInsensitiveDict"}}}}"#;
        let read = RecordedAnswer::read(text.as_bytes()).unwrap();
        assert_eq!((read.request_id.as_deref(), read.members.len(), read.error), (Some("r"), 1, None));
    }

    #[test]
    fn an_error_keeps_what_it_models() {
        let text = r#"{"status_code": 400, "data": {"Error": {"Code": "C", "Message": "M", "Type": "Sender"}, "Reason": "x"}}"#;
        let read = RecordedAnswer::read(text.as_bytes()).unwrap();
        let error = read.error.unwrap();
        assert_eq!((error.code.as_str(), error.message.as_str(), error.fault.as_deref()), ("C", "M", Some("Sender")));
        assert_eq!(read.members, [("Reason".to_owned(), Data::Text("x".to_owned()))]);
    }

    #[test]
    fn what_a_file_lacks_is_told() {
        assert!(matches!(RecordedAnswer::read(b"{"), Err(Flaw::Json(_))));
        for (text, part) in [
            ("[]", "no JSON object"),
            ("{}", "`data`"),
            (r#"{"status_code": 200, "data": []}"#, "`data`"),
            (r#"{"data": {}}"#, "`status_code`"),
            (r#"{"status_code": 99, "data": {}}"#, "`status_code`"),
            (r#"{"status_code": 200, "data": {"Body": {"__class__": "StreamingBody"}}}"#, "data/Body"),
        ] {
            assert!(flaw(text).contains(part), "{text}");
        }
    }
}
