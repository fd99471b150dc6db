//! `ramtape coverage`

use crate::cli::{CoverageArgs, SelectionArgs};
use crate::command::takes::recorded::CassetteReader;
use crate::command::takes::select::Selection;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::coverage::{Coverage, CoverageTotal, ListingCoverage, OperationCoverage, TakeFacts};
use crate::model::counted;
use crate::ui::{CommandError, Console, Exit, output, printable, table};
use anstyle::{AnsiColor, Style};

pub(super) fn run(args: &CoverageArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let reader = CassetteReader::open(&config.cassette, console)?;
    let mut coverage = Coverage::new(&config.service);
    let everything = SelectionArgs::default();
    let exit = Selection::new(&[], &everything).each(&reader, console, |chosen| {
        let entry = &chosen.recorded.entry;
        coverage.add(&entry.operation, entry.takes.iter().map(TakeFacts::from));
    })?;
    output::print_styled(&if args.json { json(&coverage) } else { text(&coverage) })?;
    Ok(exit)
}

fn text(coverage: &Coverage) -> String {
    let (recorded, absent): (Vec<_>, Vec<_>) = coverage.operations.iter().partition(|(_, row)| row.takes > 0);
    let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    let rows: Vec<_> = recorded.iter().map(|(name, row)| cells(name, row)).collect();
    let mut text = table::text(&rows);
    for (name, _) in absent {
        text.push_str(&format!("{style}{name}{style:#}  not recorded\n"));
    }
    text + &total_line(coverage.total())
}

fn total_line(total: CoverageTotal) -> String {
    let CoverageTotal { recorded, operations, whole_listings, partial_listings, listings, seen_errors, errors } = total;
    format!(
        "{recorded} of {operations} operations; {whole_listings} of {listings} listings to their end, \
         {partial_listings} in part only; {seen_errors} of {errors} modelled errors\n"
    )
}

fn json(coverage: &Coverage) -> String {
    coverage.operations.iter().map(|(name, row)| format!("{}\n", row_json(name, row))).collect()
}

fn cells(name: &str, row: &OperationCoverage) -> [String; 6] {
    let counted = |count: usize, one: &str| counted(count as u64, one, &format!("{one}s"));
    [
        printable(name).replace(['\n', '\t'], " "),
        counted(row.requests, "request"),
        counted(row.takes, "take"),
        counted(row.pages, "page"),
        row.listings.describe(),
        printable(&row.describe_errors()).replace(['\n', '\t'], " "),
    ]
}

fn row_json(name: &str, row: &OperationCoverage) -> serde_json::Value {
    let ListingCoverage { whole, partial, several, longest } = &row.listings;
    let chains = row.is_listing().then(|| {
        serde_json::json!({
            "complete": whole, "partial": partial, "ofSeveralPages": several, "longest": longest,
        })
    });
    serde_json::json!({
        "operation": name,
        "kind": row.kind(),
        "requests": row.requests,
        "takes": row.takes,
        "pages": row.pages,
        "chains": chains,
        "errors": row.errors,
        "errorsNotRecorded": row.missing_errors().collect::<Vec<_>>(),
    })
}
