//! The page that GitHub Actions shows of a job: what was called, what missed and how near it was.

use crate::engine::{Miss, Summary};
use crate::ui::summary::{grouped, miss_title};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// How many different misses the page holds; a report holds them all.
const SHOWN: usize = 20;

/// Adds a section on this run to the page in `file`. Other steps and other runs have theirs there.
pub(crate) fn append(file: &Path, summary: &Summary) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(file)?.write_all(text(summary).as_bytes())
}

/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary>
fn text(summary: &Summary) -> String {
    let saved = summary.time_saved.map_or_else(String::new, |saved| format!("{:.1} s", saved.as_secs_f64()));
    let mut text = format!(
        "### ramtape\n\n| replayed | recorded | missed | passed on | not recorded | upstream connections | time saved |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n| {} | {} | {} | {} | {} | {} | {saved} |\n\n",
        summary.replayed,
        summary.recorded,
        summary.missed,
        summary.passed_on,
        summary.not_recorded.len(),
        summary.upstream_connections,
    );
    let misses = grouped(&summary.misses);
    for (miss, count) in misses.iter().take(SHOWN) {
        text.push_str(&details(miss, *count));
    }
    if let Some(rest @ 1..) = misses.len().checked_sub(SHOWN) {
        text.push_str(&format!("…and {rest} other misses.\n\n"));
    }
    text
}

fn details(miss: &Miss, count: u64) -> String {
    let title = html(&miss_title(miss, count));
    // Where a diff's signs begin their lines, they are coloured.
    let lines: Vec<&str> = miss.message.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    let lines = lines.join("\n");
    let fence = "`".repeat(longest_run(&lines).max(2) + 1);
    format!("<details><summary>{title}</summary>\n\n{fence}diff\n{lines}\n{fence}\n\n</details>\n\n")
}

/// The longest run of backticks in `text`: a fence is longer.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_page_has_the_counts_and_each_miss_with_its_difference() {
        let miss = Miss {
            operation: "GetResourceShares".into(),
            fingerprint: "k3v9x2mq7r5ta4bc".into(),
            session: Some("t<1>".into()),
            message: "no recorded answer\n  - /name: \"a\"\n  + /name: \"```\"".into(),
        };
        let time_saved = Some(Duration::from_millis(2345));
        let summary =
            Summary { replayed: 5, missed: 2, misses: vec![miss.clone(), miss], time_saved, ..Summary::default() };
        assert_eq!(
            text(&summary),
            "### ramtape\n\n| replayed | recorded | missed | passed on | not recorded | upstream connections | time saved |\n\
             | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n| 5 | 0 | 2 | 0 | 0 | 0 | 2.3 s |\n\n\
             <details><summary>miss: GetResourceShares k3v9x2mq7r5ta4bc in session t&lt;1&gt;, 2 times</summary>\n\n\
             ````diff\nno recorded answer\n- /name: \"a\"\n+ /name: \"```\"\n````\n\n</details>\n\n"
        );
    }
}
