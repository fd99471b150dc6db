//! Parts of a request, read alike whatever its form.

use super::value::{Members, Value};
use crate::model::{Request, decode_query_text, query_pairs};
use data_encoding::BASE64;
use http::header::CONTENT_TYPE;
use std::borrow::Cow;

/// The operation that a form names.
pub(super) fn read_action(form: &str) -> Option<String> {
    let (_, value) = query_pairs(form).find(|(name, _)| *name == "Action")?;
    decode_query_text(value).map(Cow::into_owned).filter(|action| !action.is_empty())
}

/// The content type that `request` names, in lower case; empty where it names none.
pub(super) fn content_type(request: &Request) -> String {
    request.header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase()
}

/// A body that is taken as it is.
pub(super) fn opaque_body(body: &[u8]) -> (String, Value) {
    match std::str::from_utf8(body) {
        Ok(text) => ("$body".to_owned(), Value::Text(text.to_owned())),
        Err(_) => ("$body-base64".to_owned(), Value::Text(BASE64.encode(body))),
    }
}

/// The pairs of a query or a form, decoded, as they stand in it; `None` where one is no text.
pub(super) fn decode_pairs(form: &str) -> Option<Vec<(String, String)>> {
    let decode = |text| decode_query_text(text).map(Cow::into_owned);
    query_pairs(form).map(|(name, value)| Some((decode(name)?, decode(value)?))).collect()
}

/// `members` with `query`, which could not be decoded, as it is.
pub(super) fn push_opaque_query(members: &mut Members, query: &str) {
    members.push(("$query".to_owned(), Value::Text(query.to_owned())));
}
