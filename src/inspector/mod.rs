//! The inspector: pages that show what was recorded, what was asked, and why it was answered so.
//!
//! It only shows: no page changes anything, and none says anything without the token (`access`). A path is one file: `calls` and
//! `call` (with `why`), `events`, `timeline` (whose picture is `lanes`, drawn by `picture`), `recorded`, `entry`, `chain`, `coverage`,
//! `diff`; `report` is a run as a file. What all pages have around them is `page`; where they read from is `tape`, and what is kept of
//! that between two views is `index`.

mod access;
mod assets;
mod body;
mod call;
mod calls;
mod chain;
mod coverage;
mod diff;
mod entry;
mod events;
mod index;
mod lanes;
mod page;
mod picture;
mod query;
mod recorded;
mod report;
mod tape;
mod time;
mod timeline;
mod why;
mod window;

pub use report::{render_report, render_timeline};
pub use tape::{Tape, Tapes};

use crate::admin::{PageResponse, Pages, wrong_method};
use crate::model::{Request, Response, Secret};
use access::{Access, Entrance};
use http::{Method, StatusCode};
use index::Indexes;
use page::{Context, InspectorError, ROOT};
use std::fmt;
use std::sync::Arc;

/// Shows what a ramtape has recorded and answered.
#[derive(Clone)]
pub struct Inspector {
    tapes: Arc<dyn Tapes>,
    access: Arc<Access>,
    indexes: Arc<Indexes>,
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inspector")
    }
}

impl Inspector {
    /// An inspector of `tapes` for who has the token that follows from the capability key `key`.
    #[must_use]
    pub fn new(tapes: impl Tapes, key: &Secret) -> Self {
        Self { tapes: Arc::new(tapes), access: Arc::new(Access::from_key(key)), indexes: Arc::default() }
    }

    /// What opens the inspector of the ramtape at `base`, such as `http://127.0.0.1:8181`: its URL with the token.
    #[must_use]
    pub fn url(&self, base: &str) -> String {
        format!("{base}{ROOT}/?token={}", self.access.token().expose())
    }

    fn respond(&self, request: &Request) -> Response {
        let path = request.path.strip_prefix(ROOT).unwrap_or_default().trim_start_matches('/');
        if let Some(name) = path.strip_prefix("assets/") {
            // They are the same for everybody, and the page that asks for the token has them too.
            return assets::respond(name);
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return wrong_method(&request.method, "GET, HEAD");
        }
        match self.access.judge(request) {
            Entrance::Open => {}
            Entrance::Renew { cookie, location } => return access::redirect(&cookie, &location),
            Entrance::Closed => return page::ask_for_token(),
        }
        let query = query::Query::parse(&request.query);
        let context = match Context::new(&*self.tapes, query, Arc::clone(&self.indexes)) {
            Ok(context) => context,
            Err(error) => return page::respond_error(None, &error),
        };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let shown = match parts.as_slice() {
            [] | ["calls"] => calls::render(&context),
            ["calls", number] => call::render(&context, number),
            ["timeline"] => timeline::render(&context),
            ["timeline.svg"] => return timeline::respond_file(&context),
            ["events"] => return events::respond(&context, request),
            ["recorded"] => recorded::render(&context),
            ["recorded", fingerprint] => entry::render(&context, fingerprint),
            ["recorded", fingerprint, "takes", take] => chain::render(&context, fingerprint, take),
            ["coverage"] => coverage::render(&context),
            ["diff"] => diff::render(&context),
            _ => Err(InspectorError::NoPage),
        };
        match shown {
            Ok(page) => page::respond(StatusCode::OK, &context, &page),
            Err(error) => page::respond_error(Some(&context), &error),
        }
    }
}

impl Pages for Inspector {
    fn owns(&self, path: &str) -> bool {
        let first = path.strip_prefix(ROOT).unwrap_or_default().trim_start_matches('/').split('/').next();
        matches!(
            first,
            Some("" | "assets" | "calls" | "events" | "timeline" | "timeline.svg" | "recorded" | "coverage" | "diff")
        )
    }

    fn respond(&self, request: Request) -> PageResponse<'_> {
        let inspector = self.clone();
        Box::pin(async move {
            // Pages read files.
            let shown = tokio::task::spawn_blocking(move || Self::respond(&inspector, &request)).await;
            shown.unwrap_or_else(|_| page::respond_error(None, &InspectorError::Failed))
        })
    }
}
