//! From an entry to text.

use super::body::print_body;
use super::printer::Printer;
use super::read::read;
use super::request::print_request;
use crate::json::quote;
use crate::model::{Entry, Page, Take};

/// The entry's text would not bring it back: something in it is not what recording produces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its text would not read back as what was recorded")]
pub struct Unwritable;

/// The text of `entry`, with a newline at its end. It is read back before it is handed out.
///
/// # Errors
/// Where it does not read back as `entry` (a request that is not canonical, headers out of order).
pub fn write(entry: &Entry) -> Result<String, Unwritable> {
    let mut printer = Printer::default();
    printer.begin('{');
    member(&mut printer, "operation", &quote(entry.operation.as_str()));
    member(&mut printer, "region", &quote(&entry.region));
    member(&mut printer, "actor", &quote(&entry.actor));
    printer.name("\"request\"");
    print_request(&mut printer, &entry.request);
    printer.name("\"takes\"");
    printer.begin('[');
    for take in &entry.takes {
        printer.item();
        print_take(&mut printer, take);
    }
    printer.end(']');
    printer.end('}');
    let text = printer.finish();
    if read(text.as_bytes()).is_ok_and(|again| again == *entry) { Ok(text) } else { Err(Unwritable) }
}

fn member(printer: &mut Printer, name: &str, value: &str) {
    printer.name(&quote(name));
    printer.value(value);
}

fn print_take(printer: &mut Printer, take: &Take) {
    printer.begin('{');
    for (name, value) in [("session", &take.session), ("after", &take.after), ("id", &take.id)] {
        if let Some(value) = value {
            member(printer, name, &quote(value));
        }
    }
    if let Some(size) = take.max_results {
        member(printer, "maxResults", &size.to_string());
    }
    if !take.complete {
        member(printer, "complete", "false");
    }
    if take.times > 1 {
        member(printer, "times", &take.times.to_string());
    }
    printer.name("\"pages\"");
    printer.begin('[');
    for page in &take.pages {
        printer.item();
        print_page(printer, page);
    }
    printer.end(']');
    printer.end('}');
}

fn print_page(printer: &mut Printer, page: &Page) {
    printer.begin('{');
    member(printer, "status", &page.status.to_string());
    if !page.headers.is_empty() {
        printer.name("\"headers\"");
        printer.begin('{');
        for (name, value) in &page.headers {
            member(printer, name, &quote(value));
        }
        printer.end('}');
    }
    print_body(printer, &page.body);
    printer.end('}');
}
