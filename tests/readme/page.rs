//! README.md taken apart: fenced blocks with their marks, code spans, tables.

use std::path::Path;

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: &'static str,
    /// What the comment `<!-- tested: … -->` before it says.
    pub(crate) mark: Option<&'static str>,
    pub(crate) text: String,
}

/// The page, as it is compiled in: a test that passed has read this very text.
pub(crate) fn page() -> &'static str {
    include_str!("../../README.md")
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All fenced blocks, in order.
pub(crate) fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut mark = None;
    let mut lines = page().lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| *line != "```");
            let text = body.map(|line| format!("{line}\n")).collect();
            blocks.push(Block { language, mark: mark.take(), text });
        } else if let Some(said) = line.strip_prefix("<!-- tested: ") {
            assert_eq!(mark, None, "a mark without a block");
            mark = Some(said.strip_suffix(" -->").unwrap());
        } else {
            assert_eq!(mark, None, "the block of a mark follows at once");
        }
    }
    blocks
}

/// The one block with this mark.
pub(crate) fn marked(mark: &str) -> String {
    let mut found = blocks().into_iter().filter(|block| block.mark == Some(mark));
    let block = found.next().unwrap_or_else(|| panic!("no block is marked {mark}"));
    assert!(found.next().is_none(), "two blocks are marked {mark}");
    block.text
}

/// All that stands in backticks outside of blocks.
pub(crate) fn spans() -> Vec<&'static str> {
    let mut fenced = false;
    let mut spans = Vec::new();
    for line in page().lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            assert!(line.matches('`').count().is_multiple_of(2), "a code span ends in the line it begins in: {line}");
            spans.extend(line.split('`').skip(1).step_by(2));
        }
    }
    spans
}

/// The cells of the tables below `heading`, without their heads.
pub(crate) fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, below) = page().split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = below.split("\n## ").next().unwrap();
    let mut rows = Vec::new();
    for table in section.split("\n\n").filter(|part| part.trim_start().starts_with('|')) {
        for line in table.trim_start().lines().skip(2) {
            rows.push(line.trim_matches('|').split(" |").map(str::trim).collect());
        }
    }
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

/// The code spans in `text`.
pub(crate) fn spans_in(text: &'static str) -> Vec<&'static str> {
    text.split('`').skip(1).step_by(2).collect()
}
