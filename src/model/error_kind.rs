//! Which error an answer names.

use crate::json;

/// The header in which AWS names an error.
pub const ERROR_HEADER: &str = "x-amzn-errortype";

/// The error that an answer names, if its `status` is not one of success: from the header `x-amzn-errortype` (up to its
/// first colon), else from the body's `__type` or `code` (after a namespace's `#`), else, where the body is XML, from its first
/// `Code`.
#[must_use]
pub fn error_kind(status: u16, header: Option<&str>, body: &[u8]) -> Option<String> {
    if (200..300).contains(&status) {
        return None;
    }
    let written = || {
        let node = json::parse(body).ok()?;
        node.member("__type").or_else(|| node.member("code"))?.text().map(std::borrow::Cow::into_owned)
    };
    let kind = header.map(str::to_owned).or_else(written).or_else(|| code_in_xml(body))?;
    let kind = kind.split(':').next().unwrap_or_default();
    Some(kind.rsplit('#').next().unwrap_or_default().to_owned())
}

/// The content of the first element `Code` in an `Error`, which has no other elements in it.
fn code_in_xml(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('<'))?;
    let (_, rest) = text.split_once("<Error")?.1.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!code.is_empty() && code.chars().all(plain)).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::error_kind;

    #[test]
    fn the_header_comes_first_and_namespaces_go() {
        let body = br#"{"__type":"com.amazonaws.ram#UnknownResourceException"}"#;
        assert_eq!(error_kind(400, None, body).as_deref(), Some("UnknownResourceException"));
        assert_eq!(error_kind(400, Some("A:http://x/"), body).as_deref(), Some("A"));
        assert_eq!(error_kind(400, None, br#"{"code":"B"}"#).as_deref(), Some("B"));
        assert_eq!(error_kind(502, None, b"<html>"), None);
        let xml = b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>";
        assert_eq!(error_kind(404, None, xml).as_deref(), Some("NoSuchEntity"));
        assert_eq!(error_kind(200, Some("A"), body), None);
    }
}
