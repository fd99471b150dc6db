//! README.md and the pages of docs/ taken apart: fenced blocks with their marks, code spans, tables, headings, links.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// README.md, or a page of the manual.
pub(crate) struct Page {
    /// From the repository's root.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: &'static str,
    /// What the comment `<!-- tested: … -->` before it says.
    pub(crate) mark: Option<&'static str>,
    pub(crate) text: String,
}

/// A link's target, as written.
pub(crate) struct Link {
    pub(crate) page: &'static Page,
    pub(crate) target: &'static str,
}

static BOOK: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let pages = linked_pages().into_iter().map(|name| format!("docs/{name}"));
    ["README.md".to_owned()].into_iter().chain(pages).map(read).collect()
});
/// The other pages at the repository's root.
static BESIDE: LazyLock<Vec<Page>> = LazyLock::new(|| {
    ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].into_iter().map(|path| read(path.to_owned())).collect()
});
static SUMMARY: LazyLock<Page> = LazyLock::new(|| read("docs/SUMMARY.md".to_owned()));

fn read(path: String) -> Page {
    let text = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Page { path, text }
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README.md, then the manual's pages in the order of SUMMARY.md.
pub(crate) fn pages() -> &'static [Page] {
    &BOOK
}

/// The pages that SUMMARY.md links to, by their path in docs/.
pub(crate) fn linked_pages() -> Vec<&'static str> {
    targets(&SUMMARY.text)
}

/// Whether README.md or the manual has `text`, wherever their lines break.
pub(crate) fn says(text: &str) -> bool {
    let unwrapped = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = unwrapped(text);
    pages().iter().any(|page| unwrapped(&page.text).contains(&text))
}

/// All fenced blocks, in order.
pub(crate) fn blocks() -> Vec<Block> {
    pages().iter().flat_map(blocks_of).collect()
}

fn blocks_of(page: &'static Page) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut mark = None;
    let mut lines = page.text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| *line != "```");
            let text = body.map(|line| format!("{line}\n")).collect();
            blocks.push(Block { language, mark: mark.take(), text });
        } else if let Some(name) = line.strip_prefix("<!-- tested: ") {
            assert_eq!(mark, None, "a mark without a block in {}", page.path);
            mark = Some(name.strip_suffix(" -->").unwrap());
        } else {
            assert_eq!(mark, None, "the block of a mark follows at once, in {}", page.path);
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

/// The lines of a page outside of its blocks.
fn prose(page: &'static Page) -> impl Iterator<Item = &'static str> {
    let mut fenced = false;
    page.text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// All that stands in backticks outside of blocks.
pub(crate) fn spans() -> Vec<&'static str> {
    pages().iter().flat_map(spans_of).collect()
}

/// The same, of one page.
pub(crate) fn spans_of(page: &'static Page) -> Vec<&'static str> {
    let mut spans = Vec::new();
    for line in prose(page) {
        let balanced = line.matches('`').count().is_multiple_of(2);
        assert!(balanced, "a code span ends in the line it begins in: {line} ({})", page.path);
        spans.extend(spans_in(line));
    }
    spans
}

/// The code spans in `text`.
pub(crate) fn spans_in(text: &'static str) -> Vec<&'static str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The page with this path.
pub(crate) fn page(path: &str) -> &'static Page {
    pages().iter().find(|page| page.path == path).unwrap_or_else(|| panic!("no page {path}"))
}

/// The cells of the tables below `heading` of the page at `path`, without their heads.
pub(crate) fn rows(path: &str, heading: &str) -> Vec<Vec<&'static str>> {
    let text = page(path).text.as_str();
    let (_, below) =
        text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading} in {path}"));
    let section = below.split("\n## ").next().unwrap();
    let rows = table(section);
    assert!(!rows.is_empty(), "no table below {heading} in {path}");
    rows
}

/// The cells of the tables in `section`, without their heads.
pub(crate) fn table(section: &'static str) -> Vec<Vec<&'static str>> {
    let tables = section.split("\n\n").map(str::trim_start).filter(|part| part.starts_with('|'));
    let lines = tables.flat_map(|table| table.lines().skip(2));
    lines.map(|line| line.trim_matches('|').split(" |").map(str::trim).collect()).collect()
}

/// All links and pictures, those of SUMMARY.md and of the other pages at the root included, but for those to other hosts.
pub(crate) fn local_links() -> Vec<Link> {
    let all = pages().iter().chain([&*SUMMARY]).chain(&*BESIDE);
    all.flat_map(|page| {
        let lines: Vec<_> = prose(page).collect();
        let targets = lines.into_iter().flat_map(targets).filter(|target| !target.starts_with("https://"));
        targets.map(move |target| Link { page, target })
    })
    .collect()
}

/// The targets of the links in `text`.
fn targets(text: &'static str) -> Vec<&'static str> {
    text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect()
}

impl Link {
    /// The file that the link leads to, and the anchor there.
    pub(crate) fn destination(&self) -> (PathBuf, Option<&'static str>) {
        let (path, anchor) = match self.target.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (self.target, None),
        };
        let page = root().join(&self.page.path);
        (if path.is_empty() { page } else { page.parent().unwrap().join(path) }, anchor)
    }
}

/// The anchors that GitHub and mdBook give to the headings of a Markdown text.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut anchors = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if !fenced && heading.len() < line.len() && heading.starts_with(' ') {
            anchors.push(anchor(heading.trim()));
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
