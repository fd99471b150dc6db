//! A request's date, of `x-amz-date` or `date`, in seconds.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

use super::VerifyError;

const SECONDS_OF_DAY: i64 = 86_400;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Whole seconds since 1970 in UTC; displays as `YYYYMMDDTHHMMSSZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp(i64);

impl Timestamp {
    /// `x-amz-date`, or `date` in its absence.
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Self, VerifyError> {
        let header = ["x-amz-date", "date"].into_iter().find(|name| headers.contains_key(*name));
        let header = header.ok_or(VerifyError::DateMissing)?;
        let malformed = VerifyError::DateMalformed { header };
        let mut values = headers.get_all(header).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(malformed);
        };
        let text = value.to_str().unwrap_or_default().trim();
        let basic = Self::from_basic(text);
        let date = if header == "date" { basic.or_else(|| Self::from_http(text)) } else { basic };
        date.ok_or(malformed)
    }

    pub(super) fn before(self, by: Duration) -> Self {
        Self(self.0 - whole_seconds(by))
    }

    pub(super) fn after(self, by: Duration) -> Self {
        Self(self.0 + whole_seconds(by))
    }

    #[cfg(test)]
    pub(super) fn seconds(self) -> i64 {
        self.0
    }

    /// `YYYYMMDD`.
    pub(super) fn day(self) -> String {
        self.to_string().chars().take(8).collect()
    }

    /// ISO 8601's basic format, `20261122T005623Z`.
    fn from_basic(text: &str) -> Option<Self> {
        if text.len() != 16 || !text.is_ascii() || text.get(8..9)? != "T" || text.get(15..)? != "Z" {
            return None;
        }
        let [year, month, day, hour, minute, second] =
            [(0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15)].map(|(from, to)| text.get(from..to).and_then(digits));
        Self::from_civil([year?, month?, day?], [hour?, minute?, second?])
    }

    /// RFC 9110's preferred format, `Sun, 22 Nov 2026 00:56:23 GMT`.
    fn from_http(text: &str) -> Option<Self> {
        let (_weekday, rest) = text.split_once(", ")?;
        let words: Vec<&str> = rest.split(' ').collect();
        let [day, month, year, time, "GMT"] = words.as_slice() else {
            return None;
        };
        let month = MONTHS.iter().position(|name| name == month)? + 1;
        let time: Vec<&str> = time.split(':').collect();
        let [hour, minute, second] = time.as_slice() else {
            return None;
        };
        Self::from_civil(
            [digits(year)?, i64::try_from(month).ok()?, digits(day)?],
            [digits(hour)?, digits(minute)?, digits(second)?],
        )
    }

    fn from_civil(date: [i64; 3], [hour, minute, second]: [i64; 3]) -> Option<Self> {
        let day = days_from_civil(date);
        let valid = civil_from_days(day) == date && hour < 24 && minute < 60 && second < 60;
        valid.then_some(Self(day * SECONDS_OF_DAY + (hour * 60 + minute) * 60 + second))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => whole_seconds(since),
            Err(before) => -whole_seconds(before.duration()),
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day] = civil_from_days(self.0.div_euclid(SECONDS_OF_DAY));
        let second = self.0.rem_euclid(SECONDS_OF_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// At most four digits, so that no date can overflow.
fn digits(text: &str) -> Option<i64> {
    if text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Days since 1970, by Howard Hinnant's `days_from_civil`; any month and day are let through.
fn days_from_civil([year, month, day]: [i64; 3]) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of `days_from_civil`.
fn civil_from_days(days: i64) -> [i64; 3] {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    [year, month, day]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::time::{Duration, UNIX_EPOCH};

    use http::{HeaderMap, HeaderValue};

    use super::{Timestamp, VerifyError};

    #[test]
    fn a_date_header_serves_in_the_absence_of_x_amz_date() {
        for (text, basic) in [
            ("Sun, 22 Nov 2026 01:10:19 GMT", "20261122T011019Z"),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "20240229T235959Z"),
            ("20261122T011019Z", "20261122T011019Z"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("date", HeaderValue::from_static(text));
            assert_eq!(Timestamp::of_request(&headers).unwrap().to_string(), basic);
        }
        let time = UNIX_EPOCH + Duration::from_secs(1_795_309_819);
        assert_eq!(Timestamp::from(time).to_string(), "20261122T011019Z");
        for text in [
            "Sun, 22 Nov 9223372036854775807 01:10:19 GMT",
            "Sun, 22 Nov 2026 25:10:19 GMT",
            "Sun, 22 Nov 2026 01:10 GMT",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("date", HeaderValue::from_static(text));
            assert_eq!(Timestamp::of_request(&headers), Err(VerifyError::DateMalformed { header: "date" }));
        }
    }
}
