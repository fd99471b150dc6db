//! Recorded bodies and texts on a page: laid out, with what is long folded away.

use crate::entry_file::{ReadableBody, make_readable};
use crate::model::{Body, counted};
use maud::{Markup, html};

/// How many lines stand open.
const OPEN_LINES: usize = 40;

/// How many characters of a text are shown at all.
const MOST_CHARACTERS: usize = 1 << 20;

/// A body, laid out.
pub(super) fn render_body(body: &Body) -> Markup {
    match make_readable(body) {
        ReadableBody::LaidOut(text) | ReadableBody::Text(text) => render_text(&text),
        ReadableBody::Binary(size) => html! { p { (size) " bytes of binary data" } },
    }
}

/// JSON, laid out; other text as it is.
pub(super) fn render_json(text: &str) -> Markup {
    render_body(&Body::literal(text.to_owned().into()))
}

/// A text whose first lines stand open.
fn render_text(text: &str) -> Markup {
    if text.is_empty() {
        return html! { p { "The body is empty." } };
    }
    let end = text.char_indices().nth(MOST_CHARACTERS).map_or(text.len(), |(end, _)| end);
    let shown = text.get(..end).unwrap_or(text);
    let open = shown.match_indices('\n').nth(OPEN_LINES - 1).map_or(shown.len(), |(at, _)| at + 1);
    let (open, folded) = shown.split_at_checked(open).unwrap_or((shown, ""));
    html! {
        pre tabindex="0" { (open) }
        @if !folded.is_empty() {
            details {
                summary { (counted(folded.lines().count() as u64, "more line", "more lines")) }
                pre tabindex="0" { (folded) }
            }
        }
        @if end < text.len() { p { "The text goes on; " code { "ramtape show --full" } " has all of it." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_folded_and_nothing_is_lost() {
        let lines: String = (0..100).map(|line| format!("<line {line}>\n")).collect();
        let page = render_text(&lines).into_string();
        assert!(page.contains("<summary>60 more lines</summary>"), "{page}");
        assert!((0..100).all(|line| page.contains(&format!("&lt;line {line}&gt;"))));
        assert!(!render_text("one\ntwo").into_string().contains("details"));
        let exact: String = "x\n".repeat(OPEN_LINES);
        assert!(!render_text(&exact).into_string().contains("details"));
    }
}
