//! What a cassette gets of an answer in place of what holds for a moment only: stand-ins for temporary credentials, and holes
//! for the times when something expires.

use crate::engine::body_strings::{BodyString, body_strings};
use crate::engine::stand_ins::StandIns;
use crate::engine::times::parse_time;
use crate::model::{Body, Freshness, Hole, Secret};
use bytes::Bytes;
use std::ops::Range;
use std::time::{Duration, SystemTime};

/// Temporary credentials in an answer.
pub(super) struct FoundCredentials {
    pub(super) access_key_id: String,
    pub(super) secret: Secret,
    pub(super) session_token: Secret,
    pub(super) expiry: Option<SystemTime>,
}

/// What is to change in an answer of one service.
#[derive(Clone, Copy)]
pub(super) struct MomentaryMembers<'a> {
    /// The member that holds temporary credentials.
    pub(super) credentials: Option<&'a str>,
    /// The members that tell when something expires.
    pub(super) fresh: &'a [String],
    /// Whether an answer in XML tells the request's id, and is not the content of something.
    pub(super) tells_request_id: bool,
}

/// What the id of a request is called in XML; S3's errors have a second one.
const REQUEST_IDS: [&str; 4] = ["RequestId", "requestId", "RequestID", "HostId"];
const RESPONSE_METADATA: &str = "ResponseMetadata";
/// What stands in place of it, or no answer would ever be the same as another one.
const ANY_REQUEST: &str = "ramtape";

/// The members of temporary credentials.
const KEY_ID: &str = "AccessKeyId";
const SECRET: &str = "SecretAccessKey";
const TOKEN: &str = "SessionToken";
const EXPIRATION: &str = "Expiration";

impl MomentaryMembers<'_> {
    /// The temporary credentials in `body`.
    pub(super) fn find_credentials(&self, body: &[u8]) -> Option<FoundCredentials> {
        let holder = self.credentials?;
        let strings = body_strings(body);
        let member = |name: &str| {
            let own = strings.iter().find(|string| string.is_member_of(holder, name))?;
            Some(own.text.clone().into_owned())
        };
        Some(FoundCredentials {
            access_key_id: member(KEY_ID)?,
            secret: Secret::new(member(SECRET)?),
            session_token: Secret::new(member(TOKEN)?),
            expiry: member(EXPIRATION).and_then(|text| parse_time(&text)).map(|(time, _)| time),
        })
    }

    /// `body`, which came at the time `now`, as the cassette gets it; `label` names the actor that its credentials are of.
    pub(super) fn recorded(&self, body: &Bytes, label: Option<&str>, now: SystemTime) -> Body {
        let stand_ins = label.map(StandIns::for_actor);
        let strings = body_strings(body);
        let edits = strings
            .iter()
            .filter_map(|string| Some((string.range.clone(), self.edit(string, stand_ins.as_ref(), now)?)));
        apply(body, edits.collect())
    }

    fn edit(&self, string: &BodyString<'_>, stand_ins: Option<&StandIns>, now: SystemTime) -> Option<Edit> {
        if let (Some(stand_ins), Some(holder)) = (stand_ins, self.credentials) {
            for (name, text) in
                [(KEY_ID, &stand_ins.access_key_id), (SECRET, &stand_ins.secret), (TOKEN, &stand_ins.session_token)]
            {
                if string.is_member_of(holder, name) {
                    return Some(Edit::Text(string.encode(text)));
                }
            }
        }
        if self.tells_request_id && is_request_id(string) {
            return Some(Edit::Text(string.encode(ANY_REQUEST)));
        }
        let is_fresh = string.path.last().is_some_and(|name| self.fresh.iter().any(|fresh| fresh == name));
        if !is_fresh {
            return None;
        }
        let (time, form) = parse_time(&string.text)?;
        let left = round(time.duration_since(now).unwrap_or_default());
        Some(Edit::Hole(Hole::Fresh(Freshness { seconds: left.as_secs(), form })))
    }
}

/// Whether a string is the id of the request, and no member of what the answer is about.
fn is_request_id(string: &BodyString<'_>) -> bool {
    let is_id = |name: &str| REQUEST_IDS.contains(&name);
    string.is_xml()
        && match string.path.as_slice() {
            [name] => is_id(name),
            [within, name] => within == RESPONSE_METADATA && is_id(name),
            _ => false,
        }
}

/// What stands in place of a string.
enum Edit {
    Text(Vec<u8>),
    Hole(Hole),
}

fn apply(body: &Bytes, edits: Vec<(Range<usize>, Edit)>) -> Body {
    let mut edited = Body::default();
    let mut from = 0;
    for (range, edit) in edits {
        edited.push_literal(body.slice(from..range.start));
        match edit {
            Edit::Text(bytes) => edited.push_literal(bytes.into()),
            Edit::Hole(hole) => edited.push_hole(hole),
        }
        from = range.end;
    }
    edited.push_literal(body.slice(from..));
    edited
}

/// A lifetime as it was meant: the answer took a moment to come, and recording again must give the same.
fn round(left: Duration) -> Duration {
    const MINUTE: u64 = 60;
    let seconds = left.as_secs() + u64::from(left.subsec_millis() >= 500);
    if seconds < 10 * MINUTE {
        return Duration::from_secs(seconds);
    }
    Duration::from_secs((seconds + MINUTE / 2) / MINUTE * MINUTE)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::Part;

    const FRESH: [&str; 1] = ["Expiration"];

    fn members(fresh: &[String]) -> MomentaryMembers<'_> {
        MomentaryMembers { credentials: Some("Credentials"), fresh, tells_request_id: true }
    }

    fn at(text: &str) -> SystemTime {
        parse_time(text).unwrap().0
    }

    #[test]
    fn credentials_are_found_and_replaced_in_every_notation() {
        let fresh = FRESH.map(str::to_owned);
        let xml = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAREAL</AccessKeyId>\
                   <SecretAccessKey>s/e+c</SecretAccessKey><SessionToken>t&amp;k</SessionToken>\
                   <Expiration>2026-11-30T16:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
        let json = r#"{"Credentials":{"AccessKeyId":"ASIAREAL","SecretAccessKey":"s/e+c","SessionToken":"t&k","Expiration":1796054400}}"#;
        for body in [xml, json] {
            let found = members(&fresh).find_credentials(body.as_bytes()).unwrap();
            assert_eq!(
                (found.access_key_id.as_str(), found.secret.expose(), found.session_token.expose()),
                ("ASIAREAL", "s/e+c", "t&k")
            );
            assert_eq!(found.expiry, Some(at("2026-11-30T16:00:00Z")), "{body}");
            let recorded = members(&fresh).recorded(&Bytes::from(body), Some("role-owner"), at("2026-11-30T15:00:00Z"));
            let text: String = recorded
                .parts()
                .iter()
                .map(|part| match part {
                    Part::Literal(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                    Part::Hole(Hole::Fresh(fresh)) => format!("({})", fresh.seconds),
                    Part::Hole(_) => String::new(),
                })
                .collect();
            for gone in ["ASIAREAL", "s/e+c", "t&k", "t&amp;k", "16:00", "1796054400"] {
                assert!(!text.contains(gone), "{gone} in {text}");
            }
            assert!(text.contains("ramtape-as-role-owner") && text.contains("(3600)"), "{text}");
        }
    }

    #[test]
    fn a_lifetime_is_what_was_meant() {
        for (left, meant) in [(3599, 3600), (3600, 3600), (898, 900), (43_170, 43_200), (3, 3), (0, 0), (59, 59)] {
            assert_eq!(round(Duration::from_secs(left)).as_secs(), meant, "{left}");
        }
        assert_eq!(round(Duration::from_millis(1_600)).as_secs(), 2);
    }

    #[test]
    fn answers_that_only_the_id_of_the_request_tells_apart_are_one() {
        let one = |body: &str, tells_request_id: bool| {
            let members = MomentaryMembers { tells_request_id, ..members(&[]) };
            members.recorded(&Bytes::from(body.to_owned()), None, SystemTime::UNIX_EPOCH)
        };
        for (before, after) in [
            (
                "<R xmlns='x'><RResult><RequestId>of-a-spot</RequestId></RResult><ResponseMetadata><RequestId>",
                "</RequestId></ResponseMetadata></R>",
            ),
            ("<DescribeSubnetsResponse><requestId>", "</requestId><subnetSet/></DescribeSubnetsResponse>"),
            ("<Response><Errors/><RequestID>", "</RequestID></Response>"),
            ("<Error><Code>NoSuchKey</Code><RequestId>r</RequestId><HostId>", "</HostId></Error>"),
        ] {
            let body = |id: &str| format!("{before}{id}{after}");
            let recorded = one(&body("1"), true);
            assert_eq!(recorded, one(&body("2"), true));
            assert_eq!(one(&body("1"), false), Body::literal(body("1").into()));
            assert!(format!("{recorded:?}").contains("<RequestId>of-a-spot") || !before.contains("of-a-spot"));
        }
        let json = r#"{"RequestId":"1"}"#;
        assert_eq!(one(json, true), Body::literal(json.into()));
    }

    #[test]
    fn what_is_no_time_stays() {
        let fresh = FRESH.map(str::to_owned);
        let body = Bytes::from_static(br#"{"Expiration":"never","x":{"Expiration":true}}"#);
        assert_eq!(members(&fresh).recorded(&body, None, SystemTime::UNIX_EPOCH), Body::literal(body));
    }
}
