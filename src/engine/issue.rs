//! Temporary credentials that an answer hands out: remembered, so that their caller's requests can be signed again, and kept out
//! of the cassette.

use crate::aws::{Answer, IssuedKey, Keys};
use crate::engine::body_strings::body_strings;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::recorded_body::{FoundCredentials, MomentaryMembers};
use crate::engine::stand_ins::label_in_token;
use crate::engine::state::EngineState;
use crate::engine::upstream_request::UpstreamRequest;
use crate::model::Body;
use crate::session::decode_account_id;
use std::sync::Arc;
use std::time::SystemTime;

/// Remembers the temporary credentials in `answer`, and whose they are. Says whether there are any.
pub(super) fn note_issued_keys(state: &EngineState, upstream_request: &UpstreamRequest, answer: &Answer) -> bool {
    let identified = &upstream_request.identified;
    let Some(found) = momentary(state, identified, answer).find_credentials(&answer.body) else { return false };
    let account = account_of(&found.access_key_id, &answer.body);
    let actor = label_of(state, upstream_request, &found, account.as_deref());
    let keys = Keys {
        access_key_id: found.access_key_id.clone(),
        secret: found.secret,
        session_token: Some(found.session_token),
        expiry: found.expiry,
    };
    state.issued.add(found.access_key_id, IssuedKey { keys: Some(Arc::new(keys)), actor, account });
    true
}

/// The body of `answer` as the cassette gets it, holes for volatile values aside.
pub(super) fn recorded_form(state: &EngineState, upstream_request: &UpstreamRequest, answer: &Answer) -> Body {
    let identified = &upstream_request.identified;
    let members = momentary(state, identified, answer);
    let label = members.find_credentials(&answer.body).map(|found| {
        let account = account_of(&found.access_key_id, &answer.body);
        label_of(state, upstream_request, &found, account.as_deref())
    });
    members.recorded(&answer.body, label.as_deref(), SystemTime::now())
}

fn momentary<'a>(state: &'a EngineState, identified: &IdentifiedRequest, answer: &Answer) -> MomentaryMembers<'a> {
    let rules = state.settings.service.companions.rules(&identified.service);
    let credentials = rules.credentials.as_deref().filter(|_| identified.issues_credentials());
    // What is asked for by its path may be anybody's own XML, an object of S3's.
    let may_be_content = identified.name.as_str().contains(' ') && answer.status.is_success();
    MomentaryMembers { credentials, fresh: &rules.fresh, tells_request_id: !may_be_content }
}

/// The actor of who gets credentials: the one that stand-ins in a transcript name already, else the configured one of the account,
/// else one after the role, else who asks. Where nobody can be told apart, they are all one: what was asked with the credentials
/// is recorded as by who asked for them.
fn label_of(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    found: &FoundCredentials,
    account: Option<&str>,
) -> String {
    let identified = &upstream_request.identified;
    if let Some(label) = label_in_token(found.session_token.expose()) {
        return label.to_owned();
    }
    if upstream_request.hides_caller() {
        return identified.actor.to_string();
    }
    let companions = &state.settings.service.companions;
    let parameter = companions.rules(&identified.service).role.as_deref();
    let role = parameter.and_then(|parameter| identified.parameter(parameter));
    role.iter().for_each(|role| state.role_labels.note(role));
    let configured = state.actors.configured().iter();
    let mut of_account = configured.filter(|actor| actor.account.is_some() && actor.account.as_deref() == account);
    if let Some(actor) = of_account.next() {
        return actor.label.clone();
    }
    match role {
        Some(role) => state.role_labels.label(&state.cassette, companions, &role),
        None => identified.actor.to_string(),
    }
}

/// The account of temporary credentials: it is in their key's id, or in an ARN beside them.
fn account_of(access_key_id: &str, body: &[u8]) -> Option<String> {
    let in_arn = || {
        let strings = body_strings(body);
        let arn = strings.iter().find(|string| string.text.starts_with("arn:"))?;
        let account = arn.text.split(':').nth(4)?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| account.to_owned())
    };
    in_arn().or_else(|| decode_account_id(access_key_id))
}
