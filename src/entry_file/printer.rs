//! JSON on several lines, two blanks a level.

/// Writes JSON in the one layout that cassettes have.
#[derive(Default)]
pub(crate) struct Printer {
    out: String,
    /// For every open bracket, whether something stands in it already.
    open: Vec<bool>,
}

impl Printer {
    /// Opens an object or array.
    pub(crate) fn begin(&mut self, bracket: char) {
        self.out.push(bracket);
        self.open.push(false);
    }

    /// Closes what was opened last.
    pub(crate) fn end(&mut self, bracket: char) {
        if self.open.pop() == Some(true) {
            self.new_line();
        }
        self.out.push(bracket);
    }

    /// Goes to where the next item of an array stands.
    pub(crate) fn item(&mut self) {
        if let Some(filled) = self.open.last_mut() {
            if *filled {
                self.out.push(',');
            }
            *filled = true;
            self.new_line();
        }
    }

    /// Starts a member; `name` is spelled as JSON, quotes included.
    pub(crate) fn name(&mut self, name: &str) {
        self.item();
        self.out.push_str(name);
        self.out.push_str(": ");
    }

    /// A value on one line, spelled as JSON.
    pub(crate) fn value(&mut self, json: &str) {
        self.out.push_str(json);
    }

    /// The text, with a newline at its end.
    pub(crate) fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }
}
