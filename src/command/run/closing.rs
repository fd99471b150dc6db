//! What only `run` knows to say at the end.

use super::child::ChildStatus;
use super::run_settings::RunSettings;
use crate::config::{RecordMode, RunDoor};
use crate::engine::Summary;
use crate::model::{counted, shell_path};
use crate::ui::Console;

/// How a run ended.
pub(super) struct RunEnd<'a> {
    pub(super) summary: &'a Summary,
    pub(super) ended: ChildStatus,
    /// Whether upstream could be asked.
    pub(super) recording: bool,
    pub(super) settings: &'a RunSettings,
}

pub(super) fn print(end: &RunEnd<'_>, console: Console) {
    if let Some(text) = nothing_sent(end.summary, end.settings.door) {
        console.problem(text);
    }
    if let Some(text) = interrupted_recording(end) {
        console.problem(&text);
    }
    if let Some(text) = how_to_explain(end.summary, end.settings) {
        console.note(&text);
    }
}

/// The command that says more of the last miss, where there was one.
fn how_to_explain(summary: &Summary, settings: &RunSettings) -> Option<String> {
    // Where each session has a cassette, nothing here tells which one missed last.
    let is_one = summary.missed > 0 && !settings.per_session;
    is_one.then(|| format!("for more on the last miss: ramtape explain --cassette {}", shell_path(&settings.cassette)))
}

/// Why nothing may have come, where nothing did.
fn nothing_sent(summary: &Summary, door: RunDoor) -> Option<&'static str> {
    if summary.requests > 0 {
        return None;
    }
    Some(match door {
        _ if summary.tunnels_refused > 0 => ONLY_REFUSED_TUNNELS,
        RunDoor::Endpoint => NOTHING_SENT,
        RunDoor::Proxy => NOTHING_SENT_TO_PROXY,
        RunDoor::Intercept => NOTHING_SENT_THROUGH_TUNNELS,
    })
}

const ONLY_REFUSED_TUNNELS: &str = "\
CMD sent nothing through ramtape: the tunnels that it asked for were refused. The lines above name the hosts, \
    and the log says why.";

const NOTHING_SENT: &str = "\
CMD sent nothing through ramtape. The likely causes:
  - it failed before its first request; its own output says why
  - it sets an endpoint in its code or its configuration, which beats the variables AWS_ENDPOINT_URL_…
  - it sets AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true itself
  - its SDK is too old to know AWS_ENDPOINT_URL_RAM and the like
  - it clears its environment, or runs in a container that does not get it
  - it calls other services than those that are recorded (--service), or none";

const NOTHING_SENT_TO_PROXY: &str = "\
CMD sent nothing through ramtape. The likely causes:
  - it failed before its first request; its own output says why
  - it ignores HTTP_PROXY, as the SDKs for JavaScript and Java do: its signed requests went to AWS in clear text,
    so use another --door for it
  - it sets an endpoint in its code or its configuration, which beats the variables AWS_ENDPOINT_URL_…
  - its SDK is too old to know AWS_ENDPOINT_URL_RAM and the like
  - it clears its environment, or runs in a container that does not get it
  - it calls other services than those that are recorded (--service), or none";

const NOTHING_SENT_THROUGH_TUNNELS: &str = "\
CMD sent nothing through ramtape. The likely causes:
  - it failed before its first request; its own output says why
  - it ignores HTTPS_PROXY, as the SDK for JavaScript does: its requests went to AWS itself, so use another \
      --door for it
  - it does not trust ramtape's certificate, as it reads none of AWS_CA_BUNDLE, SSL_CERT_FILE and NODE_EXTRA_CA_CERTS
  - it sets an endpoint in its code or its configuration
  - it clears its environment, or runs in a container that does not get it
  - it calls other services than those that are recorded (--service), or none";

/// Under `once` the next run finds a cassette that is not empty, and only replays: whoever was interrupted must know.
fn interrupted_recording(end: &RunEnd<'_>) -> Option<String> {
    let RunEnd { summary, ended, recording, settings } = end;
    if settings.mode != RecordMode::Once || !recording || ended.code() == 0 || summary.recorded == 0 {
        return None;
    }
    let how = match ended {
        ChildStatus::Code(code) => format!("failed with code {code}"),
        ChildStatus::Signal(signal) => format!("was ended by signal {signal}"),
    };
    let kept = counted(summary.recorded, "answer that was recorded is", "answers that were recorded are");
    let cassette = shell_path(&settings.cassette);
    let missing = match settings.upstream.is_own {
        // The server that was asked is gone with this process.
        true => String::new(),
        false => format!("To record what is missing: {}\n  ", settings.record_command),
    };
    let anew = if settings.per_session { "delete the folders of the sessions that failed, in" } else { "delete" };
    Some(format!(
        "CMD {how} while recording. The {kept} kept in {cassette}, so the next run only replays.\n  \
         {missing}To start over: {anew} {cassette}"
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::config::UpstreamConfig;

    fn settings(mode: RecordMode) -> RunSettings {
        RunSettings {
            mode,
            door: RunDoor::Endpoint,
            service: std::sync::Arc::new(crate::service::Service::with_additions(&toml::Table::new()).unwrap()),
            endpoints: crate::aws::ServiceEndpoints::default(),
            region: String::new(),
            upstream: UpstreamConfig::default(),
            cassette: "c/d".into(),
            per_session: false,
            strict: false,
            record_command: "ramtape run --record-mode new_episodes --session s --cassette c/d -- pytest -x".into(),
            variables: Vec::new(),
            actors: Vec::new(),
            trust: None,
        }
    }

    fn describe_end(mode: RecordMode, recording: bool, recorded: u64, ended: ChildStatus) -> Option<String> {
        let settings = settings(mode);
        let summary = Summary { recorded, ..Summary::default() };
        interrupted_recording(&RunEnd { summary: &summary, ended, recording, settings: &settings })
    }

    #[test]
    fn an_interrupted_recording_says_how_to_go_on() {
        let text = describe_end(RecordMode::Once, true, 3, ChildStatus::Code(1)).unwrap();
        for part in [
            "code 1",
            "3 answers that were recorded are kept in c/d",
            "new_episodes --session s --cassette c/d -- pytest -x",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(describe_end(RecordMode::Once, true, 1, ChildStatus::Signal(9)).unwrap().contains("signal 9"));
    }

    #[test]
    fn refused_tunnels_are_the_cause_that_is_told() {
        let describe_end = |requests, tunnels_refused| {
            let summary = Summary { requests, tunnels_refused, ..Summary::default() };
            nothing_sent(&summary, RunDoor::Intercept)
        };
        assert!(describe_end(0, 0).unwrap().contains("The likely causes"));
        assert!(describe_end(0, 1).unwrap().contains("tunnels that it asked for were refused"));
        assert_eq!((describe_end(1, 0), describe_end(1, 1)), (None, None));
    }

    #[test]
    fn a_miss_is_followed_by_the_command_that_explains_it() {
        let settings = settings(RecordMode::None);
        let told = |missed| how_to_explain(&Summary { missed, ..Summary::default() }, &settings);
        assert_eq!(told(2).as_deref(), Some("for more on the last miss: ramtape explain --cassette c/d"));
        assert_eq!(told(0), None);
        assert_eq!(
            how_to_explain(
                &Summary { missed: 1, ..Summary::default() },
                &RunSettings { per_session: true, ..settings }
            ),
            None
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_is_half_done() {
        assert_eq!(describe_end(RecordMode::Once, true, 3, ChildStatus::Code(0)), None);
        assert_eq!(describe_end(RecordMode::Once, true, 0, ChildStatus::Code(1)), None);
        assert_eq!(describe_end(RecordMode::Once, false, 0, ChildStatus::Code(1)), None);
        assert_eq!(describe_end(RecordMode::All, true, 3, ChildStatus::Code(1)), None);
    }
}
