//! Which operations are recorded, which listings to their end, which errors: counted for the command and for the inspector. Pure.

use crate::model::{OperationName, Take};
use crate::service::{Operation, OperationKind, Service};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is recorded, by operation.
#[derive(Debug)]
pub struct Coverage {
    /// All operations of the service, and whatever else is recorded, by name.
    pub operations: BTreeMap<String, OperationCoverage>,
}

/// What is recorded of one operation.
#[derive(Debug, Default)]
pub struct OperationCoverage {
    /// Its line in the service's table; `None` for what is not in it.
    pub operation: Option<Arc<Operation>>,
    /// Whether it is another service's.
    pub is_companion: bool,
    /// The errors that can be recorded of it, as modelled.
    pub modelled: Vec<String>,
    /// How many requests.
    pub requests: usize,
    /// How many takes they have.
    pub takes: usize,
    /// How many pages those have.
    pub pages: usize,
    /// Its listings.
    pub listings: ListingCoverage,
    /// The errors, with how many takes end with each.
    pub errors: BTreeMap<String, usize>,
}

/// The listings that were answered with pages.
#[derive(Debug, Default)]
pub struct ListingCoverage {
    /// Those recorded to their end.
    pub whole: usize,
    /// Those recorded in part.
    pub partial: usize,
    /// Those of more than one page.
    pub several: usize,
    /// The pages of the longest.
    pub longest: usize,
}

/// How much of the service is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageTotal {
    /// Operations that are recorded.
    pub recorded: usize,
    /// All operations.
    pub operations: usize,
    /// Listings that are recorded to their end at least once.
    pub whole_listings: usize,
    /// Listings that are recorded in part only.
    pub partial_listings: usize,
    /// All listings.
    pub listings: usize,
    /// Modelled errors that are recorded.
    pub seen_errors: usize,
    /// All modelled errors.
    pub errors: usize,
}

/// What is counted of a take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeFacts {
    /// How many pages it has.
    pub pages: usize,
    /// Whether it was recorded to its end.
    pub complete: bool,
    /// Whether its first page is one of success.
    pub is_answered: bool,
    /// The error that it ends with.
    pub error: Option<String>,
}

impl From<&Take> for TakeFacts {
    fn from(take: &Take) -> Self {
        Self {
            pages: take.pages.len(),
            complete: take.complete,
            is_answered: take.pages.first().is_some_and(|page| (200..300).contains(&page.status)),
            error: take.pages.last().and_then(|page| page.error_kind()),
        }
    }
}

impl Coverage {
    /// Nothing so far, of any operation of `service`.
    #[must_use]
    pub fn new(service: &Service) -> Self {
        let transient = &service.recording.transient_errors;
        let row = |operation: &Arc<Operation>| {
            let modelled = operation.errors.iter().filter(|error| !transient.contains(error)).cloned().collect();
            let row =
                OperationCoverage { operation: Some(Arc::clone(operation)), modelled, ..OperationCoverage::default() };
            (operation.name.clone(), row)
        };
        Self { operations: service.operations().map(row).collect() }
    }

    /// Counts a recorded request of `operation` with its takes.
    pub fn add(&mut self, operation: &OperationName, takes: impl IntoIterator<Item = TakeFacts>) {
        let row = self.operations.entry(operation.as_str().to_owned()).or_default();
        row.requests += 1;
        row.is_companion = operation.service().is_some();
        takes.into_iter().for_each(|take| row.add(take));
    }

    /// The sums over the service's operations.
    #[must_use]
    pub fn total(&self) -> CoverageTotal {
        let known = || self.operations.values().filter(|row| row.operation.is_some());
        let count = |fits: &dyn Fn(&OperationCoverage) -> bool| known().filter(|row| fits(row)).count();
        CoverageTotal {
            recorded: count(&|row| row.takes > 0),
            operations: count(&|_| true),
            whole_listings: count(&|row| row.is_listing() && row.listings.whole > 0),
            partial_listings: count(&|row| row.is_listing() && row.listings.whole == 0 && row.listings.partial > 0),
            listings: count(&OperationCoverage::is_listing),
            seen_errors: known().map(OperationCoverage::seen_errors).sum(),
            errors: known().map(|row| row.modelled.len()).sum(),
        }
    }
}

impl OperationCoverage {
    fn add(&mut self, take: TakeFacts) {
        self.takes += 1;
        self.pages += take.pages;
        if self.is_listing() && take.is_answered {
            self.listings.add(&take);
        }
        if let Some(kind) = take.error {
            *self.errors.entry(kind).or_default() += 1;
        }
    }

    /// Whether it pages.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.page_items.is_some())
    }

    /// The modelled errors that are not recorded.
    pub fn missing_errors(&self) -> impl Iterator<Item = &String> {
        self.modelled.iter().filter(|error| !self.errors.contains_key(*error))
    }

    /// How many of the modelled errors are recorded.
    #[must_use]
    pub fn seen_errors(&self) -> usize {
        self.modelled.len() - self.missing_errors().count()
    }

    /// `read` or `write`, where that is known.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        self.operation.as_ref().map(|operation| match operation.kind {
            OperationKind::Read => "read",
            OperationKind::Write => "write",
        })
    }

    /// Its errors in words.
    #[must_use]
    pub fn describe_errors(&self) -> String {
        let names: Vec<&str> = self.errors.keys().map(String::as_str).collect();
        if self.operation.is_none() {
            let what =
                if self.is_companion { "of a service without a model" } else { "not one of the service's operations" };
            return if names.is_empty() { what.to_owned() } else { format!("{what}; errors: {}", names.join(", ")) };
        }
        let colon = if names.is_empty() { "" } else { ": " };
        format!("{} of {} modelled errors{colon}{}", self.seen_errors(), self.modelled.len(), names.join(", "))
    }
}

impl ListingCoverage {
    fn add(&mut self, take: &TakeFacts) {
        if take.complete {
            self.whole += 1;
        } else {
            self.partial += 1;
        }
        self.several += usize::from(take.pages > 1);
        self.longest = self.longest.max(take.pages);
    }

    /// In words; nothing where none was answered.
    #[must_use]
    pub fn describe(&self) -> String {
        let part = match (self.whole, self.partial) {
            (0, 0) => return String::new(),
            (0, _) => "in part only".to_owned(),
            (_, 0) => "to the end".to_owned(),
            (whole, partial) => format!("{whole} to the end, {partial} in part"),
        };
        if self.several > 0 { format!("{part}, up to {} pages", self.longest) } else { part }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn facts(pages: usize, complete: bool, error: Option<&str>) -> TakeFacts {
        TakeFacts { pages, complete, is_answered: error.is_none(), error: error.map(str::to_owned) }
    }

    #[test]
    fn listings_and_errors_are_counted_by_operation() {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let mut coverage = Coverage::new(&service);
        let listing = service.reads().find(|operation| operation.page_items.is_some() && !operation.errors.is_empty());
        let listing = Arc::clone(listing.unwrap());
        let name = OperationName::Known(listing.name.clone());
        let transient = &service.recording.transient_errors;
        let error = listing.errors.iter().find(|error| !transient.contains(error)).unwrap();
        coverage.add(&name, [facts(3, true, None), facts(1, false, None), facts(1, true, Some(error))]);
        coverage.add(&OperationName::Companion("sts:X".into()), [facts(1, true, Some("Odd"))]);

        let row = &coverage.operations[listing.name.as_str()];
        assert_eq!((row.requests, row.takes, row.pages, row.kind()), (1, 3, 5, Some("read")));
        assert_eq!(row.listings.describe(), "1 to the end, 1 in part, up to 3 pages");
        assert_eq!((row.seen_errors(), row.missing_errors().count()), (1, row.modelled.len() - 1));
        let other = &coverage.operations["sts:X"];
        assert_eq!(other.describe_errors(), "of a service without a model; errors: Odd");
        let total = coverage.total();
        assert_eq!((total.recorded, total.operations, total.seen_errors), (1, 36, 1));
        assert_eq!((total.whole_listings, total.partial_listings), (1, 0));
    }
}
