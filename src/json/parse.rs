//! The parser: RFC 8259, and nothing beyond it.

use super::{Kind, Member, Node};

/// How deep arrays and objects may nest. The reader descends on the stack, so there is a bound.
pub const MAX_DEPTH: usize = 128;

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {offset}")]
pub struct SyntaxError {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

/// Reads `bytes` as one JSON value with nothing but blanks around it.
///
/// # Errors
/// Where the bytes are not UTF-8, not JSON, or nested deeper than [`MAX_DEPTH`].
pub fn parse(bytes: &[u8]) -> Result<Node<'_>, SyntaxError> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        // No editor shows it, and no line is to blame.
        return Err(SyntaxError { offset: 0, reason: "it starts with a UTF-8 byte order mark; save it without" });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| SyntaxError { offset: error.valid_up_to(), reason: "invalid UTF-8" })?;
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.blanks();
    let node = reader.value()?;
    reader.blanks();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.error("unexpected text after the value")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, reason: &'static str) -> SyntaxError {
        let reason = if self.at >= self.text.len() { "unexpected end" } else { reason };
        SyntaxError { offset: self.at, reason }
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn value(&mut self) -> Result<Node<'a>, SyntaxError> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => self.string().map(|()| Kind::String)?,
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number)?,
            Some(b't') => self.word("true").map(|()| Kind::Bool(true))?,
            Some(b'f') => self.word("false").map(|()| Kind::Bool(false))?,
            Some(b'n') => self.word("null").map(|()| Kind::Null)?,
            _ => return Err(self.error("expected a value")),
        };
        Ok(Node { raw: self.since(start), offset: start, kind })
    }

    fn word(&mut self, word: &str) -> Result<(), SyntaxError> {
        if self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.error("expected a value"))
    }

    fn descend(&mut self) -> Result<(), SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("nested deeper than 128 levels"));
        }
        self.depth += 1;
        self.at += 1;
        self.blanks();
        Ok(())
    }

    fn array(&mut self) -> Result<Kind<'a>, SyntaxError> {
        self.descend()?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            return Ok(self.ascend(Kind::Array(items)));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return Ok(self.ascend(Kind::Array(items))),
                _ => return Err(self.error("expected , or ]")),
            }
            self.blanks();
        }
    }

    fn object(&mut self) -> Result<Kind<'a>, SyntaxError> {
        self.descend()?;
        let mut members = Vec::new();
        if self.peek() == Some(b'}') {
            return Ok(self.ascend(Kind::Object(members)));
        }
        loop {
            members.push(self.object_member()?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => return Ok(self.ascend(Kind::Object(members))),
                _ => return Err(self.error("expected , or }")),
            }
            self.blanks();
        }
    }

    fn object_member(&mut self) -> Result<Member<'a>, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a member's name in quotes"));
        }
        let start = self.at;
        self.string()?;
        let key = self.since(start);
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.error("expected :"));
        }
        self.at += 1;
        self.blanks();
        Ok(Member { key, key_offset: start, value: self.value()? })
    }

    fn ascend(&mut self, kind: Kind<'a>) -> Kind<'a> {
        self.at += 1;
        self.depth -= 1;
        kind
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            self.at += plain.unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.error("control character in a string")),
                None => return Err(self.error("unterminated string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|digit| digit.is_ascii_hexdigit()) {
                        return Err(self.error("expected four hexadecimal digits"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.error("unknown escape")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        while self.peek().is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn keeps_every_spelling() {
        let text = r#" { "a\u0062" : [1.632342984382E9, -0, "\u00e9/\/", true, null , {}] } "#;
        let node = parse(text.as_bytes()).unwrap();
        let items = node.member("ab").unwrap().items().unwrap();
        let raw: Vec<_> = items.iter().map(|item| item.raw).collect();
        assert_eq!(raw, ["1.632342984382E9", "-0", r#""\u00e9/\/""#, "true", "null", "{}"]);
        assert_eq!(&text[items[2].span()], items[2].raw);
        assert_eq!(items[2].text().unwrap(), "é//");
    }

    #[test]
    fn refuses_what_is_not_json() {
        for (text, offset, reason) in [
            ("", 0, "unexpected end"),
            ("{", 1, "unexpected end"),
            ("{\"a\":1,}", 7, "expected a member's name in quotes"),
            ("[1 2]", 3, "expected , or ]"),
            ("01", 1, "unexpected text after the value"),
            ("\"a\nb\"", 2, "control character in a string"),
            ("\"\\x\"", 2, "unknown escape"),
            ("nul", 0, "expected a value"),
            ("1.", 2, "unexpected end"),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(SyntaxError { offset, reason }), "{text}");
        }
        assert_eq!(parse(b"\"\xff\"").unwrap_err().reason, "invalid UTF-8");
        assert!(parse("\u{feff}{}".as_bytes()).unwrap_err().reason.contains("a UTF-8 byte order mark"));
        let deep = "[".repeat(10_000);
        assert_eq!(parse(deep.as_bytes()).unwrap_err().reason, "nested deeper than 128 levels");
    }
}
