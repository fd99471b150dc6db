//! Requests answered from a folder, file after file.

use super::answer::{AnswerForm, write_answer};
use super::folder::{OperationKey, PlaceboFile, PlaceboFolder};
use super::recording::RecordedAnswer;
use crate::aws::sigv4::ClaimedCredential;
use crate::model::{Request, Response};
use crate::service::Service;
use crate::wire::{self, ErrorForm, Protocol, ServiceForm};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// The error that a client gets where there is nothing to answer it with.
const ERROR: &str = "RamtapePlaceboException";

/// No SDK asks again after this, and a recording does not keep it.
const STATUS: StatusCode = StatusCode::NOT_IMPLEMENTED;

/// The one service whose protocol is ec2Query. By their form its requests are those of awsQuery.
const EC2_QUERY: &str = "ec2";

/// How many names of files a reason gives.
const MOST_NAMES: usize = 5;

/// How long credentials are good that had ended when they were recorded, or end now.
const LIFETIME: Duration = Duration::HOUR;

/// What was asked, and could not be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unserved {
    /// The service, by its name in signatures.
    pub service: String,
    /// The operation; method and path where the request does not name it.
    pub operation: String,
    /// How often it was asked.
    pub times: u64,
    /// Why there was no answer.
    pub reason: String,
}

/// What became of a folder's files, and of the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaybackReport {
    /// What could not be answered, by service and operation.
    pub unserved: Vec<Unserved>,
    /// The names of the files that nothing asked for.
    pub unused: Vec<String>,
    /// How many answers were given.
    pub served: u64,
}

impl PlaybackReport {
    /// Whether no request came at all.
    #[must_use]
    pub fn is_unasked(&self) -> bool {
        self.served == 0 && self.unserved.is_empty()
    }
}

/// A folder that answers.
#[derive(Debug)]
pub(super) struct Playback {
    folder: PlaceboFolder,
    service: Arc<Service>,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    /// How many answers each operation gave.
    given: BTreeMap<OperationKey, usize>,
    unserved: BTreeMap<OperationKey, (u64, String)>,
}

/// What a request asks, and how to answer it.
struct Asked {
    key: OperationKey,
    form: Result<AnswerForm, &'static str>,
}

impl Playback {
    pub(super) fn new(folder: PlaceboFolder, service: Arc<Service>) -> Self {
        Self { folder, service, progress: Mutex::default() }
    }

    /// The next answer to what `request` asks, or an error that says why there is none.
    pub(super) fn answer(&self, request: &Request, now: OffsetDateTime) -> Response {
        let Asked { key, form } = self.read(request);
        let answer = form.map_err(str::to_owned).and_then(|form| Ok((form, self.next(&key)?)));
        match answer {
            Ok((form, file)) => {
                let answer = self.with_lifetime(&key.0, file.answer.clone(), now);
                write_answer(&answer, &key.1, &form)
            }
            Err(reason) => {
                let (service, operation) = &key;
                let message = format!("placebo's files have no answer to {service} {operation}: {reason}");
                let response = wire::error_response(ErrorForm::read(request), ERROR, &message);
                self.progress.lock().unserved.entry(key).or_insert((0, reason)).0 += 1;
                Response { status: STATUS, ..response }
            }
        }
    }

    fn read(&self, request: &Request) -> Asked {
        let service = self.service_of(request);
        if service == self.service.name {
            return match self.service.operation(&request.method, &request.path) {
                Some(operation) => Asked {
                    key: (service, operation.name.clone()),
                    form: Ok(AnswerForm::Json("application/json".to_owned())),
                },
                None => Asked {
                    key: (service, format!("{} {}", request.method, request.path)),
                    form: Err("no operation is known that is asked so"),
                },
            };
        }
        let (protocol, operation) = wire::read_operation(request);
        let content_type = request.header(CONTENT_TYPE).unwrap_or_default();
        let form = match protocol {
            Protocol::AwsJson if !content_type.contains("cbor") => Ok(AnswerForm::Json(content_type.to_owned())),
            Protocol::AwsJson | Protocol::RpcV2Cbor => {
                Err("it was asked in CBOR, and placebo's files are not written as that")
            }
            Protocol::Query if service == EC2_QUERY => {
                Err("placebo's files do not say what the elements of EC2's XML are called")
            }
            Protocol::Query => Ok(AnswerForm::Query),
            Protocol::Rest => Err(
                "its request does not name the operation, and placebo's files do not say how answers are written as XML",
            ),
        };
        Asked { key: (service, operation), form }
    }

    /// The service in the signature's scope; of what nobody signs, by its form.
    fn service_of(&self, request: &Request) -> String {
        if let Some(credential) = ClaimedCredential::read(request) {
            return credential.service.to_owned();
        }
        let form = ServiceForm::read(request);
        if form.is_none() {
            return self.service.name.clone();
        }
        let service = self.service.companions.service_by_form(form.version.as_deref(), form.target);
        service.unwrap_or("unknown").to_owned()
    }

    /// The next file of an operation: after the last one the first, as placebo does.
    fn next(&self, key: &OperationKey) -> Result<&PlaceboFile, String> {
        let files = self.folder.answers.get(key).map(Vec::as_slice).unwrap_or_default();
        let mut progress = self.progress.lock();
        let given = progress.given.get(key).copied().unwrap_or_default();
        let file = given.checked_rem(files.len()).and_then(|at| files.get(at));
        let Some(file) = file else { return Err(self.describe_files(&key.0)) };
        progress.given.insert(key.clone(), given + 1);
        Ok(file)
    }

    /// What the folder has of a service, instead of what was asked.
    fn describe_files(&self, service: &str) -> String {
        let of_service = self.folder.answers.iter().filter(|((of, _), _)| of == service);
        let names: Vec<&str> = of_service.flat_map(|(_, files)| files).map(|file| file.name.as_str()).collect();
        match names.is_empty() {
            true => format!("the folder has no file of {service}"),
            false => format!("the folder has no file of it; of {service} it has {}", list(&names)),
        }
    }

    /// `answer` with the end of credentials ahead of `now`: clients take those that have ended for none.
    fn with_lifetime(&self, service: &str, answer: RecordedAnswer, now: OffsetDateTime) -> RecordedAnswer {
        let fresh = &self.service.companions.rules(service).fresh;
        let is_fresh = |name: &str| fresh.iter().any(|fresh| fresh == name);
        let renewed = |time: OffsetDateTime| {
            let end = now + LIFETIME;
            if time > end { time } else { end.replace_nanosecond(0).unwrap_or(end) }
        };
        let members = answer.members.into_iter();
        let members = members.map(|(name, value)| (name, value.with_times(&is_fresh, &renewed))).collect();
        RecordedAnswer { members, ..answer }
    }

    pub(super) fn report(&self) -> PlaybackReport {
        let progress = self.progress.lock();
        let unserved = progress.unserved.iter().map(|((service, operation), (times, reason))| Unserved {
            service: service.clone(),
            operation: operation.clone(),
            times: *times,
            reason: reason.clone(),
        });
        let unused = self.folder.answers.iter().flat_map(|(key, files)| {
            let given = progress.given.get(key).copied().unwrap_or_default();
            files.iter().skip(given).map(|file| file.name.clone())
        });
        let served = progress.given.values().map(|given| *given as u64).sum();
        PlaybackReport { unserved: unserved.collect(), unused: unused.collect(), served }
    }
}

/// The first of `names`, and how many more there are.
fn list(names: &[&str]) -> String {
    let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_NAMES) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::folder::read_folder;
    use super::*;
    use bytes::Bytes;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-30 12:00:00.5 UTC);

    fn playback(files: &[(&str, &str)]) -> Playback {
        let folder = tempfile::tempdir().unwrap();
        for (name, data) in files {
            let text = format!(r#"{{"status_code": 200, "data": {data}}}"#);
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let folder = read_folder(folder.path(), &service.companions).unwrap();
        Playback::new(folder, Arc::new(service))
    }

    /// What the operation of `service` with this name is answered, asked as the protocol has it.
    fn ask(playback: &Playback, service: &str, protocol: Protocol, operation: &str) -> (u16, String) {
        let mut request = wire::build_request(protocol, operation, "{}");
        let credential = format!("AWS4-HMAC-SHA256 Credential=K/20261130/us-east-1/{service}/aws4_request");
        request.headers.insert("authorization", credential.parse().unwrap());
        let response = playback.answer(&request, NOW);
        (response.status.as_u16(), String::from_utf8_lossy(&response.body).into_owned())
    }

    #[test]
    fn answers_come_in_turn_and_then_from_the_first_again() {
        let playback = playback(&[("ssm.GetIt_1.json", r#"{"n": 1}"#), ("ssm.GetIt_2.json", r#"{"n": 2}"#)]);
        let next = || ask(&playback, "ssm", Protocol::AwsJson, "GetIt").1;
        assert_eq!([next(), next(), next()], [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":1}"#]);
        assert_eq!(playback.report(), PlaybackReport { served: 3, ..PlaybackReport::default() });
    }

    #[test]
    fn ram_is_known_by_its_table_and_asked_for_what_is_there() {
        let playback = playback(&[("ram.GetResourceShares_1.json", "{}"), ("ram.GetResourceShares_2.json", "{}")]);
        assert_eq!(ask(&playback, "ram", Protocol::Rest, "POST /getresourceshares"), (200, "{}".to_owned()));
        let (status, body) = ask(&playback, "ram", Protocol::Rest, "POST /listresources");
        assert!(status == 501 && body.contains("RamtapePlaceboException"), "{body}");
        let report = playback.report();
        assert_eq!((report.unserved.len(), &*report.unused), (1, &["ram.GetResourceShares_2.json".to_owned()][..]));
        assert!(report.unserved[0].reason.contains("ram.GetResourceShares_1.json"), "{report:?}");
    }

    #[test]
    fn credentials_that_have_ended_get_an_hour() {
        let time = |year| format!(r#"{{"__class__": "datetime", "year": {year}, "month": 1, "day": 2}}"#);
        let data = |year| format!(r#"{{"Credentials": {{"Expiration": {}}}, "Since": {}}}"#, time(year), time(2020));
        let playback = playback(&[("sts.AssumeRole_1.json", &data(2020)), ("sts.AssumeRole_2.json", &data(2030))]);
        let next = || ask(&playback, "sts", Protocol::Query, "AssumeRole").1;
        let first = next();
        assert!(first.contains("<Expiration>2026-11-30T13:00:00Z</Expiration>"), "{first}");
        assert!(first.contains("<Since>2020-01-02T00:00:00Z</Since>"), "{first}");
        assert!(next().contains("<Expiration>2030-01-02T00:00:00Z</Expiration>"));
    }

    #[test]
    fn what_has_no_form_is_an_error_in_its_clients_form() {
        let playback = playback(&[("ec2.DescribeVpcs_1.json", "{}"), ("monitoring.ListMetrics_1.json", "{}")]);
        let (status, body) = ask(&playback, "ec2", Protocol::Query, "DescribeVpcs");
        assert!(status == 501 && body.starts_with("<ErrorResponse>"), "{body}");
        assert_eq!(ask(&playback, "monitoring", Protocol::RpcV2Cbor, "ListMetrics").0, 501);
        assert_eq!(ask(&playback, "s3", Protocol::Rest, "GET /bucket").0, 501);
        // Of an unsigned request its form tells the service.
        let mut request = wire::build_request(Protocol::Query, "GetIt", "{}");
        request.body = Bytes::from_static(b"Action=GetIt&Version=2011-06-15");
        assert_eq!(playback.answer(&request, NOW).status.as_u16(), 501);
        let told: Vec<String> = playback.report().unserved.into_iter().map(|asked| asked.service).collect();
        assert_eq!(told, ["ec2", "monitoring", "s3", "sts"]);
    }
}
