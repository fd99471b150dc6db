//! Listings with odd spellings, put in upstream's mouth page by page; and a client that reads them without a JSON library's help.

use crate::support::stage::{Answer, Caller, Stage};
use bytes::Bytes;
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(crate) const LISTING: &str = "GetResourceShares";

/// What upstream answers to a listing: the items of each page, and how the text around them is written.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    pub(crate) pages: Vec<Vec<String>>,
    pub(crate) style: Style,
}

/// How a page is written. All of it is legal, and re-serialising would change most of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) comma: &'static str,
    pub(crate) colon: &'static str,
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
    pub(crate) token_first: bool,
    pub(crate) null_at_the_end: bool,
}

pub(crate) const COMPACT: Style =
    Style { comma: ",", colon: ":", open: "[", close: "]", token_first: false, null_at_the_end: false };

impl Upstream {
    /// `count` numbers in pages of these sizes, then all that is left.
    pub(crate) fn of(count: usize, sizes: &[usize]) -> Self {
        let mut items = (0..count).map(|at| format!("{at}.0e00"));
        let mut pages: Vec<Vec<String>> = sizes.iter().map(|size| items.by_ref().take(*size).collect()).collect();
        let rest: Vec<String> = items.collect();
        if !rest.is_empty() || pages.is_empty() {
            pages.push(rest);
        }
        Self { pages, style: COMPACT }
    }

    pub(crate) fn items(&self) -> Vec<String> {
        self.pages.concat()
    }

    fn body(&self, page: usize) -> String {
        let Style { comma, colon, open, close, token_first, null_at_the_end } = self.style;
        let list = format!("\"resourceShares\"{colon}{open}{}{close}", self.pages[page].join(comma));
        let token = match page + 1 < self.pages.len() {
            true => Some(format!("\"nextToken\"{colon}\"upstream+/{page}==\"")),
            false => null_at_the_end.then(|| format!("\"nextToken\"{colon}null")),
        };
        let extra = format!("\"page\"{colon}1.50");
        let members = match (token, token_first) {
            (Some(token), true) => vec![token, list, extra],
            (Some(token), false) => vec![extra, list, token],
            (None, _) => vec![extra, list],
        };
        format!("{{{}}}", members.join(comma))
    }

    /// Records it as the answer to `parameters`, the first `limit` pages of it.
    pub(crate) async fn record(&self, stage: &Stage, cassette: &str, parameters: &Value, limit: usize) -> Vec<Answer> {
        let recording = stage.ramtape(cassette, RecordMode::All).await;
        stage.endpoint().clear_faults();
        for page in 0..self.pages.len().min(limit) {
            stage.endpoint().inject(Fault::next(Effect::Raw {
                status: 200,
                content_type: Some("application/json".to_owned()),
                body: Bytes::from(self.body(page)),
            }));
        }
        let recorded = recording.pages(LISTING, parameters, limit).await;
        assert_eq!(recorded.len(), self.pages.len().min(limit));
        recording.stop().await;
        recorded
    }
}

/// Own shares, in pages of this size.
pub(crate) fn own(size: Option<usize>) -> Value {
    let mut parameters = json!({ "resourceOwner": "SELF" });
    if let Some(size) = size {
        parameters["maxResults"] = json!(size);
    }
    parameters
}

/// The page of `parameters` at `token`.
pub(crate) async fn page(caller: &Caller, parameters: &Value, token: Option<&str>) -> Answer {
    let mut body = parameters.clone();
    if let Some(token) = token {
        body["nextToken"] = json!(token);
    }
    let answer = caller.post(LISTING, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The items of a page as they are spelled.
pub(crate) fn items(page: &Answer) -> Vec<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shares<'a> {
        #[serde(borrow)]
        resource_shares: Vec<&'a RawValue>,
    }
    let shares: Shares<'_> = serde_json::from_slice(&page.body).unwrap();
    shares.resource_shares.into_iter().map(|item| item.get().to_owned()).collect()
}

pub(crate) fn all_items(pages: &[Answer]) -> Vec<String> {
    pages.iter().flat_map(items).collect()
}

pub(crate) fn sizes(pages: &[Answer]) -> Vec<usize> {
    pages.iter().map(|page| items(page).len()).collect()
}
