//! Differences as people read them.

use crate::diff::{Difference, TakeChange, TakeDifference, ValueAt};
use crate::model::{Entry, Take};
use crate::review::{self, ChangeKind, RequestDiff};
use crate::ui::printable;
use anstyle::{AnsiColor, Style};

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 160;

const GONE: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const ADDED: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
const HEAD: Style = Style::new().bold();

/// `settings` is what the files beside the takes differ in.
pub(super) fn text(settings: &[(&str, Vec<Difference>)], requests: &[RequestDiff]) -> String {
    let mut text = String::new();
    for (file, differences) in settings {
        text.push_str(&format!("{HEAD}changed  {file}{HEAD:#}\n"));
        differences.iter().for_each(|difference| text.push_str(&lines(difference, None, "  ")));
    }
    requests.iter().for_each(|request| text.push_str(&request_text(request)));
    text
}

fn request_text(request: &RequestDiff) -> String {
    let Some(entry) = request.entry() else { return String::new() };
    let (name, kind) = (entry.operation.as_str(), request.kind());
    let mut text = format!("{HEAD}{:<8} {} {}{HEAD:#}", kind.name(), line(name), request.fingerprint);
    for (name, value) in [("region", &entry.region), ("actor", &entry.actor)] {
        if name == "region" || value != "default" {
            text.push_str(&format!("  {}", line(value)));
        }
    }
    text.push_str(&format!("  {}\n", cut(&entry.request)));
    for change in &request.changes {
        text.push_str(&take_text(request, kind, change));
    }
    text
}

fn take_text(request: &RequestDiff, kind: ChangeKind, change: &TakeChange) -> String {
    let take =
        |entry: &Option<Entry>, at: usize| entry.as_ref().and_then(|entry| entry.takes.get(at)).map(describe_take);
    let word = |word: &str| if kind == ChangeKind::Changed { format!("{word} ") } else { String::new() };
    match change {
        TakeChange::Added { after } => {
            let told = take(&request.after, *after).unwrap_or_default();
            format!("  {ADDED}+ {}take {}{told}{ADDED:#}\n", word("added:"), after + 1)
        }
        TakeChange::Gone { before } => {
            let told = take(&request.before, *before).unwrap_or_default();
            format!("  {GONE}- {}take {}{told}{GONE:#}\n", word("gone:"), before + 1)
        }
        TakeChange::Changed { before, after, how } => {
            let number = if before == after {
                format!("take {}", after + 1)
            } else {
                format!("take {} (was {})", after + 1, before + 1)
            };
            let told = take(&request.after, *after).unwrap_or_default();
            let mut text = format!("  changed: {number}{told}\n");
            how.iter().for_each(|change| text.push_str(&change_text(change)));
            text
        }
    }
}

/// What tells a take from others.
fn describe_take(take: &Take) -> String {
    review::describe_take(take).iter().map(|part| format!(", {}", line(part))).collect()
}

/// How a take differs, indented as below its line.
pub(in crate::command) fn change_text(change: &TakeDifference) -> String {
    match change {
        TakeDifference::Field { name, before, after } => {
            let side = |value: &Option<String>| value.as_ref().map(|value| format!("{name}: {value}"));
            signed(side(before), side(after), "    ")
        }
        TakeDifference::Body { page, difference } => lines(difference, *page, "    "),
        TakeDifference::Spelling => {
            "    only the spelling differs: order of members, whitespace or escapes\n".to_owned()
        }
    }
}

fn lines(difference: &Difference, page: Option<usize>, indent: &str) -> String {
    let page = page.map(|page| format!("page {page} ")).unwrap_or_default();
    let side = |place: &Option<ValueAt>| {
        let place = place.as_ref()?;
        let pointer = if place.pointer.is_empty() { "(all)" } else { &place.pointer };
        Some(format!("{page}{pointer}: {}", cut(&place.value)))
    };
    signed(side(&difference.before), side(&difference.after), indent)
}

fn signed(before: Option<String>, after: Option<String>, indent: &str) -> String {
    let before = before.map(|text| format!("{indent}{GONE}- {}{GONE:#}\n", line(&text)));
    let after = after.map(|text| format!("{indent}{ADDED}+ {}{ADDED:#}\n", line(&text)));
    before.into_iter().chain(after).collect()
}

/// `text` without what would leave its line or steer the terminal.
fn line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

/// The beginning of a long value, and how long it is.
fn cut(value: &str) -> String {
    let all = value.chars().count();
    if all <= LONGEST {
        return line(value);
    }
    let start: String = value.chars().take(LONGEST).collect();
    format!("{}… ({all} characters)", line(&start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_nothing_leaves_its_line() {
        let place = |value: &str| Some(ValueAt { pointer: "/a".into(), value: value.to_owned() });
        let difference = Difference { before: place(&"é".repeat(200)), after: place("\"x\u{1b}[2J\ny\"") };
        let text = anstream::adapter::strip_str(&lines(&difference, Some(2), "")).to_string();
        let (first, second) = text.split_once('\n').unwrap_or_default();
        assert_eq!(first, format!("- page 2 /a: {}… (200 characters)", "é".repeat(160)));
        assert_eq!(second, "+ page 2 /a: \"x\\u{1b}[2J y\"\n");
    }
}
