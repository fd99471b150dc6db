//! When a request was signed: its `x-amz-date` or `date` header.

use super::error::VerifyError;
use http::HeaderMap;
use std::fmt;
use std::time::{Duration, SystemTime};
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// ISO 8601's basic format, `20261122T005623Z`.
const BASIC: StaticFormatDescription = format_description!("[year][month][day]T[hour][minute][second]Z");
const BASIC_LENGTH: usize = "20261122T005623Z".len();

/// A time in UTC, to the second; displays as `YYYYMMDDTHHMMSSZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Reads `x-amz-date`, or `date` in its absence.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Self, VerifyError> {
        let header = ["x-amz-date", "date"].into_iter().find(|name| headers.contains_key(*name));
        let header = header.ok_or(VerifyError::DateMissing)?;
        let malformed = VerifyError::DateMalformed { header };
        let mut values = headers.get_all(header).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(malformed);
        };
        let text = value.to_str().unwrap_or_default().trim();
        let basic = parse_basic(text);
        let date = if header == "date" { basic.or_else(|| parse_http(text)) } else { basic };
        date.ok_or(malformed)
    }

    pub(super) fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(signed(by)))
    }

    pub(super) fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(signed(by)))
    }

    /// `YYYYMMDD`.
    pub(super) fn day(self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let epoch = Self(OffsetDateTime::UNIX_EPOCH);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => epoch.plus(since),
            Err(before) => epoch.minus(before.duration()),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0.into()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(BASIC).map_err(|_| fmt::Error)?)
    }
}

/// The length is checked because the parser takes a sign before the year.
fn parse_basic(text: &str) -> Option<Timestamp> {
    let parsed = PrimitiveDateTime::parse(text, BASIC).ok().filter(|_| text.len() == BASIC_LENGTH);
    parsed.map(|date| Timestamp(date.assume_utc()))
}

/// RFC 9110's date, `Sun, 22 Nov 2026 00:56:23 GMT`.
fn parse_http(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text).ok().map(Timestamp::from)
}

fn signed(duration: Duration) -> time::Duration {
    time::Duration::seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use http::HeaderValue;
    use std::time::UNIX_EPOCH;

    fn read(header: &'static str, text: &str) -> Result<String, VerifyError> {
        let mut headers = HeaderMap::new();
        headers.insert(header, HeaderValue::from_str(text).unwrap());
        Timestamp::from_headers(&headers).map(|timestamp| timestamp.to_string())
    }

    #[test]
    fn a_date_header_serves_in_the_absence_of_x_amz_date() {
        for (text, basic) in [
            ("Sun, 22 Nov 2026 01:10:19 GMT", "20261122T011019Z"),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "20240229T235959Z"),
            ("20261122T011019Z", "20261122T011019Z"),
        ] {
            assert_eq!(read("date", text).unwrap(), basic);
        }
        let time = UNIX_EPOCH + Duration::from_secs(1_795_309_819);
        assert_eq!(Timestamp::from(time).to_string(), "20261122T011019Z");
        for text in [
            "Sun, 22 Nov 9223372036854775807 01:10:19 GMT",
            "Sun, 22 Nov 2026 25:10:19 GMT",
            "Sun, 22 Nov 2026 01:10 GMT",
        ] {
            assert_eq!(read("date", text), Err(VerifyError::DateMalformed { header: "date" }), "{text}");
        }
    }

    #[test]
    fn x_amz_date_has_one_form() {
        let malformed = Err(VerifyError::DateMalformed { header: "x-amz-date" });
        for text in [
            "",
            "20261122T011019",
            "20261322T011019Z",
            "20260229T011019Z",
            "20261122T241019Z",
            "+20261122T011019Z",
            "-20261122T011019Z",
            "2026-11-22T01:10:19Z",
            "Sun, 22 Nov 2026 01:10:19 GMT",
        ] {
            assert_eq!(read("x-amz-date", text), malformed, "{text}");
        }
        assert_eq!(read("x-amz-date", "00010101T000000Z").unwrap(), "00010101T000000Z");
    }

    #[test]
    fn no_clock_is_too_far_off() {
        for seconds in [i64::MIN, i64::MAX] {
            let by = Duration::from_secs(seconds.unsigned_abs() / 4);
            let time = if seconds < 0 { UNIX_EPOCH.checked_sub(by) } else { UNIX_EPOCH.checked_add(by) };
            assert!(!Timestamp::from(time.unwrap()).to_string().is_empty());
        }
    }
}
