//! `variables.json` as text. Equal variables have equal text; with a value on a line of its own, two branches that add some
//! in different places merge without a conflict.

use super::Variables;
use super::rules::{MOST_VARIABLES, check_variable, is_session_name};
use crate::entry_file::{Fields, FileFlaw, Printer, conflict};
use crate::json::{self, Node};

impl Variables {
    /// The text of the file.
    pub(super) fn to_text(&self) -> String {
        let mut printer = Printer::default();
        printer.begin('{');
        printer.name("\"sessions\"");
        printer.begin('{');
        for (session, values) in &self.sessions {
            printer.name(&json::quote(session));
            printer.begin('{');
            for (name, value) in values {
                printer.name(&json::quote(name));
                printer.value(&json::quote(value));
            }
            printer.end('}');
        }
        printer.end('}');
        printer.end('}');
        printer.finish()
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// Where it is not JSON, holds a merge conflict, or something that no recording writes.
    pub(super) fn of_text(text: &[u8]) -> Result<Self, FileFlaw> {
        let root = json::parse(text).map_err(|error| {
            conflict(text)
                .unwrap_or_else(|| FileFlaw { offset: error.offset, reason: format!("not JSON: {}", error.reason) })
        })?;
        let mut fields = Fields::read(&root, String::new())?;
        let sessions = fields.required("sessions")?;
        fields.finish()?;
        let mut variables = Self::default();
        for (session, node) in Fields::read(sessions, "sessions".to_owned())?.rest() {
            read_session(&mut variables, &session, node)?;
        }
        Ok(variables)
    }
}

fn read_session(variables: &mut Variables, session: &str, node: &Node<'_>) -> Result<(), FileFlaw> {
    let flaw = |offset: usize, reason: String| FileFlaw { offset, reason };
    if !is_session_name(session) {
        let reason = format!("sessions: {session:?} is not a session name (A-Z a-z 0-9 . _ -, at most 64)");
        return Err(flaw(node.offset, reason));
    }
    let place = format!("sessions[{session:?}]");
    let values = Fields::read(node, place.clone())?.rest();
    if values.len() > MOST_VARIABLES {
        return Err(flaw(node.offset, format!("{place}: more than {MOST_VARIABLES} variables")));
    }
    for (name, node) in values {
        let Some(value) = node.text() else {
            return Err(flaw(node.offset, format!("{place}: member {name:?}: expected a string")));
        };
        check_variable(&name, &value).map_err(|reason| flaw(node.offset, format!("{place}: {reason}")))?;
        variables.set(session, &name, &value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_is_sorted_with_a_value_a_line() {
        let mut variables = Variables::default();
        variables.set("test_b", "X", "1");
        variables.set("test_a", "TF_VAR_suffix", "k3v9x2mq");
        variables.set("", "B", "a \"b\"");
        variables.set("", "A", "é\n");
        let expected = "{\n  \"sessions\": {\n    \"\": {\n      \"A\": \"é\\n\",\n      \"B\": \"a \\\"b\\\"\"\n    },\n    \
                        \"test_a\": {\n      \"TF_VAR_suffix\": \"k3v9x2mq\"\n    },\n    \"test_b\": {\n      \"X\": \"1\"\n    }\n  }\n}\n";
        assert_eq!(variables.to_text(), expected);
        assert_eq!(Variables::of_text(expected.as_bytes()).unwrap(), variables);
    }

    #[test]
    fn what_no_recording_writes_is_named() {
        for (text, line, part) in [
            ("", 1, "not JSON"),
            ("{\n}", 1, "\"sessions\" is missing"),
            ("{\"sessions\": []}", 1, "sessions: expected an object"),
            ("{\"sessions\": {},\n\"x\": 1}", 2, "unknown member \"x\""),
            ("{\"sessions\": {\n\"a b\": {}}}", 2, "\"a b\" is not a session name"),
            ("{\"sessions\": {\"a\": {\n\"X\": 1}}}", 2, "sessions[\"a\"]: member \"X\": expected a string"),
            ("{\"sessions\": {\"a\": {\n\"PATH\": \"x\"}}}", 2, "PATH cannot be"),
            ("{\"sessions\": {\"a\": {\"X\": \"1\",\n\"X\": \"2\"}}}", 2, "duplicate member \"X\""),
            ("{\"sessions\": {\n<<<<<<< ours\n\"a\": {}}}", 2, "an unresolved merge conflict"),
        ] {
            let flaw = Variables::of_text(text.as_bytes()).unwrap_err();
            assert!(flaw.reason.contains(part), "{part} in {}", flaw.reason);
            assert_eq!(flaw.line(text.as_bytes()), line, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_value_reads_back(value in "[^\0]{0,200}", session in "[A-Za-z0-9._-]{0,64}") {
            let mut variables = Variables::default();
            variables.set(&session, "X", &value);
            prop_assert_eq!(Variables::of_text(variables.to_text().as_bytes()).unwrap(), variables);
        }

        #[test]
        fn bad_input_never_panics(text in "[\\[\\]{}\":,a-z0-9 \n]{0,200}") {
            let _ = Variables::of_text(text.as_bytes());
        }
    }
}
