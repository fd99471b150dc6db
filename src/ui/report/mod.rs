//! The misses of a run, in the forms that test runners and CI services read.

mod ctrf;
mod job_summary;

use super::console::Console;
use super::error::CommandError;
use super::{output, summary};
use crate::config::Environment;
use crate::engine::{Miss, Summary};
use crate::model::with_causes;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

/// A report that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    format: Format,
    path: PathBuf,
    /// When the run began: when the report was asked for.
    began: SystemTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Junit,
    Ctrf,
    Json,
}

/// The reports that `--report FORMAT FILE` asked for, given as pairs.
pub(crate) fn parse_reports(pairs: &[OsString]) -> Result<Vec<Report>, CommandError> {
    let began = SystemTime::now();
    let report = |format, path: &OsString| Ok(Report { format, path: path.into(), began });
    pairs
        .chunks(2)
        .map(|pair| match pair {
            [format, path] if format == "junit" => report(Format::Junit, path),
            [format, path] if format == "ctrf" => report(Format::Ctrf, path),
            [format, path] if format == "json" => report(Format::Json, path),
            _ => Err(CommandError::Usage("--report needs a format (junit, ctrf or json) and a file".to_owned())),
        })
        .collect()
}

/// Writes the reports; all are tried, and the first failure is given back.
pub(crate) fn write(reports: &[Report], summary: &Summary) -> Result<(), CommandError> {
    let write_one = |report: &Report| {
        let text = match report.format {
            Format::Junit => junit(summary),
            Format::Ctrf => format!("{:#}\n", ctrf::report(summary, report.began, SystemTime::now())),
            Format::Json => format!("{:#}\n", summary::json(summary)),
        };
        output::write_file(&report.path, &text)
    };
    let outcomes: Vec<_> = reports.iter().map(write_one).collect();
    outcomes.into_iter().collect()
}

/// Tells GitHub Actions of every different miss. The runner reads such lines on stderr too, and stdout belongs to others.
pub(crate) fn annotate(summary: &Summary) {
    for (miss, _) in summary::grouped(&summary.misses) {
        // Where stderr is closed nobody can be told.
        let _ = writeln!(anstream::stderr(), "{}", annotation(miss));
    }
}

/// Tells a run's end in every form: the closing lines, GitHub's annotations and its page of the job, the reports.
pub(crate) fn finish(
    summary: &Summary,
    reports: &[Report],
    environment: &Environment,
    console: Console,
) -> Result<(), CommandError> {
    summary::print(summary, console);
    if environment.is_github_actions() {
        annotate(summary);
    }
    if let Some(page) = environment.job_summary()
        && let Err(source) = job_summary::append(page, summary)
    {
        // A page that cannot be written is no reason for the job to fail.
        console.problem(&with_causes(&CommandError::Write { path: page.to_owned(), source }));
    }
    write(reports, summary)
}

/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
fn annotation(miss: &Miss) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::error title={}::{}", property(&format!("ramtape miss: {}", miss.operation)), data(&miss.message))
}

/// Written by hand: quick-junit would bring seven crates (among them chrono, a second calendar, and an XML reader), and put times
/// into a report that is the same for the same run.
///
/// One suite: a failure for every miss, an error for every answer that was not recorded, a skipped case for what was passed on by
/// rule, else one case that passed.
fn junit(summary: &Summary) -> String {
    let mut cases = String::new();
    for miss in &summary.misses {
        let session = miss.session.as_deref().unwrap_or("default");
        let name = format!("{} {}", miss.operation, miss.fingerprint);
        let first = miss.message.lines().next().unwrap_or_default();
        cases.push_str(&format!(
            "  <testcase classname=\"ramtape.{}\" name=\"{}\">\n    <failure type=\"miss\" message=\"{}\">{}</failure>\n  </testcase>\n",
            xml(session), xml(name.trim_end()), xml(first), xml(&miss.message),
        ));
    }
    for reason in &summary.not_recorded {
        cases.push_str(&format!(
            "  <testcase classname=\"ramtape\" name=\"recording\">\n    <error type=\"not-recorded\" message=\"{}\"/>\n  </testcase>\n",
            xml(reason),
        ));
    }
    for (answer, count) in &summary.passed {
        cases.push_str(&format!(
            "  <testcase classname=\"ramtape\" name=\"recording\">\n    <skipped message=\"not recorded: {}\"/>\n  </testcase>\n",
            xml(&summary::passed_text(answer, *count)),
        ));
    }
    if cases.is_empty() {
        cases.push_str("  <testcase classname=\"ramtape\" name=\"every request was answered\"/>\n");
    }
    let (failures, errors, skipped) = (summary.misses.len(), summary.not_recorded.len(), summary.passed.len());
    let tests = (failures + errors + skipped).max(1);
    let skipped = if skipped > 0 { format!(" skipped=\"{skipped}\"") } else { String::new() };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ramtape\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"{skipped}>\n{cases}</testsuite>\n"
    )
}

/// `text` as XML 1.0 can hold it, in an element or in an attribute.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            // Not even as a reference may these stand in XML 1.0.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::engine::PassedOn;

    fn one_miss() -> Summary {
        let miss = Miss {
            operation: "POST /a,b".into(),
            fingerprint: "k3v9x2mq7r5ta4bc".into(),
            session: None,
            message: "100% \"new\" <here>\n& there\u{1}".into(),
        };
        Summary { missed: 1, misses: vec![miss], ..Summary::default() }
    }

    #[test]
    fn an_annotation_is_one_line() {
        assert_eq!(
            annotation(&one_miss().misses[0]),
            "::error title=ramtape miss%3A POST /a%2Cb::100%25 \"new\" <here>%0A& there\u{1}"
        );
    }

    #[test]
    fn junit_holds_the_miss_as_a_failure() {
        assert_eq!(
            junit(&one_miss()),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuite name=\"ramtape\" tests=\"1\" failures=\"1\" errors=\"0\">\n  \
             <testcase classname=\"ramtape.default\" name=\"POST /a,b k3v9x2mq7r5ta4bc\">\n    \
             <failure type=\"miss\" message=\"100% &quot;new&quot; &lt;here&gt;\">100% &quot;new&quot; &lt;here&gt;\n\
             &amp; there\u{fffd}</failure>\n  </testcase>\n</testsuite>\n"
        );
        assert!(junit(&Summary::default()).contains("tests=\"1\" failures=\"0\" errors=\"0\""));
    }

    #[test]
    fn junit_holds_what_was_passed_on_as_skipped() {
        let answer = PassedOn {
            operation: "GetResourceShares".into(),
            region: "me-south-1".into(),
            error: Some("AuthFailure".into()),
            status: 403,
        };
        let text = junit(&Summary { passed: vec![(answer, 1)], ..Summary::default() });
        for part in [
            "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">",
            "<skipped message=\"not recorded: GetResourceShares in me-south-1 answered AuthFailure (HTTP 403)\"/>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn reports_are_pairs_of_format_and_file() {
        let asked = parse_reports(&["junit".into(), "a.xml".into(), "json".into(), "b.json".into()]).unwrap();
        assert_eq!(asked.len(), 2);
        assert_eq!((asked[1].format, asked[1].path.as_path()), (Format::Json, "b.json".as_ref()));
        assert!(parse_reports(&["html".into(), "a".into()]).is_err());
    }

    #[test]
    fn the_json_report_holds_the_miss() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write(&parse_reports(&["json".into(), path.clone().into()]).unwrap(), &one_miss()).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(report["missed"], 1);
        assert_eq!(report["misses"][0]["operation"], "POST /a,b");
    }
}
