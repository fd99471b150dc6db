//! The closing lines of a run.

use super::console::Console;
use crate::engine::{Miss, PassedOn, SessionState, Summary};
use crate::model::counted;
use crate::redact::RedactedMember;
use std::collections::HashMap;
use std::time::Duration;

/// How many different misses are told; a report holds them all.
const MOST_SHOWN: usize = 20;

/// A closing line; problems are told under `-q` too.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Note(String),
    Problem(String),
}

/// Prints `summary`.
pub(crate) fn print(summary: &Summary, console: Console) {
    let sessions = session_lines(&summary.sessions, console.is_verbose());
    for line in lines(summary).into_iter().chain(sessions) {
        match line {
            Line::Note(text) => console.note(&text),
            Line::Problem(text) => console.problem(&text),
        }
    }
    console.note_with(&totals(summary), "summary", || json(summary));
}

/// `summary` as one JSON object, times in seconds.
pub(crate) fn json(summary: &Summary) -> serde_json::Value {
    let miss = |miss: &Miss| {
        serde_json::json!({
            "operation": miss.operation,
            "fingerprint": miss.fingerprint,
            "session": miss.session,
            "message": miss.message,
        })
    };
    serde_json::json!({
        "requests": summary.requests,
        "replayed": summary.replayed,
        "recorded": summary.recorded,
        "passedOn": summary.passed_on,
        "passed": summary.passed.iter().map(|(answer, count)| {
            serde_json::json!({
                "operation": answer.operation,
                "region": answer.region,
                "error": answer.error,
                "status": answer.status,
                "count": count,
            })
        }).collect::<Vec<_>>(),
        "missed": summary.missed,
        "misses": summary.misses.iter().map(miss).collect::<Vec<_>>(),
        "notRecorded": summary.not_recorded,
        "redacted": summary.redacted.iter().map(|(one, times)| {
            serde_json::json!({ "rule": one.rule, "member": one.member, "times": times })
        }).collect::<Vec<_>>(),
        "dangling": summary.dangling,
        "refused": summary.refused.iter().map(|(reason, count)| {
            serde_json::json!({ "reason": reason, "count": count })
        }).collect::<Vec<_>>(),
        "neverUsed": summary.never_used,
        "upstreamConnections": summary.upstream_connections,
        "tunnels": summary.tunnels,
        "afterReplayedWrites": summary.after_replayed_writes,
        "secondsSaved": summary.time_saved.map(|time| time.as_secs_f64()),
        "stuck": summary.stuck,
        "waitersAdvanced": summary.waiters_advanced,
        "partial": summary.partial,
        "notices": summary.notices,
        "sessions": summary.sessions.iter().map(SessionState::to_json).collect::<Vec<_>>(),
    })
}

fn lines(summary: &Summary) -> Vec<Line> {
    let mut lines: Vec<Line> = summary.notices.iter().cloned().map(Line::Note).collect();
    let misses = grouped(&summary.misses);
    lines.extend(misses.iter().take(MOST_SHOWN).map(|(miss, count)| Line::Problem(miss_text(miss, *count))));
    let told: u64 = misses.iter().take(MOST_SHOWN).map(|(_, count)| count).sum();
    if summary.missed > told {
        lines.push(Line::Problem(format!("and {}", counted(summary.missed - told, "more miss", "more misses"))));
    }
    for reason in &summary.not_recorded {
        lines.push(Line::Problem(format!("answered but not recorded: {reason}")));
    }
    for (answer, count) in summary.passed.iter().take(MOST_SHOWN) {
        lines.push(Line::Note(format!("not recorded: {}", passed_text(answer, *count))));
    }
    if let Some(rest @ 1..) = summary.passed.len().checked_sub(MOST_SHOWN) {
        lines
            .push(Line::Note(format!("and {} of unrecorded answers", counted(rest as u64, "more kind", "more kinds"))));
    }
    lines.extend(redacted(&summary.redacted).map(Line::Note));
    for name in &summary.dangling {
        lines.push(Line::Problem(describe_dangling(name)));
    }
    for (reason, count) in &summary.refused {
        lines.push(Line::Problem(format!("refused {}: {reason}", counted(*count, "request", "requests"))));
    }
    if summary.after_replayed_writes > 0 {
        lines.push(Line::Problem(format!(
            "{} sent upstream after writes that were only replayed: upstream never saw those writes",
            counted(summary.after_replayed_writes, "request", "requests"),
        )));
    }
    lines.extend(summary.stuck.iter().map(|told| Line::Problem(told.clone())));
    if summary.waiters_advanced > 0 {
        lines.push(Line::Problem(format!(
            "{} answers recorded later, because this run did not make the writes before them",
            counted(summary.waiters_advanced, "waiting client got", "waiting clients got")
        )));
    }
    for listing in &summary.partial {
        lines.push(Line::Note(format!(
            "recorded only in part, because its client stopped before the end: \
            {listing}"
        )));
    }
    if let Some(unused @ 1..) = summary.never_used {
        lines.push(Line::Note(format!(
            "{} never used",
            counted(unused, "recorded request was", "recorded requests were")
        )));
    }
    lines
}

/// What went wrong, a text of one or several lines each.
pub(crate) fn problems(summary: &Summary) -> Vec<String> {
    let problem = |line| match line {
        Line::Problem(text) => Some(text),
        Line::Note(_) => None,
    };
    lines(summary).into_iter().filter_map(problem).collect()
}

/// Where each session stands: of all, if details are wanted; else of those that missed, where there are several.
fn session_lines(sessions: &[SessionState], verbose: bool) -> Vec<Line> {
    let worth_it = |session: &&SessionState| verbose || (session.missed > 0 && sessions.len() > 1);
    let sessions: Vec<&SessionState> = sessions.iter().filter(worth_it).collect();
    let told = if verbose { sessions.len() } else { MOST_SHOWN };
    let mut lines: Vec<Line> = sessions.iter().take(told).map(|session| Line::Note(session_text(session))).collect();
    if let Some(rest @ 1..) = sessions.len().checked_sub(told) {
        lines.push(Line::Note(format!("and {}", counted(rest as u64, "more session", "more sessions"))));
    }
    lines
}

fn session_text(session: &SessionState) -> String {
    let name = session.name.as_ref().map_or("callers without a session".to_owned(), |name| format!("session {name}"));
    let SessionState { replayed, recorded, missed, .. } = session;
    let mut text = format!("{name}: {replayed} replayed, {recorded} recorded, {missed} missed");
    if let Some(write) = &session.latest_write {
        text.push_str(&format!("; {}, the latest {write}", counted(session.writes, "write", "writes")));
    }
    text
}

fn totals(summary: &Summary) -> String {
    let mut text = format!("{} replayed, {} recorded, {} missed", summary.replayed, summary.recorded, summary.missed);
    if summary.passed_on > 0 {
        text.push_str(&format!(", {} passed on without being recorded", summary.passed_on));
    }
    text.push_str(&format!(
        "; {}",
        counted(summary.upstream_connections, "upstream connection", "upstream connections")
    ));
    if summary.tunnels > 0 {
        text.push_str(&format!(", {} to other hosts", counted(summary.tunnels, "tunnel", "tunnels")));
    }
    if let Some(saved) = summary.time_saved.filter(|saved| *saved >= Duration::from_millis(50)) {
        text.push_str(&format!("; about {:.1} s saved", saved.as_secs_f64()));
    }
    text
}

/// Equal misses once, with their number, in the order of their first.
pub(crate) fn grouped(misses: &[Miss]) -> Vec<(&Miss, u64)> {
    let mut places = HashMap::new();
    let mut grouped: Vec<(&Miss, u64)> = Vec::new();
    for miss in misses {
        let key = (&miss.operation, &miss.fingerprint, &miss.session, &miss.message);
        let place = *places.entry(key).or_insert(grouped.len());
        match grouped.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => grouped.push((miss, 1)),
        }
    }
    grouped
}

/// What an answer was that is passed on by rule.
pub(crate) fn passed_text(answer: &PassedOn, count: u64) -> String {
    let PassedOn { operation, region, error, status } = answer;
    let what = error.as_ref().map_or_else(|| format!("HTTP {status}"), |error| format!("{error} (HTTP {status})"));
    let times = if count > 1 { format!(", {count} times") } else { String::new() };
    format!("{operation} in {region} answered {what}{times}")
}

/// What missed, in one line.
pub(crate) fn miss_title(miss: &Miss, count: u64) -> String {
    let mut text = format!("miss: {}", miss.operation);
    if !miss.fingerprint.is_empty() {
        text.push_str(&format!(" {}", miss.fingerprint));
    }
    if let Some(session) = &miss.session {
        text.push_str(&format!(" in session {session}"));
    }
    if count > 1 {
        text.push_str(&format!(", {count} times"));
    }
    text
}

fn miss_text(miss: &Miss, count: u64) -> String {
    let mut text = miss_title(miss, count);
    for line in miss.message.lines() {
        text.push_str(&format!("\n  {line}"));
    }
    text
}

/// What was redacted while recording, by rule and member: a replay answers with what stands there instead.
fn redacted(all: &[(RedactedMember, u64)]) -> Option<String> {
    let one = |(one, times): &(RedactedMember, u64)| {
        let place = if one.member.is_empty() { String::new() } else { format!(" in {}", one.member) };
        format!("{}{place} {}", one.rule, counted(*times, "time", "times"))
    };
    let told: Vec<String> = all.iter().take(MOST_SHOWN).map(one).collect();
    let rest = all.len().checked_sub(MOST_SHOWN + 1).map_or_else(String::new, |_| ", and more".to_owned());
    (!told.is_empty()).then(|| format!("redacted while recording: {}{rest}", told.join(", ")))
}

/// What to say of what was recorded after a write that is not there.
pub(crate) fn describe_dangling(name: &str) -> String {
    format!(
        "{name} was recorded after a write that is missing from the cassette: a replay would take that for the \
            start of its session; record the test again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_run_is_one_line() {
        let summary = Summary {
            replayed: 12,
            requests: 12,
            never_used: Some(0),
            time_saved: Some(Duration::from_millis(4210)),
            ..Summary::default()
        };
        assert_eq!(lines(&summary), []);
        let expected = "12 replayed, 0 recorded, 0 missed; 0 upstream connections; about 4.2 s saved";
        assert_eq!(totals(&summary), expected);
    }

    #[test]
    fn sessions_are_told_where_there_are_several_and_they_missed() {
        let session = |name: Option<&str>| SessionState {
            name: name.map(str::to_owned),
            requests: 3,
            replayed: 2,
            missed: 1,
            ..SessionState::default()
        };
        let named = SessionState { latest_write: Some("tag/x#1".into()), writes: 1, ..session(Some("t1")) };
        let note = |text: &str| Line::Note(text.to_owned());
        let expected = [
            note("callers without a session: 2 replayed, 0 recorded, 1 missed"),
            note("session t1: 2 replayed, 0 recorded, 1 missed; 1 write, the latest tag/x#1"),
        ];
        assert_eq!(session_lines(&[session(None), named.clone()], false), expected);
        let well = SessionState { missed: 0, ..named.clone() };
        assert_eq!(session_lines(&[named.clone(), well.clone()], false).len(), 1);
        assert_eq!(session_lines(&[well.clone(), well], false), []);
        assert_eq!(session_lines(std::slice::from_ref(&named), false), []);
        assert_eq!(session_lines(std::slice::from_ref(&named), true).len(), 1);
        let many = vec![named; 30];
        assert_eq!(session_lines(&many, false).last(), Some(&note("and 10 more sessions")));
        assert_eq!(session_lines(&many, true).len(), 30);
    }

    fn passed(operation: &str, error: Option<&str>, status: u16) -> PassedOn {
        let (region, error) = ("us-east-1".to_owned(), error.map(str::to_owned));
        PassedOn { operation: operation.to_owned(), region, error, status }
    }

    #[test]
    fn what_was_passed_on_is_in_the_json() {
        let passed = vec![(passed("GetResourceShares", Some("AuthFailure"), 403), 2)];
        let json = json(&Summary { passed_on: 2, passed, ..Summary::default() });
        let expected = serde_json::json!([{
            "operation": "GetResourceShares", "region": "us-east-1", "error": "AuthFailure", "status": 403, "count": 2,
        }]);
        assert_eq!((&json["passed"], &json["passedOn"]), (&expected, &serde_json::json!(2)));
    }

    #[test]
    fn what_went_wrong_is_told_one_by_one() {
        let miss = Miss {
            operation: "GetResourceShares".into(),
            fingerprint: "k3v9x2mq7r5ta4bc".into(),
            session: Some("t1".into()),
            message: "no take\nrecord it".into(),
        };
        let summary = Summary {
            missed: 4,
            misses: vec![miss.clone(), miss],
            not_recorded: vec!["disk full".into()],
            refused: vec![("caller not proved".into(), 1)],
            never_used: Some(1),
            after_replayed_writes: 2,
            partial: vec!["ListPrincipals abc".into()],
            stuck: vec!["GetResourceShares abc has answered PENDING again and again".into()],
            waiters_advanced: 1,
            upstream_connections: 1,
            tunnels: 2,
            passed_on: 3,
            passed: vec![
                (passed("GetResourceShares", Some("ThrottlingException"), 429), 2),
                (passed("ListPrincipals", None, 503), 1),
            ],
            ..Summary::default()
        };
        let problem = |text: &str| Line::Problem(text.to_owned());
        let note = |text: &str| Line::Note(text.to_owned());
        assert_eq!(
            lines(&summary),
            [
                problem("miss: GetResourceShares k3v9x2mq7r5ta4bc in session t1, 2 times\n  no take\n  record it"),
                problem("and 2 more misses"),
                problem("answered but not recorded: disk full"),
                note("not recorded: GetResourceShares in us-east-1 answered ThrottlingException (HTTP 429), 2 times"),
                note("not recorded: ListPrincipals in us-east-1 answered HTTP 503"),
                problem("refused 1 request: caller not proved"),
                problem(
                    "2 requests sent upstream after writes that were only replayed: upstream never saw those writes"
                ),
                problem("GetResourceShares abc has answered PENDING again and again"),
                problem(
                    "1 waiting client got answers recorded later, because this run did not make the writes before them"
                ),
                note("recorded only in part, because its client stopped before the end: ListPrincipals abc"),
                note("1 recorded request was never used"),
            ]
        );
        assert_eq!(
            totals(&summary),
            "0 replayed, 0 recorded, 4 missed, 3 passed on without being recorded; 1 upstream connection, 2 tunnels to other hosts"
        );
    }
}
