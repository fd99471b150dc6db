//! Answers requests: from the cassette, or from upstream into the cassette. The only module that knows the order of steps.
//!
//! | where | what |
//! | --- | --- |
//! | `replay`, `record` | the steps of an answer, in order |
//! | `request_scope`, `identify`, `request_context` | who asks, what is asked, and what the steps need of that |
//! | `matcher`, `lookup`, `write_index` | which take answers |
//! | `response_cache`, `prepared_entry`, `body_holes` | what replay serves from |
//! | `miss` | why there is no answer, in words |
//! | `explain` | why a take was chosen, or would be |
//! | `callers`, `recorder`, `upstream_request`, `in_flight` | who may ask upstream, and what is on its way there |
//! | `classify`, `disposition`, `region_errors` | which answers of upstream are recorded |
//! | `store_page` | where a page becomes durable |
//! | `issue`, `stand_ins`, `role_labels`, `recorded_body`, `body_strings`, `times` | temporary credentials and what expires |
//! | `pagination` | listings page by page, and the tokens between pages |
//! | `stats`, `calls` | what happened in a run, and each of its latest calls |
//! | `import`, `transcript`, `refetch`, `self_check` | what else can be done with a cassette and its requests |

mod body_holes;
mod body_strings;
mod callers;
mod calls;
mod classify;
mod derived_uuid;
mod disposition;
#[expect(clippy::module_inception, reason = "the folder is named after what it makes")]
mod engine;
mod error;
mod explain;
mod identify;
mod import;
mod in_flight;
mod issue;
mod lookup;
mod matcher;
mod miss;
mod pagination;
mod prepared_entry;
mod record;
mod recorded_body;
mod recorder;
mod refetch;
mod region_errors;
mod replay;
mod request_builder;
mod request_context;
mod request_scope;
mod response_cache;
mod role_labels;
mod self_check;
mod settings;
mod stand_ins;
mod state;
mod stats;
mod store_page;
mod stuck_waiter;
mod times;
mod transcript;
mod upstream_request;
mod volatile;
mod write_index;

pub use calls::{
    AskedParameters, Call, CallCounts, CallFilter, CallJournal, CallOutcome, CallRequest, JournalHead, LATENCY_BOUNDS,
    LatencyCounts, OutcomeKind, ServedPage, TakeChosen,
};
pub use engine::Engine;
pub use error::{EngineError, InvalidToken};
pub use explain::{
    ExplainError, ExplainedAnswer, ExplainedMiss, ExplainedOutcome, ExplainedRequest, Explanation, ImaginedRequest,
    TakeReason, describe_exclusion, describe_group, describe_page, describe_place, describe_reason, describe_waiter,
};
pub use import::{ImportOutcome, Importer};
pub use miss::nearest::{Nearest, NearestRequest, RecordedPlace};
pub use pagination::cut_take::{CutEnd, CutPage, MOST_CUT_PAGES, TakeCut};
pub use pagination::page_loop_guard::PaginationError;
pub use prepared_entry::PreparedEntry;
pub use refetch::{NotRefetchable, Refetch, RefetchError, RefetchedPages, Refetcher};
pub use self_check::check_entry;
pub use settings::{EngineSettings, Mode, Pages, Poll};
pub use stats::sessions::SessionState;
pub use stats::summary::{Miss, PassedOn, Summary};
pub use transcript::build_exchanges;
pub use write_index::operation_rules;
