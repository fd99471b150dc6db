//! Why a request has no canonical form.

use crate::json::SyntaxError;

/// Why a request's parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The body is not JSON.
    #[error("the request body is not JSON: {0}")]
    Json(#[from] SyntaxError),
    /// The body is JSON, but no object.
    #[error("the request body is JSON, but not an object")]
    NotAnObject,
    /// A member stands twice, in the body, in the query, or once in each.
    #[error("member {0:?} occurs twice in the request")]
    Duplicate(String),
    /// A string of the body is no Unicode text.
    #[error("a string in the request body holds half of a surrogate pair")]
    LoneSurrogate,
    /// A number's exponent has more than 18 digits.
    #[error("number {0} in the request body has an exponent that is out of range")]
    Number(String),
    /// The query does not decode to UTF-8.
    #[error("the query is not percent-encoded UTF-8")]
    Query,
}
