//! `ramtape coverage`

use crate::cli::{CoverageArgs, SelectionArgs};
use crate::command::takes::recorded::CassetteReader;
use crate::command::takes::select::Selection;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::model::{Entry, Take, counted};
use crate::service::{Operation, OperationKind, Service};
use crate::ui::{CommandError, Console, Exit, output, printable, table};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn run(args: &CoverageArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let reader = CassetteReader::open(&config.cassette, console)?;
    let mut coverage = Coverage::new(&config.service);
    let everything = SelectionArgs::default();
    let exit =
        Selection::new(&[], &everything).each(&reader, console, |chosen| coverage.add(&chosen.recorded.entry))?;
    output::print_styled(&if args.json { coverage.json() } else { coverage.text() })?;
    Ok(exit)
}

/// What is recorded, by operation.
struct Coverage {
    operations: BTreeMap<String, Row>,
}

/// What is recorded of one operation.
#[derive(Default)]
struct Row {
    /// Its line in the service's table; `None` for what is not in it.
    operation: Option<Arc<Operation>>,
    /// Whether it is another service's.
    is_companion: bool,
    /// The errors that can be recorded of it, as modelled.
    modelled: Vec<String>,
    requests: usize,
    takes: usize,
    pages: usize,
    chains: ListingCoverage,
    errors: BTreeMap<String, usize>,
}

/// The listings that were answered with pages.
#[derive(Default)]
struct ListingCoverage {
    whole: usize,
    partial: usize,
    /// Those of more than one page.
    several: usize,
    /// The pages of the longest.
    longest: usize,
}

impl Coverage {
    fn new(service: &Service) -> Self {
        let transient = &service.recording.transient_errors;
        let row = |operation: &Arc<Operation>| {
            let modelled = operation.errors.iter().filter(|error| !transient.contains(error)).cloned().collect();
            (operation.name.clone(), Row { operation: Some(Arc::clone(operation)), modelled, ..Row::default() })
        };
        Self { operations: service.operations().map(row).collect() }
    }

    fn add(&mut self, entry: &Entry) {
        let row = self.operations.entry(entry.operation.as_str().to_owned()).or_default();
        row.requests += 1;
        row.is_companion = entry.operation.service().is_some();
        entry.takes.iter().for_each(|take| row.add(take));
    }

    /// The rows of the service's operations.
    fn known(&self) -> impl Iterator<Item = &Row> {
        self.operations.values().filter(|row| row.operation.is_some())
    }

    fn text(&self) -> String {
        let (recorded, absent): (Vec<_>, Vec<_>) = self.operations.iter().partition(|(_, row)| row.takes > 0);
        let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
        let rows: Vec<_> = recorded.iter().map(|(name, row)| row.cells(name)).collect();
        let mut text = table::text(&rows);
        for (name, _) in absent {
            text.push_str(&format!("{style}{name}{style:#}  not recorded\n"));
        }
        text + &self.total()
    }

    fn total(&self) -> String {
        let count = |fits: &dyn Fn(&Row) -> bool| self.known().filter(|row| fits(row)).count();
        let (recorded, all) = (count(&|row| row.takes > 0), count(&|_| true));
        let listings = count(&Row::is_listing);
        let whole = count(&|row| row.is_listing() && row.chains.whole > 0);
        let part = count(&|row| row.is_listing() && row.chains.whole == 0 && row.chains.partial > 0);
        let seen: usize = self.known().map(|row| row.modelled.len() - row.missing().count()).sum();
        let modelled: usize = self.known().map(|row| row.modelled.len()).sum();
        format!(
            "{recorded} of {all} operations; {whole} of {listings} listings to their end, {part} in part only; \
             {seen} of {modelled} modelled errors\n"
        )
    }

    fn json(&self) -> String {
        self.operations.iter().map(|(name, row)| format!("{}\n", row.json(name))).collect()
    }
}

impl Row {
    fn add(&mut self, take: &Take) {
        self.takes += 1;
        self.pages += take.pages.len();
        if let Some(kind) = take.pages.last().and_then(|page| page.error_kind()) {
            *self.errors.entry(kind).or_default() += 1;
        }
        let answered = take.pages.first().is_some_and(|page| (200..300).contains(&page.status));
        if self.is_listing() && answered {
            self.chains.add(take);
        }
    }

    fn is_listing(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.page_items.is_some())
    }

    /// The modelled errors that are not recorded.
    fn missing(&self) -> impl Iterator<Item = &String> {
        self.modelled.iter().filter(|error| !self.errors.contains_key(*error))
    }

    fn kind(&self) -> Option<&'static str> {
        self.operation.as_ref().map(|operation| match operation.kind {
            OperationKind::Read => "read",
            OperationKind::Write => "write",
        })
    }

    fn cells(&self, name: &str) -> [String; 6] {
        let counted = |count: usize, one: &str| counted(count as u64, one, &format!("{one}s"));
        [
            printable(name).replace(['\n', '\t'], " "),
            counted(self.requests, "request"),
            counted(self.takes, "take"),
            counted(self.pages, "page"),
            self.chains.text(),
            printable(&self.errors_text()).replace(['\n', '\t'], " "),
        ]
    }

    fn errors_text(&self) -> String {
        if self.operation.is_none() {
            let what =
                if self.is_companion { "of a service without a model" } else { "not one of the service's operations" };
            let errors: Vec<&str> = self.errors.keys().map(String::as_str).collect();
            return if errors.is_empty() { what.to_owned() } else { format!("{what}; errors: {}", errors.join(", ")) };
        }
        let seen = self.modelled.len() - self.missing().count();
        let names: Vec<&str> = self.errors.keys().map(String::as_str).collect();
        let colon = if names.is_empty() { "" } else { ": " };
        format!("{seen} of {} modelled errors{colon}{}", self.modelled.len(), names.join(", "))
    }

    fn json(&self, name: &str) -> serde_json::Value {
        let ListingCoverage { whole, partial, several, longest } = &self.chains;
        let chains = self.is_listing().then(|| {
            serde_json::json!({
                "complete": whole, "partial": partial, "ofSeveralPages": several, "longest": longest,
            })
        });
        serde_json::json!({
            "operation": name,
            "kind": self.kind(),
            "requests": self.requests,
            "takes": self.takes,
            "pages": self.pages,
            "chains": chains,
            "errors": self.errors,
            "errorsNotRecorded": self.missing().collect::<Vec<_>>(),
        })
    }
}

impl ListingCoverage {
    fn add(&mut self, take: &Take) {
        if take.complete {
            self.whole += 1;
        } else {
            self.partial += 1;
        }
        self.several += usize::from(take.pages.len() > 1);
        self.longest = self.longest.max(take.pages.len());
    }

    fn text(&self) -> String {
        let part = match (self.whole, self.partial) {
            (0, 0) => return String::new(),
            (0, _) => "in part only".to_owned(),
            (_, 0) => "to the end".to_owned(),
            (whole, partial) => format!("{whole} to the end, {partial} in part"),
        };
        if self.several > 0 { format!("{part}, up to {} pages", self.longest) } else { part }
    }
}
