//! docs/demo.svg, the picture in README.md, shows what `ramtape demo` prints.

use crate::book::root;
use crate::support::binary::{folder, run};
use std::fs;
use std::path::Path;

/// The picture's width in characters.
const COLUMNS: usize = 108;
/// How many lines of the cassette's text are shown.
const TEXT_LINES: usize = 9;

#[test]
fn the_picture_shows_what_the_demo_prints() {
    let finished = run(folder().path(), &["demo"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let drawn = draw(&shown_lines(&finished.stdout));
    if fs::read_to_string(root().join("docs/demo.svg")).ok().as_ref() != Some(&drawn) {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo.svg");
        fs::write(&new, drawn).unwrap();
        panic!("docs/demo.svg shows another output: copy {} over it", new.display());
    }
}

/// The lines of `output` without what differs in each run, and as short as the picture needs them.
fn shown_lines(output: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut text_lines = 0;
    for line in output.lines() {
        let is_text = line.starts_with("   | ") && !line.contains(" lines in all");
        text_lines += usize::from(is_text);
        if !is_text || text_lines <= TEXT_LINES {
            lines.extend(wrapped(&without_changes(line)));
        }
    }
    lines
}

/// `line` with page tokens cut, sizes rounded, and without the temporary folder.
fn without_changes(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.find("cassettes/demo") {
        _ if word.len() == 45 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()) => format!("{}…", &word[..10]),
        Some(at) if word.starts_with('/') => word[at..].to_owned(),
        _ => word.to_owned(),
    });
    let mut words: Vec<String> = words.collect();
    if let Some(at) = words.iter().position(|word| word == "bytes,") {
        let size: u32 = words[at - 1].parse().unwrap();
        words[at - 1] = format!("~{}", (size + 500) / 1000 * 1000);
    }
    words.join(" ")
}

/// `line` on lines that fit into the picture; what follows is indented a little more.
fn wrapped(line: &str) -> Vec<String> {
    let indent = " ".repeat(line.len() - line.trim_start().len());
    let mut lines = vec![indent.clone()];
    for word in line.trim_start().split(' ') {
        let last = lines.last_mut().unwrap();
        let is_first = last.trim().is_empty();
        if !is_first && last.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push(format!("{indent}  {word}"));
        } else {
            *last = format!("{last}{}{word}", if is_first { "" } else { " " });
        }
    }
    lines
}

/// A terminal that shows `lines`.
fn draw(lines: &[String]) -> String {
    let (width, height) = (COLUMNS * 8 + 32, lines.len() * 18 + 76);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <title>The output of ramtape demo</title>\n\
         <style>text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre; fill: #c9d1d9 }} \
         .step {{ fill: #79c0ff; font-weight: bold }} .good {{ fill: #7ee787 }} .dim {{ fill: #8b949e }} \
         .miss {{ fill: #ffa657 }}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <circle cx=\"20\" cy=\"18\" r=\"5\" fill=\"#ff5f56\"/><circle cx=\"38\" cy=\"18\" r=\"5\" fill=\"#ffbd2e\"/>\
         <circle cx=\"56\" cy=\"18\" r=\"5\" fill=\"#27c93f\"/>\n"
    );
    let prompt = "$ ramtape demo".to_owned();
    for (number, line) in [prompt].iter().chain(lines).enumerate() {
        let text = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let y = number * 18 + 50;
        svg.push_str(&format!(
            "<text class=\"{}\" x=\"16\" y=\"{y}\" xml:space=\"preserve\">{text}</text>\n",
            style(line)
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

fn style(line: &str) -> &'static str {
    let starts = |parts: &[&str]| parts.iter().any(|part| line.trim_start().starts_with(part));
    if line.starts_with(|first: char| first.is_ascii_digit()) && line.get(1..3) == Some("  ") {
        "step"
    } else if line.contains("byte for byte") || line.contains("upstream connections") {
        "good"
    } else if starts(&["HTTP 400", "- /", "+ /"]) {
        "miss"
    } else if starts(&["|"]) {
        "dim"
    } else {
        "line"
    }
}
